package store

import (
	"context"
	"fmt"
	"time"

	"tidegate/gateway"
)

type writingRow struct {
	WorkspaceID string `db:"workspace_id"`
	Kind        string `db:"kind"`
	ExternalID  string `db:"external_id"`
	Part        string `db:"part"`
	Object      string `db:"object"`
	RecordID    string `db:"record_id"`
	Wanted      string `db:"wanted"`
	Reason      string `db:"reason"`
	Omitted     string `db:"omitted"`
	LogID       int64  `db:"log_id"`
	At          int64  `db:"at"`
}

const writingColumns = `workspace_id, kind, external_id, part, object, record_id, wanted, reason, omitted, log_id, at`

func (r runner) writings(ctx context.Context, query string, args ...any) ([]gateway.Writing, error) {
	rows, err := list[writingRow](ctx, r, "reading writings", `SELECT `+writingColumns+` FROM writings `+query, args...)
	if err != nil {
		return nil, err
	}
	out := make([]gateway.Writing, 0, len(rows))
	for _, row := range rows {
		w := gateway.Writing{
			Kind: row.Kind, ExternalID: row.ExternalID, Part: row.Part,
			Key:    gateway.RecordKey{Object: row.Object, ID: row.RecordID},
			Reason: row.Reason, Omitted: row.Omitted, LogID: row.LogID, At: fromMicros(row.At),
		}
		if w.Wanted, err = parseFields(row.Wanted); err != nil {
			return nil, fmt.Errorf("reading what %s %s wrote: %w", row.Kind, row.Part, err)
		}
		out = append(out, w)
	}
	return out, nil
}

// Writings returns what something said here has become in Salesforce, and what
// of it was omitted, by part.
func (w *Workspace) Writings(ctx context.Context, kind, externalID string) ([]gateway.Writing, error) {
	return w.read.writings(ctx, `WHERE workspace_id = ? AND kind = ? AND external_id = ? ORDER BY part`, w.id, kind, externalID)
}

// WritingsFor is Writings for several things of one kind, by their ids, with the
// entries of the outbox that still wait for any of their records.
func (w *Workspace) WritingsFor(ctx context.Context, kind string, ids []string) (map[string][]gateway.Writing, map[gateway.RecordKey]gateway.Change, error) {
	all, err := w.read.writings(ctx, `WHERE workspace_id = ? AND kind = ? AND external_id`+w.db.dialect.among+` ORDER BY external_id, part`,
		w.id, kind, w.db.dialect.list(ids))
	if err != nil {
		return nil, nil, err
	}
	out, records := map[string][]gateway.Writing{}, []string{}
	for _, one := range all {
		out[one.ExternalID] = append(out[one.ExternalID], one)
		if one.Key.ID != "" {
			records = append(records, one.Key.ID)
		}
	}
	changes, err := w.changes(ctx, "reading changes", `SELECT `+outboxColumns+` FROM outbox
		WHERE workspace_id = ? AND record_id`+w.db.dialect.among, w.id, w.db.dialect.list(records))
	pending := make(map[gateway.RecordKey]gateway.Change, len(changes))
	for _, c := range changes {
		pending[c.Key] = c
	}
	return out, pending, err
}

// WritingsOf returns what here has become that record, or wrote into it.
func (w *Workspace) WritingsOf(ctx context.Context, key gateway.RecordKey) ([]gateway.Writing, error) {
	return w.read.writings(ctx, `WHERE workspace_id = ? AND object = ? AND record_id = ? ORDER BY at, kind, external_id, part`, w.id, key.Object, key.ID)
}

// ContactsSince counts the contacts that meetings were to create since then.
func (w *Workspace) ContactsSince(ctx context.Context, since time.Time) (int, error) {
	n, _, err := one[int](ctx, w.read, "counting contacts", `SELECT COUNT(*) FROM writings
		WHERE workspace_id = ? AND object = 'Contact' AND at >= ? AND omitted = '' AND part LIKE 'contact:%'`, w.id, micros(since))
	return n, err
}

