package bayeux

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tidegate/streaming/protocol"
)

// Client keeps one subscription session with one server.
type Client struct {
	cfg     Config
	running atomic.Bool

	mu    sync.Mutex // guards the fields up to the empty line
	state State
	// attempts since the session was last healthy: handshakes, and tokens
	// refreshed because of a refusal.
	attempts  int
	progress  bool // the last session gave something
	refreshes int
	stale     bool // the last token was refused

	// The rest belongs to Run's goroutine.
	channels    []Subscription
	lastRefusal error
	// What was learned about websocket at this server.
	pollOnly     string    // why websocket is not tried, "" if it is
	pollUntil    time.Time // when it is tried again; zero: not in this Run
	onSocket     bool      // handshake over the socket, not over HTTP
	socketLosses int       // sockets in a row that came to nothing
}

// New checks the config and returns a client that does nothing until Run.
func New(cfg Config) (*Client, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Client{cfg: cfg}, nil
}

// Run keeps the session until ctx ends, and then unsubscribes, disconnects and
// returns nil. Any other return is a permanent error: AuthError,
// ReplayLostError, SubscriptionError, VersionError, TransportError, or one
// marked Permanent by a callback. Everything else is waited out. When Run has
// returned, no call of Deliver is under way. It may be called again
// afterwards, but not twice at a time.
func (c *Client) Run(ctx context.Context) error {
	if !c.running.CompareAndSwap(false, true) {
		return errors.New("bayeux: Run is already running")
	}
	defer c.running.Store(false)
	c.reset()
	for ctx.Err() == nil {
		err := c.attempt(ctx)
		if ctx.Err() != nil {
			break
		}
		if err := c.afterwards(ctx, err); err != nil {
			return err
		}
	}
	return nil
}

// down makes known that there is no session, and why.
func (c *Client) down(ctx context.Context, why error) {
	reason := ""
	if why != nil && ctx.Err() == nil {
		reason = why.Error()
	}
	c.change(func(st *State) {
		st.Connected, st.Subscribed, st.Replay = false, false, false
		st.Transport, st.Reason = Auto, reason
	})
}

func (c *Client) reset() {
	c.channels = slices.Clone(c.cfg.Subscriptions)
	c.lastRefusal = nil
	c.pollOnly, c.pollUntil, c.onSocket, c.socketLosses = "", time.Time{}, false, 0
	c.healthy()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stale = false
}

// attempt waits for its turn and keeps one session.
func (c *Client) attempt(ctx context.Context) error {
	if err := c.cfg.Handshakes.Wait(ctx); err != nil {
		return &setback{course: courseHandshake, text: "waiting for a handshake's turn", err: err}
	}
	c.mu.Lock()
	c.attempts++
	c.progress = false
	n := c.attempts
	c.mu.Unlock()
	c.change(func(st *State) { st.Attempt, st.NextTry = n, time.Time{} })
	return c.session(ctx)
}

// replays tells whether any subscription uses the replay extension.
func (c *Client) replays() bool {
	return slices.ContainsFunc(c.channels, func(s Subscription) bool { return s.Replay != nil })
}

// healthy forgets earlier trouble.
func (c *Client) healthy() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.attempts, c.refreshes = 0, 0
}

// worked notes that the session gave something. Only a steady one is healthy: a
// server that ends each after an event would else be asked without a pause.
func (c *Client) worked() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.progress, c.refreshes = true, 0
}

// hurried is the highest attempt that is waited for after a session that did
// give something: what it gives is not to wait for a minute.
const hurried = 5

// afterwards decides what follows a session's end: a permanent error is
// returned, a setback is waited out.
func (c *Client) afterwards(ctx context.Context, err error) error {
	if c.learn(err) {
		return nil
	}
	back, ok := errors.AsType[*setback](err)
	if !ok {
		return err
	}
	if protocol.IsPermanent(err) {
		return fmt.Errorf("bayeux: %s: %w", back.text, back.err)
	}
	if err := c.token(back); err != nil {
		return err
	}
	wait := c.wait(back)
	next := c.cfg.Now().Add(wait)
	c.change(func(st *State) { st.NextTry = next })
	c.cfg.Logger.WarnContext(ctx, "session ended, will try again", "reason", back.Error(), "wait", wait)
	rest(ctx, wait)
	return nil
}

// wait is the server's wish or our own backoff, whichever is longer.
func (c *Client) wait(back *setback) time.Duration {
	c.mu.Lock()
	n := max(c.attempts, 1)
	if c.progress {
		n = min(n, hurried)
	}
	c.mu.Unlock()
	return max(back.wait, c.cfg.Backoff(n, back.course == courseBusy))
}
