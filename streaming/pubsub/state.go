package pubsub

import "time"

// State is what a Client is doing, for a status page and for readiness.
type State struct {
	// Subscribed: the stream is open and was not refused.
	Subscribed bool
	// Reason says why there is no stream, else empty.
	Reason string
	// Attempt counts the streams tried since one was last healthy.
	Attempt int
	// NextTry is when the next stream is due; zero while there is one.
	NextTry time.Time
	// Since is when Subscribed last changed.
	Since time.Time
	// LastAnswer is when the server last sent a response, with or without
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
	if before.Subscribed != c.state.Subscribed {
		c.state.Since = c.cfg.Now()
	}
	after := c.state
	c.mu.Unlock()
	if after != before && c.cfg.OnState != nil {
		c.cfg.OnState(after)
	}
}

// answered notes that the server is alive and the stream works.
func (c *Client) answered() {
	now := c.cfg.Now()
	c.mu.Lock()
	c.state.LastAnswer = now
	c.progress, c.refreshes = true, 0
	c.mu.Unlock()
}
