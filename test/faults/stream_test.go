package faults

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/store/storetest"
	"tidegate/testpg"
)

// contacts gives living contacts of the org.
func (w *world) contacts(n int) []string {
	w.t.Helper()
	var ids []string
	for id, r := range w.truth("Contact") {
		if !r.deleted && len(ids) < n {
			ids = append(ids, id)
		}
	}
	if len(ids) < n {
		w.t.Fatalf("%d contacts, want %d", len(ids), n)
	}
	return ids
}

// An event that is delivered again and again has one effect, and the metrics
// count the others.
func TestRepeatedEventsHaveOneEffect(t *testing.T) { // F-11
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		const repeated = `tidegate_inbound_events_total{change="UPDATE",object="Contact",outcome="duplicate"}`
		made := 0
		for _, times := range []int{1, 2, 50} {
			before := w.metric(repeated)
			if times > 1 {
				w.fault(map[string]any{"kind": "duplicate_events", "times": times, "count": 3})
			}
			for range 3 {
				made++
				w.set(w.contacts(1)[0], map[string]any{"Title": fmt.Sprint("Title ", made)})
			}
			w.mirrorEqualsOrg()
			want := before + 3*float64(times-1)
			eventually(t, func() string {
				if got := w.metric(repeated); got != want {
					return fmt.Sprintf("F-11: delivered %d times: %v duplicates counted, want %v", times, got-before, want-before)
				}
				return ""
			})
		}
		w.once("Contact", made)
	})
}

// Two transactions on one record come in the wrong order: the newer wins, the
// older is written down as stale.
func TestReversedTransactionsEndWithTheNewer(t *testing.T) { // F-13
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{longPolling: true})
		w.anchor()
		id := w.contacts(1)[0]
		w.fault(map[string]any{"kind": "reorder_events", "count": 5})
		const made = 10
		for i := range made {
			w.set(id, map[string]any{"Title": fmt.Sprint("Title ", i)})
		}
		w.mirrorEqualsOrg()
		eventually(t, func() string {
			lines := w.log("direction=in&record=" + id)
			stale := 0
			for _, l := range lines {
				if l.Outcome == string(gateway.OutcomeStale) && l.State == string(gateway.LogSkipped) {
					stale++
				}
			}
			if len(lines) != made || stale == 0 {
				return fmt.Sprintf("F-13: %d lines, %d of them stale, for %d changes", len(lines), stale, made)
			}
			return ""
		})
		w.mirrorEqualsOrg()
	})
}

// An update of single fields, one of them emptied, leaves all others alone.
func TestUpdateKeepsWhatItDoesNotName(t *testing.T) { // F-19, F-20, F-21
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		id := w.contacts(1)[0]
		before, _ := w.mirror("Contact")
		w.set(id, map[string]any{"Title": "Navigator"})
		w.set(id, map[string]any{"MailingCity": "Oslo"})
		w.set(id, map[string]any{"Phone": nil})
		w.mirrorEqualsOrg()
		after, _ := w.mirror("Contact")
		changed := map[string]string{"Title": `"Navigator"`, "MailingCity": `"Oslo"`, "Phone": "null"}
		for name, was := range before[id].fields {
			want := string(was)
			if v, ok := changed[name]; ok {
				want = v
			}
			if name == "LastModifiedDate" || name == "LastModifiedById" || name == "Account_Summary__c" {
				continue // bookkeeping, and a formula over Title
			}
			if got := string(after[id].fields[name]); got != want {
				t.Errorf("F-19: %s is %s, want %s", name, got, want)
			}
		}
	})
}

// A deal that was deleted and comes back keeps what no event carries.
func TestUndeleteKeepsWhatEventsDoNotCarry(t *testing.T) { // F-39
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		before, _ := w.mirror("Opportunity")
		ids := w.change(map[string]any{"object": "Opportunity", "op": "delete", "count": 3})
		w.mirrorEqualsOrg()
		w.change(map[string]any{"object": "Opportunity", "op": "undelete", "count": 3})
		w.mirrorEqualsOrg()
		after, _ := w.mirror("Opportunity")
		for _, id := range ids {
			for _, name := range []string{"Fiscal", "FiscalQuarter", "FiscalYear", "HasOpenActivity", "LastActivityDate"} {
				if was, is := string(before[id].fields[name]), string(after[id].fields[name]); was != is {
					t.Errorf("F-39: %s of %s was %s and is %s", name, id, was, is)
				}
			}
		}
	})
}

