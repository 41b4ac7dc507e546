package outbound_test

import (
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

// riskOf is a record of the kind risk, whose properties fill fields of Risk__c.
func riskOf(change func(in *outbound.CustomInput)) outbound.CustomInput {
	in := outbound.CustomInput{Surroundings: meetingOf(nil).Surroundings, Record: gateway.CustomRecord{
		Kind: "risk", ExternalID: "r-1", Person: "p-1", Meeting: "m1", Deal: "006A", Owner: rita,
		Properties: gateway.Fields{"level": `"high"`, "score": "4.5", "note": `"They may leave"`},
	}}
	in.Attendees = []outbound.Attendee{{
		Participant: gateway.Participant{Email: "ann@acme.example"}, Matches: []gateway.Record{rec("Contact", "003A", nil)},
		Person: gateway.Person{ExternalID: "p-1"}, Who: gateway.Who{Kind: gateway.KindPerson, ID: "p-1"},
	}}
	in.Event, in.Deal = gateway.RecordKey{Object: "Event", ID: "00UA"}, rec("Opportunity", "006A", gateway.Fields{})
	risk := gateway.Schema{Object: "Risk__c", Createable: true, Updateable: true, Fields: []gateway.Field{{Name: "OwnerId", Type: gateway.TypeReference, Createable: true}}}
	field := func(name string, typ gateway.FieldType, source string, to ...string) {
		risk.Fields = append(risk.Fields, gateway.Field{Name: name, Type: typ, Length: 255, Createable: true, Updateable: true, Nillable: true, ReferenceTo: to})
		in.Mappings = append(in.Mappings, gateway.Mapping{Object: "Risk__c", Field: name, Source: source, Editable: true, Imported: true, Revision: 3})
	}
	field("Level__c", gateway.TypePicklist, "custom.risk.level")
	field("Score__c", gateway.TypeDouble, "custom.risk.score")
	field("Note__c", gateway.TypeTextarea, "custom.risk.note")
	field("Key__c", "string", "custom.risk:id")
	field("Contact__c", gateway.TypeReference, "custom.risk:person", "Contact")
	field("Event__c", gateway.TypeReference, "custom.risk:meeting", "Event")
	field("Deal__c", gateway.TypeReference, "custom.risk:deal", "Opportunity")
	in.Mappings = append(in.Mappings, gateway.Mapping{Object: "Visit__c", Field: "X__c", Source: "custom.visit.x", Editable: true})
	in.Schemas["Risk__c"] = risk
	in.Settings.Objects.Added = []string{"Risk__c", "Visit__c"}
	in.Settings.Objects.Writeback = map[string]bool{"Risk__c": true}
	in.Settings.Objects.CreateMissing = map[string]bool{"Risk__c": true}
	in.Settings.Objects.UpdateFields = map[string]bool{"Risk__c": true}
	if change != nil {
		change(&in)
	}
	return in
}

// DEM-04, DEM-28: a record of the product's own kind becomes one of the object
// that is filled from it, with its lookups and its owner.
func TestCustomRecordBecomesARecordOfItsObject(t *testing.T) {
	p := outbound.PlanCustom(riskOf(nil))
	if len(p.Owed) != 1 || len(p.Omitted) != 0 {
		t.Fatalf("owed %+v, omitted %+v", p.Owed, p.Omitted)
	}
	o := p.Owed[0]
	want := gateway.Fields{
		"Level__c": `"high"`, "Score__c": "4.5", "Note__c": `"They may leave"`, "Key__c": `"r-1"`,
		"Contact__c": `"003A"`, "Event__c": `"00UA"`, "Deal__c": `"006A"`, "OwnerId": `"005R"`,
	}
	for name, v := range want {
		if o.Fields[name] != v {
			t.Errorf("%s is %s, want %s", name, o.Fields[name], v)
		}
	}
	if len(o.Fields) != len(want) || o.Part != "record:Risk__c" || o.Key.ID != gateway.LocalID("demo", "custom:risk", "r-1", "record:Risk__c") {
		t.Errorf("owed %+v", o)
	}
	if of := o.Of["Level__c"]; of.Revision != 3 || !strings.Contains(of.Rule, "custom.risk.level") {
		t.Errorf("where it comes from: %+v", of)
	}
	if len(p.Met) != 1 || p.Met[0].ID != "p-1" || p.Met[0].Key.ID != "003A" {
		t.Errorf("who it is about: %+v", p.Met)
	}
}

// Whatever is left out says why, and what to do.
func TestCustomRecordThatIsNotWrittenSaysWhy(t *testing.T) { // DEM-04, AIM-23, AVC-30, STA-13
	for name, tt := range map[string]struct {
		change func(in *outbound.CustomInput)
		part   string
		why    string
		owes   bool
	}{
		"nothing is mapped": {func(in *outbound.CustomInput) { in.Mappings = nil }, "all", "An admin maps its properties", false},
		"another kind is":   {func(in *outbound.CustomInput) { in.Mappings = in.Mappings[7:] }, "all", "no field of an object", false},
		"the object left":   {func(in *outbound.CustomInput) { in.Settings.Objects.Added = nil }, "all", "no field of an object", false},
		"switched off":      {func(in *outbound.CustomInput) { in.Settings.Objects.Writeback = nil }, "record:Risk__c", "“Sync to Salesforce” is off for Risk__c", false},
		"not made":          {func(in *outbound.CustomInput) { in.Settings.Objects.CreateMissing = nil }, "record:Risk__c", "“Create when missing” is off for Risk__c on the Objects tab", false},
		"may not be made":   {func(in *outbound.CustomInput) { in.Schemas["Risk__c"] = gateway.Schema{Object: "Risk__c"} }, "record:Risk__c", "may not create records of Risk__c", false},
		"deleted there":     {func(in *outbound.CustomInput) { in.Gone["record:Risk__c"] = true }, "record:Risk__c", "not created a second time", false},
		"filtered": {func(in *outbound.CustomInput) {
			in.Settings.Objects.Filters = []gateway.Filter{{Object: "Risk__c", Source: "custom.risk.level", Op: "equals", Value: "low"}}
		}, "record:Risk__c", "custom.risk.level equals low", false},
		"filtered everywhere": {func(in *outbound.CustomInput) {
			in.Settings.Objects.Filters = []gateway.Filter{{Source: "custom.risk.level", Op: "equals", Value: "low"}}
		}, "all", "custom.risk.level equals low", false},
		"outside the pilot": {func(in *outbound.CustomInput) { in.Settings.Notes.Pilot.On = true }, "all", "Only a pilot group", false},
		"several have its key": {func(in *outbound.CustomInput) {
			in.Found, in.By = map[string][]gateway.Record{"Risk__c": {rec("Risk__c", "a01A", nil), rec("Risk__c", "a01B", nil)}}, map[string]string{"Risk__c": "Key__c"}
		}, "record:Risk__c", "2 records of Risk__c have its value in Key__c", false},
		"a lead is no contact": {func(in *outbound.CustomInput) { in.Attendees[0].Matches = []gateway.Record{rec("Lead", "00QA", nil)} }, "record:Risk__c.Contact__c", "It leads to Contact, and this is a Lead", true},
		"nobody yet":           {func(in *outbound.CustomInput) { in.Attendees[0].Matches = nil }, "record:Risk__c.Contact__c", "as soon as somebody is", true},
		"no Event":             {func(in *outbound.CustomInput) { in.Event = gateway.RecordKey{} }, "record:Risk__c.Event__c", "has no Event", true},
		"no such deal":         {func(in *outbound.CustomInput) { in.Deal = gateway.Record{} }, "record:Risk__c.Deal__c", "no opportunity 006A", true},
		"field not editable":   {func(in *outbound.CustomInput) { in.Mappings[0].Editable = false }, "record:Risk__c.Level__c", "Editable is off", true},
		"lookup not editable":  {func(in *outbound.CustomInput) { in.Mappings[4].Editable = false }, "record:Risk__c.Contact__c", "Editable is off", true},
		"updates are off": {func(in *outbound.CustomInput) {
			in.Settings.Objects.UpdateFields = nil
			in.Found = map[string][]gateway.Record{"Risk__c": {rec("Risk__c", "a01A", gateway.Fields{})}}
		}, "record:Risk__c", "“Sync updates to object fields” is off", false},
	} {
		t.Run(name, func(t *testing.T) {
			p := outbound.PlanCustom(riskOf(tt.change))
			if got := why(p, tt.part); !strings.Contains(got, tt.why) || (len(p.Owed) > 0) != tt.owes {
				t.Errorf("%s: %q, owed %+v", tt.part, got, p.Owed)
			}
		})
	}
}

// A record that is there is updated by its write modes, and stays the one.
func TestCustomRecordThatIsThereIsUpdated(t *testing.T) { // DEM-28, T1
	there := rec("Risk__c", "a01A", gateway.Fields{"Level__c": `"low"`, "Note__c": `"Called"`})
	p := outbound.PlanCustom(riskOf(func(in *outbound.CustomInput) {
		in.Found = map[string][]gateway.Record{"Risk__c": {there}}
		in.Mappings[0].WriteMode, in.Mappings[2].WriteMode = "fill", "append"
	}))
	o := owed(p, "record:Risk__c")
	if o == nil || o.Key != there.Key || o.Fields["Level__c"] != "" || o.Fields["Note__c"].String() != "Called\nThey may leave" || why(p, "record:Risk__c.Level__c") == "" {
		t.Errorf("owed %+v, omitted %+v", o, p.Omitted)
	}
	written := func(in *outbound.CustomInput) {
		in.Written["record:Risk__c"] = gateway.Writing{Key: gateway.RecordKey{Object: "Risk__c", ID: "a01Z"}, Wanted: gateway.Fields{"Level__c": `"high"`, "Score__c": "4.5"}}
		in.Found = map[string][]gateway.Record{"Risk__c": {rec("Risk__c", "a01Z", gateway.Fields{"Level__c": `"high"`})}}
		in.Record.Properties = gateway.Fields{"level": gateway.Null}
	}
	o = owed(outbound.PlanCustom(riskOf(written)), "record:Risk__c")
	if o == nil || o.Key.ID != "a01Z" || o.Fields["Level__c"] != gateway.Null || o.Fields["Score__c"] != "4.5" {
		t.Errorf("emptied and left out: %+v", o)
	}
}
