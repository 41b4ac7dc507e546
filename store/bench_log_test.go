package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tidegate/gateway"
)

// benchLines is how many lines the log has, and as many observed changes.
const benchLines = 100_000

// BenchmarkLogPages is what the pages of the log ask of 100,000 lines: each is
// one reading of one page, as a person's click makes it.
func BenchmarkLogPages(b *testing.B) {
	benchEngines(b, func(b *testing.B, w *Workspace) {
		seedLog(b, w)
		for name, read := range logReadings(b, w) {
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					if err := read(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	})
}

// seedLog writes lines as a year leaves them: nearly all are done, one in 500
// needs somebody, one in 50 was skipped by a rule.
func seedLog(b *testing.B, w *Workspace) {
	for from := 0; from < benchLines; from += 2000 {
		benchTx(b, w, func(ctx context.Context, tx *Tx) error {
			lines, seen := make([]gateway.LogEntry, 2000), make([]gateway.HistoryEntry, 2000)
			for i := range lines {
				n := from + i
				lines[i] = gateway.LogEntry{
					Direction: "out", Key: benchKey(n), Label: fmt.Sprint("Ann Miller ", n), What: "Update Title", Rule: "Edit", State: gateway.LogDone, By: fmt.Sprint("Rep ", n%40),
					Cause:  gateway.Cause{Kind: gateway.KindMeeting, Ref: fmt.Sprint("m", n/6)},
					Fields: gateway.Fields{"Title": gateway.Text("Head")}, Before: gateway.Fields{"Title": gateway.Null}, DoneAt: tx.Now(),
				}
				switch {
				case n%500 == 7:
					lines[i].State = gateway.LogNeedsYou
					lines[i].Problem = gateway.Problem{Code: "salesforce_validation", What: fmt.Sprint("Rule ", n%3, " refuses it."), Who: "An admin", Said: fmt.Sprint("said ", n%9)}
				case n%50 == 3:
					lines[i].State = gateway.LogSkipped
					lines[i].Problem = gateway.Problem{Code: "rule", What: "A filter leaves it out."}
				}
				seen[i] = gateway.HistoryEntry{Key: benchKey(n), Label: lines[i].Label, Reason: "Changed in Salesforce", Outcome: "applied", Fields: lines[i].Fields, Before: lines[i].Before}
			}
			if _, err := tx.AppendLog(ctx, lines); err != nil {
				return err
			}
			return tx.AppendHistory(ctx, seen)
		})
	}
}

func logReadings(b *testing.B, w *Workspace) map[string]func(context.Context) error {
	page := func(q LogQuery) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.Log(ctx, q)
			return err
		}
	}
	deep, err := w.Log(b.Context(), LogQuery{})
	if err != nil {
		b.Fatal(err)
	}
	middle := deep.Next - (deep.Next-deep.Entries[len(deep.Entries)-1].Entry.ID)/2
	return map[string]func(context.Context) error{
		"newest":      page(LogQuery{}),
		"older":       page(LogQuery{After: middle}),
		"needs you":   page(LogQuery{State: string(gateway.LogNeedsYou)}),
		"skipped":     page(LogQuery{State: string(gateway.LogSkipped)}),
		"one record":  page(LogQuery{RecordID: benchKey(77).ID, Object: "Contact"}),
		"one meeting": page(LogQuery{Kind: gateway.KindMeeting, Ref: "m99"}),
		"one cause":   page(LogQuery{Code: "salesforce_validation", What: "Rule 1 refuses it."}),
		"outbound":    page(LogQuery{Direction: "out"}),
		"search rare": page(LogQuery{Search: "Miller 99999"}),
		"search none": page(LogQuery{Search: "nobody at all"}),
		"person":      page(LogQuery{User: "Rep 7"}),
		"last hour":   page(LogQuery{Since: time.Now().Add(-time.Hour)}),
		"causes open": func(ctx context.Context) error {
			_, err := w.LogGroups(ctx, LogQuery{State: string(gateway.LogNeedsYou)})
			return err
		},
		"causes of all": func(ctx context.Context) error { _, err := w.LogGroups(ctx, LogQuery{}); return err },
		"timeline":      func(ctx context.Context) error { _, err := w.History(ctx, benchKey(77), 50, 0); return err },
	}
}
