package store

import (
	"context"
	"time"

	"tidegate/gateway"
)

type replanRow struct {
	WorkspaceID string `db:"workspace_id"`
	Run         int64  `db:"run"`
	State       string `db:"state"`
	Kind        string `db:"kind"`
	AfterID     string `db:"after_id"`
	Looked      int    `db:"looked"`
	Queued      int    `db:"queued"`
	Total       int    `db:"total"`
	Why         string `db:"why"`
	ByName      string `db:"by_name"`
	ByID        string `db:"by_id"`
	Problem     string `db:"problem"`
	StartedAt   int64  `db:"started_at"`
	UpdatedAt   int64  `db:"updated_at"`
	EndedAt     int64  `db:"ended_at"`
}

const replanColumns = `workspace_id, run, state, kind, after_id, looked, queued, total, why, by_name, by_id, problem,
	started_at, updated_at, ended_at`

func (r replanRow) replan() gateway.Replan {
	return gateway.Replan{
		Run: r.Run, State: gateway.ReplanState(r.State), Kind: r.Kind, After: r.AfterID, Looked: r.Looked, Queued: r.Queued,
		Total: r.Total, Why: r.Why, By: r.ByName, ByID: r.ByID, Problem: r.Problem,
		StartedAt: fromMicros(r.StartedAt), UpdatedAt: fromMicros(r.UpdatedAt), EndedAt: fromMicros(r.EndedAt),
	}
}

// Replan returns the newest replan of the workspace, CodeNotFound before the
// first.
func (w *Workspace) Replan(ctx context.Context) (gateway.Replan, error) {
	row, found, err := one[replanRow](ctx, w.read, "reading replan", `SELECT `+replanColumns+` FROM replans WHERE workspace_id = ?`, w.id)
	if err == nil && !found {
		err = notFound("Nothing was planned anew yet.")
	}
	return row.replan(), err
}

// BeginReplan begins the planning of everything anew, in place of one that is
// under way. Run, State, place, counts and times of r are set here.
func (tx *Tx) BeginReplan(ctx context.Context, r gateway.Replan) error {
	_, err := tx.execRow(ctx, "beginning replan", `INSERT INTO replans (`+replanColumns+`, holder, until)
		VALUES (:workspace_id, 1, :state, '', '', 0, 0, :total, :why, :by_name, :by_id, '', :started_at, :updated_at, 0, '', 0)
		ON CONFLICT (workspace_id) DO UPDATE SET
			run = replans.run + 1, state = excluded.state, kind = '', after_id = '', looked = 0, queued = 0, total = excluded.total,
			why = excluded.why, by_name = excluded.by_name, by_id = excluded.by_id, problem = '',
			started_at = excluded.started_at, updated_at = excluded.updated_at, ended_at = 0, holder = '', until = 0`,
		replanRow{
			WorkspaceID: string(tx.ws), State: string(gateway.ReplanRunning), Total: r.Total, Why: clean(r.Why),
			ByName: clean(r.By), ByID: r.ByID, StartedAt: micros(tx.now), UpdatedAt: micros(tx.now),
		})
	return err
}

// HoldReplan gives the running replan to holder for so long; false when
// another process has it, or none is running. Who has it may ask again.
func (w *Workspace) HoldReplan(ctx context.Context, holder string, d time.Duration) (r gateway.Replan, ok bool, err error) {
	now := w.db.now()
	row, ok, err := one[replanRow](ctx, w.write, "holding replan", `UPDATE replans SET holder = ?, until = ?
		WHERE workspace_id = ? AND state = 'running' AND (until <= ? OR holder = ?) RETURNING `+replanColumns,
		holder, micros(now.Add(d)), w.id, micros(now), holder)
	return row.replan(), ok, err
}

// AdvanceReplan saves how far a replan is, for the holder. It is false, and
// nothing is written, when the replan was begun anew or canceled, or when
// another process has it by now.
func (w *Workspace) AdvanceReplan(ctx context.Context, holder string, r gateway.Replan) (bool, error) {
	ended := int64(0)
	if !r.Running() {
		ended = micros(w.db.now())
	}
	n, err := w.write.exec(ctx, "saving replan", `UPDATE replans SET
			state = ?, kind = ?, after_id = ?, looked = ?, queued = ?, problem = ?, updated_at = ?, ended_at = ?
		WHERE workspace_id = ? AND run = ? AND holder = ? AND state = 'running'`,
		string(r.State), r.Kind, r.After, r.Looked, r.Queued, clean(r.Problem), micros(w.db.now()), ended, w.id, r.Run, holder)
	return n > 0, err
}

// CancelReplan ends the running replan; false when none is running.
func (tx *Tx) CancelReplan(ctx context.Context) (bool, error) {
	n, err := tx.exec(ctx, "canceling replan", `UPDATE replans SET state = ?, ended_at = ?, updated_at = ?
		WHERE workspace_id = ? AND state = 'running'`, string(gateway.ReplanCanceled), micros(tx.now), micros(tx.now), tx.ws)
	return n > 0, err
}
