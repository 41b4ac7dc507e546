package streaming

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"tidegate/gateway"
	"tidegate/rules/continuity"
	"tidegate/store"
	"tidegate/streaming/bayeux"
	"tidegate/streaming/protocol"
	"tidegate/streaming/pubsub"
)

// Consumer takes in the changes of one connection: it holds the lease of the
// channel, streams, reads what the stream does not give, and keeps the named
// state of the connection.
type Consumer struct {
	cfg    Config
	store  *store.Workspace
	apply  *Applier
	rules  *rules
	health *health
	worker atomic.Pointer[loop] // nil before the first lease
	filer  atomic.Pointer[loop] // the same
	// choice and schemas outlive sessions.
	choice  choice
	schemas *pubsub.Schemas
	poll    poll
	loads   *loads
	// suspicion makes describes due.
	suspicion suspicion
	// unread are the events that could not be read so far.
	unread unreadTries
	// counted is when the rows of an object were last counted; the worker's.
	counted map[string]time.Time
	// standstill are the objects whose pause is shown; the worker's.
	standstill map[string]bool
	// describedAt is when it was last looked whether describes are due; the worker's.
	describedAt time.Time
	// trouble is what the log was told last; the watch's.
	trouble continuity.Trouble
	// unclosed are the continuity records under repair; the worker's.
	unclosed []gateway.Hole
	// marked is whether marks were due at the last look; the worker's.
	marked bool
	// calm says that the last round of the worker left nothing to read, and
	// stirred that there may be something again.
	calm, stirred atomic.Bool
}

// New checks the config and returns a consumer that does nothing until Run.
func New(cfg Config) (*Consumer, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Consumer{cfg: cfg, store: cfg.DB.In(cfg.Connection.Workspace), counted: map[string]time.Time{}, standstill: map[string]bool{}}
	c.choice.refused, c.schemas = map[Transport]refusal{}, pubsub.NewSchemas()
	c.poll, c.loads = newPoll(), newLoads()
	c.suspicion = suspicion{ids: map[string]string{}, objects: map[string]bool{}}
	c.rules = &rules{store: c.store}
	c.health = newHealth(cfg.Now, cfg.PollAfter)
	c.apply = &Applier{
		Store: c.store, OwnClient: cfg.OwnClient, Fresh: c.rules.follow, Winner: c.rules.winner, Carried: c.rules.carried, Named: c.rules.named,
		Known: c.rules.known, Merges: c.rules.merges, Writable: c.rules.writable,
		Ahead: cfg.Ahead, Notify: cfg.Notify, Metrics: cfg.Metrics, Observe: cfg.Observe, OrgID: cfg.Connection.OrgID, Sign: cfg.Sign,
	}
	return c, nil
}

// Run takes in changes until ctx ends, and returns nil then. While another
// process holds the lease it waits. Trouble with the network, Salesforce or
// the database is waited out; it shows in the connection's state.
func (c *Consumer) Run(ctx context.Context) error {
	defer c.cfg.Metrics.follow(c.cfg.Connection.ID, c.health.age)()
	failures := 0
	for ctx.Err() == nil {
		lease, ours, err := c.store.AcquireLease(ctx, c.cfg.Connection.ID, Channel, c.cfg.Holder, c.cfg.LeaseFor)
		switch {
		case err != nil:
			failures++
			c.cfg.Logger.WarnContext(ctx, "the lease cannot be taken", "error", err)
			err = rest(ctx, c.cfg.Backoff(failures))
		case !ours:
			failures = 0
			err = rest(ctx, c.cfg.LeaseFor/3)
		default:
			failures = 0
			err = c.hold(ctx, lease)
		}
		if err != nil && ctx.Err() == nil {
			c.cfg.Logger.WarnContext(ctx, "the stream is given up and taken up again", "error", err)
			if err := rest(ctx, c.cfg.Backoff(1)); err != nil {
				break
			}
		}
	}
	return nil
}

// hold does everything that needs the lease, until ctx ends or it is lost.
func (c *Consumer) hold(ctx context.Context, lease gateway.Lease) error {
	err := c.learn(ctx)
	if err == nil {
		err = c.remember(ctx)
	}
	if err == nil {
		err = c.forget(ctx)
	}
	if err != nil {
		return errors.Join(err, c.release(ctx, lease))
	}
	c.loads = newLoads()
	beside := newLoops(ctx)
	c.calm.Store(false)
	worker := &loop{}
	worker.do = c.working(lease, &worker.deaf)
	c.worker.Store(worker)
	filer := &loop{do: c.filing}
	c.filer.Store(filer)
	beside.begin(filer, c.cfg.Tick)
	beside.begin(worker, 0)
	beside.begin(&loop{do: c.watching(ctx)}, c.cfg.Tick)
	leave := c.cfg.Crew.join(c, lease, beside.fail)
	err = beside.end(c.stream(beside.ctx, lease))
	leave()
	c.loads.wait.Wait()
	if gateway.CodeOf(err) == gateway.CodeFenced {
		return err
	}
	return errors.Join(err, c.release(ctx, lease))
}

// release gives the lease back also while the program ends.
func (c *Consumer) release(ctx context.Context, lease gateway.Lease) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	err := c.store.ReleaseLease(ctx, lease)
	if gateway.CodeOf(err) == gateway.CodeFenced {
		return nil // somebody has it already
	}
	return err
}

