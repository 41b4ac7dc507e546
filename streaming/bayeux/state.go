package bayeux

import "time"

// State is what a Client is doing, for a status page and for readiness.
type State struct {
	// Connected: a handshake succeeded and the session is not known to be lost.
	Connected bool
	// Subscribed: every channel is subscribed in this session. Only then do
	// events come.
	Subscribed bool
	// Transport in use, Auto while there is no session.
	Transport Transport
	// Replay: the server confirmed the replay extension in this session.
	Replay bool
	// Reason says in the server's or the network's words why there is no
	// session, or why the transport is not the preferred one; else empty.
	Reason string
	// Attempt counts the handshakes tried since the session was last healthy.
	Attempt int
	// NextTry is when the next handshake is due; zero while there is a session.
	NextTry time.Time
	// Since is when Connected or Subscribed last changed.
	Since time.Time
	// LastAnswer is when the server last answered a connect, with or without
	// events. It does not trigger OnState; read it through Client.State.
	LastAnswer time.Time
}

// State returns the present state. It may be called from any goroutine.
func (c *Client) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// change edits the state and tells OnState, outside the lock.
func (c *Client) change(edit func(*State)) {
	c.mu.Lock()
	before := c.state
	edit(&c.state)
	if before.Connected != c.state.Connected || before.Subscribed != c.state.Subscribed {
		c.state.Since = c.cfg.Now()
	}
	after := c.state
	c.mu.Unlock()
	if after != before && c.cfg.OnState != nil {
		c.cfg.OnState(after)
	}
}

// answered notes that the server is alive.
func (c *Client) answered() {
	now := c.cfg.Now()
	c.mu.Lock()
	c.state.LastAnswer = now
	c.mu.Unlock()
}
