// Package live tells open pages to look again. It carries no content: who is
// told reads the store, so that a missed or doubled message costs nothing.
package live

import (
	"math/rand/v2"
	"sync"

	"tidegate/gateway"
)

// remembered is how many announcements a hub can look back on: some seconds,
// and a page opens its stream in less than one.
const remembered = 1024

// Hub fans announcements out to the pages of one process. The zero value is
// ready to use.
type Hub struct {
	mu   sync.Mutex
	subs map[gateway.WorkspaceID]map[*Subscription]struct{}
	// last counts announcements from a random start, so that the moment of
	// another process is not taken for one of this.
	last   Moment
	recent [remembered]announcement // that of moment m is at m % remembered
	filled int
}

// Moment is a place in one hub's announcements.
type Moment uint64

// announcement is one that was made; an empty workspace means all.
type announcement struct {
	ws  gateway.WorkspaceID
	key gateway.RecordKey
}

// Moment is now. A page that takes it before reading the store, and subscribes
// with it once it is drawn, misses nothing in between.
func (h *Hub) Moment() Moment {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now()
}

func (h *Hub) now() Moment {
	if h.last == 0 {
		h.last = Moment(rand.Uint64N(1<<60) + remembered + 1)
	}
	return h.last
}

// remember writes down what is announced.
func (h *Hub) remember(ws gateway.WorkspaceID, keys ...gateway.RecordKey) {
	h.now()
	for _, k := range keys {
		h.last++
		h.recent[h.last%remembered] = announcement{ws: ws, key: k}
		h.filled = min(h.filled+1, remembered)
	}
}

// Subscription is one open page. C is signaled when something that the page
// shows may have changed; signals that come faster than they are taken fold
// into one.
type Subscription struct {
	C       chan struct{}
	hub     *Hub
	ws      gateway.WorkspaceID
	watches func(gateway.RecordKey) bool
}

// Subscribe opens a subscription for the records that watches accepts; nil
// means all. Close it when the page goes.
func (h *Hub) Subscribe(ws gateway.WorkspaceID, watches func(gateway.RecordKey) bool) *Subscription {
	s := &Subscription{C: make(chan struct{}, 1), hub: h, ws: ws, watches: watches}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.subs == nil {
		h.subs = make(map[gateway.WorkspaceID]map[*Subscription]struct{})
	}
	if h.subs[ws] == nil {
		h.subs[ws] = make(map[*Subscription]struct{})
	}
	h.subs[ws][s] = struct{}{}
	return s
}

// CatchUp signals when something that the page shows was announced after since,
// or when that cannot be known: the moment is too long ago or another
// process's.
func (s *Subscription) CatchUp(since Moment) {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	if since > now || now-since > Moment(h.filled) {
		s.signal()
		return
	}
	for m := since + 1; m <= now; m++ {
		a := h.recent[m%remembered]
		if a.ws == "" || a.ws == s.ws && s.concerns([]gateway.RecordKey{a.key}) {
			s.signal()
			return
		}
	}
}

// Close ends the subscription; closing twice is harmless.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	delete(s.hub.subs[s.ws], s)
	if len(s.hub.subs[s.ws]) == 0 {
		delete(s.hub.subs, s.ws)
	}
}

// Announce signals every subscription of the workspace that watches one of
// the records. It never blocks. Announce after the commit, not before it.
func (h *Hub) Announce(ws gateway.WorkspaceID, keys []gateway.RecordKey) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.remember(ws, keys...)
	for s := range h.subs[ws] {
		if s.concerns(keys) {
			s.signal()
		}
	}
}

// AnnounceAll signals every subscription: something may have changed, and
// nobody knows what.
func (h *Hub) AnnounceAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.remember("", gateway.RecordKey{})
	for _, subs := range h.subs {
		for s := range subs {
			s.signal()
		}
	}
}

// Open returns how many subscriptions there are.
func (h *Hub) Open() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, subs := range h.subs {
		n += len(subs)
	}
	return n
}

func (s *Subscription) signal() {
	select {
	case s.C <- struct{}{}:
	default: // a signal is already waiting
	}
}

func (s *Subscription) concerns(keys []gateway.RecordKey) bool {
	if s.watches == nil {
		return true
	}
	for _, k := range keys {
		if s.watches(k) {
			return true
		}
	}
	return false
}
