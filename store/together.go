package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tidegate/gateway"
)

// These statements tell or do for all workspaces at once what the loops of each
// would otherwise ask again and again: of a thousand idle connections that took
// six milliseconds of each second, for each.

// Unread lists the workspaces of which something waits to be read: marks that
// are due, first readings, repairs. Those that only wait for their next look,
// because a person paused a reading say, are among them.
func (db *DB) Unread(ctx context.Context) ([]gateway.WorkspaceID, error) {
	return list[gateway.WorkspaceID](ctx, db.read(), "looking for what is to be read", `SELECT workspace_id FROM workspaces w
		WHERE EXISTS (SELECT 1 FROM refetches r WHERE r.workspace_id = w.workspace_id AND r.due_at <= ?)
			OR EXISTS (SELECT 1 FROM backfills b WHERE b.workspace_id = w.workspace_id
				AND (b.job_id <> '' OR b.state NOT IN ('done', 'canceled')))
			OR EXISTS (SELECT 1 FROM holes h WHERE h.workspace_id = w.workspace_id AND h.state <> 'closed')`, micros(db.now()))
}

// AskedProofs lists the workspaces of which somebody asked for a proof that has
// not ended.
func (db *DB) AskedProofs(ctx context.Context) ([]gateway.WorkspaceID, error) {
	return list[gateway.WorkspaceID](ctx, db.read(), "looking for asked proofs",
		`SELECT DISTINCT workspace_id FROM proofs WHERE requested_at <> 0`)
}

// Owed counts the entries of each workspace that has any, parked ones too.
func (db *DB) Owed(ctx context.Context) (map[gateway.WorkspaceID]int, error) {
	rows, err := list[struct {
		ID gateway.WorkspaceID `db:"workspace_id"`
		N  int                 `db:"n"`
	}](ctx, db.read(), "counting changes", `SELECT workspace_id, COUNT(*) AS n FROM outbox GROUP BY workspace_id`)
	out := make(map[gateway.WorkspaceID]int, len(rows))
	for _, row := range rows {
		out[row.ID] = row.N
	}
	return out, err
}

// Owing is the set of those workspaces. It jumps from one to the next, so that
// it takes no longer where a workspace has a hundred thousand entries.
func (db *DB) Owing(ctx context.Context) (map[gateway.WorkspaceID]bool, error) {
	rows, err := list[gateway.WorkspaceID](ctx, db.read(), "looking for changes", `WITH RECURSIVE owing (workspace_id) AS (
			SELECT MIN(workspace_id) FROM outbox
			UNION ALL SELECT (SELECT MIN(workspace_id) FROM outbox WHERE workspace_id > owing.workspace_id)
				FROM owing WHERE owing.workspace_id IS NOT NULL)
		SELECT workspace_id FROM owing WHERE workspace_id IS NOT NULL`)
	out := make(map[gateway.WorkspaceID]bool, len(rows))
	for _, id := range rows {
		out[id] = true
	}
	return out, err
}

// mark is one of the parts of a TermsMark.
type mark struct {
	ID   gateway.WorkspaceID `db:"workspace_id"`
	Part int                 `db:"part"`
	Mark string              `db:"mark"`
}

// terms are the tables that decisions rest on, and what tells that one of their
// rows changed. Of times the sum stays below 2^63 however many there are: it
// matters that another one comes out, not which.
var terms = [...]struct{ from, mark string }{
	{`schemas WHERE TRUE`, `COUNT(*) || '/' || COALESCE(SUM(read_at % 1000000007), 0)`},
	{`mappings WHERE TRUE`, `COUNT(*) || '/' || COALESCE(SUM(revision), 0) || '/' || COALESCE(SUM(at % 1000000007), 0) || '/' ||
		COALESCE(SUM(changed_at % 1000000007), 0) || '/' || COALESCE(SUM(suspended_at % 1000000007), 0)`},
	{`settings WHERE scope = '` + gateway.OrgScope + `'`, `COUNT(*) || '/' || COALESCE(SUM(at % 1000000007), 0)`},
	{`paused_objects WHERE TRUE`, `COUNT(*) || '/' || COALESCE(SUM(at % 1000000007), 0)`},
}

