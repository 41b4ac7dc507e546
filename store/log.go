package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"tidegate/gateway"
)

type logRow struct {
	ID        int64  `db:"id"`
	At        int64  `db:"at"`
	Direction string `db:"direction"`
	Object    string `db:"object"`
	RecordID  string `db:"record_id"`
	Label     string `db:"label"`
	What      string `db:"what"`
	Rule      string `db:"rule"`
	State     string `db:"state"`
	Attempt   int    `db:"attempt"`
	NextTry   int64  `db:"next_try"`
	ByName    string `db:"by_name"`
	Problem   string `db:"problem"`
	Fields    string `db:"fields"`
	Before    string `db:"before_fields"`
	Took      int64  `db:"took"`
	DoneAt    int64  `db:"done_at"`
	Cause     string `db:"cause"`
}

const logColumns = `id, at, direction, object, record_id, label, what, rule, state, attempt, next_try, by_name,
	problem, fields, before_fields, took, done_at, cause`

// logKeys are columns that only conditions read: parts of the problem and of
// the cause.
const logKeys = `, problem_code, cause_kind, cause_ref`

func (r logRow) entry() (gateway.LogEntry, error) {
	e := gateway.LogEntry{
		ID: r.ID, At: fromMicros(r.At), Direction: r.Direction,
		Key: gateway.RecordKey{Object: r.Object, ID: r.RecordID}, Label: r.Label, What: r.What, Rule: r.Rule,
		State: gateway.LogState(r.State), Attempt: r.Attempt, NextTry: fromMicros(r.NextTry), By: r.ByName,
		Took: time.Duration(r.Took) * time.Microsecond, DoneAt: fromMicros(r.DoneAt),
	}
	var err error
	if e.Fields, err = parseFields(r.Fields); err != nil {
		return e, fmt.Errorf("log line %d: %w", r.ID, err)
	}
	if e.Before, err = parseFields(r.Before); err != nil {
		return e, fmt.Errorf("log line %d: %w", r.ID, err)
	}
	if err = readJSON(r.Problem, &e.Problem); err == nil {
		err = readJSON(r.Cause, &e.Cause)
	}
	return e, err
}

func appendLogArgs(args []any, e *gateway.LogEntry) []any {
	return append(args, e.ID, micros(e.At), e.Direction, e.Key.Object, e.Key.ID, clean(e.Label), clean(e.What),
		clean(e.Rule), string(e.State), int64(e.Attempt), micros(e.NextTry), clean(e.By), writeJSON(e.Problem),
		fieldsText(e.Fields), fieldsText(e.Before), e.Took.Microseconds(), micros(e.DoneAt),
		writeJSON(e.Cause), e.Problem.Code, e.Cause.Kind, clean(e.Cause.Ref))
}

var appendLog = insert{
	doing: "appending to the sync log",
	head:  `INSERT INTO sync_log (workspace_id, ` + logColumns + logKeys + `)`,
	width: 22,
}

// AppendLog appends lines and returns their ids. An At of zero becomes the
// transaction's time.
func (tx *Tx) AppendLog(ctx context.Context, entries []gateway.LogEntry) ([]int64, error) {
	drawn := make([]int64, len(entries))
	for i := range entries {
		if entries[i].ID == 0 {
			entries[i].ID = tx.db.ids.draw(tx.now)
		}
		if entries[i].At.IsZero() {
			entries[i].At = tx.now
		}
		drawn[i] = entries[i].ID
	}
	err := tx.many(ctx, appendLog, len(entries), func(args []any, i int) []any {
		return appendLogArgs(append(args, string(tx.ws)), &entries[i])
	})
	return drawn, err
}

// UpdateLog rewrites the line with the id of e, all but its At. CodeNotFound
// when there is none.
func (tx *Tx) UpdateLog(ctx context.Context, e gateway.LogEntry) error {
	n, err := tx.exec(ctx, "updating the sync log", `UPDATE sync_log SET
			direction = ?, object = ?, record_id = ?, label = ?, what = ?, rule = ?, state = ?, attempt = ?,
			next_try = ?, by_name = ?, problem = ?, fields = ?, before_fields = ?, took = ?, done_at = ?,
			cause = ?, problem_code = ?, cause_kind = ?, cause_ref = ?
		WHERE workspace_id = ? AND id = ?`,
		append(appendLogArgs(nil, &e)[2:], tx.ws, e.ID)...)
	if err == nil && n == 0 {
		err = notFound("There is no line %d in the sync log.", e.ID)
	}
	return err
}

