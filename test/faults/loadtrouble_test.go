package faults

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/simulator/seed"
	"tidegate/store"
	"tidegate/testpg"
)

// streamedWhileLoading changes a contact that was read already and waits until
// the change is here: the stream goes on beside a reading.
func (w *world) streamedWhileLoading(title string) {
	w.t.Helper()
	here, complaint := w.mirror("Contact")
	if complaint != "" || len(here) == 0 {
		w.t.Fatalf("%d contacts are here, %s", len(here), complaint)
	}
	var id string
	for id = range here {
		break
	}
	w.set(id, map[string]any{"Title": title})
	eventually(w.t, func() string {
		now, complaint := w.mirror("Contact")
		if got := now[id].text("Title"); complaint == "" && got != title {
			complaint = fmt.Sprintf("the title of %s is %q, want %q", id, got, title)
		}
		return complaint
	})
}

// Salesforce says in the midst of a large reading that too much changed to tell
// each: the object is read whole, beside the stream, and that is recorded.
func TestOverflowDuringABulkReading(t *testing.T) { // F-18
	engines(t, func(t *testing.T, url string) {
		w := bulkWorld(t, url, afterPages(2))
		w.readTo(1000)
		w.streamedWhileLoading("Before the overflow")
		w.fault(map[string]any{"kind": "overflow", "count": 1})
		met := map[string]bool{}
		w.rewrite(1, 18, met)
		eventually(t, func() string {
			unclosed, err := w.store().UnclosedHoles(t.Context())
			if err != nil || len(unclosed) != 1 || unclosed[0].Cause != gateway.HoleOverflow {
				return fmt.Sprintf("F-18: continuity records %+v, %v", unclosed, err)
			}
			return ""
		})
		w.streamedWhileLoading("After the overflow")
		w.lift()
		w.loaded()
		w.mirrorEqualsOrg()
		if p := part(w.closed(gateway.HoleOverflow), "Contact"); p.Means != gateway.MeansWhole || p.Read < many.Contacts {
			t.Errorf("F-18: recorded %+v", p)
		}
	})
}

// The org's API calls are used up in the midst of a large reading: that stands
// still, the stream goes on, and later the reading goes on where it was.
func TestUsedUpCallsDuringABulkReading(t *testing.T) { // F-49
	engines(t, func(t *testing.T, url string) {
		w := bulkWorld(t, url, map[string]any{"kind": "limit_exceeded", "path": resultsPath, "after": 2, "seconds": 3600})
		eventually(t, func() string {
			if s := w.status(); s.State != string(gateway.StateLimited) || !strings.Contains(s.Reason, "used up") {
				return fmt.Sprintf("F-49: state %q: %s", s.State, s.Reason)
			}
			return ""
		})
		before := w.reading()
		if before.Rows != 1000 {
			t.Errorf("F-49: %d rows were read by two pages: %+v", before.Rows, before)
		}
		w.streamedWhileLoading("While nothing may be read")
		if now := w.reading(); now.Rows != before.Rows || now.Job != before.Job {
			t.Errorf("F-49: it was read on: %+v", now)
		}
		w.lift()
		w.crash() // it would look again after a quarter of an hour
		w.loaded()
		if b, jobs := w.reading(), w.calls(http.MethodPost, "/jobs/query"); b.Rows != many.Contacts || jobs != 1 {
			t.Errorf("F-49: %d rows by %d jobs", b.Rows, jobs)
		}
		w.mirrorEqualsOrg()
	})
}

// sluggish is what a slow database takes for each thing that is said to it,
// a hundred times what one on the same machine takes.
const sluggish = 20 * time.Millisecond

// The database becomes a hundred times slower while a large object is read and
// changes stream in: nothing is dropped, and memory stays bounded because
// nobody asks for more than what can be stored. Postgres is slowed down on the way
// to it; SQLite, which has no way, by somebody else who holds it most of the time.
func TestSlowDatabaseDropsNothing(t *testing.T) { // F-27
	loading := func(database string) options {
		return options{
			database: database, pubSub: true, sizes: many, loading: true, fault: afterPages(1),
			env: []string{"TIDEGATE_BULK_FROM=1000", "TIDEGATE_BULK_PAGE=500"},
		}
	}
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		database := testpg.URL(t)
		p := newProxy(t, database)
		w := newWorld(t, database, loading(p.url))
		w.readTo(500)
		p.slowDown(sluggish)
		w.loadedSlowly(func() { p.slowDown(0) })
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), loading(""))
		w.readTo(500)
		w.loadedSlowly(w.occupied())
	})
}

// occupied lets somebody else hold SQLite for writing most of the time, until the
// returned function is called: each transaction of the program waits for its turn.
func (w *world) occupied() (free func()) {
	const held, gap = 5 * sluggish, sluggish
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	db := w.store()
	go func() {
		var err error
		for err == nil && ctx.Err() == nil {
			err = db.InTx(context.WithoutCancel(ctx), func(context.Context, *store.Tx) error {
				time.Sleep(held)
				return nil
			})
			time.Sleep(gap)
		}
		done <- err
	}()
	return func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("F-27: holding the database: %v", err)
		}
	}
}

