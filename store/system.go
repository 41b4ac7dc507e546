package store

import (
	"context"
	"strings"

	"tidegate/gateway"
)

// These are the few statements that are not about one workspace: what starts
// the program, and what finds the workspace of somebody who signs in. Claim
// and NextDue, in outbox.go, are the others.

// Workspaces lists the tenants by id.
func (db *DB) Workspaces(ctx context.Context) ([]WorkspaceInfo, error) {
	rows, err := list[struct {
		ID   string `db:"workspace_id"`
		Name string `db:"name"`
	}](ctx, db.read(), "reading workspaces", `SELECT workspace_id, name FROM workspaces ORDER BY workspace_id`)
	out := make([]WorkspaceInfo, 0, len(rows))
	for _, r := range rows {
		out = append(out, WorkspaceInfo{ID: gateway.WorkspaceID(r.ID), Name: r.Name})
	}
	return out, err
}

// CreateWorkspace adds a tenant. CodeConflict when the id is taken.
func (db *DB) CreateWorkspace(ctx context.Context, id gateway.WorkspaceID, name string) error {
	_, err := db.write().exec(ctx, "creating workspace",
		`INSERT INTO workspaces (workspace_id, name, created_at) VALUES (?, ?, ?)`, id, clean(name), micros(db.now()))
	return err
}

// Connections returns the connections of all workspaces.
func (db *DB) Connections(ctx context.Context) ([]gateway.Connection, error) {
	return db.read().connections(ctx, `ORDER BY workspace_id, connection_id`)
}

// MemberByEmail returns the member with that address, in whatever workspace;
// addresses are unique over all of them. Disabled members are found too.
func (db *DB) MemberByEmail(ctx context.Context, email string) (gateway.Member, error) {
	row, found, err := one[memberRow](ctx, db.read(), "reading member", `SELECT `+memberColumns+` FROM members
		WHERE email = ?`, strings.ToLower(clean(email)))
	if err == nil && !found {
		err = notFound("There is no such member.")
	}
	return row.member(), err
}

// SessionByToken returns a session that has not expired, with its member, who
// is not disabled; else CodeNotFound.
func (db *DB) SessionByToken(ctx context.Context, tokenHash string) (gateway.Session, gateway.Member, error) {
	row, found, err := one[struct {
		memberRow
		TokenHash string `db:"token_hash"`
		StartedAt int64  `db:"started_at"`
		ExpiresAt int64  `db:"expires_at"`
	}](ctx, db.read(), "reading session", `SELECT s.token_hash, s.created_at AS started_at, s.expires_at,
			m.workspace_id, m.member_id, m.email, m.name, m.role, m.zone, m.password_hash, m.disabled, m.team, m.job_role, m.salesforce_user, m.created_at
		FROM sessions s JOIN members m ON m.workspace_id = s.workspace_id AND m.member_id = s.member_id
		WHERE s.token_hash = ? AND s.expires_at > ? AND NOT m.disabled`, clean(tokenHash), micros(db.now()))
	if err == nil && !found {
		err = notFound("The session has ended. Please sign in again.")
	}
	if err != nil {
		return gateway.Session{}, gateway.Member{}, err
	}
	member := row.member()
	return gateway.Session{
		TokenHash: row.TokenHash, MemberID: member.ID, Workspace: member.Workspace,
		CreatedAt: fromMicros(row.StartedAt), ExpiresAt: fromMicros(row.ExpiresAt),
	}, member, nil
}

// KeyByHash returns an API key that is not revoked, else CodeNotFound.
func (db *DB) KeyByHash(ctx context.Context, hash string) (gateway.APIKey, error) {
	row, found, err := one[keyRow](ctx, db.read(), "reading key", `SELECT `+keyColumns+` FROM api_keys
		WHERE hash = ? AND NOT revoked`, clean(hash))
	if err == nil && !found {
		err = notFound("This key is not known.")
	}
	if err != nil {
		return gateway.APIKey{}, err
	}
	return row.key()
}

// HookByID returns a hook of whatever workspace, disabled ones too, else
// CodeNotFound.
func (db *DB) HookByID(ctx context.Context, id string) (gateway.Hook, error) {
	return oneHook(ctx, db.read(), `hook_id = ?`, clean(id))
}

// Replanning is one replan that is running.
type Replanning struct {
	Workspace gateway.WorkspaceID `db:"workspace_id"`
	Job       gateway.ReplanJob   `db:"job"`
}

// Replanning lists what is being planned anew, over all workspaces.
func (db *DB) Replanning(ctx context.Context) ([]Replanning, error) {
	return list[Replanning](ctx, db.read(), "reading replans", `SELECT workspace_id, job FROM replan_jobs
		WHERE state = 'running' ORDER BY workspace_id, job DESC`)
}

// Subscribed lists the workspaces of which somebody is told of changes.
func (db *DB) Subscribed(ctx context.Context) ([]gateway.WorkspaceID, error) {
	return list[gateway.WorkspaceID](ctx, db.read(), "reading subscribers", `SELECT DISTINCT workspace_id FROM subscribers ORDER BY workspace_id`)
}
