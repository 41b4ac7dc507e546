package faults

import (
	"net/http"
	"reflect"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
)

// stored are the records of an object as the database has them.
func (w *world) stored(object string) map[gateway.RecordKey]gateway.Record {
	w.t.Helper()
	page, err := w.store().Records(w.t.Context(), store.RecordQuery{Object: object, Limit: 500})
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[gateway.RecordKey]gateway.Record{}
	for _, r := range page.Records {
		out[r.Key] = r
	}
	return out
}

// Everything is synced again, both ways, with nothing changed: nothing is
// written to Salesforce, no record gets another version, and no change is told.
func TestSyncingAgainWithNothingChangedDoesNothing(t *testing.T) { // F-75
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		w.notesEverywhere()
		w.api(http.MethodPut, "/meetings/m-1", w.meeting("Synced again"), new(any))
		w.person("p-1", map[string]any{"email": "again@people.example", "first_name": "Ada", "last_name": "Again", "kind": "contact"})
		w.patch(w.contacts(1)[0], map[string]any{"Title": "Pilot"})
		w.writtenOnce("m-1", "Synced again")
		w.quiet()
		w.mirrorEqualsOrg()
		w.change(map[string]any{"object": "Account", "op": "update", "count": 5, "seed": 75})
		w.mirrorEqualsOrg()
		w.tidegate("backfill", "--workspace", string(workspace)) // what no event carries, and is as of the last reading

		before, told := map[string]map[gateway.RecordKey]gateway.Record{}, len(w.log("direction=in"))
		for _, object := range gateway.MirroredObjects {
			before[object] = w.stored(object)
		}
		w.sim(http.MethodDelete, "/calls", nil, nil)
		w.tidegate("resync", "--workspace", string(workspace))
		for range 2 {
			w.tidegate("backfill", "--workspace", string(workspace))
		}
		w.quiet()
		w.mirrorEqualsOrg()
		if n := w.writesSoFar(); n != 0 {
			var ledger any
			w.sim(http.MethodGet, "/calls", nil, &ledger)
			t.Errorf("F-75: %d writes to Salesforce: %v", n, ledger)
		}
		if n := w.calls(http.MethodGet, "/query"); n == 0 {
			t.Error("F-75: nothing was read again")
		}
		for object, was := range before {
			is := w.stored(object)
			if len(was) != len(is) {
				t.Errorf("F-75: %d %s became %d", len(was), object, len(is))
			}
			for key, r := range is {
				if old := was[key]; r.Version != old.Version || !reflect.DeepEqual(r.Fields, old.Fields) {
					t.Errorf("F-75: %v was %+v, is %+v", key, old, r)
				}
			}
		}
		if n := len(w.log("direction=in")); n != told {
			t.Errorf("F-75: %d lines tell of changes, %d before", n, told)
		}
	})
}
