package pubsub

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	eventbus "tidegate/eventbus/v1"

	"tidegate/streaming/protocol"
)

// TestStreamResumesAfterTheLastDelivered ends streams in every routine way
// (F-29): nothing is lost or doubled, and there is one stream at a time.
func TestStreamResumesAfterTheLastDelivered(t *testing.T) {
	ends := []func(stream serverStream) error{
		func(stream serverStream) error { return fail(stream, codes.Unavailable, "") },
		func(stream serverStream) error { return fail(stream, codes.Internal, "service.unavailable") },
		func(serverStream) error { return nil },
		func(stream serverStream) error { return fail(stream, codes.Unknown, "subscription.internal.error") },
		func(stream serverStream) error { return fail(stream, codes.Internal, "") },
	}
	s := newServer(t)
	s.subscribe = func(n int, first *eventbus.FetchRequest, stream serverStream) error {
		last := 0
		if first.GetReplayPreset() == eventbus.ReplayPreset_CUSTOM {
			last = number(first.GetReplayId())
		}
		if n > 20 {
			return park(stream)
		}
		for i := range 5 {
			if err := send(stream, last+1+i*10, last+10+i*10); err != nil {
				return err
			}
		}
		return ends[n%len(ends)](stream)
	}
	c := start(t, s, nil)
	eventually(t, "21 streams", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.streams == 21 })
	c.stop()
	c.inOrder(c.events())
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.most != 1 {
		t.Errorf("%d streams at once", s.most)
	}
	if got := s.starts[0]; got.GetReplayPreset() != eventbus.ReplayPreset_LATEST || got.GetNumRequested() != 100 || got.GetTopicName() != "/data/ChangeEvents" {
		t.Errorf("first request %v", got)
	}
	if got := s.starts[20]; number(got.GetReplayId()) != c.events() {
		t.Errorf("the last stream starts after %d of %d", number(got.GetReplayId()), c.events())
	}
}

// TestNothingIsAskedForWhileFull lets Deliver hang: what waits is bounded, and
// the server gets no credits beyond that (F-27, C19).
func TestNothingIsAskedForWhileFull(t *testing.T) { // F-27
	const total, credits, burst = 500, 10, 30
	var sent, asked atomic.Int64
	s := newServer(t)
	s.subscribe = func(_ int, first *eventbus.FetchRequest, stream serverStream) error {
		asked.Add(int64(first.GetNumRequested()))
		for n := 1; ; {
			for ; int64(n) <= asked.Load() && n <= total; n++ {
				if err := stream.Send(&eventbus.FetchResponse{
					Events: []*eventbus.ConsumerEvent{event(n, "s1")}, PendingNumRequested: int32(asked.Load() - int64(n)),
				}); err != nil {
					return err
				}
				sent.Add(1)
			}
			r, err := stream.Recv()
			if err != nil {
				return nil
			}
			asked.Add(int64(r.GetNumRequested()))
		}
	}
	release := make(chan struct{})
	c := start(t, s, func(c *client, cfg *Config) {
		cfg.Credits, cfg.Burst = credits, burst
		c.deliver = func(Batch) error { <-release; return nil }
	})
	const most = 2 * burst // one batch is with Deliver, one waits or is under way
	eventually(t, "the waiting batch is full", func() bool { return asked.Load() > burst-credits })
	time.Sleep(100 * time.Millisecond) // a wrong client would go on asking
	if got := asked.Load(); got > most {
		t.Errorf("%d events asked for while nothing is taken, most is %d", got, most)
	}
	close(release)
	eventually(t, "all events", func() bool { return c.events() == total })
	c.stop()
	c.inOrder(total)
	if sent.Load() != total {
		t.Errorf("%d sent", sent.Load())
	}
}

func TestSilentStreamIsReplaced(t *testing.T) { // C20
	s := newServer(t)
	s.subscribe = func(n int, _ *eventbus.FetchRequest, stream serverStream) error {
		if n == 3 {
			if err := send(stream, 1, 1); err != nil {
				return err
			}
		}
		return park(stream)
	}
	c := start(t, s, func(_ *client, cfg *Config) { cfg.Watchdog = 50 * time.Millisecond })
	eventually(t, "an event of the third stream", func() bool { return c.events() > 0 })
	c.stop()
}

// TestKeepaliveMovesThePosition: the place behind a whole response counts only
// where there are no events in it.
func TestKeepaliveMovesThePosition(t *testing.T) {
	s := newServer(t)
	next := make(chan struct{})
	s.subscribe = func(_ int, _ *eventbus.FetchRequest, stream serverStream) error {
		if err := send(stream, 1, 3); err != nil { // latest_replay_id is 1003
			return err
		}
		<-next
		if err := stream.Send(&eventbus.FetchResponse{LatestReplayId: place(77), PendingNumRequested: 97}); err != nil {
			return err
		}
		return park(stream)
	}
	c := start(t, s, nil)
	at := func(n int) func() bool {
		return func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return len(c.at.ReplayID) == 8 && number(c.at.ReplayID) == n
		}
	}
	eventually(t, "the place of the last event", at(3))
	close(next)
	eventually(t, "the place of the keepalive", at(77))
	c.stop()
	c.inOrder(3)
	if st := c.State(); st.Subscribed || st.LastAnswer.IsZero() {
		t.Errorf("state after the end: %+v", st)
	}
}

