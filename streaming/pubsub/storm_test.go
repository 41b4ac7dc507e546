package pubsub

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	eventbus "tidegate/eventbus/v1"
)

// pipes is a listener whose connections are in this process, so that a test can
// run on a clock of its own.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (p *pipes) dial(context.Context, string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.done:
		return nil, errors.New("connection refused")
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

// Half an hour of trouble, on a clock of its own: the client comes again, later
// and later, with one stream at a time, writes no more in the log than it tries,
// and goes on where it was when the trouble is over.
func TestStormOfHalfAnHourIsWeathered(t *testing.T) { // F-29
	const storm = 30 * time.Minute
	for _, c := range []struct {
		name string
		end  func(n int, stream serverStream) error
		most int // streams; more where each gives something
	}{
		{"UNAVAILABLE", func(_ int, stream serverStream) error { return fail(stream, codes.Unavailable, "") }, 100},
		{"INTERNAL service unavailable", func(_ int, stream serverStream) error { return fail(stream, codes.Internal, "service.unavailable") }, 100},
		{"RST_STREAM NO_ERROR after each event", func(n int, stream serverStream) error {
			if err := send(stream, n, n); err != nil {
				return err
			}
			return fail(stream, codes.Unavailable, "")
		}, 400},
		{"a new kind each time", func(n int, stream serverStream) error {
			switch n % 3 {
			case 0:
				return nil
			case 1:
				return fail(stream, codes.Internal, "")
			}
			return fail(stream, codes.Unknown, "subscription.internal.error")
		}, 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				over, told := time.Now().Add(storm), atomic.Bool{}
				s := &server{t: t, schemas: map[string]int{}, endpoint: "http://pubsub.example:7443"}
				s.subscribe = func(n int, first *eventbus.FetchRequest, stream serverStream) error {
					last := 0
					if id := first.GetReplayId(); id != nil {
						last = number(id)
					}
					if time.Now().Before(over) {
						return c.end(last+1, stream)
					}
					if told.CompareAndSwap(false, true) {
						if err := send(stream, last+1, last+3); err != nil {
							return err
						}
					}
					return park(stream)
				}
				wire := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
				g := grpc.NewServer()
				eventbus.RegisterPubSubServer(g, s)
				served := make(chan struct{})
				go func() {
					defer close(served)
					_ = g.Serve(wire) // ends with Stop
				}()
				log := &counter{}
				run := start(t, s, func(_ *client, cfg *Config) {
					cfg.Dial, cfg.Backoff, cfg.Logger = wire.dial, nil, slog.New(log)
				})
				time.Sleep(storm)
				s.mu.Lock()
				tries := s.streams
				s.mu.Unlock()
				if tries < 10 || tries > c.most {
					t.Errorf("%d streams in %s", tries, storm)
				}
				if n := int(log.records.Load()); n > 2*tries+5 {
					t.Errorf("%d log records for %d tries", n, tries)
				}
				before := run.events()
				time.Sleep(10 * time.Minute) // the longest wait
				if got := run.events(); got != before+3 {
					t.Errorf("%d events after the storm, %d in it", got-before, before)
				}
				run.inOrder(run.events())
				run.stop()
				g.Stop()
				<-served
				if s.most != 1 {
					t.Errorf("%d streams at once", s.most)
				}
			})
		})
	}
}
