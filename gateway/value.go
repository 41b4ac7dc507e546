package gateway

import (
	"encoding/json"
	"maps"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Value is one field value as canonical JSON text: `null`, `true`, `"text"`,
// `12.5`. Two values are the same exactly when the strings are equal, so
// numbers keep every digit and never pass through float64. The zero Value ""
// means "not known", which is not the same as Null.
type Value string

// Null is the value of a field that is known to be empty.
const Null Value = "null"

// Text returns the value of a text, picklist, reference or date field.
// The empty string is Null: Salesforce stores no empty strings.
func Text(s string) Value {
	if s == "" {
		return Null
	}
	b, err := json.Marshal(s)
	if err != nil { // Strings always marshal; invalid UTF-8 is replaced.
		return Null
	}
	return Value(b)
}

// Bool returns the value of a checkbox field.
func Bool(b bool) Value {
	return Value(strconv.FormatBool(b))
}

// Number returns the value of a numeric field from its JSON text, in one
// canonical form: "300.0", "300" and "3e2" are the same Value. Text that is
// not a JSON number is returned as Null.
func Number(text string) Value {
	neg, digits, exp, ok := splitNumber(text)
	if !ok {
		return Null
	}
	digits, exp = trimZeros(digits, exp)
	if digits == "" {
		return "0"
	}
	sign := ""
	if neg {
		sign = "-"
	}
	return Value(sign + plainDecimal(digits, exp))
}

// Known reports whether anything is known of the field.
func (v Value) Known() bool { return v != "" }

// IsNull reports whether the field is known to be empty.
func (v Value) IsNull() bool { return v == Null }

// Empty reports whether the field is unknown or known to be empty.
func (v Value) Empty() bool { return v == "" || v == Null }

// String returns the value for people and for search: text without quotes,
// numbers and booleans as written, "" for Null and unknown.
func (v Value) String() string {
	if v.Empty() {
		return ""
	}
	if v[0] != '"' {
		return string(v)
	}
	if !strings.ContainsRune(string(v), '\\') {
		return string(v[1 : len(v)-1])
	}
	var s string
	if err := json.Unmarshal([]byte(v), &s); err != nil {
		return string(v)
	}
	return s
}

// Time returns the instant of a datetime value in the canonical form that the
// decoders give ("2026-05-01T07:25:37.000Z"), or false.
func (v Value) Time() (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, v.String())
	return t.UTC(), err == nil
}

// Instant returns the canonical datetime value of t: UTC, milliseconds, "Z".
func Instant(t time.Time) Value {
	return Value(`"` + t.UTC().Format("2006-01-02T15:04:05.000Z") + `"`)
}

// MarshalJSON writes the value as it stands; an unknown value becomes null.
func (v Value) MarshalJSON() ([]byte, error) {
	if v == "" {
		return []byte(Null), nil
	}
	return []byte(v), nil
}

// UnmarshalJSON takes any JSON scalar; objects and arrays are kept verbatim.
func (v *Value) UnmarshalJSON(b []byte) error {
	*v = Scalar(b)
	return nil
}

// Scalar returns the canonical Value of one JSON token. Strings are brought to
// one spelling (no needless escapes), numbers to one form.
func Scalar(b []byte) Value {
	text := strings.TrimSpace(string(b))
	switch {
	case text == "" || text == "null":
		return Null
	case text[0] == '"':
		if !strings.ContainsAny(text, "\\<>&\u2028\u2029") {
			return emptyIsNull(Value(text))
		}
		var s string
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			return Value(text)
		}
		return Text(s)
	case text[0] == '-' || (text[0] >= '0' && text[0] <= '9'):
		return Number(text)
	default:
		return Value(text)
	}
}

func emptyIsNull(v Value) Value {
	if v == `""` {
		return Null
	}
	return v
}

// Fields maps a Salesforce field API name to its value. Compound parts are
// held under their own names (MailingCity, FirstName), never nested.
type Fields map[string]Value

// Names returns the field names in order, for stable output.
func (f Fields) Names() []string {
	names := make([]string, 0, len(f))
	for name := range f {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Clone returns a copy that shares nothing with f.
func (f Fields) Clone() Fields {
	if f == nil {
		return Fields{}
	}
	return maps.Clone(f) // a third less time than filling a new one
}

// Overlay returns a copy of f with the fields of top laid over it.
func (f Fields) Overlay(top Fields) Fields {
	c := f.Clone()
	for k, v := range top {
		c[k] = v
	}
	return c
}

// AppendJSON appends f as one JSON object with sorted keys. Field API names
// need no escaping, and values are JSON already.
func (f Fields) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	for i, name := range f.Names() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		dst = append(dst, name...)
		dst = append(dst, '"', ':')
		v := f[name]
		if v == "" {
			v = Null
		}
		dst = append(dst, v...)
	}
	return append(dst, '}')
}

// JSON returns f as one JSON object with sorted keys.
func (f Fields) JSON() []byte { return f.AppendJSON(make([]byte, 0, 32*len(f)+2)) }
