package salesforce

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tidegate/gateway"
)

// maxQueryURL keeps GET addresses below Salesforce's 16,384 bytes (414), with
// room for headers, which count too (431).
const maxQueryURL = 12_000

// Quote returns text as a SOQL string literal. Whatever text holds, it stays
// one literal (S-30).
func Quote(text string) string {
	var b strings.Builder
	b.Grow(len(text) + 2)
	b.WriteByte('\'')
	writeEscaped(&b, text, false)
	b.WriteByte('\'')
	return b.String()
}

// QuoteLike returns a SOQL literal for LIKE that matches text literally, with
// before and after put around it as they stand ("", "%" or "_").
func QuoteLike(before, text, after string) string {
	var b strings.Builder
	b.WriteString("'" + before)
	writeEscaped(&b, text, true)
	b.WriteString(after + "'")
	return b.String()
}

func writeEscaped(b *strings.Builder, text string, like bool) {
	for _, r := range text {
		switch r {
		case '\\', '\'', '"':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		case '\b':
			b.WriteString(`\b`)
		case '\f':
			b.WriteString(`\f`)
		case '%', '_':
			if like {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		case utf8.RuneError: // Also what is not UTF-8.
			b.WriteString(`\uFFFD`)
		default:
			if r < 0x20 || r == 0x7f || r == 0x2028 || r == 0x2029 {
				fmt.Fprintf(b, `\u%04X`, r)
				continue
			}
			b.WriteRune(r)
		}
	}
}

// Literal returns a value as a SOQL literal for a field of that type, and
// false when a value of that kind cannot be compared: an unknown value, or
// one that is not what the type asks for.
func Literal(typ gateway.FieldType, v gateway.Value) (string, bool) {
	text := v.String()
	switch {
	case !v.Known():
		return "", false
	case v.IsNull():
		return "null", true
	}
	switch typ {
	case gateway.TypeBoolean:
		return text, text == "true" || text == "false"
	case gateway.TypeInt, gateway.TypeDouble, gateway.TypeCurrency, gateway.TypePercent, "long":
		n := gateway.Number(text)
		return string(n), !n.IsNull()
	case gateway.TypeDate:
		_, err := time.Parse(time.DateOnly, text)
		return text, err == nil
	case gateway.TypeDatetime:
		at, err := parseInstant(text)
		return Instant(at), err == nil
	default:
		return Quote(text), utf8.RuneCountInString(text) <= 4000
	}
}

// Instant returns t as a SOQL datetime literal, which has no quotes.
func Instant(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// neverSelected are the types that a row read should not ask for: compound
// objects repeat their parts, and base64 is a blob.
var neverSelected = []gateway.FieldType{gateway.TypeAddress, "location", "base64", "complexvalue", "anyType", "junctionidlist"}

// Columns returns the fields of a schema that a whole reading of a record
// asks for, Id first. For ContentNote and the like blobs are left out.
func Columns(schema gateway.Schema) []string {
	names := []string{"Id"}
	for _, f := range schema.Fields {
		if f.Name != "Id" && !slices.Contains(neverSelected, f.Type) && validName(f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}

// Select returns "SELECT columns FROM object". Each column must be a field of
// the schema (or Id), and the object is the schema's own, so that a name from
// a form never reaches a query (S-30). The error is CodeInvalid.
func Select(schema gateway.Schema, columns []string) (string, error) {
	if !validName(schema.Object) {
		return "", badName("object", schema.Object)
	}
	if len(columns) == 0 {
		return "", badName("field", "")
	}
	for _, name := range columns {
		if _, err := Identifier(schema, name); err != nil {
			return "", err
		}
	}
	return "SELECT " + strings.Join(columns, ",") + " FROM " + schema.Object, nil
}

// Identifier returns name if it is a field of the schema, else CodeInvalid.
func Identifier(schema gateway.Schema, name string) (string, error) {
	if name == "Id" {
		return name, nil
	}
	if _, ok := schema.Field(name); !ok || !validName(name) {
		return "", badName("field", name)
	}
	return name, nil
}
