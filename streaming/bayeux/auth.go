package bayeux

import (
	"context"

	"tidegate/streaming/protocol"
)

// mostRefreshes is how many refreshed tokens are tried before giving up.
const mostRefreshes = 2

// authorize returns the header for the next request.
func (c *Client) authorize(ctx context.Context) (string, error) {
	c.mu.Lock()
	stale := c.stale
	c.mu.Unlock()
	header, err := c.cfg.Auth(ctx, stale)
	if err != nil {
		if protocol.IsPermanent(err) {
			return "", &protocol.AuthError{Err: err}
		}
		return "", broken("asking for authorization", err)
	}
	if stale {
		c.mu.Lock()
		c.stale = false
		c.mu.Unlock()
	}
	return header, nil
}

// token decides whether the setback calls for a fresh token, and gives up
// after two that were refused. A session ended by the server may mean a
// revoked token or just an administrator; it is tried with a fresh token as
// often, and after that without one, but never given up.
func (c *Client) token(back *setback) error {
	if back.course != courseAuth && back.course != courseKilled {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refreshes == mostRefreshes {
		if back.course == courseAuth {
			return &protocol.AuthError{Text: back.text}
		}
		return nil
	}
	c.refreshes++
	c.stale = true
	return nil
}
