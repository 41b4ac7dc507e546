package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// Dispatcher sends what Deliver did not: entries that came back, that another
// process left behind, and everything that nobody waits for. People's edits
// have a loop and a worker of their own, so that no backfill is before them.
type Dispatcher struct {
	outbox *Outbox
	loops  [2]*sendLoop
}

// sendLoop sends the entries of some lanes.
type sendLoop struct {
	outbox  *Outbox
	lanes   store.Lanes
	wake    <-chan struct{}
	slots   chan struct{}
	workers sync.WaitGroup
	open    map[gateway.WorkspaceID]bool // which connections were open at the last look
}

// Dispatcher returns the dispatcher of this outbox; run one for each process.
func (o *Outbox) Dispatcher() *Dispatcher {
	loop := func(i int, lanes store.Lanes, workers int) *sendLoop {
		return &sendLoop{
			outbox: o, lanes: lanes, wake: o.wakes[i], slots: make(chan struct{}, workers), open: map[gateway.WorkspaceID]bool{},
		}
	}
	return &Dispatcher{o, [2]*sendLoop{loop(0, store.PeopleLane, 1), loop(1, store.LanesBehind, max(1, o.opts.Workers-1))}}
}

// Run sends until ctx ends, then lets no call begin, waits for those in
// flight, and breaks off what has not come back within Options.Drain (F-72).
// There is one unfinished entry for each record, so the order of a record's
// changes holds however many calls run at once. After Run has returned the
// outbox sends nothing more; Submit still works.
func (d *Dispatcher) Run(ctx context.Context) error {
	var loops sync.WaitGroup
	for _, l := range d.loops {
		loops.Go(func() { l.run(ctx) })
	}
	loops.Wait()
	if err := d.outbox.drain(); err != nil {
		return err
	}
	for _, l := range d.loops {
		l.workers.Wait()
	}
	return nil
}

func (d *sendLoop) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := d.round(ctx); err != nil && ctx.Err() == nil {
			d.outbox.opts.Logger.ErrorContext(ctx, "looking for due changes failed", "error", err)
		}
		d.rest(ctx)
	}
}

// errStillFlying says that calls outlasted the drain. Nothing is lost: their
// entries are sent again after the lease.
var errStillFlying = errors.New("draining the outbox: calls are still in flight")

// drain waits for the calls in flight.
func (o *Outbox) drain() error {
	idle := o.flight.stop()
	timer := time.NewTimer(o.opts.Drain)
	defer timer.Stop()
	select {
	case <-idle:
		return nil
	case <-timer.C:
	}
	o.breakOff()
	timer.Reset(o.opts.Drain / 4)
	select {
	case <-idle:
		return nil
	case <-timer.C:
		return errStillFlying
	}
}

// round sends until no open connection has anything due.
func (d *sendLoop) round(ctx context.Context) error {
	for more := true; more && ctx.Err() == nil; {
		more = false
		// Most owe nothing, most of the time: one look tells of all.
		owing, err := d.outbox.db.Owing(ctx)
		if err != nil || len(owing) == 0 {
			return err
		}
		connections, err := d.outbox.db.Connections(ctx)
		if err != nil {
			return fmt.Errorf("reading connections: %w", err)
		}
		for _, conn := range connections {
			if !owing[conn.Workspace] || !d.mayEnter(conn) {
				continue
			}
			sent, err := d.next(ctx, conn.Workspace, d.lanesOf(conn))
			if err != nil {
				return err
			}
			more = more || sent
		}
	}
	return nil
}

// lanesOf are the lanes that may be sent now: what was planned anew keeps to
// the budget, and people's edits and what the product tells go on (F-49).
func (d *sendLoop) lanesOf(conn gateway.Connection) store.Lanes {
	if d.lanes != store.LanesBehind {
		return d.lanes
	}
	if _, held := outbound.Held(outbound.UseOf(conn), outbound.WriteAgain, d.outbox.opts.Now()); held {
		return store.SaidLane
	}
	return d.lanes
}

