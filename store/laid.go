package store

import (
	"slices"
	"strings"

	"tidegate/gateway"
)

// Most changes of a record are about a few of its fields. Its column is then
// written by replacing their values in the text that was loaded: to write all
// fields anew, and to look at all of them for keys, took as long as deciding on
// the change.

// OnlyLaid says that a record, as it will be saved, differs from what
// LoadRecords found in no other than these fields. It is worth saying for many
// records, and must hold: other fields are not looked at. Of the given map only
// the names count, and it is not changed.
func (tx *Tx) OnlyLaid(key gateway.RecordKey, fields gateway.Fields) {
	if was, _ := tx.was(key); was != nil && fields != nil {
		was.laid = fields
	}
}

// mostLaid bounds the values that are replaced; to write all is better for more.
const mostLaid = 16

// span is a value in a text, with the one that takes its place.
type span struct {
	from, to int
	value    string
}

// withLaid returns the text of the record's column with the values of the laid
// fields as they are now. It returns false where all fields are to be written:
// one of them is not in the text, or would have to be cleaned.
func (s *stored) withLaid(now gateway.Fields) (string, bool) {
	if s.names == nil || s.laid == nil || len(s.laid) > mostLaid {
		return "", false
	}
	text := s.text
	var room [mostLaid]span
	spans, size := room[:0], len(text)
	for name := range s.laid {
		value := string(now[name])
		if value == "" {
			value = string(gateway.Null)
		}
		from, to := s.valueOf(name)
		if to == from || clean(value) != value {
			return "", false
		}
		spans, size = append(spans, span{from, to, value}), size+len(value)-(to-from)
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	var b strings.Builder
	b.Grow(size)
	at := 0
	for _, v := range spans {
		b.WriteString(text[at:v.from])
		b.WriteString(v.value)
		at = v.to
	}
	b.WriteString(text[at:])
	return b.String(), true
}

// valueOf returns where the value of a field begins and ends in the text, twice
// the same where it has none.
func (s *stored) valueOf(name string) (from, to int) {
	for _, at := range s.names {
		if end := int(at) + len(name); end < len(s.text) && s.text[end] == '"' && s.text[at:end] == name {
			from = end + len(`":`)
			return from, plainEnd(s.text, from)
		}
	}
	return 0, 0
}

// keepsLabel reports whether what was laid over the record cannot change its
// label, see gateway.Record.Label.
func (s *stored) keepsLabel() bool {
	if s.laid == nil {
		return false
	}
	for _, name := range [...]string{"Name", "Subject", "Title", "FirstName", "LastName"} {
		if _, ok := s.laid[name]; ok {
			return false
		}
	}
	return true
}
