package faults

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
)

// closed waits for the one continuity record that there is, closed.
func (w *world) closed(cause gateway.HoleCause) (h gateway.Hole) {
	w.t.Helper()
	eventually(w.t, func() string {
		all, _, err := w.store().Holes(w.t.Context(), store.HoleQuery{Limit: 10})
		if err != nil || len(all) != 1 || all[0].State != gateway.HoleClosed {
			return fmt.Sprintf("continuity records %+v, %v", all, err)
		}
		h = all[0]
		return ""
	})
	if h.Cause != cause {
		w.t.Errorf("the record's cause is %s, want %s", h.Cause, cause)
	}
	return h
}

func part(h gateway.Hole, object string) gateway.HolePart {
	for _, p := range h.Objects {
		if p.Object == object {
			return p
		}
	}
	return gateway.HolePart{}
}

// rewrite changes n contacts at random and adds those that it met to a set.
func (w *world) rewrite(n int, seed uint64, met map[string]bool) {
	w.t.Helper()
	for ; n > 0; n -= 1000 { // as many ids as the org tells of one order
		for _, id := range w.change(map[string]any{"object": "Contact", "op": "update", "count": min(n, 1000), "seed": seed}) {
			met[id] = true
		}
		seed++
	}
}

// Killed again and again while it repairs what it missed, each time with another
// page under way, the program goes on in the same continuity record, and that is
// exact in the end.
func TestKilledInTheMiddleOfARepair(t *testing.T) { // F-07, F-01
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{sizes: many})
		w.anchor()
		w.kill()
		changed := map[string]bool{}
		w.rewrite(4000, 7, changed)
		deleted := w.change(map[string]any{"object": "Contact", "op": "delete", "count": 40, "seed": 8})
		for _, id := range deleted {
			delete(changed, id)
		}
		w.fault(map[string]any{"kind": "expire_replay_ids"})
		for pages := range 5 {
			w.fault(map[string]any{"kind": "hold_requests", "method": http.MethodGet, "path": "/services/data/v66.0/queryAll", "after": pages, "seconds": 3600})
			w.start()
			eventually(t, func() string { return w.held(1) })
			if pages == 0 { // it lasts for as long as the page is held
				eventually(t, func() string {
					if s := w.status(); s.State != string(gateway.StateRepairing) {
						return fmt.Sprintf("F-07: state %q: %s", s.State, s.Reason)
					}
					return ""
				})
			}
			w.kill()
			w.lift()
		}
		w.start()
		w.mirrorEqualsOrg()
		h := w.closed(gateway.HoleUnknown)
		if p := part(h, "Contact"); p.Changed != len(changed) || p.Deleted != len(deleted) || p.Read < p.Changed+p.Deleted {
			t.Errorf("F-07: recorded %+v, want %d changed and %d deleted", p, len(changed), len(deleted))
		}
		if len(h.Certificate.Signature) == 0 {
			t.Error("F-07: the record is not signed")
		}
		w.listening()
	})
}

// Change Data Capture is switched off for Contact where there is no Pub/Sub API
// to ask, and on again: contacts are polled meanwhile, the health says so, and
// the record of it is closed.
func TestSwitchedOffObjectIsPolled(t *testing.T) { // F-36
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{longPolling: true, env: []string{"TIDEGATE_POLL_EVERY=1s"}})
		w.anchor()
		w.sim(http.MethodPost, "/cdc", map[string]any{"object": "Contact", "selected": false}, nil)
		w.change(map[string]any{"object": "Contact", "op": "update", "count": 20, "seed": 36})
		w.crash() // it asks at once then, and every ten minutes otherwise
		w.mirrorEqualsOrg()
		eventually(t, func() string {
			if s := w.status(); s.State != string(gateway.StatePolling) || !strings.Contains(s.Reason, "does not stream Contact") {
				return fmt.Sprintf("F-36: state %q: %s", s.State, s.Reason)
			}
			return ""
		})
		w.kill()
		w.change(map[string]any{"object": "Contact", "op": "update", "count": 20, "seed": 37})
		w.sim(http.MethodPost, "/cdc", map[string]any{"object": "Contact", "selected": true}, nil)
		w.change(map[string]any{"object": "Contact", "op": "update", "count": 20, "seed": 38})
		w.start()
		w.mirrorEqualsOrg()
		if h := w.closed(gateway.HoleUnstreamed); len(h.Objects) != 1 || part(h, "Contact").Changed == 0 {
			t.Errorf("F-36: recorded %+v", h)
		}
		w.listening()
	})
}

// Where nothing is streamed, a record that was deleted for good leaves no event,
// no stamp and nothing in the recycle bin: the list of deletions, or comparing
// the ids, finds it. What changes and what is deleted softly is found as well.
func TestHardDeleteIsFoundWhilePolling(t *testing.T) { // F-38, AIM-21
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{edition: "professional", calls: 10_000_000, env: []string{"TIDEGATE_POLL_EVERY=1s"}})
		if s := w.status(); s.Transport != "polling" || s.Reason == "" {
			t.Fatalf("transport %q: %s", s.Transport, s.Reason)
		}
		ids := w.contacts(4)
		for i, id := range ids[:3] {
			w.change(map[string]any{"object": "Contact", "op": "delete", "id": id})
			if i < 2 {
				w.change(map[string]any{"object": "Contact", "op": "purge", "id": id})
			}
		}
		w.set(ids[3], map[string]any{"Title": "Changed where nothing is streamed"})
		eventually(t, func() string {
			here, complaint := w.mirror("Contact")
			for _, id := range ids[:3] {
				if complaint == "" && !here[id].deleted {
					complaint = "F-38: " + id + " is gone there and lives here"
				}
			}
			return complaint
		})
		w.purged = map[string]bool{ids[0]: true, ids[1]: true}
		w.mirrorEqualsOrg()
	})
}
