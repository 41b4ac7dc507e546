package outbound_test

import (
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/rules/settings"
)

// AVM-54
func TestFourTestsSayWhyNotesDoNotSync(t *testing.T) {
	in := func(places []string, origin settings.Origin) outbound.NotesInput {
		s := gateway.DefaultSettings()
		s.Notes.MeetingNotes = places
		return outbound.NotesInput{
			Settings: settings.InForce{Settings: s, Origins: map[gateway.Tab]settings.Origin{gateway.TabNotes: origin}}, Who: "Rita", NotesOn: true, Asked: true, Related: true,
		}
	}
	org := settings.Origin{Scope: gateway.OrgScope}
	for i, got := range outbound.CheckNotes(in([]string{"note"}, org)) {
		if !got.Pass || got.Text == "" {
			t.Errorf("test %d: %+v", i, got)
		}
	}
	off := in([]string{"note"}, org)
	off.NotesOn = false
	unasked := in([]string{"event"}, org)
	unasked.NotesOn, unasked.Asked = false, false
	alone := in([]string{"event"}, org)
	alone.Related = false
	picked, none := alone, alone
	picked.Meeting, none.NoMeeting = "Kickoff", true
	for name, tt := range map[string]struct {
		in   outbound.NotesInput
		test int
		warn bool
		text string
	}{
		"Enhanced Notes off":    {off, 0, false, "They are off"},
		"off but not needed":    {unasked, 0, true, "has not been asked"},
		"locked":                {in([]string{"event"}, settings.Origin{Scope: gateway.OrgScope, Locked: true}), 1, true, "has locked"},
		"no destination":        {in(nil, org), 2, false, "go nowhere"},
		"nothing belongs to it": {alone, 3, false, "nothing to attach"},
		"one that was picked":   {picked, 3, false, "Of “Kickoff”, the newest with notes: none of its participants"},
		"no meeting yet":        {none, 3, true, "No meeting has been told of yet."},
	} {
		got := outbound.CheckNotes(tt.in)[tt.test]
		if got.Pass || got.Warn != tt.warn || !strings.Contains(got.Text, tt.text) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	own := outbound.CheckNotes(in([]string{"event"}, settings.Origin{Scope: "member:u1"}))[1]
	if !own.Pass || !strings.Contains(own.Text, "settings of their own") {
		t.Errorf("own settings: %+v", own)
	}
}
