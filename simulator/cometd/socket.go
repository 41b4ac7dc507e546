package cometd

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	ws "github.com/gorilla/websocket"
)

// socket is one websocket connection. The goroutine of the request reads from it
// and answers; a second one pushes events and answers parked connects.
type socket struct {
	s    *Server
	c    *caller
	conn *ws.Conn
	hold *parking      // released when another connection takes the session over
	wake chan struct{} // the fields below changed; capacity 1
	done chan struct{} // closed when reading has ended

	mute    atomic.Bool // nothing is written any more, but the connection stays
	writing sync.Mutex
	buf     []byte // the last frame's bytes, used again

	mu      sync.Mutex
	session *session
	waiting *waiting
}

// waiting is a connect that is parked on a socket.
type waiting struct {
	m       *message
	n       *session
	p       *parking
	expires time.Time // by the wall clock
}

func isUpgrade(r *http.Request) bool { return ws.IsWebSocketUpgrade(r) }

// serveUpgrade turns the request into a socket and serves that until it ends.
func (s *Server) serveUpgrade(w http.ResponseWriter, r *http.Request) {
	if !s.cfg.Websocket {
		notAllowed(w)
		return
	}
	if text := versionError(r.URL.Path); text != "" {
		http.Error(w, text, http.StatusBadRequest)
		return
	}
	if !s.admitSocket() {
		http.Error(w, "shutting down", http.StatusServiceUnavailable)
		return
	}
	defer s.sockets.Done()
	c := newCaller(r, websocket)
	conn, err := s.upgrade(w, r)
	if err != nil {
		return // the upgrader has answered
	}
	k := &socket{
		s: s, c: c, conn: conn, hold: newParking(),
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	pong := conn.PingHandler()
	conn.SetPingHandler(func(text string) error {
		if k.mute.Load() {
			return nil
		}
		return pong(text)
	})
	var pushing sync.WaitGroup
	pushing.Go(k.push)
	k.read()
	close(k.done)
	pushing.Wait()
	k.abandon()
}

// admitSocket counts a socket in, unless the server is closing.
func (s *Server) admitSocket() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.sockets.Add(1)
	return true
}

// upgrade sets no cookies: a socket stays with its server, and a client may try one
// while its handshake over HTTP is on its way. A second pair of cookies would
// overwrite those of the session that this handshake makes.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request) (*ws.Conn, error) {
	up := ws.Upgrader{
		// Any origin: what protects is the token, as with the org's REST API.
		CheckOrigin:     func(*http.Request) bool { return true },
		WriteBufferSize: 16 << 10,
	}
	conn, err := up.Upgrade(w, r, nil)
	if err == nil {
		conn.SetReadLimit(maxRequest)
	}
	return conn, err
}

// read serves the frames of the client until the socket ends.
func (k *socket) read() {
	for {
		kind, body, err := k.conn.ReadMessage()
		if err != nil {
			k.abort()
			return
		}
		messages, perr := parse(body)
		if kind != ws.TextMessage || perr != nil || !handshakeAlone(messages) {
			k.close(ws.CloseInternalServerErr, "protocol violation")
			return
		}
		var replies []reply
		for i := range messages {
			replies = append(replies, k.answer(&messages[i])...)
		}
		if len(replies) > 0 && k.write(nil, nil, replies) != nil {
			return
		}
		signal(k.wake)
	}
}

func handshakeAlone(messages []message) bool {
	for i := range messages {
		if messages[i].Channel == metaHandshake && len(messages) > 1 {
			return false
		}
	}
	return true
}

// answer serves one message. A connect that has to wait gets no reply here.
func (k *socket) answer(m *message) []reply {
	if m.Channel != metaConnect {
		r := k.s.answer(k.c, m)
		if m.Channel == metaHandshake && r.Successful {
			k.attach(k.s.sessions.find(r.ClientID, k.s.cfg.Now()))
		}
		return []reply{r}
	}
	n, replies := k.s.beginConnect(k.c, m)
	if n == nil {
		if len(replies) == 1 && replies[0].Successful {
			k.attach(k.s.sessions.find(m.ClientID, k.s.cfg.Now()))
		}
		return replies
	}
	k.attach(n)
	return k.park(&waiting{m: m, n: n, p: newParking(), expires: time.Now().Add(k.s.waitOf(m))})
}

// attach makes the session's events come over this socket.
func (k *socket) attach(n *session) {
	if n == nil {
		return
	}
	n.adopt(k.hold)
	k.mu.Lock()
	k.session = n
	k.mu.Unlock()
}

// park keeps a connect for later. One that was parked before is answered now.
func (k *socket) park(w *waiting) []reply {
	w.n.park(w.p, k.hold)
	k.mu.Lock()
	before := k.waiting
	k.waiting = w
	k.mu.Unlock()
	if before == nil {
		return nil
	}
	return []reply{before.m.accept(before.n.id)}
}

// abandon gives the session back: it lives on for a while without a socket.
func (k *socket) abandon() {
	k.mu.Lock()
	n, w := k.session, k.waiting
	k.session, k.waiting = nil, nil
	k.mu.Unlock()
	now, life := k.s.cfg.Now(), k.s.cfg.SessionLife
	if w != nil {
		w.n.leave(w.p, now, life)
	}
	if n != nil {
		n.leave(k.hold, now, life)
	}
}

// write sends one text frame. A client that does not read is given up after the
// write timeout; nothing is buffered for it meanwhile.
func (k *socket) write(before []reply, batch []delivery, after []reply) error {
	if k.mute.Load() {
		return nil
	}
	k.writing.Lock()
	defer k.writing.Unlock()
	body, err := encode(k.buf[:0], before, batch, after)
	if err == nil {
		k.buf = body
		err = k.conn.SetWriteDeadline(time.Now().Add(k.s.cfg.WriteTimeout))
	}
	if err == nil {
		err = k.conn.WriteMessage(ws.TextMessage, body)
	}
	if err != nil {
		k.abort()
	}
	return err
}

// close says goodbye with a code and ends the socket.
func (k *socket) close(code int, why string) {
	defer k.abort()
	if k.mute.Load() {
		return
	}
	k.writing.Lock()
	defer k.writing.Unlock()
	// Best effort: the connection ends either way.
	_ = k.conn.WriteControl(ws.CloseMessage, ws.FormatCloseMessage(code, why), time.Now().Add(time.Second))
}

// abort ends the socket without a goodbye.
func (k *socket) abort() { _ = k.conn.Close() }

// breakOff sends half a frame and cuts the connection.
func (k *socket) breakOff(batch []delivery) {
	defer k.abort()
	body, err := encode(nil, nil, batch, nil)
	if err != nil {
		return
	}
	k.writing.Lock()
	defer k.writing.Unlock()
	if k.conn.SetWriteDeadline(time.Now().Add(k.s.cfg.WriteTimeout)) != nil {
		return
	}
	if w, err := k.conn.NextWriter(ws.TextMessage); err == nil {
		_, _ = w.Write(body[:len(body)/2]) // never finished: that is the point
	}
}
