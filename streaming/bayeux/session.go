package bayeux

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"time"
)

// The largest advice that is believed.
const (
	mostTimeout  = 10 * time.Minute
	mostInterval = 5 * time.Minute
)

// firstTimeout is assumed until the server advises a timeout: Salesforce's.
const firstTimeout = 110 * time.Second

// steady is how long a session must have lived to count as healthy even if
// nothing happened in it: some proxies cut every connection after a minute.
const steady = 30 * time.Second

// link carries messages to the server and back.
type link interface {
	exchange(ctx context.Context, out []*request) ([]message, error)
	transport() Transport
}

// session is one client id's life: handshake, subscribe, connect until
// something ends it. Its context is canceled with the reason.
type session struct {
	c        *Client
	clientID string
	interval time.Duration
	timeout  time.Duration

	inbox  *inbox
	http   *httpLink
	socket *socketLink // nil over long-polling
	end    context.CancelCauseFunc

	lastID   int
	connects int         // successful ones
	failures int         // failed connects in a row
	idle     int         // quick answers without events in a row
	lively   atomic.Bool // events came since the last connect reply
}

// session keeps a session until it ends and returns why. It leaves nothing behind:
// what was read is delivered or given up, and the server's slot is freed.
func (c *Client) session(ctx context.Context) error {
	began := time.Now()
	s := &session{c: c, timeout: firstTimeout, inbox: newInbox(c.cfg.Deliver)}
	sctx, end := context.WithCancelCause(ctx)
	s.end = end
	defer end(nil)
	go func() {
		if err := s.inbox.run(ctx); err != nil {
			end(&setback{course: courseDelivery, text: "delivering events", err: err})
		}
	}()
	err := s.open(sctx)
	if err == nil {
		err = s.subscribe(sctx)
	}
	if err == nil {
		err = s.loop(sctx)
	}
	// A canceled exchange only shows that there was a reason.
	if cause := context.Cause(sctx); cause != nil && sctx.Err() != nil {
		err = cause
	}
	if s.connects > 0 && time.Since(began) > steady {
		c.healthy()
	}
	s.close(ctx, err)
	if s.socket != nil && ctx.Err() == nil {
		s.learn(err)
	}
	return err
}

// close frees the server's slot, then waits until what was read is delivered.
func (s *session) close(ctx context.Context, why error) {
	s.end(why)
	s.c.down(ctx, why)
	back, isBack := errors.AsType[*setback](why)
	s.inbox.close(ctx.Err() != nil || (isBack && back.course == courseDelivery))
	if s.clientID != "" && (!isBack || !back.sessionGone()) {
		s.goodbye(ctx)
	}
	if s.socket != nil {
		if err := s.socket.close(); err != nil {
			s.c.cfg.Logger.DebugContext(ctx, "closing the websocket", "error", err)
		}
	}
	<-s.inbox.done
}

// sessionGone tells whether the server has forgotten the session, or will not
// listen to us anyway.
func (b *setback) sessionGone() bool {
	switch b.course {
	case courseAuth, courseKilled:
		return true
	case courseHandshake:
		return b.err == nil
	}
	return false
}

// goodbye unsubscribes and disconnects, as far as that works in short time. A
// session that is not taken leave of counts against the server's limit until
// it expires.
func (s *session) goodbye(ctx context.Context) {
	bound, final := s.c.cfg.Goodbye, ctx.Err() != nil
	if !final {
		bound = min(bound, 2*time.Second)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bound)
	defer cancel()
	var via link = s.http
	if s.socket != nil && s.socket.alive() {
		via = s.socket
	}
	err := s.leave(ctx, via, final)
	if err != nil {
		s.c.cfg.Logger.DebugContext(ctx, "taking leave of the server", "error", err)
	}
}

// leave disconnects; unsubscribing before is a courtesy at the very end.
func (s *session) leave(ctx context.Context, via link, final bool) error {
	var out []*request
	for _, sub := range s.c.channels {
		out = append(out, &request{ID: s.nextID(), Channel: metaUnsubscribe, ClientID: s.clientID, Subscription: sub.Channel})
	}
	for final && len(out) > 0 {
		n := portion(out)
		if _, err := via.exchange(ctx, out[:n]); err != nil {
			return err
		}
		out = out[n:]
	}
	_, err := via.exchange(ctx, []*request{{ID: s.nextID(), Channel: metaDisconnect, ClientID: s.clientID}})
	return err
}

func (s *session) nextID() string {
	s.lastID++
	return strconv.Itoa(s.lastID)
}

func (s *session) link() link {
	if s.socket != nil {
		return s.socket
	}
	return s.http
}

// met notes that events came: the session works.
func (s *session) met(events int) {
	if events > 0 {
		s.lively.Store(true)
		s.c.worked()
	}
}

// open makes the links and the handshake. Long-polling is always there, for
// the goodbye if for nothing else.
func (s *session) open(ctx context.Context) error {
	var err error
	if s.http, err = newHTTPLink(&s.c.cfg, s.c.authorize, s.inbox, s.met); err != nil {
		return err
	}
	wish := s.c.wish()
	if wish.onSocket {
		if err := s.upgrade(ctx); err != nil {
			return s.c.upgradeFailed(err)
		}
	}
	reply, err := s.handshake(ctx, wish.types)
	if err != nil {
		return err
	}
	if !wish.onSocket && wish.types[0] == WebSocket && reply.offers(WebSocket) {
		if err := s.upgrade(ctx); err != nil {
			if back := s.c.upgradeFailed(err); back != nil && ctx.Err() != nil {
				return back
			}
		}
	}
	transport := s.link().transport()
	s.c.change(func(st *State) {
		st.Connected, st.Transport, st.Replay = true, transport, reply.replayOffered()
		st.NextTry = time.Time{}
		st.Reason = s.c.downgrade()
	})
	return nil
}

