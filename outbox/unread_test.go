package outbox

import (
	"testing"

	"tidegate/gateway"
	"tidegate/store/storetest"
)

// reading says how far an object is read.
func (w *world) reading(object string, done bool) {
	w.t.Helper()
	_, err := w.db.In(ws).EditBackfill(w.t.Context(), object, func(b gateway.Backfill, _ bool) (gateway.Backfill, error) {
		b.Object, b.State, b.Complete = object, gateway.BackfillRunning, done
		if done {
			b.State = gateway.BackfillDone
		}
		return b, nil
	})
	must(w.t, err)
}

// DEM-04, AIM-24: while an added object is read for the first time no record of
// it is made that may be there already; what waits goes on by itself.
func TestNoCustomRecordIsMadeTwiceWhileItsObjectIsRead_DEM04(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := risks(t, url)
		w.saveTab(w.riskOn(true, true), gateway.TabObjects)
		for _, object := range []string{"Account", "Contact", "Lead"} {
			w.reading(object, true)
		}
		w.reading("Risk__c", false)
		w.deliverAll(w.risk("there", "high"))
		w.deliverAll(w.risk("new", "high"))
		w.revisit()
		same(t, "calls while it is read", w.org.callCount(), 0)
		if got := w.riskOf("there"); got.Key.ID != "" || got.Omitted == "" {
			t.Errorf("writing %+v", got)
		}
		counts, err := w.db.In(ws).CountUndecided(t.Context())
		must(t, err)
		same(t, "who waits", counts, map[gateway.UndecidedState]int{gateway.UndecidedReading: 2})

		there := gateway.RecordKey{Object: "Risk__c", ID: "a01550000000001AAA"}
		w.mirror(gateway.Record{Key: there, Fields: gateway.Fields{"Key__c": `"there"`, "Level__c": `"low"`}})
		w.reading("Risk__c", true)
		w.revisit()
		w.settleAll()
		same(t, "the one that was there", w.riskOf("there").Key, there)
		same(t, "is updated", w.org.get(there.ID)["Level__c"], gateway.Value(`"high"`))
		same(t, "none beside it", w.org.madeFor(gateway.LocalID(ws, "custom:risk", "there", "record:Risk__c")), 0)
		same(t, "the new one", w.org.madeFor(gateway.LocalID(ws, "custom:risk", "new", "record:Risk__c")), 1)
		counts, err = w.db.In(ws).CountUndecided(t.Context())
		must(t, err)
		same(t, "who waits in the end", len(counts), 0)
		same(t, "idle", w.idle(), true)
	})
}

// AVC-11, AVC-12: with another activity object people wait for that one.
func TestNobodyIsMadeTwiceWhileTheActivityObjectIsRead_AVC12(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		must(t, w.db.In(ws).SaveSchemas(t.Context(), []gateway.Schema{agentSchema("Guest__c", "Name", "Mobile_Number__c")}))
		s := w.inForce()
		s.Contacts.ActivityObject, s.Contacts.PhoneField = "Guest__c", "Mobile_Number__c"
		s.Objects.Added, s.Objects.Writeback["Guest__c"], s.Objects.CreateMissing["Guest__c"] = []string{"Guest__c"}, true, true
		w.saveTab(s, gateway.TabContacts)
		w.saveTab(s, gateway.TabObjects)
		for _, object := range []string{"Account", "Contact", "Lead"} {
			w.reading(object, true)
		}
		w.reading("Guest__c", false)
		bo := gateway.Person{ExternalID: "bo", MobilePhone: "+12025550111", LastName: "Berg"}
		w.deliver(w.person(bo))
		same(t, "calls while it is read", w.org.callCount(), 0)
		there := gateway.RecordKey{Object: "Guest__c", ID: "a00000000000001AAA"}
		w.mirror(gateway.Record{Key: there, Fields: gateway.Fields{"Name": gateway.Text("Bo"), "Mobile_Number__c": gateway.Text("(202) 555-0111")}})
		w.reading("Guest__c", true)
		w.revisit()
		w.settleAll()
		same(t, "who he is", w.link("bo").Key, there)
		same(t, "made", w.org.madeFor("local:bo"), 0)
	})
}
