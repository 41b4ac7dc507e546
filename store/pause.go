package store

import (
	"context"

	"tidegate/gateway"
)

// PauseObject pauses an object, or resumes it, and says whether that changed
// anything.
func (tx *Tx) PauseObject(ctx context.Context, object, by string, paused bool) (bool, error) {
	if !paused {
		n, err := tx.exec(ctx, "resuming an object", `DELETE FROM paused_objects WHERE workspace_id = ? AND object = ?`, tx.ws, object)
		return n > 0, err
	}
	n, err := tx.exec(ctx, "pausing an object", `INSERT INTO paused_objects (workspace_id, object, at, by_name) VALUES (?, ?, ?, ?)
		ON CONFLICT (workspace_id, object) DO NOTHING`, tx.ws, object, micros(tx.now), clean(by))
	return n > 0, err
}

// PausedObjects returns the objects that are paused, by their names.
func (w *Workspace) PausedObjects(ctx context.Context) (map[string]gateway.ObjectPause, error) {
	rows, err := list[struct {
		Object string `db:"object"`
		At     int64  `db:"at"`
		By     string `db:"by_name"`
	}](ctx, w.read, "reading paused objects", `SELECT object, at, by_name FROM paused_objects WHERE workspace_id = ?`, w.id)
	out := make(map[string]gateway.ObjectPause, len(rows))
	for _, r := range rows {
		out[r.Object] = gateway.ObjectPause{Object: r.Object, At: fromMicros(r.At), By: r.By}
	}
	return out, err
}
