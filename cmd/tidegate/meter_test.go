package main

import (
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
)

func TestProgressOnATerminal(t *testing.T) {
	var screen strings.Builder
	m := &meter{tty: &screen, told: map[string]time.Time{}}
	b := gateway.Backfill{Object: "Contact", State: gateway.BackfillRunning, Way: gateway.WayBulk, Job: "750", Total: 1000}
	for _, rows := range []int{0, 500, 1000} {
		b.Rows, b.Spent = rows, time.Duration(rows)*time.Millisecond
		if err := m.show([]gateway.Backfill{b, {Object: "Lead"}}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range []string{
		"\rContact [..............................] Salesforce prepares the rows, 1 more to do",
		"\rContact [###############...............] 500 of 1000 rows, 1000 rows/s, 1s left, 1 more to do",
		"\rContact [##############################] 1000 of 1000 rows, 1000 rows/s, 1 more to do ",
	} {
		if !strings.Contains(screen.String(), part) {
			t.Errorf("%q is not in %q", part, screen.String())
		}
	}
}

func TestProgressInWords(t *testing.T) {
	for want, b := range map[string]gateway.Backfill{
		"Lead: 7 rows":                         {Object: "Lead", State: gateway.BackfillRunning, Rows: 7, Total: -1},
		"Lead: reading what changed meanwhile": {Object: "Lead", State: gateway.BackfillRepairing, Rows: 7, Total: 7},
		"Lead: 5 of 10 rows, 1 rows/s, 5s left": {
			Object: "Lead", State: gateway.BackfillRunning, Rows: 5, Total: 10, Spent: 5 * time.Second,
		},
	} {
		if got := words(b); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
