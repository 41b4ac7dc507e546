package bayeux

import (
	"context"
	"encoding/json"
	"sync"
	"time"
)

// A burst goes to Deliver at the latest when it has this size.
const (
	burstEvents = 2000
	burstBytes  = 4 << 20
)

// batch is consecutive events, kept by channel.
type batch struct {
	channels []string
	events   map[string][]json.RawMessage
	count    int
	bytes    int64
}

func (b *batch) add(channel string, data json.RawMessage) {
	if b.events == nil {
		b.events = make(map[string][]json.RawMessage)
	}
	if _, ok := b.events[channel]; !ok {
		b.channels = append(b.channels, channel)
	}
	b.events[channel] = append(b.events[channel], data)
	b.count++
	b.bytes += int64(len(data))
}

// inbox stands between reading and Deliver: one batch is being delivered, one
// gathers. It lives as long as one session.
type inbox struct {
	deliver func(ctx context.Context, channel string, events []json.RawMessage) error

	mu       sync.Mutex
	gathered batch
	closed   bool // nothing more comes in

	arrived chan struct{} // one slot: something was gathered, or closed
	taken   chan struct{} // one slot: room was made
	done    chan struct{} // run has returned
}

func newInbox(deliver func(context.Context, string, []json.RawMessage) error) *inbox {
	return &inbox{
		deliver: deliver,
		arrived: make(chan struct{}, 1),
		taken:   make(chan struct{}, 1),
		done:    make(chan struct{}),
	}
}

func signal(slot chan struct{}) {
	select {
	case slot <- struct{}{}:
	default:
	}
}

// run delivers until the inbox is closed and empty, ctx ends, or Deliver
// fails; only the last is an error.
func (in *inbox) run(ctx context.Context) error {
	defer close(in.done)
	for {
		b, open := in.take()
		for _, channel := range b.channels {
			if ctx.Err() != nil {
				return nil
			}
			if err := in.deliver(ctx, channel, b.events[channel]); err != nil {
				return err
			}
		}
		if b.count > 0 {
			continue
		}
		if !open {
			return nil
		}
		select {
		case <-in.arrived:
		case <-ctx.Done():
			return nil
		}
	}
}

func (in *inbox) take() (b batch, open bool) {
	in.mu.Lock()
	b, in.gathered = in.gathered, batch{}
	open = !in.closed
	in.mu.Unlock()
	signal(in.taken)
	return b, open
}

// put adds the events among the messages and returns their number. A closed
// inbox drops them: they are not acknowledged and will be replayed.
func (in *inbox) put(messages []message) int {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return 0
	}
	count := 0
	for i := range messages {
		if m := &messages[i]; m.isEvent() {
			in.gathered.add(m.channel, m.data)
			count++
		}
	}
	if count > 0 {
		signal(in.arrived)
	}
	return count
}

// limit is what may wait in the inbox.
type limit struct {
	events int
	bytes  int64
}

// room waits until less than the limit waits for delivery. After patience it
// settles for the overdraft, because a session that says nothing dies.
func (in *inbox) room(ctx context.Context, now limit, patience time.Duration, overdraft int64) error {
	if in.fits(now) {
		return ctx.Err()
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case <-in.taken:
		case <-timer.C:
			now = limit{events: int(^uint(0) >> 1), bytes: overdraft}
		case <-ctx.Done():
			return ctx.Err()
		}
		if in.fits(now) {
			return nil
		}
	}
}

func (in *inbox) fits(l limit) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.closed || (in.gathered.count < l.events && in.gathered.bytes < l.bytes)
}

// close lets nothing more in; what was gathered is still delivered unless
// forget is true.
func (in *inbox) close(forget bool) {
	in.mu.Lock()
	in.closed = true
	if forget {
		in.gathered = batch{}
	}
	in.mu.Unlock()
	signal(in.arrived)
	signal(in.taken)
}
