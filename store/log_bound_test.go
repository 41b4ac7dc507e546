package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"testing"
	"time"

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
				"one record by its id":   {LogQuery{RecordID: "r7"}, 2, 2, false, 0},
				"no record":              {LogQuery{RecordID: "nobody"}, 0, 0, false, 0},
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

// A search looks at a bounded number of lines for a page, says how far it came,
// and goes on there: going from page to page in either direction finds each
// line once. What an index finds is found at once.
func TestSearchOfALongLogLooksAtABoundedNumberOfLines_UX32(t *testing.T) {
	const within = 10
	for engine, url := range map[string]string{"sqlite": "sqlite://" + filepath.Join(t.TempDir(), "store.db"), "postgres": testpg.URL(t)} {
		t.Run(engine, func(t *testing.T) {
			w := longLog(t, url)
			all, err := w.Log(t.Context(), LogQuery{Limit: 1000})
			if err != nil || len(all.Entries) != 80 {
				t.Fatalf("%d lines: %v", len(all.Entries), err)
			}
			for text, want := range map[string]int{"LABEL 3.": 2, "label 1": 22, "nobody": 0} {
				q := LogQuery{Search: text, Limit: 4, Within: within}
				found, pages := searched(t, w, q, all.Entries)
				q.Before = all.Entries[79].Entry.ID - 1
				back, _ := searched(t, w, q, all.Entries)
				slices.Reverse(back)
				if len(found) != want || !slices.Equal(back, found) {
					t.Errorf("%s: found %v, backward %v", text, found, back)
				}
				if pages < 80/(2*within) {
					t.Errorf("%s: all was searched for %d pages", text, pages)
				}
			}
			for name, q := range map[string]LogQuery{"an object without lines": {Object: "Lead"}, "a state without lines": {State: string(gateway.LogIgnored)}} {
				q.Limit, q.Within = 4, within
				if found, pages := searched(t, w, q, all.Entries); len(found) != 0 || pages < 80/(2*within) {
					t.Errorf("%s: found %v in %d pages", name, found, pages)
				}
			}
			if page, err := w.Log(t.Context(), LogQuery{Search: "label 1.", State: string(gateway.LogNeedsYou), Within: within}); err != nil || len(page.Entries) != 1 || !page.Searched.IsZero() {
				t.Errorf("of what needs somebody %d lines are found, back to %s: %v", len(page.Entries), page.Searched, err)
			}
		})
	}
}

// searched goes from page to page, older or newer, and returns the ids found in
// that order, and the number of pages. No page may look at more lines than it may.
func searched(t *testing.T, w *Workspace, q LogQuery, all []LogLine) (found []int64, pages int) {
	t.Helper()
	backward := q.Before != 0
	for pages = 1; pages < 100; pages++ {
		page, err := w.Log(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if backward {
			slices.Reverse(page.Entries)
		}
		for _, line := range page.Entries {
			found = append(found, line.Entry.ID)
		}
		n := 0
		if backward {
			n = looked(all, cmp.Or(page.Prev, math.MaxInt64), q.Before)
			q.Before = page.Prev
		} else {
			n = looked(all, cmp.Or(q.After, math.MaxInt64), page.Next-1)
			q.After = page.Next
		}
		if n > 2*q.Within+1 {
			t.Errorf("%d lines were looked at for a page", n)
		}
		if q.Before+q.After == 0 {
			return found, pages
		}
		if !backward && len(page.Entries) < q.Limit && (page.Searched.IsZero() || page.Searched.After(time.Now())) {
			t.Errorf("a page that is not full was searched back to %s", page.Searched)
		}
	}
	t.Fatal("the pages do not end")
	return nil, 0
}

// looked counts the lines between two ids, the newer included.
func looked(all []LogLine, newer, older int64) (n int) {
	for _, line := range all {
		if line.Entry.ID <= newer && line.Entry.ID > older {
			n++
		}
	}
	return n
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
