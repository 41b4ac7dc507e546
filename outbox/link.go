package outbox

import (
	"context"

	"tidegate/gateway"
	"tidegate/rules/match"
	"tidegate/store"
)

// ChooseLink makes a record the one that a thing here is, because a person
// decided so; the zero key unlinks it. Both win over every rule from then on.
// Errors: CodeNotFound when the thing has no link or the mirror no such record,
// CodeConflict while a record for it is still being created.
func (o *Outbox) ChooseLink(ctx context.Context, ws gateway.WorkspaceID, kind, externalID string, to gateway.RecordKey, by string) error {
	was, err := o.db.In(ws).LinkOf(ctx, kind, externalID)
	if err != nil {
		return err
	}
	if local(was.Key) {
		return gateway.Errorf(gateway.CodeConflict, "A record is just being created for this %s. Wait until it is there, then decide.", kind)
	}
	err = o.db.In(ws).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		is, move := match.Cut(was, by, tx.Now())
		if to != (gateway.RecordKey{}) {
			is, move = match.Choose(was, to, by, tx.Now())
			if err := followChosen(ctx, tx, to); err != nil {
				return err
			}
		}
		if err := tx.SaveLink(ctx, is); err != nil {
			return err
		}
		return tx.AppendLinkMoves(ctx, []gateway.LinkMove{move})
	})
	if err != nil {
		return err
	}
	o.opts.Announce(ctx, ws, []gateway.RecordKey{was.Key, to})
	return nil
}

// followChosen asks for a chosen record to be read when Salesforce made another
// of it: the link then leads on.
func followChosen(ctx context.Context, tx *store.Tx, to gateway.RecordKey) error {
	records, err := tx.LoadRecords(ctx, []gateway.RecordKey{to})
	if err != nil {
		return err
	}
	r, here := records[to]
	switch {
	case !here:
		return gateway.Errorf(gateway.CodeNotFound, "There is no such %s here.", to.Object)
	case r.Deleted || match.Converted(r):
		return tx.MarkRefetch(ctx, []gateway.RecordKey{to}, "A link leads to the record.")
	}
	return nil
}
