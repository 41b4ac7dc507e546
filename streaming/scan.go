package streaming

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"tidegate/gateway"
)

// scanner walks JSON text without building a tree: what it returns are parts
// of the text itself. The first fault sticks in err, and everything after it
// returns nothing.
type scanner struct {
	text string
	pos  int
	err  error
}

var errTruncated = errors.New("the text ends too early")

func (s *scanner) fail(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf("at byte %d: %w", s.pos, fmt.Errorf(format, args...))
	}
}

// peek returns the next byte that is no white space, 0 at the end.
func (s *scanner) peek() byte {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

// enter consumes the opening bracket of an object or array.
func (s *scanner) enter(open byte) bool {
	if s.err != nil || s.peek() != open {
		s.fail("expected %q", open)
		return false
	}
	s.pos++
	return true
}

// more reports whether another member follows, and consumes the comma before
// it or the closing bracket. first is the caller's, true at the beginning.
func (s *scanner) more(first *bool, closing byte) bool {
	if s.err != nil {
		return false
	}
	c := s.peek()
	switch {
	case c == closing:
		s.pos++
		return false
	case *first:
		*first = false
		return true
	case c == ',':
		s.pos++
		return true
	default:
		s.fail("expected a comma or %q", closing)
		return false
	}
}

// key consumes a member's name and colon and returns the name.
func (s *scanner) key() string {
	raw := s.str()
	if s.err != nil || s.peek() != ':' {
		s.fail("expected a name and a colon")
		return ""
	}
	s.pos++
	return unquote(raw)
}

// str consumes a string and returns it with its quotes.
func (s *scanner) str() string {
	if s.err != nil || s.peek() != '"' {
		s.fail("expected a string")
		return ""
	}
	start := s.pos
	for i := start + 1; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			s.pos = i + 1
			return s.text[start:s.pos]
		case c == '\\':
			i++
		case c < 0x20:
			s.pos = i
			s.fail("control character in a string")
			return ""
		}
	}
	s.pos = len(s.text)
	s.fail("%w", errTruncated)
	return ""
}

// value consumes any value and returns its text. Objects and arrays are only
// matched bracket by bracket; who enters them checks them.
func (s *scanner) value() string {
	switch c := s.peek(); c {
	case '"':
		return s.str()
	case '{', '[':
		return s.nested()
	default:
		start := s.pos
		for s.pos < len(s.text) && isWord(s.text[s.pos]) {
			s.pos++
		}
		if s.pos == start {
			s.fail("expected a value")
		}
		return s.text[start:s.pos]
	}
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == '-' || c == '+' || c == '.' || c == 'E'
}

// nested consumes an object or array without recursion, so that deep nesting
// costs no stack.
func (s *scanner) nested() string {
	start, depth := s.pos, 0
	for s.pos < len(s.text) && s.err == nil {
		switch s.text[s.pos] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				s.pos++
				return s.text[start:s.pos]
			}
		case '"':
			s.str()
			continue
		}
		s.pos++
	}
	s.fail("%w", errTruncated)
	return ""
}

// integer consumes a whole number that fits into 64 bits, every digit kept.
func (s *scanner) integer() int64 {
	raw := s.value()
	digits, negative := strings.CutPrefix(raw, "-")
	var n int64
	for i := range len(digits) {
		d := int64(digits[i]) - '0'
		if d < 0 || d > 9 || n > (1<<63-1-d)/10 {
			s.fail("%.40q is no whole number", raw)
			return 0
		}
		n = n*10 + d
	}
	if digits == "" {
		s.fail("expected a whole number")
	}
	if negative {
		return -n
	}
	return n
}

// unquote returns what a string with quotes says.
func unquote(raw string) string {
	if len(raw) < 2 {
		return ""
	}
	inner := raw[1 : len(raw)-1]
	if strings.IndexByte(inner, '\\') < 0 {
		return inner
	}
	var said string
	if err := json.Unmarshal([]byte(raw), &said); err != nil {
		return inner
	}
	return said
}

// scalar returns the canonical value of one JSON token, without copying where
// the token is canonical already, which nearly all are.
func scalar(raw string) (gateway.Value, error) {
	switch c := raw[0]; {
	case c == '"':
		return text(raw)
	case c == '-' || c >= '0' && c <= '9':
		return number(raw)
	case raw == "null" || raw == "true" || raw == "false":
		return gateway.Value(raw), nil
	case c == '[' && json.Valid([]byte(raw)):
		return gateway.Value(raw), nil
	default:
		return "", fmt.Errorf("%.40q is no value", raw)
	}
}

func text(raw string) (gateway.Value, error) {
	if raw == `""` {
		return gateway.Null, nil
	}
	ascii := true
	for i := range len(raw) {
		switch c := raw[i]; {
		case c == '\\' || c == '<' || c == '>' || c == '&':
			return respelled(raw)
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	if ascii || (utf8.ValidString(raw) && !strings.Contains(raw, "\u2028") && !strings.Contains(raw, "\u2029")) {
		return gateway.Value(raw), nil
	}
	return respelled(raw)
}

// respelled brings a text to the one spelling that gateway.Text gives.
func respelled(raw string) (gateway.Value, error) {
	var said string
	if err := json.Unmarshal([]byte(raw), &said); err != nil {
		return "", fmt.Errorf("reading a text: %w", err)
	}
	return gateway.Text(said), nil
}

func number(raw string) (gateway.Value, error) {
	whole := strings.TrimSuffix(raw, ".0")
	if isPlainInteger(whole) {
		return gateway.Value(whole), nil
	}
	v := gateway.Number(raw)
	if v.IsNull() {
		return "", fmt.Errorf("%.40q is no number", raw)
	}
	return v, nil
}

// isPlainInteger tells an integer that is its own canonical form.
func isPlainInteger(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || (digits[0] == '0' && s != "0") {
		return false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
	}
	return true
}
