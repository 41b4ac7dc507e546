package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"tidegate/rules/rehearsal"
)

type rehearseCmd struct {
	workspaceFlag
	JSON bool `name:"json" help:"Print one JSON line: score, counts, weak spots."`
}

// Help shows examples.
func (rehearseCmd) Help() string {
	return examples("It takes the workspace's settings, mappings and custom fields to a simulated org in memory, plays faults there, and says how that ended. Your database is only read; of your Salesforce org the active validation rules are read, one call each, and nothing else. It takes some minutes.",
		"tidegate rehearse --workspace demo",
		"tidegate rehearse --workspace demo --json | jq '.weak[]'")
}

// Run plays all rounds and prints the score and the weak spots (M6).
func (c rehearseCmd) Run(ctx context.Context, out *output) error {
	conf, err := c.read(ctx)
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

// read takes what is rehearsed from the workspace, and its org's validation rules.
func (c rehearseCmd) read(ctx context.Context) (rehearsed, error) {
	a, err := c.beside(ctx)
	if err != nil {
		return rehearsed{}, err
	}
	defer a.close()
	conf, err := readRehearsed(ctx, a.db.In(c.id()))
	if err == nil {
		err = conf.readRules(ctx, a, c.id())
	}
	return conf, err
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
