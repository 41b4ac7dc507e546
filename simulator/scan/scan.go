// Package scan walks over the JSON that the org itself has written, without
// decoding what nobody asks for.
package scan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// ErrJSON says that a text is not what the org writes.
var ErrJSON = errors.New("malformed event")

// EachMember calls fn with the key and the undecoded value of every member of a
// JSON object. Keys have no escapes: they are names of fields.
func EachMember(object []byte, fn func(key, value []byte) error) error {
	return each(object, '{', '}', func(rest []byte) (int, error) {
		key, err := end(rest)
		if err != nil || rest[0] != '"' {
			return 0, ErrJSON
		}
		from := key + space(rest[key:])
		if from >= len(rest) || rest[from] != ':' {
			return 0, ErrJSON
		}
		from++
		from += space(rest[from:])
		size, err := end(rest[from:])
		if err != nil {
			return 0, err
		}
		return from + size, fn(rest[1:key-1], rest[from:from+size])
	})
}

// EachItem calls fn with every undecoded element of a JSON array.
func EachItem(list []byte, fn func(value []byte) error) error {
	return each(list, '[', ']', func(rest []byte) (int, error) {
		size, err := end(rest)
		if err != nil {
			return 0, err
		}
		return size, fn(rest[:size])
	})
}

// each walks over what is between the brackets; next reads one entry and says
// how long it is.
func each(text []byte, opening, closing byte, next func([]byte) (int, error)) error {
	if len(text) < 2 || text[0] != opening || text[len(text)-1] != closing {
		return ErrJSON
	}
	rest := text[1 : len(text)-1]
	rest = rest[space(rest):]
	for len(rest) > 0 {
		size, err := next(rest)
		if err != nil {
			return err
		}
		rest = rest[size:]
		rest = rest[space(rest):]
		if len(rest) == 0 {
			return nil
		}
		if rest[0] != ',' {
			return ErrJSON
		}
		rest = rest[1:]
		rest = rest[space(rest):]
	}
	return nil
}

func space(text []byte) int {
	n := 0
	for n < len(text) && (text[n] == ' ' || text[n] == '\n' || text[n] == '\t' || text[n] == '\r') {
		n++
	}
	return n
}

// end returns how long the JSON value is that the text begins with.
func end(text []byte) (int, error) {
	if len(text) == 0 {
		return 0, ErrJSON
	}
	switch text[0] {
	case '"':
		return endOfString(text)
	case '{', '[':
		return endOfNest(text)
	}
	n := 0
	for n < len(text) && text[n] != ',' && text[n] != '}' && text[n] != ']' && text[n] > ' ' {
		n++
	}
	if n == 0 {
		return 0, ErrJSON
	}
	return n, nil
}

func endOfString(text []byte) (int, error) {
	for i := 1; i < len(text); i++ {
		n := bytes.IndexByte(text[i:], '"')
		if n < 0 {
			break
		}
		i += n
		escapes := 0
		for text[i-1-escapes] == '\\' { // ends at the opening quote
			escapes++
		}
		if escapes%2 == 0 {
			return i + 1, nil
		}
	}
	return 0, ErrJSON
}

func endOfNest(text []byte) (int, error) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			size, err := endOfString(text[i:])
			if err != nil {
				return 0, err
			}
			i += size - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1, nil
			}
		}
	}
	return 0, ErrJSON
}

// Text decodes a JSON string. Without escapes it is the text's own bytes.
func Text(value []byte) ([]byte, error) {
	if len(value) < 2 || value[0] != '"' {
		return nil, fmt.Errorf("%w: a string was expected", ErrJSON)
	}
	inner := value[1 : len(value)-1]
	for _, c := range inner {
		if c == '\\' {
			var s string
			if err := json.Unmarshal(value, &s); err != nil {
				return nil, fmt.Errorf("reading a string: %w", err)
			}
			return []byte(s), nil
		}
	}
	return inner, nil
}
