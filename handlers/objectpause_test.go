package handlers

import (
	"net/http"
	"net/url"
	"testing"

	"tidegate/gateway"
)

// UX 12: one object is paused and resumed from its line on the health page,
// with what queues; its edits wait, those of others do not.
func TestUX12OneObjectIsPausedAndResumed(t *testing.T) {
	w := newWorld(t)
	must(t, w.db.In(home).SaveObjectStatus(t.Context(), gateway.ObjectStatus{Object: "Contact", State: gateway.StateOK, Transport: "stream"}))
	admin := w.as(home, gateway.RoleAdmin)
	if !contains(admin.get("/").want(http.StatusOK).body, `href="/pause/Contact"`) {
		t.Error("the line leads to no pause")
	}
	form := admin.get("/pause/Contact").want(http.StatusOK, "Pause Contact", "Writes of Contact wait", "0 wait now", "All other objects go on.").form("/pause/Contact")
	for range 2 { // pressed twice is once
		admin.post("/pause/Contact", form).want(http.StatusSeeOther).wantLocation("/?saved=object-paused")
	}
	admin.get("/").want(http.StatusOK, "Contact paused", "Paused", "by Ada Admin")
	paused, err := w.db.In(home).PausedObjects(t.Context())
	if err != nil || len(paused) != 1 || paused["Contact"].By != "Ada Admin" {
		t.Fatalf("paused are %+v, %v", paused, err)
	}
	rep := w.as(home, gateway.RoleRep)
	rep.get("/pause/Contact").want(http.StatusForbidden)
	edit := rep.get(annPath + "?edit=Title").want(http.StatusOK).form(annPath)
	edit.Set("value", "Chief Buyer")
	rep.post(annPath, edit).want(http.StatusSeeOther)
	if pending, err := w.db.In(home).PendingByObject(t.Context()); err != nil || pending["Contact"].Waiting != 1 {
		t.Errorf("waiting are %+v, %v", pending, err)
	}
	admin.get("/pause/Nothing__c").want(http.StatusNotFound)
	admin.post("/pause/Contact", url.Values{"wish": {"something"}}).want(http.StatusUnprocessableEntity, "paused or resumed")
	resume := admin.get("/pause/Contact").want(http.StatusOK, "Resume Contact", "the gap is recorded").form("/pause/Contact")
	admin.post("/pause/Contact", resume).want(http.StatusSeeOther).wantLocation("/?saved=object-resumed")
	if !w.audited(home, "paused one object") || !w.audited(home, "resumed one object") {
		t.Error("not audited")
	}
	if paused, err = w.db.In(home).PausedObjects(t.Context()); err != nil || len(paused) != 0 {
		t.Errorf("paused are %+v, %v", paused, err)
	}
}
