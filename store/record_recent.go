package store

import (
	"context"
	"slices"

	"tidegate/gateway"
)

// recentWithin is how many of the newest observed changes are searched for
// recent records. Their ids stand in the order of time, so this reads one end
// of an index however long the history is.
const recentWithin = 2000

// RecentRecords returns up to n live records of an object, those that changed
// last first. Where few changed lately the first by name complete them.
func (w *Workspace) RecentRecords(ctx context.Context, object string, n int) ([]gateway.Record, error) {
	ids, err := list[string](ctx, w.read, "reading recent records", `SELECT record_id FROM
		(SELECT id, object, record_id FROM record_history WHERE workspace_id = ? ORDER BY id DESC LIMIT ?) h
		WHERE object = ? ORDER BY id DESC`, w.id, recentWithin, object)
	if err != nil {
		return nil, err
	}
	var out []gateway.Record
	take := func(r gateway.Record) {
		if !r.Deleted && !slices.ContainsFunc(out, func(o gateway.Record) bool { return o.Key == r.Key }) {
			out = append(out, r)
		}
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if len(out) == n || len(seen) == 4*n { // many deleted ones in a row are not worth more
			break
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		r, err := w.Record(ctx, gateway.RecordKey{Object: object, ID: id})
		if gateway.CodeOf(err) == gateway.CodeNotFound && err != nil {
			continue
		}
		if err != nil {
			return nil, err
		}
		take(r)
	}
	if len(out) == n {
		return out, nil
	}
	rest, err := w.records(ctx, "reading recent records", `SELECT `+recordColumns+` FROM records
		WHERE workspace_id = ? AND object = ? AND NOT deleted ORDER BY label, record_id LIMIT ?`, w.id, object, 2*n)
	for _, r := range rest {
		if len(out) < n {
			take(r)
		}
	}
	return out, err
}
