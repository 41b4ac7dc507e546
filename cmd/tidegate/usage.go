package main

import (
	"context"
	"log/slog"
	"time"

	"tidegate/store"
)

// usageEvery is how often the API use is written down.
const usageEvery = 5 * time.Second

// apiUse is how much of the org's day was used when an answer last said so.
type apiUse struct {
	ws          *store.Workspace
	used, limit int
}

// Run writes the API use of every connection down, and takes over what people
// set as our share, in whatever process, until ctx ends.
func (o *orgs) Run(ctx context.Context) error {
	tick := time.NewTicker(usageEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			o.keepUsage(ctx)
			o.keepShares(ctx)
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
func (o *orgs) keepShares(ctx context.Context) {
	connections, err := o.db.Connections(ctx)
	if err != nil {
		return // the next look follows
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, conn := range connections {
		if one := o.open[conn.Workspace]; one != nil && one.conn.ID == conn.ID {
			one.budget.Keep(conn.APIReserve)
		}
	}
}
