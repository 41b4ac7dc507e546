package streaming

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/streaming/bayeux"
	"tidegate/streaming/pubsub"
)

// Channel is the one that carries the changes of all selected objects.
const Channel = "/data/ChangeEvents"

// Config says whose changes to take in and from where. DB, Connection, Reader,
// Endpoint, Auth and Objects are required; the rest has defaults.
type Config struct {
	DB         *store.DB
	Connection gateway.Connection // of the workspace it names
	Holder     string             // this process, in leases; unique per process
	// Objects are the mirrored ones, in the order in which they are first read.
	Objects []string
	Reader  Reader
	// Endpoint returns the address of the CometD endpoint, for example
	// https://example.my.salesforce.com/cometd/66.0. When it changes, because
	// the org moved, the stream is opened anew.
	Endpoint func() string
	// Auth returns the Authorization header; stale means that the last one was
	// refused. CodeSFAuth says that there is none before a reconnect.
	Auth func(ctx context.Context, stale bool) (string, error)
	HTTP *http.Client // transport of the stream; default http.DefaultClient
	// Transport is Auto unless one is forced.
	Transport Transport
	// PubSub is tried by Auto where CometD offers no websocket; nil = never.
	PubSub *PubSub
	// Captured lists the objects whose changes Salesforce puts into the stream,
	// by one call of its API; what it does not is polled. It is asked where the
	// Pub/Sub API does not tell. nil = where that does not tell, all are.
	Captured func(ctx context.Context) ([]string, error)
	// Loading adjusts how objects are read whole.
	Loading Loading
	// Reconnected wakes a consumer that waits for a person to reconnect; nil
	// is allowed, the connection's row is looked at too.
	Reconnected <-chan struct{}

	// Crew is that of the process; nil = one of this consumer alone.
	Crew *Crew
	// Budget says how many API calls readings may make; nil = any number.
	Budget *Budget
	// Sign signs continuity records; nil = they are not signed.
	Sign func(statement []byte) (signature, key []byte)

	OwnClient string               // our client id in changeOrigin; default "tidegate"
	Ahead     func() time.Duration // Salesforce's clock minus ours; nil = 0
	Notify    func(ws gateway.WorkspaceID, keys []gateway.RecordKey)
	// Observe is told what the stream brought, after each commit; nil = nobody asks.
	Observe func(ws gateway.WorkspaceID, objects map[string]*Observed)
	Metrics *Metrics
	Logger  *slog.Logger
	Now     func() time.Time

	LeaseFor   time.Duration // default 15 s, renewed and asked for after a third
	Overlap    time.Duration // read this much more when repairing; default 5 min
	PageSize   int           // rows a page of a backfill; default 2,000
	Tick       time.Duration // how often state and refetch marks are looked at; default 1 s
	Grace      time.Duration // how long a broken stream is no news; default 15 s
	CountEvery time.Duration // how often rows in Salesforce are counted; default 15 min
	PollEvery  time.Duration // how often changed rows are asked for, where there is no stream; default 1 min
	PollAfter  time.Duration // how long a stream may be away before that; default 5 min
	SweepEvery time.Duration // how often polling looks for ids that are gone; default 6 h
	AskEvery   time.Duration // how often a refused stream or transport is tried again; default 10 min
	// DescribeEvery is how often an object's describe is asked for although
	// nothing hints that it changed; default 15 min.
	DescribeEvery time.Duration
	// Backoff is the wait before try n (1, 2, …) after the database or a
	// reading failed; default doubles from 250 ms to 15 s.
	Backoff func(n int) time.Duration
	// Stream adjusts the protocol client before it starts, for tests.
	Stream func(*bayeux.Config)
}

// Transport names a way in: those of bayeux, and two more.
type Transport = bayeux.Transport

// The transports. Auto takes websocket where the handshake offers it, else the
// Pub/Sub API where its endpoint answers, else long-polling. Polling, which
// asks for what changed, is used by Auto where there is no stream at all.
const (
	Auto         Transport = ""
	WebSocket    Transport = "websocket"
	LongPolling  Transport = "long-polling"
	PubSubStream Transport = "pubsub"
	Polling      Transport = "polling"
)

// PubSub says how to reach the Pub/Sub API.
type PubSub struct {
	// Endpoint is https://api.pubsub.salesforce.com:7443 or the like.
	Endpoint string
	// Credentials are asked before every call; stale means that the last ones
	// were refused. CodeSFAuth says that there are none before a reconnect.
	Credentials func(ctx context.Context, stale bool) (pubsub.Credentials, error)
	// Dial opens connections; nil = the default dialer.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// Adjust changes the protocol client before it starts, for tests.
	Adjust func(*pubsub.Config)
}

func (c Config) withDefaults() (Config, error) {
	if c.DB == nil || c.Reader == nil || c.Endpoint == nil || c.Auth == nil || c.Connection.ID == "" || len(c.Objects) == 0 {
		return c, errors.New("streaming: DB, Connection, Reader, Endpoint, Auth and Objects are required")
	}
	c.Holder = cmp.Or(c.Holder, "this-process")
	c.OwnClient = cmp.Or(c.OwnClient, "tidegate")
	c.LeaseFor = cmp.Or(c.LeaseFor, 15*time.Second)
	c.Overlap = cmp.Or(c.Overlap, 5*time.Minute)
	c.PageSize = cmp.Or(c.PageSize, 2000)
	c.Loading = c.Loading.withDefaults(c.PageSize)
	c.Tick = cmp.Or(c.Tick, time.Second)
	c.Grace = cmp.Or(c.Grace, 15*time.Second)
	c.CountEvery = cmp.Or(c.CountEvery, 15*time.Minute)
	c.PollEvery = cmp.Or(c.PollEvery, time.Minute)
	c.PollAfter = cmp.Or(c.PollAfter, 5*time.Minute)
	c.SweepEvery = cmp.Or(c.SweepEvery, 6*time.Hour)
	c.AskEvery = cmp.Or(c.AskEvery, 10*time.Minute)
	c.DescribeEvery = cmp.Or(c.DescribeEvery, 15*time.Minute)
	c.Logger = cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
	c.HTTP = cmp.Or(c.HTTP, http.DefaultClient)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Backoff == nil {
		c.Backoff = defaultBackoff
	}
	if c.Crew == nil {
		c.Crew = NewCrew(CrewConfig{DB: c.DB, Tick: c.Tick, LeaseFor: c.LeaseFor, Logger: c.Logger, Now: c.Now})
	}
	return c, nil
}

func defaultBackoff(n int) time.Duration {
	return min(250*time.Millisecond<<min(n-1, 6), 15*time.Second)
}

// rest waits for d or until ctx ends.
func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
