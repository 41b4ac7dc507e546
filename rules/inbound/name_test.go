package inbound

import (
	"testing"

	"tidegate/gateway"
)

func TestPersonNameIsComposedOfItsParts(t *testing.T) {
	for _, test := range []struct {
		name    string
		partial bool
		parts   gateway.Fields
		want    gateway.Value
	}{
		{"both", false, gateway.Fields{"FirstName": `"Ann"`, "LastName": `"Ferrow"`}, `"Ann Ferrow"`},
		{"no first name", false, gateway.Fields{"FirstName": gateway.Null, "LastName": `"Ferrow"`}, `"Ferrow"`},
		{"all", false, gateway.Fields{"FirstName": `"Ann"`, "MiddleName": `"B."`, "LastName": `"Ferrow"`, "Suffix": `"PhD"`}, `"Ann B. Ferrow PhD"`},
		{"no first name, unsaid", false, gateway.Fields{"LastName": `"Ferrow"`}, `"Ferrow"`},
		{"last name not known yet", false, gateway.Fields{"FirstName": `"Ann"`}, ""},
		{"first name not known yet", true, gateway.Fields{"LastName": `"Ferrow"`}, ""},
	} {
		if got := PersonName(gateway.Record{Fields: test.parts, Partial: test.partial}); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
