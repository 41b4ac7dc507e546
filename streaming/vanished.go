package streaming

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tidegate/gateway"
	"tidegate/rules/continuity"
	"tidegate/rules/outbound"
)

// vanished makes tombstones of records that were deleted in a hole and left the
// recycle bin since, which no query shows. Salesforce's list of deletions tells
// in one call; where it does not reach back far enough, or the counts differ
// after it, the ids of all records are compared, which costs a call for each
// page of them (F-07).
func (c *Consumer) vanished(ctx context.Context, lease gateway.Lease, object string, since time.Time) error {
	agrees, err := c.listed(ctx, lease, object, since)
	if err != nil || agrees {
		return err
	}
	return c.sweep(ctx, lease, object, outbound.ReadRepair)
}

// listed takes up Salesforce's list of deletions, and reports whether there are
// as many records there as here afterwards.
func (c *Consumer) listed(ctx context.Context, lease gateway.Lease, object string, since time.Time) (agrees bool, err error) {
	complete, err := c.deletions(ctx, lease, object, since, outbound.ReadRepair, 3) // the list and two counts
	if err != nil || !complete {
		return false, err
	}
	return c.agree(ctx, object)
}

// deletions makes tombstones of what Salesforce lists as deleted since then
// (getDeleted), also of what left the recycle bin. complete is false where the
// list does not reach back so far, or the object has none; calls is what it asks
// the budget for.
func (c *Consumer) deletions(
	ctx context.Context, lease gateway.Lease, object string, since time.Time, why outbound.Reading, calls int,
) (complete bool, err error) {
	if !continuity.ListsDeletions(since, c.salesforceNow()) {
		return false, nil
	}
	if err := c.afford(ctx, why, calls); err != nil {
		return false, err
	}
	ids, complete, err := c.cfg.Reader.Deleted(ctx, object, since)
	switch {
	case unreachable(err), err != nil && gateway.CodeOf(err) == gateway.CodeSFGone:
		return false, nil
	case err != nil:
		return false, fmt.Errorf("listing deleted %s: %w", object, err)
	}
	for part := range slices.Chunk(ids, c.cfg.PageSize) {
		if err := c.bury(ctx, lease, object, part, why); err != nil {
			return false, err
		}
	}
	return complete, nil
}

// agree reports whether there are as many records there as here. What is on its
// way through the stream counts there and not yet here, so it looks twice.
func (c *Consumer) agree(ctx context.Context, object string) (bool, error) {
	for looks := 1; ; looks++ {
		there, err := c.cfg.Reader.Count(ctx, object)
		if err != nil {
			return false, fmt.Errorf("counting %s: %w", object, err)
		}
		here, err := c.store.CountRecords(ctx, object)
		if err != nil || here == there || looks == 2 {
			return here == there, err
		}
		if err := rest(ctx, c.cfg.Tick); err != nil {
			return false, err
		}
	}
}

// bury reads those of the records once more that live here.
func (c *Consumer) bury(ctx context.Context, lease gateway.Lease, object string, ids []string, why outbound.Reading) error {
	living, err := c.apply.living(ctx, object, ids)
	if err != nil || len(living) == 0 {
		return err
	}
	if err := c.afford(ctx, why, 1); err != nil {
		return err
	}
	return c.retrieve(ctx, lease, object, living, &Repair{Object: object})
}