// stream keeps a protocol client running, and does what a client cannot do
// about the errors that end it.
func (c *Consumer) stream(ctx context.Context, lease gateway.Lease) error {
	if c.cfg.Transport == Polling { // the worker does it
		c.health.set(func(h *health) { h.unstreamed, h.chosen = "Polling was chosen.", true })
		<-ctx.Done()
	}
	for ctx.Err() == nil {
		err := c.session(ctx, lease)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err = c.after(ctx, lease, err); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// after reacts to the end of a client. nil means: again.
func (c *Consumer) after(ctx context.Context, lease gateway.Lease, err error) error {
	switch {
	case is[*protocol.ReplayLostError](err):
		return c.lost(ctx, lease, noteLost, lostWith(err))
	case is[*protocol.AuthError](err):
		c.health.set(func(h *health) { h.reconnect = signIn(err) })
		defer c.health.set(func(h *health) { h.reconnect = "" })
		return c.awaitReconnect(ctx)
	case err == nil, errors.Is(err, context.Canceled): // another address or transport
		return nil
	case gateway.CodeOf(err) == gateway.CodeFenced:
		return err
	case errors.Is(err, errSpoiled):
		return c.lost(ctx, lease, noteLost, errSpoiled.Error())
	case errors.Is(err, errForeign):
		return c.lost(ctx, lease, noteMoved, "")
	case is[*bayeux.TransportError](err) && c.cfg.Transport == Auto:
		c.choice.refuse(WebSocket, refusal{said: noWebsocket})
		return nil
	case is[*protocol.SubscriptionError](err):
		// No stream for us: the edition has none, or nobody allowed it. What
		// changed is asked for instead, and the stream again from time to time.
		c.health.set(func(h *health) { h.unstreamed = "Salesforce gives us no stream: " + refusedWith(err) })
		c.poke()
		return rest(ctx, c.cfg.AskEvery)
	}
	c.health.set(func(h *health) { h.refused = "Salesforce refuses the stream: " + err.Error() })
	defer c.health.set(func(h *health) { h.refused = "" })
	return rest(ctx, max(c.cfg.Grace, c.cfg.Backoff(8)))
}

// lostWith is what Salesforce said of a position that it does not know.
func lostWith(err error) string {
	if e, ok := errors.AsType[*protocol.ReplayLostError](err); ok {
		return e.Text
	}
	return err.Error()
}

// refusedWith is what Salesforce said when it refused a subscription.
func refusedWith(err error) string {
	if e, ok := errors.AsType[*protocol.SubscriptionError](err); ok {
		return e.Text
	}
	return err.Error()
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// session runs one protocol client until it ends. It returns nil when the
// org's address changed, or a better transport is to be had.
func (c *Consumer) session(ctx context.Context, lease gateway.Lease) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := newPipeline(c, ctx, cancel, lease)
	endpoint, using := c.cfg.Endpoint(), c.transport(ctx)
	client, err := c.open(using, endpoint, p)
	if err != nil {
		return err
	}
	c.health.set(func(h *health) { h.client = client })
	beside := newLoops(ctx)
	beside.begin(&loop{do: c.following(cancel, endpoint, using)}, c.cfg.Tick)
	err = client.Run(ctx)
	cancel()
	_ = beside.end(nil) // its loop has no errors
	return errors.Join(err, p.drain())
}

// following ends the session when the org's address changes, or when Auto finds
// a transport that it would rather have.
func (c *Consumer) following(cancel context.CancelFunc, endpoint string, using Transport) round {
	return func(ctx context.Context) (time.Duration, error) {
		if c.cfg.Endpoint() != endpoint || c.better(ctx, using) {
			cancel()
		}
		return c.cfg.Tick, nil
	}
}

func (c *Consumer) auth(ctx context.Context, stale bool) (string, error) {
	header, err := c.cfg.Auth(ctx, stale)
	if gateway.CodeOf(err) == gateway.CodeSFAuth && err != nil {
		return "", protocol.Permanent(err)
	}
	return header, err
}

// poke wakes the worker, unless its last round failed.
func (c *Consumer) poke() {
	c.stirred.Store(true)
	if worker := c.worker.Load(); worker != nil {
		worker.wake()
	}
}

// awaitReconnect waits until a person has connected again.
func (c *Consumer) awaitReconnect(ctx context.Context) error {
	for {
		timer := time.NewTimer(5 * c.cfg.Tick)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-c.cfg.Reconnected:
			timer.Stop()
			return nil
		case <-timer.C:
		}
		now, err := c.store.Connection(ctx)
		if err == nil && now.ConnectedAt.After(c.cfg.Connection.ConnectedAt) {
			c.cfg.Connection.ConnectedAt = now.ConnectedAt
			return nil
		}
	}
}

// position returns where the stream resumes: the tip when there is no position.
func (c *Consumer) position(ctx context.Context) (string, error) {
	p, err := c.store.Position(ctx, c.cfg.Connection.ID, Channel)
	if err != nil {
		return "", fmt.Errorf("reading the position: %w", err)
	}
	if p.Lease.Position == "" {
		return tip, nil
	}
	return string(p.Lease.Position), nil
}

// tip asks for new events only.
const tip = "-1"
