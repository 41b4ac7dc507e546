package storetest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

func syncLog(t *testing.T, s *suite) {
	w := s.workspace(t)
	states := []gateway.LogState{gateway.LogDone, gateway.LogWaiting, gateway.LogNeedsYou, gateway.LogSkipped}
	outcomes := []gateway.Outcome{gateway.OutcomeApplied, gateway.OutcomeStale, gateway.OutcomeRefetch, gateway.OutcomeConfirmed}
	start := s.clock.Now()
	for i := range 20 {
		s.clock.Advance(time.Second)
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			key := contact(fmt.Sprint("r", i%4))
			_, err := tx.AppendLog(ctx, []gateway.LogEntry{{
				Direction: []string{"out", "system"}[i%5/4], Key: key, Label: fmt.Sprint("Émile Person ", i), What: "Update Title", State: states[i%4],
			}})
			if err != nil {
				return err
			}
			return tx.AppendHistory(ctx, []gateway.HistoryEntry{{
				Key: key, Type: gateway.Update, Outcome: outcomes[i/5], Reason: "Title changed.", Label: fmt.Sprint("Person ", i),
			}})
		})
	}
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		return tx.MarkRefetch(ctx, []gateway.RecordKey{contact("r1")}, "x")
	})
	for _, c := range []struct {
		name  string
		query store.LogQuery
		want  int
	}{
		{"everything", store.LogQuery{}, 40},
		{"outbound", store.LogQuery{Direction: "out"}, 16},
		{"system", store.LogQuery{Direction: "system"}, 4},
		{"inbound", store.LogQuery{Direction: "in"}, 20},
		{"one record", store.LogQuery{Object: "Contact", RecordID: "r1"}, 10},
		{"another object", store.LogQuery{Object: "Lead"}, 0},
		{"needs you", store.LogQuery{State: "needs_you"}, 5},
		{"skipped, and stale changes", store.LogQuery{State: "skipped"}, 10},
		{"waiting, and marked refetches", store.LogQuery{State: "waiting"}, 6},
		{"done", store.LogQuery{State: "done"}, 19},
		{"search", store.LogQuery{Search: "person 1"}, 22},
		{"search with a capital beyond ASCII", store.LogQuery{Search: "ÉMILE PERSON 1"}, 11},
		{"search in inbound reasons", store.LogQuery{Search: "changed", Direction: "in"}, 20},
		{"since", store.LogQuery{Since: start.Add(11 * time.Second)}, 20},
		{"until", store.LogQuery{Until: start.Add(11 * time.Second)}, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.query.Limit = 3
			if got := walkLog(t, w, c.query); len(got) != c.want {
				t.Errorf("%d lines, want %d", len(got), c.want)
			}
		})
	}
}

func logLines(t *testing.T, s *suite) {
	w := s.workspace(t)
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		return tx.AppendHistory(ctx, []gateway.HistoryEntry{{Key: contact("1"), Type: gateway.Update, Reason: "Title changed."}})
	})
	t.Run("a line is updated and read by id", func(t *testing.T) {
		want := gateway.LogEntry{
			At: s.clock.Now(), Direction: "out", Key: contact("u"), Label: "U", What: "Create", Rule: "r", State: gateway.LogNeedsYou, Attempt: 3,
			NextTry: s.clock.Now().Add(time.Hour), By: "Ann", Problem: gateway.Problem{Code: "c", Said: "400", Fields: []string{"Title"}},
			Fields: awkward(), Before: gateway.Fields{"Title": gateway.Null}, Took: 1234 * time.Microsecond, DoneAt: s.clock.Now(),
		}
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			ids, err := tx.AppendLog(ctx, []gateway.LogEntry{{Direction: "out", State: gateway.LogWaiting}})
			if err != nil {
				return err
			}
			want.ID = ids[0]
			return tx.UpdateLog(ctx, want)
		})
		got, err := w.LogLineByID(t.Context(), want.ID)
		ok(t, err)
		if !reflect.DeepEqual(got, store.LogLine{Entry: want}) {
			t.Errorf("got  %+v\nwant %+v", got.Entry, want)
		}
	})
	t.Run("an observed change is a line too", func(t *testing.T) {
		page, err := w.Log(t.Context(), store.LogQuery{Direction: "in", Limit: 1})
		ok(t, err)
		got, err := w.LogLineByID(t.Context(), page.Entries[0].Entry.ID)
		ok(t, err)
		if got.Inbound == nil || got.Inbound.Reason != "Title changed." || got.Entry.Direction != "in" {
			t.Errorf("line %+v", got)
		}
		_, err = w.LogLineByID(t.Context(), 1)
		wantCode(t, err, gateway.CodeNotFound)
	})
}

// walkLog reads all pages forward and back, and checks order, total, counts.
func walkLog(t *testing.T, w *store.Workspace, q store.LogQuery) []int64 {
	t.Helper()
	var forward, backward []int64
	var last store.LogPage
	for {
		page, err := w.Log(t.Context(), q)
		ok(t, err)
		forward = append(forward, lineIDs(page)...)
		if last = page; page.Next == 0 {
			break
		}
		q.After = page.Next
	}
	sum := 0
	for state, n := range last.Counts {
		if q.State == "" || q.State == string(state) {
			sum += n
		}
	}
	if last.Total != len(forward) || sum != last.Total {
		t.Errorf("total %d, counts %v, but %d lines", last.Total, last.Counts, len(forward))
	}
	if !slices.IsSortedFunc(forward, func(a, b int64) int { return int(min(1, max(-1, b-a))) }) {
		t.Errorf("not newest first: %v", forward)
	}
	backward = lineIDs(last)
	for last.Prev != 0 {
		q.After, q.Before = 0, last.Prev
		page, err := w.Log(t.Context(), q)
		ok(t, err)
		backward = append(lineIDs(page), backward...)
		last = page
	}
	if !slices.Equal(forward, backward) {
		t.Errorf("forward %v\nback    %v", forward, backward)
	}
	return forward
}

func lineIDs(p store.LogPage) []int64 {
	var out []int64
	for _, l := range p.Entries {
		out = append(out, l.Entry.ID)
	}
	return out
}
