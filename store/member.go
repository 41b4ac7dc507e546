package store

import (
	"context"
	"strings"

	"tidegate/gateway"
)

type memberRow struct {
	WorkspaceID  string `db:"workspace_id"`
	MemberID     string `db:"member_id"`
	Email        string `db:"email"`
	Name         string `db:"name"`
	Role         string `db:"role"`
	Zone         string `db:"zone"`
	PasswordHash string `db:"password_hash"`
	Disabled     bool   `db:"disabled"`
	Team         string `db:"team"`
	JobRole      string `db:"job_role"`
	User         string `db:"salesforce_user"`
	CreatedAt    int64  `db:"created_at"`
}

const memberColumns = `workspace_id, member_id, email, name, role, zone, password_hash, disabled, team, job_role, salesforce_user, created_at`

func (r memberRow) member() gateway.Member {
	return gateway.Member{
		ID: r.MemberID, Workspace: gateway.WorkspaceID(r.WorkspaceID), Email: r.Email, Name: r.Name,
		Role: gateway.Role(r.Role), Zone: r.Zone, PasswordHash: r.PasswordHash, Disabled: r.Disabled, Team: r.Team, JobRole: r.JobRole,
		SalesforceUser: r.User, CreatedAt: fromMicros(r.CreatedAt),
	}
}

func (w *Workspace) rowOfMember(m gateway.Member) memberRow {
	if m.CreatedAt.IsZero() {
		m.CreatedAt = w.db.now()
	}
	return memberRow{
		WorkspaceID: string(w.id), MemberID: m.ID, Email: strings.ToLower(m.Email), Name: clean(m.Name), Role: string(m.Role),
		Zone: m.Zone, PasswordHash: m.PasswordHash, Disabled: m.Disabled, Team: clean(m.Team), JobRole: clean(m.JobRole), User: clean(m.SalesforceUser), CreatedAt: micros(m.CreatedAt),
	}
}

// Members returns the members in the order of their names.
func (w *Workspace) Members(ctx context.Context) ([]gateway.Member, error) {
	rows, err := list[memberRow](ctx, w.read, "reading members", `SELECT `+memberColumns+` FROM members
		WHERE workspace_id = ? ORDER BY name, member_id`, w.id)
	out := make([]gateway.Member, 0, len(rows))
	for _, row := range rows {
		out = append(out, row.member())
	}
	return out, err
}

// Member returns one member, CodeNotFound when there is none.
func (w *Workspace) Member(ctx context.Context, id string) (gateway.Member, error) {
	row, found, err := one[memberRow](ctx, w.read, "reading member", `SELECT `+memberColumns+` FROM members
		WHERE workspace_id = ? AND member_id = ?`, w.id, id)
	if err == nil && !found {
		err = notFound("There is no such member.")
	}
	return row.member(), err
}

// CreateMember adds a member. CodeConflict when the address is taken, in
// whatever workspace.
func (w *Workspace) CreateMember(ctx context.Context, m gateway.Member) error {
	_, err := w.write.execRow(ctx, "creating member", `INSERT INTO members (`+memberColumns+`)
		VALUES (:workspace_id, :member_id, :email, :name, :role, :zone, :password_hash, :disabled, :team, :job_role, :salesforce_user, :created_at)`,
		w.rowOfMember(m))
	return err
}

// UpdateMember saves everything but the password and CreatedAt. Disabling ends
// the member's sessions.
func (w *Workspace) UpdateMember(ctx context.Context, m gateway.Member) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		n, err := tx.execRow(ctx, "updating member", `UPDATE members SET
				email = :email, name = :name, role = :role, zone = :zone, disabled = :disabled, team = :team, job_role = :job_role, salesforce_user = :salesforce_user
			WHERE workspace_id = :workspace_id AND member_id = :member_id`, w.rowOfMember(m))
		if err == nil && n == 0 {
			err = notFound("There is no such member.")
		}
		if err != nil || !m.Disabled {
			return err
		}
		return tx.endSessions(ctx, m.ID)
	})
}

// SetPassword saves the hash and ends the member's sessions: who knew the old
// password may hold one.
func (w *Workspace) SetPassword(ctx context.Context, id, hash string) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		n, err := tx.exec(ctx, "setting password", `UPDATE members SET password_hash = ?
			WHERE workspace_id = ? AND member_id = ?`, hash, tx.ws, id)
		if err == nil && n == 0 {
			err = notFound("There is no such member.")
		}
		if err != nil {
			return err
		}
		return tx.endSessions(ctx, id)
	})
}
