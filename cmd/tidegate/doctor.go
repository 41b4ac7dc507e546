package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

type doctorCmd struct {
	workspaceFlag
	JSON bool `name:"json" help:"Print one JSON line a check, and one with the outcome."`
}

// Help shows examples.
func (doctorCmd) Help() string {
	return examples("The same checks as on the page Connection and readiness. It exits with 1 when one fails.",
		"tidegate doctor --workspace demo", "tidegate doctor --workspace demo --json | jq 'select(.pass == false)'")
}

// doctorLine is one check as JSON.
type doctorLine struct {
	Check string   `json:"check"`
	Pass  bool     `json:"pass"`
	Warn  bool     `json:"warn"`
	Text  string   `json:"text"`
	Setup []string `json:"setup"`
}

// errUnready ends the command with 1; the checks have said why.
var errUnready = errors.New("not ready: see the lines above")

// Run asks the org and prints what it says.
func (c doctorCmd) Run(ctx context.Context, out *output) error {
	a, err := c.beside(ctx)
	if err != nil {
		return err
	}
	defer a.close()
	report, err := a.connecting.Check(ctx, c.id())
	if err != nil {
		return err
	}
	failed, marks := 0, map[bool]string{true: "ok  ", false: "FAIL"}
	for _, check := range report.Checks {
		if !check.Pass {
			failed++
		}
		if c.JSON {
			setup := check.Setup
			if setup == nil {
				setup = []string{}
			}
			if err := out.json(doctorLine{check.Title, check.Pass, check.Warn, check.Text, setup}); err != nil {
				return err
			}
			continue
		}
		mark := marks[check.Pass]
		if check.Pass && check.Warn {
			mark = "note"
		}
		fmt.Fprintf(out.to, "%s  %s: %s\n", mark, check.Title, check.Text)
		if len(check.Setup) > 0 && (!check.Pass || check.Warn) {
			fmt.Fprintf(out.to, "      %s\n", strings.Join(check.Setup, " → "))
		}
	}
	if !c.JSON {
		fmt.Fprintf(out.to, "%d checks in %s, %d failed.\n", len(report.Checks), report.Took.Round(10*time.Millisecond), failed)
	}
	if failed > 0 {
		return errUnready
	}
	return nil
}
