package streaming

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"tidegate/gateway"
	"tidegate/rules/continuity"
	"tidegate/rules/outbound"
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
	// notePaused: what the stream told meanwhile was left alone.
	notePaused = "A person had paused the object."
	// noteNoPlace: no event had come yet, so there was no position to keep.
	noteNoPlace = "The stream was taken up again without a position."
)

// backfill has an object read whole in the background, and then reads what
// changed meanwhile, page by page until it is done. It drains refetch marks
// between pages, because somebody may look at those records. It reads only
// while the stream is subscribed, so that nothing is missed that changes
// meanwhile: anchor first.
func (c *Consumer) backfill(ctx context.Context, lease gateway.Lease, object string) error {
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
		if err := c.notice(ctx, b); err != nil {
			return err
		}
		err = c.page(countCalls(ctx), lease, b, generation)
		c.tell()
		if err != nil {
			return err
		}
		if err := c.refetch(ctx, lease); err != nil {
			return err
		}
	}
	return nil
}

// notice finds the hole that a reading repairs where the stream wrote it down
// since this round began, and tells of it: the first page may take long (F-07).
func (c *Consumer) notice(ctx context.Context, b gateway.Backfill) (err error) {
	if _, p := c.hole(b.Object); p != nil || b.Note == notePolled {
		return nil
	}
	if c.unclosed, err = c.store.UnclosedHoles(ctx); err != nil {
		return fmt.Errorf("reading continuity records: %w", err)
	}
	c.tell()
	return nil
}

// begin starts the first reading of an object.
func (c *Consumer) begin(ctx context.Context, lease gateway.Lease, object string) error {
	at, err := c.position(ctx)
	if err != nil {
		return err
	}
	if err := c.afford(ctx, outbound.ReadBackfill, 1); err != nil {
		return err
	}
	total, err := c.cfg.Reader.Count(ctx, object)
	if err != nil {
		return fmt.Errorf("counting %s: %w", object, err)
	}
	b := gateway.Backfill{Object: object, State: BackfillRunning, Total: total, StartedAt: c.salesforceNow(), BeganAt: c.cfg.Now()}
	if at != tip {
		b.Anchor = gateway.ReplayID(at)
	}
	_, err = c.apply.Apply(ctx, Batch{Lease: lease, Reread: []gateway.Backfill{b}})
	return err
}

