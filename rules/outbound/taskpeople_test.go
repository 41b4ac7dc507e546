package outbound_test

import (
	"fmt"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

// DEM-05, DEM-09: where activities are shared a Task is with everybody who took
// part, as far as Salesforce lets it be; who is left out is told.
func TestSharedTaskIsWithEverybodyWhoTookPart(t *testing.T) {
	with := func(change func(in *outbound.MeetingInput)) outbound.SaidPlan {
		return outbound.PlanMeeting(meetingOf(func(in *outbound.MeetingInput) {
			complete(in)
			in.Settings.Notes.MeetingNotes = []string{"task"}
			in.Schemas["TaskRelation"] = gateway.Schema{Object: "TaskRelation", Createable: true}
			bo, cy := gateway.Participant{Email: "bo@acme.example"}, gateway.Participant{Email: "cy@acme.example"}
			in.Attendees = append(in.Attendees,
				outbound.Attendee{Participant: bo, Matches: []gateway.Record{rec("Contact", "003B", nil)}},
				outbound.Attendee{Participant: cy, Matches: []gateway.Record{rec("Lead", "00QC", nil)}})
			change(in)
		}))
	}
	p := with(func(*outbound.MeetingInput) {})
	task, bo := owed(p, "task"), owed(p, "task-attendee:bo@acme.example")
	if bo == nil || bo.Fields["RelationId"] != `"003B"` || bo.Fields["TaskId"] != gateway.Text(task.Key.ID) || task.Fields["WhoId"] != `"003A"` {
		t.Errorf("the contact beside the first: %+v of %+v", bo, task)
	}
	if owed(p, "task-attendee:ann@acme.example") != nil || owed(p, "task-attendee:cy@acme.example") != nil || !strings.Contains(why(p, "task-attendee:cy@acme.example"), "one lead or with several contacts") {
		t.Errorf("a lead beside contacts: %+v", p.Omitted)
	}
	p = with(func(in *outbound.MeetingInput) { in.Attendees[1].Matches = []gateway.Record{rec("Lead", "00QA", nil)} })
	if owed(p, "task-attendee:ann@acme.example") != nil || why(p, "task-attendee:ann@acme.example") == "" {
		t.Errorf("a lead stands back behind a contact: %+v", p.Omitted)
	}
	p = with(func(in *outbound.MeetingInput) {
		for i := range 60 {
			in.Attendees = append(in.Attendees, outbound.Attendee{
				Participant: gateway.Participant{Email: fmt.Sprintf("p%d@acme.example", i)}, Matches: []gateway.Record{rec("Contact", fmt.Sprintf("003P%d", i), nil)},
			})
		}
	})
	related := 0
	for _, o := range p.Owed {
		if strings.HasPrefix(o.Part, "task-attendee:") {
			related++
		}
	}
	if related != 49 || !strings.Contains(why(p, "task-attendee:p59@acme.example"), "50 contacts at most") {
		t.Errorf("%d beside the first", related)
	}
	p = with(func(in *outbound.MeetingInput) { in.Gone["task-attendee:bo@acme.example"] = true })
	if owed(p, "task-attendee:bo@acme.example") != nil || !strings.Contains(why(p, "task-attendee:bo@acme.example"), "taken off the Task") {
		t.Errorf("taken off: %+v", p.Owed)
	}
	p = with(func(in *outbound.MeetingInput) { delete(in.Schemas, "TaskRelation") })
	if owed(p, "task-attendee:bo@acme.example") != nil || why(p, "task-attendee:bo@acme.example") != "" {
		t.Error("an org that shares no activities is asked for it")
	}
	e := outbound.EmailInput{Surroundings: sharedEmail(meetingOf(nil)), Email: gateway.Email{ExternalID: "e1", From: rita, To: []string{"ann@acme.example", "bo@acme.example"}}}
	if r := owed(outbound.PlanEmail(e), "task-attendee:bo@acme.example"); r == nil {
		t.Error("an e-mail’s second recipient")
	}
}

func sharedEmail(in outbound.MeetingInput) outbound.Surroundings {
	in.Schemas["TaskRelation"] = gateway.Schema{Object: "TaskRelation", Createable: true}
	in.Attendees = append(in.Attendees, outbound.Attendee{
		Participant: gateway.Participant{Email: "bo@acme.example"}, Matches: []gateway.Record{rec("Contact", "003B", nil)},
	})
	return in.Surroundings
}
