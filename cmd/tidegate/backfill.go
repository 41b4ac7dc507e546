package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/streaming"
)

type backfillCmd struct {
	workspaceFlag
	Object []string `help:"Object to read again; all mirrored ones when left out."`
	DryRun bool     `help:"Say what would be read, and read nothing."`
	Wait   bool     `default:"true" negatable:"" help:"Wait until it is done, with progress."`
}

// Help shows examples.
func (backfillCmd) Help() string {
	return examples(`The running "tidegate serve" does the reading; this asks for it and shows how far it is.`,
		"tidegate backfill --workspace demo --object Contact",
		"tidegate backfill --workspace demo --dry-run")
}

// Run marks the objects to be read again by whoever holds the lease, and
// follows the progress.
func (c backfillCmd) Run(ctx context.Context, out *output) error {
	objects := c.Object
	if len(objects) == 0 {
		objects = gateway.MirroredObjects[:]
	}
	for _, object := range objects {
		if !slices.Contains(gateway.MirroredObjects[:], object) {
			return gateway.Errorf(gateway.CodeInvalid, "%s is not mirrored; mirrored are %v", object, gateway.MirroredObjects)
		}
	}
	return withStore(ctx, func(db *store.DB) error {
		ws := db.In(c.id())
		if _, err := ws.Connection(ctx); err != nil {
			return err
		}
		for _, object := range objects {
			if err := c.ask(ctx, ws, object, out); err != nil {
				return err
			}
		}
		if c.DryRun || !c.Wait {
			return nil
		}
		return follow(ctx, ws, objects, out)
	})
}

func (c backfillCmd) ask(ctx context.Context, ws *store.Workspace, object string, out *output) error {
	rows, err := ws.CountRecords(ctx, object)
	if err != nil {
		return err
	}
	if c.DryRun {
		fmt.Fprintf(out.to, "%s: would read all records again; %d are here.\n", object, rows)
		return nil
	}
	return ws.SaveBackfill(ctx, gateway.Backfill{
		Object: object, State: streaming.BackfillRunning, Total: -1, StartedAt: time.Now(), UpdatedAt: time.Now(), Note: "Asked for on the command line.",
	})
}

// follow shows the progress until every object is done.
func follow(ctx context.Context, ws *store.Workspace, objects []string, out *output) error {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	told := map[string]bool{}
	for len(told) < len(objects) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		for _, object := range objects {
			b, err := ws.Backfill(ctx, object)
			if err != nil {
				return err
			}
			if b.State == streaming.BackfillDone && !told[object] {
				told[object] = true
				fmt.Fprintf(out.to, "%s: %d rows read.\n", object, b.Rows)
			} else if !told[object] && b.Total > 0 {
				fmt.Fprintf(os.Stderr, "\r%s %s", object, bar(b.Rows, b.Total))
			}
		}
	}
	return nil
}

// bar draws progress for a terminal.
func bar(done, total int) string {
	const width = 30
	filled := min(width, done*width/max(total, 1))
	line := make([]byte, width)
	for i := range line {
		line[i] = '.'
		if i < filled {
			line[i] = '#'
		}
	}
	return fmt.Sprintf("[%s] %d of %d ", line, done, total)
}
