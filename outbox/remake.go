package outbox

import (
	"context"
	"strconv"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/rules/undo"
	"tidegate/store"
)

// remadeKey is the record by which a removal is taken back: always the same, so
// that it is made once.
func remadeKey(ws gateway.WorkspaceID, w undo.Write) gateway.RecordKey {
	return gateway.RecordKey{Object: w.Key.Object, ID: gateway.LocalID(ws, gateway.KindUndo, strconv.FormatInt(w.ID, 10), "bond")}
}

// backAlready tells which removals were taken back before, by line.
func (o *Outbox) backAlready(ctx context.Context, ws gateway.WorkspaceID, writes []undo.Write) (map[int64]bool, error) {
	var keys []gateway.RecordKey
	for _, w := range writes {
		if w.Removed {
			keys = append(keys, remadeKey(ws, w))
		}
	}
	back := map[int64]bool{}
	if len(keys) == 0 {
		return back, nil
	}
	// In this order, as in refer: an entry goes in the commit that gives the id.
	owed, err := o.db.In(ws).PendingOf(ctx, keys)
	if err != nil {
		return nil, err
	}
	given, err := o.db.In(ws).Given(ctx, ids(keys))
	for _, w := range writes {
		key := remadeKey(ws, w)
		_, waits := owed[key]
		back[w.ID] = w.Removed && (waits || given[key.ID].ID != "")
	}
	return back, err
}

// remake makes again what chosen writes had taken away.
func (o *Outbox) remake(ctx context.Context, ws gateway.WorkspaceID, all []undo.Write, by gateway.Cause, done *Undone) error {
	for _, w := range all {
		key := remadeKey(ws, w)
		receipt := Receipt{Key: key}
		err := o.db.In(ws).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			receipt = Receipt{Key: key}
			_, pending, err := load(ctx, tx, key)
			if err != nil || pending != nil {
				return err
			}
			given, err := tx.Given(ctx, []string{key.ID})
			if err != nil || given[key.ID].ID != "" {
				return err
			}
			return o.save(ctx, ws, tx, outbound.Remake(key, w.Before, by, tx.Now()), &receipt)
		})
		if err != nil {
			return err
		}
		if receipt.LogID == 0 {
			continue // somebody else was first
		}
		o.submitted(ctx, ws, receipt)
		done.Remade++
		done.Receipts = append(done.Receipts, receipt)
	}
	return nil
}
