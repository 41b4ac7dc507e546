package bayeux

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/time/rate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sink is a consumer that keeps its position with what it got, as the real
// one does.
type sink struct {
	mu       sync.Mutex
	got      []string
	calls    []int
	position map[string]string
	fail     func(call int) error
	slow     func(ctx context.Context)
}

func (s *sink) deliver(ctx context.Context, channel string, events []json.RawMessage) error {
	if s.slow != nil {
		s.slow(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, len(events))
	if s.fail != nil {
		if err := s.fail(len(s.calls)); err != nil {
			return err
		}
	}
	for _, e := range events {
		s.got = append(s.got, string(e))
	}
	if s.position == nil {
		s.position = map[string]string{}
	}
	s.position[channel] = strconv.Itoa(len(s.got))
	return nil
}

func (s *sink) replay(channel string) func(context.Context) (json.RawMessage, error) {
	return func(context.Context) (json.RawMessage, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if p, ok := s.position[channel]; ok {
			return json.RawMessage(p), nil
		}
		return json.RawMessage("-1"), nil
	}
}

func (s *sink) events() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

const topic = "/data/ChangeEvents"

// config is one for tests: quick, and with its own connections.
func config(t *testing.T, url string, s *sink) Config {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return Config{
		URL:           url,
		HTTP:          &http.Client{Transport: transport},
		Auth:          func(context.Context, bool) (string, error) { return "Bearer t0", nil },
		Subscriptions: []Subscription{{Channel: topic, Replay: s.replay(topic)}},
		Deliver:       s.deliver,
		Handshakes:    rate.NewLimiter(rate.Inf, 1),
		Backoff:       func(int, bool) time.Duration { return time.Millisecond },
	}
}

// running is a client under test.
type running struct {
	*Client
	t    *testing.T
	stop context.CancelFunc
	done chan error
}

func start(t *testing.T, cfg Config) *running {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{Client: c, t: t, stop: cancel, done: make(chan error, 1)}
	go func() { r.done <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-r.done:
			r.done <- err
		case <-time.After(30 * time.Second):
			t.Error("Run did not return")
		}
	})
	return r
}

// ended stops the client and returns what Run said.
func (r *running) ended() error {
	r.stop()
	return r.result()
}

// result waits until Run returns by itself.
func (r *running) result() error {
	r.t.Helper()
	select {
	case err := <-r.done:
		r.done <- err
		return err
	case <-time.After(30 * time.Second):
		r.t.Fatal("Run did not return")
		return nil
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func numbered(from, to int) []string {
	var list []string
	for i := from; i <= to; i++ {
		list = append(list, fmt.Sprintf(`{"n":%d}`, i))
	}
	return list
}

func (s *sink) expect(t *testing.T, want []string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d events", len(want)), func() bool { return len(s.events()) >= len(want) })
	if got := s.events(); !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestLongPollingDeliversInOrderAndTakesLeave(t *testing.T) {
	srv, in := newServer(t), &sink{}
	r := start(t, config(t, srv.url(), in))
	eventually(t, "subscribed", func() bool { return r.State().Subscribed })
	srv.publish(topic, numbered(1, 3)...)
	in.expect(t, numbered(1, 3))
	srv.publish(topic, numbered(4, 5)...)
	in.expect(t, numbered(1, 5))
	if err := r.ended(); err != nil {
		t.Fatalf("Run returned %v", err)
	}
	if n := len(srv.sent(metaHandshake)); n != 1 {
		t.Errorf("%d handshakes, want 1 (C3)", n)
	}
	if len(srv.sent(metaUnsubscribe)) != 1 || len(srv.sent(metaDisconnect)) != 1 {
		t.Error("no unsubscribe and disconnect at the end (C25)")
	}
	for _, q := range srv.sent(metaConnect) {
		if q.auth != "Bearer t0" || q.cookies != "BAYEUX_BROWSER=client1; sfdc-stream=node1" {
			t.Errorf("connect with auth %q and cookies %q (C1)", q.auth, q.cookies)
		}
	}
}
