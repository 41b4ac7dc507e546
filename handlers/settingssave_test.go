package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
)

// UX 18: the second of two people who changed the same setting chooses between
// both values, and what else he changed is kept.
func TestSecondSaveIsMerged_UX18(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	path := settingsBase + "/advanced"
	form := b.get(path).form(path)
	w.saveOrg(gateway.TabAdvanced, func(s *gateway.Settings) { s.Advanced.CurrencyLabel = "£" })
	form.Set("currency_label", "€")
	form.Add("summarize_topics", "on")
	merge := b.post(path, form).want(http.StatusConflict, "Two people saved", "Otto Other saved this page", "Currency label", "£", "€")
	for _, choice := range []string{"theirs", "ours"} {
		chosen := merge.form(path)
		chosen.Set("choose_currency_label", choice)
		review := b.post(path, chosen).want(http.StatusOK, "Nothing is saved yet.", "Summarize Smart Topics", "where both of you changed one, your choice stands")
		if got := w.saved().Advanced; got.CurrencyLabel != "£" || got.SummarizeTopics {
			t.Fatalf("saved before the review was confirmed: %+v", got)
		}
		if choice == "theirs" {
			continue
		}
		b.post(path, review.form(path)).want(http.StatusSeeOther)
		if got := w.saved().Advanced; got.CurrencyLabel != "€" || !got.SummarizeTopics {
			t.Errorf("chosen %s: saved %+v", choice, got)
		}
	}
}

// UX 18: changes of different settings join without a question, and the review
// says so.
func TestSavesThatDoNotOverlapJoin_UX18(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	path := settingsBase + "/advanced"
	form := b.get(path).form(path)
	w.saveOrg(gateway.TabAdvanced, func(s *gateway.Settings) { s.Advanced.CurrencyLabel = "£" })
	form.Add("summarize_topics", "on")
	w.closing(1, time.Now(), "1000", "Pipeline")
	w.saveOrg(gateway.TabForecast, func(s *gateway.Settings) { s.Forecast.CountBy, s.Forecast.Stages = "stage", []string{"Closed Won"} })
	review := b.post(path, form).want(http.StatusOK, "Review 1 change before", "Otto Other saved other settings at", "they do not overlap with yours")
	if strings.Contains(review.words(), "Forecast of this period") {
		t.Error("the review compares with other tabs than those in force")
	}
	// And once more between the review and its confirmation.
	w.saveOrg(gateway.TabAdvanced, func(s *gateway.Settings) {
		s.Advanced.CurrencyLabel, s.Advanced.EmailsFromTasks = "£", true
	})
	b.post(path, review.form(path)).want(http.StatusSeeOther).wantLocation(path + "?saved=settings")
	if got := w.saved().Advanced; got.CurrencyLabel != "£" || !got.SummarizeTopics || !got.EmailsFromTasks {
		t.Errorf("saved %+v", got)
	}
}

// AVM-30, UX-17: unsaved edits have no effect, and the review leads back to them.
func TestReviewLeadsBackToTheTypedValues_AVM30(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	path := settingsBase + "/notes"
	form := b.get(path).form(path)
	form["meeting_notes"] = []string{"task"}
	review := b.post(path, form).want(http.StatusOK, "Meeting notes go to", "Event", "Task")
	back := review.form(path)
	back.Set("step", "edit")
	again := b.post(path, back).want(http.StatusOK).form(path)
	if !slices.Equal(again["meeting_notes"], []string{"task"}) {
		t.Errorf("the form holds %v", again)
	}
	if w.settings(gateway.OrgScope, gateway.TabNotes).Revision != 0 {
		t.Error("it was saved")
	}
	b.review(path, again).want(http.StatusSeeOther)
}

// S-35: a review that was changed by hand saves nothing that the tab does not
// have, and nothing that could not be meant.
func TestReviewTakesNoForgedBody_S35(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	path := settingsBase + "/notes"
	for _, body := range []string{`{"role":"admin"}`, `{"meeting_notes":["fax"]}`, `[]`, ``, `{"auto_events":1}`} {
		b.post(path, url.Values{"revision": {"0"}, "step": {"save"}, "body": {body}}).want(http.StatusUnprocessableEntity)
	}
	if w.settings(gateway.OrgScope, gateway.TabNotes).Revision != 0 {
		t.Error("it was saved")
	}
	w.as(home, gateway.RoleRep).post(path, url.Values{"revision": {"0"}, "step": {"save"}, "body": {`{"locked":true}`}}).want(http.StatusForbidden)
}

