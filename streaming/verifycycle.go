package streaming

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/rules/proof"
	"tidegate/store"
)

// cycle is one run over one object: totals, then the records behind totals
// that differ, then the fields of as many others as the budget of calls lets.
type cycle struct {
	v       *Verifier
	object  string
	schema  gateway.Schema
	shape   *shape
	names   []string // fields that are compared
	numbers []string // fields that are summed
	lease   gateway.Lease
	start   string // id after which the comparison of fields goes on

	buckets []proof.Bucket
	unequal []proof.Bucket
	seen    map[string]bool // ids compared in this run
	spent   int             // calls of this run
	slowed  error           // why the budget gave no more
	sliced  bool            // the cycle runs by itself and keeps its progress with its proof
	proof   gateway.Proof
}

// afford reports whether there is room for so many calls more.
func (c *cycle) afford(calls int) bool {
	return c.slowed == nil && c.spent+calls <= c.v.cfg.Calls
}

// spend counts calls that are about to be made. It returns false when the
// org's budget has no room for them; then nothing more is asked in this run.
func (c *cycle) spend(ctx context.Context, calls int) bool {
	if !c.afford(calls) {
		return false
	}
	if c.slowed = c.v.cfg.Budget.Take(ctx, outbound.ReadVerify, calls); c.slowed != nil {
		return false
	}
	c.spent += calls
	c.proof.Calls += calls
	return true
}

// mirrored walks over the records that are here, in the order of their ids:
// neither tombstones nor what Salesforce was not sent yet.
func (c *cycle) mirrored(ctx context.Context, after string, visit func(gateway.Record)) error {
	for {
		began := time.Now()
		page, err := c.v.store.RecordsAfter(ctx, c.object, after, c.v.cfg.PageRows)
		if err != nil {
			return err
		}
		for _, r := range page {
			if present(r) {
				visit(r)
			}
		}
		if len(page) < c.v.cfg.PageRows {
			return nil
		}
		after = page[len(page)-1].Key.ID
		if c.v.cfg.Gentle {
			if err := rest(ctx, time.Since(began)); err != nil {
				return err
			}
		}
	}
}

// present: Salesforce should have it too. A record that waits to be created
// has an id of our own.
func present(r gateway.Record) bool {
	_, theirs := gateway.NormalizeID(r.Key.ID)
	return theirs && !r.Deleted
}

// survey adds the mirror up by day of creation and joins days to buckets.
func (c *cycle) survey(ctx context.Context) error {
	days := map[time.Time]proof.Total{}
	err := c.mirrored(ctx, "", func(r gateway.Record) {
		day := c.day(r)
		t := days[day]
		t.Add(r, c.numbers)
		days[day] = t
		c.proof.RowsHere++
	})
	// At most half of the calls are for totals: the rest is for narrowing.
	c.buckets = proof.Buckets(days, max(c.v.cfg.BucketRows, 2*c.proof.RowsHere/c.v.cfg.Calls))
	c.proof.Buckets = len(c.buckets)
	c.proof.Fields, c.proof.Summed = len(c.names), len(c.numbers)
	for _, name := range c.names {
		if !c.shape.carried(name) {
			c.proof.Sampled++
		}
	}
	return err
}

// day is unknown for all records of an object that has no CreatedDate, so
// that they make one bucket.
func (c *cycle) day(r gateway.Record) time.Time {
	if _, ok := c.schema.Field("CreatedDate"); !ok {
		return time.Time{}
	}
	return proof.Day(r)
}

// ask compares the totals of each bucket.
func (c *cycle) ask(ctx context.Context) error {
	for _, b := range c.buckets {
		if !c.spend(ctx, 1) {
			break
		}
		there, err := c.v.cfg.Org.Totals(ctx, c.object, b.Span, c.numbers)
		if err != nil {
			return fmt.Errorf("adding up: %w", err)
		}
		c.proof.Asked++
		c.proof.RowsThere += there.Rows
		if !b.Here.Equal(there) {
			c.unequal = append(c.unequal, b)
		}
	}
	c.proof.Unequal = len(c.unequal)
	return nil
}

