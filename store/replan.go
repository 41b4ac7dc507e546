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
	Job         string `db:"job"`
	Scope       string `db:"scope"`
	ResumedAt   int64  `db:"resumed_at"`
	Resumed     int    `db:"resumed_looked"`
}

const replanColumns = `workspace_id, run, state, kind, after_id, looked, queued, total, why, by_name, by_id, problem,
	started_at, updated_at, ended_at, job, scope, resumed_at, resumed_looked`

func (r replanRow) replan() (gateway.Replan, error) {
	out := gateway.Replan{
		Run: r.Run, State: gateway.ReplanState(r.State), Kind: r.Kind, After: r.AfterID, Looked: r.Looked, Queued: r.Queued,
		Total: r.Total, Why: r.Why, By: r.ByName, ByID: r.ByID, Problem: r.Problem, Job: gateway.ReplanJob(r.Job),
		StartedAt: fromMicros(r.StartedAt), UpdatedAt: fromMicros(r.UpdatedAt), EndedAt: fromMicros(r.EndedAt),
		ResumedAt: fromMicros(r.ResumedAt), ResumedLooked: r.Resumed,
	}
	if r.Scope == "" { // no row
		return out, nil
	}
	return out, readJSON(r.Scope, &out.Scope)
}

// Replan returns the newest replan of a job, CodeNotFound before the first.
func (w *Workspace) Replan(ctx context.Context, job gateway.ReplanJob) (gateway.Replan, error) {
	row, found, err := one[replanRow](ctx, w.read, "reading replan",
		`SELECT `+replanColumns+` FROM replan_jobs WHERE workspace_id = ? AND job = ?`, w.id, string(job))
	if err == nil && !found {
		err = notFound("Nothing was planned anew yet.")
	}
	if err != nil {
		return gateway.Replan{}, err
	}
	return row.replan()
}

// BeginReplan begins the planning of things anew. One that follows a change of
// settings takes the place of the one under way, as it looks at everything; one
// that was asked for does not: then began is false and nothing changes. Run,
// State, place, counts and times of r are set here.
func (tx *Tx) BeginReplan(ctx context.Context, r gateway.Replan) (began bool, err error) {
	if r.Job == gateway.ReplanSettings {
		if err := tx.lock(ctx, settingsName, gateway.RecordKey{}); err != nil {
			return false, err
		}
	}
	n, err := tx.execRow(ctx, "beginning replan", `INSERT INTO replan_jobs (`+replanColumns+`, holder, until)
		VALUES (:workspace_id, 1, :state, '', '', 0, 0, :total, :why, :by_name, :by_id, '', :started_at, :updated_at, 0, :job, :scope, :started_at, 0, '', 0)
		ON CONFLICT (workspace_id, job) DO UPDATE SET
			run = replan_jobs.run + 1, state = excluded.state, kind = '', after_id = '', looked = 0, queued = 0, total = excluded.total,
			why = excluded.why, by_name = excluded.by_name, by_id = excluded.by_id, problem = '', scope = excluded.scope,
			started_at = excluded.started_at, updated_at = excluded.updated_at, ended_at = 0,
			resumed_at = excluded.resumed_at, resumed_looked = 0, holder = '', until = 0
		WHERE excluded.job = 'settings' OR replan_jobs.state NOT IN ('running', 'paused')`,
		replanRow{
			WorkspaceID: string(tx.ws), State: string(gateway.ReplanRunning), Total: r.Total, Why: clean(r.Why),
			ByName: clean(r.By), ByID: r.ByID, StartedAt: micros(tx.now), UpdatedAt: micros(tx.now),
			Job: string(r.Job), Scope: clean(writeJSON(r.Scope)),
		})
	return n > 0, err
}

const settingsRun = `SELECT run FROM replan_jobs WHERE workspace_id = ? AND job = 'settings'`

// SettingsRun says how often settings were changed that things are planned by:
// it counts up in the transaction that saves them. 0 before the first time.
func (w *Workspace) SettingsRun(ctx context.Context) (int64, error) {
	run, _, err := one[int64](ctx, w.read, "reading the run of the settings", settingsRun, w.id)
	return run, err
}

