package streaming

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tidegate/gateway"
	"tidegate/rules/continuity"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// silence says why no stream is to be had at all, "" while there is one, and
// while a break is too short to be more than routine.
func (h *health) silence() (cause gateway.HoleCause, said string) {
	age := h.age()
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.stream.subscribed || h.chosen:
		return "", ""
	case h.reconnect != "":
		return gateway.HoleSignedOut, h.reconnect
	case h.unstreamed != "":
		return gateway.HoleRefused, h.unstreamed
	case age >= h.pollAfter && h.refused != "":
		return gateway.HoleRefused, h.refused
	case age >= h.pollAfter:
		return gateway.HoleBroken, "The stream is broken. " + h.stream.reason
	}
	return "", ""
}

// silent says why the stream does not tell of an object that it should tell
// of, or why nobody listens.
func (c *Consumer) silent(object string) (cause gateway.HoleCause, said string) {
	if p, paused := c.rules.paused(object); paused {
		return gateway.HolePaused, "Paused by " + cmp.Or(p.By, "somebody") + "."
	}
	if !c.expected(object) {
		return "", ""
	}
	if cause, said = c.health.silence(); cause != "" {
		return cause, said
	}
	if c.poll.unstreamed[object] {
		return gateway.HoleUnstreamed, object + " is no longer selected for Change Data Capture."
	}
	return "", ""
}

// expected reports whether an object should be in the stream: an org may
// select five for Change Data Capture, and the rest is polled for good.
func (c *Consumer) expected(object string) bool {
	return !c.poll.unstreamed[object] || !c.poll.streamedAt[object].IsZero()
}

// listening reports whether the stream is there, or nobody wants it.
func (h *health) listening() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stream.subscribed || h.chosen
}

// remember reads what an earlier process knew of the stream.
func (c *Consumer) remember(ctx context.Context) error {
	all, err := c.store.ObjectStatuses(ctx)
	if err != nil {
		return fmt.Errorf("reading the objects' state: %w", err)
	}
	known := slices.ContainsFunc(all, func(s gateway.ObjectStatus) bool { return !s.StreamedAt.IsZero() })
	for _, s := range all {
		if s.StreamedAt.After(c.poll.streamedAt[s.Object]) {
			c.poll.streamedAt[s.Object] = s.StreamedAt
		}
		// Polled by design, until Salesforce is asked again: an object that was
		// selected meanwhile is to be asked for once more.
		if known && s.StreamedAt.IsZero() && s.Transport == "poll" {
			c.poll.unstreamed[s.Object] = true
		}
	}
	unclosed, err := c.store.UnclosedHoles(ctx)
	for _, h := range unclosed {
		for _, p := range h.Objects {
			// Until Salesforce is asked again.
			if h.Cause == gateway.HoleUnstreamed && p.State == gateway.HoleOpen {
				c.poll.unstreamed[p.Object] = true
			}
		}
	}
	c.showApart()
	return err
}

// listen writes down which objects fell silent and which are told of again
// (F-36, F-37). The latter are asked for once more, so that nothing falls
// between the last reading and the stream.
func (c *Consumer) listen(ctx context.Context, lease gateway.Lease) (err error) {
	if c.unclosed, err = c.store.UnclosedHoles(ctx); err != nil {
		return fmt.Errorf("reading continuity records: %w", err)
	}
	c.tell()
	fell := map[gateway.HoleCause]*gateway.Hole{}
	var back []string
	for _, object := range c.cfg.Objects {
		cause, said := c.silent(object)
		open := slices.ContainsFunc(c.unclosed, func(h gateway.Hole) bool {
			p := holePart(&h, object)
			return p != nil && p.State == gateway.HoleOpen
		})
		switch {
		case cause == "" && open && c.health.listening():
			back = append(back, object)
		case cause != "" && !open:
			if err := c.fall(ctx, fell, object, cause, said); err != nil {
				return err
			}
		}
	}
	var b Batch
	for _, h := range fell {
		b.Holes = append(b.Holes, *h)
	}
	if len(b.Holes) > 0 {
		b.Lease = lease
		if err := c.note(ctx, b); err != nil {
			return err
		}
	}
	return c.back(ctx, lease, back)
}

