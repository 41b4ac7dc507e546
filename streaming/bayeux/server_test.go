package bayeux

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// msg is a message as the test server sees it.
type msg map[string]any

func (m msg) channel() string { s, _ := m["channel"].(string); return s }

// step answers one message in a way of its own. It returns the messages of the
// answer, or nil if it wrote (or broke) the answer itself.
type step func(x *exchange, q msg) []msg

type exchange struct {
	srv  *server
	w    http.ResponseWriter // nil over a websocket
	r    *http.Request
	conn *websocket.Conn // nil over HTTP
}

// received is one message with what came along.
type received struct {
	msg
	auth    string
	cookies string
	socket  bool
}

// server is a Bayeux server that follows a script: the steps queued for a
// channel answer its next messages, and when they are used up it behaves.
type server struct {
	t   *testing.T
	web *httptest.Server

	mu       sync.Mutex
	script   map[string][]step
	log      []received
	queue    []msg // events waiting for a connect
	wake     bool  // answer the parked connect
	retain   bool  // keep events and replay those after a position
	history  []msg
	changed  chan struct{}
	clients  int
	connects map[string]int
	hold     time.Duration // how long an empty connect is parked
	upgrade  func(w http.ResponseWriter, r *http.Request) bool
	types    []string
	sockets  []*websocket.Conn
	writing  sync.Mutex
}

func newServer(t *testing.T) *server {
	s := &server{
		t: t, script: map[string][]step{}, changed: make(chan struct{}),
		connects: map[string]int{}, hold: 20 * time.Second, types: []string{"long-polling"},
	}
	s.web = httptest.NewServer(s)
	t.Cleanup(func() {
		s.dropSockets()
		s.web.CloseClientConnections()
		s.web.Close()
	})
	return s
}

func (s *server) url() string { return s.web.URL + "/cometd/66.0" }

// on queues steps for a channel.
func (s *server) on(channel string, steps ...step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script[channel] = append(s.script[channel], steps...)
}

// publish queues events and wakes parked connects; over a websocket they go
// out at once.
func (s *server) publish(channel string, data ...string) {
	var events []msg
	for _, d := range data {
		events = append(events, msg{"channel": channel, "data": json.RawMessage(d)})
	}
	s.mu.Lock()
	sockets := slices.Clone(s.sockets)
	if s.retain {
		s.history = append(s.history, events...)
	}
	if len(sockets) == 0 {
		s.queue = append(s.queue, events...)
		close(s.changed)
		s.changed = make(chan struct{})
	}
	s.mu.Unlock()
	for _, c := range sockets {
		for _, e := range events {
			s.writeSocket(c, []msg{e})
		}
	}
}

func (s *server) writeSocket(c *websocket.Conn, out []msg) {
	s.writing.Lock()
	defer s.writing.Unlock()
	// A client that has gone away is part of many scripts.
	_ = c.WriteJSON(out)
}

func (s *server) dropSockets() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.sockets {
		_ = c.Close()
	}
	s.sockets = nil
}

// sent returns the messages received on a channel so far.
func (s *server) sent(channel string) []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []received
	for _, r := range s.log {
		if r.channel() == channel {
			list = append(list, r)
		}
	}
	return list
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if websocket.IsWebSocketUpgrade(r) {
		s.serveSocket(w, r)
		return
	}
	var in []msg
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		s.t.Errorf("decoding a request: %v", err)
	}
	x := &exchange{srv: s, w: w, r: r}
	var out []msg
	for _, q := range in {
		answer := s.answer(x, q, false)
		if answer == nil {
			return
		}
		out = append(out, answer...)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}

func (s *server) serveSocket(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	refuse := s.upgrade
	s.mu.Unlock()
	if refuse != nil && refuse(w, r) {
		return
	}
	c, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		s.t.Errorf("upgrading: %v", err)
		return
	}
	s.mu.Lock()
	s.sockets = append(s.sockets, c)
	s.mu.Unlock()
	for {
		var in []msg
		if c.ReadJSON(&in) != nil {
			s.forget(c)
			return
		}
		for _, q := range in {
			go func() {
				if out := s.answer(&exchange{srv: s, r: r, conn: c}, q, true); out != nil {
					s.writeSocket(c, out)
				}
			}()
		}
	}
}

