package org

import "math/bits"

// row holds the values of one version of a record, by the index of their field.
// Most fields of most records are empty, so a row that is kept is packed: its
// values are only the ones that there are. It is never changed in place.
type row struct {
	// mask has a bit for each field that has a value; nil: values has all fields.
	mask   []uint64
	values []any
}

// maxShared bounds how many texts a table remembers to keep them once.
const maxShared = 1 << 14

// share is the text as other rows of the table have it: names of cities, owners
// and the like come again and again. A table whose texts are all different pays
// a look-up for it.
func (t *table) share(text string, v any) any {
	if known, ok := t.shared[text]; ok {
		return known
	}
	if len(t.shared) < maxShared {
		t.shared[text] = v
	}
	return v
}

// pack leaves the empty values out. The row does not share memory with values.
func (t *table) pack(values []any) row {
	mask := make([]uint64, (len(values)+63)/64)
	n := 0
	for i, v := range values {
		if v != nil {
			mask[i/64] |= 1 << (i % 64)
			n++
		}
	}
	r := row{mask: mask, values: make([]any, 0, n)}
	for _, v := range values {
		if v == nil {
			continue
		}
		if text, ok := v.(string); ok {
			v = t.share(text, v)
		}
		r.values = append(r.values, v)
	}
	return r
}

// at is the value of the i-th field, nil when it is empty or does not exist.
func (r row) at(i int) any {
	if r.mask == nil {
		if i < 0 || i >= len(r.values) {
			return nil
		}
		return r.values[i]
	}
	word := i / 64
	if i < 0 || word >= len(r.mask) {
		return nil
	}
	bit := uint64(1) << (i % 64)
	if r.mask[word]&bit == 0 {
		return nil
	}
	rank := bits.OnesCount64(r.mask[word] & (bit - 1))
	for _, before := range r.mask[:word] {
		rank += bits.OnesCount64(before)
	}
	return r.values[rank]
}

// unpack is a copy with a place for each of n fields, to be changed.
func (r row) unpack(n int) []any {
	values := make([]any, n)
	for i := range values {
		values[i] = r.at(i)
	}
	return values
}