// fall adds an object to the hole that its silence makes. One that was never
// read whole has nothing to miss yet.
func (c *Consumer) fall(ctx context.Context, fell map[gateway.HoleCause]*gateway.Hole, object string, cause gateway.HoleCause, said string) error {
	b, err := c.store.Backfill(ctx, object)
	if err != nil || b.State == BackfillRunning {
		if gateway.CodeOf(err) == gateway.CodeNotFound {
			return nil
		}
		return err
	}
	known, err := c.known(ctx, b)
	if err != nil {
		return err
	}
	from, bound := continuity.From(known)
	if cause == gateway.HoleUnstreamed {
		from, bound = c.poll.streamedAt[object], "Salesforce was last seen to stream the object then."
	}
	h := fell[cause]
	if h == nil {
		h = &gateway.Hole{Cause: cause, Said: said, From: from, Bound: bound}
		fell[cause] = h
	}
	if from.Before(h.From) {
		h.From, h.Bound = from, bound
	}
	h.Objects = append(h.Objects, gateway.HolePart{Object: object, Means: gateway.MeansChanges, State: gateway.HoleOpen, Expected: -1})
	return nil
}

// known gathers what bounds a hole of an object.
func (c *Consumer) known(ctx context.Context, b gateway.Backfill) (continuity.Known, error) {
	p, err := c.store.Position(ctx, c.cfg.Connection.ID, Channel)
	if err != nil {
		return continuity.Known{}, fmt.Errorf("reading the position: %w", err)
	}
	k := continuity.Known{LastEvent: p.LastEventAt, LastRead: b.StartedAt}
	if c.health.streamed() {
		k.Complete = c.health.complete().Add(c.ahead())
	}
	return k, nil
}

// back notes that the stream tells of objects again, and starts the last
// reading of each.
func (c *Consumer) back(ctx context.Context, lease gateway.Lease, objects []string) error {
	if len(objects) == 0 {
		return nil
	}
	b := Batch{Lease: lease, Resumed: objects, ResumedAt: c.salesforceNow()}
	for _, object := range objects {
		last, err := c.store.Backfill(ctx, object)
		if err != nil {
			return err
		}
		if again, ok, err := c.reask(ctx, last); err != nil {
			return err
		} else if ok {
			if h, _ := c.hole(object); h.Cause == gateway.HolePaused && h.From.Before(again.StartedAt) {
				// The stream went on meanwhile, so how far it is says nothing.
				again.StartedAt, again.Anchor, again.Note = h.From, last.Anchor, notePaused
			}
			b.Reread = append(b.Reread, again)
		}
	}
	return c.note(ctx, b)
}

// note applies a batch that is about continuity only.
func (c *Consumer) note(ctx context.Context, b Batch) error {
	done, err := c.apply.Apply(ctx, b)
	if err == nil {
		c.follows(done.Holes)
	}
	return err
}

// follows takes over what was written to continuity records.
func (c *Consumer) follows(written []gateway.Hole) {
	for _, h := range written {
		at := slices.IndexFunc(c.unclosed, func(old gateway.Hole) bool { return old.ID == h.ID })
		switch {
		case at < 0 && h.State != gateway.HoleClosed:
			c.unclosed = append(c.unclosed, h)
		case at >= 0 && h.State == gateway.HoleClosed:
			c.unclosed = slices.Delete(c.unclosed, at, at+1)
		case at >= 0:
			c.unclosed[at] = h
		}
	}
}

// fewRecords is up to how many records that were named are read without a
// word: every org sends a gap event now and then.
const fewRecords = 1000

// tell puts the repair that is under way into the connection's state.
func (c *Consumer) tell() {
	var headline string
	for _, h := range c.unclosed {
		for _, p := range h.Objects {
			small := p.Means == gateway.MeansRecords && p.Expected <= fewRecords
			if p.State == gateway.HoleFailed || p.State == gateway.HoleRepairing && headline == "" && !small {
				headline = continuity.Headline(h, p)
			}
		}
	}
	c.health.set(func(h *health) { h.repairing = headline })
}

