package store

import (
	"context"

	"tidegate/gateway"
)

// RecordsAfter returns records of an object in the order of their ids,
// tombstones included, beginning behind the given id ("" = at the first).
// Fewer than limit means the end.
func (w *Workspace) RecordsAfter(ctx context.Context, object, after string, limit int) ([]gateway.Record, error) {
	return w.read.records(ctx, "reading records in order", `SELECT `+recordColumns+` FROM records
		WHERE workspace_id = ? AND object = ? AND record_id > ? ORDER BY record_id LIMIT ?`, w.id, object, after, limit)
}

// RecordsByID returns those of the records that are here, tombstones included,
// by id. Nothing is locked.
func (w *Workspace) RecordsByID(ctx context.Context, object string, ids []string) (map[string]gateway.Record, error) {
	d := w.db.dialect
	records, err := w.read.records(ctx, "reading records by id", `SELECT `+recordColumns+` FROM records
		WHERE workspace_id = ? AND object = ? AND record_id`+d.among, w.id, object, d.list(ids))
	out := make(map[string]gateway.Record, len(records))
	for _, r := range records {
		out[r.Key.ID] = r
	}
	return out, err
}
