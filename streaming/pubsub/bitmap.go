package pubsub

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Places is the set of fields that a list of bitmaps names: fields of a record
// and, separately, parts of the records among its fields.
//
// A list holds at most one "0x<hex>" for the record itself and any number of
// "<field>-0x<hex>" for the parts of one field; the hex is big-endian, and bit
// i stands for the field at place i. A list can hold parts only. Source:
// "Event Deserialization Considerations", Pub/Sub API guide.
type Places struct {
	fields []byte
	parts  map[int][]byte
}

// ReadPlaces reads a list of bitmaps. The type must be that of the event's own
// schema: by any other one the places mean other fields. A bitmap that names a
// place that the type does not have is an error.
func ReadPlaces(t *Type, bitmaps []string) (Places, error) {
	var p Places
	for _, text := range bitmaps {
		if field, part, nested := strings.Cut(text, "-"); nested {
			if err := p.nested(t, field, part); err != nil {
				return Places{}, fmt.Errorf("the bitmap %.60q: %w", text, err)
			}
			continue
		}
		bits, err := readBits(text, len(t.Fields))
		if err != nil {
			return Places{}, fmt.Errorf("the bitmap %.60q: %w", text, err)
		}
		p.fields = union(p.fields, bits)
	}
	return p, nil
}

func (p *Places) nested(t *Type, field, part string) error {
	i, err := strconv.Atoi(field)
	if err != nil || i < 0 || i >= len(t.Fields) {
		return fmt.Errorf("there is no field %.20q", field)
	}
	record := t.Fields[i].Type.Record()
	if record == nil {
		return fmt.Errorf("the field %s has no parts", t.Fields[i].Name)
	}
	bits, err := readBits(part, len(record.Fields))
	if err != nil {
		return err
	}
	if p.parts == nil {
		p.parts = map[int][]byte{}
	}
	p.parts[i] = union(p.parts[i], bits)
	return nil
}

// readBits returns the bytes with the lowest bits first, for n places.
func readBits(text string, n int) ([]byte, error) {
	digits, ok := strings.CutPrefix(text, "0x")
	if !ok {
		return nil, fmt.Errorf("no 0x in front")
	}
	if len(digits)%2 == 1 {
		digits = "0" + digits
	}
	bits, err := hex.DecodeString(digits)
	if err != nil {
		return nil, fmt.Errorf("reading hex: %w", err)
	}
	for i, j := 0, len(bits)-1; i < j; i, j = i+1, j-1 {
		bits[i], bits[j] = bits[j], bits[i]
	}
	for i := n; i < len(bits)*8; i++ {
		if isSet(bits, i) {
			return nil, fmt.Errorf("place %d of %d fields", i, n)
		}
	}
	return bits, nil
}

func isSet(bits []byte, i int) bool {
	return i>>3 < len(bits) && bits[i>>3]&(1<<(i&7)) != 0
}

func union(a, b []byte) []byte {
	if len(a) < len(b) {
		a, b = b, a
	}
	for i := range b {
		a[i] |= b[i]
	}
	return a
}

// Has reports whether the field at that place is named itself.
func (p Places) Has(field int) bool { return isSet(p.fields, field) }

// HasPart reports whether a part of a field is named, or the field as a whole.
func (p Places) HasPart(field, part int) bool { return p.Has(field) || isSet(p.parts[field], part) }

// Any reports whether the field, or a part of it, is named.
func (p Places) Any(field int) bool {
	if p.Has(field) {
		return true
	}
	for _, b := range p.parts[field] {
		if b != 0 {
			return true
		}
	}
	return false
}

// Empty reports whether nothing is named.
func (p Places) Empty() bool {
	for _, b := range p.fields {
		if b != 0 {
			return false
		}
	}
	for field := range p.parts {
		if p.Any(field) {
			return false
		}
	}
	return true
}

// Names returns what is named in the order of the schema: "Phone",
// "BillingAddress.City". All parts of a field together are still its parts.
func (p Places) Names(t *Type) []string {
	var names []string
	for i, f := range t.Fields {
		if p.Has(i) {
			names = append(names, f.Name)
		}
		bits := p.parts[i]
		if len(bits) == 0 {
			continue
		}
		for j, part := range f.Type.Record().Fields {
			if isSet(bits, j) {
				names = append(names, f.Name+"."+part.Name)
			}
		}
	}
	return names
}