// TestErrorCodesDecideWhatFollows: every class of error-code trailers (C21).
func TestErrorCodesDecideWhatFollows(t *testing.T) {
	again := func(err error) bool { return err == nil }
	tests := []struct {
		name   string
		status codes.Code
		code   string
		want   func(error) bool
	}{
		{"F-07 position aged out", codes.InvalidArgument, "subscription.fetch.replayid.corrupted", is[*protocol.ReplayLostError]},
		{"F-07 position not valid", codes.InvalidArgument, "subscription.fetch.replayid.validation.failed", is[*protocol.ReplayLostError]},
		{"F-09 not about the position", codes.InvalidArgument, "schema.validation.failed", is[*protocol.SubscriptionError]},
		{"invalid without a code", codes.InvalidArgument, "", is[*protocol.SubscriptionError]},
		{"no such topic", codes.NotFound, "topic.not.found", is[*protocol.SubscriptionError]},
		{"no permission", codes.PermissionDenied, "subscription.topic.cannot.subscribe", is[*protocol.SubscriptionError]},
		{"F-31 token refused for good", codes.Unauthenticated, "service.auth.error", is[*protocol.AuthError]},
		{"headers wrong", codes.Unauthenticated, "service.auth.headers.invalid", is[*protocol.SubscriptionError]},
		{"quota", codes.ResourceExhausted, "subscription.limit.exceeded", again},
		{"unavailable", codes.Internal, "service.unavailable", again},
		{"overflow", codes.Internal, "subscription.fetch.overflow", again},
		{"unknown code", codes.Internal, "service.brand.new", again},
		{"no code", codes.Unavailable, "", again},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			s.subscribe = func(n int, _ *eventbus.FetchRequest, stream serverStream) error {
				if n == 5 {
					if err := send(stream, 1, 1); err != nil {
						return err
					}
					return park(stream)
				}
				return fail(stream, tt.status, tt.code)
			}
			c := start(t, s, nil)
			if tt.want(nil) {
				eventually(t, "an event of the fifth stream", func() bool { return c.events() == 1 })
				c.stop()
				return
			}
			err := <-c.done
			if !tt.want(err) {
				t.Errorf("Run: %v", err)
			}
			if c.at.ReplayID != nil {
				t.Error("the position moved")
			}
		})
	}
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func TestRefusedTokenIsRefreshedOnce(t *testing.T) { // F-30
	s := newServer(t)
	s.subscribe = func(n int, _ *eventbus.FetchRequest, stream serverStream) error {
		if n == 1 {
			return fail(stream, codes.Unauthenticated, "service.auth.error")
		}
		if err := send(stream, 1, 1); err != nil {
			return err
		}
		return park(stream)
	}
	c := start(t, s, nil)
	eventually(t, "an event", func() bool { return c.events() == 1 })
	c.stop()
	if c.fresh != 1 || s.tokens[1] != "token 1" {
		t.Errorf("%d refreshes, tokens %v", c.fresh, s.tokens)
	}
}

// TestPositionWaitsForItsSchema lets GetSchema fail ten times (F-23).
func TestPositionWaitsForItsSchema(t *testing.T) {
	s := newServer(t)
	s.schema = func(n int, _ string) (string, error) {
		if n <= 10 {
			return "", fmt.Errorf("not now")
		}
		return plain, nil
	}
	s.subscribe = func(n int, _ *eventbus.FetchRequest, stream serverStream) error {
		if n == 1 {
			if err := send(stream, 1, 10); err != nil {
				return err
			}
		}
		return park(stream)
	}
	early := atomic.Bool{}
	c := start(t, s, func(c *client, _ *Config) {
		c.deliver = func(Batch) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			early.Store(s.calls <= 10)
			return nil
		}
	})
	eventually(t, "ten events", func() bool { return c.events() == 10 })
	c.stop()
	c.inOrder(10)
	if early.Load() {
		t.Error("delivered before the schema was there")
	}
}

func TestRefusedSchemaLeavesThePosition(t *testing.T) { // F-09
	s := newServer(t)
	s.subscribe = func(_ int, _ *eventbus.FetchRequest, stream serverStream) error {
		if err := send(stream, 1, 1); err != nil {
			return err
		}
		return park(stream)
	}
	s.schema = func(int, string) (string, error) { return "", errInvalid }
	c := start(t, s, nil)
	if err := <-c.done; !is[*protocol.SubscriptionError](err) {
		t.Errorf("Run: %v", err)
	}
	if c.at.ReplayID != nil || c.events() > 0 {
		t.Error("the position moved")
	}
}

