package salesforce

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tidegate/gateway"
)

func TestQuotedTextStaysOneLiteralS30(t *testing.T) {
	cases := map[string]string{
		``:                          `''`,
		`Ann`:                       `'Ann'`,
		`O'Brien' OR Name != '`:     `'O\'Brien\' OR Name != \''`,
		`back\slash`:                `'back\\slash'`,
		`\'`:                        `'\\\''`,
		`say "hi"`:                  `'say \"hi\"'`,
		"line\r\nbreak\ttab\b\f":    `'line\r\nbreak\ttab\b\f'`,
		"nul\x00 del\x7f sep\u2028": `'nul\u0000 del\u007F sep\u2028'`,
		`50% _off_`:                 `'50% _off_'`,
		`Zoë 🙂`:                     `'Zoë 🙂'`,
		"bad\xffutf8":               `'bad\uFFFDutf8'`,
	}
	for text, want := range cases {
		if got := Quote(text); got != want {
			t.Errorf("Quote(%q) = %s; want %s", text, got, want)
		}
	}
}

func TestLikeMatchesWildcardsLiterallyS30(t *testing.T) {
	if got := QuoteLike("%", `50%_o'ff\`, "%"); got != `'%50\%\_o\'ff\\%'` {
		t.Fatalf("QuoteLike = %s", got)
	}
}

// unquote reads a SOQL literal back as the SOQL reference describes it, and
// says whether text is exactly one literal.
func unquote(literal string) (string, bool) {
	if len(literal) < 2 || literal[0] != '\'' {
		return "", false
	}
	var b strings.Builder
	for i := 1; i < len(literal); i++ {
		switch c := literal[i]; c {
		case '\'':
			return b.String(), i == len(literal)-1
		case '\\':
			i++
			if i == len(literal) {
				return "", false
			}
			switch e := literal[i]; e {
			case 'n', 'r', 't', 'b', 'f':
				b.WriteByte(map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'f': '\f'}[e])
			case '\'', '"', '\\', '%', '_':
				b.WriteByte(e)
			case 'u':
				r := rune(0)
				for _, h := range literal[i+1 : i+5] {
					r = r*16 + rune(strings.IndexRune("0123456789ABCDEF", h))
				}
				b.WriteRune(r)
				i += 4
			default:
				return "", false
			}
		default:
			if c < 0x20 {
				return "", false
			}
			b.WriteByte(c)
		}
	}
	return "", false
}

func FuzzQuoteS30(f *testing.F) {
	for _, seed := range []string{"", "'", `\`, `\'`, `' OR ''='`, "\x00", "%_", "é\u2029", "\xff\xfe", "\U0001F642"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want := strings.ToValidUTF8(text, "\uFFFD")
		for _, literal := range []string{Quote(text), QuoteLike("", text, "")} {
			got, ok := unquote(literal)
			if !ok || !utf8.ValidString(literal) {
				t.Fatalf("%q becomes %s, which is not one literal", text, literal)
			}
			// A run of bad bytes may become one replacement or several.
			if utf8.ValidString(text) && got != want {
				t.Fatalf("%q comes back as %q", text, got)
			}
		}
	})
}

func TestLiteralsOfEachType(t *testing.T) {
	at := time.Date(2026, 5, 1, 7, 25, 37, 0, time.UTC)
	cases := []struct {
		typ   gateway.FieldType
		value gateway.Value
		want  string // "" = none
	}{
		{"string", gateway.Text("O'B"), `'O\'B'`},
		{"string", gateway.Null, "null"},
		{"string", "", ""},
		{"string", gateway.Text(strings.Repeat("x", 4001)), ""},
		{gateway.TypeBoolean, gateway.Bool(true), "true"},
		{gateway.TypeBoolean, gateway.Text("true OR Id != null"), ""},
		{gateway.TypeCurrency, gateway.Number("12.50"), "12.5"},
		{gateway.TypeInt, gateway.Text("1 OR 1=1"), ""},
		{gateway.TypeDate, gateway.Text("2026-05-01"), "2026-05-01"},
		{gateway.TypeDate, gateway.Text("TODAY"), ""},
		{gateway.TypeDatetime, gateway.Instant(at), "2026-05-01T07:25:37.000Z"},
		{gateway.TypeDatetime, gateway.Text("now"), ""},
		{gateway.TypeReference, gateway.Text(testAccount), "'" + testAccount + "'"},
	}
	for _, test := range cases {
		got, ok := Literal(test.typ, test.value)
		if ok != (test.want != "") || ok && got != test.want {
			t.Errorf("Literal(%s, %s) = %q, %v; want %q", test.typ, test.value, got, ok, test.want)
		}
	}
}

func TestOnlySchemaFieldsReachAQueryS30(t *testing.T) {
	schema := gateway.Schema{Object: "Account", Fields: []gateway.Field{
		{Name: "Id", Type: "id"},
		{Name: "Name", Type: "string"},
		{Name: "BillingAddress", Type: "address"},
		{Name: "BillingCity", Type: "string"},
		{Name: "Body", Type: "base64"},
		{Name: "ns__Field__c", Type: "string"},
	}}
	got, err := Select(schema, Columns(schema))
	if err != nil || got != "SELECT Id,Name,BillingCity,ns__Field__c FROM Account" {
		t.Fatalf("Select = %q, %v", got, err)
	}
	for _, name := range []string{"", "Nope", "Name FROM User", "Name,Id", "Name--", "Owner.Name", "(SELECT Id FROM Contacts)"} {
		if _, err := Select(schema, []string{"Id", name}); codeOf(err) != gateway.CodeInvalid {
			t.Errorf("Select took the column %q: %v", name, err)
		}
	}
	schema.Object = "Account WHERE Id != null"
	if _, err := Select(schema, []string{"Id"}); codeOf(err) != gateway.CodeInvalid {
		t.Errorf("Select took the object: %v", err)
	}
	if _, err := Select(gateway.Schema{Object: "Account"}, nil); err == nil {
		t.Error("Select took no columns")
	}
}
