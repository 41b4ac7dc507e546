package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tidegate/gateway"
)

// LogGroup is one cause with the lines that have it.
type LogGroup struct {
	Problem        gateway.Problem // of the newest line
	N              int
	Newest, Oldest time.Time
	NewestID       int64
}

// mostCauses bounds how many different problems are read: what Salesforce said
// may differ from line to line.
const mostCauses = 2000

// LogGroups returns the causes of the lines that the query selects, those of
// most lines first: lines belong together that have the same class of problem
// and say the same. Lines without a problem are in no group. For somebody's
// eyes only the newest mostCauses lines are grouped.
func (w *Workspace) LogGroups(ctx context.Context, q LogQuery) ([]LogGroup, error) {
	if w.eyes != nil {
		return w.groupsSeen(ctx, q)
	}
	q, err := w.withObject(ctx, q)
	if err != nil {
		return nil, err
	}
	where := w.logFilter(q)
	where.state(q, false)
	rows, err := list[struct {
		Problem string `db:"problem"`
		N       int    `db:"n"`
		Newest  int64  `db:"newest"`
		Oldest  int64  `db:"oldest"`
		ID      int64  `db:"id"`
	}](ctx, w.read, "grouping the sync log", `SELECT problem, COUNT(*) AS n, MAX(at) AS newest, MIN(at) AS oldest, MAX(id) AS id
		FROM sync_log WHERE problem_code <> '' AND `+where.String()+` GROUP BY problem ORDER BY id DESC LIMIT ?`,
		append(where.args, mostCauses)...)
	if err != nil {
		return nil, err
	}
	found := make([]LogGroup, len(rows))
	for i, row := range rows {
		found[i] = LogGroup{N: row.N, Newest: fromMicros(row.Newest), Oldest: fromMicros(row.Oldest), NewestID: row.ID}
		if err := readJSON(row.Problem, &found[i].Problem); err != nil {
			return nil, err
		}
	}
	return joinGroups(found), nil
}

// joinGroups makes one of those that have the same class of problem and say the
// same; found is the newest first.
func joinGroups(found []LogGroup) []LogGroup {
	type cause struct{ code, what string }
	at := map[cause]int{}
	var out []LogGroup
	for _, one := range found {
		i, known := at[cause{one.Problem.Code, one.Problem.What}]
		if !known {
			at[cause{one.Problem.Code, one.Problem.What}] = len(out)
			out = append(out, one)
			continue
		}
		g := &out[i]
		g.N += one.N
		if one.Oldest.Before(g.Oldest) {
			g.Oldest = one.Oldest
		}
	}
	slices.SortStableFunc(out, func(a, b LogGroup) int { return cmp.Compare(b.N, a.N) })
	return out
}
