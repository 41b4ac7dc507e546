package handlers

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"tidegate/gateway"
)

// UX-46, UX-47: while Salesforce is away every page is there, from the mirror
// and without asking Salesforce anything; it says since when, how old what it
// shows may be, and what becomes of edits.
func TestPagesWorkWhileSalesforceIsAway_UX46_UX47(t *testing.T) {
	w := newWorld(t)
	w.caller.script(func(gateway.Change) gateway.Delivery { return refuse(gateway.CodeSFDown) })
	rep := w.as(home, gateway.RoleRep)
	_, err := w.db.In(home).SetConnectionState(t.Context(), "c-home", gateway.StateCatchingUp, "There is no stream from Salesforce; trying again.")
	must(t, err)
	if page := rep.get(annPath).want(http.StatusOK); contains(page.words(), "Catching up since") {
		t.Error("a break of a moment is told on every page")
	}
	w.clock.forward(2 * time.Minute)
	rep.post(annPath, url.Values{"field": {"Title"}, "value": {"CEO"}}).want(http.StatusSeeOther)
	asked := w.caller.count()
	for _, path := range []string{"/", "/contacts", annPath, "/leads", "/accounts", "/deals", "/deals/" + dealOf(home).ID, meetingsBase, forecastBase, "/sync/log"} {
		rep.get(path).want(http.StatusOK, "Catching up since", "There is no stream from Salesforce", "What you see is as it was then or newer", "Edits are kept here and go out afterwards: 1 waits now.")
	}
	rep.get(annPath).want(http.StatusOK, "CEO", "As in Salesforce as of")
	if w.caller.count() != asked {
		t.Errorf("showing pages called Salesforce %d times", w.caller.count()-asked)
	}
}
