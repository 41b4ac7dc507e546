package mapping_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"tidegate/gateway"
	"tidegate/rules/mapping"
)

func field(kind gateway.FieldType) gateway.Field {
	return gateway.Field{Name: "F", Label: "Thing", Type: kind, Nillable: true, Updateable: true}
}

func TestTypedTextBecomesAValueOrIsRefused(t *testing.T) {
	short := field("string")
	short.Length = 4
	required := field("string")
	required.Nillable = false
	restricted, loose, multi := field(gateway.TypePicklist), field(gateway.TypePicklist), field("multipicklist")
	restricted.Picklist, restricted.Restricted = []string{"Hot", "Cold"}, true
	loose.Picklist = []string{"Hot"}
	multi.Picklist, multi.Restricted = []string{"A", "B"}, true
	tests := []struct {
		name  string
		field gateway.Field
		text  string
		want  gateway.Value // "" = refused
	}{
		{"text is trimmed", field("string"), "  Ann ", `"Ann"`},
		{"empty is null", field("string"), "  ", gateway.Null},
		{"required", required, " ", ""},
		{"length in characters", short, "äöüß", `"äöüß"`},
		{"too long", short, "äöüßx", ""},
		{"textarea line ends", field(gateway.TypeTextarea), "a\r\nb", `"a\nb"`},
		{"checkbox absent", field(gateway.TypeBoolean), "", "false"},
		{"checkbox on", field(gateway.TypeBoolean), "on", "true"},
		{"checkbox odd", field(gateway.TypeBoolean), "maybe", ""},
		{"whole number", field(gateway.TypeInt), "007", "7"},
		{"fraction in an int", field(gateway.TypeInt), "1.5", ""},
		{"money", field(gateway.TypeCurrency), "1,200.50", "1200.5"},
		{"ambiguous comma", field(gateway.TypeCurrency), "12,5", ""},
		{"percent", field(gateway.TypePercent), "12.5 %", "12.5"},
		{"every digit is kept", field(gateway.TypeDouble), "123456789012345678", "123456789012345678"},
		{"too many digits", field(gateway.TypeDouble), "12345678901234567890", ""},
		{"no number", field(gateway.TypeDouble), "ten", ""},
		{"null is no number", field(gateway.TypeDouble), "null", ""},
		{"date", field(gateway.TypeDate), "2026-05-31", `"2026-05-31"`},
		{"impossible date", field(gateway.TypeDate), "2026-02-30", ""},
		{"instant", field(gateway.TypeDatetime), "2026-05-31T14:30:00+02:00", `"2026-05-31T12:30:00.000Z"`},
		{"instant of a form", field(gateway.TypeDatetime), "2026-05-31T14:30", `"2026-05-31T14:30:00.000Z"`},
		{"no instant", field(gateway.TypeDatetime), "tomorrow", ""},
		{"e-mail", field(gateway.TypeEmail), "ann@example.com", `"ann@example.com"`},
		{"e-mail without a dot", field(gateway.TypeEmail), "ann@example", ""},
		{"e-mail twice @", field(gateway.TypeEmail), "ann@b@example.com", ""},
		{"e-mail with a blank", field(gateway.TypeEmail), "ann b@example.com", ""},
		{"short id is completed", field(gateway.TypeReference), "0015500000WO1Zi", `"0015500000WO1ZiAAL"`},
		{"no id", field(gateway.TypeReference), "Acme", ""},
		{"restricted picklist", restricted, "Hot", `"Hot"`},
		{"not on the list", restricted, "Warm", ""},
		{"open picklist", loose, "Warm", `"Warm"`},
		{"several", multi, "A;B", `"A;B"`},
		{"several, one unlisted", multi, "A;C", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := mapping.ParseInput(tt.field, tt.text)
			if tt.want == "" {
				bad, ok := errors.AsType[*gateway.Error](err)
				if !ok || bad.Code != gateway.CodeInvalid || len(bad.Fields) != 1 || bad.Fields[0] != "F" {
					t.Fatalf("ParseInput(%q) = %q, %v; want a refusal that names the field", tt.text, got, err)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Fatalf("ParseInput(%q) = %q, %v; want %q", tt.text, got, err, tt.want)
			}
		})
	}
}

func TestValuesOfTheWrongKindAreRefused(t *testing.T) {
	tests := []struct {
		field gateway.Field
		value gateway.Value
	}{
		{field("string"), "12"},
		{field("string"), "true"},
		{field(gateway.TypeBoolean), `"true"`},
		{field(gateway.TypeDouble), `"12"`},
		{field(gateway.TypeDouble), "1e3"},
		{field(gateway.TypeDate), "20260531"},
	}
	for _, tt := range tests {
		if err := mapping.CheckValue(tt.field, tt.value); err == nil {
			t.Errorf("%s takes %s", tt.field.Type, tt.value)
		}
	}
	unlabeled := gateway.Field{Name: "Title", Type: "string"}
	if err := mapping.CheckValue(unlabeled, gateway.Null); err == nil || err.Error() != "Title needs a value." {
		t.Errorf("got %v", err)
	}
}

// Whatever ParseInput takes, typing its text again gives the same value.
func TestParsingIsIdempotent(t *testing.T) {
	kinds := []gateway.FieldType{"string", gateway.TypeBoolean, gateway.TypeInt, gateway.TypeDouble, gateway.TypeDate, gateway.TypeDatetime, gateway.TypeEmail, gateway.TypeTextarea, gateway.TypeReference}
	rapid.Check(t, func(t *rapid.T) {
		f := field(rapid.SampledFrom(kinds).Draw(t, "kind"))
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`-?[0-9]{1,12}(\.[0-9]{1,6})?`), rapid.StringMatching(`20[0-9]{2}-0[1-9]-[12][0-9](T1[0-9]:30:00Z)?`)).Draw(t, "text")
		first, err := mapping.ParseInput(f, text)
		if err != nil {
			return
		}
		second, err := mapping.ParseInput(f, first.String())
		if err != nil || second != first {
			t.Fatalf("%q → %q → %q, %v", text, first, second, err)
		}
	})
}
