package bayeux

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// socketWrite bounds writing one frame: ours are small, so only a dead peer
// takes longer.
const socketWrite = 15 * time.Second

// socketPing is the time between pings while a reply is awaited.
const socketPing = 25 * time.Second

// socketLink exchanges messages over one websocket. Replies come in any order
// and are told apart by id; events come whenever there are some.
type socketLink struct {
	conn  *websocket.Conn
	inbox *inbox
	met   func(events int)
	// lost is told why the socket ended, once.
	lost func(error)

	keepAlive time.Duration
	overdraft int64

	writing sync.Mutex
	mu      sync.Mutex
	waiting map[string]chan message // by request id
	done    chan struct{}           // the reader has returned
}

// upgradeRefused is an answer to the upgrade that was not a websocket.
type upgradeRefused struct{ status int }

func (e *upgradeRefused) Error() string {
	return fmt.Sprintf("the upgrade was answered with HTTP status %d", e.status)
}

// socketBuffer is what a websocket reads at once, and keeps while it is idle: of
// 64 KB, a thousand idle connections took 60 MB. Long frames are read past it.
const socketBuffer = 8 << 10

// writeBuffers are lent to websockets while they write.
var writeBuffers sync.Pool

// dial opens a websocket at the same address, with the session's cookies.
func dial(ctx context.Context, cfg *Config, token string, cookies http.CookieJar) (*websocket.Conn, error) {
	dialer := websocket.Dialer{
		Proxy:            http.ProxyFromEnvironment,
		HandshakeTimeout: cfg.RequestTimeout,
		ReadBufferSize:   socketBuffer,
		WriteBufferPool:  &writeBuffers,
		Jar:              cookies,
	}
	// The same proxy, certificates and dialer as for HTTP: the dialer is what
	// keeps the token from addresses that are not allowed (S-11).
	if t := transportOf(cfg.HTTP.Transport); t != nil {
		dialer.Proxy, dialer.NetDialContext = t.Proxy, t.DialContext
		if t.TLSClientConfig != nil {
			dialer.TLSClientConfig = t.TLSClientConfig.Clone()
			dialer.TLSClientConfig.NextProtos = nil
		}
	}
	header := http.Header{}
	if token != "" {
		header.Set("Authorization", token)
	}
	conn, resp, err := dialer.DialContext(ctx, "ws"+strings.TrimPrefix(cfg.URL, "http"), header)
	if resp != nil {
		defer resp.Body.Close()
	}
	if err != nil {
		if resp != nil && errors.Is(err, websocket.ErrBadHandshake) {
			return nil, &upgradeRefused{status: resp.StatusCode}
		}
		return nil, err
	}
	conn.SetReadLimit(cfg.MaxMessage)
	return conn, nil
}

// transportOf is the transport below wrappers that tell what they wrap, nil
// where one does not.
func transportOf(r http.RoundTripper) *http.Transport {
	for r != nil {
		switch t := r.(type) {
		case *http.Transport:
			return t
		case interface{ Unwrap() http.RoundTripper }:
			r = t.Unwrap()
		default:
			return nil
		}
	}
	return nil
}

func newSocketLink(ctx context.Context, conn *websocket.Conn, cfg *Config, in *inbox, met func(int), lost func(error)) *socketLink {
	l := &socketLink{
		conn: conn, inbox: in, met: met, lost: lost,
		keepAlive: cfg.KeepAlive, overdraft: cfg.Backlog,
		waiting: make(map[string]chan message),
		done:    make(chan struct{}),
	}
	go l.read(ctx)
	return l
}

func (l *socketLink) transport() Transport { return WebSocket }

// read takes frames until the socket ends. It stops reading while a full burst
// waits for Deliver, which slows the server down; when ctx ends it goes on, so
// that the goodbye gets its answer.
func (l *socketLink) read(ctx context.Context) {
	defer close(l.done)
	var full time.Time // since when a full burst waits
	for {
		frame, err := l.frame()
		if err != nil {
			l.lost(broken("the websocket ended", err))
			return
		}
		answer, err := splitAnswer(frame)
		if err != nil {
			l.lost(broken("reading a websocket frame", err))
			return
		}
		if n := l.inbox.put(answer); n > 0 {
			l.met(n)
		}
		l.pass(answer)
		if err := l.yield(ctx, &full); err != nil {
			continue // the session is over; what comes now is its goodbye
		}
	}
}

