package streaming

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// loops are what is done again and again beside a stream. Between two rounds
// nobody waits: a timer starts the next one. A goroutine that waits keeps the
// stack that its deepest call needed, a statement of SQLite say, and of a
// thousand idle connections those stacks were a third of all memory.
type loops struct {
	ctx    context.Context
	cancel context.CancelFunc
	open   sync.WaitGroup

	mu  sync.Mutex
	err error // the first
}

// round does one round of a loop and returns the pause before the next. Its
// error ends the loop, and the others with it.
type round func(ctx context.Context) (pause time.Duration, err error)

// newLoops begins an empty set. Its ctx ends with the one given, or with the
// first error of a loop.
func newLoops(ctx context.Context) *loops {
	l := &loops{}
	l.ctx, l.cancel = context.WithCancel(ctx)
	return l
}

// end ends all loops, for err where nothing ended them before, waits for the
// rounds under way, and returns the first error.
func (l *loops) end(err error) error {
	l.fail(err)
	l.open.Wait()
	return l.err
}

func (l *loops) fail(err error) {
	l.mu.Lock()
	if l.err == nil {
		l.err = err
	}
	l.mu.Unlock()
	l.cancel()
}

// begin begins a loop whose first round is due after a pause.
func (l *loops) begin(one *loop, first time.Duration) {
	l.open.Add(1)
	one.mu.Lock()
	one.of = l
	one.timer = time.AfterFunc(first, one.run)
	one.mu.Unlock()
	context.AfterFunc(l.ctx, one.stop)
}

// loop is one of them. Its rounds never overlap.
type loop struct {
	do round
	// deaf keeps wake from cutting the pause short.
	deaf atomic.Bool

	mu      sync.Mutex
	of      *loops
	timer   *time.Timer // nil before it begins
	busy    bool        // a round is under way
	woken   bool        // meanwhile
	stopped bool
}

// wake has the next round done now, or right behind the one under way.
func (o *loop) wake() {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.busy:
		o.woken = true
	case o.timer != nil && !o.stopped && !o.deaf.Load() && o.timer.Stop():
		o.timer.Reset(0)
	}
}

// stop ends the loop: at once, or when its round is done.
func (o *loop) stop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stopped = true
	if !o.busy && o.timer.Stop() {
		o.of.open.Done()
	}
}

func (o *loop) run() {
	o.mu.Lock()
	o.busy = true
	over := o.stopped
	o.mu.Unlock()
	var pause time.Duration
	var err error
	if !over {
		pause, err = o.do(o.of.ctx)
	}
	if err != nil {
		o.of.fail(err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.busy = false
	if o.stopped || err != nil {
		o.stopped = true
		o.of.open.Done()
		return
	}
	if o.woken && !o.deaf.Load() {
		pause = 0
	}
	o.woken = false
	o.timer.Reset(pause)
}
