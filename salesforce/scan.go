package salesforce

import (
	"encoding/json"
	"errors"
)

// errObject says that a text is not one JSON object.
var errObject = errors.New("not a JSON object")

// eachMember calls fn with the key and the raw value of every member of a JSON
// object, in order. raw must be valid JSON; the key is without quotes and not
// unescaped unless it has a backslash. A backfill decodes millions of rows:
// this takes a tenth of the time of a map of raw messages and no memory.
func eachMember(raw []byte, fn func(key, value []byte) error) error {
	i := skipBlank(raw, 0)
	if i >= len(raw) || raw[i] != '{' {
		return errObject
	}
	for i = skipBlank(raw, i+1); i < len(raw) && raw[i] != '}'; i = skipBlank(raw, i) {
		if raw[i] == ',' {
			i++
			continue
		}
		if raw[i] != '"' {
			return errObject
		}
		end := stringEnd(raw, i)
		key, err := memberKey(raw[i:end])
		if err != nil {
			return err
		}
		start := skipBlank(raw, end)
		if start >= len(raw) || raw[start] != ':' {
			return errObject
		}
		start = skipBlank(raw, start+1)
		i = valueEnd(raw, start)
		if i == start {
			return errObject
		}
		if err := fn(key, raw[start:i]); err != nil {
			return err
		}
	}
	if i >= len(raw) {
		return errObject
	}
	return nil
}

func memberKey(quoted []byte) ([]byte, error) {
	if len(quoted) < 2 {
		return nil, errObject
	}
	for _, c := range quoted {
		if c == '\\' {
			var s string
			err := json.Unmarshal(quoted, &s)
			return []byte(s), err
		}
	}
	return quoted[1 : len(quoted)-1], nil
}

func skipBlank(raw []byte, i int) int {
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\t' || raw[i] == '\n' || raw[i] == '\r') {
		i++
	}
	return i
}

// stringEnd returns the index after the string that begins at i.
func stringEnd(raw []byte, i int) int {
	for i++; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(raw)
}

// valueEnd returns the index after the value that begins at i.
func valueEnd(raw []byte, i int) int {
	depth := 0
	for i < len(raw) {
		switch raw[i] {
		case '"':
			i = stringEnd(raw, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
			i++
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
			i++
			continue
		default:
			i++
			continue
		}
		if depth == 0 {
			return i
		}
	}
	return i
}
