package outbound_test

import (
	"testing"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

// F-56: only a create that was refused because there is such a person can
// become that one.
func TestExistingRecordIsWhatTheRefusalNames_F56(t *testing.T) {
	local := gateway.RecordKey{Object: "Contact", ID: outbound.LocalPrefix + "p"}
	there := gateway.RecordKey{Object: "Contact", ID: "0035500000WO1ZiAAL"}
	refused := func(id string) gateway.Problem {
		return gateway.Problem{Code: string(gateway.CodeSFDuplicate), Record: id}
	}
	for _, tt := range []struct {
		name string
		key  gateway.RecordKey
		p    gateway.Problem
		want gateway.RecordKey
	}{
		{"the contact that it names", local, refused("0035500000WO1ZiAAL"), there},
		{"its id may be short", local, refused("0035500000WO1Zi"), there},
		{"a lead", local, refused("00Q5500000WO1ZiEAL"), gateway.RecordKey{Object: "Lead", ID: "00Q5500000WO1ZiEAL"}},
		{"what is no person", local, refused("0015500000WO1ZiAAL"), gateway.RecordKey{}},
		{"none is named", local, refused(""), gateway.RecordKey{}},
		{"no id", local, refused("'; --"), gateway.RecordKey{}},
		{"another refusal", local, gateway.Problem{Code: string(gateway.CodeSFValidation), Record: there.ID}, gateway.RecordKey{}},
		{"an update that became equal to another record", there, refused("0035500000WO1ZjAAL"), gateway.RecordKey{}},
	} {
		if got, ok := outbound.Existing(tt.key, tt.p); got != tt.want || ok != (tt.want.ID != "") {
			t.Errorf("%s: %v, %v", tt.name, got, ok)
		}
	}
}
