package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"tidegate/gateway"
)

const historyColumns = `id, object, record_id, commit_at, commit_number, sequence, change_type, outcome, reason,
	fields, before_fields, transaction_key, user_id, origin, at, label`

// AppendHistory appends observed changes in one or few statements. Entries
// without an id get one, in order; an At of zero becomes the transaction's
// time. The ids are written into entries.
func (tx *Tx) AppendHistory(ctx context.Context, entries []gateway.HistoryEntry) error {
	for i := range entries {
		if entries[i].ID == 0 {
			entries[i].ID = tx.db.ids.draw(tx.now)
		}
		if entries[i].At.IsZero() {
			entries[i].At = tx.now
		}
	}
	return tx.many(ctx, appendHistory, len(entries), func(args []any, i int) []any {
		e := &entries[i]
		return append(args, string(tx.ws), e.ID, e.Key.Object, e.Key.ID,
			e.Version.CommitAt, e.Version.CommitNumber, e.Version.Sequence,
			string(e.Type), string(e.Outcome), clean(e.Reason), fieldsText(e.Fields), fieldsText(e.Before),
			clean(e.TransactionKey), clean(e.User), clean(e.Origin), micros(e.At), clean(e.Label))
	})
}

var appendHistory = insert{
	doing: "appending history",
	head:  `INSERT INTO record_history (workspace_id, ` + historyColumns + `)`,
	width: 17,
}

// HistorySince returns, of each record, the entries that are not surely older
// than the given version, oldest first. It serves the rare late event.
func (tx *Tx) HistorySince(ctx context.Context, since map[gateway.RecordKey]gateway.Version) (map[gateway.RecordKey][]gateway.HistoryEntry, error) {
	out := make(map[gateway.RecordKey][]gateway.HistoryEntry, len(since))
	keys := make([]gateway.RecordKey, 0, len(since))
	var oldest int64 = 1<<63 - 1
	for key, version := range since {
		keys = append(keys, key)
		oldest = min(oldest, version.CommitAt)
	}
	err := tx.perObject(keys, func(object string, ids any) error {
		entries, err := tx.history(ctx, "reading history", `SELECT `+historyColumns+` FROM `+tx.dialect.history+`
			WHERE workspace_id = ? AND object = ? AND record_id`+tx.dialect.among+` AND commit_at >= ?`+tx.dialect.eras+`
			ORDER BY commit_at, commit_number, sequence, id`, tx.ws, object, ids, oldest)
		for _, e := range entries {
			if !e.Version.Before(since[e.Key]) {
				out[e.Key] = append(out[e.Key], e)
			}
		}
		return err
	})
	return out, err
}

// History returns the observed changes of one record, newest first; beforeID
// continues an earlier page, 0 starts.
func (w *Workspace) History(ctx context.Context, key gateway.RecordKey, limit int, beforeID int64) ([]gateway.HistoryEntry, error) {
	if limit <= 0 {
		limit = pageSize
	}
	if beforeID <= 0 {
		beforeID = 1<<63 - 1
	}
	// The ids first, which the index has: entries of a record lie far apart.
	return w.history(ctx, "reading history", `SELECT `+historyColumns+` FROM record_history
		WHERE workspace_id = ? AND id IN (SELECT id FROM `+w.db.dialect.history+`
			WHERE workspace_id = ? AND object = ? AND record_id = ? AND id < ?`+w.db.dialect.eras+` ORDER BY id DESC LIMIT ?)
		ORDER BY id DESC`, w.id, w.id, key.Object, key.ID, beforeID, limit)
}

// WholeHistory returns all observed changes of one record, in the order in
// which they arrived.
func (w *Workspace) WholeHistory(ctx context.Context, key gateway.RecordKey) ([]gateway.HistoryEntry, error) {
	return w.history(ctx, "reading history", `SELECT `+historyColumns+` FROM `+w.db.dialect.history+`
		WHERE workspace_id = ? AND object = ? AND record_id = ?`+w.db.dialect.eras+` ORDER BY id`, w.id, key.Object, key.ID)
}

// history reads rows of historyColumns.
func (r runner) history(ctx context.Context, doing, query string, args ...any) ([]gateway.HistoryEntry, error) {
	var out []gateway.HistoryEntry
	err := r.each(ctx, doing, func(rows *sql.Rows) error {
		e, err := scanHistory(rows)
		out = append(out, e)
		return err
	}, query, args...)
	return out, err
}

// scanHistory reads historyColumns, and whatever follows them into more.
func scanHistory(rows *sql.Rows, more ...any) (gateway.HistoryEntry, error) {
	var (
		e              gateway.HistoryEntry
		fields, before string
		at             int64
	)
	into := append([]any{
		&e.ID, &e.Key.Object, &e.Key.ID, &e.Version.CommitAt, &e.Version.CommitNumber, &e.Version.Sequence,
		&e.Type, &e.Outcome, &e.Reason, &fields, &before, &e.TransactionKey, &e.User, &e.Origin, &at, &e.Label,
	}, more...)
	err := rows.Scan(into...)
	if err != nil {
		return e, err
	}
	e.At = fromMicros(at)
	if e.Fields, err = parseFields(fields); err != nil {
		return e, fmt.Errorf("history %d: %w", e.ID, err)
	}
	if e.Before, err = parseFields(before); err != nil {
		return e, fmt.Errorf("history %d: %w", e.ID, err)
	}
	return e, nil
}

// FieldChanges counts per field how often it changed since a moment among the
// newest observed changes of the workspace; a long history is not read to its
// end, so the counts are at least this many.
func (w *Workspace) FieldChanges(ctx context.Context, object string, since time.Time) (map[string]int, error) {
	rows, err := list[string](ctx, w.read, "counting changes of fields", `SELECT fields FROM
		(SELECT id, object, fields, at FROM record_history WHERE workspace_id = ? ORDER BY id DESC LIMIT ?) h
		WHERE object = ? AND at >= ?`, w.id, recentWithin, object, micros(since))
	out := map[string]int{}
	for _, text := range rows {
		fields, err := parseFields(text)
		if err != nil {
			return out, err
		}
		for name := range fields {
			out[name]++
		}
	}
	return out, err
}

// erasOf is eras where the table is that of the history.
func (d *dialect) erasOf(table string) string {
	if table != "record_history" {
		return ""
	}
	return d.eras
}
