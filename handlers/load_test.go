package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
)

// TestLoadingIsBegunPausedResumedAndCanceledF74 presses the buttons of an
// object's page and of Health, each more than once.
func TestLoadingIsBegunPausedResumedAndCanceledF74(t *testing.T) {
	w := newWorld(t)
	in := w.db.In(home)
	must(t, in.SaveObjectStatus(t.Context(), gateway.ObjectStatus{Object: "Contact", Label: "Contacts", State: gateway.StateOK, RowsThere: 100}))
	must(t, in.SaveBackfill(t.Context(), gateway.Backfill{Object: "Contact", State: gateway.BackfillDone, Rows: 100, Total: 100, Complete: true}))
	admin, rep := w.as(home, gateway.RoleAdmin), w.as(home, gateway.RoleRep)
	page := settingsBase + "/objects/Contact"
	load := page + "/load"
	now := func() gateway.Backfill {
		b, err := in.Backfill(t.Context(), "Contact")
		must(t, err)
		return b
	}
	admin.get(page).want(http.StatusOK, "Load from Salesforce", "All Contact records are here", "Load again")
	for range 5 {
		admin.post(load, url.Values{"from": {"object"}}).want(http.StatusSeeOther).wantLocation(page + "?saved=loading")
	}
	if b := now(); b.Run != 2 || !b.Open() || b.By == "" || !b.Complete {
		t.Fatalf("F-74: five wishes are %+v", b)
	}
	_, err := in.EditBackfill(t.Context(), "Contact", func(b gateway.Backfill, _ bool) (gateway.Backfill, error) {
		b.Rows, b.Total, b.Spent, b.Way, b.Calls = 412_000, 1_000_000, 10*time.Second, gateway.WayBulk, 12
		return b, nil
	})
	must(t, err)
	words := []string{"412,000 of 1,000,000 rows", "41,200 rows a second, about 14 s left, by Bulk API 2.0."}
	admin.get("/").want(http.StatusOK, append(words, "Loading from Salesforce", "Pause the loading of Contact", "Cancel the loading of Contact")...)
	admin.get(page+"?part=load").want(http.StatusOK, words...)
	if got := rep.get("/").want(http.StatusOK, words...); strings.Contains(got.body, load) {
		t.Error("a rep is offered the admin's buttons")
	}
	for range 2 {
		admin.post(load+"/pause", nil).want(http.StatusSeeOther).wantLocation("/?saved=loadpaused")
	}
	admin.get("/?saved=loadpaused").want(http.StatusOK, "The loading is paused", "it goes on where it stopped", "Resume the loading of Contact")
	if !now().Paused {
		t.Error("it is not paused")
	}
	admin.post(load+"/resume", nil).want(http.StatusSeeOther)
	if b := now(); b.Paused || b.Rows != 412_000 {
		t.Errorf("resumed: %+v", b)
	}
	admin.post(load+"/cancel", nil).want(http.StatusSeeOther)
	if b := now(); b.State != gateway.BackfillRepairing || b.Run != 3 {
		t.Errorf("canceled: %+v", b)
	}
	for _, to := range []string{"/pause", "/resume", "/cancel"} { // nothing is under way
		admin.post(load+to, nil).want(http.StatusConflict, "is not being loaded")
	}
	for _, to := range []string{"", "/pause", "/resume", "/cancel"} {
		rep.post(load+to, nil).want(http.StatusForbidden)
		admin.post(settingsBase+"/objects/Case/load"+to, nil).want(http.StatusNotFound)
	}
	for _, what := range []string{"asked for all records to be loaded again", "paused the loading", "resumed the loading", "canceled the loading"} {
		if !w.audited(home, "Ada Admin "+what+" Contact") {
			t.Errorf("%q is not audited", what)
		}
	}
}

// TestCanceledFirstLoadingSaysThatNotAllIsHere is the state that a person must
// not overlook.
func TestCanceledFirstLoadingSaysThatNotAllIsHere(t *testing.T) {
	w := newWorld(t)
	must(t, w.db.In(home).SaveBackfill(t.Context(), gateway.Backfill{Object: "Task", State: gateway.BackfillCanceled, Rows: 7, Total: 20}))
	w.as(home, gateway.RoleAdmin).get("/").want(http.StatusOK, "Canceled", "7 of 20 rows", "It is not all here.", "Load again")
}