func (s *session) upgrade(ctx context.Context) error {
	token, err := s.c.authorize(ctx)
	if err != nil {
		return err
	}
	conn, err := dial(ctx, &s.c.cfg, token, s.http.client.Jar)
	if err != nil {
		return err
	}
	s.socket = newSocketLink(ctx, conn, &s.c.cfg, s.inbox, s.met, s.end)
	return nil
}

// handshake travels alone: the specification says that whatever is sent along
// is ignored.
func (s *session) handshake(ctx context.Context, types []Transport) (*message, error) {
	q := &request{ID: s.nextID(), Channel: metaHandshake, Version: "1.0", MinimumVersion: "1.0", Types: types}
	if s.c.replays() {
		q.Ext = &requestExt{Replay: true}
	}
	replies, err := s.ask(ctx, s.c.cfg.RequestTimeout, q)
	if err != nil {
		return nil, err
	}
	reply := &replies[0]
	course, text := judge(reply)
	switch {
	case course == courseNoTransport && types[0] == WebSocket:
		return nil, &TransportError{Transport: WebSocket, Text: text}
	case course != courseOn:
		return nil, s.refusal(course, text, reply)
	}
	if reply.clientID == "" {
		return nil, broken("handshake", errors.New("the reply has no client id"))
	}
	s.clientID = reply.clientID
	s.heed(reply)
	return reply, nil
}

// ask exchanges messages within the time.
func (s *session) ask(ctx context.Context, within time.Duration, out ...*request) ([]message, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return s.link().exchange(ctx, out)
}

// refusal turns a judged reply into the error that ends the session.
func (s *session) refusal(c course, text string, reply *message) error {
	switch c {
	case courseVersion:
		return &VersionError{Text: text}
	case courseNoTransport:
		return &TransportError{Transport: s.link().transport(), Text: text}
	}
	wait := milliseconds(reply.parsedAdvice().Interval, 0, mostInterval)
	return &setback{course: c, text: text, wait: wait}
}

// heed takes over new advice; what it does not mention stays as it was.
func (s *session) heed(reply *message) {
	a := reply.parsedAdvice()
	s.interval = milliseconds(a.Interval, s.interval, mostInterval)
	// Zero answers at once; as a deadline it would mean nothing.
	if t := milliseconds(a.Timeout, s.timeout, mostTimeout); t > 0 {
		s.timeout = t
	}
}

// loop connects until something ends the session.
func (s *session) loop(ctx context.Context) error {
	for {
		asked := time.Now()
		reply, err := s.connect(ctx)
		if err != nil {
			return err
		}
		answered := time.Now()
		if err := s.weigh(reply, answered.Sub(asked)); err != nil {
			return err
		}
		if err := s.pause(ctx, answered); err != nil {
			return err
		}
	}
}

// connect sends one connect. The first asks for an immediate answer, which
// brings the server's advice.
func (s *session) connect(ctx context.Context) (*message, error) {
	q := &request{ID: s.nextID(), Channel: metaConnect, ClientID: s.clientID, ConnectionType: s.link().transport()}
	if s.connects == 0 {
		q.Advice = &timeoutZero{}
	}
	replies, err := s.ask(ctx, s.timeout+s.c.cfg.Margin, q)
	if err != nil {
		return nil, err
	}
	s.c.answered()
	return &replies[0], nil
}

// weigh counts a connect reply and decides whether the session goes on.
func (s *session) weigh(reply *message, took time.Duration) error {
	course, text := judge(reply)
	s.heed(reply)
	if course == courseRetry && s.failures < 5 {
		s.failures++
		return nil
	}
	if course != courseOn {
		return s.refusal(course, text, reply)
	}
	s.failures = 0
	s.connects++
	s.idle++
	if s.lively.Swap(false) || took > time.Second {
		s.idle = 0
	}
	// The first connect is answered at once and proves little: some servers
	// forget a client between two requests, again and again.
	if s.connects > 1 {
		s.c.worked()
	}
	return nil
}

// pause waits for the advised interval, longer after failures, and over
// long-polling until Deliver has taken what was read, but not so long that the
// server forgets the session.
func (s *session) pause(ctx context.Context, answered time.Time) error {
	wait := s.interval
	if s.failures > 0 {
		wait = max(wait, s.c.cfg.Backoff(s.failures, false))
	}
	// A server that answers every connect at once, with nothing, must not
	// make us ask a thousand times a second.
	if s.idle > 3 {
		wait = max(wait, min(time.Duration(s.idle)*50*time.Millisecond, time.Second))
	}
	rest(ctx, wait)
	if s.socket != nil {
		return ctx.Err()
	}
	patience := s.c.cfg.KeepAlive - time.Since(answered)
	return s.inbox.room(ctx, limit{events: 1, bytes: 1}, patience, s.c.cfg.Backlog)
}

// rest waits for the time or for the end of ctx, whichever is first.
func rest(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
