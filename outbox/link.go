package outbox

import (
	"context"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/match"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// ChooseLink makes a record the one that a thing here is, because a person
// decided so; the zero key unlinks it, and a key of which only the object is
// given makes a new record of that object. All win over every rule from then
// on, and what the thing takes part in is planned anew. Errors: CodeNotFound
// when there is no such thing or the mirror has no such record, CodeConflict
// while a record for it is still being created.
func (o *Outbox) ChooseLink(ctx context.Context, ws gateway.WorkspaceID, kind, externalID string, to gateway.RecordKey, by string) error {
	o.people.Lock()
	defer o.people.Unlock()
	was, err := o.decidable(ctx, ws, gateway.Who{Kind: kind, ID: externalID})
	if err != nil {
		return err
	}
	if local(was.Key) {
		return gateway.Errorf(gateway.CodeConflict, "A record is just being created for this %s. Wait until it is there, then decide.", kind)
	}
	fresh := to.Object != "" && to.ID == ""
	if fresh {
		to = freshKey(ws, gateway.Who{Kind: kind, ID: externalID}, to.Object)
	}
	err = o.db.In(ws).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		is, move := match.Cut(was, by, tx.Now())
		if to != (gateway.RecordKey{}) {
			is, move = match.Choose(was, to, by, tx.Now())
		}
		if fresh {
			is.Reason = "created because " + by + " found none of the others to be it"
			move.Reason = is.Reason
		} else if to != (gateway.RecordKey{}) {
			if err := followChosen(ctx, tx, to); err != nil {
				return err
			}
		}
		if err := tx.SaveLink(ctx, is); err != nil {
			return err
		}
		if err := o.decided(ctx, tx, is); err != nil {
			return err
		}
		return tx.AppendLinkMoves(ctx, []gateway.LinkMove{move})
	})
	if err != nil {
		return err
	}
	o.opts.Announce(ctx, ws, []gateway.RecordKey{was.Key, to})
	o.WakeReplanner()
	return nil
}

// decided lets go on what waits for a decision, and what was written under the
// one before.
func (o *Outbox) decided(ctx context.Context, tx *store.Tx, l gateway.Link) error {
	who := gateway.Who{Kind: l.Kind, ID: l.ExternalID}
	why := "Somebody decided which record “" + l.ExternalID + "” is: " + l.Reason + "."
	if err := tx.Decided(ctx, who, why); err != nil {
		return err
	}
	return tx.Revisit(ctx, who, why)
}

// decidable returns the link of a thing here. Somebody who is undecided has none
// yet, and can be decided on all the same.
func (o *Outbox) decidable(ctx context.Context, ws gateway.WorkspaceID, who gateway.Who) (gateway.Link, error) {
	w := o.db.In(ws)
	was, err := w.LinkOf(ctx, who.Kind, who.ID)
	if gateway.CodeOf(err) != gateway.CodeNotFound {
		return was, err
	}
	if _, other := w.UndecidedOf(ctx, who); other != nil {
		return was, err
	}
	return gateway.Link{Kind: who.Kind, ExternalID: who.ID}, nil
}

// freshKey is the record that somebody is to become, before Salesforce numbers
// it: the one that he would become by himself.
func freshKey(ws gateway.WorkspaceID, who gateway.Who, object string) gateway.RecordKey {
	if who.Kind == linkPerson {
		return gateway.RecordKey{Object: object, ID: outbound.LocalPrefix + who.ID}
	}
	return gateway.RecordKey{Object: object, ID: gateway.LocalID(ws, "participant", who.ID, strings.ToLower(object))}
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
