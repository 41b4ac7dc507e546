package outbound_test

import (
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

// AVM-26: the mapping of an archived topic writes nothing new, and takes
// nothing back of what it wrote.
func TestArchivedTopicWritesNothingNew(t *testing.T) {
	archived := func(in *outbound.MeetingInput) {
		in.Meeting.Topics = map[string][]gateway.TopicNote{"next-steps": {{Text: "Call"}}}
		in.Mappings = []gateway.Mapping{{Object: "Event", Field: "NextStep__c", Topic: "next-steps", Direction: "outbound"}}
		in.Schemas["Event"] = gateway.Schema{Object: "Event", Fields: []gateway.Field{{Name: "NextStep__c", Type: "string", Length: 80, Createable: true, Updateable: true}}}
	}
	event := func(change func(in *outbound.MeetingInput)) gateway.Value {
		in := meetingOf(archived)
		change(&in)
		p := outbound.PlanMeeting(in)
		said := false
		for _, o := range p.Omitted {
			said = said || strings.Contains(o.Why, "is archived")
		}
		if said != in.Archived["next-steps"] {
			t.Errorf("omitted: %+v", p.Omitted)
		}
		return owed(p, outbound.PartEvent).Fields["NextStep__c"]
	}
	if got := event(func(*outbound.MeetingInput) {}); got != `"Call"` {
		t.Errorf("in use: %s", got)
	}
	if got := event(func(in *outbound.MeetingInput) { in.Archived = map[string]bool{"next-steps": true} }); got != "" {
		t.Errorf("archived: %s", got)
	}
	if got := event(func(in *outbound.MeetingInput) {
		in.Archived = map[string]bool{"next-steps": true}
		in.Written = map[string]gateway.Writing{outbound.PartEvent: {
			Key: gateway.RecordKey{Object: "Event", ID: "00U1"}, Wanted: gateway.Fields{"NextStep__c": `"Mail"`},
		}}
	}); got != `"Mail"` {
		t.Errorf("archived since: %s", got)
	}
}

// AVM-26: what people correct in a field stays, also when the meeting is
// planned anew: it is neither emptied nor appended once more.
func TestFieldOfATopicStaysAsPeopleCorrectedIt(t *testing.T) {
	for mode, was := range map[string]gateway.Value{"fill": `"Call"`, "append": `"Old\nCall"`, "never": `"Call"`} {
		in := meetingOf(func(in *outbound.MeetingInput) {
			in.Meeting.Topics = map[string][]gateway.TopicNote{"next-steps": {{Text: "Call"}}}
			in.Mappings = []gateway.Mapping{{Object: "Opportunity", Field: "NextStep", Topic: "next-steps", WriteMode: mode}}
			in.Schemas["Opportunity"] = gateway.Schema{Object: "Opportunity", Fields: []gateway.Field{{Name: "NextStep", Type: "string", Length: 255, Updateable: true}}}
			in.Opportunities[0].Fields["NextStep"] = `"Corrected"`
			in.Written = map[string]gateway.Writing{"topics:Opportunity": {Key: in.Opportunities[0].Key, Wanted: gateway.Fields{"NextStep": was}}}
		})
		if o := owed(outbound.PlanMeeting(in), "topics:Opportunity"); o == nil || o.Fields["NextStep"] != was {
			t.Errorf("%s: %+v", mode, o)
		}
	}
}
