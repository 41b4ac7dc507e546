package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/live"
	"tidegate/store"
)

// announcer tells pages to look again: those of this process at once, those
// of others through the database, in its own time, because it is called while
// the next batch waits.
type announcer struct {
	hub    *live.Hub
	db     *store.DB
	logger *slog.Logger
	wake   chan struct{}

	mu      sync.Mutex
	waiting map[gateway.WorkspaceID]map[gateway.RecordKey]bool
}

func newAnnouncer(hub *live.Hub, db *store.DB, logger *slog.Logger) *announcer {
	return &announcer{hub: hub, db: db, logger: logger, wake: make(chan struct{}, 1), waiting: map[gateway.WorkspaceID]map[gateway.RecordKey]bool{}}
}

// announce never waits. Keys that come faster than they can be told fold into
// one telling.
func (a *announcer) announce(ws gateway.WorkspaceID, keys []gateway.RecordKey) {
	a.hub.Announce(ws, keys)
	a.mu.Lock()
	if a.waiting[ws] == nil {
		a.waiting[ws] = map[gateway.RecordKey]bool{}
	}
	for _, k := range keys {
		a.waiting[ws][k] = true
	}
	a.mu.Unlock()
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// heard takes what another process tells. Without a workspace it means that
// something may have been missed.
func (a *announcer) heard(ws gateway.WorkspaceID, keys []gateway.RecordKey) {
	if ws == "" {
		a.hub.AnnounceAll()
		return
	}
	a.hub.Announce(ws, keys)
}

// Run tells other processes until ctx ends.
func (a *announcer) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-a.wake:
		}
		a.tell(ctx)
	}
}

func (a *announcer) tell(ctx context.Context) {
	a.mu.Lock()
	waiting := a.waiting
	a.waiting = map[gateway.WorkspaceID]map[gateway.RecordKey]bool{}
	a.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for ws, set := range waiting {
		keys := make([]gateway.RecordKey, 0, len(set))
		for k := range set {
			keys = append(keys, k)
		}
		if err := a.db.Notify(ctx, ws, keys); err != nil && ctx.Err() == nil {
			a.logger.Warn("telling other processes failed; their pages follow at the next change", "err", err)
		}
	}
}
