// Package live tells open pages to look again. It carries no content: who is
// told reads the store, so that a missed or doubled message costs nothing.
package live

import (
	"sync"

	"tidegate/gateway"
)

// Hub fans announcements out to the pages of one process. The zero value is
// ready to use.
type Hub struct {
	mu   sync.Mutex
	subs map[gateway.WorkspaceID]map[*Subscription]struct{}
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
