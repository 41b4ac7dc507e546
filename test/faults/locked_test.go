package faults

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"tidegate/gateway"
)

// Rows of one account are locked by others while we write its contacts: all are
// written in the end, each once, and nobody has to act.
func TestLockedRowsAreWrittenInTheEnd(t *testing.T) { // F-55
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		ids := w.contacts(6)
		account := w.truth("Contact")[ids[0]].text("AccountId")
		for _, id := range ids {
			w.set(id, map[string]any{"AccountId": account})
		}
		w.mirrorEqualsOrg()
		w.fault(map[string]any{"kind": "lock_rows", "object": "Contact", "count": 9})
		var writers sync.WaitGroup
		for i, id := range ids {
			writers.Go(func() {
				w.call(http.MethodPatch, "/records/Contact/"+id, map[string]any{"fields": map[string]any{"Department": fmt.Sprint("Locked ", i)}})
			})
		}
		writers.Wait()
		w.quiet()
		w.mirrorEqualsOrg()
		for i, id := range ids {
			if got := w.truth("Contact")[id].text("Department"); got != fmt.Sprint("Locked ", i) {
				t.Errorf("F-55: the department of %s is %q", id, got)
			}
			w.sentOnce(id)
		}
	})
}

// Two processes on one database write the contacts of one account, which others
// lock all the while: all are written in the end, each once, by the org's count of
// their changes too.
func TestTwoProcessesWriteUnderALockedAccount_F55(t *testing.T) {
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		ids := w.ofOneAccount(20)
		both := []*world{w, w.beside()}
		w.sim(http.MethodDelete, "/calls", nil, nil)
		w.fault(map[string]any{"kind": "lock_rows", "object": "Contact", "count": 25})
		var writers sync.WaitGroup
		for i, id := range ids {
			writers.Go(func() {
				both[i%2].call(http.MethodPatch, "/records/Contact/"+id, map[string]any{"fields": map[string]any{"Department": fmt.Sprint("Locked ", i)}})
			})
		}
		writers.Wait()
		w.arrived()
		w.quiet()
		w.mirrorEqualsOrg()
		for i, id := range ids {
			if got := w.truth("Contact")[id].text("Department"); got != fmt.Sprint("Locked ", i) {
				t.Errorf("F-55: the department of %s is %q", id, got)
			}
			w.sentOnce(id)
			eventually(t, func() string {
				written := 0
				for _, line := range w.log("direction=in&record=" + id) {
					if line.Outcome == string(gateway.OutcomeConfirmed) {
						written++
					}
				}
				if written != 1 {
					return fmt.Sprintf("F-55: the org told %d times that %s was written", written, id)
				}
				return ""
			})
		}
		calls := w.calls(http.MethodPatch, "/services/data/")
		if calls == 0 || calls > 2*len(ids)+25 {
			t.Errorf("F-55: %d calls wrote %d records, 25 times locked", calls, len(ids))
		}
	})
}

// A call under a locked account is in flight in one process: another process does
// not send what is under that account as well, says so, and goes on afterwards.
func TestOneProcessWaitsForTheOtherUnderALockedAccount_F55(t *testing.T) {
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		ids := w.ofOneAccount(2)
		other := w.beside()
		edit := func(from *world, i int) {
			from.call(http.MethodPatch, "/records/Contact/"+ids[i], map[string]any{"fields": map[string]any{"Department": fmt.Sprint("In turn ", i)}})
		}
		w.fault(map[string]any{"kind": "lock_rows", "object": "Contact"})
		w.fault(map[string]any{"kind": "hold_requests", "method": http.MethodPatch, "path": "/services/data", "after": 1})
		edit(w, 0) // it is locked; its second try is in flight until the faults are cleared
		w.arrived()
		w.sim(http.MethodDelete, "/calls", nil, nil)
		w.fault(map[string]any{"kind": "lock_rows", "object": "Contact"})
		edit(other, 1)
		eventually(t, func() string {
			for _, line := range w.log("direction=out&record=" + ids[1]) {
				if line.State == string(gateway.LogWaiting) && line.Problem.What == "It waits for another write under the same record, because Salesforce locks that." {
					return ""
				}
			}
			return fmt.Sprintf("F-55: it does not wait for the other call: %+v", w.log("direction=out&record="+ids[1]))
		})
		for _, id := range ids {
			if got := w.truth("Contact")[id].text("Department"); got == "In turn 0" || got == "In turn 1" {
				t.Errorf("F-55: the org has %q already", got)
			}
		}
		w.sim(http.MethodDelete, "/faults", nil, nil)
		w.quiet()
		w.mirrorEqualsOrg()
		for i, id := range ids {
			if got := w.truth("Contact")[id].text("Department"); got != fmt.Sprint("In turn ", i) {
				t.Errorf("F-55: the department of %s is %q", id, got)
			}
			w.sentOnce(id)
		}
	})
}

// ofOneAccount are contacts of one account.
func (w *world) ofOneAccount(n int) []string {
	w.t.Helper()
	ids := w.contacts(n)
	account := w.truth("Contact")[ids[0]].text("AccountId")
	for _, id := range ids {
		w.set(id, map[string]any{"AccountId": account})
	}
	w.mirrorEqualsOrg()
	return ids
}
