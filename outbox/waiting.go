package outbox

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/effect"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// waitingEdits is the source of what waits in the outbox already: what the
// settings no longer allow is parked, what they allow again goes out.
type waitingEdits struct {
	o *Outbox
	// retry also tries parked ones again that can succeed, because a person
	// asked for it.
	retry bool
}

func (waitingEdits) kind() string { return effect.Waiting }

func (waitingEdits) count(ctx context.Context, w *store.Workspace) (int, error) {
	counts, err := w.PendingByObject(ctx)
	return total(counts), err
}

// The id of an entry is its object and record id.
func entryID(key gateway.RecordKey) string { return key.Object + "/" + key.ID }

func (s waitingEdits) page(ctx context.Context, w *store.Workspace, after string, n int) ([]thing, error) {
	object, id, _ := strings.Cut(after, "/")
	changes, err := w.Changes(ctx, gateway.RecordKey{Object: object, ID: id}, n)
	if err != nil {
		return nil, err
	}
	return s.of(ctx, w, changes)
}

// of makes things of entries.
func (s waitingEdits) of(ctx context.Context, w *store.Workspace, changes []gateway.Change) ([]thing, error) {
	keys := make([]gateway.RecordKey, len(changes))
	for i, c := range changes {
		keys[i] = c.Key
	}
	records, err := w.RecordsOf(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := make([]thing, len(changes))
	for i, c := range changes {
		record, here := records[c.Key]
		if !here {
			record = gateway.Record{Key: c.Key}
		}
		out[i] = thing{id: entryID(c.Key), at: c.EnqueuedAt, what: c.Key, plan: func(t Terms, _ func(gateway.RecordKey) (*gateway.Change, bool), now time.Time) ([]effect.Planned, error) {
			planned := effect.Planned{Kind: effect.Waiting, ID: entryID(c.Key), Record: record, Was: &c}
			if next, changed := s.next(t.rights(c.Key.Object), c, record, now); changed {
				planned.Plan.Change = &next
			}
			return []effect.Planned{planned}, nil
		}}
	}
	return out, nil
}

// next is what becomes of an entry.
func (s waitingEdits) next(r rights, c gateway.Change, record gateway.Record, now time.Time) (gateway.Change, bool) {
	if next, changed := reconsider(r, c, now); changed || !s.retry || c.State != gateway.StateParked {
		return next, changed
	}
	return retried(c, record, r.writableFor(c.Cause), now)
}

func reconsider(r rights, c gateway.Change, now time.Time) (gateway.Change, bool) {
	writable := r.writable
	if c.Cause.Kind == linkPerson {
		writable = r.told
	}
	return outbound.Reconsider(c, writable, r.refused, r.label, now)
}

func (s waitingEdits) again(ctx context.Context, ws gateway.WorkspaceID, t thing, _ gateway.Cause) (bool, error) {
	key := t.what.(gateway.RecordKey)
	r, err := s.o.rights(ctx, ws, key.Object)
	if err != nil {
		return false, err
	}
	changed := false
	err = s.o.db.In(ws).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		record, pending, err := load(ctx, tx, key)
		if err != nil || pending == nil {
			return err
		}
		var next gateway.Change
		if next, changed = s.next(r, *pending, record, tx.Now()); !changed {
			return nil
		}
		line := outbound.Line(next, record, r.label)
		if err := writeLine(ctx, tx, &line); err != nil {
			return fmt.Errorf("writing down what became of a waiting edit: %w", err)
		}
		return tx.SaveChange(ctx, next)
	})
	if err == nil && changed {
		s.o.opts.Announce(ctx, ws, []gateway.RecordKey{key})
		s.o.Wake()
	}
	return changed, err
}

func total(counts map[string]store.PendingCounts) int {
	n := 0
	for _, c := range counts {
		n += c.Waiting + c.Parked
	}
	return n
}
