package streaming

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/streaming/bayeux"
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
	Auth      func(ctx context.Context, stale bool) (string, error)
	HTTP      *http.Client // transport of the stream; default http.DefaultClient
	Transport bayeux.Transport
	// Reconnected wakes a consumer that waits for a person to reconnect; nil
	// is allowed, the connection's row is looked at too.
	Reconnected <-chan struct{}

	OwnClient string               // our client id in changeOrigin; default "tidegate"
	Ahead     func() time.Duration // Salesforce's clock minus ours; nil = 0
	Notify    func(ws gateway.WorkspaceID, keys []gateway.RecordKey)
	Metrics   *Metrics
	Logger    *slog.Logger
	Now       func() time.Time

	LeaseFor   time.Duration // default 30 s, renewed after a third
	Overlap    time.Duration // read this much more when repairing; default 5 min
	PageSize   int           // rows a page of a backfill; default 2,000
	Tick       time.Duration // how often state and refetch marks are looked at; default 1 s
	Grace      time.Duration // how long a broken stream is no news; default 15 s
	CountEvery time.Duration // how often rows in Salesforce are counted; default 15 min
	// Backoff is the wait before try n (1, 2, …) after the database or a
	// reading failed; default doubles from 250 ms to 15 s.
	Backoff func(n int) time.Duration
	// Stream adjusts the protocol client before it starts, for tests.
	Stream func(*bayeux.Config)
}

func (c Config) withDefaults() (Config, error) {
	if c.DB == nil || c.Reader == nil || c.Endpoint == nil || c.Auth == nil || c.Connection.ID == "" || len(c.Objects) == 0 {
		return c, errors.New("streaming: DB, Connection, Reader, Endpoint, Auth and Objects are required")
	}
	orElse(&c.Holder, "this-process")
	orElse(&c.OwnClient, "tidegate")
	orElse(&c.LeaseFor, 30*time.Second)
	orElse(&c.Overlap, 5*time.Minute)
	orElse(&c.PageSize, 2000)
	orElse(&c.Tick, time.Second)
	orElse(&c.Grace, 15*time.Second)
	orElse(&c.CountEvery, 15*time.Minute)
	orElse(&c.Logger, slog.New(slog.DiscardHandler))
	orElse(&c.HTTP, http.DefaultClient)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Backoff == nil {
		c.Backoff = defaultBackoff
	}
	return c, nil
}

func orElse[T comparable](value *T, fallback T) {
	var zero T
	if *value == zero {
		*value = fallback
	}
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
