package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/streaming"
)

type statusCmd struct {
	JSON bool `name:"json" help:"Print one JSON line a connection."`
}

// Help shows examples.
func (statusCmd) Help() string {
	return examples("", "tidegate status", "tidegate status --json | jq .pending")
}

// connectionStatus is what is known of one connection without asking
// Salesforce.
type connectionStatus struct {
	Workspace   string    `json:"workspace"`
	Org         string    `json:"org"`
	Environment string    `json:"environment"`
	State       string    `json:"state"`
	Reason      string    `json:"reason"`
	Transport   string    `json:"transport"`
	LagSeconds  float64   `json:"lag_seconds"`
	Cursor      string    `json:"cursor"`
	CursorAt    time.Time `json:"cursor_at"`
	Events      int64     `json:"events"`
	Pending     int       `json:"pending"`
	NeedsYou    int       `json:"needs_you"`
	APIUsed     int       `json:"api_used"`
	APIMax      int       `json:"api_max"`
}

// Run prints every connection.
func (c statusCmd) Run(ctx context.Context, out *output) error {
	return withStore(ctx, func(db *store.DB) error {
		connections, err := db.Connections(ctx)
		if err != nil {
			return err
		}
		if len(connections) == 0 && !c.JSON {
			return errors.New("no workspace is connected yet: open Settings in a browser, or use tidegate connect")
		}
		table := tabwriter.NewWriter(out.to, 0, 4, 2, ' ', 0)
		for _, conn := range connections {
			s, err := statusOf(ctx, db, conn)
			if err != nil {
				return err
			}
			if c.JSON {
				if err := out.json(s); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\tlag %.1f s\t%d pending\t%d need you\tAPI %d/%d\n",
				s.Workspace, s.Org, s.State, s.Transport, s.LagSeconds, s.Pending, s.NeedsYou, s.APIUsed, s.APIMax)
		}
		return table.Flush()
	})
}

func statusOf(ctx context.Context, db *store.DB, conn gateway.Connection) (connectionStatus, error) {
	ws := db.In(conn.Workspace)
	s := connectionStatus{
		Workspace: string(conn.Workspace), Org: conn.OrgName, Environment: string(conn.Environment), State: string(conn.State),
		Reason: conn.StateReason, Transport: conn.Transport, APIUsed: conn.APIUsed, APIMax: conn.APIMax,
	}
	position, err := ws.Position(ctx, conn.ID, streaming.Channel)
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return s, err
	}
	s.Cursor, s.CursorAt, s.Events, s.LagSeconds = string(position.Lease.Position), position.UpdatedAt, position.Events, position.Lag.Seconds()
	pending, err := ws.PendingByObject(ctx)
	for _, p := range pending {
		s.Pending += p.Waiting
		s.NeedsYou += p.Parked
	}
	return s, err
}

type migrateCmd struct {
	Up     migrateUpCmd     `cmd:"" help:"Apply what is missing."`
	Down   migrateDownCmd   `cmd:"" help:"Take migrations back, before an older program is started."`
	Status migrateStatusCmd `cmd:"" help:"List the migrations."`
}

// Help shows examples.
func (migrateCmd) Help() string { return migrateUpCmd{}.Help() }

type migrateUpCmd struct{}

// Help shows examples.
func (migrateUpCmd) Help() string {
	return examples(`"tidegate serve" does it too, unless TIDEGATE_MIGRATE is off.`,
		"TIDEGATE_DATABASE_URL=postgres://tidegate@db/tidegate tidegate migrate up")
}

// Run applies what is missing, also when TIDEGATE_MIGRATE is off.
func (migrateUpCmd) Run(ctx context.Context, out *output) error {
	return withStore(ctx, func(db *store.DB) error {
		if err := db.Migrate(ctx); err != nil {
			return err
		}
		fmt.Fprintln(out.to, "The database is current.")
		return nil
	})
}

type migrateDownCmd struct {
	To int64 `required:"" help:"Version to go back to; the older program names it."`
}

// Help shows examples.
func (migrateDownCmd) Help() string {
	return examples("Stop every process first. What waits for Salesforce is kept.", "tidegate migrate down --to 3")
}

// Run takes back what is above the version.
func (c migrateDownCmd) Run(ctx context.Context, out *output) error {
	return withStoreAsIs(ctx, func(db *store.DB) error {
		if err := db.MigrateDown(ctx, c.To); err != nil {
			return err
		}
		fmt.Fprintf(out.to, "The database is at version %d.\n", c.To)
		return nil
	})
}

type migrateStatusCmd struct {
	JSON bool `name:"json" help:"Print JSON lines."`
}

// Help shows examples.
func (migrateStatusCmd) Help() string {
	return examples("", "tidegate migrate status", "tidegate migrate status --json | jq .name")
}

// Run lists the migrations.
func (c migrateStatusCmd) Run(ctx context.Context, out *output) error {
	return withStoreAsIs(ctx, func(db *store.DB) error {
		all, err := db.Migrations(ctx)
		if err != nil {
			return err
		}
		for _, m := range all {
			at := "waiting"
			if !m.AppliedAt.IsZero() {
				at = m.AppliedAt.UTC().Format(time.RFC3339)
			}
			if c.JSON {
				if err := out.json(map[string]any{"version": m.Version, "name": m.Name, "applied": !m.AppliedAt.IsZero(), "at": at}); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(out.to, "%04d  %-40s %s\n", m.Version, m.Name, at)
		}
		return nil
	})
}
