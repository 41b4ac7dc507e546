package handlers

import (
	"context"
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/store/storetest"
)

// onceTold makes people of the product whose records miss something, as they
// stand while an object is switched off.
func (w *world) onceTold(people ...gateway.Person) {
	w.t.Helper()
	for _, p := range people {
		must(w.t, w.db.In(home).SavePerson(w.t.Context(), p))
	}
}

// replanned runs what a save begins, until it is done.
func (w *world) replanned() gateway.Replan {
	w.t.Helper()
	ctx, stop := context.WithCancel(w.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.box.Replanner().Run(ctx) }()
	var r gateway.Replan
	eventually(w.t, "the replan is done", func() bool {
		var err error
		r, err = w.db.In(home).Replan(w.t.Context(), gateway.ReplanSettings)
		return err == nil && r.State == gateway.ReplanDone
	})
	stop()
	must(w.t, <-ended)
	return r
}

// Issue 4 point 9, DEM-17, UX 20, UX 31: numbers, old and new, API calls, a file, a
// password; and then what was said happens.
func TestReviewSaysWhatSavingWouldWrite_UX31(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, dbURL string) {
		w := newWorldOn(t, dbURL)
		w.saveOrg(gateway.TabObjects, func(s *gateway.Settings) { s.Objects.Writeback = map[string]bool{"Lead": true} })
		w.onceTold(
			gateway.Person{ExternalID: "p1", Email: "ann@home.example", MobilePhone: "+1 202 555 0199"},
			gateway.Person{ExternalID: "p2", Email: "new@elsewhere.example", LastName: "=cmd()", FirstName: "New"},
		)
		b := w.as(home, gateway.RoleAdmin)
		path := settingsBase + "/objects"
		form := b.get(path).form(path)
		form.Set("writeback_Contact", "on")
		b.get(settingsBase+"/advanced").want(http.StatusOK, "Nobody has decided, so the most recent value wins, for ownership") // UX 30
		w.decided()
		review := b.post(path, form).want(http.StatusOK, "Nothing is saved yet.", "1 record would be created", "1 API call",
			"Writing to Salesforce is switched on for Contact", "Your password", "Export", "new record", "Last edited in Salesforce")
		asked := review.form(path)

		file := url.Values{}
		for name, values := range asked {
			file[name] = values
		}
		file.Set(stepName, stepExport)
		csvPage := b.post(path, file).want(http.StatusOK)
		rows, err := csv.NewReader(strings.NewReader(csvPage.body)).ReadAll()
		must(t, err)
		if len(rows) < 3 || !strings.Contains(csvPage.body, "'=cmd()") {
			t.Errorf("the file holds %q", rows)
		}

		// Without the password nothing is saved, however it is posted (UX 20).
		before := w.settings(gateway.OrgScope, gateway.TabObjects).Revision
		for _, tt := range []struct{ password, confirm, says string }{
			{"", "on", "not your present password"}, {"wrong", "on", "not your present password"}, {password, "", "Say that you have seen"},
		} {
			try := url.Values{}
			for name, values := range asked {
				try[name] = values
			}
			try.Set("password", tt.password)
			try.Del("confirm")
			if tt.confirm != "" {
				try.Set("confirm", tt.confirm)
			}
			b.post(path, try).want(http.StatusUnprocessableEntity, tt.says, "1 record would be created")
		}
		if w.settings(gateway.OrgScope, gateway.TabObjects).Revision != before {
			t.Fatal("saved without the password")
		}
		b.post(path, agreed(asked)).want(http.StatusSeeOther)
		done := w.replanned()
		if done.By != "Ada Admin" || done.Why != "Objects settings changed" || done.Queued < 1 {
			t.Errorf("replan %+v", done)
		}
		c, waits := w.pending(gateway.RecordKey{Object: "Contact", ID: "local:p2"})
		if !waits || c.Op != gateway.OpCreate || c.Lane != 2 || c.Cause.Name != "Ada Admin" || !strings.Contains(c.Cause.Rule, "settings changed") {
			t.Errorf("owed: %+v", c)
		}
		// Guessing here counts like signing in.
		for range 6 {
			form := b.get(path).form(path)
			form.Set("writeback_Account", "on")
			b.post(path, form).want(http.StatusOK)
			page := b.post(path, form)
			again := page.form(path)
			again.Set("password", "wrong")
			b.post(path, again).want(http.StatusUnprocessableEntity)
		}
		form = b.get(path).form(path)
		form.Set("writeback_Account", "on")
		again := agreed(b.post(path, form).form(path))
		b.post(path, again).want(http.StatusUnprocessableEntity, "Too many attempts")
	})
}

