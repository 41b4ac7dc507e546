package handlers

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// notesAre writes down whether the org takes notes, as a readiness check does.
func (w *world) notesAre(on bool) {
	w.t.Helper()
	must(w.t, w.db.In(home).SaveSchemas(w.t.Context(), []gateway.Schema{{Object: "ContentNote", Createable: on, Fields: []gateway.Field{{Name: "Id"}}}}))
}

func (w *world) held(m gateway.Meeting) {
	w.t.Helper()
	must(w.t, w.db.In(home).InTx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.SaveMeeting(ctx, m) }))
}

func TestNoteCannotBeChosenWithoutEnhancedNotes_AVM05(t *testing.T) {
	w := newWorld(t)
	admin, rep := w.as(home, gateway.RoleAdmin), w.as(home, gateway.RoleRep)
	tab := settingsBase + "/notes"
	form := admin.get(tab).form(tab)
	w.notesAre(false)
	admin.get(tab).want(http.StatusOK, "Enhanced Notes is off in Salesforce, so notes cannot be written there. An admin sees")
	form.Add("meeting_notes", "note") // a form from before, or made by hand
	admin.post(tab, form).want(http.StatusUnprocessableEntity, "Choose Event or Task, or switch it on first: Setup, Notes Settings, Enable Notes.")
	own := rep.get("/settings/you").form("/settings/you")
	own.Add("call_notes", "note")
	rep.post("/settings/you", own).want(http.StatusUnprocessableEntity, "Choose Event or Task")
	if w.settings(gateway.OrgScope, gateway.TabNotes).Revision != 0 {
		t.Error("it was saved")
	}

	// Chosen while it worked: it waits, says so, and hinders no other change.
	w.saveOrg(gateway.TabNotes, func(s *gateway.Settings) { s.Notes.MeetingNotes = []string{"note", "event"} })
	form = admin.get(tab).want(http.StatusOK, "Waits: Enhanced Notes is off", "What to click").form(tab)
	off(form, "auto_events", "on")
	admin.review(tab, form).want(http.StatusSeeOther)
	if got := w.saved().Notes; got.AutoEvents || !slices.Equal(got.MeetingNotes, []string{"note", "event"}) {
		t.Errorf("saved %+v", got)
	}
	w.notesAre(true)
	if strings.Contains(admin.get(tab).words(), "Enhanced Notes is off") {
		t.Error("it is still said to be off")
	}
}

// The preview is the plan of the live flow, by the values in the form.
func TestPreviewOfNotesFollowsTheForm_AVM17_AVM18(t *testing.T) {
	w := newWorld(t)
	w.notesAre(true)
	admin := w.as(home, gateway.RoleAdmin)
	tab := settingsBase + "/notes"
	form := admin.get(tab).want(http.StatusOK, "From an example meeting", "Fernhollow Logistics, 40 seats", "Activity timeline", "They want a price for 40 seats").form(tab)
	form["meeting_notes"] = []string{"note", "task"}
	got := admin.post(tab+"/preview", form).want(http.StatusOK, "One Enhanced Note on 3 records", "Tasks Meeting: Pricing review")
	if again := got.form(tab); !slices.Equal(again["meeting_notes"], []string{"note", "task"}) {
		t.Errorf("the form came back as %v", again)
	}
	form["meeting_notes"] = nil
	off(form, "auto_events", "on")
	admin.post(tab+"/preview", form).want(http.StatusOK, "“Create Salesforce Events for meetings” is off", "No destination is chosen for meeting notes")
	if w.settings(gateway.OrgScope, gateway.TabNotes).Revision != 0 {
		t.Error("the preview saved")
	}

	// A call follows its own choice of Note, Event and Task (AVM-17, AVM-18).
	form["call_notes"] = []string{"note", "event"}
	calls := admin.post(tab+"/preview", form).want(http.StatusOK, "Of a call From an example call", "Ann Ferrow", "Activity timeline Outbound call to +12025550123", "One Enhanced Note on", "She asks for a price")
	form["call_notes"] = nil
	admin.post(tab+"/preview", form).want(http.StatusOK, "Tasks Outbound call to", "No destination is chosen for call notes")
	if !strings.Contains(calls.words(), "No destination is chosen for meeting notes") {
		t.Error("the choice for calls changed that for meetings")
	}
	must(t, w.db.In(home).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveCall(ctx, gateway.Call{ExternalID: "c1", Direction: "inbound", From: "+12025550199", To: "+12025550100", StartedAt: w.clock.now(), Notes: "Call back."})
	}))
	admin.get(tab).want(http.StatusOK, "Of a call From a real call", "Nobody in Salesforce is recognized by +12025550199")

	w.held(gateway.Meeting{
		ExternalID: "m1", Title: "Harbor review", Source: gateway.FromCalendar, Status: gateway.MeetingCompleted, StartsAt: w.clock.now().Add(-time.Hour), EndsAt: w.clock.now(),
		Organizer: email(home, gateway.RoleRep), Participants: []gateway.Participant{{Email: "ann@home.example", Name: "Ann Example"}}, Notes: "The crane is too slow.",
	})
	admin.get(tab).want(http.StatusOK, "From a real meeting", "Harbor review", "The crane is too slow.")
	rep := w.as(home, gateway.RoleRep)
	own := rep.get("/settings/you").form("/settings/you")
	own["meeting_notes"] = []string{"task"}
	rep.post("/settings/you/preview", own).want(http.StatusOK, "Tasks Meeting: Harbor review")
	w.saveOrg(gateway.TabNotes, func(s *gateway.Settings) { s.Notes.Locked = true })
	rep.post("/settings/you/preview", own).want(http.StatusForbidden, "locked")
}

