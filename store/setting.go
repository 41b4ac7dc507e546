package store

import (
	"context"

	"tidegate/gateway"
)

type settingRow struct {
	Scope    string `db:"scope"`
	Tab      string `db:"tab"`
	Revision int64  `db:"revision"`
	Body     string `db:"body"`
	ByName   string `db:"by_name"`
	ByID     string `db:"by_id"`
	At       int64  `db:"at"`
}

const settingColumns = `scope, tab, revision, body, by_name, by_id, at`

func (r settingRow) setting() gateway.SettingRow {
	return gateway.SettingRow{
		Scope: r.Scope, Tab: gateway.Tab(r.Tab), Revision: r.Revision, Body: []byte(r.Body),
		By: r.ByName, ByID: r.ByID, At: fromMicros(r.At),
	}
}

// Settings returns the saved tabs of a scope; a tab that was never saved is
// absent.
func (w *Workspace) Settings(ctx context.Context, scope string) (map[gateway.Tab]gateway.SettingRow, error) {
	return settingsOf(ctx, w.read, w.id, scope)
}

// SettingsOf is Settings of two scopes at one moment, by scope.
func (w *Workspace) SettingsOf(ctx context.Context, a, b string) (map[string]map[gateway.Tab]gateway.SettingRow, error) {
	rows, err := list[settingRow](ctx, w.read, "reading settings", newestSettings+`scope IN (?, ?)`, w.id, a, b)
	out := map[string]map[gateway.Tab]gateway.SettingRow{a: {}, b: {}}
	for _, row := range rows {
		out[row.Scope][gateway.Tab(row.Tab)] = row.setting()
	}
	return out, err
}

func settingsOf(ctx context.Context, on runner, ws gateway.WorkspaceID, scope string) (map[gateway.Tab]gateway.SettingRow, error) {
	rows, err := list[settingRow](ctx, on, "reading settings", newestSettings+`scope = ?`, ws, scope)
	out := make(map[gateway.Tab]gateway.SettingRow, len(rows))
	for _, row := range rows {
		out[gateway.Tab(row.Tab)] = row.setting()
	}
	return out, err
}

// newestSettings selects the newest revision of each tab, of scopes to be named.
const newestSettings = `SELECT ` + settingColumns + ` FROM settings s
	WHERE workspace_id = ? AND revision = (SELECT MAX(revision) FROM settings
		WHERE workspace_id = s.workspace_id AND scope = s.scope AND tab = s.tab) AND `

// OwnSettings returns the newest saved state of a tab in every scope but the
// organization's: what members have chosen for themselves, or was chosen for
// them.
func (w *Workspace) OwnSettings(ctx context.Context, tab gateway.Tab) ([]gateway.SettingRow, error) {
	rows, err := list[settingRow](ctx, w.read, "reading settings", newestSettings+`scope <> ? AND tab = ? ORDER BY scope`,
		w.id, gateway.OrgScope, string(tab))
	out := make([]gateway.SettingRow, 0, len(rows))
	for _, row := range rows {
		out = append(out, row.setting())
	}
	return out, err
}

// SettingHistory returns all revisions of a tab, newest first.
func (w *Workspace) SettingHistory(ctx context.Context, scope string, tab gateway.Tab) ([]gateway.SettingRow, error) {
	rows, err := list[settingRow](ctx, w.read, "reading settings", `SELECT `+settingColumns+` FROM settings
		WHERE workspace_id = ? AND scope = ? AND tab = ? ORDER BY revision DESC`, w.id, scope, string(tab))
	out := make([]gateway.SettingRow, 0, len(rows))
	for _, row := range rows {
		out = append(out, row.setting())
	}
	return out, err
}

// SaveSetting saves row as the revision after ifRevision, the one that the
// person saw (0 = none). CodeConflict when there is a newer one. It returns
// the row as saved, with its revision and time.
func (w *Workspace) SaveSetting(ctx context.Context, row gateway.SettingRow, ifRevision int64) (saved gateway.SettingRow, err error) {
	err = w.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		saved, err = tx.SaveSetting(ctx, row, ifRevision)
		return err
	})
	return saved, err
}

// LockSettings returns the saved tabs of a scope as they stay until this
// transaction ends: whoever saves settings of the workspace waits for it. So
// what one scope allows another (the organization's lock) is decided in the
// order in which both are saved.
func (tx *Tx) LockSettings(ctx context.Context, scope string) (map[gateway.Tab]gateway.SettingRow, error) {
	if err := tx.lock(ctx, "settings", gateway.RecordKey{}); err != nil {
		return nil, err
	}
	return settingsOf(ctx, tx.runner, tx.ws, scope)
}

// SaveSetting is Workspace.SaveSetting in this transaction.
func (tx *Tx) SaveSetting(ctx context.Context, row gateway.SettingRow, ifRevision int64) (gateway.SettingRow, error) {
	if err := tx.lock(ctx, "settings", gateway.RecordKey{}); err != nil {
		return row, err
	}
	row.Revision, row.At = ifRevision+1, tx.now
	newest, _, err := one[int64](ctx, tx.runner, "reading revision", `SELECT COALESCE(MAX(revision), 0) FROM settings
		WHERE workspace_id = ? AND scope = ? AND tab = ?`, tx.ws, row.Scope, string(row.Tab))
	if err != nil {
		return row, err
	}
	if newest != ifRevision {
		return row, gateway.Errorf(gateway.CodeConflict, "Somebody else saved these settings meanwhile. Look at them again, then save.")
	}
	_, err = tx.exec(ctx, "saving settings", `INSERT INTO settings (workspace_id, `+settingColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, tx.ws, row.Scope, string(row.Tab), row.Revision, clean(string(row.Body)),
		clean(row.By), row.ByID, micros(row.At))
	return row, err
}