// A long text goes out as what changed in it. The mirror has the whole text,
// also where its own is another one than the change was made to.
func TestLongTextThatComesAsItsDifference(t *testing.T) { // F-22
	for name, o := range map[string]options{"websocket": {}, "long-polling": {longPolling: true}, "pubsub": {pubSub: true}} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, url string) {
				w := newWorld(t, url, o)
				w.anchor()
				w.sim(http.MethodDelete, "/calls", nil, nil)
				id := w.contacts(1)[0]
				var lines []string
				for i := range 80 {
					lines = append(lines, fmt.Sprintf("Line %d of what was said on the quay, with ümlauts and \"quotes\".", i))
				}
				for round := range 3 {
					lines[40] = fmt.Sprintf("This line is another one now, for the time no. %d.", round)
					w.set(id, map[string]any{"Description": strings.Join(lines, "\n")})
					if round == 1 { // the next difference fits no text of ours
						w.mirrorEqualsOrg()
						w.damage(url, id)
					}
				}
				w.mirrorEqualsOrg()
				if n := w.calls(http.MethodPost, "/composite/sobjects/Contact"); n == 0 {
					t.Error("F-22: no difference came: nothing was read again")
				}
			})
		})
	}
}

// damage changes a text of the mirror behind the program's back.
func (w *world) damage(url, id string) {
	w.t.Helper()
	storetest.Exec(w.t, url, `UPDATE records SET fields = REPLACE(CAST(fields AS TEXT), 'This line is another one', 'This line is damaged')`+
		map[bool]string{true: "::jsonb"}[strings.HasPrefix(url, "postgres")]+` WHERE record_id = '`+id+`'`)
}

// The schema of an event cannot be had: the event is not skipped and the
// position does not move past it, however often it was tried.
func TestSchemaThatCannotBeHadHoldsThePosition(t *testing.T) { // F-23
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{pubSub: true})
		w.anchor()
		before := w.position()
		w.fault(map[string]any{"kind": "pubsub_unavailable", "method": "GetSchema", "seconds": 3600})
		const changes = 20
		w.change(map[string]any{"object": "Contact", "op": "update", "count": changes, "seed": 23})
		eventually(t, func() string { return w.happened("pubsub_unavailable", 5) })
		if now := w.position(); now.Lease.Position != before.Lease.Position || now.Events != before.Events {
			t.Errorf("F-23: the position moved from %+v to %+v", before, now)
		}
		w.lift()
		w.mirrorEqualsOrg()
		w.once("Contact", changes)
		if n := w.metric(`tidegate_inbound_events_total{change="UPDATE",object="Contact",outcome="unreadable"}`); n > 0 {
			t.Errorf("F-23: %v events count as unreadable", n)
		}
		w.listening()
	})
}

// After each kind of trouble the program has as many goroutines as before.
func TestTroubleLeavesNoGoroutines(t *testing.T) { // F-29, F-30
	t.Parallel()
	for name, o := range map[string]options{"websocket": {}, "long-polling": {longPolling: true}, "pubsub": {pubSub: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := "sqlite://" + filepath.Join(t.TempDir(), "t.db")
			if name == "pubsub" { // an engine has connections of its own
				url = testpg.URL(t)
			}
			w := newWorld(t, url, o)
			w.anchor()
			w.breaks(1) // what is opened once stays open
			before := w.goroutines()
			for round := range 4 {
				w.breaks(2 + round)
			}
			// Connections that are kept come and go; four rounds of five troubles
			// that each left one would be twenty.
			eventually(t, func() string {
				if now := w.goroutines(); now > before+8 {
					return fmt.Sprintf("%d goroutines, %d before", now, before)
				}
				return ""
			})
		})
	}
}

// breaks is one round of everything that breaks a connection.
func (w *world) breaks(seed int) {
	w.t.Helper()
	for _, spec := range []map[string]any{
		{"kind": "drop_streams"},
		{"kind": "expire_tokens"},
		{"kind": "http_status", "status": 503, "count": 5},
		{"kind": "lose_response", "method": http.MethodPatch, "path": "/services/data"},
		{"kind": "gap_events", "count": 3},
	} {
		w.fault(spec)
		w.change(map[string]any{"object": "Contact", "op": "update", "count": 10, "seed": seed})
		w.patch(w.contacts(1)[0], map[string]any{"Department": fmt.Sprint("Round ", seed)})
	}
	w.quiet()
	w.mirrorEqualsOrg()
	w.listening()
}
