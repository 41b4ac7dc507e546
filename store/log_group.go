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
// and say the same. Lines without a problem are in no group. Somebody's eyes see
// no groups.
func (w *Workspace) LogGroups(ctx context.Context, q LogQuery) ([]LogGroup, error) {
	if w.eyes != nil {
		return nil, nil // what Salesforce said may be about what he may not see
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
	type cause struct{ code, what string }
	at := map[cause]int{}
	var out []LogGroup
	for _, row := range rows {
		var p gateway.Problem
		if err := readJSON(row.Problem, &p); err != nil {
			return nil, err
		}
		i, known := at[cause{p.Code, p.What}]
		if !known {
			i = len(out)
			at[cause{p.Code, p.What}] = i
			out = append(out, LogGroup{Problem: p, Newest: fromMicros(row.Newest), Oldest: fromMicros(row.Oldest), NewestID: row.ID})
		}
		g := &out[i]
		g.N += row.N
		if oldest := fromMicros(row.Oldest); oldest.Before(g.Oldest) {
			g.Oldest = oldest
		}
	}
	slices.SortStableFunc(out, func(a, b LogGroup) int { return cmp.Compare(b.N, a.N) })
	return out, nil
}