// TestSchemasAreFetchedOnce: mixed ids, as after a new field (F-25, C22).
func TestSchemasAreFetchedOnce(t *testing.T) {
	s := newServer(t)
	s.subscribe = func(n int, _ *eventbus.FetchRequest, stream serverStream) error {
		for i := range 30 {
			r := &eventbus.FetchResponse{PendingNumRequested: 50, Events: []*eventbus.ConsumerEvent{
				event((n-1)*60+2*i+1, "old"), event((n-1)*60+2*i+2, "new"),
			}}
			if err := stream.Send(r); err != nil {
				return err
			}
		}
		if n < 3 {
			return nil
		}
		return park(stream)
	}
	s.schema = func(_ int, id string) (string, error) {
		if id == "new" {
			return `{"type":"record","name":"E","fields":[{"name":"n","type":"long"},{"name":"added","type":"null"}]}`, nil
		}
		return plain, nil
	}
	c := start(t, s, nil)
	eventually(t, "180 events", func() bool { return c.events() == 180 })
	c.stop()
	c.inOrder(180)
	if s.schemas["old"] != 1 || s.schemas["new"] != 1 {
		t.Errorf("fetched %v", s.schemas)
	}
}

func TestUndeliveredEventsComeAgain(t *testing.T) {
	s := newServer(t)
	s.subscribe = func(_ int, first *eventbus.FetchRequest, stream serverStream) error {
		last := 0
		if id := first.GetReplayId(); id != nil {
			last = number(id)
		}
		for n := last + 1; n <= 20; n++ {
			if err := send(stream, n, n); err != nil {
				return err
			}
		}
		return park(stream)
	}
	tries := 0
	c := start(t, s, func(c *client, _ *Config) {
		c.deliver = func(Batch) error {
			if tries++; tries%2 == 1 && tries < 6 {
				return errors.New("the database is away")
			}
			return nil
		}
	})
	eventually(t, "20 events", func() bool { return c.events() == 20 })
	c.stop()
	c.inOrder(20)
}

func TestPermanentErrorsOfCallbacksEndRun(t *testing.T) {
	gone := errors.New("gone")
	tests := []struct {
		name   string
		change func(*client, *Config)
	}{
		{"Position", func(_ *client, cfg *Config) {
			cfg.Position = func(context.Context) (Start, error) { return Start{}, protocol.Permanent(gone) }
		}},
		{"Deliver", func(c *client, _ *Config) { c.deliver = func(Batch) error { return protocol.Permanent(gone) } }},
		{"Auth", func(_ *client, cfg *Config) {
			cfg.Auth = func(context.Context, bool) (Credentials, error) { return Credentials{}, protocol.Permanent(gone) }
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			s.subscribe = func(_ int, _ *eventbus.FetchRequest, stream serverStream) error {
				if err := send(stream, 1, 1); err != nil {
					return err
				}
				return park(stream)
			}
			c := start(t, s, tt.change)
			if err := <-c.done; !errors.Is(err, gone) {
				t.Errorf("Run: %v", err)
			}
		})
	}
}

func TestQuietStreamCountsAsSubscribed(t *testing.T) {
	s := newServer(t)
	s.subscribe = func(_ int, _ *eventbus.FetchRequest, stream serverStream) error { return park(stream) }
	c := start(t, s, nil)
	eventually(t, "subscribed", func() bool { return c.State().Subscribed })
	c.stop()
	if c.State().Subscribed {
		t.Error("subscribed after the end")
	}
}

func TestProbeTellsWhoAnswers(t *testing.T) {
	s := newServer(t)
	cfg := Config{
		Endpoint: s.endpoint, Topic: "/data/ChangeEvents", RequestTimeout: 5 * time.Second,
		Auth: func(context.Context, bool) (Credentials, error) {
			return Credentials{AccessToken: "t", InstanceURL: "https://org.example", TenantID: "00D"}, nil
		},
		Position: func(context.Context) (Start, error) { return Start{}, nil },
		Deliver:  func(context.Context, Batch) error { return nil },
	}
	tests := []struct {
		name   string
		change func(*Config)
		ok     bool
	}{
		{"answers", func(*Config) {}, true},
		{"nobody there", func(c *Config) { c.Endpoint = "http://127.0.0.1:1" }, false},
		{"no credentials", func(c *Config) {
			c.Auth = func(context.Context, bool) (Credentials, error) { return Credentials{}, nil }
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := cfg
			tt.change(&cfg)
			c, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Probe(t.Context()); (err == nil) != tt.ok {
				t.Errorf("Probe: %v", err)
			}
		})
	}
}
