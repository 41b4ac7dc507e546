package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"tidegate/gateway"
)

// BenchmarkSnapshot is what a first reading costs the store: one chunk of
// 10,000 contacts after the other, each in its transaction, and behind them the
// filing of their keys. -benchtime 100x is a reading of a million.
func BenchmarkSnapshot(b *testing.B) {
	const chunk = 10_000
	benchEngines(b, func(b *testing.B, w *Workspace) {
		rng := rand.New(rand.NewPCG(1, 2))
		next, spent := 0, cpuTime()
		for b.Loop() {
			b.StopTimer()
			before := cpuTime()
			t := benchTable(rng, next, chunk)
			next += chunk
			spent += cpuTime() - before
			b.StartTimer()
			err := w.InSnapshotTx(b.Context(), func(ctx context.Context, tx *Tx) error {
				ids, rows := make([]string, chunk), make([]int, chunk)
				for i := range rows {
					ids[i], rows[i] = t.Rows[i].ID, i
				}
				if known, err := tx.Known(ctx, t.Object, ids); err != nil || len(known) > 0 {
					return fmt.Errorf("%d are known: %w", len(known), err)
				}
				return tx.InsertSnapshot(ctx, Snapshot{Table: t, Rows: rows, First: func(row int) gateway.Record {
					return gateway.Record{Key: gateway.RecordKey{Object: t.Object, ID: t.Rows[row].ID}, ReadAt: t.Rows[row].CommitAt}
				}})
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		perSecond(b, chunk, spent)
		spent = cpuTime()
		for more := true; more; {
			var err error
			if more, err = w.FileKeys(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64((cpuTime()-spent).Microseconds())/float64(next), "filing-cpu-µs/row")
	})
}

// benchTable is a piece of a bulk result: ids rise, what gives keys does not.
func benchTable(rng *rand.Rand, from, rows int) *gateway.Table {
	t := &gateway.Table{Object: "Contact"}
	for name := range benchFields(0) {
		t.Columns = append(t.Columns, name)
	}
	slices.Sort(t.Columns)
	for i := from; i < from+rows; i++ {
		f := benchFields(i)
		f["LastName"] = gateway.Text(fmt.Sprint("Miller ", rng.IntN(1_000_000)))
		f["Name"] = gateway.Text(fmt.Sprint([]string{"Ann", "Joe", "Kim", "Zoe"}[rng.IntN(4)], " Miller ", rng.IntN(1_000_000)))
		f["Email"] = gateway.Text(fmt.Sprintf("p%d.%d@acme%d.example", rng.IntN(1_000_000), i, i%500))
		f["Phone"] = gateway.Text(fmt.Sprintf("+1415%07d", rng.IntN(10_000_000)))
		f["MobilePhone"] = gateway.Text(fmt.Sprintf("+1650%07d", rng.IntN(10_000_000)))
		f["AccountId"] = gateway.Text(fmt.Sprintf("001%012dAAA", rng.IntN(20_000)))
		row := gateway.TableRow{ID: fmt.Sprintf("003Z%011dAAA", i), CommitAt: 1777620337000}
		for _, c := range t.Columns {
			row.Values = append(row.Values, f[c])
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
