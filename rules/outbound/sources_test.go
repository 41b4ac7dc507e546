package outbound_test

import (
	"testing"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

// DEM-12: a property of a meeting goes to the field that it is mapped to, under
// the same conditions as an edit, by the field's write mode, or its default.
func TestPropertiesGoToTheFieldsThatAreMapped_DEM12(t *testing.T) {
	plan := func(m gateway.Mapping, on bool, has gateway.Value) outbound.SaidPlan {
		return outbound.PlanMeeting(meetingOf(func(in *outbound.MeetingInput) {
			in.Meeting.Title, in.Meeting.Summary = "Kick-off", "<p>All <b>well</b></p>"
			m.Object, m.Field = "Opportunity", "NextStep"
			in.Mappings = []gateway.Mapping{m}
			in.Settings.Objects.Writeback = map[string]bool{"Opportunity": on}
			in.Schemas["Opportunity"] = gateway.Schema{Object: "Opportunity", Fields: []gateway.Field{{Name: "NextStep", Type: "string", Length: 255, Updateable: true, Nillable: true}}}
			in.Opportunities[0].Fields["NextStep"] = has
		}))
	}
	tests := []struct {
		name string
		m    gateway.Mapping
		on   bool
		has  gateway.Value
		want gateway.Value
	}{
		{"title", gateway.Mapping{Source: "meeting.title", Editable: true}, true, "", `"Kick-off"`},
		{"summary without its markup", gateway.Mapping{Source: "meeting.summary", Editable: true}, true, "", `"All well"`},
		{"appended", gateway.Mapping{Source: "meeting.title", Editable: true, WriteMode: "append"}, true, `"x"`, `"x\nKick-off"`},
		{"filled only while empty", gateway.Mapping{Source: "meeting.title", Editable: true, WriteMode: "fill"}, true, `"x"`, ""},
		{"AIM-10 its default where it says nothing", gateway.Mapping{Source: "meeting.recording_url", Editable: true, Default: "none"}, true, "", `"none"`},
		{"nothing without a default", gateway.Mapping{Source: "meeting.recording_url", Editable: true}, true, "", ""},
		{"object switched off", gateway.Mapping{Source: "meeting.title", Editable: true}, false, "", ""},
		{"not Editable", gateway.Mapping{Source: "meeting.title"}, true, "", ""},
		{"inbound", gateway.Mapping{Source: "meeting.title", Editable: true, Direction: "inbound"}, true, "", ""},
		{"a property that is not known", gateway.Mapping{Source: "meeting.mood", Editable: true}, true, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := plan(tt.m, tt.on, tt.has)
			o := owed(p, "topics:Opportunity")
			if tt.want == "" && o != nil || tt.want != "" && (o == nil || o.Fields["NextStep"] != tt.want) {
				t.Errorf("owed %+v, omitted %+v", o, p.Omitted)
			}
		})
	}
}

// AIM-10: a new record gets the defaults of fields that nobody filled; one that
// exists only where its source is empty and Salesforce has nothing.
func TestPersonPropertiesAndDefaults_AIM10(t *testing.T) {
	s := schema("Lead", "LastName", "Company", "Role__c", "Origin__c")
	mappings := map[string]gateway.Mapping{
		"Role__c":   {Field: "Role__c", Editable: true, Source: "person.title", Default: "unknown"},
		"Origin__c": {Field: "Origin__c", Editable: true, Default: "Tidegate"},
	}
	of := func(field string) gateway.Mapping { return mappings[field] }
	create := func(title string) gateway.Fields {
		return outbound.PlanCreate(outbound.CreateInput{
			Person: gateway.Person{ExternalID: "p", Kind: "lead", LastName: "Lee", Company: "Example", Title: title}, Object: "Lead", Schema: s, Mapping: of, Now: now,
		}).Change.Fields
	}
	if f := create("Buyer"); f["Role__c"] != `"Buyer"` || f["Origin__c"] != `"Tidegate"` {
		t.Errorf("created with %v", f)
	}
	if f := create(""); f["Role__c"] != `"unknown"` {
		t.Errorf("created with %v", f)
	}
	fill := func(title string, has gateway.Fields) gateway.Fields {
		edit, _ := outbound.PlanFill(outbound.FillInput{
			Person: gateway.Person{Kind: "lead", Title: title}, Record: gateway.Record{Key: gateway.RecordKey{Object: "Lead", ID: "00Q"}, Fields: has},
			Schema: s, Mapping: of, Writable: func(string) (bool, string) { return true, "" }, Updates: true,
		})
		return edit
	}
	if f := fill("Buyer", gateway.Fields{"Role__c": `"old"`}); f["Role__c"] != `"Buyer"` {
		t.Errorf("AVC-28 overwritten by %v", f)
	}
	if f := fill("", gateway.Fields{"Role__c": `"old"`, "Origin__c": gateway.Null}); len(f) > 0 {
		t.Errorf("a default replaces a value: %v", f)
	}
	if f := fill("", gateway.Fields{"Role__c": gateway.Null}); f["Role__c"] != `"unknown"` || f["Origin__c"] != "" {
		t.Errorf("filled with %v", f)
	}
}