func (s *server) answer(x *exchange, q msg, socket bool) []msg {
	s.mu.Lock()
	s.log = append(s.log, received{msg: q, auth: x.r.Header.Get("Authorization"), cookies: x.r.Header.Get("Cookie"), socket: socket})
	next := s.behave
	if steps := s.script[q.channel()]; len(steps) > 0 {
		next, s.script[q.channel()] = steps[0], steps[1:]
	}
	s.mu.Unlock()
	return next(x, q)
}

// behave is what a faithful server answers.
func (s *server) behave(x *exchange, q msg) []msg {
	reply := msg{"channel": q.channel(), "id": q["id"], "successful": true}
	switch q.channel() {
	case metaHandshake:
		s.mu.Lock()
		s.clients++
		reply["clientId"] = fmt.Sprintf("client%d", s.clients)
		reply["supportedConnectionTypes"] = s.types
		s.mu.Unlock()
		reply["version"], reply["ext"] = "1.0", msg{"replay": true}
		if x.w != nil {
			http.SetCookie(x.w, &http.Cookie{Name: "BAYEUX_BROWSER", Value: reply["clientId"].(string)})
			http.SetCookie(x.w, &http.Cookie{Name: "sfdc-stream", Value: "node1", Secure: true, Path: "/"})
		}
	case metaConnect:
		return s.connect(x, q, reply)
	case metaSubscribe:
		reply["subscription"] = q["subscription"]
		s.replay(x, q)
	case metaUnsubscribe:
		reply["subscription"] = q["subscription"]
	}
	return []msg{reply}
}

// replay makes the events after the asked position wait for the first connect,
// or sends them down the websocket.
func (s *server) replay(x *exchange, q msg) {
	channel, _ := q["subscription"].(string)
	position, _ := position(q, channel).(float64)
	s.mu.Lock()
	missed := slices.Clone(s.history[min(max(int(position), 0), len(s.history)):])
	if s.retain && x.conn == nil {
		s.queue = missed
	}
	s.mu.Unlock()
	if x.conn != nil && len(missed) > 0 {
		s.writeSocket(x.conn, missed)
	}
}

// wakeConnect has the parked connect answered, so that another one comes.
func (s *server) wakeConnect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wake = true
	close(s.changed)
	s.changed = make(chan struct{})
}

// position is what a subscribe says in its replay map, nil if nothing.
func position(q msg, channel string) any {
	ext, _ := q["ext"].(map[string]any)
	replay, _ := ext["replay"].(map[string]any)
	return replay[channel]
}

// forget closes a websocket.
func (s *server) forget(c *websocket.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = c.Close()
	s.sockets = slices.DeleteFunc(s.sockets, func(other *websocket.Conn) bool { return other == c })
}

func (s *server) connect(x *exchange, q, reply msg) []msg {
	client, _ := q["clientId"].(string)
	deadline := time.After(s.hold)
	s.mu.Lock()
	s.connects[client]++
	if s.connects[client] == 1 {
		s.mu.Unlock()
		reply["advice"] = msg{"reconnect": "retry", "interval": 0, "timeout": 110000}
		return []msg{reply}
	}
	for len(s.queue) == 0 && !s.wake {
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-deadline:
			return []msg{reply}
		case <-x.r.Context().Done():
			return []msg{reply}
		}
		s.mu.Lock()
	}
	out := append(slices.Clone(s.queue), reply)
	s.queue, s.wake = nil, false
	s.mu.Unlock()
	return out
}

// refuse answers with an error and, unless empty, advice and failure reason.
func refuse(errText, adviceJSON, reason string) step {
	return func(_ *exchange, q msg) []msg {
		reply := msg{"channel": q.channel(), "id": q["id"], "successful": false, "error": errText}
		if q.channel() == metaSubscribe {
			reply["subscription"] = q["subscription"]
		}
		if adviceJSON != "" {
			reply["advice"] = json.RawMessage(adviceJSON)
		}
		if reason != "" {
			reply["ext"] = msg{"sfdc": msg{"failureReason": reason}}
		}
		return []msg{reply}
	}
}

// behaveOnce is a step that does what the server would do anyway.
func behaveOnce(x *exchange, q msg) []msg { return x.srv.behave(x, q) }

// status answers with a bare HTTP status.
func status(code int, header ...string) step {
	return func(x *exchange, _ msg) []msg {
		for _, h := range header {
			name, value, _ := strings.Cut(h, ": ")
			x.w.Header().Set(name, value)
		}
		x.w.WriteHeader(code)
		return nil
	}
}

func rawJSON(s string) json.RawMessage { return json.RawMessage(s) }
