package outbox

import (
	"context"
	"sync"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/conflict"
	"tidegate/rules/inbound"
	"tidegate/store"
	"tidegate/store/storetest"
)

// clash makes Salesforce and us change the title of a contact whose rule is
// "ask", and returns the waiting line.
func (w *world) clash(n int, theirs, ours string) int64 {
	w.t.Helper()
	r := w.submit(n, gateway.Fields{"Title": gateway.Text(ours)})
	w.meet(n, theirs)
	return r.LogID
}

// meet brings a change of the title from Salesforce, as the way in does, to a
// field whose rule is "ask".
func (w *world) meet(n int, theirs string) { w.meets(n, theirs, gateway.WinnerAsk) }

func (w *world) meets(n int, theirs string, winner gateway.Winner) {
	w.t.Helper()
	must(w.t, w.db.In(ws).InTx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		record, pending, err := load(ctx, tx, key(n))
		if err != nil {
			return err
		}
		at := record.Version
		at.CommitAt, at.CommitNumber = at.CommitAt+1000, at.CommitNumber+1
		d := inbound.Decide(inbound.Input{
			Current: &record, RecordID: key(n).ID, Pending: pending, Now: tx.Now(),
			Event:  gateway.ChangeEvent{Object: "Contact", RecordIDs: []string{key(n).ID}, Type: gateway.Update, Fields: gateway.Fields{"Title": gateway.Text(theirs)}, Version: at, User: "005"},
			Winner: func(string) gateway.Winner { return winner },
		})
		if err := tx.SaveRecords(ctx, []gateway.Record{d.Record}); err != nil {
			return err
		}
		if err := tx.SaveConflicts(ctx, d.Conflicts); err != nil {
			return err
		}
		return tx.SaveChange(ctx, *d.Pending)
	}))
}

func (w *world) answer(n int, choice gateway.Choice, sawTheirs, sawOurs string) Answer {
	return Answer{
		Key: key(n), Why: "as agreed", By: gateway.Cause{Kind: "conflict", By: "m1", Name: "Ada"}, Rule: choice != gateway.ChoiceOther,
		Answer: conflict.Answer{Field: "Title", Choice: choice, Other: gateway.Text("third"), SawTheirs: gateway.Text(sawTheirs), SawOurs: gateway.Text(sawOurs)},
	}
}

// M9: a choice ends the conflict, keeps who and why, becomes the rule where
// asked, and the org has what was chosen.
func TestChoiceEndsTheConflict_M9(t *testing.T) {
	tests := []struct {
		choice gateway.Choice
		title  string
		winner gateway.Winner // after it
	}{
		{gateway.ChoiceOther, "third", gateway.WinnerNone},
		{gateway.ChoiceTheirs, "theirs", gateway.WinnerSalesforce},
		{gateway.ChoiceOurs, "ours", gateway.WinnerProduct},
	}
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(len(tests))
		for n, wanted := range tests {
			choice := wanted.choice
			line := w.clash(n, "theirs", "ours")
			w.org.put(key(n).ID, gateway.Fields{"Title": gateway.Text("theirs")})
			open, err := w.db.In(ws).Asking(t.Context(), 10)
			must(t, err)
			if len(open) != 1 || open[0].LogID != line {
				t.Fatalf("open %+v", open)
			}
			r, err := w.box.Answer(t.Context(), ws, w.answer(n, choice, "theirs", "ours"))
			must(t, err)
			w.deliver(r)
			if got := w.org.get(key(n).ID)["Title"]; got != gateway.Text(wanted.title) {
				t.Errorf("%s: the org has %s", choice, got)
			}
			list, err := w.db.In(ws).ConflictList(t.Context(), store.ConflictQuery{RecordID: key(n).ID})
			must(t, err)
			if len(list) != 1 || list[0].End.Choice != choice || list[0].End.By != "Ada" || list[0].End.Why != "as agreed" ||
				list[0].Theirs != gateway.Text("theirs") || list[0].Ours != gateway.Text("ours") || list[0].End.Value != gateway.Text(wanted.title) {
				t.Errorf("%s: kept %+v", choice, list)
			}
			mappings, err := w.db.In(ws).Mappings(t.Context(), "Contact")
			must(t, err)
			for _, m := range mappings {
				if m.Field == "Title" && m.Winner != wanted.winner {
					t.Errorf("%s: the rule is %q", choice, m.Winner)
				}
			}
			counts, err := w.db.In(ws).CountConflicts(t.Context(), store.ConflictQuery{Object: "Contact", Field: "Title", Since: w.clock.now().Add(-time.Hour)})
			must(t, err)
			if counts.People() != n+1 || counts.ByChoice[choice] != 1 {
				t.Errorf("counts %+v", counts)
			}
			if open, _ = w.db.In(ws).Asking(t.Context(), 10); len(open) != 0 {
				t.Errorf("%s: still open %+v", choice, open)
			}
		}
	})
}

