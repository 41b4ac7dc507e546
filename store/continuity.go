package store

import (
	"context"
	"slices"
	"time"

	"tidegate/gateway"
)

type holeRow struct {
	WorkspaceID  string `db:"workspace_id"`
	HoleID       int64  `db:"hole_id"`
	ConnectionID string `db:"connection_id"`
	OrgID        string `db:"org_id"`
	Cause        string `db:"cause"`
	Said         string `db:"said"`
	FromAt       int64  `db:"from_at"`
	ToAt         int64  `db:"to_at"`
	Bound        string `db:"bound"`
	State        string `db:"state"`
	StartedAt    int64  `db:"started_at"`
	EndedAt      int64  `db:"ended_at"`
	Statement    []byte `db:"statement"`
	Signature    []byte `db:"signature"`
	PublicKey    []byte `db:"public_key"`
}

const holeColumns = `workspace_id, hole_id, connection_id, org_id, cause, said, from_at, to_at, bound, state,
	started_at, ended_at, statement, signature, public_key`

func (r holeRow) hole() gateway.Hole {
	return gateway.Hole{
		ID: r.HoleID, Connection: r.ConnectionID, OrgID: r.OrgID, Cause: gateway.HoleCause(r.Cause), Said: r.Said,
		From: fromMicros(r.FromAt), To: fromMicros(r.ToAt), Bound: r.Bound, State: gateway.HoleState(r.State),
		StartedAt: fromMicros(r.StartedAt), EndedAt: fromMicros(r.EndedAt),
		Certificate: gateway.Certificate{Statement: r.Statement, Signature: r.Signature, Key: r.PublicKey},
	}
}

func holeOf(ws gateway.WorkspaceID, h gateway.Hole) holeRow {
	return holeRow{
		WorkspaceID: string(ws), HoleID: h.ID, ConnectionID: h.Connection, OrgID: h.OrgID, Cause: string(h.Cause),
		Said: clean(h.Said), FromAt: micros(h.From), ToAt: micros(h.To), Bound: clean(h.Bound), State: string(h.State),
		StartedAt: micros(h.StartedAt), EndedAt: micros(h.EndedAt),
		Statement: present(h.Certificate.Statement), Signature: present(h.Certificate.Signature), PublicKey: present(h.Certificate.Key),
	}
}

