package streaming

import (
	"context"
	"fmt"
	"slices"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// refetch reads the records that are marked for it, and makes tombstones of
// those that are gone.
func (c *Consumer) refetch(ctx context.Context, lease gateway.Lease) error {
	keys, err := c.store.Refetches(ctx, c.cfg.PageSize)
	c.marked = len(keys) > 0
	if err != nil || len(keys) == 0 {
		return err
	}
	ids := map[string][]string{}
	for _, k := range keys {
		if _, paused := c.rules.paused(k.Object); paused || !slices.Contains(c.cfg.Objects, k.Object) {
			continue // it is not read any more, or not now
		}
		ids[k.Object] = append(ids[k.Object], k.ID)
	}
	for object := range ids {
		if err := c.afford(ctx, outbound.ReadRepair, 1); err != nil {
			return err
		}
		err := c.retrieve(countCalls(ctx), lease, object, ids[object], &Repair{Object: object})
		if unreachable(err) { // one object stops no other
			err = c.postpone(ctx, lease, object, ids[object], err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// postpone puts off the marks of records that Salesforce does not let us read.
func (c *Consumer) postpone(ctx context.Context, lease gateway.Lease, object string, ids []string, why error) error {
	c.cfg.Logger.WarnContext(ctx, "marked records cannot be read, will try again later", "object", object, "records", len(ids), "error", why)
	keys := make([]gateway.RecordKey, 0, len(ids))
	for _, id := range ids {
		keys = append(keys, gateway.RecordKey{Object: object, ID: id})
	}
	_, err := c.apply.Apply(ctx, Batch{Lease: lease, With: func(ctx context.Context, tx *store.Tx) error {
		return tx.DeferRefetch(ctx, keys, tx.Now().Add(c.cfg.AskEvery))
	}})
	return err
}

// retrieve reads records by id and makes tombstones of those that are gone, as
// a step of a repair.
func (c *Consumer) retrieve(ctx context.Context, lease gateway.Lease, object string, ids []string, step *Repair) error {
	// Before anything is read: what is told from here on may not be in it.
	hints, err := c.store.Hints(ctx, object, ids)
	if err != nil {
		return err
	}
	seen, err := c.apply.versions(ctx, object, ids)
	if err != nil {
		return err
	}
	var found []gateway.ChangeEvent
	var missing []string
	err = c.steady(ctx, object, func() (err error) {
		found, missing, err = c.cfg.Reader.Retrieve(ctx, object, ids)
		return err
	})
	if err != nil {
		return fmt.Errorf("reading marked %s: %w", object, err)
	}
	for _, id := range missing {
		found = append(found, gateway.ChangeEvent{
			Object: object, RecordIDs: []string{id}, Type: gateway.Delete, Version: gateway.Version{CommitAt: seen[id].CommitAt},
		})
	}
	found, unknown, err := c.concerning(ctx, found, seen)
	if err != nil {
		return err
	}
	for i := range found {
		id := found[i].RecordIDs[0]
		found[i].SeenVersion = seen[id]
		if hints[gateway.RecordKey{Object: object, ID: id}] != 0 {
			found[i].Origin = gateway.OriginHook
		}
	}
	step.Calls = callsSpent(ctx)
	return c.note(ctx, Batch{
		Batch: gateway.Batch{Events: found}, Lease: lease, Marked: true, Hints: hints, Gone: unknown, Repair: step,
	})
}
