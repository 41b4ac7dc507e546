package outbound_test

import (
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

// An Event names one person; every other one is related to it, also one who is
// just being created, and nobody who was taken off it.
func TestEventIsRelatedToEverybodyWhoTookPart(t *testing.T) { // DEM-05, DEM-09
	with := func(change func(in *outbound.MeetingInput)) outbound.SaidPlan {
		return outbound.PlanMeeting(meetingOf(func(in *outbound.MeetingInput) {
			in.Schemas["EventRelation"] = gateway.Schema{Object: "EventRelation", Createable: true}
			in.Settings.Contacts.AutoCreate = true
			bo, cy := gateway.Participant{Email: "Bo@acme.example"}, gateway.Participant{Email: "cy@acme.example"}
			in.Meeting.Participants = append(in.Meeting.Participants, bo, cy)
			in.Attendees = append(in.Attendees, outbound.Attendee{Participant: bo, Matches: []gateway.Record{rec("Lead", "00QB", nil)}}, outbound.Attendee{Participant: cy})
			change(in)
		}))
	}
	p := with(func(*outbound.MeetingInput) {})
	event, lead, created := owed(p, "event"), owed(p, "attendee:bo@acme.example"), owed(p, "attendee:cy@acme.example")
	if event.Fields["WhoId"] != `"003A"` || owed(p, "attendee:ann@acme.example") != nil {
		t.Errorf("the first one: %+v", event.Fields)
	}
	if lead == nil || lead.Fields["RelationId"] != `"00QB"` || lead.Fields["EventId"] != gateway.Text(event.Key.ID) {
		t.Errorf("the lead: %+v", lead)
	}
	if created == nil || !strings.HasPrefix(created.Fields["RelationId"].String(), gateway.LocalPrefix) {
		t.Errorf("one who is created: %+v", created)
	}
	p = with(func(in *outbound.MeetingInput) { in.Gone["attendee:bo@acme.example"] = true })
	if owed(p, "attendee:bo@acme.example") != nil || !strings.Contains(why(p, "attendee:bo@acme.example"), "taken off") {
		t.Errorf("taken off: %+v", p.Owed)
	}
	p = with(func(in *outbound.MeetingInput) { in.Schemas["EventRelation"] = gateway.Schema{} })
	if owed(p, "attendee:bo@acme.example") != nil {
		t.Error("an org without relations is asked for one")
	}
}

// T10: one e-mail is there once, as what the settings say.
func TestEmailBecomesAMessageWhereTheSettingsSay(t *testing.T) { // AVM-49
	sent := gateway.Email{
		ExternalID: "e1", MessageID: "<1@acme.example>", From: rita, To: []string{"ann@acme.example"}, Subject: "Offer", Text: "Hello",
		SentAt: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC),
	}
	with := func(change func(in *outbound.EmailInput)) outbound.SaidPlan {
		in := outbound.EmailInput{Surroundings: meetingOf(nil).Surroundings, Email: sent}
		in.Settings.Advanced.EmailsFromMessages = true
		in.Schemas["EmailMessage"] = gateway.Schema{Object: "EmailMessage", Createable: true}
		in.Schemas["EmailMessageRelation"] = gateway.Schema{Object: "EmailMessageRelation", Createable: true}
		change(&in)
		return outbound.PlanEmail(in)
	}
	p := with(func(*outbound.EmailInput) {})
	m, r := owed(p, "email"), owed(p, "recipient:ann@acme.example")
	if m == nil || owed(p, "task") != nil || m.Fields["MessageIdentifier"].String() != "<1@acme.example>" || m.Fields["Incoming"] != "false" || m.Fields["RelatedToId"] != `"006A"` {
		t.Fatalf("message: %+v", m)
	}
	if r == nil || r.Fields["RelationType"] != `"ToAddress"` || r.Fields["EmailMessageId"] != gateway.Text(m.Key.ID) || r.Fields["RelationId"] != `"003A"` {
		t.Errorf("recipient: %+v", r)
	}
	for name, change := range map[string]func(in *outbound.EmailInput){
		"switched off": func(in *outbound.EmailInput) { in.Settings.Advanced.EmailsFromMessages = false },
		"not allowed":  func(in *outbound.EmailInput) { in.Schemas["EmailMessage"] = gateway.Schema{Object: "EmailMessage"} },
		"a Task of it stood": func(in *outbound.EmailInput) {
			in.Written["task"] = gateway.Writing{Key: gateway.RecordKey{Object: "Task", ID: "00T1"}}
		},
	} {
		if p := with(change); owed(p, "task") == nil || owed(p, "email") != nil {
			t.Errorf("%s: %+v", name, p.Owed)
		}
	}
	p = with(func(in *outbound.EmailInput) { in.Logged = gateway.RecordKey{Object: "EmailMessage", ID: "02sX"} })
	if len(p.Owed) != 0 || !strings.Contains(why(p, "email"), "by its Message-ID: EmailMessage 02sX") {
		t.Errorf("logged by somebody else: %+v", p)
	}
	written := func(in *outbound.EmailInput) {
		in.Email.Text = "Corrected"
		in.Logged = gateway.RecordKey{Object: "EmailMessage", ID: "02sO"}
		in.Written["email"] = gateway.Writing{Key: in.Logged, Wanted: gateway.Fields{"TextBody": `"Hello"`}}
	}
	if m = owed(with(written), "email"); m == nil || m.Fields["TextBody"] != `"Hello"` {
		t.Errorf("a sent one is changed: %+v", m)
	}
}

// AVM-49: what Salesforce lets nobody change is told with what to do; an e-mail
// that is not sent yet takes the correction.
func TestCorrectionOfASentEmailIsTold(t *testing.T) {
	in := outbound.EmailInput{Surroundings: meetingOf(nil).Surroundings, Email: gateway.Email{
		ExternalID: "e1", From: rita, To: []string{"ann@acme.example"}, Subject: "Offer", Text: "Hello", SentAt: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC),
	}}
	in.Settings.Advanced.EmailsFromMessages = true
	in.Schemas["EmailMessage"] = gateway.Schema{Object: "EmailMessage", Createable: true}
	first := owed(outbound.PlanEmail(in), "email")
	in.Written["email"] = gateway.Writing{Key: gateway.RecordKey{Object: "EmailMessage", ID: "02sO"}, Wanted: first.Fields}
	if told := why(outbound.PlanEmail(in), "email:correction"); told != "" {
		t.Errorf("the same again: %s", told)
	}
	in.Email.Subject, in.Email.Text = "Offer 2", "Corrected"
	p := outbound.PlanEmail(in)
	told := why(p, "email:correction")
	if !strings.Contains(told, "corrected the subject, the text.") || !strings.Contains(told, "EmailMessage 02sO stays as it is") || !strings.Contains(told, "note it on the record") {
		t.Errorf("told: %q", told)
	}
	if m := owed(p, "email"); m == nil || m.Fields["Subject"] != `"Offer"` {
		t.Errorf("a sent one is changed: %+v", m)
	}
	in.Written["email"] = gateway.Writing{Key: first.Key, Wanted: first.Fields}
	p = outbound.PlanEmail(in)
	if m := owed(p, "email"); m == nil || m.Fields["Subject"] != `"Offer 2"` || why(p, "email:correction") != "" {
		t.Errorf("one that waits: %+v", m)
	}
}
