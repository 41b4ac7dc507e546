package bayeux

import (
	"errors"
	"net/http"
	"time"

	"tidegate/streaming/protocol"
)

// mostSocketLosses is after how many sockets that opened but never got a
// subscription websocket counts as unusable: some proxies pass the upgrade and
// nothing after it.
const mostSocketLosses = 2

// socketPause is how long long-polling is used after that. A refused upgrade,
// in contrast, is the server's word and counts for the whole Run.
const socketPause = 10 * time.Minute

// wish is how the next session begins.
type wish struct {
	types    []Transport // for the handshake, the preferred one first
	onSocket bool        // open the websocket first and shake hands on it
}

func (c *Client) wish() wish {
	if !c.pollUntil.IsZero() && c.cfg.Now().After(c.pollUntil) {
		c.pollOnly, c.pollUntil, c.socketLosses = "", time.Time{}, 0
	}
	switch {
	case c.cfg.Transport == WebSocket:
		return wish{types: []Transport{WebSocket}, onSocket: true}
	case c.cfg.Transport == LongPolling || c.pollOnly != "":
		return wish{types: []Transport{LongPolling}}
	}
	return wish{types: []Transport{WebSocket, LongPolling}, onSocket: c.onSocket}
}

// downgrade says why websocket is not in use although it would be preferred.
func (c *Client) downgrade() string {
	if c.cfg.Transport == Auto {
		return c.pollOnly
	}
	return ""
}

// upgradeFailed learns from a failed upgrade and says what it means for a
// session that needs the socket.
func (c *Client) upgradeFailed(err error) error {
	refused, ok := errors.AsType[*upgradeRefused](err)
	switch {
	case !ok:
		c.lostSocket("the upgrade to websocket failed")
		if _, known := errors.AsType[*setback](err); known {
			return err
		}
		if _, auth := errors.AsType[*protocol.AuthError](err); auth {
			return err
		}
		return broken("opening the websocket", err)
	case refused.status == http.StatusUnauthorized:
		return &setback{course: courseAuth, text: err.Error()}
	case refused.status >= 500 && refused.status != http.StatusNotImplemented, refused.status == http.StatusTooManyRequests:
		c.lostSocket(err.Error())
		return broken("opening the websocket", err)
	}
	c.pollOnly = "no websocket: " + err.Error()
	return &TransportError{Transport: WebSocket, Text: err.Error()}
}

// lostSocket counts sockets that came to nothing.
func (c *Client) lostSocket(why string) {
	c.socketLosses++
	if c.socketLosses >= mostSocketLosses {
		c.pollOnly = "no websocket: " + why
		c.pollUntil = c.cfg.Now().Add(socketPause)
	}
}

// learn draws conclusions about the transport from a session's end and tells
// whether to try again at once, in another way.
func (c *Client) learn(err error) bool {
	refused, ok := errors.AsType[*TransportError](err)
	if !ok || c.cfg.Transport != Auto || refused.Transport != WebSocket {
		return false
	}
	c.pollOnly = refused.Error()
	return true
}

// learn draws conclusions from the end of a session over a websocket: one that
// never worked counts, and a server that did not know the client id wants the
// handshake on the socket itself.
func (s *session) learn(err error) {
	back, ok := errors.AsType[*setback](err)
	switch {
	case s.connects > 0:
		s.c.socketLosses = 0
	case ok && back.course == courseHandshake && back.err == nil && !s.c.onSocket:
		s.c.onSocket = true
	case ok && back.course == courseHandshake:
		s.c.lostSocket("the websocket opened, but carried no session: " + back.text)
	}
}