// present keeps nil bytes from becoming NULL.
func present(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

type holePartRow struct {
	WorkspaceID string `db:"workspace_id"`
	HoleID      int64  `db:"hole_id"`
	Object      string `db:"object"`
	Means       string `db:"means"`
	State       string `db:"state"`
	Expected    int    `db:"expected"`
	ReadRows    int    `db:"read_rows"`
	Changed     int    `db:"changed"`
	Deleted     int    `db:"deleted"`
	Restored    int    `db:"restored"`
	Calls       int    `db:"calls"`
	Problem     string `db:"problem"`
}

const holePartColumns = `workspace_id, hole_id, object, means, state, expected, read_rows, changed, deleted, restored, calls, problem`

func (r holePartRow) part() gateway.HolePart {
	return gateway.HolePart{
		Object: r.Object, Means: gateway.HoleMeans(r.Means), State: gateway.HoleState(r.State), Expected: r.Expected, Problem: r.Problem,
		HoleCount: gateway.HoleCount{Read: r.ReadRows, Changed: r.Changed, Deleted: r.Deleted, Restored: r.Restored, Calls: r.Calls},
	}
}

// SaveHole writes a continuity record with all its parts, new or not. An ID of
// zero is drawn; the id is returned.
func (tx *Tx) SaveHole(ctx context.Context, h gateway.Hole) (int64, error) {
	if h.ID == 0 {
		h.ID = tx.db.ids.draw(tx.now)
	}
	_, err := tx.execRow(ctx, "saving a continuity record", `INSERT INTO holes (`+holeColumns+`)
		VALUES (:workspace_id, :hole_id, :connection_id, :org_id, :cause, :said, :from_at, :to_at, :bound, :state,
			:started_at, :ended_at, :statement, :signature, :public_key)
		ON CONFLICT (workspace_id, hole_id) DO UPDATE SET
			cause = excluded.cause, said = excluded.said, from_at = excluded.from_at, to_at = excluded.to_at,
			bound = excluded.bound, state = excluded.state, ended_at = excluded.ended_at,
			statement = excluded.statement, signature = excluded.signature, public_key = excluded.public_key`,
		holeOf(tx.ws, h))
	if err != nil {
		return 0, err
	}
	return h.ID, tx.rows(ctx, saveHoleParts, len(h.Objects), func(args []any, i int) []any {
		p := h.Objects[i]
		return append(args, string(tx.ws), h.ID, p.Object, string(p.Means), string(p.State), p.Expected,
			p.Read, p.Changed, p.Deleted, p.Restored, p.Calls, clean(p.Problem))
	})
}

var saveHoleParts = insert{
	doing: "saving the parts of a continuity record",
	head:  `INSERT INTO hole_parts (` + holePartColumns + `)`,
	tail: `ON CONFLICT (workspace_id, hole_id, object) DO UPDATE SET
		means = excluded.means, state = excluded.state, expected = excluded.expected, read_rows = excluded.read_rows,
		changed = excluded.changed, deleted = excluded.deleted, restored = excluded.restored, calls = excluded.calls,
		problem = excluded.problem`,
	width: 12,
}

// UnclosedHoles returns the continuity records whose repair is not done,
// oldest first, locked until the transaction ends: whoever counts what a
// repair did reads the count first.
func (tx *Tx) UnclosedHoles(ctx context.Context) ([]gateway.Hole, error) {
	return tx.holes(ctx, `AND state <> 'closed' ORDER BY hole_id`+tx.dialect.forLock)
}

// UnclosedHoles is Tx.UnclosedHoles without a lock.
func (w *Workspace) UnclosedHoles(ctx context.Context) ([]gateway.Hole, error) {
	return w.read.holes(ctx, w.id, `AND state <> 'closed' ORDER BY hole_id`)
}

// HoleQuery selects continuity records, newest first. Zero fields do not
// filter.
type HoleQuery struct {
	State  gateway.HoleState
	Cause  gateway.HoleCause
	Object string
	Since  time.Time // found then or later
	Before int64     // only ids below: the last id of the page before
	Limit  int       // 50 when 0
}

// Holes returns one page of continuity records; more reports whether there are
// older ones.
func (w *Workspace) Holes(ctx context.Context, q HoleQuery) (page []gateway.Hole, more bool, err error) {
	if q.Limit <= 0 {
		q.Limit = pageSize
	}
	where, args := q.where()
	page, err = w.read.holes(ctx, w.id, where+` ORDER BY hole_id DESC LIMIT ?`, append(args, q.Limit+1)...)
	if len(page) > q.Limit {
		page, more = page[:q.Limit], true
	}
	return page, more, err
}

// CountHoles returns how many records a query selects, whatever its page.
func (w *Workspace) CountHoles(ctx context.Context, q HoleQuery) (int, error) {
	q.Before = 0
	where, args := q.where()
	n, _, err := one[int](ctx, w.read, "counting continuity records", `SELECT COUNT(*) FROM holes WHERE workspace_id = ? `+where,
		append([]any{w.id}, args...)...)
	return n, err
}

func (q HoleQuery) where() (text string, args []any) {
	and := func(condition string, value any) {
		text += ` AND ` + condition
		args = append(args, value)
	}
	if q.State != "" {
		and(`state = ?`, string(q.State))
	}
	if q.Cause != "" {
		and(`cause = ?`, string(q.Cause))
	}
	if q.Object != "" {
		and(`EXISTS (SELECT 1 FROM hole_parts p WHERE p.workspace_id = holes.workspace_id AND p.hole_id = holes.hole_id
			AND p.object = ?)`, clean(q.Object))
	}
	if !q.Since.IsZero() {
		and(`started_at >= ?`, micros(q.Since))
	}
	if q.Before > 0 {
		and(`hole_id < ?`, q.Before)
	}
	return text, args
}

// Hole returns one continuity record, else CodeNotFound.
func (w *Workspace) Hole(ctx context.Context, id int64) (gateway.Hole, error) {
	found, err := w.read.holes(ctx, w.id, `AND hole_id = ?`, id)
	if err == nil && len(found) == 0 {
		err = notFound("There is no continuity record %d.", id)
	}
	if err != nil {
		return gateway.Hole{}, err
	}
	return found[0], nil
}

func (tx *Tx) holes(ctx context.Context, tail string, args ...any) ([]gateway.Hole, error) {
	return tx.runner.holes(ctx, tx.ws, tail, args...)
}

// holes reads records and then their parts: the first statement may lock and
// page, which no join could.
func (r runner) holes(ctx context.Context, ws gateway.WorkspaceID, tail string, args ...any) ([]gateway.Hole, error) {
	rows, err := list[holeRow](ctx, r, "reading continuity records", `SELECT `+holeColumns+` FROM holes WHERE workspace_id = ? `+tail,
		append([]any{ws}, args...)...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	out := make([]gateway.Hole, 0, len(rows))
	low, high := rows[0].HoleID, rows[0].HoleID
	for _, row := range rows {
		out = append(out, row.hole())
		low, high = min(low, row.HoleID), max(high, row.HoleID)
	}
	parts, err := list[holePartRow](ctx, r, "reading the parts of continuity records", `SELECT `+holePartColumns+` FROM hole_parts
		WHERE workspace_id = ? AND hole_id BETWEEN ? AND ? ORDER BY hole_id, object`, ws, low, high)
	for _, p := range parts {
		if i := slices.IndexFunc(out, func(h gateway.Hole) bool { return h.ID == p.HoleID }); i >= 0 {
			out[i].Objects = append(out[i].Objects, p.part())
		}
	}
	return out, err
}

// Unread says what is still to be read of an object: whether a reading is under
// way or begun, and how many records are marked, due or not.
func (tx *Tx) Unread(ctx context.Context, object string) (reading bool, marked int, err error) {
	row, _, err := one[struct {
		Readings int `db:"readings"`
		Marked   int `db:"marked"`
	}](ctx, tx.runner, "reading what is still to be read", `SELECT
		(SELECT COUNT(*) FROM backfills WHERE workspace_id = ? AND object = ? AND state <> 'done') AS readings,
		(SELECT COUNT(*) FROM refetches WHERE workspace_id = ? AND object = ?) AS marked`, tx.ws, object, tx.ws, object)
	return row.Readings > 0, row.Marked, err
}
