package store

import (
	"context"
	"path/filepath"
	"testing"

	"tidegate/gateway"
)

// TestCountOfManyHoldsAWhile: a long list is not counted for every look at it,
// and is counted again afterwards; a short one is counted each time.
func TestCountOfManyHoldsAWhile(t *testing.T) {
	db, err := Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "store.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := db.In("w")
	total := func() int {
		t.Helper()
		page, err := w.Records(t.Context(), RecordQuery{Object: "Contact", Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		return page.Total
	}
	here := 0
	add := func(n int, deleted bool) {
		t.Helper()
		err := w.InTx(t.Context(), func(ctx context.Context, tx *Tx) error {
			records := benchMany(here, n)
			for i := range records {
				records[i].Deleted = deleted
			}
			return tx.SaveRecords(ctx, records)
		})
		if err != nil {
			t.Fatal(err)
		}
		here += n
	}
	for range 2 {
		add(3, false)
		add(1, true)
		if got := total(); got != here/4*3 {
			t.Errorf("%d of a few, want %d", got, here/4*3)
		}
	}
	add(many, false)
	first := total()
	held := db.counts.of[counted{"w", "Contact"}]
	if first != many+6 || held.n != first || !held.until.After(db.now().AddDate(0, 0, -1)) {
		t.Fatalf("%d of many, held %+v", first, held)
	}
	add(1, false)
	held.until = held.until.AddDate(1, 0, 0)
	db.counts.of[counted{"w", "Contact"}] = held
	if got := total(); got != first {
		t.Errorf("%d while the count holds, want %d", got, first)
	}
	// Afterwards it is counted behind the back of whoever looks, and later before he
	// is answered.
	held.until, held.stale = held.until.AddDate(-2, 0, 0), held.stale.AddDate(1, 0, 0)
	db.counts.of[counted{"w", "Contact"}] = held
	if got := total(); got != first {
		t.Errorf("%d while it is counted, want %d", got, first)
	}
	db.counts.open.Wait()
	if got := db.counts.of[counted{"w", "Contact"}]; got.n != first+1 || got.anew {
		t.Errorf("counted %+v, want %d", got, first+1)
	}
	add(1, false)
	held.stale = held.until
	db.counts.of[counted{"w", "Contact"}] = held
	if got := total(); got != first+2 {
		t.Errorf("%d afterwards, want %d", got, first+2)
	}
}

func benchMany(from, n int) []gateway.Record {
	out := make([]gateway.Record, n)
	for i := range out {
		out[i] = benchRecord(from + i)
	}
	return out
}
