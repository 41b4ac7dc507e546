// Package pubsub serves an org's event log as the Pub/Sub API does: gRPC, Avro,
// and events only as many as were asked for.
//
// It speaks plain-text HTTP/2, for loopback addresses; where clients insist on
// TLS, something that ends TLS stands in front.
package pubsub

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"

	eventbus "tidegate/eventbus/v1"
	"tidegate/simulator/avro"
	"tidegate/simulator/bus"
	"tidegate/simulator/cdc"
	"tidegate/simulator/fault"
)

const (
	// maxOutstanding is how many events a subscriber may have asked for at a time.
	maxOutstanding = 100
	// maxKeepalive is the longest silence that the platform promises.
	maxKeepalive = 270 * time.Second
)

// Config sets up a Server. Log, Authenticate, Tenant and Layout must be given;
// zero values of the others mean what Salesforce does.
type Config struct {
	Log *bus.Log
	// Authenticate returns the id of the user that an access token belongs to, or
	// false for a token that is unknown, expired or revoked.
	Authenticate func(token string) (user string, ok bool)
	// Tenant is the 18-character id of the org.
	Tenant string
	// Instance reports whether an instance URL is the org's; nil: every URL is.
	Instance func(url string) bool
	// Captured returns the layout that events of an object have now, and false for
	// an object whose changes are not captured; nil: nothing is but by Everything.
	Captured func(object string) (cdc.Layout, bool)
	// Access tells what a user may do with a topic; nil: subscribe to every one.
	Access func(user, topic string) Access
	// See returns an event as a user may get it, or false; nil shows everything.
	See func(user string, e *bus.Event) (*bus.Event, bool)
	// MayPublish tells whether a user may publish a platform event; nil: nobody may.
	MayPublish func(user, object string) bool
	// Publish puts one on its topic and returns its replay id. Its error is told to
	// the publisher.
	Publish func(user string, p Produced) (replayID int64, err error)
	// Layout returns the layout of a schema that events were published with.
	Layout func(schema string) (cdc.Layout, bool)
	// Faults may be nil: nothing goes wrong on purpose.
	Faults *fault.Registry

	Keepalive time.Duration // silence before an answer without events: 60 s, at most 270 s
	Patience  time.Duration // from the last event asked for to the end of the stream: 65 s
	MaxBytes  int           // about so many bytes of events in one answer: 3 MiB
	// PublishIdle ends a stream of publications on which nothing came for that long:
	// 70 s.
	PublishIdle time.Duration
}

// Produced is a platform event as a client publishes it.
type Produced struct {
	Object string // API name, such as Order__e
	UUID   string // the client's own, or random
	// Values are those of the fields, as package avro decodes them.
	Values map[string]any
}

// Access is what a user may do with a topic.
type Access int

const (
	// Open lets the user subscribe; what he may not see of it is withheld.
	Open Access = iota
	// Denied shows him the topic and refuses the subscription.
	Denied
	// Missing is a topic that this org does not have.
	Missing
)

func (c *Config) fill() {
	if c.Keepalive == 0 {
		c.Keepalive = time.Minute
	}
	c.Keepalive = min(c.Keepalive, maxKeepalive)
	if c.Patience == 0 {
		c.Patience = 65 * time.Second
	}
	if c.PublishIdle == 0 {
		c.PublishIdle = 70 * time.Second
	}
	if c.MayPublish == nil {
		c.MayPublish = func(string, string) bool { return false }
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = 3 << 20 // clients take 4 MiB unless told otherwise
	}
	if c.Instance == nil {
		c.Instance = func(string) bool { return true }
	}
	if c.Captured == nil {
		c.Captured = func(string) (cdc.Layout, bool) { return cdc.Layout{}, false }
	}
	if c.Access == nil {
		c.Access = func(string, string) Access { return Open }
	}
	if c.See == nil {
		c.See = func(_ string, e *bus.Event) (*bus.Event, bool) { return e, true }
	}
	if c.Faults == nil {
		c.Faults = fault.NewRegistry(time.Now)
	}
}

// Server is the service. Serve lets it answer, Close ends it.
type Server struct {
	eventbus.UnimplementedPubSubServer

	cfg     Config
	grpc    *grpc.Server
	done    chan struct{} // closed by Close
	schemas sync.Map      // schema id → *avro.Schema

	mu      sync.Mutex
	closed  bool
	open    int               // streams being served
	look    chan struct{}     // closed when streams are to look for a fault; then replaced
	looks   int               // how often that was
	conns   map[*conn]bool    // every open connection
	managed map[string]*place // subscriptions that the server keeps the place of, by id
}

// New returns a server on the log.
func New(cfg Config) *Server {
	cfg.fill()
	s := &Server{
		cfg: cfg, done: make(chan struct{}), look: make(chan struct{}),
		conns: map[*conn]bool{}, managed: map[string]*place{},
	}
	s.grpc = grpc.NewServer(
		grpc.ForceServerCodecV2(newCodec()),
		// Clients ping idle connections to find dead ones; that is welcome.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
	)
	eventbus.RegisterPubSubServer(s.grpc, s)
	for _, kind := range []string{FaultUnauthorized, FaultUnavailable, FaultError, FaultHalfOpen} {
		cfg.Faults.OnArm(kind, func(fault.Fault) { s.nudge() })
	}
	cfg.Faults.OnArm(fault.DropStreams, func(fault.Fault) { s.dropStreams() })
	return s
}

// Serve answers on the listener until Close, then returns nil.
func (s *Server) Serve(l net.Listener) error {
	if err := s.grpc.Serve(&listener{l, s}); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("serving Pub/Sub: %w", err)
	}
	return nil
}

// Close ends every stream and connection and waits for them. It may be called
// more than once.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
	s.mu.Unlock()
	s.grpc.Stop()
}

// schema returns the schema of an id, nil where none was ever issued.
func (s *Server) schema(id string) (*avro.Schema, error) {
	if known, ok := s.schemas.Load(id); ok {
		return known.(*avro.Schema), nil
	}
	layout, ok := s.cfg.Layout(id)
	if !ok {
		return nil, nil
	}
	schema, err := avro.Of(layout)
	if err != nil {
		return nil, err
	}
	s.schemas.Store(id, schema)
	return schema, nil
}

// enter counts a stream in, exit counts it out.
func (s *Server) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open++
}

func (s *Server) exit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
}

// looking returns the channel that closes when streams are to look for a fault
// again, and how often that was so far.
func (s *Server) looking() (again <-chan struct{}, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.look, s.looks
}

func (s *Server) nudge() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.look)
	s.look = make(chan struct{})
	s.looks++
}

// listener notes the connections, so that they can be cut.
type listener struct {
	net.Listener
	s *Server
}

// Accept waits for the next connection.
func (l *listener) Accept() (net.Conn, error) {
	raw, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: raw, s: l.s}
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.s.conns[c] = true
	return c, nil
}

type conn struct {
	net.Conn
	s *Server
}

// Close closes the connection and forgets it.
func (c *conn) Close() error {
	c.s.mu.Lock()
	delete(c.s.conns, c)
	c.s.mu.Unlock()
	return c.Conn.Close()
}
