package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/rules/effect"
	"tidegate/store"
)

type resyncCmd struct {
	workspaceFlag
	Object string        `help:"Only what concerns records of this object."`
	Kind   string        `enum:",edit,person,meeting,call,conversation,email" default:"" help:"Only things of this kind: edit (what waits or is parked), person, meeting, call, conversation, email."`
	Since  time.Duration `help:"Only what the product told of within so long, such as 24h."`
	DryRun bool          `help:"Say how many records would be written and with how many calls, and write nothing."`
	Pause  bool          `xor:"wish" help:"Pause what is under way; it stays paused until it is resumed."`
	Resume bool          `xor:"wish" help:"Go on with what is paused."`
	Cancel bool          `xor:"wish" help:"Give what is under way up. What was queued still goes out."`
	Wait   bool          `default:"true" negatable:"" help:"Wait until it is done, with progress."`
	JSON   bool          `name:"json" help:"Print JSON lines."`
}

// Help shows examples.
func (resyncCmd) Help() string {
	return examples(`Everything chosen is planned once more by the settings in force, and what Salesforce refused is tried again where that can succeed. What is as it should be is not written. The running "tidegate serve" does the work; this asks for it and shows how far it is.`,
		"tidegate resync --workspace demo --dry-run",
		"tidegate resync --workspace demo --object Contact",
		"tidegate resync --workspace demo --kind meeting --since 720h",
		"tidegate resync --workspace demo --pause")
}

func (c resyncCmd) scope(now time.Time) gateway.ReplanScope {
	s := gateway.ReplanScope{Kind: c.Kind, Object: c.Object}
	if c.Since > 0 {
		s.Since = now.Add(-c.Since)
	}
	return s
}

// Run asks for the choice to be synced again and follows the progress; or it
// pauses, resumes or cancels what is under way.
func (c resyncCmd) Run(ctx context.Context, out *output) error {
	if c.DryRun {
		return c.estimate(ctx, out)
	}
	return c.withStore(ctx, func(db *store.DB) error {
		ws := db.In(c.id())
		if _, err := ws.Connection(ctx); err != nil {
			return err
		}
		if c.Pause || c.Resume || c.Cancel {
			return c.wish(ctx, ws, out)
		}
		box := outbox.New(db, nil, outbox.Options{}) // counts, and sends nothing
		scope := c.scope(time.Now())
		total, err := box.CountAgain(ctx, c.id(), scope)
		if err != nil {
			return err
		}
		began := false
		err = ws.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			if began, err = outbox.BeginAgain(ctx, tx, total, scope, onCommandLine, ""); err != nil || !began {
				return err
			}
			return tx.Audit(ctx, gateway.AuditEntry{By: onCommandLine, What: fmt.Sprintf("asked to sync %d things again", total), Target: "resync"})
		})
		if err != nil {
			return err
		}
		if !began && !c.JSON {
			fmt.Fprintln(os.Stderr, "Something is being synced again already; that goes on, and no second one was begun.")
		}
		if !c.Wait {
			return nil
		}
		return c.follow(ctx, ws, out)
	})
}

func (c resyncCmd) wish(ctx context.Context, ws *store.Workspace, out *output) error {
	did, word := false, "resumed"
	err := ws.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		switch {
		case c.Cancel:
			word = "canceled"
			did, err = tx.CancelReplan(ctx, gateway.ReplanAsked)
		case c.Pause:
			word = "paused"
			did, err = tx.PauseReplan(ctx, gateway.ReplanAsked, true)
		default:
			did, err = tx.PauseReplan(ctx, gateway.ReplanAsked, false)
		}
		if err != nil || !did {
			return err
		}
		return tx.Audit(ctx, gateway.AuditEntry{By: onCommandLine, What: word + " syncing again", Target: "resync"})
	})
	if err != nil {
		return err
	}
	if !did {
		return gateway.Errorf(gateway.CodeConflict, "nothing is to be %s just now; begin with: tidegate resync", word)
	}
	r, err := ws.Replan(ctx, gateway.ReplanAsked)
	if err != nil {
		return err
	}
	return c.tell(out.to, out, r)
}

// again is the progress as JSON.
type again struct {
	State       string  `json:"state"`
	Looked      int     `json:"looked"`
	Total       int     `json:"total"`
	Queued      int     `json:"queued"`
	PerSecond   float64 `json:"things_per_second"`
	SecondsLeft float64 `json:"seconds_left"`
	Problem     string  `json:"problem,omitempty"`
}

func (c resyncCmd) tell(to io.Writer, out *output, r gateway.Replan) error {
	p := effect.ProgressOf(r)
	if c.JSON {
		return out.json(again{string(r.State), r.Looked, r.Total, r.Queued, p.Rate, p.Left.Seconds(), r.Problem})
	}
	text := fmt.Sprintf("%s: %d of %d things looked at, %d lead to writes", r.State, r.Looked, max(r.Total, r.Looked), r.Queued)
	if p.Left > 0 {
		text += fmt.Sprintf(", %.0f a second, %s left", p.Rate, p.Left.Round(time.Second))
	}
	if r.Problem != "" && r.Open() {
		text += ". It does not go on just now: " + r.Problem
	}
	_, err := fmt.Fprintln(to, text+".")
	return err
}

// follow shows the progress until it is done, paused or canceled.
func (c resyncCmd) follow(ctx context.Context, ws *store.Workspace, out *output) error {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	m := newMeter(out, c.JSON)
	var told time.Time
	for {
		r, err := ws.Replan(ctx, gateway.ReplanAsked)
		if err != nil {
			return err
		}
		switch every := map[bool]time.Duration{true: time.Second, false: tellEvery}[c.JSON]; {
		case !r.Running():
			if m.tty != nil {
				fmt.Fprint(m.tty, "\r")
			}
			return c.tell(out.to, out, r)
		case m.tty != nil:
			if err := m.draw(fmt.Sprintf("%s %d of %d things", bar(effect.ProgressOf(r).Share), r.Looked, r.Total)); err != nil {
				return err
			}
		case time.Since(told) >= every:
			told = time.Now()
			if err := c.tell(os.Stderr, out, r); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// estimate says what would happen.
func (c resyncCmd) estimate(ctx context.Context, out *output) error {
	a, err := c.beside(ctx)
	if err != nil {
		return err
	}
	defer a.close()
	e, err := a.outbox.PreviewAgain(ctx, c.id(), c.scope(time.Now()))
	if err != nil {
		return err
	}
	if c.JSON {
		return out.json(map[string]any{
			"things": e.Looked - e.Beside, "created": e.Created, "updated": e.Updated, "removed": e.Removed, "tried_again": e.Freed, "calls": e.Calls(), "whole": e.Whole(),
		})
	}
	for _, object := range e.Objects() {
		if _, err := fmt.Fprintf(out.to, "%s: %d would be created, %d would change, %d would be removed.\n", object, e.Created[object], e.Updated[object], e.Removed[object]); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(out.to, "%d things chosen, %d records would be written, about %d calls.\n", e.Looked-e.Beside, e.Records(), e.Calls())
	if err == nil && !e.Whole() {
		_, err = fmt.Fprintf(out.to, "Only %d of %d things were looked at; the rest is not in these numbers.\n", e.Looked, e.Total)
	}
	return err
}
