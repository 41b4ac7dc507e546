package streaming

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tidegate/gateway"
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
	seen    map[string]bool // ids compared in this cycle
	proof   ObjectProof
}

// afford reports whether the budget has room for so many calls more.
func (c *cycle) afford(calls int) bool { return c.proof.Calls+calls <= c.v.cfg.Calls }

// mirrored walks over the records that are here, in the order of their ids:
// neither tombstones nor what Salesforce was not sent yet.
func (c *cycle) mirrored(ctx context.Context, after string, visit func(gateway.Record)) error {
	for {
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
	c.buckets = proof.Buckets(days, c.v.cfg.BucketRows)
	c.proof.Buckets = len(c.buckets)
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
		if !c.afford(1) {
			return nil
		}
		c.proof.Calls++
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
		if !c.afford(b.Here.Rows/stampRows + 1) {
			continue
		}
		there, calls, err := c.v.cfg.Org.Stamps(ctx, c.object, b.Span)
		c.proof.Calls += calls
		if err != nil {
			return fmt.Errorf("reading timestamps: %w", err)
		}
		suspects := proof.Suspects(here[i], there)
		c.proof.Suspects += len(suspects)
		for ids := range slices.Chunk(suspects, c.v.cfg.PageRows) {
			if err := c.compare(ctx, ids, ""); err != nil {
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
		var ids []string
		for _, r := range page {
			if present(r) && !c.seen[r.Key.ID] {
				ids = append(ids, r.Key.ID)
			}
		}
		if len(page) > 0 {
			after = page[len(page)-1].Key.ID
			if err := c.compare(ctx, ids, after); err != nil {
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

// compare reads records by id, repairs what differs, and notes the place
// after them. Ids that were compared already are left out.
func (c *cycle) compare(ctx context.Context, ids []string, place string) error {
	ids = slices.DeleteFunc(ids, func(id string) bool { return c.seen[id] })
	if len(ids) == 0 || !c.afford(1) {
		return nil
	}
	here, err := c.v.store.RecordsByID(ctx, c.object, ids)
	if err != nil {
		return err
	}
	c.proof.Calls++
	found, missing, err := c.v.cfg.Org.Retrieve(ctx, c.object, ids)
	if err != nil {
		return fmt.Errorf("comparing fields: %w", err)
	}
	for _, id := range ids {
		c.seen[id] = true
		if present(here[id]) {
			c.proof.Compared++
		}
	}
	r := c.judge(here, found, missing)
	return c.repair(ctx, r, here, place)
}

// repairs are what is to be done about one reading.
type repairs struct {
	events []gateway.ChangeEvent // for records that are here
	absent []gateway.ChangeEvent // for records that are not
	audit  map[gateway.RecordKey]gateway.Fields
}

// judge tells what differs.
func (c *cycle) judge(here map[string]gateway.Record, found []gateway.ChangeEvent, missing []string) repairs {
	r := repairs{audit: map[gateway.RecordKey]gateway.Fields{}}
	for _, e := range found {
		mine, known := here[e.RecordIDs[0]]
		if !known {
			c.proof.Records++
			c.proof.Absent++
			r.absent = append(r.absent, e)
			continue
		}
		e.SeenVersion = mine.Version
		if mine.Deleted {
			c.proof.Records++
			c.proof.Absent++
			r.events = append(r.events, e)
			continue
		}
		c.differ(&r, mine, e)
	}
	for _, id := range missing {
		mine := here[id]
		if !present(mine) {
			continue
		}
		c.proof.Records++
		c.proof.Gone++
		r.events = append(r.events, gateway.ChangeEvent{
			Object: c.object, RecordIDs: []string{id}, Type: gateway.Delete,
			Version: gateway.Version{CommitAt: mine.Version.CommitAt}, SeenVersion: mine.Version,
		})
	}
	return r
}

func (c *cycle) differ(r *repairs, mine gateway.Record, e gateway.ChangeEvent) {
	d := proof.Compare(c.names, mine.Fields, e.Fields, func(name string) bool { return !c.shape.carried(name) })
	c.proof.Silent += len(d.Silent)
	c.proof.Cells += len(d.Told) + len(d.Audit)
	switch {
	case len(d.Told)+len(d.Audit) > 0:
		c.proof.Records++
		if e.Version.CommitAt/1000 > proof.Stamp(mine)/1000 {
			c.proof.Newer++
		}
	case len(d.Silent) == 0 && proof.Stamp(mine)/1000 == e.Version.CommitAt/1000:
		return
	}
	if len(d.Told)+len(d.Silent) == 0 && len(d.Audit) > 0 {
		// The rules for readings take these for no difference of their own.
		r.audit[mine.Key] = gateway.Fields{}
		for _, name := range d.Audit {
			r.audit[mine.Key][name] = e.Fields[name]
		}
	}
	r.events = append(r.events, e)
}

// repair commits through the same door as everything else that comes in.
func (c *cycle) repair(ctx context.Context, r repairs, here map[string]gateway.Record, place string) error {
	if c.v.cfg.DryRun {
		return nil
	}
	if err := c.v.store.RenewLease(ctx, c.lease, verifyLease); err != nil {
		return err
	}
	live, err := c.streamed(ctx)
	if err != nil {
		return err
	}
	var marks []gateway.RecordKey
	events := r.events
	if !live {
		events = append(events, r.absent...)
	}
	for _, e := range r.absent {
		if live {
			marks = append(marks, gateway.RecordKey{Object: c.object, ID: e.RecordIDs[0]})
		}
	}
	var dated int
	done, err := c.v.apply.Apply(ctx, Batch{
		Batch: gateway.Batch{Events: events, Position: gateway.ReplayID(place)}, Lease: c.lease,
		With: func(ctx context.Context, tx *store.Tx) (err error) {
			if dated, err = redate(ctx, tx, r.audit, here); err != nil || len(marks) == 0 {
				return err
			}
			return tx.MarkRefetch(ctx, marks, "Salesforce has it, the mirror has not.")
		},
	})
	if err != nil {
		return err
	}
	c.proof.Marked += len(marks)
	c.proof.Repaired += dated + repaired(done)
	return nil
}

// repaired counts the records that were made equal, without those of which
// nothing but the time of the reading was noted.
func repaired(done Applied) (n int) {
	for k, count := range done.counts {
		switch k.outcome {
		case gateway.OutcomeApplied, gateway.OutcomeDeleted, gateway.OutcomeRestored, gateway.OutcomeConfirmed:
			n += count
		}
	}
	return n
}

// redate writes who changed a record last, and when, where the record is
// still the one that was compared.
func redate(ctx context.Context, tx *store.Tx, audit map[gateway.RecordKey]gateway.Fields, here map[string]gateway.Record) (int, error) {
	if len(audit) == 0 {
		return 0, nil
	}
	keys := make([]gateway.RecordKey, 0, len(audit))
	for key := range audit {
		keys = append(keys, key)
	}
	now, err := tx.LoadRecords(ctx, keys)
	if err != nil {
		return 0, err
	}
	var rows []gateway.Record
	for key, r := range now {
		if r.Version == here[key.ID].Version && !r.Deleted {
			r.Fields = r.Fields.Overlay(audit[key])
			rows = append(rows, r)
		}
	}
	return len(rows), tx.SaveRecords(ctx, rows)
}

// finish says how much was looked at, and writes down what was found.
func (c *cycle) finish(ctx context.Context) error {
	p := &c.proof
	p.Covered = 1
	if p.RowsHere > 0 {
		p.Covered = min(1, float64(p.Compared)/float64(p.RowsHere))
	}
	p.Equal = p.Asked == p.Buckets && p.Unequal == 0 && p.Records == 0 && p.Silent == 0 && p.Compared >= p.RowsHere
	if c.v.cfg.DryRun || p.Records == 0 {
		return nil
	}
	line := gateway.LogEntry{
		Direction: "system", Key: gateway.RecordKey{Object: c.object}, Label: c.object, State: gateway.LogDone, DoneAt: time.Now(),
		What: fmt.Sprintf("Verified %s: compared %d of %d records, %d differed, %d repaired",
			c.object, p.Compared, p.RowsHere, p.Records, p.Repaired),
		Rule: "The mirror is compared with Salesforce.",
	}
	_, err := c.v.apply.Apply(ctx, Batch{Lease: c.lease, Lines: []gateway.LogEntry{line}})
	return err
}
