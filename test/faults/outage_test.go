package faults

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"tidegate/simulator/seed"
)

// refused counts how often the org has made a fault happen.
func (w *world) refused(kind string) (n int) {
	w.t.Helper()
	var faults struct {
		Armed []struct {
			Kind  string
			Taken int
		}
	}
	w.sim(http.MethodGet, "/faults", nil, &faults)
	for _, f := range faults.Armed {
		if f.Kind == kind {
			n += f.Taken
		}
	}
	return n
}

// The org answers nothing but 503 while edits and people keep coming: hardly
// anybody asks it, everything is kept, and when it is back all of it goes out
// in order, ramped up, each record once.
func TestOutageIsQueuedAndDrainsOnce(t *testing.T) { // F-48, DEM-19
	engines(t, func(t *testing.T, url string) {
		const records, people = 150, 12
		w := newWorld(t, url, options{sizes: seed.Sizes{Accounts: 4, Contacts: records, Leads: 4, Opportunities: 4, Events: 4, Tasks: 4}})
		w.anchor()
		ids := w.contacts(records)
		w.fault(map[string]any{"kind": "http_status", "path": "/services/data", "status": 503, "seconds": 3600})
		var telling sync.WaitGroup
		for part := range slices.Chunk(ids, records/3) {
			telling.Go(func() {
				for n := range 2 { // the later one says what goes out
					for _, id := range part {
						if state := w.patch(id, map[string]any{"Department": fmt.Sprint("Outage ", n)}); state != "queued" {
							t.Errorf("F-48: an edit in the outage is %s", state)
						}
					}
				}
			})
		}
		telling.Wait()
		for n := range people {
			w.person(fmt.Sprint("out-", n), map[string]any{"email": fmt.Sprintf("out.%d@people.example", n), "last_name": fmt.Sprint("Outage", n), "kind": "contact"})
			w.person(fmt.Sprint("out-", n), map[string]any{"email": fmt.Sprintf("out.%d@people.example", n), "last_name": fmt.Sprint("Outage", n), "kind": "contact", "title": "Told later"})
		}
		if waiting, needs := w.pending(); waiting != records+people || needs != 0 {
			t.Errorf("F-48: %d wait and %d need somebody, want %d", waiting, needs, records+people)
		}
		if asked, told := w.refused("http_status"), 2*(records+people); asked > told/3 {
			t.Errorf("F-48: the org was asked %d times for %d orders", asked, told)
		}
		w.crash() // what waits outlives the program too
		w.sim(http.MethodDelete, "/calls", nil, nil)
		w.sim(http.MethodDelete, "/faults", nil, nil)
		w.quiet()
		w.mirrorEqualsOrg()
		truth := w.truth("Contact")
		for _, id := range ids {
			if got := truth[id].text("Department"); got != "Outage 1" {
				t.Errorf("F-48: the department of %s is %q", id, got)
			}
			w.sentOnce(id)
		}
		for n := range people {
			made := w.named(fmt.Sprint("Outage", n))
			if len(made) != 1 || truth[made[0]].text("Title") != "Told later" {
				t.Errorf("F-48: person %d became %v", n, made)
			}
		}
		// Each change of the org is seen once: nothing was written a second time.
		for _, id := range ids {
			if lines := w.log("direction=in&record=" + id); len(lines) != 1 {
				t.Errorf("F-48: %d changes of %s were seen", len(lines), id)
			}
		}
		if n := w.calls(http.MethodPatch, "/services/data"); n > records/2 {
			t.Errorf("F-48: %d calls drained %d records", n, records+people)
		}
	})
}

// The org says that too many calls run at once, or something in front of it
// says when to come back, in seconds or with a date: nobody asks before, not
// about other records either, and nothing is lost.
func TestComeBackLaterIsHeeded(t *testing.T) { // F-50
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		ids := w.contacts(8)
		for n, refusal := range []map[string]any{
			{"kind": "limit_exceeded", "message": "ConcurrentRequests (Concurrent API Requests) Limit exceeded."},
			{"kind": "http_status", "status": http.StatusTooManyRequests},
			{"kind": "http_status", "status": http.StatusTooManyRequests, "retry_after": "4"},
			{"kind": "http_status", "status": http.StatusServiceUnavailable, "retry_after": "date"},
		} {
			first, other := ids[2*n], ids[2*n+1]
			text := fmt.Sprint("Later ", n)
			refusal["method"], refusal["path"], refusal["count"] = http.MethodPatch, "/services/data", 1
			back := time.Time{}
			if said, ok := refusal["retry_after"]; ok {
				back = time.Now().Add(4 * time.Second).Truncate(time.Second)
				if said == "date" {
					refusal["retry_after"] = back.UTC().Format(http.TimeFormat)
				}
			}
			w.fault(refusal)
			for _, id := range []string{first, other} {
				if state := w.patch(id, map[string]any{"Department": text}); state != "queued" && (id == first || !back.IsZero()) {
					t.Errorf("F-50: after %v an edit of %s is %s", refusal, id, state)
				}
			}
			w.quiet()
			truth := w.truth("Contact")
			for _, id := range []string{first, other} {
				if r := truth[id]; r.text("Department") != text || r.asOf.Before(back) {
					t.Errorf("F-50: after %v the department of %s is %q as of %s, not before %s", refusal, id, r.text("Department"), r.asOf, back)
				}
				w.sentOnce(id)
			}
		}
		w.mirrorEqualsOrg()
	})
}
