package bayeux

import (
	"encoding/json"
	"errors"
	"fmt"
)

// maxDepth bounds nesting; real events stay below ten.
const maxDepth = 512

var errTruncated = errors.New("the answer ends too early")

// splitAnswer cuts an answer (an array of messages, or a single one) into
// envelopes in one pass. Payloads are delimited, not decoded: what a value
// says is checked by whoever reads it, so that one unreadable payload does not
// cost the rest of the batch. Raw parts share memory with body.
func splitAnswer(body []byte) ([]message, error) {
	s := &scanner{buf: body}
	switch s.peek() {
	case '{':
		m, err := s.message()
		if err != nil {
			return nil, err
		}
		return []message{m}, s.end()
	case '[':
		list, err := s.messages()
		if err != nil {
			return nil, err
		}
		return list, s.end()
	case 0:
		return nil, errTruncated
	}
	return nil, s.unexpected()
}

type scanner struct {
	buf []byte
	pos int
}

// peek skips white space and returns the next byte without taking it; 0 at
// the end.
func (s *scanner) peek() byte {
	for ; s.pos < len(s.buf); s.pos++ {
		switch c := s.buf[s.pos]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) unexpected() error {
	if s.pos >= len(s.buf) {
		return errTruncated
	}
	return fmt.Errorf("unexpected byte 0x%02x at %d", s.buf[s.pos], s.pos)
}

// take consumes c or fails.
func (s *scanner) take(c byte) error {
	if s.peek() != c {
		return s.unexpected()
	}
	s.pos++
	return nil
}

func (s *scanner) end() error {
	s.peek()
	if s.pos < len(s.buf) {
		return s.unexpected()
	}
	return nil
}

// more consumes the comma before a further element, or the closing byte.
func (s *scanner) more(closing byte) (bool, error) {
	switch s.peek() {
	case ',':
		s.pos++
		return true, nil
	case closing:
		s.pos++
		return false, nil
	}
	return false, s.unexpected()
}

func (s *scanner) messages() ([]message, error) {
	s.pos++ // the bracket
	if s.peek() == ']' {
		s.pos++
		return nil, nil
	}
	var list []message
	for {
		m, err := s.message()
		if err != nil {
			return nil, err
		}
		list = append(list, m)
		more, err := s.more(']')
		if err != nil || !more {
			return list, err
		}
	}
}

func (s *scanner) message() (message, error) {
	var m message
	if err := s.take('{'); err != nil {
		return m, err
	}
	if s.peek() == '}' {
		s.pos++
		return m, nil
	}
	for {
		if err := s.member(&m); err != nil {
			return m, err
		}
		more, err := s.more('}')
		if err != nil || !more {
			return m, err
		}
	}
}

// member reads one key and value of an envelope.
func (s *scanner) member(m *message) error {
	if s.peek() != '"' {
		return s.unexpected()
	}
	key, err := s.value()
	if err != nil {
		return err
	}
	if err := s.take(':'); err != nil {
		return err
	}
	value, err := s.value()
	if err != nil {
		return err
	}
	name, err := text(key)
	if err != nil {
		return err
	}
	return m.set(name, value)
}

// set keeps what the protocol needs and forgets the rest.
func (m *message) set(name string, value json.RawMessage) (err error) {
	switch name {
	case "channel":
		m.channel, err = text(value)
	case "id":
		m.id, err = text(value)
	case "clientId":
		m.clientID, err = text(value)
	case "subscription":
		// Bayeux allows an array here; replies are matched by id then.
		if value[0] != '[' {
			m.subscription, err = text(value)
		}
	case "error":
		m.errText, err = text(value)
	case "successful":
		m.successful = string(value) == "true" || string(value) == `"true"`
	case "data":
		m.data = value
	case "advice":
		m.advice = value
	case "ext":
		m.ext = value
	case "supportedConnectionTypes":
		m.types = value
	}
	return err
}

// text is the content of a string, the literal of a number, "" for null.
func text(raw json.RawMessage) (string, error) {
	if raw[0] != '"' {
		if string(raw) == "null" {
			return "", nil
		}
		return string(raw), nil
	}
	for _, c := range raw {
		if c == '\\' || c < 0x20 {
			var s string
			err := json.Unmarshal(raw, &s)
			return s, err
		}
	}
	return string(raw[1 : len(raw)-1]), nil
}

// value delimits the next value.
func (s *scanner) value() (json.RawMessage, error) {
	c := s.peek()
	start := s.pos
	var err error
	switch c {
	case '"':
		err = s.skipString()
	case '{', '[':
		err = s.skipNested()
	default:
		err = s.skipLiteral()
	}
	if err != nil {
		return nil, err
	}
	// The capacity ends with the value, so that an append cannot reach its
	// neighbor.
	return json.RawMessage(s.buf[start:s.pos:s.pos]), nil
}

func (s *scanner) skipString() error {
	for i := s.pos + 1; i < len(s.buf); i++ {
		switch s.buf[i] {
		case '\\':
			i++
		case '"':
			s.pos = i + 1
			return nil
		}
	}
	s.pos = len(s.buf)
	return errTruncated
}

// skipNested jumps over an object or array by matching brackets.
func (s *scanner) skipNested() error {
	var closers [maxDepth]byte
	depth := 0
	for s.pos < len(s.buf) {
		switch c := s.buf[s.pos]; c {
		case '"':
			if err := s.skipString(); err != nil {
				return err
			}
			continue
		case '{', '[':
			if depth == maxDepth {
				return fmt.Errorf("nested deeper than %d at %d", maxDepth, s.pos)
			}
			closers[depth] = c + 2 // '{'+2 == '}' and '['+2 == ']'
			depth++
		case '}', ']':
			if closers[depth-1] != c {
				return s.unexpected()
			}
			depth--
		}
		s.pos++
		if depth == 0 {
			return nil
		}
	}
	return errTruncated
}

// skipLiteral jumps over a number, true, false or null.
func (s *scanner) skipLiteral() error {
	start := s.pos
	for s.pos < len(s.buf) {
		switch c := s.buf[s.pos]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c == '-', c == '+', c == '.', c == 'E':
			s.pos++
			continue
		}
		break
	}
	if s.pos == start {
		return s.unexpected()
	}
	return nil
}
