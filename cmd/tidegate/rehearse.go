package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"tidegate/rules/rehearsal"
	"tidegate/store"
)

type rehearseCmd struct {
	workspaceFlag
	JSON bool `name:"json" help:"Print one JSON line: score, counts, weak spots."`
}

// Help shows examples.
func (rehearseCmd) Help() string {
	return examples("It takes the workspace's settings, mappings and custom fields to a simulated org in memory, plays faults there, and says how that ended. Neither your database nor your Salesforce org is touched. It takes some minutes.",
		"tidegate rehearse --workspace demo",
		"tidegate rehearse --workspace demo --json | jq '.weak[]'")
}

// Run plays all rounds and prints the score and the weak spots (M6).
func (c rehearseCmd) Run(ctx context.Context, out *output) error {
	var conf rehearsed
	err := c.withStore(ctx, func(db *store.DB) (err error) {
		conf, err = readRehearsed(ctx, db.In(c.id()))
		return err
	})
	if err != nil {
		return err
	}
	stage, err := newStage(ctx, conf, nil)
	if err != nil {
		return err
	}
	defer stage.close()
	plays, err := stage.play(ctx, rounds, func(r round) { fmt.Fprintf(os.Stderr, "tidegate: playing %s\n", r.fault) })
	if err != nil {
		return err
	}
	result := rehearsal.Weigh(plays)
	if c.JSON {
		return out.json(struct {
			rehearsal.Result
			Notes []string `json:"notes"`
		}{result, stage.notes})
	}
	printRehearsal(out, result, stage.notes)
	return nil
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
