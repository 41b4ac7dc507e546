package pubsub

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Value is one decoded value. It shares the memory of the payload's text.
type Value struct {
	Type *Type // never a union; nil in the zero Value, which is null
	// Text is that of strings, bytes, fixed and enums.
	Text string
	// Items are the fields of a record, in the order of Type.Fields, or the
	// elements of an array, or the values of a map.
	Items []Value
	Keys  []string // of a map, beside Items
	bits  uint64
}

// Kind returns what the value is.
func (v Value) Kind() Kind {
	if v.Type == nil {
		return KindNull
	}
	return v.Type.Kind
}

// IsNull reports whether the value is null.
func (v Value) IsNull() bool { return v.Kind() == KindNull }

// Bool returns the value of a boolean.
func (v Value) Bool() bool { return v.bits != 0 }

// Int returns the value of an int or a long, every digit of it.
func (v Value) Int() int64 { return int64(v.bits) }

// Float returns the value of a float or a double.
func (v Value) Float() float64 { return math.Float64frombits(v.bits) }

// Field returns the field of a record, null when it has none of that name.
func (v Value) Field(name string) Value {
	if v.Kind() != KindRecord {
		return Value{}
	}
	if i := v.Type.Place(name); i >= 0 && i < len(v.Items) {
		return v.Items[i]
	}
	return Value{}
}

// Bounds of what a payload may make us build. Salesforce's events have at most
// 1 MB, two levels and some dozens of elements.
const (
	mostDepth    = 16
	mostElements = 100_000
	// fewElements are set aside as soon as they are announced.
	fewElements = 64
)

var errShort = errors.New("the payload ends too early")

// Decode reads one datum, which must fill the payload. With an error it returns
// what could be read before, so that whoever asks may learn what it is about.
func (s *Schema) Decode(payload []byte) (Value, error) { return new(Reader).Decode(s, payload) }

// Reader decodes one datum after another into the same memory: what it returned
// before is no longer good, its texts aside. An event of a wide object is 5 kB
// of values.
type Reader struct{ items []Value }

// mostKept bounds the values whose memory a Reader keeps.
const mostKept = 4096

// Decode is Schema.Decode.
func (r *Reader) Decode(s *Schema, payload []byte) (Value, error) {
	d := datum{text: string(payload), free: r.items[:cap(r.items)]}
	v := d.value(s.Top, 0)
	if n := d.taken; n > cap(r.items) && n <= mostKept {
		r.items = make([]Value, n) // enough for the next one like it
	}
	if d.err == nil && d.pos != len(d.text) {
		d.fail(errors.New("bytes are left over"))
	}
	if d.err != nil {
		return v, fmt.Errorf("decoding by schema %.40s, at byte %d: %w", s.ID, d.pos, d.err)
	}
	return v, nil
}

// datum walks a payload. The first fault sticks in err.
type datum struct {
	text  string
	pos   int
	built int // elements and fields so far
	err   error
	free  []Value // for the fields of records
	taken int     // of free, or how much there should have been
}

// items returns n null values.
func (d *datum) items(n int) []Value {
	d.taken += n
	if n > len(d.free) {
		return make([]Value, n)
	}
	got := d.free[:n:n]
	d.free = d.free[n:]
	clear(got)
	return got
}

func (d *datum) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

func (d *datum) value(t *Type, depth int) Value {
	if depth > mostDepth {
		d.fail(errors.New("nested too deep"))
	}
	if d.err != nil {
		return Value{}
	}
	switch t.Kind {
	case KindNull:
		return Value{}
	case KindUnion:
		return d.union(t, depth)
	case KindRecord:
		return d.record(t, depth)
	case KindArray, KindMap:
		return d.blocks(t, depth)
	}
	return d.scalar(t)
}

func (d *datum) scalar(t *Type) Value {
	v := Value{Type: t}
	switch t.Kind {
	case KindBoolean:
		if b := d.take(1); b != "" {
			if v.bits = uint64(b[0]); v.bits > 1 {
				d.fail(fmt.Errorf("%d is no boolean", v.bits))
			}
		}
	case KindInt, KindLong:
		v.bits = uint64(d.long())
	case KindFloat:
		if b := d.take(4); b != "" {
			v.bits = math.Float64bits(float64(math.Float32frombits(binary.LittleEndian.Uint32([]byte(b)))))
		}
	case KindDouble:
		if b := d.take(8); b != "" {
			v.bits = binary.LittleEndian.Uint64([]byte(b))
		}
	case KindEnum:
		i := d.long()
		if i < 0 || i >= int64(len(t.Symbols)) {
			d.fail(fmt.Errorf("the enum %s has no symbol %d", t.Name, i))
			return v
		}
		v.Text = t.Symbols[i]
	case KindFixed:
		v.Text = d.take(t.Size)
	default: // strings and bytes
		v.Text = d.take(d.size())
	}
	return v
}

func (d *datum) union(t *Type, depth int) Value {
	i := d.long()
	if i < 0 || i >= int64(len(t.Of)) {
		d.fail(fmt.Errorf("a union has no branch %d", i))
		return Value{}
	}
	return d.value(t.Of[i], depth+1)
}

func (d *datum) record(t *Type, depth int) Value {
	if !d.build(len(t.Fields)) {
		return Value{}
	}
	v := Value{Type: t, Items: d.items(len(t.Fields))}
	for i := range t.Fields {
		of := t.Fields[i].Type
		if of.nullFirst && d.pos < len(d.text) && d.text[d.pos] == 0 {
			d.pos++ // null, as most fields of a change are
			continue
		}
		v.Items[i] = d.value(of, depth+1)
	}
	return v
}

// blocks reads an array or map: counted blocks until an empty one. A negative
// count is followed by the block's size in bytes.
func (d *datum) blocks(t *Type, depth int) Value {
	v := Value{Type: t}
	for {
		n := d.long()
		if n < 0 {
			n = -n
			d.long()
		}
		if n == 0 || d.err != nil || !d.build(int(min(uint64(n), mostElements+1))) {
			return v
		}
		if v.Items == nil && n <= fewElements {
			v.Items = d.items(int(n))[:0]
		}
		for range n {
			if t.Kind == KindMap {
				v.Keys = append(v.Keys, d.take(d.size()))
			}
			v.Items = append(v.Items, d.value(t.Of[0], depth+1))
			if d.err != nil {
				return v
			}
		}
	}
}

// build keeps a small payload from making a large tree: null elements cost no
// bytes.
func (d *datum) build(n int) bool {
	d.built += n
	if d.built > mostElements {
		d.fail(errors.New("too many elements"))
	}
	return d.err == nil
}

// size reads the length of a string or of bytes.
func (d *datum) size() int {
	n := d.long()
	if n < 0 || n > int64(len(d.text)) {
		d.fail(errShort)
		return 0
	}
	return int(n)
}

func (d *datum) take(n int) string {
	if d.err != nil || n > len(d.text)-d.pos {
		d.fail(errShort)
		return ""
	}
	d.pos += n
	return d.text[d.pos-n : d.pos]
}

// long reads a zigzag variable-length integer.
func (d *datum) long() int64 {
	var bits uint64
	for shift := 0; shift < 70; shift += 7 {
		if d.err != nil || d.pos >= len(d.text) {
			d.fail(errShort)
			return 0
		}
		b := d.text[d.pos]
		d.pos++
		bits |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return int64(bits>>1) ^ -int64(bits&1)
		}
	}
	d.fail(errors.New("a number is longer than 64 bits"))
	return 0
}
