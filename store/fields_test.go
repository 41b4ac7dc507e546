package store

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"tidegate/gateway"
)

func TestParseFieldsReadsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := gateway.Fields{}
		for name, s := range rapid.MapOf(rapid.StringMatching(`[A-Z][A-Za-z0-9_]{0,20}`), rapid.String()).Draw(t, "text") {
			want[name] = gateway.Text(s)
		}
		for name, n := range rapid.MapOf(rapid.StringMatching(`N[0-9]{1,3}`), rapid.StringMatching(`-?[1-9][0-9]{0,25}(\.[0-9]{1,20})?`)).Draw(t, "numbers") {
			want[name] = gateway.Number(n)
		}
		got, err := parseFields(fieldsText(want))
		if err != nil || !maps.Equal(got, want) {
			t.Fatalf("got %v (%v), want %v", got, err, want)
		}
	})
}

func TestFieldsAreWrittenInOneOrderWhateverCameBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Few names, so that many sets of one size follow each other.
		for _, fields := range rapid.SliceOf(rapid.MapOf(rapid.StringMatching(`[A-D][a-b]`), rapid.StringMatching(`[0-9]?`))).Draw(t, "fields") {
			f := gateway.Fields{}
			for name, digit := range fields {
				f[name] = gateway.Value(digit) // "" is unknown
			}
			if got, want := fieldsText(f), string(f.JSON()); got != want {
				t.Fatalf("got %s, want %s", got, want)
			}
		}
	})
}

func TestParseFieldsTakesWhatJSONAllows(t *testing.T) {
	cases := map[string]gateway.Fields{
		``:                                     {},
		`{}`:                                   {},
		` { } `:                                {},
		"{\n \"A\" : 1.50 ,\t\"B\" : null }\n": {"A": "1.50", "B": "null"},
		`{"A":"\"},{","B":true}`:               {"A": `"\"},{"`, "B": "true"},
		`{"\u0041":"\\"}`:                      {"A": `"\\"`},
		`{"A":{"x":["}",1]},"B":[]}`:           {"A": `{"x":["}",1]}`, "B": "[]"},
	}
	for text, want := range cases {
		got, err := parseFields(text)
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: got %v (%v)", text, got, err)
		}
	}
}

func TestParseFieldsRefusesWhatIsNoObject(t *testing.T) {
	for _, text := range []string{`x`, `[]`, `{`, `{"A"`, `{"A":`, `{"A":"x`, `{"A":1`, `{"A":1,}`, `{"A":1}x`, `{A:1}`, `{"A":{"x":1}`, `{"A":[`, `{"A" 1}`, `{"A":}`} {
		if got, err := parseFields(text); err == nil {
			t.Errorf("%s: got %v", text, got)
		}
	}
}

// FuzzParseFields compares with encoding/json: whatever that takes as an
// object is read the same here.
func FuzzParseFields(f *testing.F) {
	for _, seed := range []string{`{}`, `{"A":1}`, `{"A":"x\"y","B":[1,{"c":"}"}]}`, `{"\u0041":null}`, "{\"A\"\n:true}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseFields(text)
		var want map[string]json.RawMessage
		if !utf8.ValidString(text) {
			return // never stored, see clean; encoding/json would repair it
		}
		if json.Unmarshal([]byte(text), &want) != nil || want == nil {
			return // what is no JSON may be read or refused, but must not panic
		}
		if err != nil || len(got) != len(want) {
			t.Fatalf("%q: got %v (%v), want %s", text, got, err, want)
		}
		for name, value := range want {
			if strings.TrimSpace(string(value)) != string(got[name]) {
				t.Fatalf("%q: %q is %q, want %q", text, name, got[name], value)
			}
		}
	})
}

func TestCleanTextIsWhatPostgresTakes(t *testing.T) {
	cases := map[string]string{
		"plain é 漢": "plain é 漢",
		"a\x00b":    "ab",
		"a\xffb":    "a\uFFFDb",
	}
	for in, want := range cases {
		if got := clean(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestKeysAreNormalized(t *testing.T) {
	cases := []struct{ kind, in, want string }{
		{KeyEmail, " Ann@Example.COM ", "ann@example.com"},
		{KeyEmail, "nobody", ""},
		{KeyPhone, "(415) 555-0101", "550101"},
		{KeyPhone, "1-415-555-0101 ext. 7", "550101"},
		{KeyPhone, "415.555.0101x12", "550101"},
		{KeyPhone, "+44 (0)20 7946 0018", "460018"},
		{KeyPhone, "0044 20 7946 0018", "460018"},
		{KeyPhone, "030 1234567", "234567"},
		{KeyPhone, "12", ""},
		{KeyPhone, "none", ""},
		{KeyDomain, "https://www.Acme.example:443/about?x=1", "acme.example"},
		{KeyDomain, "acme.example", "acme.example"},
		{KeyDomain, "acme", ""},
		{KeyDomain, "http://[bad", ""},
		{"AccountId", "001000000000001AAA", "001000000000001AAA"},
		{KeyEmail, strings.Repeat("a", 400) + "@x.example", ""},
	}
	for _, c := range cases {
		if got := NormalizeKey(c.kind, c.in); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.kind, c.in, got, c.want)
		}
	}
}
