package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/rehearsal"
	"tidegate/store"
)

type rehearseCmd struct {
	workspaceFlag
	JSON  bool `name:"json" help:"Print one JSON line: score, counts, weak spots."`
	Begun bool `hidden:"" help:"Who starts it has written down that it begins."`
}

// Help shows examples.
func (rehearseCmd) Help() string {
	return examples("It takes the workspace's settings, mappings and custom fields to a simulated org in memory, plays faults there, and says how that ended. Of your database only the result is changed; of your Salesforce org the active validation rules are read, one call each, and nothing else. It takes some minutes.",
		"tidegate rehearse --workspace demo",
		"tidegate rehearse --workspace demo --json | jq '.weak[]'")
}

// Run plays all rounds and prints the score and the weak spots (M6). How far it
// is, and what it found, is kept for the page.
func (c rehearseCmd) Run(ctx context.Context, out *output) error {
	a, err := c.beside(ctx)
	if err != nil {
		return err
	}
	defer a.close()
	w := a.db.In(c.id())
	if !c.Begun {
		began, err := w.BeginRehearsal(ctx, onCommandLine, len(rounds))
		if err != nil {
			return err
		}
		if !began {
			return gateway.Errorf(gateway.CodeConflict, "A rehearsal of this workspace runs already. Its page under Advanced Settings shows how far it is.")
		}
	}
	told, err := c.play(ctx, a, w)
	if err != nil {
		// Also where it was ended, which ends ctx.
		kept := w.EndRehearsal(context.WithoutCancel(ctx), nil, plain(err))
		return errors.Join(err, kept)
	}
	body, err := json.Marshal(told)
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if err := w.EndRehearsal(ctx, body, ""); err != nil {
		return err
	}
	if c.JSON {
		return out.json(told)
	}
	printRehearsal(out, told.Result, told.Notes)
	return nil
}

func (c rehearseCmd) play(ctx context.Context, a *app, w *store.Workspace) (told rehearsal.Told, err error) {
	conf, err := readRehearsed(ctx, w)
	if err != nil {
		return told, err
	}
	if err := conf.readRules(ctx, a, c.id()); err != nil {
		return told, err
	}
	stage, err := newStage(ctx, conf, nil)
	if err != nil {
		return told, err
	}
	defer stage.close()
	done := 0
	plays, err := stage.play(ctx, rounds, func(r round) {
		fmt.Fprintf(os.Stderr, "tidegate: playing %s\n", r.fault)
		if err := w.Rehearsing(ctx, r.fault, done); err != nil && ctx.Err() == nil {
			fmt.Fprintf(os.Stderr, "tidegate: how far it is could not be kept: %s\n", plain(err))
		}
		done++
	})
	return rehearsal.Told{Result: rehearsal.Weigh(plays), Notes: stage.notes}, err
}

func printRehearsal(out *output, r rehearsal.Result, notes []string) {
	fmt.Fprintf(out.to, "Score %d of 100: %d faults were played; %d recovered by themselves (a point each), %d were kept for a person (half a point), %d failed (none).\n",
		r.Score, r.Played, r.Recovered, r.Waits, r.Failed)
	mark := map[rehearsal.Outcome]string{rehearsal.Failed: "FAILED", rehearsal.Waits: "waits "}
	for _, w := range r.Weak {
		fmt.Fprintf(out.to, "%s  %s, %s: %s\n", mark[w.Outcome], w.Fault, strings.Join(w.Targets, ", "), w.Why)
		if w.Do != "" {
			fmt.Fprintf(out.to, "        %s\n", w.Do)
		}
	}
	for _, n := range notes {
		fmt.Fprintf(out.to, "note    %s\n", n)
	}
}
