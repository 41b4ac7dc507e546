package streaming

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"tidegate/gateway"
	"tidegate/rules/continuity"
	"tidegate/streaming/protocol"
	"tidegate/streaming/pubsub"
)

// pipeline commits one batch while the next is decoded and gathers. Nothing is
// ever more than one transaction ahead of the one under way.
type pipeline struct {
	c     *Consumer
	ctx   context.Context // of the session; commits outlive a single Deliver
	end   func()          // ends the session
	lease gateway.Lease
	// slot holds the error of the last commit; whoever takes it may commit.
	slot   chan error
	worked atomic.Bool // the session was subscribed once

	mu       sync.Mutex
	gathered gateway.Batch // goes into the next transaction
	taken    chan struct{} // one slot: room was made in gathered
}

// gatherMost bounds the events of one transaction. Larger ones are not faster,
// and smaller ones pay for their commit.
const gatherMost = 2000

func newPipeline(c *Consumer, ctx context.Context, end func(), lease gateway.Lease) *pipeline {
	p := &pipeline{c: c, ctx: ctx, end: end, lease: lease, slot: make(chan error, 1), taken: make(chan struct{}, 1)}
	p.slot <- nil
	return p
}

// deliver takes one answer of the stream. An error is that of an earlier
// commit: the session then ends, and what was not committed comes again.
func (p *pipeline) deliver(ctx context.Context, channel string, raw []json.RawMessage) error {
	if err := p.room(ctx, len(raw)); err != nil {
		return err
	}
	batch := p.c.rules.decoder().Decode(channel, raw)
	p.c.suspicion.noteRaw(raw, batch.Events)
	return p.pass(batch)
}

// deliverTyped takes one burst of the Pub/Sub API.
func (p *pipeline) deliverTyped(ctx context.Context, b pubsub.Batch) error {
	if err := p.room(ctx, len(b.Events)); err != nil {
		return err
	}
	batch := p.c.rules.decoder().DecodeTyped(Channel, b)
	p.c.suspicion.noteTyped(b.Events, batch.Events)
	return p.pass(batch)
}

// room waits until n more events may join what goes into the next transaction.
// They are decoded only then, so that no third batch lies in memory.
func (p *pipeline) room(ctx context.Context, n int) error {
	for {
		p.mu.Lock()
		waiting := len(p.gathered.Events) + len(p.gathered.Unreadable)
		p.mu.Unlock()
		if waiting == 0 || waiting+n <= gatherMost {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.taken:
		}
	}
}

// pass begins to commit a batch, or, while another is under way, lets it join
// what gathers: the Pub/Sub API sends a hundred events at most, and to begin and
// commit a transaction costs as much as fifty. It returns the error of an
// earlier commit, or errUnread, and has taken nothing then.
func (p *pipeline) pass(batch gateway.Batch) error {
	batch.Events = slices.DeleteFunc(batch.Events, func(e gateway.ChangeEvent) bool {
		// What is told of a paused object is read when it is resumed.
		_, paused := p.c.rules.paused(e.Object)
		return paused || !slices.Contains(p.c.cfg.Objects, e.Object)
	})
	batch.Unreadable = slices.DeleteFunc(batch.Unreadable, func(q gateway.Quarantined) bool {
		return q.Object != "" && !slices.Contains(p.c.cfg.Objects, q.Object)
	})
	if p.c.unread.again(batch.Unreadable) {
		p.c.schemas.Forget()
		return errUnread
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case err := <-p.slot:
		if err != nil {
			p.slot <- err
			return err
		}
		go p.work(batch)
	default:
		p.gathered = joined(p.gathered, batch)
	}
	return nil
}

func joined(a, b gateway.Batch) gateway.Batch {
	a.Events, a.Unreadable = append(a.Events, b.Events...), append(a.Unreadable, b.Unreadable...)
	if b.Position != "" {
		a.Position = b.Position
	}
	return a
}

// work commits a batch, and what gathered meanwhile, until nothing has.
func (p *pipeline) work(batch gateway.Batch) {
	for more := true; more; {
		err := p.commit(Batch{Batch: batch, Lease: p.lease, Streamed: true})
		if err != nil {
			p.end()
		}
		batch, more = p.next(err)
	}
}

// next takes what gathered. Without any, and after an error, somebody else may
// commit.
func (p *pipeline) next(err error) (batch gateway.Batch, more bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	batch, p.gathered = p.gathered, gateway.Batch{}
	more = err == nil && (len(batch.Events) > 0 || len(batch.Unreadable) > 0 || batch.Position != "")
	if !more {
		p.slot <- err
	}
	select {
	case p.taken <- struct{}{}:
	default:
	}
	return batch, more
}

// drain waits until nothing is under way or waits to be committed, and returns
// why the last commit failed.
func (p *pipeline) drain() error {
	err := <-p.slot
	p.slot <- err
	return err
}

// replay gives CometD the position to resume from.
func (p *pipeline) replay(ctx context.Context) (json.RawMessage, error) {
	at, err := p.resume(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case strings.HasPrefix(at, typedMark):
		return nil, protocol.Permanent(errForeign)
	case !isPlainInteger(at):
		return nil, protocol.Permanent(errSpoiled)
	}
	return json.RawMessage(at), nil
}

