package streaming

import (
	"context"
	"fmt"
	"time"

	"tidegate/gateway"
	"tidegate/rules/inbound"
	"tidegate/store"
)

// Snapshot commits rows of a first reading. It does what Apply does of a batch
// of the same readings: but a row of which nothing is here, nor any wish about
// it, needs no weighing, and is written with thousands of others at once. The
// few that the stream brought meanwhile are weighed one by one (F-06). b is for
// the rest of the transaction; it has no events of its own.
func (a *Applier) Snapshot(ctx context.Context, t *gateway.Table, b Batch) (Applied, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	done, err := a.snapshot(ctx, t, b, false)
	if err != nil && gateway.CodeOf(err) == gateway.CodeConflict {
		// Somebody made one of the records since we looked: a create of ours was
		// settled, say. Weighed, they find each other.
		done, err = a.snapshot(ctx, t, b, true)
	}
	if err != nil {
		return Applied{}, fmt.Errorf("storing %d rows of %s: %w", len(t.Rows), t.Object, err)
	}
	a.Metrics.count(done.counts, done.lags)
	return done, nil
}

func (a *Applier) snapshot(ctx context.Context, t *gateway.Table, b Batch, weighAll bool) (Applied, error) {
	var f *fold
	fresh := make([]int, 0, len(t.Rows))
	err := a.Store.InSnapshotTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// Afresh, because InTx may run this again.
		batch := b
		batch.Events, fresh = nil, fresh[:0]
		known, err := a.known(ctx, tx, t, weighAll)
		if err != nil {
			return err
		}
		for i := range t.Rows {
			if weighAll || known[t.Rows[i].ID] {
				batch.Events = append(batch.Events, t.Event(i))
			} else {
				fresh = append(fresh, i)
			}
		}
		if len(fresh) > 0 {
			if err := tx.InsertSnapshot(ctx, store.Snapshot{Table: t, Rows: fresh, First: first(t, tx.Now())}); err != nil {
				return err
			}
		}
		f = newFold(a, tx, batch)
		f.counts[countKey{t.Object, gateway.Snapshot, gateway.OutcomeApplied}] += len(fresh)
		return f.run(ctx)
	})
	if err != nil {
		return Applied{}, err
	}
	return f.applied(), nil
}

func (a *Applier) known(ctx context.Context, tx *store.Tx, t *gateway.Table, weighAll bool) (map[string]bool, error) {
	if weighAll {
		return nil, nil
	}
	ids := make([]string, len(t.Rows))
	for i := range t.Rows {
		ids[i] = t.Rows[i].ID
	}
	return tx.Known(ctx, t.Object, ids)
}

// first gives the record that a first reading makes of a row, without its
// fields.
func first(t *gateway.Table, now time.Time) func(row int) gateway.Record {
	return func(row int) gateway.Record {
		r := &t.Rows[row]
		e := gateway.ChangeEvent{Object: t.Object, Type: gateway.Snapshot, Version: gateway.Version{CommitAt: r.CommitAt}}
		if r.Deleted {
			e.Type = gateway.Delete
		}
		return inbound.First(e, r.ID, now)
	}
}
