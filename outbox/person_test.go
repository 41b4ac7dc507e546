package outbox

import (
	"context"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

func (w *world) person(p gateway.Person) Receipt {
	w.t.Helper()
	r, err := w.box.SubmitPerson(w.t.Context(), ws, p)
	must(w.t, err)
	return r
}

func (w *world) link(id string) gateway.Link {
	w.t.Helper()
	l, err := w.db.In(ws).LinkOf(w.t.Context(), linkPerson, id)
	must(w.t, err)
	return l
}

func (w *world) mirror(records ...gateway.Record) {
	w.t.Helper()
	for _, r := range records {
		w.org.put(r.Key.ID, r.Fields)
	}
	must(w.t, w.db.In(ws).InTx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.SaveRecords(ctx, records) }))
}

// AVC-02, AVC-21, DEM-23: with the settings as delivered.
func TestPersonIsCreatedOnceAndThenUpdated(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		p := gateway.Person{ExternalID: "p1", LastName: "Lee", Email: "Ann@Example.com"}
		first := w.person(p)
		same(t, "key", first.Key, gateway.RecordKey{Object: "Contact", ID: "local:p1"})
		p.FirstName = "Ann"
		second := w.person(p) // folds into the create that waits
		same(t, "line", second.LogID, first.LogID)
		same(t, "local link", w.link("p1").Key.ID, "local:p1")
		same(t, "result", w.deliver(second).State, Written)
		same(t, "calls", w.org.callCount(), 1)
		link := w.link("p1")
		same(t, "fields", w.org.get(link.Key.ID), gateway.Fields{"FirstName": `"Ann"`, "LastName": `"Lee"`, "Email": `"ann@example.com"`})

		same(t, "nothing new", w.person(p).State, Unchanged)
		p.Phone, p.LastName = "1", "Other"
		r := w.person(p)
		same(t, "update", w.deliver(r).State, Written)
		got := w.org.get(link.Key.ID)
		same(t, "AVC-25 filled", got["Phone"], gateway.Value(`"1"`))
		same(t, "AVC-25 not overwritten", got["LastName"], gateway.Value(`"Lee"`))
		if rule := w.line(r.LogID).Rule; !strings.Contains(rule, "LastName (It has a value in Salesforce") {
			t.Errorf("the line does not say what was left out: %q", rule)
		}
		same(t, "records made", w.org.madeFor("local:p1"), 1)
	})
}

// DEM-23
func TestPersonIsMatchedByEmail(t *testing.T) {
	lead := gateway.RecordKey{Object: "Lead", ID: "00Q5500000WO1ZiEAL"}
	email := gateway.Fields{"LastName": `"Lee"`, "Email": `"ann@example.com"`, "Phone": gateway.Null}
	converted := email.Overlay(gateway.Fields{"IsConverted": "true"})
	tests := []struct {
		name  string
		have  []gateway.Record
		want  gateway.RecordKey
		state string
	}{
		{"the contact", []gateway.Record{{Key: key(1), Fields: email}}, key(1), Waiting},
		{"a contact before a lead", []gateway.Record{{Key: lead, Fields: email}, {Key: key(1), Fields: email}}, key(1), Waiting},
		{"AVM-34 a lead before creating", []gateway.Record{{Key: lead, Fields: email}}, lead, Unchanged},
		{"not a converted lead", []gateway.Record{{Key: lead, Fields: converted}}, gateway.RecordKey{Object: "Contact", ID: "local:p"}, Waiting},
		{"not a deleted contact", []gateway.Record{{Key: key(1), Fields: email, Deleted: true}}, gateway.RecordKey{Object: "Contact", ID: "local:p"}, Waiting},
		{"several are not guessed among", []gateway.Record{{Key: key(1), Fields: email}, {Key: key(2), Fields: email}}, key(1), NeedsYou},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			storetest.Engines(t, func(t *testing.T, url string) {
				w := newWorld(t, url)
				w.mirror(tt.have...)
				r := w.person(gateway.Person{ExternalID: "p", Email: "ann@example.com", LastName: "Lee", Phone: "1"})
				same(t, "key", r.Key, tt.want)
				same(t, "state", r.State, tt.state)
				if tt.state != NeedsYou {
					same(t, "link", w.link("p").Key, tt.want)
					return
				}
				if got := w.deliver(r); got.State != NeedsYou || !strings.Contains(got.Why, "2 records") {
					t.Errorf("result = %+v", got)
				}
				same(t, "line", w.line(r.LogID).State, gateway.LogNeedsYou)
				same(t, "queued", w.idle(), true)
			})
		})
	}
}

func TestBrokenLinkIsMatchedAgain(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		must(t, w.db.In(ws).SaveLink(t.Context(), gateway.Link{Kind: linkPerson, ExternalID: "p", Key: key(9), Broken: "deleted"}))
		w.mirror(gateway.Record{Key: key(1), Fields: gateway.Fields{"Email": `"ann@example.com"`, "LastName": `"Lee"`}})
		w.person(gateway.Person{ExternalID: "p", Email: "ann@example.com"})
		link := w.link("p")
		if link.Key != key(1) || link.Broken != "" || link.Reason != "matched by email ann@example.com" {
			t.Errorf("F-61: link = %+v", link)
		}
	})
}

func TestSwitchedOffContactsAreNotCreated(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		_, err := w.db.In(ws).SaveSetting(t.Context(), gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabObjects, Body: []byte(`{"writeback":{}}`)}, 0)
		must(t, err)
		r := w.person(gateway.Person{ExternalID: "p", LastName: "Lee"})
		same(t, "state", r.State, Unchanged)
		same(t, "line", w.line(r.LogID).State, gateway.LogSkipped)
		same(t, "idle", w.idle(), true)
		_, err = w.db.In(ws).LinkOf(t.Context(), linkPerson, "p")
		wantCode(t, err, gateway.CodeNotFound)
		_, err = w.box.SubmitPerson(t.Context(), ws, gateway.Person{})
		wantCode(t, err, gateway.CodeInvalid)
	})
}
