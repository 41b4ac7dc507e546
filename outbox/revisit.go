package outbox

import (
	"context"
	"errors"
	"slices"

	"tidegate/gateway"
	"tidegate/store"
)

// How much is revisited at once; people's own edits go between two of them.
const (
	revisitMany   = 50
	revisitThings = 100
)

// revisit plans anew what those take part in of whom it is known now, or anew,
// which record they are: an Event that was written before its contact existed
// gets its WhoId so.
func (r *Replanner) revisit(ctx context.Context) error {
	workspaces, err := r.o.db.Revisiting(ctx)
	if err != nil {
		return err
	}
	var failed error
	for _, ws := range workspaces {
		for more := true; more && ctx.Err() == nil; {
			more, err = r.revisitSome(ctx, ws)
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// revisitSome does some of the revisits of a workspace. One that fails stays and
// hinders no other; more is false when only such are left.
func (r *Replanner) revisitSome(ctx context.Context, ws gateway.WorkspaceID) (more bool, failed error) {
	if err := r.o.readNow(ctx, ws); err != nil {
		return false, err
	}
	w := r.o.db.In(ws)
	all, err := w.Revisits(ctx, revisitMany)
	if err != nil {
		return false, err
	}
	for _, one := range all {
		err := r.o.revisited(ctx, ws, one)
		if err == nil {
			err = w.EndRevisit(ctx, one)
		}
		failed = errors.Join(failed, err)
	}
	return len(all) == revisitMany && failed == nil, failed
}

// revisited plans anew what one person is, and all that he takes part in.
func (o *Outbox) revisited(ctx context.Context, ws gateway.WorkspaceID, r gateway.Revisit) error {
	w := o.db.In(ws)
	cause := gateway.Cause{Rule: r.Reason}
	if wasSaid(r.Kind) {
		return o.revisitSaid(ctx, ws, []store.SaidKey{{Kind: r.Kind, ExternalID: r.ID}}, cause)
	}
	if err := o.revisitPeople(ctx, ws, r.Who, cause); err != nil {
		return err
	}
	for after := (store.SaidKey{}); ctx.Err() == nil; {
		keys, err := w.SaidOfWho(ctx, r.Who, after, revisitThings)
		if err != nil || len(keys) == 0 {
			return err
		}
		if err := o.revisitSaid(ctx, ws, keys, cause); err != nil {
			return err
		}
		after = keys[len(keys)-1]
	}
	return ctx.Err()
}

// revisitPeople plans anew the people of the product that somebody is.
func (o *Outbox) revisitPeople(ctx context.Context, ws gateway.WorkspaceID, who gateway.Who, cause gateway.Cause) error {
	same, err := o.db.In(ws).SameWho(ctx, who)
	if err != nil {
		return err
	}
	var ids []string
	for _, one := range append(same, who) {
		if one.Kind == linkPerson && !slices.Contains(ids, one.ID) {
			ids = append(ids, one.ID)
		}
	}
	people, err := o.db.In(ws).PeopleOf(ctx, ids)
	if err != nil {
		return err
	}
	for _, p := range people {
		if err := kept((personSource{o, rivalry{}}).again(ctx, ws, thing{id: p.ExternalID, what: p}, cause)); err != nil {
			return err
		}
	}
	return nil
}

func (o *Outbox) revisitSaid(ctx context.Context, ws gateway.WorkspaceID, keys []store.SaidKey, cause gateway.Cause) error {
	of := map[string][]string{}
	for _, key := range keys {
		of[key.Kind] = append(of[key.Kind], key.ExternalID)
	}
	for kind, ids := range of {
		all, err := o.db.In(ws).SaidOf(ctx, kind, ids)
		if err != nil {
			return err
		}
		for _, said := range all {
			if err := kept((saidSource{o: o}).again(ctx, ws, thing{id: said.ExternalID, what: said}, cause)); err != nil {
				return err
			}
		}
	}
	return nil
}

// kept keeps a fault of ours; a record that takes no edits just now is none.
func kept(_ bool, err error) error {
	if _, refused := refusedPlan(err); refused {
		return nil
	}
	return err
}
