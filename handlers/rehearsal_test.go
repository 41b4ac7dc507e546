package handlers

import (
	"context"
	"net/http"
	"testing"
	"time"

	"tidegate/gateway"
)

// M6: a page begins a rehearsal in the background, follows it, and keeps the last
// result with its weak spots; one runs at a time, and one that was killed keeps
// nobody from beginning another.
func TestRehearsalIsBegunAndFollowedOnAPage_M6(t *testing.T) {
	w := newWorld(t)
	in := w.db.In(home)
	w.server.Rehearse = func(ctx context.Context, ws gateway.WorkspaceID, by string) (bool, error) {
		return w.db.In(ws).BeginRehearsal(ctx, by, 24)
	}
	b := w.as(home, gateway.RoleAdmin)
	b.get(settingsBase+"/advanced").want(http.StatusOK, "Rehearse these settings")
	page := b.get(rehearsalURL).want(http.StatusOK, "There is no result yet", "Begin a rehearsal", "tidegate rehearse --workspace home")
	b.post(rehearsalURL, page.form(rehearsalURL)).want(http.StatusSeeOther)
	if !w.audited(home, "Ada Admin began a rehearsal") {
		t.Error("beginning is not audited")
	}
	if running := b.get(rehearsalURL).want(http.StatusOK, "is being prepared", "by Ada Admin"); contains(running.words(), "Begin a rehearsal") {
		t.Error("a second one is offered")
	}
	must(t, in.Rehearsing(t.Context(), "gap events", 4))
	b.get(rehearsalURL).want(http.StatusOK, "4 of 24 faults are played; now: gap events")
	must(t, in.EndRehearsal(t.Context(), []byte(`{"score":97,"played":161,"recovered":154,"waits":7,"failed":0,"weak":[{"fault":"an owner who left","targets":["a meeting"],"outcome":"waits","why":"He left.","do":"Choose somebody."}],"notes":["Contact.X was not rehearsed."]}`), ""))
	b.get(rehearsalURL).want(http.StatusOK, "97 of 100", "161 plays: 154 recovered", "An owner who left", "He left.", "Choose somebody.", "Contact.X was not rehearsed.", "Begin a rehearsal")
	b.post(rehearsalURL, page.form(rehearsalURL)).want(http.StatusSeeOther)
	w.clock.forward(10 * time.Minute) // its process was killed
	b.get(rehearsalURL).want(http.StatusOK, "its process ended", "97 of 100", "Begin a rehearsal")
	w.server.Rehearse = nil
	if without := b.get(rehearsalURL).want(http.StatusOK, "tidegate rehearse"); contains(without.words(), "Begin a rehearsal") {
		t.Error("what cannot be begun is offered")
	}
	w.as(home, gateway.RoleRep).get(rehearsalURL).want(http.StatusForbidden)
	w.as(foreign, gateway.RoleAdmin).get(rehearsalURL).want(http.StatusOK, "There is no result yet")
}
