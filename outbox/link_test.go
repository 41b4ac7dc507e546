package outbox

import (
	"context"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// F-40: what waits for a lead that is known to be converted is parked without a
// call, and the record is asked for, so that the entry goes on to the contact.
func TestConvertedLeadIsNeverSent(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		lead := gateway.RecordKey{Object: "Lead", ID: "00Q000000000001AAA"}
		w.mirror(gateway.Record{Key: lead, Fields: gateway.Fields{"LastName": `"Ray"`, "IsConverted": gateway.Bool(true)}})
		must(t, w.db.In(ws).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			ids, err := tx.AppendLog(ctx, []gateway.LogEntry{{Direction: "out", Key: lead, State: gateway.LogWaiting}})
			if err != nil {
				return err
			}
			return tx.SaveChange(ctx, gateway.Change{
				Key: lead, Op: gateway.OpUpdate, Fields: gateway.Fields{"Title": `"x"`}, Base: gateway.Fields{}, Edit: 1,
				State: gateway.StateWaiting, DueAt: tx.Now(), LogID: ids[0],
			})
		}))
		w.clock.forward(time.Second)
		w.round()
		same(t, "calls", w.org.callCount(), 0)
		left, there := w.pending(lead)
		if !there || left.State != gateway.StateParked || left.Problem.Code != string(gateway.CodeSFConverted) {
			t.Errorf("entry %v %+v", there, left)
		}
		marked, err := w.db.In(ws).Refetches(t.Context(), 10)
		must(t, err)
		if len(marked) != 1 || marked[0] != lead {
			t.Errorf("marked %v", marked)
		}
	})
}

// F-61, AVC-10: a rule matches again what is broken, but never what a person
// decided, and never while the link holds.
func TestDecisionOfAPersonIsNotMatchedAgain(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(2)
		w.mirror(gateway.Record{Key: key(0), Fields: gateway.Fields{"LastName": `"A"`, "Email": `"ann@example.com"`}})
		for name, tt := range map[string]struct {
			link  gateway.Link
			state string
			to    gateway.RecordKey
		}{
			"broken":              {gateway.Link{Key: key(9), Broken: "gone"}, Waiting, key(0)},
			"broken and pinned":   {gateway.Link{Key: key(9), Broken: "gone", Pinned: true}, NeedsYou, key(9)},
			"cut":                 {gateway.Link{Pinned: true, Reason: "unlinked by Ann"}, Unchanged, gateway.RecordKey{}},
			"holds, other e-mail": {gateway.Link{Key: key(1), Reason: "matched by email old@example.com"}, Waiting, key(1)},
		} {
			t.Run(name, func(t *testing.T) {
				tt.link.Kind, tt.link.ExternalID = linkPerson, name
				must(t, w.db.In(ws).SaveLink(t.Context(), tt.link))
				r := w.person(gateway.Person{ExternalID: name, Email: "ann@example.com", Title: "Title of " + name})
				same(t, "state", r.State, tt.state)
				got, err := w.db.In(ws).LinkOf(t.Context(), linkPerson, name)
				must(t, err)
				same(t, "link", got.Key, tt.to)
			})
		}
	})
}
