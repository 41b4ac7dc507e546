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

func TestReadingAfterACreateFindsNothingNew(t *testing.T) {
	// F-75: a create leaves empty fields out; a later reading states them.
	key := gateway.RecordKey{Object: "Task", ID: "00T000000000001AAA"}
	created := Decide(Input{RecordID: key.ID, Event: gateway.ChangeEvent{
		Object: "Task", RecordIDs: []string{key.ID}, Type: gateway.Create, Fields: gateway.Fields{"Subject": `"Call"`},
		Version: gateway.Version{CommitAt: 1000, CommitNumber: 1, Sequence: 1},
	}})
	read := Decide(Input{Current: &created.Record, RecordID: key.ID, Event: gateway.ChangeEvent{
		Object: "Task", RecordIDs: []string{key.ID}, Type: gateway.Snapshot, Fields: gateway.Fields{"Subject": `"Call"`, "Description": gateway.Null},
		Version: gateway.Version{CommitAt: 2000},
	}})
	if read.Entry.Outcome != gateway.OutcomeUnchanged || read.Append {
		t.Errorf("outcome %s, row %t; want unchanged and no row", read.Entry.Outcome, read.Append)
	}
}
