package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tidegate/gateway"
)

// SpentKept is how long it is kept what things cost.
const SpentKept = 31 * 24 * time.Hour

type spentRow struct {
	Day    int64  `db:"day"`
	Kind   string `db:"kind"`
	Object string `db:"object"`
	Name   string `db:"name"`
	N      int    `db:"n"`
	At     int64  `db:"at"`
	ByName string `db:"by_name"`
}

// AddSpent adds to what is counted of each day; several processes do. What is
// older than SpentKept goes. Each thing must be among them once only.
func (w *Workspace) AddSpent(ctx context.Context, spent []gateway.Spent) error {
	if len(spent) == 0 {
		return nil
	}
	// In order, so that two processes that add at once do not lock each other out.
	spent = slices.Clone(spent)
	slices.SortFunc(spent, func(a, b gateway.Spent) int {
		return cmp.Or(a.Day.Compare(b.Day), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Object, b.Object), cmp.Compare(a.Name, b.Name))
	})
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		err := tx.rows(ctx, insert{
			doing: "counting what is spent", width: 8,
			head: `INSERT INTO spent (workspace_id, day, kind, object, name, n, at, by_name)`,
			tail: `ON CONFLICT (workspace_id, day, kind, object, name) DO UPDATE SET n = spent.n + excluded.n,
				by_name = CASE WHEN excluded.at >= spent.at THEN excluded.by_name ELSE spent.by_name END,
				at = CASE WHEN excluded.at >= spent.at THEN excluded.at ELSE spent.at END`,
		}, len(spent), func(args []any, i int) []any {
			s := spent[i]
			return append(args, string(tx.ws), micros(gateway.SpentDay(s.Day)), string(s.Kind), s.Object, clean(s.Name), s.N, micros(s.At), clean(s.By))
		})
		if err != nil {
			return err
		}
		_, err = tx.exec(ctx, "forgetting what was spent", `DELETE FROM spent WHERE workspace_id = ? AND day < ?`,
			tx.ws, micros(gateway.SpentDay(tx.now.Add(-SpentKept))))
		return err
	})
}

// Spent returns what was spent since the day of a moment, by day.
func (w *Workspace) Spent(ctx context.Context, since time.Time) ([]gateway.Spent, error) {
	rows, err := list[spentRow](ctx, w.read, "reading what is spent", `SELECT day, kind, object, name, n, at, by_name FROM spent
		WHERE workspace_id = ? AND day >= ? ORDER BY day, kind, object, name`, w.id, micros(gateway.SpentDay(since)))
	out := make([]gateway.Spent, 0, len(rows))
	for _, r := range rows {
		out = append(out, gateway.Spent{
			Day: fromMicros(r.Day), Kind: gateway.SpentKind(r.Kind), Object: r.Object, Name: r.Name, N: r.N, At: fromMicros(r.At), By: r.ByName,
		})
	}
	return out, err
}