// Two people decide at once, and Salesforce changes the value meanwhile: one
// choice holds, the others are told.
func TestConflictIsDecidedOnce_M9(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(2)
		w.clash(0, "theirs", "ours")
		errs := make([]error, 4)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() {
				choice := []gateway.Choice{gateway.ChoiceTheirs, gateway.ChoiceOurs}[i%2]
				_, errs[i] = w.box.Answer(t.Context(), ws, w.answer(0, choice, "theirs", "ours"))
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			switch {
			case err == nil:
				won++
			case gateway.CodeOf(err) != gateway.CodeConflict:
				t.Errorf("unexpected %v", err)
			}
		}
		if won != 1 {
			t.Errorf("%d choices held: %v", won, errs)
		}

		w.clash(1, "theirs", "ours")
		w.meet(1, "newer")
		if _, err := w.box.Answer(t.Context(), ws, w.answer(1, gateway.ChoiceOurs, "theirs", "ours")); gateway.CodeOf(err) != gateway.CodeConflict {
			t.Errorf("an answer to old values: %v", err)
		}
		if _, err := w.box.Answer(t.Context(), ws, w.answer(1, gateway.ChoiceOurs, "newer", "ours")); err != nil {
			t.Error(err)
		}
		list, err := w.db.In(ws).ConflictList(t.Context(), store.ConflictQuery{RecordID: key(1).ID})
		must(t, err)
		if len(list) != 2 || list[0].End.Choice != gateway.ChoiceOurs || list[1].End.Choice != gateway.ChoiceOurs {
			t.Errorf("both questions are answered: %+v", list)
		}
	})
}

// A value that comes from Salesforce while ours is on its way is not
// overwritten by the next attempt, if the field's rule says otherwise.
func TestValueThatCameDuringACallThatFailedIsNotOverwritten(t *testing.T) {
	tests := []struct {
		winner gateway.Winner
		title  string // in Salesforce, in the end
		asks   bool
		state  gateway.LogState
	}{
		{gateway.WinnerAsk, "theirs", true, gateway.LogNeedsYou},
		{gateway.WinnerSalesforce, "theirs", false, gateway.LogSkipped},
		{gateway.WinnerProduct, "ours", false, gateway.LogDone},
	}
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(len(tests))
		for n, tt := range tests {
			r := w.submit(n, gateway.Fields{"Title": gateway.Text("ours"), "Phone": gateway.Text("1")})
			w.org.script(func(o *org) {
				o.answer = func(gateway.Change) gateway.Delivery {
					return gateway.Delivery{Err: gateway.Errorf(gateway.CodeSFDown, "down")}
				}
				o.during = func(context.Context) {
					w.org.script(func(o *org) { o.during = nil })
					w.org.put(key(n).ID, gateway.Fields{"Title": gateway.Text("theirs")})
					w.meets(n, "theirs", tt.winner)
				}
			})
			w.deliver(r)
			w.org.script(func(o *org) { o.answer = nil })
			w.clock.forward(10 * time.Minute)
			w.round()
			same(t, string(tt.winner)+": title", w.org.get(key(n).ID)["Title"], gateway.Text(tt.title))
			page, err := w.db.In(ws).Log(t.Context(), store.LogQuery{Direction: "out", State: string(tt.state), RecordID: key(n).ID})
			must(t, err)
			same(t, string(tt.winner)+": lines", len(page.Entries) > 0, true)
			_, pending, err := w.db.In(ws).Pending(t.Context(), key(n))
			must(t, err)
			same(t, string(tt.winner)+": waits", pending, tt.asks)
			if !tt.asks {
				same(t, string(tt.winner)+": the other field", w.org.get(key(n).ID)["Phone"], gateway.Text("1"))
			}
		}
	})
}
