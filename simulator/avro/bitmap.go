package avro

import (
	"strconv"
	"strings"
)

// bitmap is a set of fields by their positions in the schema: position 0 is the
// header, and the parts of a compound count from 0. A compound is not a member
// itself when its parts are.
type bitmap struct {
	top    []byte // bit i of the whole is bit i%8 of byte i/8
	nested []nested
}

type nested struct {
	at    int // position of the compound
	parts uint32
}

func (b *bitmap) clear() { b.top, b.nested = b.top[:0], b.nested[:0] }

func (b *bitmap) set(position int) {
	for len(b.top) <= position/8 {
		b.top = append(b.top, 0)
	}
	b.top[position/8] |= 1 << (position % 8)
}

func (b *bitmap) setPart(position, part int) {
	at := 0
	for at < len(b.nested) && b.nested[at].at < position {
		at++
	}
	if at == len(b.nested) || b.nested[at].at != position {
		b.nested = append(b.nested, nested{})
		copy(b.nested[at+1:], b.nested[at:])
		b.nested[at] = nested{at: position}
	}
	b.nested[at].parts |= 1 << part
}

// count is how many strings the set is written as.
func (b *bitmap) count() int {
	n := len(b.nested)
	if len(b.top) > 0 {
		n++
	}
	return n
}

// each calls fn with every string that the set is written as, in their order:
// the fields, then each compound with its parts. fn may not keep the bytes.
func (b *bitmap) each(scratch []byte, fn func([]byte)) {
	if len(b.top) > 0 {
		fn(appendHex(append(scratch[:0], "0x"...), b.top))
	}
	for _, n := range b.nested {
		text := append(strconv.AppendInt(scratch[:0], int64(n.at), 10), "-0x"...)
		var mask [4]byte
		size := 1
		for i := range mask {
			if mask[i] = byte(n.parts >> (8 * i)); mask[i] != 0 {
				size = i + 1
			}
		}
		fn(appendHex(text, mask[:size]))
	}
}

// appendHex writes bytes of ascending weight as a number: the heaviest first.
func appendHex(dst, bytes []byte) []byte {
	const digits = "0123456789ABCDEF"
	for i := len(bytes) - 1; i >= 0; i-- {
		dst = append(dst, digits[bytes[i]>>4], digits[bytes[i]&15])
	}
	return dst
}

// mark adds a field by its name in an event, such as Phone or BillingAddress.City.
// Names that the schema does not have are left out.
func (s *Schema) mark(b *bitmap, name string) {
	compound, part, within := strings.Cut(name, ".")
	i, ok := s.index[compound]
	switch {
	case !ok:
	case !within:
		b.set(i + 1)
	default:
		if p := s.fields[i].part(part); p >= 0 {
			b.setPart(i+1, p)
		}
	}
}

// Bitmap packs names of fields as the header of an event does.
func (s *Schema) Bitmap(names ...string) []string {
	var b bitmap
	for _, name := range names {
		s.mark(&b, name)
	}
	out := make([]string, 0, b.count())
	b.each(nil, func(text []byte) { out = append(out, string(text)) })
	return out
}
