package store

import (
	"context"
	"encoding/json"
	"fmt"

	"tidegate/gateway"
)

// CreateSession stores a session and drops those that have expired.
func (w *Workspace) CreateSession(ctx context.Context, s gateway.Session) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.exec(ctx, "dropping expired sessions",
			`DELETE FROM sessions WHERE workspace_id = ? AND expires_at <= ?`, tx.ws, micros(tx.now))
		if err != nil {
			return err
		}
		_, err = tx.exec(ctx, "creating session",
			`INSERT INTO sessions (workspace_id, token_hash, member_id, created_at, expires_at) VALUES (?, ?, ?, ?, ?)`,
			tx.ws, s.TokenHash, s.MemberID, micros(s.CreatedAt), micros(s.ExpiresAt))
		return err
	})
}

// EndSession ends one session; it is no error when it had ended.
func (w *Workspace) EndSession(ctx context.Context, tokenHash string) error {
	_, err := w.write.exec(ctx, "ending session",
		`DELETE FROM sessions WHERE workspace_id = ? AND token_hash = ?`, w.id, tokenHash)
	return err
}

// EndSessions ends all sessions of a member.
func (w *Workspace) EndSessions(ctx context.Context, memberID string) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error { return tx.endSessions(ctx, memberID) })
}

func (tx *Tx) endSessions(ctx context.Context, memberID string) error {
	_, err := tx.exec(ctx, "ending sessions",
		`DELETE FROM sessions WHERE workspace_id = ? AND member_id = ?`, tx.ws, memberID)
	return err
}

type keyRow struct {
	WorkspaceID string `db:"workspace_id"`
	KeyID       string `db:"key_id"`
	Name        string `db:"name"`
	Hash        string `db:"hash"`
	Prefix      string `db:"prefix"`
	Scopes      string `db:"scopes"`
	CreatedAt   int64  `db:"created_at"`
	CreatedBy   string `db:"created_by"`
	LastUsed    int64  `db:"last_used"`
	Revoked     bool   `db:"revoked"`
}

const keyColumns = `workspace_id, key_id, name, hash, prefix, scopes, created_at, created_by, last_used, revoked`

func (r keyRow) key() (gateway.APIKey, error) {
	k := gateway.APIKey{
		ID: r.KeyID, Workspace: gateway.WorkspaceID(r.WorkspaceID), Name: r.Name, Hash: r.Hash, Prefix: r.Prefix,
		CreatedAt: fromMicros(r.CreatedAt), CreatedBy: r.CreatedBy, LastUsed: fromMicros(r.LastUsed), Revoked: r.Revoked,
	}
	if err := json.Unmarshal([]byte(r.Scopes), &k.Scopes); err != nil {
		return k, fmt.Errorf("reading scopes of key %s: %w", r.KeyID, err)
	}
	return k, nil
}

// Keys returns the API keys, newest first, revoked ones too.
func (w *Workspace) Keys(ctx context.Context) ([]gateway.APIKey, error) {
	rows, err := list[keyRow](ctx, w.read, "reading keys", `SELECT `+keyColumns+` FROM api_keys
		WHERE workspace_id = ? ORDER BY created_at DESC, key_id`, w.id)
	if err != nil {
		return nil, err
	}
	out := make([]gateway.APIKey, 0, len(rows))
	for _, row := range rows {
		k, err := row.key()
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, nil
}

// CreateKey stores a key by its hash.
func (w *Workspace) CreateKey(ctx context.Context, k gateway.APIKey) error {
	if k.CreatedAt.IsZero() {
		k.CreatedAt = w.db.now()
	}
	_, err := w.write.execRow(ctx, "creating key", `INSERT INTO api_keys (`+keyColumns+`)
		VALUES (:workspace_id, :key_id, :name, :hash, :prefix, :scopes, :created_at, :created_by, :last_used, :revoked)`,
		keyRow{
			WorkspaceID: string(w.id), KeyID: k.ID, Name: clean(k.Name), Hash: k.Hash, Prefix: k.Prefix,
			Scopes: writeJSON(k.Scopes), CreatedAt: micros(k.CreatedAt), CreatedBy: clean(k.CreatedBy),
			LastUsed: micros(k.LastUsed), Revoked: k.Revoked,
		})
	return err
}

// RevokeKey makes a key useless; it stays in the list.
func (w *Workspace) RevokeKey(ctx context.Context, id string) error {
	n, err := w.write.exec(ctx, "revoking key", `UPDATE api_keys SET revoked = ?
		WHERE workspace_id = ? AND key_id = ?`, true, w.id, id)
	if err == nil && n == 0 {
		err = notFound("There is no such key.")
	}
	return err
}

// TouchKey records that a key was used, to the minute: a write for every
// request would cost more than the requests.
func (w *Workspace) TouchKey(ctx context.Context, id string) error {
	now := micros(w.db.now())
	_, err := w.write.exec(ctx, "touching key", `UPDATE api_keys SET last_used = ?
		WHERE workspace_id = ? AND key_id = ? AND last_used < ?`, now, w.id, id, now-60_000_000)
	return err
}