// mayEnter reports whether a connection is open. One that has been opened
// again since the last look is not held back by what it said before.
func (d *sendLoop) mayEnter(conn gateway.Connection) bool {
	open := shut(conn) == ""
	if was, known := d.open[conn.Workspace]; known && open && !was {
		d.outbox.gates.of(conn.Workspace).open()
	}
	d.open[conn.Workspace] = open
	return open
}

// next claims one call's worth for a workspace and sends it in a worker; it
// waits for a free one first, so that nothing is claimed that cannot be sent.
func (d *sendLoop) next(ctx context.Context, ws gateway.WorkspaceID, lanes store.Lanes) (bool, error) {
	select {
	case d.slots <- struct{}{}:
	case <-ctx.Done():
		return false, nil
	}
	release := func() { <-d.slots }
	o := d.outbox
	if !o.flight.begin() {
		release()
		return false, nil
	}
	done, limit, _, ok := o.gates.of(ws).enter(o.opts.Now())
	if !ok {
		o.flight.end()
		release()
		return false, nil
	}
	b, err := d.claim(ctx, ws, lanes, limit)
	if err != nil || len(b.changes) == 0 {
		done(errNotTried)
		o.flight.end()
		release()
		return false, err
	}
	b.done = done
	d.workers.Go(func() {
		defer release()
		defer o.flight.end()
		o.attempt(ctx, b)
	})
	return true, nil
}

// claim takes the entries of the next call. Of what no person waits for there
// is one call in flight for each object, and more only where they are full.
func (d *sendLoop) claim(ctx context.Context, ws gateway.WorkspaceID, lanes store.Lanes, limit int) (batch, error) {
	o, q := d.outbox, store.ClaimRequest{Lanes: lanes, Limit: limit}
	if lanes == store.PeopleLane {
		return o.claim(ctx, ws, q)
	}
	q.Except = o.underway.objects(ws, o.opts.Now())
	b, err := o.claim(ctx, ws, q)
	for _, object := range q.Except {
		if err != nil || len(b.changes) > 0 {
			break
		}
		var due int
		if due, err = o.db.In(ws).DueBehind(ctx, object, lanes, limit); err == nil && due >= limit {
			b, err = o.claim(ctx, ws, store.ClaimRequest{Lanes: lanes, Limit: limit, Object: object})
		}
	}
	if err != nil || len(b.changes) == 0 {
		return b, err
	}
	object := b.changes[0].Key.Object
	o.underway.begin(ws, object, o.opts.Now())
	b.landed = func() { o.underway.end(ws, object) }
	return b, nil
}

// rest waits until something may be due: somebody submitted, a call came back,
// or the next due time.
func (d *sendLoop) rest(ctx context.Context) {
	o := d.outbox
	if d.lanes == store.LanesBehind {
		o.countPending(ctx)
	}
	timer := time.NewTimer(d.pause(ctx))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return
	case <-timer.C:
		return
	case <-d.wake:
	}
	// A burst of edits becomes one call, and a request that has just submitted
	// gets to deliver its own.
	gather := time.NewTimer(o.opts.Gather)
	defer gather.Stop()
	select {
	case <-ctx.Done():
	case <-gather.C:
	}
}

// pause returns how long to wait. What is overdue could not be sent just now,
// so it is not worth looking again at once.
func (d *sendLoop) pause(ctx context.Context) time.Duration {
	due, any, err := d.outbox.db.NextDue(ctx, d.lanes)
	if err != nil || !any {
		return d.outbox.opts.Poll
	}
	if left := due.Sub(d.outbox.opts.Now()); left > 0 {
		return min(left, d.outbox.opts.Poll)
	}
	return d.outbox.opts.Poll / 4
}

// countPending tells the metrics how much waits, of connections that owe nothing
// any more too.
func (o *Outbox) countPending(ctx context.Context) {
	owed, failed := o.db.Owed(ctx)
	connections, err := o.db.Connections(ctx)
	if failed != nil || err != nil {
		return // the round says so in the log
	}
	for _, conn := range connections {
		o.opts.Metrics.pending.WithLabelValues(conn.ID).Set(float64(owed[conn.Workspace]))
	}
}
