package outbound_test

import (
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

// written plans a meeting and takes what it owes as written, with ids.
func written(in outbound.MeetingInput) map[string]gateway.Writing {
	out := map[string]gateway.Writing{}
	for _, o := range outbound.PlanMeeting(in).Owed {
		out[o.Part] = gateway.Writing{Kind: gateway.KindMeeting, ExternalID: in.Meeting.ExternalID, Part: o.Part, Key: gateway.RecordKey{Object: o.Key.Object, ID: "id of " + o.Part}, Wanted: o.Fields}
	}
	return out
}

// bonded is a held meeting of Ann and Bob, whose note is linked to both, to the
// account and to the deal; Bob is related to the Event.
func bonded(in *outbound.MeetingInput) {
	complete(in)
	in.Settings.Notes.MeetingNotes = []string{"note"}
	for _, object := range []string{"ContentDocumentLink", "EventRelation"} {
		in.Schemas[object] = gateway.Schema{Object: object, Createable: true, Deletable: true}
	}
	bob := gateway.Participant{Email: "bob@acme.example", Name: "Bob"}
	in.Meeting.Participants = append(in.Meeting.Participants, bob)
	in.Attendees = append(in.Attendees, outbound.Attendee{Participant: bob, Matches: []gateway.Record{rec("Contact", "003B", gateway.Fields{"AccountId": `"001A"`})}, Account: in.Attendees[1].Account})
	in.Written = written(*in)
}

// AVM-06, AVM-12, AVM-14, DEM-08, UX-42: what a later choice left behind goes,
// with its reason; what nobody knows stays, and the note and the Event in any
// case.
func TestWhatALaterChoiceLeftBehindGoes_AVM14(t *testing.T) {
	other := rec("Opportunity", "006B", gateway.Fields{"AccountId": `"001A"`, "CloseDate": `"2026-05-05"`})
	const bobsLink, bobsPlace, dealLink = "note-link:person:bob@acme.example", "attendee:bob@acme.example", "note-link:opportunity:006A"
	for name, row := range map[string]struct {
		change func(in *outbound.MeetingInput)
		gone   map[string]string // part → part of the reason
	}{
		"nothing changed":   {func(*outbound.MeetingInput) {}, nil},
		"Bob takes no part": {func(in *outbound.MeetingInput) { in.Attendees = in.Attendees[:2] }, map[string]string{bobsLink: "does not take part", bobsPlace: "does not take part"}},
		"Bob was unlinked":  {func(in *outbound.MeetingInput) { in.Attendees[2].Matches, in.Attendees[2].Held = nil, "Unlinked." }, map[string]string{bobsLink: "unlinked Bob", bobsPlace: "unlinked Bob"}},
		"Bob's record broke": {func(in *outbound.MeetingInput) {
			a := &in.Attendees[2]
			a.Matches, a.Held, a.Broken = nil, "Gone.", true
		}, nil},
		"two may be Bob": {func(in *outbound.MeetingInput) {
			in.Attendees[2].Matches = append(in.Attendees[2].Matches, rec("Contact", "003C", nil))
		}, nil},
		"contacts are being read": {func(in *outbound.MeetingInput) { in.Attendees[2].Matches, in.Attendees[2].Unread = nil, "Being read." }, nil},
		"somebody chose another Bob": {func(in *outbound.MeetingInput) {
			a := &in.Attendees[2]
			a.Matches, a.Rule = []gateway.Record{rec("Contact", "003C", nil)}, gateway.LinkByPerson
		}, map[string]string{bobsLink: "another record", bobsPlace: "another record"}},
		"another deal was chosen": {func(in *outbound.MeetingInput) { in.Opportunities = append(in.Opportunities, other) }, map[string]string{dealLink: "another opportunity"}},
		"no deal is chosen any more": {func(in *outbound.MeetingInput) {
			in.Opportunities, in.Settings.Advanced.OpportunityRule = append(in.Opportunities, other), gateway.OpportunityNone
		}, map[string]string{dealLink: "this Opportunity any more"}},
		"another deal, while nobody knows who Bob is": {func(in *outbound.MeetingInput) {
			in.Opportunities = append(in.Opportunities, other)
			in.Attendees[2].Matches = append(in.Attendees[2].Matches, rec("Contact", "003C", nil))
		}, nil},
		"nobody is known any more": {func(in *outbound.MeetingInput) {
			in.Attendees, in.Opportunities = in.Attendees[:1], nil
		}, map[string]string{bobsPlace: "does not take part"}}, // the note keeps its links
		"notes go nowhere now": {func(in *outbound.MeetingInput) {
			in.Settings.Notes.MeetingNotes, in.Attendees = nil, in.Attendees[:2]
		}, map[string]string{bobsPlace: "does not take part"}},
		"it was cancelled": {func(in *outbound.MeetingInput) {
			in.Meeting.Status, in.Attendees = gateway.MeetingCancelled, in.Attendees[:2]
		}, nil},
		"Bob is whom the Event names": {func(in *outbound.MeetingInput) { in.Attendees = append(in.Attendees[:1], in.Attendees[2]) }, map[string]string{"note-link:person:ann@acme.example": "does not take part"}},
		"relations cannot be deleted": {func(in *outbound.MeetingInput) {
			in.Attendees = in.Attendees[:2]
			in.Schemas["EventRelation"] = gateway.Schema{Object: "EventRelation", Createable: true}
		}, map[string]string{bobsLink: "does not take part"}},
	} {
		in := meetingOf(bonded)
		row.change(&in)
		plan := outbound.PlanMeeting(in)
		got := map[string]string{}
		for _, o := range plan.Owed {
			if o.Away {
				got[o.Part] = o.Why
			}
		}
		if len(got) != len(row.gone) {
			t.Errorf("%s: %v goes, want %v", name, got, row.gone)
		}
		for part, want := range row.gone {
			if !strings.Contains(got[part], want) {
				t.Errorf("%s: %s goes because %q, want %q", name, part, got[part], want)
			}
		}
		for _, part := range []string{outbound.PartEvent, outbound.PartNote} {
			if o := owed(plan, part); o != nil && o.Away {
				t.Errorf("%s: the %s goes", name, part)
			}
		}
		if name == "relations cannot be deleted" && !strings.Contains(why(plan, bobsPlace), "does not let the connected user delete") {
			t.Errorf("%s: %q", name, why(plan, bobsPlace))
		}
	}
}

// Who takes part again is related by a record of its own: the one before is gone.
func TestWhoComesBackIsRelatedAnew_AVM12(t *testing.T) {
	in := meetingOf(bonded)
	const part = "attendee:bob@acme.example"
	was := in.Written[part]
	if got := owed(outbound.PlanMeeting(in), part); got.Key != was.Key {
		t.Errorf("still there: %v, want %v", got.Key, was.Key)
	}
	was.Wanted = gateway.Fields{}
	in.Written[part] = was
	fresh := owed(outbound.PlanMeeting(in), part)
	if fresh == nil || !fresh.Key.Local() || fresh.Away {
		t.Fatalf("after it was taken away: %+v", fresh)
	}
	if again := owed(outbound.PlanMeeting(in), part); again.Key != fresh.Key {
		t.Errorf("another id each time: %v, %v", fresh.Key, again.Key)
	}
	in.Attendees = in.Attendees[:2]
	if o := owed(outbound.PlanMeeting(in), part); o != nil {
		t.Errorf("taken away twice: %+v", o)
	}
}

func TestOnlyWhatIsAsWeMadeItGoes(t *testing.T) {
	wrote := gateway.Fields{"LinkedEntityId": `"006A"`, "RelationId": `"003B"`}
	for name, row := range map[string]struct {
		object string
		now    gateway.Fields
		want   bool
	}{
		"a link as it was made":         {"ContentDocumentLink", gateway.Fields{"LinkedEntityId": `"006A"`, "ShareType": `"V"`}, true},
		"somebody may edit the note":    {"ContentDocumentLink", gateway.Fields{"LinkedEntityId": `"006A"`, "ShareType": `"C"`}, false},
		"a merge moved it":              {"ContentDocumentLink", gateway.Fields{"LinkedEntityId": `"006B"`, "ShareType": `"V"`}, false},
		"an invitation without answer":  {"EventRelation", gateway.Fields{"RelationId": `"003B"`, "Status": `"New"`, "Response": gateway.Null}, true},
		"an invitation that was taken":  {"EventRelation", gateway.Fields{"RelationId": `"003B"`, "Status": `"Accepted"`}, false},
		"an answer in words":            {"EventRelation", gateway.Fields{"RelationId": `"003B"`, "Response": `"Late"`}, false},
		"what is not shown is as it is": {"EventRelation", gateway.Fields{"RelationId": `"003B"`}, true},
		"a person of a Task":            {"TaskRelation", gateway.Fields{"RelationId": `"003B"`}, true},
	} {
		if got := outbound.Untouched(row.object, wrote, row.now); got != row.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
