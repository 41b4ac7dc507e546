package pubsub

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"time"

	"tidegate/streaming/protocol"
)

// Credentials travel with every call. Source: "Authentication", Pub/Sub API
// guide.
type Credentials struct {
	AccessToken string
	InstanceURL string // https://example.my.salesforce.com
	TenantID    string // the org's 18-character id
}

// Start is where a subscription resumes: strictly after ReplayID; without one
// with the next event, or with the oldest retained one if Earliest.
type Start struct {
	ReplayID []byte
	Earliest bool
}

// Event is one event as it came.
type Event struct {
	SchemaID string
	Payload  []byte // a bare Avro datum
	ReplayID []byte // opaque
	// Schema is that of SchemaID, nil if what the server gave is no schema.
	Schema *Schema
}

// Decode reads the payload by the event's own schema.
func (e Event) Decode() (Value, error) { return e.DecodeWith(new(Reader)) }

// DecodeWith is Decode into memory that is used again.
func (e Event) DecodeWith(r *Reader) (Value, error) {
	if e.Schema == nil {
		return Value{}, errors.New("the event's schema cannot be read")
	}
	return r.Decode(e.Schema, e.Payload)
}

// Batch is what arrived since the last call of Deliver, in order. It may hold
// no events: the topic then only moved on past what does not concern us.
type Batch struct {
	Events []Event
	// Position is the place after the batch: that of the last event, or, if the
	// server said later that there was nothing more, the one that it gave then.
	Position []byte
}

// Config says what to talk to and how. Endpoint, Auth, Topic, Position and
// Deliver are required; every zero value elsewhere has a default.
type Config struct {
	// Endpoint is https://api.pubsub.salesforce.com:7443 or the like; http
	// means plain text, for a server on this machine.
	Endpoint string
	TLS      *tls.Config // for https; default: the system's roots
	// Dial opens connections instead of the default dialer; it gets host:port
	// unresolved.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// Auth returns the credentials, asked before every call. stale is true
	// after the server refused the last ones: get fresh ones. A Permanent
	// error ends Run with an AuthError.
	Auth  func(ctx context.Context, stale bool) (Credentials, error)
	Topic string // for example "/data/ChangeEvents"
	// Position is asked before every stream, and never before all earlier
	// events were delivered or given up. An error is retried later unless it
	// is Permanent.
	Position func(ctx context.Context) (Start, error)
	// Deliver takes the events of one burst. Calls never overlap. An error
	// means that the events did not get through: the stream is given up and
	// everything after what Position then reports comes again. A Permanent
	// error ends Run.
	Deliver func(ctx context.Context, b Batch) error
	// OnState is told of every change of State; it must return soon.
	OnState func(State)
	// Schemas may be shared by clients of one org; default: a cache of its own.
	Schemas *Schemas

	// Credits is how many events may be outstanding; default and most 100.
	Credits int
	// Burst bounds the events that wait while Deliver works; default 2,000.
	// When they are that many, the server gets no new credits.
	Burst int
	// Watchdog is how long a stream that owes us an answer may be silent before
	// it counts as dead; default 280 s. The server says something every 270 s at
	// the latest.
	Watchdog time.Duration
	// Settle is how long after its request a stream without an answer counts
	// as subscribed: refusals come at once, the first event maybe tomorrow.
	// Default 3 s.
	Settle time.Duration
	// Ping is how often a silent connection is tested with HTTP/2 pings;
	// default 2 min. Servers end connections that ping more than they allow.
	Ping time.Duration
	// RequestTimeout bounds every call but the subscription; default 30 s.
	RequestTimeout time.Duration
	// Goodbye bounds the orderly end of the stream; default 1 s.
	Goodbye time.Duration
	// MaxMessage bounds one response, in bytes; default 16 MiB.
	MaxMessage int
	// Backoff is the wait before attempt n (1, 2, …) since the stream was last
	// healthy. slow is true where the server is overloaded or a quota is used
	// up. Default: protocol.Backoff.
	Backoff func(attempt int, slow bool) time.Duration
	Now     func() time.Time // for the times in State; default time.Now
	Logger  *slog.Logger     // gets one record for each setback; default discards
}

// mostCredits is what the server counts up to.
const mostCredits = 100

func (c Config) withDefaults() (Config, error) {
	u, err := url.Parse(c.Endpoint)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return c, errors.New("pubsub: Endpoint must be an absolute http or https address")
	case c.Auth == nil || c.Position == nil || c.Deliver == nil || c.Topic == "":
		return c, errors.New("pubsub: Auth, Topic, Position and Deliver are required")
	}
	if c.Credits <= 0 || c.Credits > mostCredits {
		c.Credits = mostCredits
	}
	c.Burst = cmp.Or(c.Burst, 2000)
	c.Watchdog = cmp.Or(c.Watchdog, 280*time.Second)
	c.Settle = cmp.Or(c.Settle, 3*time.Second)
	c.Ping = cmp.Or(c.Ping, 2*time.Minute)
	c.RequestTimeout = cmp.Or(c.RequestTimeout, 30*time.Second)
	c.Goodbye = cmp.Or(c.Goodbye, time.Second)
	c.MaxMessage = cmp.Or(c.MaxMessage, 16<<20)
	if c.Schemas == nil {
		c.Schemas = NewSchemas()
	}
	if c.Backoff == nil {
		c.Backoff = protocol.Backoff
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Logger = cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
	return c, nil
}

// address returns host and port of the endpoint.
func (c Config) address() (hostPort string, secure bool) {
	u, err := url.Parse(c.Endpoint)
	if err != nil {
		return "", true // New refused it already
	}
	port := u.Port()
	if port == "" {
		port = map[bool]string{true: "443", false: "80"}[u.Scheme == "https"]
	}
	return net.JoinHostPort(u.Hostname(), port), u.Scheme == "https"
}
