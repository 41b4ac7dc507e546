package faults

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"testing"
	"time"

	"tidegate/gateway"
)

// A record changes, is deleted and comes back, through restarts and a killed
// program, by users of the org and by us. Afterwards it is read as of each of
// those moments, and is what the org held then, field by field; before the
// first reading nothing is claimed, before it was made it is said not to exist.
func TestEveryMomentIsReadAsTheOrgHadIt(t *testing.T) { // M5
	engines(t, func(t *testing.T, db string) {
		w := newWorld(t, db, options{})
		w.anchor()
		old := w.contacts(1)[0]
		made := w.change(map[string]any{"object": "Contact", "op": "create", "values": map[string]any{"LastName": "Newborn", "Title": "First"}})[0]
		w.mirrorEqualsOrg()
		moments := []time.Time{}
		held := map[string][]row{}
		look := func() { // the moment is over before the next change
			w.mirrorEqualsOrg()
			truth := w.truth("Contact")
			for _, id := range []string{old, made} {
				r := truth[id]
				r.fields = maps.Clone(r.fields)
				held[id] = append(held[id], r)
			}
			moments = append(moments, time.Now().UTC())
			time.Sleep(1100 * time.Millisecond) // commit times have whole seconds
		}
		time.Sleep(1100 * time.Millisecond)
		look()
		both := func(order map[string]any) {
			for _, id := range []string{old, made} {
				order["object"], order["id"] = "Contact", id
				w.change(order)
			}
			look()
		}
		both(map[string]any{"op": "update", "values": map[string]any{"FirstName": "Ada", "Title": "Second", "MailingCity": "Bern", "DoNotCall": true}})
		both(map[string]any{"op": "update", "values": map[string]any{"Title": nil, "LastName": "Byron", "MailingCity": "Ulm"}})
		w.kill()
		w.change(map[string]any{"object": "Contact", "op": "update", "id": old, "values": map[string]any{"Title": "While we were away"}})
		w.start()
		look()
		w.patch(old, map[string]any{"Title": "By us", "Department": "Docks"})
		w.patch(made, map[string]any{"Title": "By us"})
		w.quiet()
		look()
		both(map[string]any{"op": "delete"})
		both(map[string]any{"op": "undelete"})
		both(map[string]any{"op": "update", "values": map[string]any{"FirstName": nil, "Email": "last@people.example", "DoNotCall": false}})

		type reading struct {
			Known   string
			Deleted bool
			Fields  map[string]json.RawMessage
			Changed []string  `json:"changed_since"`
			Since   time.Time `json:"known_since"`
		}
		as := func(id string, at time.Time) (r reading) {
			w.api(http.MethodGet, "/records/Contact/"+id+"?as_of="+url.QueryEscape(at.Format("2006-01-02T15:04:05.000Z")), nil, &r)
			return r
		}
		for id, rows := range held {
			for i, want := range rows {
				got := as(id, moments[i])
				if got.Known != "yes" || got.Deleted != want.deleted {
					t.Errorf("M5: %s at moment %d is known: %q, deleted %v, was %v", id, i, got.Known, got.Deleted, want.deleted)
					continue
				}
				if complaint := differ(row{fields: got.Fields}, want); complaint != "" {
					t.Errorf("M5: %s at moment %d: %s", id, i, complaint)
				}
				if last := i == len(rows)-1; last != (len(got.Changed) == 0) {
					t.Errorf("M5: %s at moment %d differs from now in %v", id, i, got.Changed)
				}
			}
		}
		if got := as(made, moments[0].Add(-time.Hour)); got.Known != "not created yet" || len(got.Fields) != 0 {
			t.Errorf("M5: before it was made it was %+v", got)
		}
		if got := as(old, as(old, moments[0]).Since.Add(-time.Second)); got.Known == "yes" || len(got.Fields) != 0 {
			t.Errorf("M5: before it was known it was %+v", got)
		}
		// Every change tells who made it and through what.
		for _, id := range []string{old, made} {
			var ours, told int
			entries, err := w.store().WholeHistory(t.Context(), gateway.RecordKey{Object: "Contact", ID: id})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if e.Version.CommitNumber == 0 { // read, where no event tells all
					continue
				}
				told++
				if e.User == "" || e.TransactionKey == "" {
					t.Errorf("M5: %s: who made entry %d, and by which commit: %q, %q, %+v", id, e.ID, e.User, e.TransactionKey, e.Version)
				}
				if e.Origin == "com/salesforce/api/rest/66.0;client=tidegate" {
					ours++
				}
			}
			if ours != 1 || told != 7 {
				t.Errorf("M5: %d of the %d changes of %s are told to be ours, want 1 of 7", ours, told, id)
			}
		}
	})
}
