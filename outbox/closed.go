package outbox

import (
	"context"
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// askAgain keeps back what names a deal that has closed, or is gone, since it was
// planned, and has its meeting, call or e-mail planned anew: which open deal gets
// it is decided when it is written (DEM-07, DEM-08). Where planning anew leaves
// an entry as it is, it goes.
func (o *Outbox) askAgain(ctx context.Context, b batch) error {
	w := o.db.In(b.ws)
	named := map[gateway.RecordKey][]gateway.Change{}
	for _, c := range b.changes {
		if deal, names := dealOf(c); names && b.barred[c.Key] == nil {
			named[deal] = append(named[deal], c)
		}
	}
	if len(named) == 0 {
		return nil
	}
	deals := make([]gateway.RecordKey, 0, len(named))
	for deal := range named {
		deals = append(deals, deal)
	}
	records, err := w.RecordsOf(ctx, deals)
	if err != nil {
		return err
	}
	asked := map[gateway.Who]string{}
	for deal, changes := range named {
		why := outbound.DealOver(records[deal])
		if why == "" {
			continue
		}
		for _, c := range changes {
			of := gateway.Who{Kind: c.Cause.Kind, ID: c.Cause.Ref}
			if c.Problem.What == why { // asked before: until it was planned anew
				waits, err := w.RevisitWaits(ctx, of)
				if err != nil {
					return err
				}
				if !waits {
					continue
				}
			} else {
				asked[of] = why
			}
			b.barred[c.Key] = gateway.Errorf(gateway.CodeReference, "%s", why)
		}
	}
	return o.askFor(ctx, b.ws, asked)
}

func (o *Outbox) askFor(ctx context.Context, ws gateway.WorkspaceID, asked map[gateway.Who]string) error {
	if len(asked) == 0 {
		return nil
	}
	err := o.db.In(ws).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for of, why := range asked {
			if err := tx.Revisit(ctx, of, why); err != nil {
				return err
			}
		}
		return nil
	})
	o.WakeReplanner()
	return err
}

// wasSaid reports whether a cause is something that was said, or a record of the
// product's own kinds.
func wasSaid(kind string) bool {
	_, custom := gateway.Custom(kind)
	return custom || slices.Contains([]string{gateway.KindMeeting, gateway.KindCall, gateway.KindConversation, gateway.KindEmail}, kind)
}

// dealOf is the deal that an entry of something said is to be about.
func dealOf(c gateway.Change) (gateway.RecordKey, bool) {
	id := c.Fields["WhatId"].String()
	return gateway.RecordKey{Object: "Opportunity", ID: id}, strings.HasPrefix(id, "006") && c.Op != gateway.OpDelete && wasSaid(c.Cause.Kind)
}
