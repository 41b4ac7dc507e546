package outbox

import (
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// risks is a world in which records of the kind risk fill fields of Risk__c.
func risks(t *testing.T, url string) *world {
	w := newWorld(t, url)
	s := gateway.Schema{Object: "Risk__c", Label: "Risk", Createable: true, Updateable: true, Deletable: true}
	for name, source := range map[string]string{"Level__c": "custom.risk.level", "Key__c": "custom.risk:id", "Contact__c": "custom.risk:person"} {
		f := gateway.Field{Name: name, Label: name, Type: "string", Length: 80, Createable: true, Updateable: true, Nillable: true, ExternalID: name == "Key__c"}
		if name == "Contact__c" {
			f.Type, f.ReferenceTo = gateway.TypeReference, []string{"Contact"}
		}
		s.Fields = append(s.Fields, f)
		must(t, w.db.In(ws).SaveMapping(t.Context(), gateway.Mapping{Object: "Risk__c", Field: name, Source: source, Editable: true, Imported: true}))
	}
	must(t, w.db.In(ws).SaveSchemas(t.Context(), []gateway.Schema{s}))
	return w
}

// riskOn switches the object on, as an admin does.
func (w *world) riskOn(create, update bool) gateway.Settings {
	s := w.inForce()
	s.Objects.Added = []string{"Risk__c"}
	s.Objects.Writeback = map[string]bool{"Contact": true, "Risk__c": true}
	s.Objects.CreateMissing = map[string]bool{"Contact": true, "Risk__c": create}
	s.Objects.UpdateFields = map[string]bool{"Contact": true, "Risk__c": update}
	return s
}

func (w *world) risk(id, level string) []Receipt {
	w.t.Helper()
	r, err := w.box.SubmitCustom(w.t.Context(), ws, gateway.CustomRecord{Kind: "risk", ExternalID: id, Person: "p1", Properties: gateway.Fields{"level": gateway.Text(level)}})
	must(w.t, err)
	return r
}

func (w *world) riskOf(id string) gateway.Writing {
	w.t.Helper()
	all, err := w.db.In(ws).Writings(w.t.Context(), "custom:risk", id)
	must(w.t, err)
	return byPart(all)["record:Risk__c"]
}

// DEM-04, DEM-28: a record of the product's own kind is one record of its object
// for its whole life, in one call each time something changes; its lookup waits
// for the person, and what was found by its key is taken instead of made.
func TestCustomRecordIsOneRecordOfItsObject(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := risks(t, url)
		w.saveTab(w.riskOn(true, true), gateway.TabObjects)
		w.deliverAll(w.risk("r-1", "high"))
		made := w.riskOf("r-1").Key
		same(t, "fields", w.org.get(made.ID), gateway.Fields{"Level__c": `"high"`, "Key__c": `"r-1"`})
		calls := w.org.callCount()
		same(t, "calls", calls, 1)
		w.deliverAll(w.risk("r-1", "high"))
		same(t, "the same again", w.org.callCount(), calls)
		w.deliverAll(w.risk("r-1", "low"))
		same(t, "changed", w.org.get(made.ID)["Level__c"], gateway.Value(`"low"`))
		same(t, "records made", w.org.madeFor(gateway.LocalID(ws, "custom:risk", "r-1", "record:Risk__c")), 1)

		w.deliver(w.person(gateway.Person{ExternalID: "p1", LastName: "Lee", Email: ann}))
		w.revisit()
		same(t, "whom it is about, once he is known", w.org.get(made.ID)["Contact__c"], gateway.Text(w.linkOf(linkPerson, "p1").Key.ID))

		there := gateway.RecordKey{Object: "Risk__c", ID: "a01550000000001AAA"}
		w.mirror(gateway.Record{Key: there, Fields: gateway.Fields{"Key__c": `"r-2"`, "Level__c": `"low"`}})
		w.deliverAll(w.risk("r-2", "high"))
		same(t, "found by its key", w.riskOf("r-2").Key, there)
		same(t, "and updated", w.org.get(there.ID)["Level__c"], gateway.Value(`"high"`))
		same(t, "none made", w.org.madeFor(gateway.LocalID(ws, "custom:risk", "r-2", "record:Risk__c")), 0)

		kinds, err := w.db.In(ws).CustomKinds(t.Context())
		must(t, err)
		same(t, "what is known of the kind", kinds, []gateway.CustomKind{{Kind: "risk", Properties: []gateway.CustomProperty{{Name: "level", Holds: "text"}}}})
	})
}

