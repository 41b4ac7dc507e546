package streaming

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/rules/backfill"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// loads are the objects that are being read whole, side by side. The worker
// starts them and goes on with its rounds.
type loads struct {
	mu      sync.Mutex
	running map[string]bool
	tries   map[string]try // objects that failed and wait
	fenced  error          // the lease is lost
	wait    sync.WaitGroup
}

// try is how a failed reading goes on.
type try struct {
	failures int
	at       time.Time
	err      error
}

func newLoads() *loads { return &loads{running: map[string]bool{}, tries: map[string]try{}} }

// enter takes a place for an object, false when it has one, waits after a
// failure, or all are taken. The error is that of a reading that concerns the
// whole connection, until it is tried again.
func (l *loads) enter(object string, atOnce int, now time.Time) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fenced != nil {
		return false, l.fenced
	}
	if t := l.tries[object]; now.Before(t.at) {
		if concernsAll(t.err) {
			return false, t.err
		}
		return false, nil
	}
	if l.running[object] || len(l.running) >= atOnce {
		return false, nil
	}
	l.running[object] = true
	return true, nil
}

// leave gives the place back and notes how it went.
func (l *loads) leave(object string, t try) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, object)
	if t.err == nil {
		delete(l.tries, object)
		return
	}
	if isFenced(t.err) {
		l.fenced = t.err
	}
	l.tries[object] = t
}

func (l *loads) failures(object string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tries[object].failures
}

// names lists the objects that are being read.
func (l *loads) names() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []string
	for object := range l.running {
		names = append(names, object)
	}
	slices.Sort(names)
	return names
}

// concernsAll tells errors of one reading that keep every other from going on.
func concernsAll(err error) bool {
	if err == nil {
		return false
	}
	switch gateway.CodeOf(err) {
	case gateway.CodeSFAuth, gateway.CodeSFLimit, gateway.CodeSFPolicy:
		return true
	}
	return isFenced(err)
}

// load reads an object in the background, unless it is read already, is paused,
// or must wait for a place. Progress is in the store, so that whoever comes
// next goes on with it.
func (c *Consumer) load(ctx context.Context, lease gateway.Lease, b gateway.Backfill) error {
	if b.Paused {
		return nil
	}
	free, err := c.loads.enter(b.Object, c.cfg.Loading.AtOnce, c.cfg.Now())
	if err != nil || !free {
		return err
	}
	// What is repaired goes first, so the newest holes count.
	if c.unclosed, err = c.store.UnclosedHoles(ctx); err != nil {
		c.loads.leave(b.Object, try{})
		return err
	}
	// Asked here, because what is polled is the worker's to know.
	polled := c.polled(b.Object) != ""
	l := &loader{c: c, lease: lease, object: b.Object, polled: polled, kind: c.kind(b)}
	c.showLoads()
	c.loads.wait.Go(func() {
		err := l.run(countCalls(ctx))
		if unreachable(err) && ctx.Err() == nil { // a repair says that it stands still
			_, noted := c.apply.Apply(ctx, Batch{Lease: lease, Repair: &Repair{Object: b.Object, Problem: err.Error()}})
			c.wrote(ctx, noted)
		}
		c.loads.leave(b.Object, c.weigh(ctx, b.Object, err))
		if len(c.loads.names()) == 0 {
			c.wrote(ctx, c.store.EndSnapshots(ctx))
			c.filer.Load().wake()
		}
		c.showLoads()
		c.poke()
	})
	return nil
}

// weigh decides when a reading that ended is tried again.
func (c *Consumer) weigh(ctx context.Context, object string, err error) try {
	if err == nil || ctx.Err() != nil {
		return try{}
	}
	t := try{failures: c.loads.failures(object) + 1, err: err}
	pause := c.cfg.Backoff(t.failures)
	c.cfg.Budget.Heard(err)
	if slowed, ok := errors.AsType[*SlowedError](err); ok {
		// Looked at oftener than promised, because other answers tell the use too.
		pause = min(max(slowed.Until.Sub(c.cfg.Now()), time.Second), 30*time.Second)
		t.failures = 0
	} else if unreachable(err) || gateway.CodeOf(err) == gateway.CodeSFLimit {
		pause = max(pause, c.cfg.PollEvery)
	}
	if unreachable(err) {
		// One object that the user may not see stops no other.
		c.wrote(ctx, c.status(ctx, object, gateway.StatePaused, err.Error(), -1))
	}
	t.at = c.cfg.Now().Add(pause)
	c.cfg.Logger.WarnContext(ctx, "reading an object stopped, will go on", "object", object, "error", err, "wait", pause)
	return t
}

// showLoads puts the objects that are being read into the connection's state.
func (c *Consumer) showLoads() {
	names := c.loads.names()
	c.health.set(func(h *health) {
		h.loading = ""
		if len(names) > 0 {
			h.loading = "Reading " + strings.Join(names, ", ") + "."
		}
	})
}

// drop drops the bulk job of a reading that needs it no more. One that cannot
// be dropped now goes by itself after seven days, so it is tried once.
func (c *Consumer) drop(ctx context.Context, b gateway.Backfill) error {
	if c.cfg.Loading.Bulk != nil && c.cfg.Budget.Take(ctx, outbound.ReadBackfill, 1) == nil {
		if err := c.cfg.Loading.Bulk.DropJob(ctx, b.Job); err != nil {
			c.cfg.Logger.InfoContext(ctx, "a bulk job could not be dropped", "object", b.Object, "error", err)
		}
	}
	_, err := c.store.EditBackfill(ctx, b.Object, func(now gateway.Backfill, _ bool) (gateway.Backfill, error) {
		if now.Job == b.Job {
			now.Job = ""
		}
		return now, nil
	})
	return err
}

