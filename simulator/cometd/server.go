// Package cometd serves an org's event log to Bayeux clients at
// /cometd/{version}: over long-polling as Salesforce does it, and, where it is
// switched on, over websocket as CometD servers do it.
package cometd

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"tidegate/simulator/bus"
	"tidegate/simulator/fault"
)

// maxRequest is the size in bytes that a request may have.
const maxRequest = 32768

// Config sets up a Server. Log and Authenticate must be given; zero values of the
// others mean what Salesforce does.
type Config struct {
	Log *bus.Log
	// Authenticate returns the id of the user that an access token belongs to, or
	// false for a token that is unknown, expired or revoked.
	Authenticate func(token string) (user string, ok bool)
	// Known reports whether the org has an object whose changes can be subscribed
	// to; nil means that every name is one.
	Known func(object string) bool
	// Refuse returns why a user may not subscribe to a channel, "" when he may; nil
	// lets everybody in.
	Refuse func(user, channel string) string
	// Eyes returns what shows a user an event as he may get it, or nothing of it. It
	// is asked when he subscribes: rights that change later do not touch a
	// subscription. nil shows everything.
	Eyes func(user string) func(e *bus.Event) (*bus.Event, bool)
	// Topic finds what the org announces beside change events: PushTopics and
	// generic channels. nil: nothing.
	Topic func(user, channel string) (Topic, bool)
	// Faults may be nil: nothing goes wrong on purpose.
	Faults *fault.Registry
	// Websocket offers the websocket transport; off, an upgrade gets HTTP 405.
	Websocket bool
	// Now is the clock for sessions and cookies; nil means time.Now.
	Now func() time.Time

	ConnectTimeout time.Duration // how long a connect is parked: 110 s
	SessionLife    time.Duration // from an answer to the next request: 40 s
	StickyLife     time.Duration // of the routing cookie: 3 h
	TokenCheck     time.Duration // between looks at the token of a parked connect: 1 s
	WriteTimeout   time.Duration // for one websocket frame: 10 s

	MaxClients  int // concurrent sessions; 0: no limit
	BatchEvents int // events in one long-polling answer: 1,000
	BatchBytes  int // about so many bytes in one answer: 8 MiB
	FrameEvents int // events in one websocket frame: 500
}

// Topic is a channel that does not carry change events.
type Topic struct {
	Log     *bus.Log
	Stream  string // the object that its events are of, in that log
	Refusal string // why the user may not subscribe; "" when he may
	// See shows the user an event as he may get it, or nothing of it.
	See func(e *bus.Event) (*bus.Event, bool)
}

func (c *Config) fill() {
	c.ConnectTimeout = cmp.Or(c.ConnectTimeout, 110*time.Second)
	c.SessionLife = cmp.Or(c.SessionLife, 40*time.Second)
	c.StickyLife = cmp.Or(c.StickyLife, 3*time.Hour)
	c.TokenCheck = cmp.Or(c.TokenCheck, time.Second)
	c.WriteTimeout = cmp.Or(c.WriteTimeout, 10*time.Second)
	c.BatchEvents = cmp.Or(c.BatchEvents, 1000)
	c.BatchBytes = cmp.Or(c.BatchBytes, 8<<20)
	c.FrameEvents = cmp.Or(c.FrameEvents, 500)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Known == nil {
		c.Known = func(string) bool { return true }
	}
	if c.Refuse == nil {
		c.Refuse = func(string, string) string { return "" }
	}
	if c.Topic == nil {
		c.Topic = func(string, string) (Topic, bool) { return Topic{}, false }
	}
	if c.Faults == nil {
		c.Faults = fault.NewRegistry(c.Now)
	}
}

// Server is the endpoint. It serves every path at and below /cometd.
type Server struct {
	cfg      Config
	sessions sessions
	done     chan struct{} // closed by Close
	sockets  sync.WaitGroup

	mu     sync.Mutex
	open   int           // parked connects and sockets
	cut    chan struct{} // closed to cut all of those; then replaced
	closed bool
}

// New returns a server on the log. Close ends it.
func New(cfg Config) *Server {
	cfg.fill()
	s := &Server{
		cfg: cfg, done: make(chan struct{}), cut: make(chan struct{}),
		sessions: sessions{byID: map[string]*session{}},
	}
	cfg.Faults.OnArm(fault.DropStreams, func(fault.Fault) { s.dropStreams() })
	cfg.Faults.OnArm(fault.ExpireReplayIDs, func(fault.Fault) { cfg.Log.Expire() })
	return s
}

// Close releases every parked connect, closes every socket and waits for those.
// It may be called more than once.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
	s.mu.Unlock()
	s.sockets.Wait()
}

// ServeHTTP answers one request. Messages are routed by the channel in the body;
// a message type at the end of the path, which some clients add, means nothing.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isUpgrade(r) {
		s.serveUpgrade(w, r)
		return
	}
	if r.Method != http.MethodPost {
		notAllowed(w)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		write(w, http.StatusRequestEntityTooLarge, []reply{{Channel: metaOf(r.URL.Path), Error: errTooLarge}})
		return
	}
	messages, perr := parse(body)
	if err != nil || perr != nil {
		http.Error(w, "the body must be a JSON array of messages", http.StatusBadRequest)
		return
	}
	if text := versionError(r.URL.Path); text != "" {
		write(w, http.StatusBadRequest, refuseAll(messages, text))
		return
	}
	s.servePost(w, r, messages)
}

func notAllowed(w http.ResponseWriter) {
	w.Header().Set("Allow", http.MethodPost)
	http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
}

func refuseAll(messages []message, text string) []reply {
	var out []reply
	for i := range messages {
		out = append(out, messages[i].refuse(text))
	}
	return out
}

// versionError checks /cometd/{version}[/{message type}].
func versionError(path string) string {
	rest := strings.Trim(strings.TrimPrefix(path, "/cometd"), "/")
	first, _, _ := strings.Cut(rest, "/")
	version, err := strconv.ParseFloat(first, 64)
	switch {
	case err != nil:
		return errNoVersion
	case version < 37:
		return errOldVersion
	}
	return ""
}

// metaOf guesses the channel from the path where the body cannot be read.
func metaOf(path string) string {
	for _, channel := range []string{metaHandshake, metaSubscribe, metaUnsubscribe, metaDisconnect} {
		if strings.HasSuffix(path, strings.TrimPrefix(channel, "/meta")) {
			return channel
		}
	}
	return metaConnect
}

func write(w http.ResponseWriter, status int, replies []reply) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	// A client that has gone away is the only reason to fail; it will come again.
	_ = json.NewEncoder(w).Encode(replies)
}

// enter counts a stream in and returns the channel that closes when all streams
// are to be cut. exit counts it out.
func (s *Server) enter() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open++
	return s.cut
}

func (s *Server) exit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
}
