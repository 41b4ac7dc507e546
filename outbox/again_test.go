package outbox

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/effect"
	"tidegate/rules/outbound"
	"tidegate/store"
	"tidegate/store/storetest"
)

func (w *world) beginAgain(scope gateway.ReplanScope) (began bool) {
	w.t.Helper()
	total, err := w.box.CountAgain(w.t.Context(), ws, scope)
	must(w.t, err)
	must(w.t, w.db.In(ws).InTx(w.t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		began, err = BeginAgain(ctx, tx, total, scope, "Ada", "ada")
		return err
	}))
	return began
}

func (w *world) asked() gateway.Replan {
	w.t.Helper()
	r, err := w.db.In(ws).Replan(w.t.Context(), gateway.ReplanAsked)
	must(w.t, err)
	return r
}

// parkSome leaves n writes that Salesforce refused, each of its own record.
func (w *world) parkSome(n int) {
	w.t.Helper()
	w.org.script(func(o *org) {
		o.answer = func(gateway.Change) gateway.Delivery { return refuse(gateway.CodeSFValidation, "Title") }
	})
	for i := range n {
		if got := w.deliver(w.submit(i, gateway.Fields{"Title": gateway.Text(fmt.Sprint("T", i))})); got.State != NeedsYou {
			w.t.Fatalf("refused: %+v", got)
		}
	}
	w.org.script(func(o *org) { o.answer = nil })
}

// F-75: with nothing changed, syncing everything again writes nothing and
// moves no version.
func TestSyncingAllAgainWritesNothing_F75(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w, m := noteWorld(t, url)
		w.notes(`"event","note"`)
		w.deliverAll(w.meeting(m))
		w.deliver(w.submit(1, gateway.Fields{"Title": gateway.Text("Buyer")}))
		before, calls := w.record(key(1)).Version, w.org.callCount()
		for _, scope := range []gateway.ReplanScope{{}, {Kind: gateway.KindMeeting}, {Object: "Event"}, {Lines: &gateway.LineScope{State: "done"}}} {
			said, err := w.box.PreviewAgain(t.Context(), ws, scope)
			must(t, err)
			if said.Records() != 0 {
				t.Errorf("%+v would write %+v", scope, said.Lines)
			}
			same(t, "begun", w.beginAgain(scope), true)
			must(t, w.box.Replanner().look(t.Context()))
			w.round()
			got := w.asked()
			same(t, "state", got.State, gateway.ReplanDone)
			same(t, "queued", got.Queued, 0)
			same(t, "looked at", got.Looked, got.Total)
		}
		same(t, "calls", w.org.callCount(), calls)
		same(t, "version", w.record(key(1)).Version, before)
	})
}

// F-74, UX 38: what one cause parked goes out when it is asked for, as the
// preview says; asked for five times it is one, and each is written once though
// the process is killed on the way.
func TestSyncingACauseAgain_F74_UX38(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(replanPage + 20)
		w.parkSome(replanPage + 10)
		w.org.script(func(o *org) {
			o.answer = func(gateway.Change) gateway.Delivery { return refuse(gateway.CodeSFPermission, "Title") }
		})
		other := w.submit(replanPage+15, gateway.Fields{"Title": gateway.Text("no")})
		w.deliver(other)
		w.org.script(func(o *org) { o.answer = nil })

		scope := gateway.ReplanScope{Lines: &gateway.LineScope{Code: string(gateway.CodeSFValidation), State: string(gateway.LogNeedsYou)}}
		said, err := w.box.PreviewAgain(t.Context(), ws, scope)
		must(t, err)
		same(t, "the preview frees", said.Freed, replanPage+10)
		same(t, "the preview writes", said.Updated, map[string]int{"Contact": replanPage + 10})
		same(t, "the preview's calls", said.Calls(), 1)

		began := 0
		for range 5 {
			if w.beginAgain(scope) {
				began++
			}
		}
		same(t, "jobs", began, 1)
		calls := w.org.callCount()
		one := w.box.Replanner()
		worked, err := one.page(t.Context(), ws, gateway.ReplanAsked)
		must(t, err)
		same(t, "a page is done", worked, true)
		same(t, "looked at", w.asked().Looked, replanPage)
		w.restart() // and the hold of the dead process runs out
		w.clock.forward(2 * replanHold)
		must(t, w.box.Replanner().look(t.Context()))
		w.round()
		got := w.asked()
		same(t, "state", got.State, gateway.ReplanDone)
		same(t, "queued", got.Queued, replanPage+10)
		seen := map[string]int{}
		for _, call := range w.org.calls[calls:] {
			for _, c := range call {
				seen[c.Key.ID]++
			}
		}
		for i := range replanPage + 10 {
			same(t, "times that a record was written", seen[key(i).ID], 1)
		}
		same(t, "another cause was left", seen[other.Key.ID], 0)
		parked, _ := w.pending(other.Key)
		same(t, "another cause", parked.State, gateway.StateParked)
	})
}