// termsOfOne reads the marks of a workspace at once, termsOfAll those of each
// that has rows.
var termsOfOne, termsOfAll = func() (one, all string) {
	var parts, unions []string
	for i, t := range terms {
		parts = append(parts, `(SELECT `+t.mark+` FROM `+t.from+` AND workspace_id = ?)`)
		unions = append(unions, fmt.Sprintf(`SELECT workspace_id, %d AS part, %s AS mark FROM %s GROUP BY workspace_id`, i, t.mark, t.from))
	}
	return `SELECT ` + strings.Join(parts, ` || ' ' || `), strings.Join(unions, ` UNION ALL `)
}()

// TermsMark returns a text that is another one as soon as a describe, a mapping
// or a setting of the organization has been saved or removed, or an object
// paused. Looking at it is much cheaper than reading them.
func (w *Workspace) TermsMark(ctx context.Context) (string, error) {
	mark, _, err := one[string](ctx, w.read, "looking for changed terms", termsOfOne, w.id, w.id, w.id, w.id)
	return mark, err
}

// TermsMarks returns the TermsMark of every workspace of which there are terms.
func (db *DB) TermsMarks(ctx context.Context) (map[gateway.WorkspaceID]string, error) {
	rows, err := list[mark](ctx, db.read(), "looking for changed terms", termsOfAll)
	found := map[gateway.WorkspaceID]*[len(terms)]string{}
	for _, row := range rows {
		if found[row.ID] == nil {
			found[row.ID] = &[len(terms)]string{"0/0", "0/0/0/0/0", "0/0", "0/0"}
		}
		found[row.ID][row.Part] = row.Mark
	}
	out := make(map[gateway.WorkspaceID]string, len(found))
	for ws, parts := range found {
		out[ws] = strings.Join(parts[:], " ")
	}
	return out, err
}

// SettingsMarks returns for each workspace a text that is another one as soon as
// settings of the organization have been saved; "" where none ever were.
func (db *DB) SettingsMarks(ctx context.Context) (map[gateway.WorkspaceID]string, error) {
	rows, err := list[mark](ctx, db.read(), "looking for changed settings", `SELECT workspace_id, 0 AS part,
			COUNT(*) || '/' || SUM(at % 1000000007) AS mark FROM settings WHERE scope = ? GROUP BY workspace_id`, gateway.OrgScope)
	out := make(map[gateway.WorkspaceID]string, len(rows))
	for _, row := range rows {
		out[row.ID] = row.Mark
	}
	return out, err
}

// RenewLeases extends leases of one holder and channel by d from now, one of a
// workspace, and returns those workspaces. The others it leaves alone: theirs is
// not ours any more, or is written by a transaction that has not ended, which
// RenewLease tells apart.
func (db *DB) RenewLeases(ctx context.Context, leases map[gateway.WorkspaceID]gateway.Lease, d time.Duration) (map[gateway.WorkspaceID]bool, error) {
	var workspaces, exactly []string
	var holder, channel string
	for ws, l := range leases {
		holder, channel = l.Holder, l.Channel
		workspaces, exactly = append(workspaces, string(ws)), append(exactly, fmt.Sprint(ws, " ", l.Connection, " ", l.Epoch))
	}
	dialect := db.dialect
	// Locked rows are passed over: whoever waits for one meanwhile holds the others.
	rows, err := list[gateway.WorkspaceID](ctx, db.write(), "renewing leases", `UPDATE positions SET lease_until = ?
		WHERE (workspace_id, connection_id, channel) IN (SELECT workspace_id, connection_id, channel FROM positions
			WHERE holder = ? AND channel = ? AND workspace_id`+dialect.among+`
				AND workspace_id || ' ' || connection_id || ' ' || epoch`+dialect.among+dialect.skip+`)
		RETURNING workspace_id`, micros(db.now().Add(d)), holder, channel, dialect.list(workspaces), dialect.list(exactly))
	renewed := make(map[gateway.WorkspaceID]bool, len(rows))
	for _, ws := range rows {
		renewed[ws] = true
	}
	return renewed, err
}
