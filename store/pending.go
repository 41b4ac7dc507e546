package store

import (
	"context"
	"errors"

	"tidegate/gateway"
)

var errNotYet = errors.New("not yet")

type (
	ctx = context.Context
	key = gateway.RecordKey
)

func (db *DB) Notifications(ctx ctx, f func(ws gateway.WorkspaceID, keys []gateway.RecordKey)) error {
	return errNotYet
}

func (db *DB) Notify(ctx ctx, ws gateway.WorkspaceID, keys []gateway.RecordKey) error {
	return errNotYet
}

func (db *DB) Workspaces(ctx ctx) ([]WorkspaceInfo, error) { return nil, errNotYet }

func (db *DB) CreateWorkspace(ctx ctx, id gateway.WorkspaceID, name string) error { return errNotYet }

func (db *DB) Connections(ctx ctx) ([]gateway.Connection, error) { return nil, errNotYet }

func (db *DB) MemberByEmail(ctx ctx, email string) (m gateway.Member, err error) { return m, errNotYet }

func (db *DB) SessionByToken(ctx ctx, tokenHash string) (s gateway.Session, m gateway.Member, err error) {
	return s, m, errNotYet
}
func (db *DB) KeyByHash(ctx ctx, hash string) (k gateway.APIKey, err error) { return k, errNotYet }

func (w *Workspace) Connection(ctx ctx) (c gateway.Connection, err error) { return c, errNotYet }
func (w *Workspace) SaveConnection(ctx ctx, c gateway.Connection) error   { return errNotYet }
func (w *Workspace) SetConnectionState(ctx ctx, id string, state gateway.ConnectionState, reason string) (changed bool, err error) {
	return false, errNotYet
}

func (w *Workspace) SetAPIUse(ctx ctx, id string, used, limit int) error { return errNotYet }

func (w *Workspace) SetTransport(ctx ctx, id, transport string) error { return errNotYet }

func (w *Workspace) SealedSecrets(ctx ctx, connectionID string) (sealed []byte, generation int64, err error) {
	return nil, 0, errNotYet
}

func (w *Workspace) SaveSecrets(ctx ctx, connectionID string, sealed []byte, generation int64) error {
	return errNotYet
}
func (w *Workspace) EraseSecrets(ctx ctx, connectionID string) error { return errNotYet }
func (w *Workspace) LockRefresh(ctx ctx, connectionID string, f func(ctx context.Context) error) error {
	return errNotYet
}

func (w *Workspace) Schema(ctx ctx, object string) (s gateway.Schema, err error) { return s, errNotYet }

func (w *Workspace) Schemas(ctx ctx) ([]gateway.Schema, error) { return nil, errNotYet }

func (w *Workspace) SaveSchemas(ctx ctx, s []gateway.Schema) error { return errNotYet }

func (w *Workspace) Settings(ctx ctx, scope string) (map[gateway.Tab]gateway.SettingRow, error) {
	return nil, errNotYet
}

func (w *Workspace) SaveSetting(ctx ctx, row gateway.SettingRow, ifRevision int64) (gateway.SettingRow, error) {
	return row, errNotYet
}

func (w *Workspace) Mappings(ctx ctx, object string) ([]gateway.Mapping, error) {
	return nil, errNotYet
}

func (w *Workspace) SaveMapping(ctx ctx, m gateway.Mapping) error { return errNotYet }

func (w *Workspace) Members(ctx ctx) ([]gateway.Member, error) { return nil, errNotYet }

func (w *Workspace) Member(ctx ctx, id string) (m gateway.Member, err error) { return m, errNotYet }

func (w *Workspace) CreateMember(ctx ctx, m gateway.Member) error { return errNotYet }

func (w *Workspace) UpdateMember(ctx ctx, m gateway.Member) error { return errNotYet }

func (w *Workspace) SetPassword(ctx ctx, id, hash string) error { return errNotYet }

func (w *Workspace) CreateSession(ctx ctx, s gateway.Session) error { return errNotYet }

func (w *Workspace) EndSession(ctx ctx, tokenHash string) error { return errNotYet }

func (w *Workspace) EndSessions(ctx ctx, memberID string) error { return errNotYet }

func (w *Workspace) Keys(ctx ctx) ([]gateway.APIKey, error) { return nil, errNotYet }

func (w *Workspace) CreateKey(ctx ctx, k gateway.APIKey) error { return errNotYet }

func (w *Workspace) RevokeKey(ctx ctx, id string) error { return errNotYet }

func (w *Workspace) TouchKey(ctx ctx, id string) error { return errNotYet }

func (w *Workspace) Links(ctx ctx, key key) ([]gateway.Link, error) { return nil, errNotYet }

func (w *Workspace) LinkOf(ctx ctx, kind, externalID string) (l gateway.Link, err error) {
	return l, errNotYet
}
func (w *Workspace) SaveLink(ctx ctx, l gateway.Link) error { return errNotYet }
func (w *Workspace) AllLinks(ctx ctx, after string, limit int) ([]gateway.Link, error) {
	return nil, errNotYet
}

func (w *Workspace) Person(ctx ctx, externalID string) (p gateway.Person, err error) {
	return p, errNotYet
}
func (w *Workspace) SavePerson(ctx ctx, p gateway.Person) error { return errNotYet }
func (w *Workspace) Audit(ctx ctx, e gateway.AuditEntry) error  { return errNotYet }
func (w *Workspace) AuditLog(ctx ctx, before int64, limit int) ([]gateway.AuditEntry, error) {
	return nil, errNotYet
}

func (w *Workspace) ObjectStatuses(ctx ctx) ([]gateway.ObjectStatus, error) { return nil, errNotYet }

func (w *Workspace) SaveObjectStatus(ctx ctx, s gateway.ObjectStatus) error { return errNotYet }

func (w *Workspace) Backfills(ctx ctx) ([]gateway.Backfill, error) { return nil, errNotYet }

func (w *Workspace) Backfill(ctx ctx, object string) (b gateway.Backfill, err error) {
	return b, errNotYet
}

func (w *Workspace) SaveBackfill(ctx ctx, b gateway.Backfill) error { return errNotYet }

func (w *Workspace) Quarantine(ctx ctx, limit int) ([]gateway.Quarantined, error) {
	return nil, errNotYet
}

func (w *Workspace) Refetches(ctx ctx, limit int) ([]gateway.RecordKey, error) { return nil, errNotYet }

func (tx *Tx) SaveConflicts(ctx ctx, c []gateway.Conflict) error { return errNotYet }

func (tx *Tx) SaveQuarantine(ctx ctx, q []gateway.Quarantined) error { return errNotYet }

func (tx *Tx) MarkRefetch(ctx ctx, keys []gateway.RecordKey, reason string) error { return errNotYet }

func (tx *Tx) ClearRefetch(ctx ctx, keys []gateway.RecordKey) error { return errNotYet }

func (tx *Tx) TouchObjects(ctx ctx, t map[string]ObjectTouch) error { return errNotYet }

func (tx *Tx) SaveLink(ctx ctx, l gateway.Link) error                { return errNotYet }
func (tx *Tx) SavePerson(ctx ctx, p gateway.Person) error            { return errNotYet }
func (tx *Tx) SaveBackfill(ctx ctx, b gateway.Backfill) error        { return errNotYet }
func (tx *Tx) RekeyRecord(ctx ctx, from, to gateway.RecordKey) error { return errNotYet }
func (tx *Tx) Audit(ctx ctx, e gateway.AuditEntry) error             { return errNotYet }
