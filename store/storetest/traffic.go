package storetest

import (
	"context"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// traffic proves that what is counted is what history and log hold, whether it
// was kept already or not, and however often it is kept (UX 11).
func traffic(t *testing.T, s *suite) {
	w, other := s.workspace(t), s.db.In("traffic-other")
	// Ids never go back, and something may have drawn them from a later clock.
	tx(t, other, func(_ context.Context, tx *store.Tx) error {
		s.clock.Advance(max(0, time.UnixMicro(tx.NewID()>>12+1577836800_000000).Sub(s.clock.Now())))
		return nil
	})
	s.clock.Advance(s.clock.Now().Truncate(store.TrafficStep).Add(store.TrafficStep).Sub(s.clock.Now()))
	begin := s.clock.Now()
	happen := func(w *store.Workspace, in int, states ...gateway.LogState) (ids []int64) {
		t.Helper()
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.AppendHistory(ctx, make([]gateway.HistoryEntry, in)); err != nil {
				return err
			}
			lines := make([]gateway.LogEntry, len(states))
			for i, state := range states {
				lines[i] = gateway.LogEntry{Direction: "out", State: state}
			}
			var err error
			ids, err = tx.AppendLog(ctx, lines)
			return err
		})
		return ids
	}
	keep := func(calls int) {
		t.Helper()
		tx(t, w, func(ctx context.Context, tx *store.Tx) error { return tx.KeepTraffic(ctx, calls) })
	}
	holds := func(when string, want ...gateway.Traffic) {
		t.Helper()
		got, err := w.Traffic(t.Context(), begin, s.clock.Now().Add(time.Second))
		ok(t, err)
		busy := got[:0:0]
		for _, g := range got {
			if g.In+g.Out+g.Failed > 0 {
				busy = append(busy, gateway.Traffic{At: g.At, In: g.In, Out: g.Out, Failed: g.Failed, Calls: 0})
			}
		}
		if len(busy) != len(want) {
			t.Fatalf("%s: %+v, want %+v", when, busy, want)
		}
		for i := range want {
			if !busy[i].At.Equal(want[i].At) || busy[i].In != want[i].In || busy[i].Out != want[i].Out || busy[i].Failed != want[i].Failed {
				t.Errorf("%s: step %d is %+v, want %+v", when, i, busy[i], want[i])
			}
		}
	}

	ids := happen(w, 3, gateway.LogDone, gateway.LogWaiting, gateway.LogNeedsYou, gateway.LogSkipped)
	happen(other, 7, gateway.LogDone)
	first := gateway.Traffic{At: begin, In: 3, Out: 1, Failed: 1}
	holds("not kept yet", first)
	keep(10)
	holds("kept too early", first)
	s.clock.Advance(2*store.TrafficStep + time.Minute)
	keep(20)
	keep(30)
	holds("kept", first)

	tx(t, w, func(ctx context.Context, tx *store.Tx) error { // Salesforce took what waited
		return tx.UpdateLog(ctx, gateway.LogEntry{ID: ids[1], Direction: "out", State: gateway.LogDone})
	})
	happen(w, 2)
	second := gateway.Traffic{At: begin.Add(2 * store.TrafficStep), In: 2}
	s.clock.Advance(store.TrafficStep + time.Minute)
	keep(40)
	first.Out = 2
	holds("counted once more", first, second)

	got, err := w.Traffic(t.Context(), begin, s.clock.Now())
	ok(t, err)
	if n := len(got); got[n-1].Calls != 40 && got[n-2].Calls != 40 {
		t.Errorf("the API use is lost: %+v", got)
	}
	s.clock.Advance(store.TrafficKept + 3*24*time.Hour)
	for range 40 { // a round counts a day
		keep(50)
	}
	holds("forgotten")
}
