package outbound_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

// DEM-10: summary, action items and key moments stand in the note, which is
// attached to the opportunity and to the contact.
func TestNoteHoldsSummaryActionItemsAndKeyMoments(t *testing.T) {
	p := outbound.PlanMeeting(meetingOf(func(in *outbound.MeetingInput) {
		complete(in)
		in.Settings.Notes.MeetingNotes = []string{"note"}
		in.Meeting.ActionItems = []gateway.ActionItem{{Text: "Send the offer", DueOn: "2026-05-08"}}
		in.Meeting.KeyMoments = []gateway.KeyMoment{{Text: "Price is fine", At: 83}}
	}))
	note := owed(p, "note")
	if note == nil {
		t.Fatalf("no note: %+v", p.Omitted)
	}
	body, err := base64.StdEncoding.DecodeString(note.Fields["Content"].String())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"We &lt;agreed&gt;.", "Send the offer (due 2026-05-08)", "1:23 Price is fine"} {
		if !strings.Contains(string(body), text) {
			t.Errorf("the note has no %q: %s", text, body)
		}
	}
	to := map[string]bool{}
	for _, o := range p.Owed {
		if o.Key.Object == "ContentDocumentLink" {
			to[o.Fields["LinkedEntityId"].String()] = true
		}
	}
	if !to["006A"] || !to["003A"] {
		t.Errorf("attached to %v", to)
	}
}
