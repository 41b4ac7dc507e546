package bayeux

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/time/rate"

	"tidegate/streaming/protocol"
)

// Transport names how messages travel.
type Transport string

// The transports. Auto takes websocket where the handshake offers it and the
// upgrade succeeds, else long-polling.
const (
	Auto        Transport = ""
	WebSocket   Transport = "websocket"
	LongPolling Transport = "long-polling"
)

// Subscription is one channel and where to resume on it.
type Subscription struct {
	// Channel is the case-sensitive name, for example "/data/ChangeEvents".
	// A query ("/topic/X?F=v") filters; the replay extension ignores it.
	Channel string
	// Replay returns the value for the replay extension: -1 (tip), -2
	// (earliest) or a replay id, as JSON, sent unchanged. It is asked after
	// every successful handshake and never before all earlier events were
	// delivered or given up. Nil subscribes without the extension. An error
	// is retried later unless it is Permanent.
	Replay func(ctx context.Context) (json.RawMessage, error)
}

// Config says what to talk to and how. URL, Deliver and at least one
// Subscription are required; every zero value elsewhere has a default.
type Config struct {
	// URL is the http or https address of the endpoint, for example
	// https://example.my.salesforce.com/cometd/66.0.
	URL string
	// HTTP gives the transport only: its cookie jar, timeout and redirect
	// policy are not used, because each session needs its own cookies, polls
	// are long, and a redirect would carry the token elsewhere.
	HTTP *http.Client
	// Auth returns the value of the Authorization header, asked before every
	// request. stale is true after the server refused the last value: get a
	// fresh one. Return a Permanent error when that cannot succeed; Run then
	// ends with an AuthError. Nil sends no header.
	Auth func(ctx context.Context, stale bool) (header string, err error)
	// Transport is Auto unless one is forced.
	Transport Transport
	// Subscriptions are made together after each handshake.
	Subscriptions []Subscription
	// Deliver takes the data parts of events of one channel, in the order
	// received: one call for each long-polling answer, one for each burst of
	// websocket frames. Calls never overlap. An error means that the events
	// did not get through: the session is given up and everything after the
	// position that Replay then reports comes again. A Permanent error ends
	// Run. The raw messages are valid after the call, but share memory.
	Deliver func(ctx context.Context, channel string, events []json.RawMessage) error
	// OnRefused is told of a channel that the server refused for good (the
	// error is a SubscriptionError or ReplayLostError) and says whether to go
	// on without it. Nil, false, or no channel left: Run ends with the error.
	OnRefused func(channel string, err error) bool
	// OnState is told of every change of State, from the goroutine that made
	// it; it must return soon.
	OnState func(State)

	// MaxMessage bounds one answer or frame, in bytes after decompression;
	// default 16 MiB.
	MaxMessage int64
	// Backlog bounds what is read ahead, in bytes, while Deliver takes longer
	// than KeepAlive; default 32 MiB. Beyond it nothing is read, the session
	// may expire, and its events are replayed.
	Backlog int64
	// KeepAlive is how long after an answer the next connect is sent even
	// though Deliver is still at work; default 20 s. Salesforce forgets a
	// client after 40 s of silence.
	KeepAlive time.Duration
	// RequestTimeout bounds every request but connect; default 30 s.
	RequestTimeout time.Duration
	// Margin is added to the server's advised timeout to get the time after
	// which a connect without an answer counts as dead; default 15 s.
	Margin time.Duration
	// Goodbye bounds unsubscribing and disconnecting at the end; default 5 s.
	Goodbye time.Duration
	// Handshakes limits the rate of handshakes, and may be shared by clients
	// of one server; default one a second, in bursts of three.
	Handshakes *rate.Limiter
	// Backoff is the wait before attempt n (1, 2, …) since the session was
	// last healthy. slow is true where the server said that it is overloaded
	// or a quota is used up. Default: protocol.Backoff.
	Backoff func(attempt int, slow bool) time.Duration
	// Now is the clock for the times in State; default time.Now.
	Now func() time.Time
	// Logger gets one record for each setback; default discards.
	Logger *slog.Logger
}

// withDefaults returns the config with every optional field filled in.
func (c Config) withDefaults() (Config, error) {
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return c, errors.New("bayeux: URL must be an absolute http or https address")
	case c.Deliver == nil:
		return c, errors.New("bayeux: Deliver is missing")
	case len(c.Subscriptions) == 0:
		return c, errors.New("bayeux: no subscription")
	case c.Transport != Auto && c.Transport != WebSocket && c.Transport != LongPolling:
		return c, errors.New("bayeux: unknown transport " + string(c.Transport))
	}
	c.MaxMessage = cmp.Or(c.MaxMessage, 16<<20)
	c.Backlog = cmp.Or(c.Backlog, 32<<20)
	c.KeepAlive = cmp.Or(c.KeepAlive, 20*time.Second)
	c.RequestTimeout = cmp.Or(c.RequestTimeout, 30*time.Second)
	c.Margin = cmp.Or(c.Margin, 15*time.Second)
	c.Goodbye = cmp.Or(c.Goodbye, 5*time.Second)
	c.HTTP = cmp.Or(c.HTTP, http.DefaultClient)
	if c.Auth == nil {
		c.Auth = func(context.Context, bool) (string, error) { return "", nil }
	}
	if c.Handshakes == nil {
		c.Handshakes = rate.NewLimiter(rate.Every(time.Second), 3)
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
