package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"tidegate/gateway"
)

// text is a field's value in words, "" when it is empty.
func (r row) text(field string) string { return gateway.Scalar(r.fields[field]).String() }

// patch edits a contact through the API and returns what became of it.
func (w *world) patch(id string, fields map[string]any) string {
	w.t.Helper()
	var done struct{ State string }
	w.api(http.MethodPatch, "/records/Contact/"+id, map[string]any{"fields": fields}, &done)
	return done.State
}

// person sends a person as the host product does and returns the state of the
// write to Salesforce.
func (w *world) person(externalID string, fields map[string]any) string {
	w.t.Helper()
	var done struct{ Salesforce struct{ State string } }
	w.api(http.MethodPut, "/people/"+externalID, fields, &done)
	return done.Salesforce.State
}

// named are the living contacts with that last name.
func (w *world) named(last string) (ids []string) {
	w.t.Helper()
	for id, r := range w.truth("Contact") {
		if !r.deleted && r.text("LastName") == last {
			ids = append(ids, id)
		}
	}
	return ids
}

// quiet waits until nothing is owed to Salesforce any more.
func (w *world) quiet() {
	w.t.Helper()
	eventually(w.t, func() string {
		if s := w.status(); s.Pending+s.NeedsYou > 0 {
			return fmt.Sprintf("%d waiting, %d need somebody: %+v", s.Pending, s.NeedsYou, w.log("state=needs_you"))
		}
		return ""
	})
}

// sentOnce checks that the log has one outbound line about the record, done.
func (w *world) sentOnce(id string) {
	w.t.Helper()
	lines := w.log("direction=out&record=" + id)
	if len(lines) != 1 || lines[0].State != string(gateway.LogDone) {
		w.t.Errorf("outbound lines of %s: %+v, want one that is done", id, lines)
	}
}

// Our own write comes back through the stream: it is confirmed and not sent
// again.
func TestOwnWriteComingBackIsConfirmed(t *testing.T) { // F-45
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		id := w.contacts(1)[0]
		w.sim(http.MethodDelete, "/calls", nil, nil)
		if state := w.patch(id, map[string]any{"Title": "Harbor Pilot"}); state != "written" {
			t.Errorf("F-45: the edit is %s", state)
		}
		eventually(t, func() string {
			lines := w.log("direction=in&record=" + id)
			if len(lines) != 1 || lines[0].Outcome != string(gateway.OutcomeConfirmed) {
				return fmt.Sprintf("F-45: inbound lines %+v, want one that confirms", lines)
			}
			return ""
		})
		// What an echo would set off, it sets off before the next change comes in.
		w.set(w.contacts(2)[1], map[string]any{"Title": "after the echo"})
		w.mirrorEqualsOrg()
		w.quiet()
		w.sentOnce(id)
		if n := w.calls(http.MethodPatch, "/services/data/"); n != 1 {
			t.Errorf("F-45: %d writes for one edit", n)
		}
	})
}

// The org commits a write and its answer is lost: it is in the org once.
func TestLostAnswersLeaveOneEffect(t *testing.T) { // F-51
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		w.fault(map[string]any{"kind": "lose_response", "method": http.MethodPatch, "path": "/services/data", "count": 2})
		w.person("p-1", map[string]any{"email": "lost.create@people.example", "first_name": "Iris", "last_name": "Lostcreate"})
		w.quiet()
		created := w.named("Lostcreate")
		if len(created) != 1 {
			t.Fatalf("F-51: %d records were created", len(created))
		}
		w.sentOnce(created[0])

		id := w.contacts(1)[0]
		w.fault(map[string]any{"kind": "lose_response", "method": http.MethodPatch, "path": "/services/data"})
		w.patch(id, map[string]any{"Department": "Lost and Found"})
		w.quiet()
		w.mirrorEqualsOrg()
		if got := w.truth("Contact")[id].text("Department"); got != "Lost and Found" {
			t.Errorf("F-51: department %q", got)
		}
		w.sentOnce(id)
	})
}

// arrived waits until the org has used up all armed faults: the request that
// they were meant for is there.
func (w *world) arrived() {
	w.t.Helper()
	eventually(w.t, func() string {
		var faults struct{ Armed []json.RawMessage }
		w.sim(http.MethodGet, "/faults", nil, &faults)
		if len(faults.Armed) > 0 {
			return fmt.Sprintf("still armed: %s", faults.Armed)
		}
		return ""
	})
}

// Killed after sending and before writing the outcome down: the entry is found
// after the restart, which gives back the claims of the killed process, and
// sending it again changes nothing.
func TestKilledBetweenSendingAndSettling(t *testing.T) { // F-51, F-01
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		id := w.contacts(1)[0]
		w.fault(map[string]any{"kind": "hold_requests", "method": http.MethodPatch, "path": "/services/data", "count": 2})
		var asking sync.WaitGroup
		asking.Go(func() { // nobody answers: the program is killed meanwhile
			w.call(http.MethodPut, "/people/p-2", map[string]any{"email": "killed@people.example", "last_name": "Killedcreate"})
		})
		asking.Go(func() {
			w.call(http.MethodPatch, "/records/Contact/"+id, map[string]any{"fields": map[string]any{"Department": "Twice Sent"}})
		})
		w.arrived()
		w.crash()
		asking.Wait()
		eventually(t, func() string { // the org has carried out what was sent
			if len(w.named("Killedcreate")) != 1 || w.truth("Contact")[id].text("Department") != "Twice Sent" {
				return "the org has not carried it out"
			}
			return ""
		})
		eventually(t, func() string {
			if n, _ := w.pending(); n > 0 {
				return fmt.Sprint(n, " wait")
			}
			return ""
		})
		w.mirrorEqualsOrg()
		created := w.named("Killedcreate")
		if len(created) != 1 {
			t.Fatalf("F-51: %d records were created", len(created))
		}
		w.sentOnce(created[0])
		w.sentOnce(id)
	})
}