// The ends of a step of a reading that are no failures.
var (
	errPaused   = errors.New("a person paused the reading")
	errReplaced = errors.New("the reading was begun anew or canceled")
)

// loader reads one object whole.
type loader struct {
	c      *Consumer
	lease  gateway.Lease
	object string
	polled bool
	kind   outbound.Reading
	last   time.Time // when what is counted as spent was last counted
	told   time.Time
}

// fields are those of the describe in force, which may change meanwhile.
func (l *loader) fields() []string { return MirroredFields(l.c.rules.schema(l.object)) }

// run reads until the object is read, a person pauses or cancels it, the stream
// breaks, or something fails. It reads only while events come in, or are asked
// for: anchor first.
func (l *loader) run(ctx context.Context) error {
	for ctx.Err() == nil && l.anchored() {
		_, stopped := l.c.rules.paused(l.object)
		b, err := l.c.store.Backfill(ctx, l.object)
		if err != nil || stopped || !b.Open() || b.Paused {
			return err
		}
		l.last = l.c.cfg.Now()
		switch b.Way {
		case gateway.WayBulk:
			err = l.bulk(ctx, b)
		case gateway.WayREST:
			err = l.page(ctx, b)
		default:
			err = l.choose(ctx, b)
		}
		if errors.Is(err, errPaused) || errors.Is(err, errReplaced) {
			err = nil // the next look sees it
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// anchored reports whether events come in, or are asked for.
func (l *loader) anchored() bool { return l.polled || l.c.health.subscribed() }

// afford asks for calls, and counts them.
func (l *loader) afford(ctx context.Context, b *gateway.Backfill, calls int) error {
	if err := l.c.cfg.Budget.Take(ctx, l.kind, calls); err != nil {
		return err
	}
	b.Calls += calls
	return nil
}

// choose counts the rows and decides how they are read.
func (l *loader) choose(ctx context.Context, b gateway.Backfill) error {
	if b.Total < 0 {
		if err := l.afford(ctx, &b, 1); err != nil {
			return err
		}
		total, err := l.c.cfg.Reader.Count(ctx, l.object)
		if err != nil {
			return fmt.Errorf("counting %s: %w", l.object, err)
		}
		b.Total = total
	}
	b.Way = backfill.Choose(b.Total, l.c.cfg.Loading.Bulk != nil, l.c.cfg.Loading.Sizes).Way
	return l.save(ctx, b)
}

// page reads one page of a query and commits it together with the place after
// it (F-03).
func (l *loader) page(ctx context.Context, b gateway.Backfill) error {
	if err := l.afford(ctx, &b, 1); err != nil {
		return err
	}
	q := ReadRequest{Object: l.object, AfterID: b.LastID, Limit: l.c.cfg.PageSize}
	var rows []gateway.ChangeEvent
	err := l.c.steady(ctx, l.object, func() (err error) {
		q.Fields = l.fields()
		rows, err = l.c.cfg.Reader.Rows(ctx, q)
		return err
	})
	if err != nil {
		return fmt.Errorf("reading %s: %w", l.object, err)
	}
	next := after(b, rows, q.Limit)
	l.spend(&next)
	_, err = l.c.apply.Apply(ctx, l.batch(ctx, gateway.Batch{Events: rows}, next))
	l.tell(ctx, next)
	return err
}

// batch is what is committed with rows: the place after them, for this reading
// and no other.
func (l *loader) batch(ctx context.Context, rows gateway.Batch, next gateway.Backfill) Batch {
	return Batch{Batch: rows, Lease: l.lease, Repair: l.step(ctx, next), With: func(ctx context.Context, tx *store.Tx) error {
		ok, _, err := tx.AdvanceBackfill(ctx, next)
		if err == nil && !ok {
			err = errReplaced
		}
		return err
	}}
}

// step is what a batch counts in continuity records, where the object is read
// because of a hole.
func (l *loader) step(ctx context.Context, b gateway.Backfill) *Repair {
	return &Repair{Object: l.object, Expected: max(b.Total, 0), Calls: callsSpent(ctx)}
}

// save commits a place without rows.
func (l *loader) save(ctx context.Context, next gateway.Backfill) error {
	l.spend(&next)
	_, err := l.c.apply.Apply(ctx, l.batch(ctx, gateway.Batch{}, next))
	l.tell(ctx, next)
	return err
}

// spend counts the time since the last step.
func (l *loader) spend(b *gateway.Backfill) {
	now := l.c.cfg.Now()
	b.Spent += max(now.Sub(l.last), 0)
	l.last = now
}

// tell has open pages look at the progress. They follow the object, and not
// each of its rows; a reading of millions of them would keep them busy.
func (l *loader) tell(_ context.Context, b gateway.Backfill) {
	if l.c.cfg.Notify == nil || b.Open() && l.c.cfg.Now().Sub(l.told) < l.c.cfg.Loading.TellEvery {
		return
	}
	l.told = l.c.cfg.Now()
	l.c.cfg.Notify(l.c.store.ID(), []gateway.RecordKey{{Object: l.object}})
}
