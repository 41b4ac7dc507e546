package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"tidegate/gateway"
)

var errFields = errors.New("stored fields are not a JSON object")

// fieldsText returns f as the JSON text of a column. Postgres refuses NUL
// bytes and broken UTF-8 in text; an event with such a value would otherwise
// fail its batch again and again.
func fieldsText(f gateway.Fields) string {
	if len(f) == 0 {
		return "{}"
	}
	order := &orders[len(f)%len(orders)]
	if o := order.Load(); o != nil && len(o.names) == len(f) {
		if text, ok := o.text(f); ok {
			return clean(text)
		}
	}
	o := &fieldOrder{names: f.Names()}
	order.Store(o)
	text, _ := o.text(f)
	return clean(text)
}

// orders remembers the sorted names of the last fields of each number. The
// records of an object have the same names, and sorting them again took half
// of the time of writing one.
var orders [128]atomic.Pointer[fieldOrder]

type fieldOrder struct {
	names []string
	size  atomic.Int64 // of the longest text so far
}

// text writes what f.AppendJSON does, or returns false when f has not all these
// names. The string is never copied: that was a sixth of all memory that a batch
// asked for.
func (o *fieldOrder) text(f gateway.Fields) (string, bool) {
	var b strings.Builder
	size := o.size.Load()
	b.Grow(int(size))
	open := byte('{')
	for _, name := range o.names {
		v, ok := f[name]
		if !ok {
			return "", false
		}
		b.WriteByte(open)
		b.WriteByte('"')
		b.WriteString(name)
		b.WriteString(`":`)
		if v == "" {
			v = gateway.Null
		}
		b.WriteString(string(v))
		open = ','
	}
	b.WriteByte('}')
	if n := int64(b.Len()); n > size && n <= roomiest {
		o.size.Store(n)
	}
	return b.String(), true
}

// roomiest bounds what is set aside for the text of one record: a single long
// one makes no room for all others.
const roomiest = 4096

// clean returns s without what a text column cannot hold.
func clean(s string) string {
	if strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// parseFields reads what fieldsText wrote: one flat object. Values are kept
// byte for byte, so no digit is lost; names and values share the memory of
// text. Two to four times as fast as encoding/json, and it is called for
// every record of every batch.
func parseFields(text string) (gateway.Fields, error) {
	fields, _, err := parseText(text)
	return fields, err
}

// parseText is parseFields, and returns where the names of the fields begin in
// the text where that is plain.
func parseText(text string) (fields gateway.Fields, names []uint32, err error) {
	if text == "{}" || text == "" {
		return gateway.Fields{}, nil, nil
	}
	var room [96]place // a record of most objects; more are on the heap
	places, plain := walk(text, room[:0])
	fields = make(gateway.Fields, len(places))
	if plain {
		names = make([]uint32, len(places))
		for i, p := range places {
			names[i] = p.name
			fields[text[p.name:p.nameEnd]] = gateway.Value(text[p.nameEnd+2 : p.end])
		}
		return fields, names, nil
	}
	s := scanner{text: text}
	if !s.object(fields) {
		return nil, nil, fmt.Errorf("%w: at byte %d of %d", errFields, s.at, len(text))
	}
	return fields, nil, nil
}

// place is where a field stands in a text: its name, which a quote and a colon
// follow, then its value.
type place struct{ name, nameEnd, end uint32 }

// walk finds the fields of a text as fieldsText writes it, without white space,
// escaped names or nested values, and returns false for any other: twice as fast
// as the scanner, which looks at every byte.
func walk(text string, places []place) ([]place, bool) {
	at := 0
	for open := byte('{'); at+3 < len(text) && text[at] == open && text[at+1] == '"'; open = ',' {
		name := at + 2
		end := name
		for end < len(text) && text[end] != '"' && text[end] != '\\' {
			end++
		}
		if end+2 >= len(text) || text[end] != '"' || text[end+1] != ':' {
			return places, false
		}
		value := end + 2
		if at = plainEnd(text, value); at <= value || at >= len(text) {
			return places, false
		}
		places = append(places, place{uint32(name), uint32(end), uint32(at)})
	}
	return places, at == len(text)-1 && text[at] == '}'
}

// plainEnd returns where the value that begins there ends, 0 for none.
func plainEnd(text string, value int) int {
	switch text[value] {
	case '"':
		for i := value + 1; ; i++ {
			n := strings.IndexByte(text[i:], '"')
			if n < 0 {
				return 0
			}
			if i += n; text[i-1] != '\\' || !escaped(text[value+1:i]) {
				return i + 1
			}
		}
	case '{', '[', ' ', '\t', '\n', '\r':
		return 0
	case 'n': // most fields of most records
		if end := value + len(gateway.Null); strings.HasPrefix(text[value:], string(gateway.Null)) && end < len(text) && text[end] == ',' {
			return end
		}
	}
	for i := value; i < len(text); i++ {
		switch text[i] {
		case ',', '}', ' ', '\t', '\n', '\r':
			return i
		}
	}
	return 0
}

// escaped reports whether what follows text is escaped.
func escaped(text string) bool {
	n := len(text) - len(strings.TrimRight(text, `\`))
	return n%2 == 1
}

// scanner walks over JSON text.
type scanner struct {
	text string
	at   int
}

func (s *scanner) object(into gateway.Fields) bool {
	if !s.take('{') {
		return false
	}
	if s.take('}') {
		return s.end()
	}
	for {
		name, ok := s.name()
		if !ok || !s.take(':') {
			return false
		}
		value, ok := s.value()
		if !ok {
			return false
		}
		into[name] = value
		if s.take(',') {
			continue
		}
		return s.take('}') && s.end()
	}
}

// take consumes c after any white space.
func (s *scanner) take(c byte) bool {
	s.space()
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) end() bool {
	s.space()
	return s.at == len(s.text)
}

func (s *scanner) name() (string, bool) {
	s.space()
	quoted, ok := s.quoted()
	if !ok {
		return "", false
	}
	if strings.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1], true
	}
	var name string
	err := json.Unmarshal([]byte(quoted), &name)
	return name, err == nil
}

// quoted returns a string with its quotes.
func (s *scanner) quoted() (string, bool) {
	if s.at >= len(s.text) || s.text[s.at] != '"' {
		return "", false
	}
	for i := s.at + 1; i < len(s.text); i++ {
		switch s.text[i] {
		case '\\':
			i++ // whatever is escaped, it does not end the string
		case '"':
			out := s.text[s.at : i+1]
			s.at = i + 1
			return out, true
		}
	}
	return "", false
}

func (s *scanner) value() (gateway.Value, bool) {
	s.space()
	if s.at >= len(s.text) {
		return "", false
	}
	switch s.text[s.at] {
	case '"':
		v, ok := s.quoted()
		return gateway.Value(v), ok
	case '{', '[':
		return s.nested()
	}
	start := s.at
	for s.at < len(s.text) && strings.IndexByte(",} \t\n\r", s.text[s.at]) < 0 {
		s.at++
	}
	return gateway.Value(s.text[start:s.at]), s.at > start
}

// nested keeps an object or array verbatim; there are none in practice.
func (s *scanner) nested() (gateway.Value, bool) {
	start, depth := s.at, 0
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case '"':
			if _, ok := s.quoted(); !ok {
				return "", false
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		s.at++
		if depth == 0 {
			return gateway.Value(s.text[start:s.at]), true
		}
	}
	return "", false
}
