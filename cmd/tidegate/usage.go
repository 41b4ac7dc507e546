package main

import (
	"context"
	"log/slog"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// usageEvery is how often the API use is written down.
const usageEvery = 5 * time.Second

// apiUse is how much of the org's day was used when an answer last said so.
type apiUse struct {
	ws          *store.Workspace
	used, limit int
}

// Run writes the API use of every connection and what things cost down, takes over what people set
// as our share, in whatever process, and counts the traffic, until ctx ends.
func (o *orgs) Run(ctx context.Context) error {
	tick := time.NewTicker(usageEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			o.keepUsage(ctx)
			o.spending.keep(ctx, o.db)
			connections, err := o.db.Connections(ctx)
			if err != nil {
				continue // the next look follows
			}
			o.keepShares(connections)
			o.keepTraffic(ctx, connections)
		}
	}
}

func (o *orgs) keepUsage(ctx context.Context) {
	o.mu.Lock()
	used := o.used
	o.used = map[string]apiUse{}
	o.mu.Unlock()
	for connection, u := range used {
		// A number that could not be written is overtaken by the next one.
		if err := u.ws.SetAPIUse(ctx, connection, u.used, u.limit); err != nil && ctx.Err() == nil {
			slog.Debug("keeping the API use failed", "err", err)
		}
	}
}

// keepShares gives the budgets the reserve that is saved now.
func (o *orgs) keepShares(connections []gateway.Connection) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, conn := range connections {
		if one := o.open[conn.Workspace]; one != nil && one.conn.ID == conn.ID {
			one.budget.Keep(conn.APIReserve)
		}
	}
}

// keepTraffic counts what came and went, once for every step of time. Several
// processes may do it: they count the same.
func (o *orgs) keepTraffic(ctx context.Context, connections []gateway.Connection) {
	due := store.TrafficDue(time.Now())
	for _, conn := range connections {
		if !due.After(o.counted[conn.Workspace]) {
			continue
		}
		calls := -1
		if conn.APIMax > 0 {
			calls = conn.APIUsed
		}
		err := o.db.In(conn.Workspace).InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.KeepTraffic(ctx, calls) })
		if err != nil {
			slog.Debug("counting the traffic failed", "err", err)
			continue // the next look follows
		}
		o.counted[conn.Workspace] = due
	}
}
