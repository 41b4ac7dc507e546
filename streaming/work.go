package streaming

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"tidegate/gateway"
	"tidegate/rules/backfill"
)

// working reads what the stream does not give: first readings, repairs, refetch
// marks, counts. New work cuts the pause short unless the last round failed,
// which deaf says.
func (c *Consumer) working(lease gateway.Lease, deaf *atomic.Bool) round {
	failures := 0
	return func(ctx context.Context) (time.Duration, error) {
		var err error
		if !c.idle() {
			err = c.round(ctx, lease)
		}
		c.read(err)
		pause := c.cfg.Tick
		switch {
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case isFenced(err):
			return 0, err
		case err != nil:
			failures++
			pause = max(c.cfg.Backoff(failures), pause)
			c.cfg.Logger.WarnContext(ctx, "reading failed, will try again", "error", err, "wait", pause)
		default:
			failures = 0
		}
		deaf.Store(err != nil)
		return pause, nil
	}
}

// read notes how a round of readings went.
func (c *Consumer) read(err error) {
	if err != nil {
		c.cfg.Budget.Heard(err)
	}
	c.tell()
	slow, refused := c.slowness(), !c.cfg.Budget.Use().RefusedAt.IsZero()
	c.health.reader(err)
	c.health.set(func(h *health) {
		h.slow = slow
		if refused {
			h.limited = usedUp
		}
	})
}

// idle reports whether a round would find nothing to do: the last one left
// nothing, nobody told of anything since, and neither the stream nor a person's
// choice nor the time asks for one. That is how it stands most of the time, so
// it asks the database nothing; the Crew looks for everybody.
func (c *Consumer) idle() bool {
	if !c.calm.Load() || c.stirred.Load() || c.suspicion.any() {
		return false
	}
	now := c.cfg.Now()
	if now.Sub(c.describedAt) >= min(c.cfg.DescribeEvery, time.Minute) || c.health.subscribed() && now.Sub(c.poll.askedAt) >= c.cfg.AskEvery {
		return false
	}
	every := c.pollEvery()
	for _, object := range c.cfg.Objects {
		_, paused := c.rules.paused(object)
		cause, _ := c.silent(object)
		counted, known := c.counted[object]
		if paused != c.standstill[object] || cause != "" || c.askable(object, every) || known && now.Sub(counted) >= c.cfg.CountEvery {
			return false
		}
	}
	return true
}

func (c *Consumer) round(ctx context.Context, lease gateway.Lease) error {
	c.calm.Store(false)
	c.stirred.Store(false) // from here on: what is told meanwhile is for the next
	if err := c.askStreamed(ctx, lease); err != nil {
		return err
	}
	if err := c.listen(ctx, lease); err != nil {
		return err
	}
	if err := c.describeDue(ctx); err != nil {
		return err
	}
	quiet, err := c.quiet(ctx)
	if err != nil {
		return err
	}
	for _, object := range c.cfg.Objects {
		if err := c.showPause(ctx, object); err != nil {
			return err
		}
		if _, paused := c.rules.paused(object); paused || quiet[object] || !c.described(object) {
			continue
		}
		err := c.polling(ctx, lease, object)
		if err == nil {
			err = c.backfill(ctx, lease, object)
		}
		switch {
		case slowed(err):
			err = nil // it goes on where it was
		case unreachable(err):
			// One object that the user may not see stops no other.
			err = errors.Join(c.stuck(ctx, lease, object, err), c.status(ctx, object, gateway.StatePaused, err.Error(), -1))
		}
		if err != nil {
			return err
		}
	}
	if err := c.refetch(ctx, lease); err != nil && !slowed(err) {
		return err
	}
	if err := c.settle(ctx, lease); err != nil {
		return err
	}
	for object, at := range c.counted {
		if c.cfg.Now().Sub(at) >= c.cfg.CountEvery {
			if err := c.count(ctx, object); err != nil {
				return err
			}
		}
	}
	c.calm.Store(c.leftNothing(quiet))
	return nil
}

// leftNothing reports whether all is read that this round found. An object that
// nobody could describe waits for its describe.
func (c *Consumer) leftNothing(quiet map[string]bool) bool {
	return !c.marked && len(c.unclosed) == 0 && !slices.ContainsFunc(c.cfg.Objects, func(object string) bool {
		return !quiet[object] && c.described(object)
	})
}

// showPause counts an object when it is paused or resumed, which also writes its
// state down.
func (c *Consumer) showPause(ctx context.Context, object string) error {
	_, paused := c.rules.paused(object)
	if paused == c.standstill[object] {
		return nil
	}
	err := c.count(ctx, object)
	if unreachable(err) {
		err = nil // its own reading says so
	}
	if err == nil {
		c.standstill[object] = paused
	}
	return err
}

// quiet names the objects of which nothing is to be read: read whole, or given
// up, and told of by the stream, or asked for a while ago. Most are, most of the
// time, and one look tells of all.
func (c *Consumer) quiet(ctx context.Context) (map[string]bool, error) {
	all, err := c.store.Backfills(ctx)
	quiet, every := make(map[string]bool, len(all)), c.pollEvery()
	clear(c.poll.readAt)
	for _, b := range all {
		if b.State == BackfillDone {
			c.poll.readAt[b.Object] = b.UpdatedAt
		}
		over := b.State == BackfillDone || b.State == gateway.BackfillCanceled
		quiet[b.Object] = over && b.Job == "" && !c.askable(b.Object, every)
	}
	return quiet, err
}

// askable reports whether an object that was read whole is to be asked for now,
// or it is to be said that it is asked for, or is no more.
func (c *Consumer) askable(object string, every time.Duration) bool {
	at, read := c.poll.readAt[object]
	why := c.polled(object)
	return read && (why != c.poll.shown[object] || why != "" && c.cfg.Now().Sub(at) >= every)
}

// unreachable tells errors that concern one object, not the connection.
func unreachable(err error) bool {
	if err == nil {
		return false
	}
	return slices.Contains([]gateway.Code{
		gateway.CodeSFUnavailable, gateway.CodeSFPermission, gateway.CodeSFRequest, gateway.CodeSFField, gateway.CodeSFOther,
	}, gateway.CodeOf(err))
}

func isFenced(err error) bool { return err != nil && gateway.CodeOf(err) == gateway.CodeFenced }

// Reread asks for an object to be read from its first record again. A reading
// under way is not started twice (F-74).
func (c *Consumer) Reread(ctx context.Context, object, why string) error {
	if !slices.Contains(c.cfg.Objects, object) {
		return gateway.Errorf(gateway.CodeInvalid, "%s is not among the mirrored objects.", object)
	}
	_, err := c.store.EditBackfill(ctx, object, func(b gateway.Backfill, found bool) (gateway.Backfill, error) {
		next, _ := backfill.Start(b, found, backfill.Ask{Object: object, Why: why, Now: c.cfg.Now()})
		return next, nil
	})
	c.poke()
	return err
}