// HoldSettingsRun is SettingsRun; whoever saves such settings waits until this
// transaction ends. Ask it first, before any record is locked.
func (tx *Tx) HoldSettingsRun(ctx context.Context) (int64, error) {
	hold := func() (int64, bool, error) {
		return one[int64](ctx, tx.runner, "holding the run of the settings", settingsRun+tx.dialect.forHold, tx.ws)
	}
	run, saved, err := hold()
	if err != nil || saved {
		return run, err
	}
	// Before the first time there is no row to hold, only its name.
	if err := tx.dialect.wrap(ctx, "holding the settings", tx.dialect.holdName(ctx, tx.on, tx.lockedName(settingsName, gateway.RecordKey{}))); err != nil {
		return 0, err
	}
	run, _, err = hold()
	return run, err
}

// settingsName is what whoever begins to plan anew by other settings locks.
const settingsName = "settings run"

// HoldReplan gives the running replan of a job to holder for so long; false
// when another process has it, or none is running. Who has it may ask again.
func (w *Workspace) HoldReplan(ctx context.Context, job gateway.ReplanJob, holder string, d time.Duration) (r gateway.Replan, ok bool, err error) {
	now := w.db.now()
	row, ok, err := one[replanRow](ctx, w.write, "holding replan", `UPDATE replan_jobs SET holder = ?, until = ?
		WHERE workspace_id = ? AND job = ? AND state = 'running' AND (until <= ? OR holder = ?) RETURNING `+replanColumns,
		holder, micros(now.Add(d)), w.id, string(job), micros(now), holder)
	if err != nil || !ok {
		return gateway.Replan{}, false, err
	}
	r, err = row.replan()
	return r, err == nil, err
}

// AdvanceReplan saves how far a replan is, for the holder. It is false, and
// nothing is written, when the replan was begun anew or canceled, or when
// another process has it by now. One that was paused meanwhile keeps its new
// place and stays paused.
func (w *Workspace) AdvanceReplan(ctx context.Context, holder string, r gateway.Replan) (bool, error) {
	ended := int64(0)
	if !r.Open() {
		ended = micros(w.db.now())
	}
	n, err := w.write.exec(ctx, "saving replan", `UPDATE replan_jobs SET
			state = CASE WHEN ? = 'running' THEN state ELSE ? END,
			kind = ?, after_id = ?, looked = ?, queued = ?, problem = ?, updated_at = ?, ended_at = ?
		WHERE workspace_id = ? AND job = ? AND run = ? AND holder = ? AND state IN ('running', 'paused')`,
		string(r.State), string(r.State), r.Kind, r.After, r.Looked, r.Queued, clean(r.Problem), micros(w.db.now()), ended,
		w.id, string(r.Job), r.Run, holder)
	return n > 0, err
}

// CancelReplan ends the running or paused replan of a job; false when there is
// none.
func (tx *Tx) CancelReplan(ctx context.Context, job gateway.ReplanJob) (bool, error) {
	n, err := tx.exec(ctx, "canceling replan", `UPDATE replan_jobs SET state = ?, ended_at = ?, updated_at = ?
		WHERE workspace_id = ? AND job = ? AND state IN ('running', 'paused')`,
		string(gateway.ReplanCanceled), micros(tx.now), micros(tx.now), tx.ws, string(job))
	return n > 0, err
}

// PauseReplan makes the running replan of a job stand still, or a paused one go
// on; false when there is no such one.
func (tx *Tx) PauseReplan(ctx context.Context, job gateway.ReplanJob, paused bool) (bool, error) {
	from, to := gateway.ReplanPaused, gateway.ReplanRunning
	if paused {
		from, to = to, from
	}
	n, err := tx.exec(ctx, "pausing replan", `UPDATE replan_jobs SET state = ?, updated_at = ?, resumed_at = ?, resumed_looked = looked
		WHERE workspace_id = ? AND job = ? AND state = ?`, string(to), micros(tx.now), micros(tx.now), tx.ws, string(job), string(from))
	return n > 0, err
}