// F-51: whatever is lost on the way, it is made once.
func TestCustomRecordIsMadeOnceThoughTheAnswerIsLost(t *testing.T) {
	w := risks(t, sqlite(t))
	w.saveTab(w.riskOn(true, true), gateway.TabObjects)
	w.org.script(func(o *org) {
		lost := false
		o.lose = func() bool { defer func() { lost = true }(); return !lost }
	})
	_, err := w.box.DeliverAll(t.Context(), ws, w.risk("r-1", "high"))
	must(t, err)
	w.restart()
	w.risk("r-1", "high")
	w.settleAll()
	same(t, "made", w.org.madeFor(gateway.LocalID(ws, "custom:risk", "r-1", "record:Risk__c")), 1)
	same(t, "numbered", w.riskOf("r-1").Key.Local(), false)
}

// F-51: records of the product that say the same, without an external id field
// to tell them apart, become one record each: what an equal one became is not
// taken for the one whose answer was lost.
func TestEqualCustomRecordsAreNotTakenForEachOther_F51(t *testing.T) {
	w := risks(t, sqlite(t))
	must(t, w.db.In(ws).SaveMapping(t.Context(), gateway.Mapping{Object: "Risk__c", Field: "Key__c", Imported: true}))
	w.saveTab(w.riskOn(true, true), gateway.TabObjects)
	w.deliverAll(w.risk("r-1", "high"))
	first := w.riskOf("r-1").Key
	w.org.script(func(o *org) {
		o.alike = func(gateway.Change) (all []string) { // as Salesforce finds by value, oldest first
			for n := 1; n <= o.next; n++ {
				all = append(all, key(900_000+n).ID)
			}
			return all
		}
		lost := false
		o.lose = func() bool { defer func() { lost = true }(); return !lost }
	})
	w.risk("r-2", "high")
	w.risk("r-3", "high")
	w.settleAll()
	same(t, "the first is another", w.riskOf("r-1").Key, first)
	keys := map[string]bool{first.ID: true, w.riskOf("r-2").Key.ID: true, w.riskOf("r-3").Key.ID: true}
	same(t, "records that they became", len(keys), 3)
	same(t, "records in the org", w.org.next, 3)
	same(t, "idle", w.idle(), true)
}

// UX-13, M5: the review of a change says what then happens to custom records, the
// backtest what it would have made of them; and what was made is taken back.
func TestCustomRecordsArePreviewedBacktestedAndUndone_M4(t *testing.T) {
	w := risks(t, sqlite(t))
	for _, id := range []string{"r-1", "r-2", "r-3"} {
		w.risk(id, "high")
	}
	if w.riskOf("r-1").Key.ID != "" {
		t.Fatal("written before the object took part")
	}
	s := w.riskOn(true, true)
	then, err := w.box.Backtest(t.Context(), ws, &Proposal{Settings: s}, false)
	must(t, err)
	same(t, "backtest: things that differ", then.Things, 3)
	calls := w.org.callCount()
	said, made := w.propose(t, s, gateway.TabObjects)
	saw(t, said, made, map[string]int{"create Risk__c": 3})
	same(t, "calls for all three", w.org.callCount()-calls, 1)
	all, err := w.db.In(ws).Writings(t.Context(), "custom:risk", "r-1")
	must(t, err)
	if _, still := byPart(all)["all"]; still {
		t.Error("it still says why nothing was written")
	}
	line := w.line(w.riskOf("r-1").LogID)
	if line.Cause.Kind != "custom:risk" || line.Cause.Ref != "r-1" || !strings.Contains(line.Cause.Rule, "Record of the kind “risk”") {
		t.Errorf("why: %+v", line.Cause)
	}
	w.deliverAll(w.risk("r-1", "low"))
	scope := UndoScope{Lines: store.LogQuery{Kind: "custom:risk", Ref: "r-1"}}
	done, err := w.box.Undo(t.Context(), ws, scope, gateway.Cause{Rule: "Undo", Ref: "r-1", By: "m", Name: "Ada"})
	must(t, err)
	for _, r := range done.Receipts {
		w.deliver(r)
	}
	same(t, "values undone", done.Values, 1)
	same(t, "the level as it was", w.org.get(w.riskOf("r-1").Key.ID)["Level__c"], gateway.Value(`"high"`))
}