// narrow finds the records behind unequal totals by id and timestamp, and
// compares those.
func (c *cycle) narrow(ctx context.Context) error {
	here, err := c.stamps(ctx)
	if err != nil {
		return err
	}
	for i, b := range c.unequal {
		// What the budget has no room for is left to the comparison of fields.
		expected := b.Here.Rows/stampRows + 1
		if !c.spend(ctx, expected) {
			continue
		}
		there, calls, err := c.v.cfg.Org.Stamps(ctx, c.object, b.Span)
		c.spent, c.proof.Calls = c.spent+calls-expected, c.proof.Calls+calls-expected
		if err != nil {
			return fmt.Errorf("reading timestamps: %w", err)
		}
		suspects := proof.Suspects(here[i], there)
		c.proof.Suspects += len(suspects)
		for ids := range slices.Chunk(suspects, c.v.cfg.PageRows) {
			if err := c.suspects(ctx, ids); err != nil {
				return err
			}
		}
	}
	return nil
}

// stampRows is how many rows one call for timestamps brings.
const stampRows = 2000

// stamps are the timestamps of the mirror by id, for each unequal bucket, from
// one walk over the records.
func (c *cycle) stamps(ctx context.Context) ([]map[string]int64, error) {
	if len(c.unequal) == 0 {
		return nil, nil
	}
	here := make([]map[string]int64, len(c.unequal))
	for i := range here {
		here[i] = map[string]int64{}
	}
	err := c.mirrored(ctx, "", func(r gateway.Record) {
		day := c.day(r)
		for i, b := range c.unequal {
			if b.Holds(day) {
				here[i][r.Key.ID] = proof.Stamp(r)
				return
			}
		}
	})
	return here, err
}

// rotate compares the fields of everything else, from where the last cycle
// ended round to there again, as far as the budget goes. No total shows that a
// text was damaged.
func (c *cycle) rotate(ctx context.Context) error {
	after, wrapped := c.start, c.start == ""
	for c.afford(1) {
		page, err := c.v.store.RecordsAfter(ctx, c.object, after, c.v.cfg.PageRows)
		if err != nil {
			return err
		}
		if len(page) > 0 {
			after = page[len(page)-1].Key.ID
			if _, err := c.page(ctx, page, after); err != nil {
				return err
			}
		}
		switch {
		case len(page) == c.v.cfg.PageRows && (!wrapped || c.start == "" || after <= c.start):
		case wrapped:
			return nil
		default:
			after, wrapped = "", true
		}
	}
	return nil
}

// finish says how much was looked at, and writes down what was found.
func (c *cycle) finish(ctx context.Context) error {
	p := &c.proof
	p.Covered = 1 // of a cycle by itself, which ends when everything was compared
	if !c.sliced && p.RowsHere > 0 {
		p.Covered = min(1, float64(p.Compared)/float64(p.RowsHere))
	}
	if c.slowed != nil {
		p.Waits = c.slowed.Error()
	}
	p.AsOf = time.Now().UTC()
	p.Equal = p.Whole() && p.Unequal == 0 && p.Records == 0 && p.Silent == 0
	if c.v.cfg.DryRun || p.Records == 0 && !p.Whole() {
		return nil
	}
	b := Batch{Lease: c.lease}
	if p.Whole() {
		b.With = func(ctx context.Context, tx *store.Tx) error { return tx.FinishProof(ctx, *p) }
	}
	if p.Records > 0 {
		b.Lines = []gateway.LogEntry{{
			Direction: "system", Key: gateway.RecordKey{Object: c.object}, Label: c.object, State: gateway.LogDone, DoneAt: time.Now(),
			What: fmt.Sprintf("Verified %s: compared %d of %d records, %d differed, %d repaired",
				c.object, p.Compared, p.RowsHere, p.Records, p.Repaired),
			Rule: "The mirror is compared with Salesforce.",
		}}
	}
	_, err := c.v.apply.Apply(ctx, b)
	return err
}
