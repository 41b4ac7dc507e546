package outbox

import (
	"context"

	"tidegate/gateway"
	"tidegate/rules/match"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// TakeExisting makes whoever a refused create is about the record that
// Salesforce has already, because a person decided so; the write ends with it
// (F-56). What the product tells of him is then filled in there where it is
// empty, and what he takes part in is planned anew, as after ChooseLink. Errors:
// as Retry, CodeConflict also where Salesforce named no such record or nobody
// here is it any more, CodeNotFound when the mirror has no such record.
func (o *Outbox) TakeExisting(ctx context.Context, ws gateway.WorkspaceID, logID int64, by string) (to gateway.RecordKey, err error) {
	o.people.Lock()
	defer o.people.Unlock()
	err = o.decide(ctx, ws, logID, func(ctx context.Context, tx *store.Tx, c gateway.Change, _ gateway.Record, line gateway.LogEntry) error {
		existing, ok := outbound.Existing(c.Key, c.Problem)
		if !ok || c.State != gateway.StateParked {
			return gateway.Errorf(gateway.CodeConflict, "Salesforce names no record that this one could be.")
		}
		to = existing
		if err := followChosen(ctx, tx, to); err != nil {
			return err
		}
		if err := o.taken(ctx, tx, c.Key, to, by); err != nil {
			return err
		}
		gone, err := tx.DeleteChange(ctx, c.Key, c.Edit)
		if err != nil {
			return err
		}
		if !gone {
			return moved()
		}
		line.State, line.DoneAt, line.Key = gateway.LogIgnored, tx.Now(), to
		line.Problem.What, line.Problem.Who, line.Problem.Retries = "Salesforce has the record already; it was linked instead.", "Decided by "+by+".", false
		return tx.UpdateLog(ctx, line)
	})
	if err != nil {
		return gateway.RecordKey{}, err
	}
	o.opts.Announce(ctx, ws, []gateway.RecordKey{to})
	o.WakeReplanner()
	return to, nil
}

// taken moves the links of a record that was to be created to one that is there.
func (o *Outbox) taken(ctx context.Context, tx *store.Tx, from, to gateway.RecordKey, by string) error {
	links, err := tx.LinksThrough(ctx, []gateway.RecordKey{from})
	if err != nil {
		return err
	}
	moved := 0
	for _, l := range links {
		if l.Key != from || l.Role != gateway.RoleSelf {
			continue
		}
		moved++
		is, move := match.Choose(l, to, by, tx.Now())
		if err := tx.SaveLink(ctx, is); err != nil {
			return err
		}
		if err := o.decided(ctx, tx, is); err != nil {
			return err
		}
		if err := tx.AppendLinkMoves(ctx, []gateway.LinkMove{move}); err != nil {
			return err
		}
	}
	if moved == 0 {
		return gateway.Errorf(gateway.CodeConflict, "Nobody here is to become this record any more.")
	}
	return nil
}
