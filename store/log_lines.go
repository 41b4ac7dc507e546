package store

import (
	"context"

	"tidegate/gateway"
)

// What is planned anew for lines of the log is read by the page, oldest line
// first: a line that is written meanwhile is behind the bound of the scope.

func lineQuery(s gateway.LineScope) LogQuery {
	return LogQuery{
		Direction: "out", Object: s.Object, RecordID: s.RecordID, State: s.State, Search: s.Search, User: s.User,
		Code: s.Code, What: s.What, Kind: s.Kind, Ref: s.Ref, Rule: s.Rule, Since: s.Since, Until: s.Until,
	}
}

// LinesOf returns up to n lines behind the id after that a scope selects, in
// the order of their ids. Fewer than n means the end.
func (w *Workspace) LinesOf(ctx context.Context, s gateway.LineScope, after int64, n int) ([]gateway.LogEntry, error) {
	q := lineQuery(s)
	where := w.logFilter(q)
	where.state(q, false)
	lines, err := w.sentLines(ctx, where.String()+" AND id > ? ORDER BY id LIMIT ?", append(where.args, after, n)...)
	out := make([]gateway.LogEntry, len(lines))
	for i, l := range lines {
		out[i] = l.Entry
	}
	return out, err
}

// CountLinesOf counts what LinesOf returns.
func (w *Workspace) CountLinesOf(ctx context.Context, s gateway.LineScope) (int, error) {
	q := lineQuery(s)
	where := w.logFilter(q)
	where.state(q, false)
	n, _, err := one[int](ctx, w.read, "counting lines", `SELECT COUNT(*) FROM sync_log WHERE `+where.String(), where.args...)
	return n, err
}