// start gives the Pub/Sub API the position to resume from.
func (p *pipeline) start(ctx context.Context) (pubsub.Start, error) {
	at, err := p.resume(ctx)
	if err != nil || at == tip {
		return pubsub.Start{}, err
	}
	text, typed := strings.CutPrefix(at, typedMark)
	id, err := base64.StdEncoding.DecodeString(text)
	switch {
	case !typed && isPlainInteger(at):
		return pubsub.Start{}, protocol.Permanent(errForeign)
	case !typed || err != nil:
		return pubsub.Start{}, protocol.Permanent(errSpoiled)
	}
	return pubsub.Start{ReplayID: id}, nil
}

// errForeign ends a session whose protocol cannot read the position, because
// the stream was read over the other one before.
var errForeign = errors.New("the position is that of another transport")

// errSpoiled ends a session whose position is none at all.
var errSpoiled = errors.New("what is stored as our place in the stream is no replay id")

// resume returns the position. What was delivered before is committed or given
// up by now.
func (p *pipeline) resume(ctx context.Context) (string, error) {
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case err := <-p.slot:
		if isFenced(err) {
			p.slot <- err
			return "", protocol.Permanent(err)
		}
		p.slot <- nil
	}
	at, err := p.c.position(ctx)
	if err == nil && at == tip {
		// Marked now, read when subscribed.
		err = p.c.atTip(ctx, p.lease)
	}
	return at, err
}

// commit applies a batch and tries again until it is stored: the server is
// asked for nothing more meanwhile (F-69, F-70). Only a lost lease and the end
// of the program are no reasons to go on.
func (p *pipeline) commit(b Batch) error {
	for try := 1; ; try++ {
		err := p.c.take(p.ctx, b)
		switch {
		case err == nil:
			p.c.health.set(func(h *health) { h.stalled = "" })
			return nil
		case p.ctx.Err() != nil:
			return p.ctx.Err()
		case isFenced(err):
			return protocol.Permanent(err)
		}
		p.c.cfg.Logger.WarnContext(p.ctx, "a batch cannot be stored, will try again", "try", try, "error", err)
		p.c.health.set(func(h *health) { h.stalled = "Changes cannot be stored right now; the stream waits." })
		if try >= 3 && gateway.CodeOf(err) != gateway.CodeUnavailable {
			b.Events = p.single(b)
		}
		if err := rest(p.ctx, p.c.cfg.Backoff(try)); err != nil {
			return err
		}
	}
}

// single applies a batch that fails as a whole event by event, and puts what
// fails alone into quarantine, so that one event cannot stop all others. It
// returns the events that are still to be applied.
func (p *pipeline) single(b Batch) []gateway.ChangeEvent {
	for i, e := range b.Events {
		one := Batch{Lease: b.Lease, Streamed: true}
		one.Batch = gateway.Batch{Events: b.Events[i : i+1], Position: e.ReplayID}
		err := p.c.take(p.ctx, one)
		if err != nil && p.ctx.Err() == nil && !isFenced(err) && gateway.CodeOf(err) != gateway.CodeUnavailable {
			one.Batch = gateway.Batch{Position: e.ReplayID, Unreadable: []gateway.Quarantined{quarantined(e, err)}}
			err = p.c.take(p.ctx, one)
		}
		if err != nil {
			return b.Events[i:]
		}
	}
	return nil
}

func quarantined(e gateway.ChangeEvent, cause error) gateway.Quarantined {
	raw, err := json.Marshal(e)
	return unread(Channel, e, raw, "The change was read but could not be stored: "+errors.Join(cause, err).Error())
}

// nameless adds to a batch what makes up for changes that could not be read and
// do not even say whose they are: everything changed since the last event is
// read.
func (c *Consumer) nameless(ctx context.Context, b Batch) (Batch, error) {
	if !slices.ContainsFunc(b.Unreadable, func(q gateway.Quarantined) bool { return len(q.RecordIDs) == 0 }) {
		return b, nil
	}
	p, err := c.store.Position(ctx, c.cfg.Connection.ID, Channel)
	if err != nil {
		return b, fmt.Errorf("reading the position: %w", err)
	}
	const note = "A change could not be read, nor whose it is."
	hole := gateway.Hole{Cause: gateway.HoleUnreadable, Said: b.Unreadable[0].Reason}
	hole.From, hole.Bound = continuity.From(continuity.Known{LastEvent: p.LastEventAt})
	again, err := c.holes(ctx, &hole, note)
	b.Reread, b.Holes = slices.Concat(b.Reread, again), slices.Concat(b.Holes, found(hole))
	return b, err
}

// take applies a batch and wakes the worker where it left something to do.
func (c *Consumer) take(ctx context.Context, b Batch) error {
	b, err := c.nameless(ctx, b)
	if err != nil {
		return err
	}
	done, err := c.apply.Apply(ctx, b)
	if err != nil {
		return err
	}
	if b.Streamed {
		c.health.batch(done.lags)
	}
	if done.Refetch || done.RefetchObject || len(b.Unreadable) > 0 {
		c.poke()
	}
	return nil
}
