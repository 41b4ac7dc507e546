package streaming

import (
	"context"
	"fmt"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// The states of a backfill: its rows are read from the first id to the last,
// then what changed since it began, deleted rows too, then it is done. A hole
// in the stream is repaired by the second half alone.
const (
	BackfillRunning   = gateway.BackfillRunning
	BackfillRepairing = gateway.BackfillRepairing
	BackfillDone      = gateway.BackfillDone
)

// The notes of backfills that repair a hole.
const (
	noteLost  = "Salesforce no longer had our place in the stream."
	noteMoved = "The stream goes on over another transport, where our place in it means nothing."
)

func isHole(note string) bool { return note == noteLost || note == noteMoved }

// backfill has an object read whole in the background, and then reads what
// changed meanwhile, page by page until it is done. It drains refetch marks
// between pages, because somebody may look at those records. It reads only
// while the stream is subscribed, so that nothing is missed that changes
// meanwhile: anchor first.
func (c *Consumer) backfill(ctx context.Context, lease gateway.Lease, object string) error {
	var repaired tally
	for c.health.subscribed() || c.polled(object) != "" {
		generation := c.apply.generationOf(object)
		b, err := c.store.Backfill(ctx, object)
		if gateway.CodeOf(err) == gateway.CodeNotFound && err != nil {
			if err := c.begin(ctx, lease, object); err != nil {
				return err
			}
			continue
		}
		if err == nil && b.Job != "" && !b.Open() {
			err = c.drop(ctx, b)
		}
		switch {
		case err != nil || b.State == BackfillDone || b.State == gateway.BackfillCanceled:
			return err
		case b.Open():
			return c.load(ctx, lease, b)
		}
		c.show(b)
		err = c.page(ctx, lease, b, generation, &repaired)
		c.show(gateway.Backfill{})
		if err != nil {
			return err
		}
		if err := c.refetch(ctx, lease); err != nil {
			return err
		}
	}
	return nil
}

// show puts a backfill under way into the connection's state.
func (c *Consumer) show(b gateway.Backfill) {
	c.health.set(func(h *health) {
		h.repairing = ""
		if isHole(b.Note) {
			h.repairing = "Reading what changed while the stream was broken: " + b.Object + "."
		}
	})
}

// begin starts the first reading of an object.
func (c *Consumer) begin(ctx context.Context, lease gateway.Lease, object string) error {
	at, err := c.position(ctx)
	if err != nil {
		return err
	}
	total, err := c.cfg.Reader.Count(ctx, object)
	if err != nil {
		return fmt.Errorf("counting %s: %w", object, err)
	}
	b := gateway.Backfill{Object: object, State: BackfillRunning, Total: total, StartedAt: c.cfg.Now(), BeganAt: c.cfg.Now()}
	if at != tip {
		b.Anchor = gateway.ReplayID(at)
	}
	_, err = c.apply.Apply(ctx, Batch{Lease: lease, Reread: []gateway.Backfill{b}})
	return err
}

// page reads one page and commits it together with the place after it (F-03).
func (c *Consumer) page(ctx context.Context, lease gateway.Lease, b gateway.Backfill, generation int, repaired *tally) error {
	q := ReadRequest{
		Object: b.Object, Fields: MirroredFields(c.rules.schema(b.Object)), AfterID: b.LastID, Limit: c.cfg.PageSize,
		IncludeDeleted: b.State == BackfillRepairing,
	}
	if b.State == BackfillRepairing {
		q.ChangedSince = b.StartedAt.Add(-c.cfg.Overlap)
	}
	rows, err := c.cfg.Reader.Rows(ctx, q)
	if err != nil {
		return fmt.Errorf("reading %s: %w", b.Object, err)
	}
	next := after(b, rows, q.Limit)
	if next.State == BackfillDone && isHole(b.Note) {
		// A long hole may hold deletes that left the recycle bin since (F-07).
		if err := c.sweep(ctx, lease, b.Object); err != nil {
			return err
		}
	}
	done, err := c.apply.Apply(ctx, Batch{
		Batch: gateway.Batch{Events: rows}, Lease: lease,
		With: func(ctx context.Context, tx *store.Tx) error {
			if c.apply.generation[b.Object] != generation {
				return nil // it is to be read from the start again
			}
			_, _, err := tx.AdvanceBackfill(ctx, next)
			return err
		},
	})
	if err != nil {
		return err
	}
	repaired.add(done)
	if next.State != BackfillDone {
		return nil
	}
	return c.finished(ctx, lease, b, *repaired)
}

// after returns the progress after a page.
func after(b gateway.Backfill, rows []gateway.ChangeEvent, limit int) gateway.Backfill {
	if b.State == BackfillRunning {
		b.Rows += len(rows)
	}
	if len(rows) > 0 {
		b.LastID = rows[len(rows)-1].RecordIDs[0]
	}
	switch {
	case len(rows) >= limit:
	case b.State == BackfillRunning:
		b.State, b.LastID = BackfillRepairing, ""
	default:
		b.State, b.LastID, b.Complete = BackfillDone, "", true
		if b.Note == notePolled {
			b.StartedAt, b.Anchor = pollTime(b), ""
		}
	}
	return b
}

// tally counts what a reading found.
type tally struct{ read, changed int }

func (t *tally) add(done Applied) {
	for k, n := range done.counts {
		t.read += n
		switch k.outcome {
		case gateway.OutcomeApplied, gateway.OutcomeDeleted, gateway.OutcomeRestored:
			t.changed += n
		}
	}
}

// finished writes down what a repair found, and how the object now stands.
func (c *Consumer) finished(ctx context.Context, lease gateway.Lease, b gateway.Backfill, found tally) error {
	if b.Note == notePolled {
		return nil // every minute: neither news nor worth a count
	}
	c.cfg.Logger.InfoContext(ctx, "object read", "object", b.Object, "rows", b.Rows, "note", b.Note)
	if isHole(b.Note) {
		line := gateway.LogEntry{
			Direction: "system", Key: gateway.RecordKey{Object: b.Object}, Label: b.Object, State: gateway.LogDone,
			What: fmt.Sprintf("Repaired a gap: read %d %s records changed since %s, %d of them differed",
				found.read, b.Object, b.StartedAt.Add(-c.cfg.Overlap).UTC().Format(time.DateTime), found.changed),
			Rule: b.Note, DoneAt: c.cfg.Now(),
		}
		if _, err := c.apply.Apply(ctx, Batch{Lease: lease, Lines: []gateway.LogEntry{line}}); err != nil {
			return err
		}
	}
	return c.count(ctx, b.Object)
}

// count compares how many records are there and here, for the health page.
func (c *Consumer) count(ctx context.Context, object string) error {
	there, err := c.cfg.Reader.Count(ctx, object)
	if err != nil {
		return fmt.Errorf("counting %s: %w", object, err)
	}
	c.counted[object] = c.cfg.Now()
	if why := c.polled(object); why != "" {
		return c.status(ctx, object, gateway.StatePolling, why, there)
	}
	return c.status(ctx, object, gateway.StateOK, "", there)
}

func (c *Consumer) status(ctx context.Context, object string, state gateway.ConnectionState, reason string, there int) error {
	s := gateway.ObjectStatus{
		Object: object, Label: c.rules.schema(object).LabelPlural, State: state, Reason: reason, Transport: "stream",
		RowsThere: there, Backfilled: state == gateway.StateOK || state == gateway.StatePolling,
	}
	if state == gateway.StatePolling {
		s.Transport = "poll"
	}
	if s.Label == "" {
		s.Label = object
	}
	if there >= 0 {
		s.CountedAt = c.cfg.Now()
	}
	return c.store.SaveObjectStatus(ctx, s)
}

// lost gives up a position that nobody can go on from. The stream goes on
// at its tip, and what happened since the last event is read. Both are stored
// at once, so that a crash loses neither.
func (c *Consumer) lost(ctx context.Context, lease gateway.Lease, note string) error {
	p, err := c.store.Position(ctx, lease.Connection, lease.Channel)
	if err != nil {
		return fmt.Errorf("reading the position: %w", err)
	}
	again, err := c.holes(ctx, p.LastEventAt, note)
	if err != nil {
		return err
	}
	c.cfg.Logger.WarnContext(ctx, "the position in the stream is lost; the gap is read", "since", p.LastEventAt, "note", note)
	line := gateway.LogEntry{
		Direction: "system", Label: "Stream", State: gateway.LogDone, DoneAt: c.cfg.Now(),
		What: "Lost the place in the stream; reading everything changed since the last event", Rule: note,
	}
	_, err = c.apply.Apply(ctx, Batch{
		Batch: gateway.Batch{Position: tip}, Lease: lease, Reread: again, Lines: []gateway.LogEntry{line},
	})
	return err
}

// atTip is called when the stream is taken up at its tip although it ran
// before: an event that came in between was not seen by anybody.
func (c *Consumer) atTip(ctx context.Context, lease gateway.Lease) error {
	var since time.Time
	if c.health.streamed() {
		since = c.health.complete()
	}
	again, err := c.holes(ctx, since, "The stream was taken up again without a position.")
	if err != nil || len(again) == 0 {
		return err
	}
	_, err = c.apply.Apply(ctx, Batch{Lease: lease, Reread: again})
	return err
}

// holes returns the backfills that read what changed since, of all objects
// that were read whole before. Without a time it is that of the last reading.
func (c *Consumer) holes(ctx context.Context, since time.Time, note string) ([]gateway.Backfill, error) {
	all, err := c.store.Backfills(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading backfills: %w", err)
	}
	var again []gateway.Backfill
	for _, b := range all {
		if b.State == BackfillRunning { // ends with what changed since it began
			continue
		}
		open := b.State == BackfillRepairing // an older hole, which stays part of this one
		if !since.IsZero() && (!open || since.Before(b.StartedAt)) {
			b.StartedAt = since
		}
		if !open || !isHole(b.Note) {
			b.Note = note
		}
		b.State, b.LastID = BackfillRepairing, ""
		again = append(again, b)
	}
	return again, nil
}

// refetch reads the records that are marked for it, and makes tombstones of
// those that are gone.
func (c *Consumer) refetch(ctx context.Context, lease gateway.Lease) error {
	keys, err := c.store.Refetches(ctx, c.cfg.PageSize)
	if err != nil || len(keys) == 0 {
		return err
	}
	ids := map[string][]string{}
	for _, k := range keys {
		ids[k.Object] = append(ids[k.Object], k.ID)
	}
	for object := range ids {
		err := c.retrieve(ctx, lease, object, ids[object])
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

func (c *Consumer) retrieve(ctx context.Context, lease gateway.Lease, object string, ids []string) error {
	// Before anything is read: what is told from here on may not be in it.
	hints, err := c.store.Hints(ctx, object, ids)
	if err != nil {
		return err
	}
	seen, err := c.apply.versions(ctx, object, ids)
	if err != nil {
		return err
	}
	found, missing, err := c.cfg.Reader.Retrieve(ctx, object, ids)
	if err != nil {
		return fmt.Errorf("reading marked %s: %w", object, err)
	}
	var unknown []gateway.RecordKey
	for _, id := range missing {
		version, ok := seen[id]
		if key := (gateway.RecordKey{Object: object, ID: id}); !ok { // never seen, and nobody can see it now
			links, err := c.store.Links(ctx, key)
			if err != nil {
				return err
			}
			if len(links) == 0 {
				unknown = append(unknown, key)
				continue
			}
			// A tombstone shows that the link leads nowhere.
		}
		found = append(found, gateway.ChangeEvent{
			Object: object, RecordIDs: []string{id}, Type: gateway.Delete,
			Version: gateway.Version{CommitAt: version.CommitAt},
		})
	}
	for i := range found {
		id := found[i].RecordIDs[0]
		found[i].SeenVersion = seen[id]
		if hints[gateway.RecordKey{Object: object, ID: id}] != 0 {
			found[i].Origin = gateway.OriginHook
		}
	}
	_, err = c.apply.Apply(ctx, Batch{
		Batch: gateway.Batch{Events: found}, Lease: lease, Marked: true, Hints: hints, Gone: unknown,
	})
	return err
}
