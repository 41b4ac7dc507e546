package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store/storetest"
)

// F-63: fifty edits of one field in a second are at most three calls.
func TestFiftyQuickEditsAreCoalesced(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		// The pace outlasts the burst on the slowest machine; the rule is one
		// call at once and one for each pace.
		w.opts.Pace = time.Hour
		w.restart()
		w.seed(1)
		w.run()
		for i := range 50 {
			got := w.deliver(w.submit(0, gateway.Fields{"Title": gateway.Text(fmt.Sprint("T", i))}))
			if got.State != Written && (got.State != Queued || got.Why == "") {
				t.Fatalf("edit %d: %+v", i, got)
			}
		}
		w.clock.forward(time.Hour)
		w.eventually("the last edit is written", w.idle)
		same(t, "org", w.org.get(key(0).ID)["Title"], gateway.Value(`"T49"`))
		if n := w.org.callCount(); n > 3 {
			t.Errorf("%d calls", n)
		}
	})
}

// AVC-29: each later change overwrites, in order.
func TestConcurrentEditsOfOneRecordAllEndAndTheLastWins(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(1)
		w.run()
		var mu sync.Mutex
		var newest int64
		var want gateway.Value
		var group sync.WaitGroup
		for worker := range 4 {
			group.Go(func() {
				for i := range 10 {
					title := gateway.Text(fmt.Sprint(worker, "-", i))
					mu.Lock() // so that the test knows which edit is the last
					r := w.submit(0, gateway.Fields{"Title": title})
					newest++
					want = title
					mu.Unlock()
					w.deliver(r)
				}
			})
		}
		group.Wait()
		w.eventually("all edits are written", w.idle)
		same(t, "edits", newest, int64(40))
		same(t, "org", w.org.get(key(0).ID)["Title"], want)
	})
}

func TestDispatcherFinishesWhatNobodyDelivered(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(30)
		stop := w.run()
		for i := range 30 {
			w.submit(i, gateway.Fields{"Title": `"x"`})
		}
		w.eventually("all is written", w.idle)
		must(t, stop())
		must(t, stop())
		for i := range 30 {
			same(t, "org", w.org.get(key(i).ID)["Title"], gateway.Value(`"x"`))
		}
	})
}

// F-48: the breaker opens, few calls are wasted, and afterwards all drains.
// DEM-19
func TestOutageOpensTheBreakerAndDrainsAfterwards(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.opts.Trip, w.opts.Reopen = 2, time.Minute
		w.restart()
		const outage = 40
		w.seed(outage)
		w.org.answer = func(gateway.Change) gateway.Delivery { return refuse(gateway.CodeSFDown) }
		for i := range 2 {
			same(t, "in the outage", w.deliver(w.submit(i, gateway.Fields{"Title": `"x"`})).State, Queued)
		}
		for i := 2; i < outage; i++ {
			if got := w.deliver(w.submit(i, gateway.Fields{"Title": `"x"`})); got.State != Queued || got.Why != "Salesforce is not answering just now." {
				t.Fatalf("with the breaker open: %+v", got)
			}
		}
		for i := range outage { // a second edit of each, which is the last to say what goes out
			w.submit(i, gateway.Fields{"Phone": gateway.Text("2nd")})
		}
		w.round()
		same(t, "calls", w.org.callCount(), 2)

		// A new process has closed breakers; this one would wait for Reopen. How
		// much its calls carry grows from what an outage left.
		w.org.answer = nil
		w.restart()
		w.box.gates.of(ws).limit = probe
		w.clock.forward(10 * time.Minute) // before anything is in flight: leases follow this clock
		w.run()
		w.eventually("all is written", w.idle)
		sent, most := map[string]int{}, probe
		for _, call := range w.org.calls[2:] {
			if len(call) > most {
				t.Errorf("a call of %d records, at most %d by then", len(call), most)
			}
			most *= 2
			for _, c := range call {
				if sent[c.Key.ID]++; c.Fields["Phone"] != gateway.Text("2nd") {
					t.Errorf("%s was sent with %s", c.Key.ID, c.Fields["Phone"])
				}
			}
		}
		same(t, "records", len(sent), outage)
		for id, n := range sent {
			if n != 1 {
				t.Errorf("%s was sent %d times", id, n)
			}
		}
	})
}

func TestCallsGrowAgainAfterAnOutage(t *testing.T) {
	g := (&gates{opts: Options{}.withDefaults()}).of(ws)
	now := time.Now()
	call := func(d gateway.Delivery) int {
		t.Helper()
		done, limit, why, ok := g.enter(now)
		if !ok {
			t.Fatal(why)
		}
		g.report(done, []gateway.Delivery{d}, now)
		return limit
	}
	ok, down := gateway.Delivery{Done: true}, gateway.Delivery{Err: gateway.Errorf(gateway.CodeSFDown, "down")}
	var limits []int
	for _, d := range []gateway.Delivery{ok, down, ok, ok, ok, ok, ok, ok} {
		limits = append(limits, call(d))
	}
	same(t, "limits", limits, []int{200, 200, 10, 20, 40, 80, 160, 200})
}

// F-72: calls in flight land, nothing new begins, Run ends.
func TestShutdownWaitsForCallsInFlight(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.opts.Drain = time.Minute
		w.restart()
		w.seed(2)
		started, release := make(chan struct{}), make(chan struct{})
		w.org.during = func(context.Context) {
			w.org.script(func(o *org) { o.during = nil })
			close(started)
			<-release
		}
		stop := w.run()
		w.submit(0, gateway.Fields{"Title": `"x"`})
		<-started
		ended := make(chan error, 1)
		go func() { ended <- stop() }()
		w.eventually("the outbox takes no more", func() bool { return w.box.flightStopped() })
		got := w.deliver(w.submit(1, gateway.Fields{"Title": `"y"`}))
		if got.State != Queued || got.Why == "" {
			t.Errorf("while draining: %+v", got)
		}
		select {
		case err := <-ended:
			t.Fatalf("ended with a call in flight: %v", err)
		default:
		}
		close(release)
		must(t, <-ended)
		if _, ok := w.pending(key(0)); ok {
			t.Error("the call in flight was not settled")
		}
		if c, ok := w.pending(key(1)); !ok || c.State != gateway.StateWaiting {
			t.Errorf("the other entry: %+v", c)
		}
		w.org.during = nil
		w.restart()
		w.round()
		same(t, "after the next start", w.org.get(key(1).ID)["Title"], gateway.Value(`"y"`))
	})
}

// flightStopped reports whether draining has begun.
func (o *Outbox) flightStopped() bool {
	o.flight.mu.Lock()
	defer o.flight.mu.Unlock()
	return o.flight.stopped
}

// F-72: a call that does not come back is broken off and sent again later.
func TestShutdownBreaksOffWhatDoesNotComeBack(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.opts.Drain = 200 * time.Millisecond
		w.restart()
		w.seed(1)
		started := make(chan struct{})
		w.org.during = func(ctx context.Context) {
			w.org.script(func(o *org) { o.during = nil })
			close(started)
			<-ctx.Done()
		}
		stop := w.run()
		r := w.submit(0, gateway.Fields{"Title": `"x"`})
		<-started
		// The settling after it may outlast a short drain; either way the entry
		// is still owed.
		if err := stop(); err != nil && !errors.Is(err, errStillFlying) {
			t.Error(err)
		}
		w.eventually("the call is settled", func() bool { c, _ := w.pending(key(0)); return c.State == gateway.StateWaiting })
		same(t, "line", w.line(r.LogID).State, gateway.LogWaiting)
	})
}