// loadedSlowly finishes the reading while its database is slow, then lets that be as
// fast as before, and compares.
func (w *world) loadedSlowly(fast func()) {
	w.t.Helper()
	before := w.child
	w.lift()
	const changes = 2000
	w.change(map[string]any{"object": "Account", "op": "update", "count": changes, "seed": 27})
	w.change(map[string]any{"object": "Contact", "op": "update", "count": 300, "seed": 28})
	w.loaded() // all of it by the slow database
	fast()
	w.mirrorEqualsOrg()
	w.once("Account", changes)
	if peak := w.memory("VmHWM"); peak > 400<<10 {
		w.t.Errorf("F-27: the program took up to %d KiB", peak)
	}
	select {
	case <-before.done:
		w.t.Error("F-27: the program ended")
	default:
	}
	w.listening()
}

// wide is an org with three objects that are read by bulk jobs.
var wide = seed.Sizes{Accounts: 1500, Contacts: 2000, Leads: 1500, Opportunities: 10, Events: 4, Tasks: 4}

// Three large objects are read side by side: each has a page under way at the
// same time.
func TestLargeObjectsAreReadSideBySide(t *testing.T) { // F-03
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{sizes: wide, loading: true, fault: afterPages(0), env: []string{"TIDEGATE_BULK_FROM=1000", "TIDEGATE_BULK_PAGE=500"}})
		eventually(t, func() string { return w.held(3) })
		w.crash()
		eventually(t, func() string { return w.held(6) }) // the same three, again
		w.lift()
		w.listening()
		if jobs := w.calls(http.MethodPost, "/jobs/query"); jobs != 3 {
			t.Errorf("F-03: %d jobs for three objects", jobs)
		}
		w.mirrorEqualsOrg()
	})
}

// The org allows few calls a day: several large objects together stay inside
// the share of readings, say that they wait, and the stream goes on. Where others
// have used 95 % of the day, a person's edit is still written at once.
func TestLargeObjectsStayInsideTheBudgetTogether(t *testing.T) { // F-49, M8
	engines(t, func(t *testing.T, url string) {
		const daily, ours = 150, 150 * 80 / 100 // the rest is the reserve
		w := newWorld(t, url, options{
			sizes: wide, loading: true, calls: daily,
			env: []string{"TIDEGATE_BULK_FROM=1000", "TIDEGATE_BULK_PAGE=100"},
		})
		read := "" // which objects come first, and which wait, is not said
		eventually(t, func() string {
			s := w.status()
			for _, o := range s.Objects {
				if o.Backfill == "done" && o.Object != "User" { // which is not in the stream
					read = o.Object
				}
			}
			if read == "" || !strings.Contains(s.Reason, "First reading waits") {
				return fmt.Sprintf("F-49: state %q, %q is read: %s", s.State, read, s.Reason)
			}
			return ""
		})
		w.change(map[string]any{"object": read, "op": "update", "count": 5, "seed": 49})
		eventually(t, func() string { return w.differs(read) })
		if used := w.callsUsed(); used > ours {
			t.Errorf("F-49: %d of %d calls were used, %d are ours", used, daily, ours)
		}
		for w.callsUsed() < daily*95/100 { // another integration reaches into the reserve
			do(t, http.MethodGet, w.org.URL+"/services/data/v66.0/sobjects/Account", w.org.AccessToken, nil)
		}
		here, _ := w.mirror("Contact")
		edits := 0
		for id := range here {
			if edits++; edits > 3 {
				break
			}
			if state := w.patch(id, map[string]any{"Department": "Edited at 95 %"}); state != "written" {
				t.Errorf("M8: at 95 %% of the org's calls an edit is %s", state)
			}
			if edits == 1 { // its answer told how much is used
				w.sim(http.MethodDelete, "/calls", nil, nil)
			}
		}
		if calls := w.apiCalls(); calls != w.calls(http.MethodPatch, "/sobjects/Contact/") || calls != 2 {
			var ledger any
			w.sim(http.MethodGet, "/calls", nil, &ledger)
			t.Errorf("M8: %d calls were made at 95 %%, those of two edits are %d: %v", calls, w.calls(http.MethodPatch, "/sobjects/Contact/"), ledger)
		}
		if used := w.callsUsed(); used > daily || edits == 0 {
			t.Errorf("M8: %d of %d calls were used for %d edits", used, daily, edits)
		}
	})
}

// callsUsed is how many API calls of its day the org has counted.
func (w *world) callsUsed() int {
	w.t.Helper()
	var limits map[string]struct{ Max, Remaining int }
	code, body := do(w.t, http.MethodGet, w.org.URL+"/services/data/v66.0/limits", w.org.AccessToken, nil)
	if code != http.StatusOK {
		w.t.Fatalf("limits: %d %s", code, body)
	}
	decode(w.t, body, &limits)
	return limits["DailyApiRequests"].Max - limits["DailyApiRequests"].Remaining
}
