package outbound_test

import (
	"testing"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

// UX-42: a note and an Event are related anew to a record that a person chose;
// what stood on the other stays until somebody undoes it, since Salesforce turns
// no such relation.
func TestNoteIsLinkedToTheChosenRecordToo(t *testing.T) {
	in := meetingOf(func(in *outbound.MeetingInput) {
		in.Meeting.Notes, in.Settings.Notes.MeetingNotes = "They buy.", []string{"note"}
	})
	base := "note-link:person:ann@acme.example"
	if owed(outbound.PlanMeeting(in), base) == nil {
		t.Fatalf("no link: %+v", outbound.PlanMeeting(in).Owed)
	}
	in.Written[base] = gateway.Writing{Key: gateway.RecordKey{Object: "ContentDocumentLink", ID: "06A1"}, Wanted: gateway.Fields{"LinkedEntityId": `"003A"`}}
	chosen := in.Attendees[1]
	chosen.Matches, chosen.Rule = []gateway.Record{rec("Contact", "003B", nil)}, gateway.LinkByPerson
	in.Attendees[1] = chosen
	p := outbound.PlanMeeting(in)
	if o := owed(p, base+":003B"); o == nil || o.Fields["LinkedEntityId"] != `"003B"` || owed(p, base) != nil {
		t.Errorf("links: %+v", p.Owed)
	}
	chosen.Rule = "email" // it was merged or converted: Salesforce moves its notes itself
	in.Attendees[1] = chosen
	if p = outbound.PlanMeeting(in); owed(p, base) == nil {
		t.Errorf("links: %+v", p.Owed)
	}
}

// AIM-24, UX-42: a plan says of everybody from outside who he is or why that is
// undecided; his own link changes only where it leads elsewhere.
func TestPlanSaysWhoTookPart(t *testing.T) {
	two := []gateway.Record{rec("Contact", "003A", nil), rec("Contact", "003B", nil)}
	who := gateway.Who{Kind: gateway.KindParticipant, ID: "ann@acme.example"}
	for name, tt := range map[string]struct {
		set   func(a *outbound.Attendee)
		key   string
		state gateway.UndecidedState
		fresh bool
	}{
		"found":                   {func(*outbound.Attendee) {}, "003A", "", true},
		"linked already":          {func(a *outbound.Attendee) { a.Was = a.Matches[0].Key }, "003A", "", false},
		"several fit":             {func(a *outbound.Attendee) { a.Matches = two }, "", gateway.UndecidedSeveral, false},
		"nobody fits":             {func(a *outbound.Attendee) { a.Matches = nil }, "", gateway.UndecidedNobody, false},
		"somebody cut it":         {func(a *outbound.Attendee) { a.Matches, a.Held = nil, "Somebody unlinked him." }, "", "", false},
		"a person of the product": {func(a *outbound.Attendee) { a.Who = gateway.Who{Kind: gateway.KindPerson, ID: "p1"} }, "003A", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			p := outbound.PlanMeeting(meetingOf(func(in *outbound.MeetingInput) {
				in.Settings.Contacts.AutoCreate = false
				in.Attendees[1].Who, in.Attendees[1].Rule, in.Attendees[1].Reason = who, "email", "matched by email"
				tt.set(&in.Attendees[1])
			}))
			if len(p.Met) != 1 {
				t.Fatalf("met %+v", p.Met)
			}
			if m := p.Met[0]; m.Key.ID != tt.key || m.State != tt.state || m.Fresh != tt.fresh || m.State != "" && m.Reason == "" {
				t.Errorf("%+v", m)
			}
		})
	}
}