// hole returns the continuity record, and its part, that a reading of the
// object repairs; the newest if there are several.
func (c *Consumer) hole(object string) (gateway.Hole, *gateway.HolePart) {
	for _, h := range slices.Backward(c.unclosed) {
		if p := holePart(&h, object); p != nil && p.Means != gateway.MeansRecords && p.State != gateway.HoleClosed {
			return h, p
		}
	}
	return gateway.Hole{}, nil
}

// kind says why an object is read, for the budget.
func (c *Consumer) kind(b gateway.Backfill) outbound.Reading {
	_, p := c.hole(b.Object)
	switch {
	case p != nil && p.State != gateway.HoleOpen:
		return outbound.ReadRepair
	case b.Note == notePolled || p != nil:
		return outbound.ReadPoll
	}
	return outbound.ReadBackfill
}

// afford asks the budget for calls.
func (c *Consumer) afford(ctx context.Context, r outbound.Reading, calls int) error {
	return c.cfg.Budget.Take(ctx, r, calls)
}

// stuck writes down that a repair stands still, and what to do.
func (c *Consumer) stuck(ctx context.Context, lease gateway.Lease, object string, why error) error {
	if _, p := c.hole(object); p == nil || p.Problem == why.Error() {
		return nil
	}
	return c.note(ctx, Batch{Lease: lease, Repair: &Repair{Object: object, Problem: why.Error()}})
}

var errCanceled = errors.New("Its reading was canceled. Load the object again under Settings.") //nolint:staticcheck // shown to people

// settle closes repairs of which nothing is left to do, because somebody else
// did the last of it.
func (c *Consumer) settle(ctx context.Context, lease gateway.Lease) error {
	for _, object := range c.cfg.Objects {
		for _, h := range c.unclosed {
			p := holePart(&h, object)
			if p == nil || p.State != gateway.HoleRepairing {
				continue
			}
			b, err := c.store.Backfill(ctx, object)
			if err == nil && b.State == gateway.BackfillCanceled && p.Means != gateway.MeansRecords {
				return c.stuck(ctx, lease, object, errCanceled)
			}
			if err := c.note(ctx, Batch{Lease: lease, Repair: &Repair{Object: object}}); err != nil {
				return err
			}
			break // the list is another one now
		}
	}
	return nil
}

// pollEvery is how often objects are asked for: as configured, or more seldom
// so that it fits into the budget.
func (c *Consumer) pollEvery() time.Duration {
	n := 0
	for _, object := range c.cfg.Objects {
		if c.polled(object) != "" {
			n++
		}
	}
	return outbound.PollEvery(c.cfg.Budget.Use(), n+n/listAfter, c.cfg.PollEvery)
}

// slowness is one sentence on what is slowed to stay within the API calls that
// are ours, "" when nothing is. Of several readings the most important is said:
// the others wait too.
func (c *Consumer) slowness() string {
	if waiting := c.cfg.Budget.Slowed(); len(waiting) > 0 {
		s := waiting[len(waiting)-1]
		return outbound.LaneNames[s.Reading] + " waits: " + s.Why + "."
	}
	if every := c.pollEvery(); every > c.cfg.PollEvery {
		return fmt.Sprintf("Changes are asked for every %s instead of %s, to save API calls.",
			continuity.Span(every), continuity.Span(c.cfg.PollEvery))
	}
	return ""
}

// slowed takes a wait for API calls out of an error: it is no failure.
func slowed(err error) bool {
	_, ok := errors.AsType[*SlowedError](err)
	return ok
}

// noteStreamed stores which objects are in the stream, for after a restart.
func (c *Consumer) noteStreamed(ctx context.Context, seen map[string]time.Time) error {
	if len(seen) == 0 {
		return nil
	}
	return c.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.NoteStreamed(ctx, seen) })
}
