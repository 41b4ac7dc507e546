package outbox

import (
	"context"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/rules/undo"
	"tidegate/store"
)

// Remove makes the deletion of a record in Salesforce durable, like Submit an
// edit. What was still owed to the record goes with it. Salesforce keeps what was
// deleted in its recycle bin; what comes back from there comes back here, too.
// Errors as in outbound.PlanRemove.
func (o *Outbox) Remove(ctx context.Context, ws gateway.WorkspaceID, key gateway.RecordKey, cause gateway.Cause) (Receipt, error) {
	return o.remove(ctx, ws, key, cause, false)
}

// remove is Remove; back is set where a creation of ours is taken back, which
// the object's switch for edits does not forbid: it did not forbid the creation.
func (o *Outbox) remove(ctx context.Context, ws gateway.WorkspaceID, key gateway.RecordKey, cause gateway.Cause, back bool) (Receipt, error) {
	receipt := Receipt{Key: key}
	err := o.planRemoval(ctx, ws, key, cause, back, func(ctx context.Context, tx *store.Tx, plan outbound.Removal) error {
		if plan.Given != nil {
			if err := tx.UpdateLog(ctx, *plan.Given); err != nil {
				return err
			}
		}
		return o.save(ctx, ws, tx, outbound.Plan{Change: &plan.Change, Log: &plan.Log}, &receipt)
	})
	if err != nil {
		return Receipt{}, err
	}
	o.submitted(ctx, ws, receipt)
	return receipt, nil
}

// CanRemove is nil where Remove would delete the record, else the reason why
// not: the same decision, asked before.
func (o *Outbox) CanRemove(ctx context.Context, ws gateway.WorkspaceID, key gateway.RecordKey) error {
	return o.planRemoval(ctx, ws, key, gateway.Cause{}, false, func(context.Context, *store.Tx, outbound.Removal) error { return nil })
}

// planRemoval plans a deletion, and does with the plan what then does in the
// same transaction.
func (o *Outbox) planRemoval(ctx context.Context, ws gateway.WorkspaceID, key gateway.RecordKey, cause gateway.Cause, back bool, then func(context.Context, *store.Tx, outbound.Removal) error) error {
	r, err := o.rights(ctx, ws, key.Object)
	if err != nil {
		return err
	}
	made, wrote, err := o.madeHere(ctx, ws, key)
	if err != nil {
		return err
	}
	return o.db.In(ws).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		record, pending, err := load(ctx, tx, key)
		if err != nil {
			return err
		}
		if record.Fields == nil && made && outbound.Unmirrored(key.Object) {
			record.Fields = wrote
		}
		if record.Fields == nil {
			return gateway.Errorf(gateway.CodeNotFound, "There is no such %s here.", key.Object)
		}
		links, err := tx.LinksThrough(ctx, []gateway.RecordKey{key})
		if err != nil {
			return err
		}
		plan, err := outbound.PlanRemove(outbound.RemoveInput{
			Record: record, Pending: pending, Ours: made || len(links) > 0, On: r.on || back, Deletable: r.schema.Deletable, Wrote: wrote, Cause: cause, Now: tx.Now(),
		})
		if err != nil {
			return err
		}
		return then(ctx, tx, plan)
	})
}

// writesLooked bounds how many lines are searched for the one that made a record.
const writesLooked = 10_000

// madeHere reports whether a record was created from here, and what was written
// to it since.
func (o *Outbox) madeHere(ctx context.Context, ws gateway.WorkspaceID, key gateway.RecordKey) (made bool, wrote gateway.Fields, err error) {
	var writes []undo.Write
	err = o.db.In(ws).Written(ctx, key, writesLooked, func(line gateway.LogEntry) bool {
		writes = append(writes, writeOf(line))
		made = outbound.Created(line)
		return !made
	})
	return made, wroteTo(key, writes), err
}
