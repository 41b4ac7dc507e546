package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tidegate/gateway"
)

// watch notes what a consumer does and when. It is told of every commit.
type watch struct {
	mu    sync.Mutex
	want  int // records still to be committed
	first time.Time
	last  time.Time
	done  chan struct{}
	err   error
	since map[string]time.Time // commits in the org that are not durable here yet
	lags  []time.Duration
}

// expect begins to wait for n changes.
func (w *watch) expect(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.want, w.done, w.first, w.err = n, make(chan struct{}), time.Time{}, nil
	w.since, w.lags = make(map[string]time.Time, n), make([]time.Duration, 0, n)
}

// changed notes when a record was committed in the org.
func (w *watch) changed(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.since[id] = time.Now()
}

func (w *watch) delivered(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.first.IsZero() {
		w.first = now
	}
}

func (w *watch) committed(keys []gateway.RecordKey, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.want <= 0 {
		return
	}
	w.last, w.want = now, w.want-len(keys)
	for _, key := range keys {
		if since, ok := w.since[key.ID]; ok {
			w.lags = append(w.lags, now.Sub(since))
			delete(w.since, key.ID)
		}
	}
	if w.want <= 0 {
		close(w.done)
	}
}

func (w *watch) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = err
}

// wait returns when the first event came and when the last was durable.
func (w *watch) wait(ctx context.Context) (first, last time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-w.done:
	case <-ctx.Done():
		err = fmt.Errorf("waiting for the backlog: %w", ctx.Err())
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		err = w.err
	}
	return w.first, w.last, err
}