func TestPilotGroupIsChosenByName_AVM53(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"Abe", "Bea", "Cleo", "Dora", "Egon", "Fay", "Gus", "Hal", "Ida", "Jon", "Kim", "Lou", "Zoe"} {
		must(t, w.db.In(home).CreateMember(t.Context(), gateway.Member{ID: "m-" + name, Workspace: home, Email: strings.ToLower(name) + "@many.example", Name: name + " Pilot", Team: "Sales", Role: gateway.RoleRep}))
	}
	admin := w.as(home, gateway.RoleAdmin)
	tab := settingsBase + "/notes"
	page := admin.get(tab).want(http.StatusOK, "Limit syncing to a pilot group", "0 members are in it.", "15 members; the first 12 are offered above.")
	if strings.Contains(page.words(), "Zoe Pilot") {
		t.Error("more are offered than fit")
	}
	form := page.form(tab)
	form.Add("pilot_on", "on")
	admin.post(tab, form).want(http.StatusUnprocessableEntity, "with nobody in it nothing is written for anybody")
	form = admin.get(tab+"?pilot=zoe").want(http.StatusOK, "1 member matches “zoe”", "Zoe Pilot").form(tab)
	form.Add("pilot_on", "on")
	form.Add("pilot_members", "m-Zoe")
	review := admin.post(tab, form).want(http.StatusOK, "Limit syncing to a pilot group", "Pilot group", "nobody", "Zoe Pilot")
	if strings.Contains(review.words(), "m-Zoe") {
		t.Error("the review shows an id")
	}
	admin.post(tab, review.form(tab)).want(http.StatusSeeOther)
	if p := w.saved().Notes.Pilot; !p.On || !slices.Equal(p.Members, []string{"m-Zoe"}) {
		t.Errorf("pilot %+v", p)
	}
	// A search for others keeps who is in.
	if form := admin.get(tab + "?pilot=abe").form(tab); !slices.Equal(form["pilot_members"], []string{"m-Zoe"}) {
		t.Errorf("the form has %v", form["pilot_members"])
	}
	if words := w.as(home, gateway.RoleRep).get("/settings/you").words(); strings.Contains(words, "pilot group") {
		t.Error("a member's own level has the pilot group")
	}
}

func TestContactsTabLooksBack(t *testing.T) {
	w := newWorld(t)
	admin := w.as(home, gateway.RoleAdmin)
	tab := settingsBase + "/contacts"
	admin.get(tab).want(http.StatusOK, "Whom it would have created", "Look back")
	m, err := w.db.In(home).Member(t.Context(), "home-rep")
	must(t, err)
	m.Team = "Sales"
	must(t, w.db.In(home).UpdateMember(t.Context(), m))
	meeting := func(id, who string, ago time.Duration) {
		w.held(gateway.Meeting{
			ExternalID: id, Title: "Review " + id, Source: gateway.FromCalendar, Status: gateway.MeetingCompleted, StartsAt: w.clock.now().Add(-ago), EndsAt: w.clock.now().Add(time.Hour - ago),
			Organizer: email(home, gateway.RoleRep), Participants: []gateway.Participant{{Email: who, Name: "Nora New"}, {Email: "ann@home.example", Name: "Ann Example"}},
		})
	}
	meeting("m1", "nora@new.example", time.Hour)
	meeting("m2", "nora@new.example", 48*time.Hour) // the same person counts once
	meeting("m3", "old@older.example", 40*24*time.Hour)
	must(t, w.db.In(home).SaveLink(t.Context(), gateway.Link{Kind: gateway.KindParticipant, ExternalID: "ann@home.example", Key: gateway.RecordKey{Object: "Contact", ID: "003000000000001AAA"}, Rule: "email", At: w.clock.now()}))
	got := admin.get(tab+"?last=30").want(http.StatusOK, "1 contact from 2 meetings of the last 30 days. Only once “Create contacts from meetings” is on.", "nora@new.example", "Review m1")
	got.want(http.StatusOK, "Link already chosen by a person any 0", "E-mail equals Lead, Contact 1", "Account Match Field Account —")
	if strings.Contains(got.words(), "old@older.example") {
		t.Error("an older meeting counts")
	}
	if c, waiting := w.pending(gateway.RecordKey{Object: "Contact", ID: "local:m1"}); waiting {
		t.Errorf("looking back enqueued %+v", c)
	}
}

func TestNotesTabSaysWhyNotesDoNotSync_AVM54(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	b.get(settingsBase+"/notes").want(http.StatusOK, "Why aren’t my notes syncing?", "Enhanced Notes are on in Salesforce", "At least one destination is chosen")
	b.get(settingsBase+"/notes").want(http.StatusOK, "The meeting belongs to a record in Salesforce No meeting has been told of yet.")
	must(t, w.db.In(home).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveMeeting(ctx, gateway.Meeting{
			ExternalID: "m-1", Title: "Stranger", Status: gateway.MeetingCompleted, Source: gateway.FromCalendar, Notes: "x",
			StartsAt: w.clock.now(), EndsAt: w.clock.now().Add(time.Hour), Participants: []gateway.Participant{{Email: "who@else.example"}},
		})
	}))
	b.get(settingsBase+"/notes").want(http.StatusOK, "Of “Stranger”, the newest with notes: none of its participants from outside was recognized")
	b.get("/settings/you").want(http.StatusOK, "Why aren’t my notes syncing?", names[gateway.RoleAdmin])
}
