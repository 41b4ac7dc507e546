package mapping_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tidegate/gateway"
	"tidegate/rules/mapping"
)

// DEM-04, DEM-28: fields of an added object are filled from the product's own
// kinds, each only from what its type takes.
func TestCustomKindsFillFieldsOfAddedObjects(t *testing.T) {
	kinds := []gateway.CustomKind{{Kind: "risk", Properties: []gateway.CustomProperty{{Name: "level", Holds: "text"}, {Name: "at.day", Holds: "moment"}, {Name: "new"}}}}
	all := mapping.Sources("Risk__c", nil, kinds...)
	keys := func(f gateway.Field) (out []string) {
		for _, s := range mapping.Offered(f, all) {
			out = append(out, s.Key)
		}
		return out
	}
	f := gateway.Field{Name: "F", Updateable: true, Createable: true}
	with := func(typ gateway.FieldType, to ...string) gateway.Field {
		g := f
		g.Type, g.ReferenceTo = typ, to
		return g
	}
	for name, tt := range map[string]struct {
		field gateway.Field
		want  []string
	}{
		"date":     {with(gateway.TypeDate), []string{"custom.risk.at.day"}},
		"picklist": {with(gateway.TypePicklist), []string{"custom.risk.level", "custom.risk.new", "custom.risk:id"}},
		"contact":  {with(gateway.TypeReference, "Contact"), []string{"custom.risk:person"}},
		"event":    {with(gateway.TypeReference, "Event"), []string{"custom.risk:meeting"}},
		"deal":     {with(gateway.TypeReference, "Opportunity"), []string{"custom.risk:deal"}},
		"other":    {with(gateway.TypeReference, "Product2"), nil},
	} {
		if got := keys(tt.field); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
	for source, want := range map[string][2]string{
		"custom.risk.level": {"risk", ".level"}, "custom.risk.at.day": {"risk", ".at.day"}, "custom.risk:person": {"risk", ":person"},
	} {
		if kind, rest, ok := mapping.CustomOf(source); !ok || kind != want[0] || rest != want[1] {
			t.Errorf("%s: %q %q %v", source, kind, rest, ok)
		}
	}
	for _, source := range []string{"meeting.title", "custom.", "custom.risk", "custom..x"} {
		if _, _, ok := mapping.CustomOf(source); ok {
			t.Errorf("%q is taken for one", source)
		}
	}
	if got := mapping.Sources("Contact", nil, kinds...); slices.ContainsFunc(got, func(s mapping.Source) bool { return strings.HasPrefix(s.Key, "custom.") }) {
		t.Error("the usual objects are filled from custom kinds")
	}
}

func TestWhatAPropertyHolds(t *testing.T) {
	for v, want := range map[gateway.Value]mapping.Kind{
		"": "", gateway.Null: "", "true": mapping.KindSwitch, "4.50": mapping.KindNumber, `"high"`: mapping.KindText, `"a\nb"`: mapping.KindLong,
		gateway.Text(strings.Repeat("x", 256)): mapping.KindLong, `"2026-05-31"`: mapping.KindMoment, `"2026-05-31T14:30:00Z"`: mapping.KindMoment,
		`"ann@example.com"`: mapping.KindEmail, `"https://example.com/a"`: mapping.KindURL, `"+44 20 7946 0018"`: mapping.KindPhone, `"example.com"`: mapping.KindText,
		`["a"]`: mapping.KindLong, `{"a":1}`: mapping.KindLong,
	} {
		if got := mapping.Holds(v); got != want {
			t.Errorf("%s holds %q, want %q", v, got, want)
		}
	}
}

// What a property holds does not depend on the order in which its values came.
func TestWiderIsBlindToOrder(t *testing.T) {
	one := rapid.SampledFrom([]mapping.Kind{"", mapping.KindText, mapping.KindLong, mapping.KindNumber, mapping.KindMoment, mapping.KindEmail})
	rapid.Check(t, func(rt *rapid.T) {
		a, b, c := one.Draw(rt, "a"), one.Draw(rt, "b"), one.Draw(rt, "c")
		if mapping.Wider(a, b) != mapping.Wider(b, a) || mapping.Wider(a, a) != a || mapping.Wider(mapping.Wider(a, b), c) != mapping.Wider(a, mapping.Wider(b, c)) {
			rt.Fatalf("%q %q %q", a, b, c)
		}
	})
}