// Writings is Workspace.Writings in this transaction.
func (tx *Tx) Writings(ctx context.Context, kind, externalID string) ([]gateway.Writing, error) {
	return tx.writings(ctx, `WHERE workspace_id = ? AND kind = ? AND external_id = ? ORDER BY part`, tx.ws, kind, externalID)
}

// SaveWriting saves one part, new or not. At stays as it was first saved, but
// a part that was omitted before begins when it gets its record: ContactsSince
// counts by it.
func (tx *Tx) SaveWriting(ctx context.Context, w gateway.Writing) error {
	if w.At.IsZero() {
		w.At = tx.now
	}
	_, err := tx.execRow(ctx, "saving writing", `INSERT INTO writings (`+writingColumns+`)
		VALUES (:workspace_id, :kind, :external_id, :part, :object, :record_id, :wanted, :reason, :omitted, :log_id, :at)
		ON CONFLICT (workspace_id, kind, external_id, part) DO UPDATE SET
		object = excluded.object, record_id = excluded.record_id, wanted = excluded.wanted, reason = excluded.reason,
		omitted = excluded.omitted, log_id = excluded.log_id,
		at = CASE WHEN writings.record_id = '' THEN excluded.at ELSE writings.at END`, writingRow{
		WorkspaceID: string(tx.ws), Kind: w.Kind, ExternalID: w.ExternalID, Part: w.Part, Object: w.Key.Object, RecordID: w.Key.ID,
		Wanted: fieldsText(w.Wanted), Reason: clean(w.Reason), Omitted: clean(w.Omitted), LogID: w.LogID, At: micros(w.At),
	})
	return err
}

// DropOmission forgets why a part of something became nothing: it is planned now.
// What became a record stays.
func (tx *Tx) DropOmission(ctx context.Context, kind, externalID, part string) error {
	_, err := tx.exec(ctx, "dropping an omission", `DELETE FROM writings
		WHERE workspace_id = ? AND kind = ? AND external_id = ? AND part = ? AND record_id = ''`, tx.ws, kind, externalID, part)
	return err
}

// Given is Tx.Given outside of a transaction.
func (w *Workspace) Given(ctx context.Context, localIDs []string) (map[string]gateway.RecordKey, error) {
	return given(ctx, w.read, w.id, localIDs)
}

// Given returns the records that Salesforce numbered, by the local ids under
// which we created them; those that it has not numbered yet are absent.
func (tx *Tx) Given(ctx context.Context, localIDs []string) (map[string]gateway.RecordKey, error) {
	return given(ctx, tx.runner, tx.ws, localIDs)
}

func given(ctx context.Context, r runner, ws gateway.WorkspaceID, localIDs []string) (map[string]gateway.RecordKey, error) {
	out := map[string]gateway.RecordKey{}
	if len(localIDs) == 0 {
		return out, nil
	}
	rows, err := list[struct {
		LocalID  string `db:"local_id"`
		Object   string `db:"object"`
		RecordID string `db:"record_id"`
	}](ctx, r, "reading local ids", `SELECT local_id, object, record_id FROM local_ids
		WHERE workspace_id = ? AND local_id`+r.dialect.among, ws, r.dialect.list(localIDs))
	for _, row := range rows {
		out[row.LocalID] = gateway.RecordKey{Object: row.Object, ID: row.RecordID}
	}
	return out, err
}

// Owing is Tx.Owing outside of a transaction.
func (w *Workspace) Owing(ctx context.Context, ids []string) (map[string]gateway.Change, error) {
	return owing(ctx, w.read, w.id, ids)
}

// Owing returns the entries that wait under these ids, whatever their object.
func (tx *Tx) Owing(ctx context.Context, ids []string) (map[string]gateway.Change, error) {
	return owing(ctx, tx.runner, tx.ws, ids)
}

func owing(ctx context.Context, r runner, ws gateway.WorkspaceID, ids []string) (map[string]gateway.Change, error) {
	out := map[string]gateway.Change{}
	if len(ids) == 0 {
		return out, nil
	}
	changes, err := r.changes(ctx, "reading changes", `SELECT `+outboxColumns+` FROM outbox
		WHERE workspace_id = ? AND record_id`+r.dialect.among, ws, r.dialect.list(ids))
	for _, c := range changes {
		out[c.Key.ID] = c
	}
	return out, err
}
