package streaming

import (
	"context"
	"errors"
	"fmt"

	"tidegate/gateway"
	"tidegate/store"
)

// Slice compares the next part of an object for a cycle that runs by itself:
// first all totals and what they single out, then one page of records after
// another with all their fields. It goes on where under ended, or begins when
// under is zero, and keeps how far it came with the repairs, so that any
// process may go on. done is true with the last slice. The error is a
// *SlowedError when the org's budget has no room.
func (v *Verifier) Slice(ctx context.Context, object string, under gateway.Proof) (now gateway.Proof, done bool, err error) {
	c, release, err := v.open(ctx, object)
	if err != nil {
		return under, false, err
	}
	defer func() { err = errors.Join(err, release()) }()
	c.sliced = true
	if under.Totalled {
		c.proof = under
		done, err = c.next(ctx)
	} else {
		err = c.total(ctx)
	}
	switch {
	case err != nil:
		return c.proof, false, fmt.Errorf("verifying %s: %w", object, err)
	case done:
		return c.proof, true, c.finish(ctx)
	}
	// Again, because what was repaired is counted only after its commit.
	_, err = v.apply.Apply(ctx, Batch{Lease: c.lease, With: func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveProof(ctx, c.proof)
	}})
	return c.proof, false, err
}

// total is the first slice.
func (c *cycle) total(ctx context.Context) error {
	if err := c.survey(ctx); err != nil {
		return err
	}
	if err := c.ask(ctx); err != nil {
		return err
	}
	if c.proof.Asked < c.proof.Buckets && c.slowed != nil {
		return c.slowed // nothing is kept of it: totals are compared in one go
	}
	// What the budget has no room for here, the pages find.
	if err := c.narrow(ctx); err != nil {
		return err
	}
	c.proof.Totalled = true
	return nil
}

// next compares the next page that has records of Salesforce's.
func (c *cycle) next(ctx context.Context) (done bool, err error) {
	for {
		page, err := c.v.store.RecordsAfter(ctx, c.object, c.proof.Place, c.v.cfg.PageRows)
		if err != nil || len(page) == 0 {
			return err == nil, err
		}
		last := page[len(page)-1].Key.ID
		theirs, err := c.page(ctx, page, last)
		if err != nil {
			return false, err
		}
		if c.slowed != nil {
			return false, c.slowed
		}
		c.proof.Place = last
		if len(page) < c.v.cfg.PageRows || theirs > 0 {
			return len(page) < c.v.cfg.PageRows, nil
		}
	}
}
