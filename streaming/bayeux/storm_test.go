package bayeux

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// wire carries requests to a server in the same process, so that a test can run
// on a clock of its own, and fails as it is told.
type wire struct {
	srv *server
	// trouble answers request n instead of the server, or says that it does not.
	trouble func(n int, r *http.Request, body string) (*http.Response, error, bool)

	mu    sync.Mutex
	times []time.Time // of the handshakes
	n     int
	open  int
	most  int // requests on their way at once
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.n++
	n := w.n
	w.open++
	w.most = max(w.most, w.open)
	if strings.Contains(string(body), metaHandshake) {
		w.times = append(w.times, time.Now())
	}
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.open--
	}()
	if answer, err, ours := w.trouble(n, r, string(body)); ours {
		return answer, err
	}
	inner := r.Clone(r.Context())
	inner.Body = io.NopCloser(strings.NewReader(string(body)))
	rec, done := httptest.NewRecorder(), make(chan struct{})
	go func() {
		defer close(done)
		w.srv.ServeHTTP(rec, inner)
	}()
	select {
	case <-done:
		return rec.Result(), nil
	case <-r.Context().Done():
		<-done
		return nil, r.Context().Err()
	}
}

// counter counts what is logged.
type counter struct{ records atomic.Int64 }

func (c *counter) Enabled(context.Context, slog.Level) bool { return true }
func (c *counter) Handle(context.Context, slog.Record) error {
	c.records.Add(1)
	return nil
}
func (c *counter) WithAttrs([]slog.Attr) slog.Handler { return c }
func (c *counter) WithGroup(string) slog.Handler      { return c }

// answered is an answer of something in front of the server.
func answered(code int, body string) *http.Response {
	return &http.Response{StatusCode: code, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// Half an hour of trouble, on a clock of its own: the client comes again, later
// and later and never at a fixed pace, keeps to one stream, writes no more in
// the log than it tries, and is back when the trouble is over.
func TestStormOfHalfAnHourIsWeathered(t *testing.T) { // F-29
	const storm = 30 * time.Minute
	passing := 0 // events during the storm
	for _, c := range []struct {
		name    string
		trouble func(n int, body string) (*http.Response, error, bool)
		most    int // handshakes; more where each session gives something
	}{
		{"nobody answers", func(int, string) (*http.Response, error, bool) {
			return nil, errors.New("connection refused"), true
		}, 100},
		{"503", func(int, string) (*http.Response, error, bool) {
			return answered(http.StatusServiceUnavailable, "<html>Service Unavailable</html>"), nil, true
		}, 100},
		{"a new kind each time", func(n int, _ string) (*http.Response, error, bool) {
			switch n % 4 {
			case 0:
				return nil, io.ErrUnexpectedEOF, true
			case 1:
				return answered(http.StatusInternalServerError, "service unavailable"), nil, true
			case 2:
				return answered(http.StatusGatewayTimeout, ""), nil, true
			}
			return answered(http.StatusOK, "<html>"), nil, true
		}, 100},
		{"it begins and breaks off", func(_ int, body string) (*http.Response, error, bool) {
			return nil, io.ErrUnexpectedEOF, strings.Contains(body, metaConnect)
		}, 100},
		{"it ends after each event", func(_ int, body string) (*http.Response, error, bool) {
			var q []msg
			if json.Unmarshal([]byte(body), &q) != nil || !strings.Contains(body, metaConnect) {
				return nil, nil, false
			}
			passing++
			return answered(http.StatusOK, fmt.Sprintf(`[{"channel":%q,"data":{"n":%d}},{"channel":%q,"id":%q,"successful":false,"error":"403::Unknown client","advice":{"reconnect":"handshake"}}]`,
				topic, passing, metaConnect, q[0]["id"])), nil, true
		}, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := &server{
					t: t, script: map[string][]step{}, changed: make(chan struct{}), retain: true,
					connects: map[string]int{}, hold: 20 * time.Second, types: []string{"long-polling"},
				}
				over := time.Now().Add(storm)
				w := &wire{srv: srv}
				w.trouble = func(n int, _ *http.Request, body string) (*http.Response, error, bool) {
					if time.Now().After(over) {
						return nil, nil, false
					}
					return c.trouble(n, body)
				}
				in, log := &sink{}, &counter{}
				cfg := config(t, "http://org.example/cometd/66.0", in)
				cfg.HTTP, cfg.Backoff, cfg.Handshakes, cfg.Logger = &http.Client{Transport: w}, nil, nil, slog.New(log)
				ctx, cancel := context.WithCancel(t.Context())
				client, err := New(cfg)
				if err != nil {
					t.Fatal(err)
				}
				done := make(chan error, 1)
				go func() { done <- client.Run(ctx) }()
				time.Sleep(storm)
				w.mu.Lock()
				times := slices.Clone(w.times)
				w.mu.Unlock()
				if n := len(times); n < 10 || n > c.most {
					t.Errorf("%d handshakes in %s", n, storm)
				}
				if n := int(log.records.Load()); n > 2*len(times)+5 {
					t.Errorf("%d log records for %d tries", n, len(times))
				}
				if same := fixedPace(times); same > 2 {
					t.Errorf("%d of %d waits are alike: there is no jitter", same, len(times))
				}
				time.Sleep(10 * time.Minute) // the longest wait
				if !client.State().Subscribed {
					t.Fatalf("not subscribed after the storm: %+v", client.State())
				}
				srv.publish(topic, numbered(1, 3)...)
				time.Sleep(time.Minute)
				if got, want := in.events(), append(numbered(1, passing), numbered(1, 3)...); !slices.Equal(got, want) {
					t.Errorf("%d events, want %d", len(got), len(want))
				}
				cancel()
				if err := <-done; err != nil {
					t.Errorf("Run: %v", err)
				}
				if w.most > 1 {
					t.Errorf("%d requests at once", w.most)
				}
			})
		})
	}
}

// fixedPace counts waits that equal the one before to the millisecond.
func fixedPace(times []time.Time) (same int) {
	for i := 2; i < len(times); i++ {
		if times[i].Sub(times[i-1]).Truncate(time.Millisecond) == times[i-1].Sub(times[i-2]).Truncate(time.Millisecond) {
			same++
		}
	}
	return same
}
