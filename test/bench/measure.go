package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"time"

	"tidegate/gateway"
	"tidegate/store/storetest"
	"tidegate/streaming"
)

// backlogSize is how many events wait when the consumer starts, and rawBatch
// the rows of one raw transaction: as many events as the protocol client hands
// over at once when it has them.
const (
	backlogSize = 20_000
	rawBatch    = 2000
	rounds      = 5
)

// loads of the lag measurement, events a second.
var loads = [...]int{500, 1000}

const lagSeconds = 10

// rate is a speed in events per second, each round's and the best, and what one
// event cost at least: processor time of org, gateway and database together.
type rate struct {
	Best float64       `json:"best"`
	All  []float64     `json:"all"`
	Raw  []float64     `json:"raw,omitempty"` // after each round, see raw
	CPU  time.Duration `json:"cpu_per_event_ns,omitempty"`
}

func (r *rate) add(events int, took, cpu time.Duration) {
	v, each := float64(events)/took.Seconds(), cpu/time.Duration(events)
	r.All, r.Best = append(r.All, v), max(r.Best, v)
	if r.CPU == 0 || each < r.CPU {
		r.CPU = each
	}
}

// ratio is the middle one of the rounds' ratios to raw, each taken of two
// measurements that follow each other: what a machine does changes from minute
// to minute, and with it both.
func (r *rate) ratio() float64 {
	var all []float64
	for i := range r.Raw {
		all = append(all, r.All[i]/r.Raw[i])
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// moved lets a consumer go over to another transport, to which the position of
// the one before means nothing, and waits until the gap is read and the next
// events come by the stream.
func (w *world) moved(ctx context.Context, transport streaming.Transport) error {
	stop, err := w.start(transport)
	if err != nil {
		return err
	}
	var changed time.Time
	err = eventually(ctx, "the first event", func() (bool, error) {
		p, err := w.position(ctx)
		if err != nil || string(p.Lease.Position) == w.last(transport) {
			return err == nil, err
		}
		if time.Since(changed) < time.Second {
			return false, nil
		}
		changed = time.Now() // maybe before the subscription: then the next one
		return false, w.changes(1)
	})
	return errors.Join(err, w.read(ctx), stop())
}

// backlog measures how fast a backlog is applied in full, from the first event
// that is delivered to the commit of the last.
func (w *world) backlog(ctx context.Context, transport streaming.Transport, profile string) (rate, error) {
	var r rate
	for round := range rounds {
		if err := w.changes(backlogSize); err != nil {
			return r, err
		}
		runtime.GC() // what making the changes left behind
		w.watch.expect(backlogSize)
		end, err := profiled(profile, fmt.Sprintf("%s-%s-%d", w.db.Engine(), transport, round+1))
		if err != nil {
			return r, err
		}
		before, err := cpuTime()
		if err != nil {
			return r, err
		}
		stop, err := w.start(transport)
		if err != nil {
			return r, err
		}
		first, last, err := w.watch.wait(ctx)
		after, e := cpuTime()
		if err = errors.Join(err, e, end(), stop()); err != nil {
			return r, err
		}
		r.add(backlogSize, last.Sub(first), after-before)
		if err := errors.Join(w.caughtUp(ctx), w.equal(ctx)); err != nil {
			return r, err
		}
		raw, err := w.raw(ctx)
		if err != nil {
			return r, err
		}
		r.Raw = append(r.Raw, raw)
	}
	return r, nil
}

// raw measures how fast the same rows are upserted and nothing else, in rows a
// second.
func (w *world) raw(ctx context.Context) (float64, error) {
	var rows []gateway.Record
	for i := w.made - backlogSize; i < w.made; i += rawBatch {
		at := i % len(w.ids)
		ids := append(slices.Clone(w.ids[at:min(at+rawBatch, len(w.ids))]), w.ids[:max(0, at+rawBatch-len(w.ids))]...)
		some, err := w.records(ctx, ids)
		if err != nil {
			return 0, err
		}
		rows = append(rows, some...)
	}
	took, err := storetest.RawUpsert(ctx, w.url, workspace, rows, rawBatch)
	return float64(len(rows)) / took.Seconds(), err
}

// lag is the time from the commit in the org to the commit here. Late is how
// late the measurement itself was woken, at p99: a busy machine shows there.
type lag struct {
	PerSecond int           `json:"events_per_second"`
	P50       time.Duration `json:"p50_ns"`
	P99       time.Duration `json:"p99_ns"`
	Max       time.Duration `json:"max_ns"`
	Late      time.Duration `json:"woken_late_p99_ns"`
}

// lag measures it while the org changes at a steady rate. The clock starts
// before the org's commit ends, so publishing counts.
func (w *world) lag(ctx context.Context, perSecond int) (l lag, err error) {
	stop, err := w.start(streaming.WebSocket)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if err := errors.Join(w.changes(1), w.caughtUp(ctx)); err != nil { // subscribed, and everything warm
		return l, err
	}
	n := perSecond * lagSeconds
	w.watch.expect(n)
	late := make([]time.Duration, n)
	start := time.Now()
	for i := range n {
		due := start.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
		time.Sleep(time.Until(due))
		late[i] = time.Since(due)
		if err := w.change(w.watch.changed); err != nil {
			return l, err
		}
	}
	if _, _, err := w.watch.wait(ctx); err != nil {
		return l, err
	}
	w.watch.mu.Lock()
	defer w.watch.mu.Unlock()
	lags := w.watch.lags
	if len(lags) != n {
		return l, fmt.Errorf("%d of %d changes were seen", len(lags), n)
	}
	slices.Sort(lags)
	slices.Sort(late)
	return lag{PerSecond: perSecond, P50: lags[n/2], P99: lags[n*99/100], Max: lags[n-1], Late: late[n*99/100]}, nil
}

// profiled takes a CPU profile until end is called, where a folder for it is
// given.
func profiled(folder, name string) (end func() error, err error) {
	if folder == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(filepath.Join(folder, name+".pprof"))
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}
