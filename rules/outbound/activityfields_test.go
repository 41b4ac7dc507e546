package outbound_test

import (
	"testing"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

// AVM-42, AVM-43: purposes and outcomes go to fields of the Event and of the
// Task independently: each to its own field, as its own value, or not at all.
func TestPurposesGoToEventAndTaskIndependently_AVM43(t *testing.T) {
	purposes := []gateway.ActivityValue{{Name: "Sales", Event: "Selling", Task: "Sell"}, {Name: "CSM", Task: "Care"}}
	tests := []struct {
		name        string
		field       gateway.ActivityPair
		purpose     string
		event, task gateway.Value // of Kind__c and Type__c
	}{
		{"both", gateway.ActivityPair{Event: "Kind__c", Task: "Type__c"}, "Sales", `"Selling"`, `"Sell"`},
		{"the Task alone", gateway.ActivityPair{Task: "Type__c"}, "Sales", "", `"Sell"`},
		{"the Event alone", gateway.ActivityPair{Event: "Kind__c"}, "Sales", `"Selling"`, ""},
		{"a value of the Task alone", gateway.ActivityPair{Event: "Kind__c", Task: "Type__c"}, "CSM", `"CSM"`, `"Care"`},
		{"neither", gateway.ActivityPair{}, "Sales", "", ""},
		{"a meeting without purpose", gateway.ActivityPair{Event: "Kind__c", Task: "Type__c"}, "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := outbound.PlanMeeting(meetingOf(func(in *outbound.MeetingInput) {
				complete(in)
				in.Settings.Notes.MeetingNotes = []string{"event", "task"}
				in.Settings.Advanced.PurposeField, in.Settings.Advanced.Purposes = tt.field, purposes
				in.Meeting.Purpose = tt.purpose
			}))
			event, task := owed(p, outbound.PartEvent), owed(p, "task")
			if event == nil || task == nil {
				t.Fatalf("plan = %+v", p)
			}
			if event.Fields["Kind__c"] != tt.event || task.Fields["Type__c"] != tt.task {
				t.Errorf("Event %s, Task %s", event.Fields["Kind__c"], task.Fields["Type__c"])
			}
			if event.Fields["Type__c"] != "" || task.Fields["Kind__c"] != "" {
				t.Errorf("one went to the other's field: %v %v", event.Fields, task.Fields)
			}
		})
	}
}

// AVC-31: fields that a managed package adds are filled like any other, with
// what is known of the contact and the conversation; an org without the package
// is sent nothing of it, and everything else all the same.
func TestFieldsOfAPackageAreFilledWhereItIsInstalled_AVC31(t *testing.T) {
	for _, installed := range []bool{true, false} {
		fields := []gateway.Field{{Name: "NextStep", Type: "string", Length: 255, Updateable: true, Nillable: true}}
		if installed {
			for _, name := range []string{"tide__Last_Topic__c", "tide__Last_People__c"} {
				fields = append(fields, gateway.Field{Name: name, Type: "string", Length: 255, Updateable: true, Nillable: true})
			}
		}
		p := outbound.PlanMeeting(meetingOf(func(in *outbound.MeetingInput) {
			complete(in)
			in.Meeting.Title = "Kick-off"
			in.Mappings = []gateway.Mapping{
				{Object: "Opportunity", Field: "NextStep", Source: "meeting.title", Editable: true},
				{Object: "Opportunity", Field: "tide__Last_Topic__c", Source: "meeting.title", Editable: true},
				{Object: "Opportunity", Field: "tide__Last_People__c", Source: "meeting.attendees", Editable: true},
			}
			in.Settings.Objects.Writeback = map[string]bool{"Opportunity": true}
			in.Schemas["Opportunity"] = gateway.Schema{Object: "Opportunity", Fields: fields}
			in.Opportunities[0].Fields["NextStep"] = ""
		}))
		o := owed(p, "topics:Opportunity")
		if o == nil || o.Fields["NextStep"] != `"Kick-off"` || owed(p, outbound.PartEvent) == nil {
			t.Fatalf("installed %t: %+v", installed, p)
		}
		if topic, people := o.Fields["tide__Last_Topic__c"], o.Fields["tide__Last_People__c"]; (topic == `"Kick-off"`) != installed || (people != "") != installed {
			t.Errorf("installed %t: %s, %s", installed, topic, people)
		}
	}
}
