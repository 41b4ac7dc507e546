package store

import (
	"context"

	"tidegate/gateway"
)

type backfillRow struct {
	WorkspaceID string `db:"workspace_id"`
	Object      string `db:"object"`
	State       string `db:"state"`
	Anchor      string `db:"anchor"`
	LastID      string `db:"last_id"`
	RowCount    int    `db:"row_count"`
	Total       int    `db:"total"`
	StartedAt   int64  `db:"started_at"`
	UpdatedAt   int64  `db:"updated_at"`
	Note        string `db:"note"`
}

const backfillColumns = `workspace_id, object, state, anchor, last_id, row_count, total, started_at, updated_at, note`

func (r backfillRow) backfill() gateway.Backfill {
	return gateway.Backfill{
		Object: r.Object, State: r.State, Anchor: gateway.ReplayID(r.Anchor), LastID: r.LastID, Rows: r.RowCount,
		Total: r.Total, StartedAt: fromMicros(r.StartedAt), UpdatedAt: fromMicros(r.UpdatedAt), Note: r.Note,
	}
}

// Backfills returns the progress of all objects, by name.
func (w *Workspace) Backfills(ctx context.Context) ([]gateway.Backfill, error) {
	rows, err := list[backfillRow](ctx, w.read, "reading backfills", `SELECT `+backfillColumns+` FROM backfills
		WHERE workspace_id = ? ORDER BY object`, w.id)
	out := make([]gateway.Backfill, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.backfill())
	}
	return out, err
}

// Backfill returns the progress of one object, CodeNotFound before the first.
func (w *Workspace) Backfill(ctx context.Context, object string) (gateway.Backfill, error) {
	row, found, err := one[backfillRow](ctx, w.read, "reading backfill", `SELECT `+backfillColumns+` FROM backfills
		WHERE workspace_id = ? AND object = ?`, w.id, object)
	if err == nil && !found {
		err = notFound("%s has not been read yet.", object)
	}
	return row.backfill(), err
}

// SaveBackfill saves the progress of one object; UpdatedAt becomes now.
func (w *Workspace) SaveBackfill(ctx context.Context, b gateway.Backfill) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error { return tx.SaveBackfill(ctx, b) })
}

// SaveBackfill is Workspace.SaveBackfill in this transaction: a page's rows
// and the place after them are kept together.
func (tx *Tx) SaveBackfill(ctx context.Context, b gateway.Backfill) error {
	_, err := tx.execRow(ctx, "saving backfill", `INSERT INTO backfills (`+backfillColumns+`)
		VALUES (:workspace_id, :object, :state, :anchor, :last_id, :row_count, :total, :started_at, :updated_at, :note)
		ON CONFLICT (workspace_id, object) DO UPDATE SET
			state = excluded.state, anchor = excluded.anchor, last_id = excluded.last_id, row_count = excluded.row_count,
			total = excluded.total, started_at = excluded.started_at, updated_at = excluded.updated_at, note = excluded.note`,
		backfillRow{
			WorkspaceID: string(tx.ws), Object: b.Object, State: b.State, Anchor: string(b.Anchor), LastID: b.LastID,
			RowCount: b.Rows, Total: b.Total, StartedAt: micros(b.StartedAt), UpdatedAt: micros(tx.now), Note: clean(b.Note),
		})
	return err
}