// UpdateLogs is UpdateLog for lines that are there: one statement for many.
func (tx *Tx) UpdateLogs(ctx context.Context, entries []gateway.LogEntry) error {
	return tx.many(ctx, updateLogs, len(entries), func(args []any, i int) []any {
		return appendLogArgs(append(args, string(tx.ws)), &entries[i])
	})
}

var updateLogs = insert{
	doing: "updating the sync log",
	head:  appendLog.head,
	tail: `ON CONFLICT (workspace_id, id) DO UPDATE SET
		direction = excluded.direction, object = excluded.object, record_id = excluded.record_id, label = excluded.label,
		what = excluded.what, rule = excluded.rule, state = excluded.state, attempt = excluded.attempt,
		next_try = excluded.next_try, by_name = excluded.by_name, problem = excluded.problem, fields = excluded.fields,
		before_fields = excluded.before_fields, took = excluded.took, done_at = excluded.done_at, cause = excluded.cause,
		problem_code = excluded.problem_code, cause_kind = excluded.cause_kind, cause_ref = excluded.cause_ref`,
	width: 22,
}

// LogLineByID returns one line of either kind.
func (w *Workspace) LogLineByID(ctx context.Context, id int64) (LogLine, error) {
	row, found, err := one[logRow](ctx, w.read, "reading log line",
		`SELECT `+logColumns+` FROM sync_log WHERE workspace_id = ? AND id = ?`, w.id, id)
	if err != nil {
		return LogLine{}, err
	}
	if found {
		entry, err := row.entry()
		if err != nil {
			return LogLine{}, err
		}
		return w.seenLine(ctx, id, []LogLine{{Entry: entry}})
	}
	lines, err := w.inboundLines(ctx, "workspace_id = ? AND id = ?", w.id, id)
	if err != nil {
		return LogLine{}, err
	}
	return w.seenLine(ctx, id, lines)
}

// seenLine is the line if there is one that may be seen.
func (w *Workspace) seenLine(ctx context.Context, id int64, lines []LogLine) (LogLine, error) {
	lines, err := w.seenLines(ctx, lines)
	if err == nil && len(lines) == 0 {
		err = notFound("There is no line %d in the sync log.", id)
	}
	if err != nil {
		return LogLine{}, err
	}
	return lines[0], nil
}

// Written goes through what was written to a record from here, newest first,
// until more says that it has seen enough; at most limit lines. One query, which
// walks an index of its own.
func (w *Workspace) Written(ctx context.Context, key gateway.RecordKey, limit int, more func(gateway.LogEntry) bool) error {
	more, err := w.seenWritten(ctx, key, more)
	if err != nil || more == nil {
		return err
	}
	enough := false
	err = w.read.each(ctx, "reading what was written", func(rows *sql.Rows) error {
		var row logRow
		if err := rows.Scan(&row.ID, &row.What, &row.Rule, &row.ByName, &row.Fields, &row.Before, &row.Cause, &row.At); err != nil {
			return err
		}
		row.Direction, row.State, row.Object, row.RecordID, row.Problem = "out", string(gateway.LogDone), key.Object, key.ID, "{}"
		line, err := row.entry()
		if err == nil && !more(line) {
			enough, err = true, errEnough
		}
		return err
	}, `SELECT id, what, rule, by_name, fields, before_fields, cause, at FROM sync_log
		WHERE workspace_id = ? AND object = ? AND record_id = ? AND direction = 'out' AND state = 'done'
		ORDER BY id DESC LIMIT ?`, w.id, key.Object, key.ID, limit)
	if enough {
		return nil
	}
	return err
}

// errEnough ends a walk over rows early.
var errEnough = errors.New("enough was read")

// CountWritten counts the lines since a time whose writes Salesforce took.
func (w *Workspace) CountWritten(ctx context.Context, since time.Time) (int, error) {
	// Ids are time-ordered: the walk begins at the first of them.
	n, _, err := one[int](ctx, w.read, "counting writes", `SELECT COUNT(*) FROM sync_log
		WHERE workspace_id = ? AND id >= ? AND direction = 'out' AND state = ?`,
		w.id, idAt(since), string(gateway.LogDone))
	return n, err
}
