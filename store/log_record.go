package store

import (
	"context"
	"slices"
	"strings"
)

// objectsWith asks of each object of a table whether it has a line or a row of a
// record: the objects are gone through by the index that begins with them, of which
// there are few, so that not every line is looked at.
const objectsWith = `WITH RECURSIVE objects(object) AS (
		SELECT MIN(object) FROM $table WHERE workspace_id = ?
		UNION ALL
		SELECT (SELECT MIN(object) FROM $table WHERE workspace_id = ? AND object > objects.object) FROM objects WHERE objects.object IS NOT NULL
	)
	SELECT object FROM objects WHERE object IS NOT NULL
		AND EXISTS (SELECT 1 FROM $table AS t WHERE t.workspace_id = ? AND t.object = objects.object AND t.record_id = ?)`

// withObject fills in of which object a record is that a query names by its id
// alone: both tables are looked up by object and id. What is not known, or known
// of several objects, is looked for as it stands.
func (w *Workspace) withObject(ctx context.Context, q LogQuery) (LogQuery, error) {
	if q.RecordID == "" || q.Object != "" {
		return q, nil
	}
	var found []string
	for _, table := range [...]string{"sync_log", "records"} {
		of, err := list[string](ctx, w.read, "looking up the object of a record", strings.ReplaceAll(objectsWith, "$table", table), w.id, w.id, w.id, q.RecordID)
		if err != nil {
			return q, err
		}
		found = append(found, of...)
	}
	slices.Sort(found)
	if found = slices.Compact(found); len(found) == 1 {
		q.Object = found[0]
	}
	return q, nil
}
