package faults

import (
	"fmt"
	"testing"

	"tidegate/gateway"
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
