package store

import (
	"context"

	"tidegate/gateway"
)

type conflictRow struct {
	ID           int64  `db:"id"`
	At           int64  `db:"at"`
	Object       string `db:"object"`
	RecordID     string `db:"record_id"`
	Field        string `db:"field"`
	Base         string `db:"base_value"`
	Theirs       string `db:"theirs"`
	Ours         string `db:"ours"`
	CommitAt     int64  `db:"commit_at"`
	CommitNumber int64  `db:"commit_number"`
	Sequence     int32  `db:"sequence"`
	TheirsBy     string `db:"theirs_by"`
	OursAt       int64  `db:"ours_at"`
	OursBy       string `db:"ours_by"`
	Winner       string `db:"winner"`
	Reason       string `db:"reason"`
}

const conflictColumns = `id, at, object, record_id, field, base_value, theirs, ours, commit_at, commit_number,
	sequence, theirs_by, ours_at, ours_by, winner, reason`

func (r conflictRow) conflict() gateway.Conflict {
	return gateway.Conflict{
		ID: r.ID, At: fromMicros(r.At), Key: gateway.RecordKey{Object: r.Object, ID: r.RecordID}, Field: r.Field,
		Base: gateway.Value(r.Base), Theirs: gateway.Value(r.Theirs), Ours: gateway.Value(r.Ours),
		TheirsAt: gateway.Version{CommitAt: r.CommitAt, CommitNumber: r.CommitNumber, Sequence: r.Sequence},
		TheirsBy: r.TheirsBy, OursAt: fromMicros(r.OursAt), OursBy: r.OursBy, Winner: gateway.Winner(r.Winner), Reason: r.Reason,
	}
}

// SaveConflicts keeps both values of each conflict, new ones and, by id, those
// that were decided later.
func (tx *Tx) SaveConflicts(ctx context.Context, conflicts []gateway.Conflict) error {
	return tx.rows(ctx, saveConflicts, len(conflicts), func(args []any, i int) []any {
		c := &conflicts[i]
		if c.ID == 0 {
			c.ID = tx.db.ids.draw(tx.now)
		}
		if c.At.IsZero() {
			c.At = tx.now
		}
		return append(args, string(tx.ws), c.ID, micros(c.At), c.Key.Object, c.Key.ID, c.Field,
			clean(string(c.Base)), clean(string(c.Theirs)), clean(string(c.Ours)), c.TheirsAt.CommitAt,
			c.TheirsAt.CommitNumber, c.TheirsAt.Sequence, c.TheirsBy, micros(c.OursAt), clean(c.OursBy),
			string(c.Winner), clean(c.Reason))
	})
}

var saveConflicts = insert{
	doing: "saving conflicts",
	head:  `INSERT INTO conflicts (workspace_id, ` + conflictColumns + `)`,
	tail:  `ON CONFLICT (workspace_id, id) DO UPDATE SET winner = excluded.winner, reason = excluded.reason`,
	width: 17,
}

// Conflicts returns the conflicts of one record, newest first; of all records
// when key is zero.
func (w *Workspace) Conflicts(ctx context.Context, key gateway.RecordKey, limit int) ([]gateway.Conflict, error) {
	if limit <= 0 {
		limit = pageSize
	}
	rows, err := list[conflictRow](ctx, w.read, "reading conflicts", `SELECT `+conflictColumns+` FROM conflicts
		WHERE workspace_id = ? AND (? = '' OR object = ? AND record_id = ?) ORDER BY id DESC LIMIT ?`,
		w.id, key.ID, key.Object, key.ID, limit)
	out := make([]gateway.Conflict, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.conflict())
	}
	return out, err
}
