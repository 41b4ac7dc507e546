package streaming

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store/storetest"
	"tidegate/testpg"
)

func TestBackfillResumesAtItsPage(t *testing.T) { // F-03
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.contacts(230)
		reached, once := make(chan struct{}), sync.Once{}
		blocked := make(chan struct{})
		w.onRows = func(_ int, q ReadRequest) {
			if q.Object == "Contact" && len(w.pages("Contact", BackfillRunning)) == 3 {
				once.Do(func() { close(reached) })
				<-blocked
			}
		}
		_, stop := w.start(nil)
		<-reached // the third page was read and is not stored
		go func() {
			time.Sleep(50 * time.Millisecond)
			close(blocked)
		}()
		stop()
		w.mu.Lock()
		w.onRows = nil
		w.mu.Unlock()
		w.start(nil)
		w.settled()
		pages := w.pages("Contact", BackfillRunning)
		slices.Sort(pages)
		if again := len(pages) - len(slices.Compact(pages)); again > 1 {
			t.Errorf("%d pages were read again", again)
		}
	})
}

func TestRestartGoesOnFromThePosition(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		ids := w.contacts(20)
		_, stop := w.start(nil)
		w.settled()
		for n := range 10 {
			w.update(ids[n], map[string]any{"Title": fmt.Sprint("Round ", n)})
			stop()
			w.update(ids[n+1], map[string]any{"Title": "while nobody listened"})
			_, stop = w.start(nil)
		}
		w.settled()
	})
}

func TestOnlyTheLeaseHolderStreams(t *testing.T) { // F-67
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		ids := w.contacts(10)
		_, stopFirst := w.start(func(c *Config) { c.LeaseFor = 10 * time.Minute }) // it is given back in the end
		w.settled()
		var second sync.Map
		w.start(func(c *Config) {
			c.Holder, c.LeaseFor = "another", time.Second
			c.Notify = func(gateway.WorkspaceID, []gateway.RecordKey) { second.Store("applied", true) }
		})
		w.update(ids[0], map[string]any{"Title": "first"})
		w.settled()
		if _, ok := second.Load("applied"); ok {
			t.Error("the second process applied changes")
		}
		stopFirst()
		w.update(ids[1], map[string]any{"Title": "second"})
		w.settled()
		if _, ok := second.Load("applied"); !ok {
			t.Error("nobody took over")
		}
	})
}

func TestDatabaseAwayIsSurvived(t *testing.T) { // F-69
	p := newProxy(t, testpg.URL(t))
	w := newWorld(t, p.url)
	ids := w.contacts(30)
	w.start(nil)
	w.settled()
	p.cut()
	for _, id := range ids {
		w.update(id, map[string]any{"Title": "while the database was away"})
	}
	if err := w.db.Ready(t.Context()); gateway.CodeOf(err) != gateway.CodeUnavailable {
		t.Errorf("Ready: %v, want unavailable", err)
	}
	time.Sleep(300 * time.Millisecond) // let some tries fail
	p.mend()
	w.settled()
	w.eventually(w.is(gateway.StateOK))
}

// proxy stands between the store and its Postgres.
type proxy struct {
	url, to string
	mu      sync.Mutex
	away    bool
	open    map[net.Conn]bool
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{to: u.Host, open: map[net.Conn]bool{}}
	u.Host = l.Addr().String()
	p.url = u.String()
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				wait.Go(func() { p.serve(c) })
			}
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.cut()
		wait.Wait()
	})
	return p
}

func (p *proxy) serve(c net.Conn) {
	defer c.Close()
	p.mu.Lock()
	away := p.away
	p.open[c] = true
	p.mu.Unlock()
	if away {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	s, err := new(net.Dialer).DialContext(ctx, "tcp", p.to)
	if err != nil {
		return
	}
	defer s.Close()
	var wait sync.WaitGroup
	wait.Go(func() {
		_, _ = io.Copy(s, c) // ends when either side does
		s.Close()
	})
	_, _ = io.Copy(c, s)
	c.Close()
	wait.Wait()
	p.mu.Lock()
	delete(p.open, c)
	p.mu.Unlock()
}

func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = true
	for c := range p.open {
		c.Close()
	}
}

func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = false
}

func BenchmarkApply(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			address := "sqlite://" + b.TempDir() + "/bench.db"
			if engine == "postgres" {
				server, err := testpg.Start(testpg.Options{Fsync: true})
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() {
					if err := server.Stop(); err != nil {
						b.Error(err)
					}
				})
				if address, err = server.NewDatabase(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			benchmarkApply(b, address)
		})
	}
}

// benchmarkApply applies a backlog of 20,000 updates of 2,000 records.
func benchmarkApply(b *testing.B, address string) {
	w := newBench(b, address)
	const records, perBatch, backlog = 2000, 1000, 20_000
	ids := make([]string, records)
	for i := range ids {
		ids[i], _ = gateway.NormalizeID(fmt.Sprintf("00300000%07d", i))
	}
	fields := gateway.Fields{"LastName": `"Byron"`, "FirstName": `"Ada"`, "Email": `"ada@example.com"`, "Phone": `"+41 44 000 00 00"`, "Title": `"Countess"`}
	n := int64(1)
	for _, id := range ids {
		w.stream("1", change(n, gateway.Create, fields, id))
	}
	for b.Loop() {
		for range backlog / perBatch {
			batch := make([]gateway.ChangeEvent, perBatch)
			for i := range batch {
				n++
				said := gateway.Fields{"Title": gateway.Text(fmt.Sprint("Title ", n)), "LastModifiedDate": gateway.Instant(time.UnixMilli(n * 1000))}
				batch[i] = change(n, gateway.Update, said, ids[int(n)%records])
			}
			w.stream(fmt.Sprint(n), batch...)
		}
	}
	b.ReportMetric(float64(b.N*backlog)/b.Elapsed().Seconds(), "events/s")
}