// page reads one page and commits it together with the place after it (F-03).
func (c *Consumer) page(ctx context.Context, lease gateway.Lease, b gateway.Backfill, generation int) error {
	if err := c.afford(ctx, c.kind(b), 1); err != nil {
		return err
	}
	q := ReadRequest{
		Object: b.Object, AfterID: b.LastID, Limit: c.cfg.PageSize,
		IncludeDeleted: b.State == BackfillRepairing,
	}
	if b.State == BackfillRepairing {
		q.ChangedSince = b.StartedAt.Add(-c.cfg.Overlap)
	}
	expected, err := c.expect(ctx, b, q.ChangedSince)
	if err != nil {
		return err
	}
	var rows []gateway.ChangeEvent
	err = c.steady(ctx, b.Object, func() (err error) {
		q.Fields = MirroredFields(c.rules.schema(b.Object))
		rows, err = c.cfg.Reader.Rows(ctx, q)
		return err
	})
	if err != nil {
		return fmt.Errorf("reading %s: %w", b.Object, err)
	}
	c.wentThrough()
	next := after(b, rows, q.Limit)
	if _, p := c.hole(b.Object); next.State == BackfillDone && p != nil && p.State != gateway.HoleOpen {
		if err := c.vanished(ctx, lease, b.Object, q.ChangedSince); err != nil {
			return err
		}
	}
	done, err := c.apply.Apply(ctx, Batch{
		Batch: gateway.Batch{Events: rows}, Lease: lease,
		Repair: &Repair{
			Object: b.Object, Expected: expected, Calls: callsSpent(ctx),
		},
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
	c.follows(done.Holes)
	if next.State != BackfillDone {
		return nil
	}
	return c.finished(ctx, b)
}

// expect estimates, at the beginning of a repair, how many rows it will read.
func (c *Consumer) expect(ctx context.Context, b gateway.Backfill, since time.Time) (int, error) {
	_, p := c.hole(b.Object)
	if p == nil || p.Expected >= 0 || p.State == gateway.HoleOpen {
		return 0, nil
	}
	n, err := c.cfg.Reader.CountChanged(ctx, b.Object, since)
	if err != nil {
		return 0, fmt.Errorf("counting what changed of %s: %w", b.Object, err)
	}
	return n, nil
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

// finished says how the object now stands.
func (c *Consumer) finished(ctx context.Context, b gateway.Backfill) error {
	if b.Note == notePolled {
		return nil // every minute: neither news nor worth a count
	}
	c.cfg.Logger.InfoContext(ctx, "object read", "object", b.Object, "rows", b.Rows, "note", b.Note)
	return c.count(ctx, b.Object)
}

// count compares how many records are there and here, for the health page.
func (c *Consumer) count(ctx context.Context, object string) error {
	there, err := c.counts(ctx, object)
	if err != nil {
		return err
	}
	c.counted[object] = c.cfg.Now()
	state, reason := c.standing(object)
	return c.status(ctx, object, state, reason, there)
}

// counts asks Salesforce how many records an object has; -1 when the count has
// to wait for API calls.
func (c *Consumer) counts(ctx context.Context, object string) (int, error) {
	if err := c.afford(ctx, outbound.ReadPoll, 1); err != nil {
		return -1, nil //nolint:nilerr // a wait is no failure; it is counted again later
	}
	there, err := c.cfg.Reader.Count(ctx, object)
	if err != nil {
		return -1, fmt.Errorf("counting %s: %w", object, err)
	}
	c.wentThrough()
	return there, nil
}

// wentThrough notes that Salesforce answered a reading.
func (c *Consumer) wentThrough() {
	now := c.cfg.Now()
	c.health.set(func(h *health) { h.readAt = now })
}

// standing tells an object's state, and why it is asked for where it is not
// streamed. That is a degradation only where the stream is expected.
func (c *Consumer) standing(object string) (gateway.ConnectionState, string) {
	why := c.polled(object)
	p, paused := c.rules.paused(object)
	switch {
	case paused:
		return gateway.StatePaused, "Paused by " + cmp.Or(p.By, "somebody") + "."
	case why == "":
		return gateway.StateOK, ""
	case c.expected(object) && c.cfg.Transport != Polling:
		return gateway.StatePolling, c.every() + why
	}
	return gateway.StateOK, c.every() + why
}

// every says how often an object is asked for.
func (c *Consumer) every() string { return "Every " + continuity.Span(c.pollEvery()) + ". " }

func (c *Consumer) status(ctx context.Context, object string, state gateway.ConnectionState, reason string, there int) error {
	s := gateway.ObjectStatus{
		Object: object, Label: c.rules.schema(object).LabelPlural, State: state, Reason: reason, Transport: "stream",
		RowsThere: there, Backfilled: state == gateway.StateOK || state == gateway.StatePolling,
	}
	if state == gateway.StatePaused {
		if b, err := c.store.Backfill(ctx, object); err == nil {
			s.Backfilled = b.State == BackfillDone
		}
	}
	if c.polled(object) != "" {
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
func (c *Consumer) lost(ctx context.Context, lease gateway.Lease, note, said string) error {
	p, err := c.store.Position(ctx, lease.Connection, lease.Channel)
	if err != nil {
		return fmt.Errorf("reading the position: %w", err)
	}
	hole := gateway.Hole{Cause: gateway.HoleMoved, Said: cmp.Or(said, note)}
	if note == noteLost {
		hole.Cause = continuity.Lost(p.LastEventAt, c.salesforceNow())
	}
	hole.From, hole.Bound = continuity.From(continuity.Known{LastEvent: p.LastEventAt})
	again, err := c.holes(ctx, &hole, note)
	if err != nil {
		return err
	}
	c.cfg.Logger.WarnContext(ctx, "the position in the stream is lost; the gap is read", "since", p.LastEventAt, "note", note)
	line := gateway.LogEntry{
		Direction: "system", Label: "Stream", State: gateway.LogDone, DoneAt: c.cfg.Now(),
		What: "Lost the place in the stream; reading everything changed since the last event", Rule: note,
	}
	_, err = c.apply.Apply(ctx, Batch{
		Batch: gateway.Batch{Position: tip}, Lease: lease, Reread: again, Lines: []gateway.LogEntry{line}, Holes: found(hole),
	})
	return err
}

// atTip is called when the stream is taken up at its tip although it ran
// before: an event that came in between was not seen by anybody.
func (c *Consumer) atTip(ctx context.Context, lease gateway.Lease) error {
	hole := gateway.Hole{Cause: gateway.HoleNoPlace, Said: noteNoPlace}
	if c.health.streamed() {
		p, err := c.store.Position(ctx, lease.Connection, lease.Channel)
		if err != nil {
			return fmt.Errorf("reading the position: %w", err)
		}
		hole.From, hole.Bound = continuity.From(continuity.Known{LastEvent: p.LastEventAt, Complete: c.health.complete().Add(c.ahead())})
	}
	again, err := c.holes(ctx, &hole, noteNoPlace)
	if err != nil || len(again) == 0 {
		return err
	}
	_, err = c.apply.Apply(ctx, Batch{Lease: lease, Reread: again, Holes: found(hole)})
	return err
}

// found is a hole where there is one: before anything was read, nothing is
// missing.
func found(h gateway.Hole) []gateway.Hole {
	if len(h.Objects) == 0 {
		return nil
	}
	return []gateway.Hole{h}
}

// holes returns the backfills that read what changed since the hole began, of
// all objects that were read whole before, and lists them in it. A hole whose
// beginning is not known begins with the last reading.
func (c *Consumer) holes(ctx context.Context, hole *gateway.Hole, note string) ([]gateway.Backfill, error) {
	since := hole.From
	hole.To = c.salesforceNow()
	all, err := c.store.Backfills(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading backfills: %w", err)
	}
	var again []gateway.Backfill
	for _, b := range all {
		if c.health.polledByDesign(b.Object) {
			continue
		}
		part := gateway.HolePart{Object: b.Object, Means: gateway.MeansChanges, State: gateway.HoleRepairing, Expected: -1}
		if b.State == BackfillRunning { // ends with what changed since it began
			part.Means, part.Expected = gateway.MeansWhole, b.Total
			hole.Objects = append(hole.Objects, part)
			continue
		}
		open := b.State == BackfillRepairing // an older hole, which stays part of this one
		if !since.IsZero() && (!open || since.Before(b.StartedAt)) {
			b.StartedAt = since
		}
		if !open || b.Note == notePolled {
			b.Note = note
		}
		b.State, b.LastID = BackfillRepairing, ""
		if hole.From.IsZero() || b.StartedAt.Before(hole.From) {
			hole.From, hole.Bound = b.StartedAt, "The object that was read longest ago was read then."
		}
		hole.Objects = append(hole.Objects, part)
		again = append(again, b)
	}
	return again, nil
}
