package store

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"tidegate/gateway"
	"tidegate/testpg"
)

// The pages of a long log count no further than to a bound, say so, and show
// all the same what lies beyond it; what needs somebody is counted whole.
func TestLongLogIsCountedToABound_UX32(t *testing.T) {
	was := mostCounted
	mostCounted = 10
	t.Cleanup(func() { mostCounted = was })
	for engine, url := range map[string]string{"sqlite": "sqlite://" + filepath.Join(t.TempDir(), "store.db"), "postgres": testpg.URL(t)} {
		t.Run(engine, func(t *testing.T) {
			w := longLog(t, url)
			for name, c := range map[string]struct {
				q             LogQuery
				shown, atMost int
				more          bool
				needs         int
			}{
				"all":                    {LogQuery{Limit: 5}, 5, 23, true, 3},
				"one record":             {LogQuery{Object: "Contact", RecordID: "r7"}, 2, 2, false, 0},
				"one meeting":            {LogQuery{Ref: "m1"}, 1, 1, false, 1},
				"what needs somebody":    {LogQuery{State: string(gateway.LogNeedsYou)}, 3, 3, true, 3},
				"found before the bound": {LogQuery{Search: "label 2."}, 2, 2, true, 1},
				"found nowhere":          {LogQuery{Search: "nobody"}, 0, 0, true, 0},
				"one cause":              {LogQuery{Code: "c", What: "w"}, 3, 3, false, 3},
			} {
				page, err := w.Log(t.Context(), c.q)
				if err != nil {
					t.Fatal(err)
				}
				if n := len(page.Entries); n != c.shown {
					t.Errorf("%s: %d lines are shown", name, n)
				}
				if page.More != c.more || page.Total > c.atMost || page.Total < len(page.Entries) || page.Counts[gateway.LogNeedsYou] != c.needs {
					t.Errorf("%s: total %d, counts %v, more %v", name, page.Total, page.Counts, page.More)
				}
			}
		})
	}
}

// longLog has 40 lines, the oldest three of which need somebody, and as many
// observed changes.
func longLog(t *testing.T, url string) *Workspace {
	t.Helper()
	db, err := Open(t.Context(), url, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := db.In("w")
	err = w.InTx(t.Context(), func(ctx context.Context, tx *Tx) error {
		lines, seen := make([]gateway.LogEntry, 40), make([]gateway.HistoryEntry, 40)
		for i := range lines {
			key := gateway.RecordKey{Object: "Contact", ID: fmt.Sprint("r", i)}
			lines[i] = gateway.LogEntry{Direction: "out", Key: key, Label: fmt.Sprint("label ", i, "."), State: gateway.LogDone, Cause: gateway.Cause{Kind: "meeting", Ref: fmt.Sprint("m", i)}}
			if i < 3 {
				lines[i].State, lines[i].Problem = gateway.LogNeedsYou, gateway.Problem{Code: "c", What: "w"}
			}
			seen[i] = gateway.HistoryEntry{Key: key, Label: lines[i].Label, Outcome: "applied"}
		}
		if _, err := tx.AppendLog(ctx, lines); err != nil {
			return err
		}
		return tx.AppendHistory(ctx, seen)
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}
