package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tidegate/gateway"
)

// remove deletes a contact through the API and returns the answer.
func (w *world) remove(id string) (code int, state string) {
	w.t.Helper()
	code, body := w.call(http.MethodDelete, "/records/Contact/"+id, nil)
	var done struct{ State string }
	if err := json.Unmarshal([]byte(body), &done); err != nil {
		w.t.Fatalf("deleting %s: %d %s", id, code, body)
	}
	return code, done.State
}

// isGone reads the contact through the API.
func (w *world) isGone(id string) bool {
	w.t.Helper()
	var one struct{ Deleted bool }
	w.api(http.MethodGet, "/records/Contact/"+id, nil, &one)
	return one.Deleted
}

// A record is deleted here while somebody in Salesforce changes it: the
// deletion stands, both sides are written down, and the row does not come back
// for a moment.
func TestDeletedHereWhileSalesforceChangesIt(t *testing.T) { // F-47
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		w.person("p-1", map[string]any{"email": "leaving@people.example", "first_name": "Ada", "last_name": "Leaving", "kind": "contact"})
		w.quiet()
		ids := w.named("Leaving")
		if len(ids) != 1 {
			t.Fatalf("F-47: %d records were created", len(ids))
		}
		id := ids[0]
		w.mirrorEqualsOrg()
		if code, state := w.remove(w.contacts(2)[1]); code != http.StatusForbidden || state != "refused" {
			t.Errorf("F-47: deleting what is not ours: %d %s", code, state)
		}

		w.fault(map[string]any{"kind": "http_status", "method": http.MethodDelete, "path": "/services/data", "status": 503, "count": 1000})
		if code, state := w.remove(id); code != http.StatusOK || state != "queued" {
			t.Errorf("F-47: the deletion is %d %s, want queued", code, state)
		}
		if !w.isGone(id) {
			t.Error("F-47: the row is still there")
		}
		if acts, err := w.store().AuditLog(t.Context(), 0, 20); err != nil || !slices.ContainsFunc(acts, func(a gateway.AuditEntry) bool {
			return strings.Contains(a.What, "through the API") && a.Target == "Contact "+id
		}) {
			t.Errorf("S-56: the deletion is not in the audit log: %v", err)
		}
		w.set(id, map[string]any{"Title": "Changed there meanwhile"})
		eventually(t, func() string {
			kept, err := w.store().Conflicts(t.Context(), gateway.RecordKey{Object: "Contact", ID: id}, 10)
			switch {
			case !w.isGone(id):
				t.Fatal("F-47: the row came back")
			case err != nil || len(kept) != 1:
				return fmt.Sprintf("F-47: %d conflicts, %v", len(kept), err)
			case kept[0].Field != "IsDeleted":
				t.Fatalf("F-47: the conflict is %+v", kept[0])
			}
			return ""
		})
		w.sim(http.MethodDelete, "/faults", nil, nil)
		eventually(t, func() string {
			if !w.isGone(id) {
				t.Fatal("F-47: the row came back")
			}
			if !w.truth("Contact")[id].deleted {
				return "F-47: it is still in Salesforce"
			}
			return ""
		})
		w.quiet()
		w.mirrorEqualsOrg()
		if !w.isGone(id) {
			t.Error("F-47: the row came back in the end")
		}
		done := 0
		for _, line := range w.log("direction=out&record=" + id) {
			if line.What == "Delete Contact" && line.State == string(gateway.LogDone) {
				done++
			}
		}
		if done != 1 {
			t.Errorf("F-47: %d deletions are done", done)
		}
		// Salesforce's recycle bin takes it back, with its link.
		w.change(map[string]any{"object": "Contact", "op": "undelete", "id": id})
		w.mirrorEqualsOrg()
		eventually(t, func() string {
			links, err := w.store().Links(t.Context(), gateway.RecordKey{Object: "Contact", ID: id})
			if err != nil || len(links) == 0 || links[0].Broken != "" {
				return fmt.Sprintf("F-47: links after the undelete: %+v, %v", links, err)
			}
			return ""
		})
	})
}
