package avro

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"tidegate/simulator/scan"
)

// Encoder turns events from JSON into Avro. It keeps scratch space, so each
// goroutine has its own; the zero value is ready.
type Encoder struct {
	values                [][]byte // of the schema's fields, nil where there is none
	header                head
	changed, nulled, diff bitmap
	scratch               []byte
}

// head holds the undecoded members of an event's header.
type head struct {
	entity, ids, kind, origin, key, sequence, timestamp, number, user, changed []byte
}

// Append appends the datum of an event's payload, a JSON object with the fields
// of the body and ChangeEventHeader. Fields that the schema lacks are left out.
func (e *Encoder) Append(dst []byte, s *Schema, payload []byte) ([]byte, error) {
	if err := e.read(s, payload); err != nil {
		return dst, err
	}
	out, err := dst, error(nil)
	if !s.platform {
		if out, err = e.appendHeader(dst); err != nil {
			return dst, fmt.Errorf("writing the header: %w", err)
		}
	}
	for i := range s.fields {
		if out, err = e.appendField(out, &s.fields[i], e.values[i]); err != nil {
			return dst, fmt.Errorf("writing %s: %w", s.fields[i].Name, err)
		}
	}
	return out, nil
}

// read finds the values, and which fields changed, which of those became null,
// and which come as differences.
func (e *Encoder) read(s *Schema, payload []byte) error {
	e.values = slices.Grow(e.values[:0], len(s.fields))[:len(s.fields)]
	clear(e.values)
	e.header = head{changed: []byte("[]")}
	e.changed.clear()
	e.nulled.clear()
	e.diff.clear()
	err := scan.EachMember(payload, func(key, value []byte) error {
		if string(key) == headerName {
			return scan.EachMember(value, e.header.set)
		}
		if i, ok := s.index[string(key)]; ok {
			e.values[i] = value
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := e.findNulls(s); err != nil {
		return err
	}
	return scan.EachItem(e.header.changed, func(name []byte) error {
		text, err := scan.Text(name)
		if err == nil {
			s.mark(&e.changed, string(text))
		}
		return err
	})
}

func (h *head) set(key, value []byte) error {
	switch string(key) {
	case "entityName":
		h.entity = value
	case "recordIds":
		h.ids = value
	case "changeType":
		h.kind = value
	case "changeOrigin":
		h.origin = value
	case "transactionKey":
		h.key = value
	case "sequenceNumber":
		h.sequence = value
	case "commitTimestamp":
		h.timestamp = value
	case "commitNumber":
		h.number = value
	case "commitUser":
		h.user = value
	case "changedFields":
		h.changed = value
	}
	return nil
}

// findNulls notes the explicit nulls of the body, which Avro cannot tell from
// fields that are left out, and the texts that are sent as differences.
func (e *Encoder) findNulls(s *Schema) error {
	for i, value := range e.values {
		f := &s.fields[i]
		switch {
		case value == nil:
		case value[0] == 'n':
			e.nulled.set(i + 1)
		case value[0] == '{' && f.Record == "":
			e.diff.set(i + 1)
		case value[0] == '{':
			err := scan.EachMember(value, func(key, value []byte) error {
				if p := f.part(string(key)); p >= 0 && value[0] == 'n' {
					e.nulled.setPart(i+1, p)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Encoder) appendHeader(dst []byte) ([]byte, error) {
	h := &e.header
	w := writer{dst: dst}
	w.text(h.entity)
	w.texts(h.ids)
	w.changeType(h.kind)
	w.text(h.origin)
	w.text(h.key)
	w.long(h.sequence)
	w.long(h.timestamp)
	w.long(h.number)
	w.text(h.user)
	for _, b := range []*bitmap{&e.nulled, &e.diff, &e.changed} {
		e.appendBitmap(&w, b)
	}
	return w.dst, w.err
}

func (e *Encoder) appendBitmap(w *writer, b *bitmap) {
	if e.scratch == nil {
		e.scratch = make([]byte, 0, 128)
	}
	if n := b.count(); n > 0 {
		w.dst = binary.AppendVarint(w.dst, int64(n))
		b.each(e.scratch, w.bytes)
	}
	w.dst = append(w.dst, 0)
}

// appendField writes a union: the branch, then the value. Branch 0 is null.
func (e *Encoder) appendField(dst []byte, f *Field, value []byte) ([]byte, error) {
	if f.Required && value != nil {
		return appendValue(dst, f.Kind, value)
	}
	if value == nil || value[0] == 'n' {
		return append(dst, 0), nil
	}
	if f.Record != "" && (!f.Plain || value[0] == '{') {
		return e.appendRecord(dst, f, value)
	}
	if value[0] == '{' {
		// A difference comes as {"diff":"…"} and is sent as that text.
		err := scan.EachMember(value, func(_, diff []byte) error { value = diff; return nil })
		if err != nil {
			return dst, err
		}
	}
	return appendValue(append(dst, 2), f.Kind, value)
}

// appendRecord writes a compound. One without any part that has a value is null
// itself: only the bitmaps tell that something in it was emptied.
func (e *Encoder) appendRecord(dst []byte, f *Field, value []byte) ([]byte, error) {
	var parts [16][]byte
	some := false
	err := scan.EachMember(value, func(key, value []byte) error {
		if p := f.part(string(key)); p >= 0 && p < len(parts) && value[0] != 'n' {
			parts[p], some = value, true
		}
		return nil
	})
	if err != nil || !some {
		return append(dst, 0), err
	}
	dst = append(dst, 2)
	if f.Plain {
		dst[len(dst)-1] = 4 // the text's branch comes before
	}
	for i := range f.Parts {
		if dst, err = e.appendField(dst, &f.Parts[i], parts[i]); err != nil {
			return dst, fmt.Errorf("writing %s: %w", f.Parts[i].Name, err)
		}
	}
	return dst, nil
}

func appendValue(dst []byte, kind Kind, value []byte) ([]byte, error) {
	w := writer{dst: dst}
	switch kind {
	case Boolean:
		w.dst = append(w.dst, 0)
		if value[0] == 't' {
			w.dst[len(w.dst)-1] = 1
		}
	case Integer:
		w.long(value)
	case Number:
		x, err := strconv.ParseFloat(string(value), 64)
		w.dst, w.err = binary.LittleEndian.AppendUint64(w.dst, math.Float64bits(x)), err
	case Moment:
		w.millis(time.RFC3339, value)
	case Date:
		w.millis(time.DateOnly, value)
	case Time:
		w.sinceMidnight(value)
	default:
		w.text(value)
	}
	return w.dst, w.err
}

// writer appends Avro values until the first error.
type writer struct {
	dst []byte
	err error
}

func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *writer) bytes(b []byte) {
	w.dst = append(binary.AppendVarint(w.dst, int64(len(b))), b...)
}

func (w *writer) text(value []byte) {
	b, err := scan.Text(value)
	if err != nil {
		w.fail(err)
		return
	}
	w.bytes(b)
}

func (w *writer) texts(list []byte) {
	n := int64(0)
	count := func([]byte) error { n++; return nil }
	if err := scan.EachItem(list, count); err != nil {
		w.fail(err)
		return
	}
	if n > 0 {
		w.dst = binary.AppendVarint(w.dst, n)
		w.fail(scan.EachItem(list, func(value []byte) error { w.text(value); return nil }))
	}
	w.dst = append(w.dst, 0)
}

func (w *writer) changeType(value []byte) {
	text, err := scan.Text(value)
	at := slices.Index(changeTypes, string(text))
	if err != nil || at < 0 {
		w.fail(fmt.Errorf("%w: change type %s", scan.ErrJSON, value))
		return
	}
	w.dst = binary.AppendVarint(w.dst, int64(at))
}

func (w *writer) long(value []byte) {
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		w.fail(fmt.Errorf("reading a number: %w", err))
		return
	}
	w.dst = binary.AppendVarint(w.dst, n)
}

func (w *writer) parse(form string, value []byte) (at time.Time, ok bool) {
	text, err := scan.Text(value)
	if err == nil {
		at, err = time.Parse(form, string(text))
	}
	if err != nil {
		w.fail(fmt.Errorf("reading a time: %w", err))
	}
	return at, err == nil
}

func (w *writer) millis(form string, value []byte) {
	if at, ok := w.parse(form, value); ok {
		w.dst = binary.AppendVarint(w.dst, at.UnixMilli())
	}
}

func (w *writer) sinceMidnight(value []byte) {
	if at, ok := w.parse("15:04:05Z07:00", value); ok {
		w.dst = binary.AppendVarint(w.dst, at.Sub(at.Truncate(24*time.Hour)).Milliseconds())
	}
}