// yield waits while a full burst waits for Deliver. Patience counts from when
// the burst was first full, not from each frame: the reply that keeps the
// session alive may be thousands of frames away.
func (l *socketLink) yield(ctx context.Context, full *time.Time) error {
	burst := limit{events: burstEvents, bytes: burstBytes}
	if l.inbox.fits(burst) {
		*full = time.Time{}
		return ctx.Err()
	}
	if full.IsZero() {
		*full = time.Now()
	}
	return l.inbox.room(ctx, burst, l.keepAlive-time.Since(*full), l.overdraft)
}

func (l *socketLink) frame() ([]byte, error) {
	_, from, err := l.conn.NextReader()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(from)
}

// pass hands replies to those who wait for them.
func (l *socketLink) pass(answer []message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range answer {
		m := &answer[i]
		if m.isEvent() || !isMeta(m.channel) {
			continue
		}
		if reply, ok := l.waiting[m.id]; ok && m.id != "" {
			reply <- *m
			delete(l.waiting, m.id)
		} else if m.channel == metaDisconnect && m.id == "" {
			l.lost(&setback{course: courseKilled, text: "the server ended the session"})
		}
	}
}

// exchange sends the messages in one frame and returns their replies in the
// same order.
func (l *socketLink) exchange(ctx context.Context, out []*request) ([]message, error) {
	replies := l.expect(out)
	defer l.forget(out)
	if err := l.write(out); err != nil {
		return nil, err
	}
	got := make([]message, len(out))
	for i, reply := range replies {
		var err error
		if got[i], err = l.await(ctx, reply); err != nil {
			return nil, err
		}
	}
	return got, nil
}

// await waits for one reply, and pings meanwhile: many proxies cut a
// connection that is silent for a minute, which is less than a connect takes.
func (l *socketLink) await(ctx context.Context, reply chan message) (message, error) {
	ping := time.NewTicker(socketPing)
	defer ping.Stop()
	for {
		select {
		case m := <-reply:
			return m, nil
		case <-ping.C:
			if err := l.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(socketWrite)); err != nil {
				return message{}, broken("pinging the server", err)
			}
		case <-l.done:
			// The reply may have come just before the end.
			select {
			case m := <-reply:
				return m, nil
			default:
				return message{}, broken("waiting for a reply", errors.New("the websocket ended"))
			}
		case <-ctx.Done():
			return message{}, broken("waiting for a reply", ctx.Err())
		}
	}
}

func (l *socketLink) expect(out []*request) []chan message {
	l.mu.Lock()
	defer l.mu.Unlock()
	replies := make([]chan message, len(out))
	for i, q := range out {
		replies[i] = make(chan message, 1)
		l.waiting[q.ID] = replies[i]
	}
	return replies
}

func (l *socketLink) forget(out []*request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, q := range out {
		delete(l.waiting, q.ID)
	}
}

func (l *socketLink) write(out []*request) error {
	frame, err := encode(out)
	if err != nil {
		return fmt.Errorf("encoding messages: %w", err)
	}
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(socketWrite)); err != nil {
		return broken("writing to the websocket", err)
	}
	if err := l.conn.WriteMessage(websocket.TextMessage, frame); err != nil {
		return broken("writing to the websocket", err)
	}
	return nil
}

// alive tells whether the reader still runs.
func (l *socketLink) alive() bool {
	select {
	case <-l.done:
		return false
	default:
		return true
	}
}

// close says goodbye to the socket, not to the session, and waits for the
// reader. The session's inbox must be closed before.
func (l *socketLink) close() error {
	deadline := time.Now().Add(time.Second)
	farewell := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	written := l.conn.WriteControl(websocket.CloseMessage, farewell, deadline)
	if errors.Is(written, websocket.ErrCloseSent) {
		written = nil
	}
	closed := l.conn.Close()
	<-l.done
	return errors.Join(written, closed)
}
