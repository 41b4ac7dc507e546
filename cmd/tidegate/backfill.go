package main

import (
	"context"
	"fmt"
	"time"

	"tidegate/gateway"
	"tidegate/rules/backfill"
	"tidegate/store"
)

type backfillCmd struct {
	workspaceFlag
	Object []string `help:"Object to read again; all mirrored ones when left out."`
	DryRun bool     `help:"Say how many rows would be read, by which way and with how many calls, and read nothing."`
	Pause  bool     `xor:"wish" help:"Pause the reading under way; it stays paused until it is resumed."`
	Resume bool     `xor:"wish" help:"Go on with a paused reading."`
	Cancel bool     `xor:"wish" help:"Give the reading under way up. Rows that were read stay."`
	Wait   bool     `default:"true" negatable:"" help:"Wait until it is done, with progress."`
	JSON   bool     `name:"json" help:"Print JSON lines: one an object and step."`
}

// Help shows examples.
func (backfillCmd) Help() string {
	return examples(`The running "tidegate serve" does the reading; this asks for it and shows how far it is.`,
		"tidegate backfill --workspace demo --object Contact",
		"tidegate backfill --workspace demo --dry-run",
		"tidegate backfill --workspace demo --object Contact --pause")
}

// Run marks the objects to be read again by whoever holds the lease, and
// follows the progress; or it pauses, resumes or cancels what is under way.
func (c backfillCmd) Run(ctx context.Context, out *output) error {
	if c.DryRun {
		return c.estimate(ctx, out)
	}
	return c.withStore(ctx, func(db *store.DB) error {
		ws := db.In(c.id())
		objects, err := askedObjects(ctx, ws, c.Object)
		if err != nil {
			return err
		}
		if _, err := ws.Connection(ctx); err != nil {
			return err
		}
		if c.Pause || c.Resume || c.Cancel {
			return c.wish(ctx, ws, objects, out)
		}
		for _, object := range objects {
			if err := c.ask(ctx, ws, object, out); err != nil {
				return err
			}
		}
		if !c.Wait {
			return nil
		}
		return follow(ctx, ws, objects, newMeter(out, c.JSON))
	})
}

// ask begins a reading, or says that one is under way (F-74).
func (c backfillCmd) ask(ctx context.Context, ws *store.Workspace, object string, out *output) error {
	started := false
	b, err := ws.EditBackfill(ctx, object, func(b gateway.Backfill, found bool) (gateway.Backfill, error) {
		next, fresh := backfill.Start(b, found, backfill.Ask{
			Object: object, By: onCommandLine, Why: "Asked for on the command line.", Now: time.Now(),
		})
		started = fresh
		return next, nil
	})
	if err == nil && started {
		err = act(ctx, ws, "asked for all records to be loaded again", object)
	}
	if err != nil || started || c.JSON {
		return err
	}
	state := "is being read already"
	if b.Paused {
		state = "is being read already, and is paused: go on with it by --resume"
	}
	_, err = fmt.Fprintf(out.to, "%s: %s.\n", object, state)
	return err
}

// wish pauses, resumes or cancels. Without --object it concerns whatever is
// under way.
func (c backfillCmd) wish(ctx context.Context, ws *store.Workspace, objects []string, out *output) error {
	word, concerned := "paused", 0
	if c.Resume {
		word = "resumed"
	}
	if c.Cancel {
		word = "canceled"
	}
	for _, object := range objects {
		b, err := ws.EditBackfill(ctx, object, func(b gateway.Backfill, found bool) (gateway.Backfill, error) {
			b.Object = object
			if c.Cancel {
				return backfill.Cancel(b, found, time.Now())
			}
			return backfill.Pause(b, found, c.Pause)
		})
		if gateway.CodeOf(err) == gateway.CodeConflict && err != nil && len(c.Object) == 0 {
			continue // this one is not under way
		}
		if err != nil {
			return err
		}
		if err := act(ctx, ws, word+" the loading", object); err != nil {
			return err
		}
		concerned++
		if c.JSON {
			err = out.json(stepOf(b))
		} else {
			_, err = fmt.Fprintf(out.to, "%s: %s at %d rows.\n", object, word, b.Rows)
		}
		if err != nil {
			return err
		}
	}
	if concerned == 0 {
		return gateway.Errorf(gateway.CodeConflict, "nothing is being read just now; see: tidegate status")
	}
	return nil
}

// estimate counts the rows of each object and says how they would be read.
func (c backfillCmd) estimate(ctx context.Context, out *output) error {
	a, err := c.beside(ctx)
	if err != nil {
		return err
	}
	defer a.close()
	objects, err := askedObjects(ctx, a.db.In(c.id()), c.Object)
	if err != nil {
		return err
	}
	from := reader{a.orgs, c.id()}
	sizes := a.loading(from).Sizes
	for _, object := range objects {
		rows, err := from.Count(ctx, object)
		if err != nil {
			return fmt.Errorf("%s: %w", object, err)
		}
		here, err := a.db.In(c.id()).CountRecords(ctx, object)
		if err != nil {
			return err
		}
		plan := backfill.Choose(rows, true, sizes)
		if c.JSON {
			err = out.json(map[string]any{"object": object, "rows": rows, "here": here, "way": plan.Way, "calls": plan.Calls, "why": plan.Why})
		} else {
			_, err = fmt.Fprintf(out.to, "%s: %d rows, of which %d are here, %s, about %d calls. %s\n", object, rows, here, wayWords[plan.Way], plan.Calls, plan.Why)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var wayWords = map[string]string{gateway.WayREST: "by pages of a query", gateway.WayBulk: "by a job of Bulk API 2.0", "": "not counted yet"}

// follow shows the progress until every object is done, paused or canceled.
func follow(ctx context.Context, ws *store.Workspace, objects []string, m *meter) error {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	ended := map[string]bool{}
	for len(ended) < len(objects) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		var under []gateway.Backfill
		for _, object := range objects {
			if ended[object] {
				continue
			}
			b, err := ws.Backfill(ctx, object)
			if err != nil {
				return err
			}
			if b.State == gateway.BackfillDone || b.State == gateway.BackfillCanceled || b.Paused {
				ended[object] = true
				if err := m.end(b); err != nil {
					return err
				}
				continue
			}
			under = append(under, b)
		}
		if err := m.show(under, time.Now()); err != nil {
			return err
		}
	}
	return nil
}