// AVM-07 to AVM-09, S-36, UX 16: a member's own values, the lock, and what
// unlocking brings back.
func TestLockSetsOwnNotesAsideAndUnlockingBringsThemBack_S36_AVM08_AVM09(t *testing.T) {
	w := newWorld(t)
	admin, rep := w.as(home, gateway.RoleAdmin), w.as(home, gateway.RoleRep)
	own := rep.get("/settings/you").want(http.StatusOK, "These values hold for you only").form("/settings/you")
	own["meeting_notes"] = []string{"note", "task"}
	rep.post("/settings/you", own).want(http.StatusSeeOther).wantLocation("/settings/you?saved=settings")

	notes := settingsBase + "/notes"
	lock := admin.get(notes).form(notes)
	if !slices.Equal(lock["meeting_notes"], []string{"event"}) {
		t.Errorf("the organization's form shows a member's values: %v", lock)
	}
	// The review says whom a change does not reach, and what the lock does to them.
	elsewhere := admin.get(notes).form(notes)
	elsewhere["meeting_notes"] = []string{"task"}
	admin.post(notes, elsewhere).want(http.StatusOK, "Members’ own values 1 member keeps", "This change does nothing for them")
	lock.Add("locked", "on")
	admin.post(notes, lock).want(http.StatusOK, "Members’ own values 1 member’s are set aside")
	admin.review(notes, lock).want(http.StatusSeeOther)

	// The admin sees what members see, and they whom to ask (UX-16).
	admin.get(notes).want(http.StatusOK, "What members see under “You” Event locked by organization", "Members are told to ask Ada Admin.")
	locked := rep.get("/settings/you").want(http.StatusOK, "its values hold for everybody. Ask Ada Admin to change them.", "locked by organization")
	if locked.hasForm("/settings/you") && contains(locked.words(), "Save changes") {
		t.Error("a locked page offers to save")
	}
	if got := locked.checked("meeting_notes"); !slices.Equal(got, []string{"event"}) {
		t.Errorf("in force: %v", got)
	}
	own["meeting_notes"] = []string{"task"}
	own.Set("revision", "1")
	rep.post("/settings/you", own).want(http.StatusForbidden, "The organization has locked the Notes settings.")
	if row := w.settings(memberScope("home-rep"), gateway.TabNotes); row.Revision != 1 {
		t.Errorf("saved under the lock: %s", row.Body)
	}
	if !w.audited(home, "Rita Rep refused a change of locked settings /settings/you") {
		t.Error("not audited")
	}

	unlock := admin.get(notes).form(notes)
	off(unlock, "locked", "on")
	admin.post(notes, unlock).want(http.StatusOK, "Members’ own values 1 member’s hold again")
	admin.review(notes, unlock).want(http.StatusSeeOther)
	back := rep.get("/settings/you").want(http.StatusOK).form("/settings/you")
	if !slices.Equal(back["meeting_notes"], []string{"note", "task"}) {
		t.Errorf("unlocked: %v", back["meeting_notes"])
	}
}

// The page that refuses a member's form leads back to the member's form, not
// to the organization's.
func TestRefusedOwnSettingsStayOwn(t *testing.T) {
	w := newWorld(t)
	admin := w.as(home, gateway.RoleAdmin)
	form := admin.get("/settings/you").form("/settings/you")
	form["call_notes"] = []string{}
	admin.post("/settings/you", form).want(http.StatusSeeOther)
	form["call_notes"] = []string{"note"}
	got := admin.post("/settings/you", form).want(http.StatusConflict)
	again := got.form("/settings/you")
	if got.hasForm(settingsBase + "/notes") {
		t.Error("the form posts to the organization's settings")
	}
	admin.post("/settings/you", again).want(http.StatusSeeOther)
	if w.settings(gateway.OrgScope, gateway.TabNotes).Revision != 0 || w.settings(memberScope("home-admin"), gateway.TabNotes).Revision != 2 {
		t.Error("it was saved in another scope")
	}
}