// UX 38: a paused one does nothing until it goes on; a canceled one never.
func TestSyncingAgainIsPausedAndCanceled_UX38(t *testing.T) {
	w := newWorld(t, sqlite(t))
	w.seed(3)
	w.parkSome(3)
	w.beginAgain(gateway.ReplanScope{Kind: effect.Waiting})
	set := func(act func(context.Context, *store.Tx) (bool, error)) {
		t.Helper()
		must(t, w.db.In(ws).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			did, err := act(ctx, tx)
			same(t, "it was so", did, true)
			return err
		}))
	}
	pause := func(paused bool) func(context.Context, *store.Tx) (bool, error) {
		return func(ctx context.Context, tx *store.Tx) (bool, error) {
			return tx.PauseReplan(ctx, gateway.ReplanAsked, paused)
		}
	}
	set(pause(true))
	must(t, w.box.Replanner().look(t.Context()))
	same(t, "while paused", w.asked().Looked, 0)
	set(pause(false))
	must(t, w.box.Replanner().look(t.Context()))
	same(t, "after going on", w.asked().Queued, 3)
	w.beginAgain(gateway.ReplanScope{})
	set(func(ctx context.Context, tx *store.Tx) (bool, error) {
		return tx.CancelReplan(ctx, gateway.ReplanAsked)
	})
	must(t, w.box.Replanner().look(t.Context()))
	same(t, "canceled", w.asked().State, gateway.ReplanCanceled)
}

// A choice of kind, object and time leaves the others alone.
func TestSyncingAChoiceAgain_UX38(t *testing.T) {
	w := newWorld(t, sqlite(t))
	w.seed(3)
	w.parkSome(3)
	now := w.clock.now()
	for _, one := range []struct {
		scope gateway.ReplanScope
		want  int
	}{
		{gateway.ReplanScope{}, 3},
		{gateway.ReplanScope{Kind: effect.Waiting}, 3},
		{gateway.ReplanScope{Kind: linkPerson}, 0},
		{gateway.ReplanScope{Kind: gateway.KindMeeting}, 0},
		{gateway.ReplanScope{Object: "Contact"}, 3},
		{gateway.ReplanScope{Object: "Lead"}, 0},
		{gateway.ReplanScope{Since: now.Add(-time.Hour)}, 3},
		{gateway.ReplanScope{Since: now.Add(time.Hour)}, 0},
		{gateway.ReplanScope{Until: now.Add(-time.Hour)}, 0},
		{gateway.ReplanScope{Lines: &gateway.LineScope{RecordID: key(1).ID}}, 1},
		{gateway.ReplanScope{Lines: &gateway.LineScope{Rule: "none"}}, 0},
		{gateway.ReplanScope{Lines: &gateway.LineScope{User: "rita", Search: "no:"}}, 3},
	} {
		said, err := w.box.PreviewAgain(t.Context(), ws, one.scope)
		must(t, err)
		same(t, fmt.Sprintf("%+v frees", one.scope), said.Freed, one.want)
	}
}

// F-49: near our share of the org's calls what is synced again waits, behind
// people's edits and what the product tells, which go on; when calls are free
// again, or nobody has looked for a while, it goes out.
func TestWhatIsSyncedAgainKeepsToTheBudget_F49(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w, deal := dealWorld(t, url, "overwrite")
		s := w.inForce()
		s.Objects.UpdateFields, s.Objects.Writeback = map[string]bool{"Opportunity": true, "Contact": true}, map[string]bool{"Opportunity": true, "Contact": true}
		w.saveTab(s, gateway.TabObjects)
		w.seed(1)
		w.meeting(told("m1", 0, pains("It takes a day.")))
		w.settleAll()
		w.meeting(told("m2", 1, pains("Legal is slow.")))
		w.settleAll()
		w.summarize(true)
		w.beginAgain(gateway.ReplanScope{})
		must(t, w.box.Replanner().look(t.Context()))
		c, waits := w.pending(deal)
		same(t, "planned again", waits && c.Lane == outbound.LaneAgain, true)

		must(t, w.db.In(ws).SetAPIUse(t.Context(), "c-demo", 6900, 10_000)) // the reserve is 20 %
		r := w.submit(0, gateway.Fields{"Title": `"CEO"`})
		w.meeting(told("m3", 2, nil))
		w.round()
		same(t, "a person's edit", w.line(r.LogID).State, gateway.LogDone)
		same(t, "the meeting told meanwhile", w.writing("m3", "event").Key.ID != "", true)
		if _, waits = w.pending(deal); !waits {
			t.Fatal("what is synced again was sent though calls are scarce")
		}
		must(t, w.db.In(ws).SetAPIUse(t.Context(), "c-demo", 5000, 10_000))
		w.round()
		if _, waits = w.pending(deal); waits {
			t.Error("it waits though calls are free")
		}
		same(t, "the deal", w.org.get(deal.ID)["Pain__c"], gateway.Text("Legal is slow.\nIt takes a day."))
	})
}
