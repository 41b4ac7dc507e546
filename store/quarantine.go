package store

import (
	"context"
	"time"

	"tidegate/gateway"
)

type quarantineRow struct {
	ID       int64  `db:"id"`
	Channel  string `db:"channel"`
	ReplayID string `db:"replay_id"`
	Raw      []byte `db:"raw"`
	Reason   string `db:"reason"`
	Object   string `db:"object"`
	RecordID string `db:"record_id"`
}

// SaveQuarantine keeps events that could not be read, raw.
func (tx *Tx) SaveQuarantine(ctx context.Context, events []gateway.Quarantined) error {
	return tx.rows(ctx, saveQuarantine, len(events), func(args []any, i int) []any {
		q := &events[i]
		if q.ID == 0 {
			q.ID = tx.db.ids.draw(tx.now)
		}
		raw := q.Raw
		if raw == nil {
			raw = []byte{} // nil would be NULL
		}
		return append(args, string(tx.ws), q.ID, micros(tx.now), q.Channel, clean(string(q.ReplayID)), raw,
			clean(q.Reason), clean(q.Object), clean(q.RecordID))
	})
}

var saveQuarantine = insert{
	doing: "saving quarantine",
	head:  `INSERT INTO quarantine (workspace_id, id, at, channel, replay_id, raw, reason, object, record_id)`,
	width: 9,
}

// Quarantine returns the newest events that could not be read.
func (w *Workspace) Quarantine(ctx context.Context, limit int) ([]gateway.Quarantined, error) {
	if limit <= 0 {
		limit = pageSize
	}
	rows, err := list[quarantineRow](ctx, w.read, "reading quarantine", `SELECT id, channel, replay_id, raw, reason, object, record_id
		FROM quarantine WHERE workspace_id = ? ORDER BY id DESC LIMIT ?`, w.id, limit)
	out := make([]gateway.Quarantined, 0, len(rows))
	for _, r := range rows {
		out = append(out, gateway.Quarantined{
			ID: r.ID, Channel: r.Channel, ReplayID: gateway.ReplayID(r.ReplayID), Raw: r.Raw, Reason: r.Reason,
			Object: r.Object, RecordID: r.RecordID,
		})
	}
	return out, err
}

// QuarantinedSince counts the events since a moment that could not be read,
// among the newest ones.
func (w *Workspace) QuarantinedSince(ctx context.Context, since time.Time) (n int, err error) {
	kept, err := list[int64](ctx, w.read, "counting quarantine", `SELECT at FROM quarantine
		WHERE workspace_id = ? ORDER BY id DESC LIMIT ?`, w.id, pageSize)
	for _, at := range kept {
		if at >= micros(since) {
			n++
		}
	}
	return n, err
}

// MarkRefetch notes that these records must be read whole, due now. A mark
// that is there already keeps its time and gets the new reason.
func (tx *Tx) MarkRefetch(ctx context.Context, keys []gateway.RecordKey, reason string) error {
	keys = sortedKeys(keys)
	return tx.rows(ctx, markRefetch, len(keys), func(args []any, i int) []any {
		return append(args, string(tx.ws), keys[i].Object, keys[i].ID, clean(reason), micros(tx.now), micros(tx.now))
	})
}

var markRefetch = insert{
	doing: "marking for refetch",
	head:  `INSERT INTO refetches (workspace_id, object, record_id, reason, marked_at, due_at)`,
	tail: `ON CONFLICT (workspace_id, object, record_id) DO UPDATE SET reason = excluded.reason,
		due_at = CASE WHEN excluded.due_at < refetches.due_at THEN excluded.due_at ELSE refetches.due_at END`,
	width: 6,
}

// DeferRefetch makes marks due later, after Salesforce could not be asked.
func (tx *Tx) DeferRefetch(ctx context.Context, keys []gateway.RecordKey, until time.Time) error {
	return tx.perObject(keys, func(object string, ids any) error {
		_, err := tx.exec(ctx, "deferring refetch", `UPDATE refetches SET due_at = ?
			WHERE workspace_id = ? AND object = ? AND record_id`+tx.dialect.among, micros(until), tx.ws, object, ids)
		return err
	})
}

// ClearRefetch removes marks: the records have been read. Marks with a hint
// stay, see ClearHints.
func (tx *Tx) ClearRefetch(ctx context.Context, keys []gateway.RecordKey) error {
	return tx.perObject(keys, func(object string, ids any) error {
		_, err := tx.exec(ctx, "clearing refetch", `DELETE FROM refetches
			WHERE workspace_id = ? AND object = ? AND hint = 0 AND record_id`+tx.dialect.among, tx.ws, object, ids)
		return err
	})
}

// Refetches returns the records that are due to be read whole, oldest first.
func (w *Workspace) Refetches(ctx context.Context, limit int) ([]gateway.RecordKey, error) {
	if limit <= 0 {
		limit = 200
	}
	rows, err := list[struct {
		Object   string `db:"object"`
		RecordID string `db:"record_id"`
	}](ctx, w.read, "reading refetch marks", `SELECT object, record_id FROM refetches
		WHERE workspace_id = ? AND due_at <= ? ORDER BY due_at, object, record_id LIMIT ?`, w.id, micros(w.db.now()), limit)
	out := make([]gateway.RecordKey, 0, len(rows))
	for _, r := range rows {
		out = append(out, gateway.RecordKey{Object: r.Object, ID: r.RecordID})
	}
	return out, err
}