// A harmless change asks for nothing, and says that nothing is written.
// What would be written is told in words: names, no id of ours, no encoded text
// (UX 31).
func TestReviewOfNotesSpeaksOfNames_UX31(t *testing.T) {
	w := newWorld(t)
	in := w.db.In(home)
	must(t, in.SaveSchemas(t.Context(), []gateway.Schema{
		{Object: "ContentNote", Createable: true, Fields: []gateway.Field{{Name: "Title", Type: "string", Createable: true}, {Name: "Content", Type: "base64", Createable: true}}},
		{Object: "ContentDocumentLink", Createable: true},
	}))
	w.save(home, record(key("Contact", "003", 77), gateway.Fields{"Name": gateway.Text("Bo Harbor"), "LastName": gateway.Text("Harbor"), "Email": gateway.Text("bo@harbor.example")}))
	w.save(home, record(key("User", "005", 7), gateway.Fields{"Name": gateway.Text("Rita of Salesforce"), "Email": gateway.Text(email(home, gateway.RoleRep)), "Username": gateway.Text(email(home, gateway.RoleRep)), "IsActive": gateway.Bool(true)}))
	w.held(gateway.Meeting{
		ExternalID: "m1", Title: "Harbor review", Source: gateway.FromCalendar, Status: gateway.MeetingCompleted, StartsAt: w.clock.now().Add(-time.Hour), EndsAt: w.clock.now(),
		Organizer: email(home, gateway.RoleRep), Participants: []gateway.Participant{{Email: "bo@harbor.example", Name: "Bo Harbor"}}, Notes: "The crane is <too> slow.",
	})
	b := w.as(home, gateway.RoleAdmin)
	path := settingsBase + "/notes"
	form := b.get(path).form(path)
	form["meeting_notes"] = []string{"note", "task"}
	page := b.post(path, form).want(http.StatusOK, "Meeting notes: Harbor review", "The crane is <too> slow.", "new record Bo Harbor", "new record Rita of Salesforce")
	for _, raw := range []string{gateway.LocalPrefix, "ShareType", "PHA+", key("User", "005", 7).ID} {
		if _, sample, _ := strings.Cut(page.words(), "Records that would change"); strings.Contains(sample, raw) {
			t.Errorf("the page shows %q: %s", raw, sample)
		}
	}
}

func TestHarmlessChangeAsksForNoPassword(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	path := settingsBase + "/forecast"
	form := b.get(path).form(path)
	form.Set("period", "quarterly")
	page := b.post(path, form).want(http.StatusOK, "0 records would change", "0 API calls")
	if page.form(path).Has("password") || strings.Contains(page.words(), "Your password") {
		t.Error("a forecast period asks for the password")
	}
}

// S-37 and issue 4 point 9: an edit that waits is held back when its field is
// switched off, is seen, and goes out when it is switched on again.
func TestWaitingEditFollowsTheSwitch_S37(t *testing.T) {
	w := newWorld(t)
	w.decided()
	_, err := w.box.Submit(t.Context(), home, outbox.Edit{
		Key: contactOf(home), Fields: gateway.Fields{"Title": `"Buyer II"`}, Cause: gateway.Cause{Kind: "edit", Name: "Rita Rep"},
	})
	must(t, err)
	b := w.as(home, gateway.RoleAdmin)
	path := settingsBase + "/objects"
	form := b.get(path).form(path)
	off(form, "writeback_Contact", "on")
	review := b.post(path, form).want(http.StatusOK, "1 would be held back")
	b.post(path, agreed(review.form(path))).want(http.StatusSeeOther)
	w.replanned()
	if c, _ := w.pending(contactOf(home)); c.State != gateway.StateParked || !strings.Contains(c.Problem.What, "switched off") {
		t.Fatalf("held back: %+v", c)
	}
	b.get("/sync/log?state=needs_you").want(http.StatusOK, "is no longer written to Salesforce")
	form = b.get(path).form(path)
	form.Set("writeback_Contact", "on")
	review = b.post(path, form).want(http.StatusOK, "1 would go out", "1 record would change", "Buyer II")
	b.post(path, agreed(review.form(path))).want(http.StatusSeeOther)
	w.replanned()
	if c, _ := w.pending(contactOf(home)); c.State != gateway.StateWaiting {
		t.Errorf("let go: %+v", c)
	}
}
