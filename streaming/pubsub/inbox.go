package pubsub

import (
	"context"
	"sync"
)

// burstBytes bounds the payloads that wait, besides Config.Burst.
const burstBytes = 8 << 20

// inbox stands between receiving and Deliver: one batch is being delivered,
// one gathers. It lives as long as one session.
type inbox struct {
	burst int

	mu       sync.Mutex
	gathered Batch
	bytes    int
	closed   bool // nothing more comes in

	arrived chan struct{} // one slot: something was gathered, or closed
}

func newInbox(burst int) *inbox { return &inbox{burst: burst, arrived: make(chan struct{}, 1)} }

// put adds a response. The place behind a whole response counts only when it
// has no events: half of a batch may be lost when something fails.
func (in *inbox) put(r *response) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return
	}
	in.gathered.Events = append(in.gathered.Events, r.events...)
	for i := range r.events {
		in.bytes += len(r.events[i].Payload)
	}
	switch n := len(r.events); {
	case n > 0:
		in.gathered.Position = r.events[n-1].ReplayID
	case len(r.latest) > 0:
		in.gathered.Position = r.latest
	}
	if in.gathered.Position != nil {
		in.signal()
	}
}

func (in *inbox) signal() {
	select {
	case in.arrived <- struct{}{}:
	default:
	}
}

// take waits for a batch. It returns an empty one when the inbox is closed or
// ctx ends.
func (in *inbox) take(ctx context.Context) (b Batch, open bool) {
	for {
		in.mu.Lock()
		b, in.gathered, in.bytes = in.gathered, Batch{}, 0
		open = !in.closed
		in.mu.Unlock()
		if b.Position != nil || !open || ctx.Err() != nil {
			return b, open
		}
		select {
		case <-in.arrived:
		case <-ctx.Done():
		}
	}
}

// room reports whether n more events may come.
func (in *inbox) room(n int) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.gathered.Events)+n <= max(in.burst, n) && in.bytes < burstBytes
}

// close lets nothing more in; what was gathered is still delivered.
func (in *inbox) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
	in.signal()
}

// forget lets nothing more in and drops what was gathered: it is not
// acknowledged and comes again.
func (in *inbox) forget() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed, in.gathered, in.bytes = true, Batch{}, 0
	in.signal()
}
