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
	Run         int64  `db:"run"`
	Way         string `db:"way"`
	JobID       string `db:"job_id"`
	Locator     string `db:"locator"`
	PageRows    int    `db:"page_rows"`
	Paused      bool   `db:"paused"`
	Complete    bool   `db:"complete"`
	BeganAt     int64  `db:"began_at"`
	Spent       int64  `db:"spent"`
	Calls       int    `db:"calls"`
	ByName      string `db:"by_name"`
}

const backfillColumns = `workspace_id, object, state, anchor, last_id, row_count, total, started_at, updated_at, note,
	run, way, job_id, locator, page_rows, paused, complete, began_at, spent, calls, by_name`

func (r backfillRow) backfill() gateway.Backfill {
	return gateway.Backfill{
		Object: r.Object, State: r.State, Anchor: gateway.ReplayID(r.Anchor), LastID: r.LastID, Rows: r.RowCount,
		Total: r.Total, StartedAt: fromMicros(r.StartedAt), UpdatedAt: fromMicros(r.UpdatedAt), Note: r.Note,
		Run: r.Run, Way: r.Way, Job: r.JobID, Locator: r.Locator, PageRows: r.PageRows, Paused: r.Paused,
		Complete: r.Complete, BeganAt: fromMicros(r.BeganAt), Spent: fromMicrosDuration(r.Spent), Calls: r.Calls, By: r.ByName,
	}
}

func (tx *Tx) backfillRow(b gateway.Backfill) backfillRow {
	return backfillRow{
		WorkspaceID: string(tx.ws), Object: b.Object, State: b.State, Anchor: string(b.Anchor), LastID: b.LastID,
		RowCount: b.Rows, Total: b.Total, StartedAt: micros(b.StartedAt), UpdatedAt: micros(tx.now), Note: clean(b.Note),
		Run: b.Run, Way: b.Way, JobID: clean(b.Job), Locator: clean(b.Locator), PageRows: b.PageRows, Paused: b.Paused,
		Complete: b.Complete, BeganAt: micros(b.BeganAt), Spent: b.Spent.Microseconds(), Calls: b.Calls, ByName: clean(b.By),
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

const oneBackfill = `SELECT ` + backfillColumns + ` FROM backfills WHERE workspace_id = ? AND object = ?`

// Backfill returns the progress of one object, CodeNotFound before the first.
func (w *Workspace) Backfill(ctx context.Context, object string) (gateway.Backfill, error) {
	row, found, err := one[backfillRow](ctx, w.read, "reading backfill", oneBackfill, w.id, object)
	if err == nil && !found {
		err = notFound("%s has not been read yet.", object)
	}
	return row.backfill(), err
}

// SaveBackfill begins a reading of one object, or begins it anew, with the next
// number, whatever b.Run says; UpdatedAt becomes now. One that a person paused
// stays paused, and what was read whole stays so.
func (w *Workspace) SaveBackfill(ctx context.Context, b gateway.Backfill) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error { return tx.SaveBackfill(ctx, b) })
}

// SaveBackfill is Workspace.SaveBackfill in this transaction.
func (tx *Tx) SaveBackfill(ctx context.Context, b gateway.Backfill) error {
	_, err := tx.EditBackfill(ctx, b.Object, func(was gateway.Backfill, found bool) (gateway.Backfill, error) {
		b.Run = was.Run + 1
		b.Complete = b.Complete || was.Complete
		b.Paused = was.Paused && was.Open() && b.Open()
		return b, nil
	})
	return err
}

// EditBackfill changes the progress of one object by what f makes of it, while
// nobody else can; found is false before the first. Where f returns what it was
// given nothing is written, and its error is returned.
func (tx *Tx) EditBackfill(ctx context.Context, object string, f func(b gateway.Backfill, found bool) (gateway.Backfill, error)) (gateway.Backfill, error) {
	if err := tx.lock(ctx, "backfill", gateway.RecordKey{Object: object}); err != nil {
		return gateway.Backfill{}, err
	}
	row, found, err := one[backfillRow](ctx, tx.runner, "reading backfill", oneBackfill+tx.dialect.forLock, tx.ws, object)
	if err != nil {
		return gateway.Backfill{}, err
	}
	was := row.backfill()
	next, err := f(was, found)
	if err != nil || next == was {
		return was, err
	}
	next.Object = object
	_, err = tx.execRow(ctx, "saving backfill", `INSERT INTO backfills (`+backfillColumns+`)
		VALUES (:workspace_id, :object, :state, :anchor, :last_id, :row_count, :total, :started_at, :updated_at, :note,
			:run, :way, :job_id, :locator, :page_rows, :paused, :complete, :began_at, :spent, :calls, :by_name)
		ON CONFLICT (workspace_id, object) DO UPDATE SET
			state = excluded.state, anchor = excluded.anchor, last_id = excluded.last_id, row_count = excluded.row_count,
			total = excluded.total, started_at = excluded.started_at, updated_at = excluded.updated_at, note = excluded.note,
			run = excluded.run, way = excluded.way, job_id = excluded.job_id, locator = excluded.locator,
			page_rows = excluded.page_rows, paused = excluded.paused, complete = excluded.complete,
			began_at = excluded.began_at, spent = excluded.spent, calls = excluded.calls, by_name = excluded.by_name`,
		tx.backfillRow(next))
	return next, err
}

// EditBackfill is Tx.EditBackfill in a transaction of its own.
func (w *Workspace) EditBackfill(ctx context.Context, object string, f func(b gateway.Backfill, found bool) (gateway.Backfill, error)) (b gateway.Backfill, err error) {
	err = w.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		b, err = tx.EditBackfill(ctx, object, f)
		return err
	})
	return b, err
}

// AdvanceBackfill saves how far a reading is, together with the rows of a page.
// It is false, and nothing is written, when the reading was begun anew or
// canceled since b was read. Pausing is a person's, so it is left as it is;
// paused says how that stands.
func (tx *Tx) AdvanceBackfill(ctx context.Context, b gateway.Backfill) (ok, paused bool, err error) {
	r := tx.backfillRow(b)
	open := b.Open()
	paused, ok, err = one[bool](ctx, tx.runner, "saving backfill", `UPDATE backfills SET
			state = ?, anchor = ?, last_id = ?, row_count = ?, total = ?, started_at = ?, updated_at = ?, note = ?,
			way = ?, job_id = ?, locator = ?, page_rows = ?, paused = (paused AND ?), complete = ?, spent = ?, calls = ?
		WHERE workspace_id = ? AND object = ? AND run = ? RETURNING paused`,
		r.State, r.Anchor, r.LastID, r.RowCount, r.Total, r.StartedAt, r.UpdatedAt, r.Note,
		r.Way, r.JobID, r.Locator, r.PageRows, open, r.Complete, r.Spent, r.Calls, r.WorkspaceID, r.Object, r.Run)
	return ok, paused, err
}
