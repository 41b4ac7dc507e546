package faults

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
)

// apiCalls is how many calls of its API the org has answered, whoever made them.
func (w *world) apiCalls() (n int) {
	w.t.Helper()
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete} {
		n += w.calls(method, "/services/data/")
	}
	return n
}

// spent sums what the program counted today.
func (w *world) spent(kind gateway.SpentKind, keep func(gateway.Spent) bool) (n int) {
	w.t.Helper()
	all, err := w.store().Spent(w.t.Context(), time.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range all {
		if s.Kind == kind && (keep == nil || keep(s)) {
			n += s.N
		}
	}
	return n
}

// Whatever calls the org's API, command lines, the way in, the way out, the proof:
// every call is counted for exactly one object and purpose, so that their sum is
// what the org itself counted. The events are those that it sent, and the fields
// those that were written (M8).
func TestEveryCallIsCountedForOneObject_M8(t *testing.T) {
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{sizes: wide, env: []string{"TIDEGATE_BULK_FROM=1000", "TIDEGATE_BULK_PAGE=500"}})
		w.anchor()
		w.notesEverywhere()
		before := w.spent(gateway.SpentEvent, ofObject("Lead"))
		w.change(map[string]any{"object": "Lead", "op": "update", "count": 30, "seed": 8})
		for i, id := range w.contacts(3) {
			if state := w.patch(id, map[string]any{"Department": fmt.Sprint("Counted ", i)}); state != "written" {
				t.Errorf("an edit is %s", state)
			}
		}
		var saved map[string]any
		w.api(http.MethodPut, "/meetings/m-spent", w.meeting("Counted"), &saved)
		w.writtenOnce("m-spent", "Counted")
		w.fault(map[string]any{"kind": "gap_events", "count": 3}) // which are read again
		w.change(map[string]any{"object": "Contact", "op": "update", "count": 3, "seed": 9})
		w.mirrorEqualsOrg()
		w.tidegate("verify", "--workspace", string(workspace), "--object", "Account")

		eventually(t, func() string { // it is written down every few seconds
			if here, there := w.spent(gateway.SpentCall, nil), w.apiCalls(); here != there {
				return fmt.Sprintf("M8: %d calls are counted here, the org counted %d", here, there)
			}
			if n := w.spent(gateway.SpentEvent, ofObject("Lead")) - before; n != 30 {
				return fmt.Sprintf("M8: %d events of Lead are counted, 30 were sent", n)
			}
			if n := w.spent(gateway.SpentWritten, func(s gateway.Spent) bool { return s.Object == "Contact" && s.Name == "Department" }); n != 3 {
				return fmt.Sprintf("M8: Department was written %d times, want 3", n)
			}
			return ""
		})
		purposes := map[string]int{}
		all, err := w.store().Spent(t.Context(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			if s.Kind == gateway.SpentCall {
				purposes[s.Object+" "+s.Name] += s.N
			}
		}
		for _, want := range []string{"Contact load", "Account prove", "Contact follow", "Contact write", "Event write", "ContentNote write", "Contact ask"} {
			if purposes[want] == 0 {
				t.Errorf("M8: no call is counted as %q: %v", want, slices.Sorted(maps.Keys(purposes)))
			}
		}
		for was := range purposes {
			if object, purpose, _ := strings.Cut(was, " "); object == "" && purpose != string(gateway.CallAsk) {
				t.Errorf("M8: %d calls that %s are of no object", purposes[was], purpose)
			}
		}
		if n := w.spent(gateway.SpentRule, func(s gateway.Spent) bool { return s.Name == "Edit through the API" }); n != 3 {
			t.Errorf("M8: the rule of edits led to %d changes, want 3", n)
		}
	})
}

func ofObject(name string) func(gateway.Spent) bool {
	return func(s gateway.Spent) bool { return s.Object == name }
}
