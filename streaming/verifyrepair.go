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

// suspects compares records of which only the ids are known.
func (c *cycle) suspects(ctx context.Context, ids []string) error {
	here, err := c.v.store.RecordsByID(ctx, c.object, ids)
	if err != nil {
		return err
	}
	return c.compare(ctx, ids, here, "")
}

// page compares the records of a page of the mirror that Salesforce should have
// and that were not compared, and notes the place after them. It says how many
// there were.
func (c *cycle) page(ctx context.Context, page []gateway.Record, place string) (int, error) {
	ids, here := make([]string, 0, len(page)), make(map[string]gateway.Record, len(page))
	for _, r := range page {
		if present(r) && !c.seen[r.Key.ID] {
			ids = append(ids, r.Key.ID)
			here[r.Key.ID] = r
		}
	}
	return len(ids), c.compare(ctx, ids, here, place)
}

// compare reads records by id, repairs what differs from how they are here, and
// notes the place after them. Ids that were compared already are left out.
func (c *cycle) compare(ctx context.Context, ids []string, here map[string]gateway.Record, place string) error {
	ids = slices.DeleteFunc(ids, func(id string) bool { return c.seen[id] })
	if len(ids) == 0 || !c.spend(ctx, 1) {
		return nil
	}
	found, missing, err := c.v.cfg.Org.Retrieve(ctx, c.object, ids)
	if err != nil {
		return fmt.Errorf("comparing fields: %w", err)
	}
	for _, id := range ids {
		c.seen[id] = true
		if present(here[id]) && (place != "" || !c.sliced) { // by itself, a page compares it again
			c.proof.Compared++
		}
	}
	live, err := c.streamed(ctx)
	if err == nil && live {
		missing, err = c.lasting(ctx, here, missing)
	}
	if err != nil {
		return err
	}
	return c.repair(ctx, c.judge(here, found, missing, live), here, place)
}

// lasting leaves out of missing what the mirror learns to be deleted a moment
// later, because the stream was about to say so.
func (c *cycle) lasting(ctx context.Context, here map[string]gateway.Record, missing []string) ([]string, error) {
	missing = slices.DeleteFunc(missing, func(id string) bool { return !present(here[id]) })
	if len(missing) == 0 {
		return nil, nil
	}
	if err := rest(ctx, c.v.cfg.Settle); err != nil {
		return nil, err
	}
	now, err := c.v.store.RecordsByID(ctx, c.object, missing)
	return slices.DeleteFunc(missing, func(id string) bool { return !present(now[id]) }), err
}

// repairs are what is to be done about one reading.
type repairs struct {
	live   bool                  // a process takes in the stream
	events []gateway.ChangeEvent // for records that are here
	absent []gateway.ChangeEvent // for records that are not
	audit  map[gateway.RecordKey]gateway.Fields
}

// judge tells what differs. What a running stream is about to bring is left to
// it: it knows who made the change.
func (c *cycle) judge(here map[string]gateway.Record, found []gateway.ChangeEvent, missing []string, live bool) repairs {
	r := repairs{live: live, audit: map[gateway.RecordKey]gateway.Fields{}}
	for _, e := range found {
		mine, known := here[e.RecordIDs[0]]
		if (!known || mine.Deleted) && r.coming(e, mine) {
			c.proof.Newer++
			continue
		}
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

// coming reports whether the stream is about to bring what was read.
func (r repairs) coming(e gateway.ChangeEvent, mine gateway.Record) bool {
	return r.live && newer(e, mine) && proof.OnItsWay(e.Version.CommitAt, time.Now())
}

// newer reports whether Salesforce has a later change than the mirror.
func newer(e gateway.ChangeEvent, mine gateway.Record) bool {
	return e.Version.CommitAt/1000 > proof.Stamp(mine)/1000
}

func (c *cycle) differ(r *repairs, mine gateway.Record, e gateway.ChangeEvent) {
	d := proof.Compare(c.names, mine.Fields, e.Fields, func(name string) bool { return !c.shape.carried(name) })
	if d.Any() && newer(e, mine) {
		c.proof.Newer++
		if r.coming(e, mine) {
			return
		}
	}
	c.proof.Silent += len(d.Silent)
	c.proof.Cells += len(d.Told) + len(d.Audit)
	switch {
	case len(d.Told)+len(d.Audit) > 0:
		c.proof.Records++
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
// The place after them is kept with the position, or with the proof where the
// cycle runs by itself.
func (c *cycle) repair(ctx context.Context, r repairs, here map[string]gateway.Record, place string) error {
	if c.v.cfg.DryRun {
		return nil
	}
	if err := c.v.store.RenewLease(ctx, c.lease, verifyLease); err != nil {
		return err
	}
	if c.sliced {
		c.proof.Place, place = max(c.proof.Place, place), ""
	}
	var marks []gateway.RecordKey
	events := r.events
	if !r.live {
		events = append(events, r.absent...)
	}
	for _, e := range r.absent {
		if r.live {
			marks = append(marks, gateway.RecordKey{Object: c.object, ID: e.RecordIDs[0]})
		}
	}
	var dated int
	done, err := c.v.apply.Apply(ctx, Batch{
		Batch: gateway.Batch{Events: events, Position: gateway.ReplayID(place)}, Lease: c.lease,
		With: func(ctx context.Context, tx *store.Tx) (err error) {
			if dated, err = redate(ctx, tx, r.audit, here); err != nil {
				return err
			}
			if len(marks) > 0 {
				err = tx.MarkRefetch(ctx, marks, "Salesforce has it, the mirror has not.")
			}
			if err == nil && c.sliced {
				err = tx.SaveProof(ctx, c.proof)
			}
			return err
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
