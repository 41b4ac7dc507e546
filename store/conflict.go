package store

import (
	"context"
	"time"

	"tidegate/gateway"
)

type conflictRow struct {
	ID           int64  `db:"id"`
	At           int64  `db:"at"`
	Object       string `db:"object"`
	RecordID     string `db:"record_id"`
	Field        string `db:"field"`
	Base         string `db:"base_value"`
	Theirs       string `db:"theirs"`
	Ours         string `db:"ours"`
	CommitAt     int64  `db:"commit_at"`
	CommitNumber int64  `db:"commit_number"`
	Sequence     int32  `db:"sequence"`
	TheirsBy     string `db:"theirs_by"`
	OursAt       int64  `db:"ours_at"`
	OursBy       string `db:"ours_by"`
	Winner       string `db:"winner"`
	Reason       string `db:"reason"`
	Kept         string `db:"kept"`
	Choice       string `db:"choice"`
	ChosenValue  string `db:"chosen_value"`
	ChosenBy     string `db:"chosen_by"`
	ChosenAt     int64  `db:"chosen_at"`
	ChosenWhy    string `db:"chosen_why"`
}

const conflictColumns = `id, at, object, record_id, field, base_value, theirs, ours, commit_at, commit_number,
	sequence, theirs_by, ours_at, ours_by, winner, reason, kept, choice, chosen_value, chosen_by, chosen_at, chosen_why`

func (r conflictRow) conflict() gateway.Conflict {
	return gateway.Conflict{
		ID: r.ID, At: fromMicros(r.At), Key: gateway.RecordKey{Object: r.Object, ID: r.RecordID}, Field: r.Field,
		Base: gateway.Value(r.Base), Theirs: gateway.Value(r.Theirs), Ours: gateway.Value(r.Ours),
		TheirsAt: gateway.Version{CommitAt: r.CommitAt, CommitNumber: r.CommitNumber, Sequence: r.Sequence},
		TheirsBy: r.TheirsBy, OursAt: fromMicros(r.OursAt), OursBy: r.OursBy, Winner: gateway.Winner(r.Winner), Reason: r.Reason,
		Kept: r.Kept, End: gateway.ConflictEnd{
			Choice: gateway.Choice(r.Choice), Value: gateway.Value(r.ChosenValue), By: r.ChosenBy, At: fromMicros(r.ChosenAt), Why: r.ChosenWhy,
		},
	}
}

// SaveConflicts keeps both values of each conflict, new ones and, by id, those
// that were decided later.
func (tx *Tx) SaveConflicts(ctx context.Context, conflicts []gateway.Conflict) error {
	return tx.rows(ctx, saveConflicts, len(conflicts), func(args []any, i int) []any {
		c := &conflicts[i]
		if c.ID == 0 {
			c.ID = tx.db.ids.draw(tx.now)
		}
		if c.At.IsZero() {
			c.At = tx.now
		}
		return append(args, string(tx.ws), c.ID, micros(c.At), c.Key.Object, c.Key.ID, c.Field,
			clean(string(c.Base)), clean(string(c.Theirs)), clean(string(c.Ours)), c.TheirsAt.CommitAt,
			c.TheirsAt.CommitNumber, c.TheirsAt.Sequence, c.TheirsBy, micros(c.OursAt), clean(c.OursBy),
			string(c.Winner), clean(c.Reason), c.Kept, string(c.End.Choice), clean(string(c.End.Value)), clean(c.End.By),
			micros(c.End.At), clean(c.End.Why))
	})
}

var saveConflicts = insert{
	doing: "saving conflicts",
	head:  `INSERT INTO conflicts (workspace_id, ` + conflictColumns + `)`,
	tail:  `ON CONFLICT (workspace_id, id) DO UPDATE SET winner = excluded.winner, reason = excluded.reason`,
	width: 23,
}

// EndConflicts writes a person's decision on every conflict of the field that
// still waits for one: a later one asks the same question again.
func (tx *Tx) EndConflicts(ctx context.Context, key gateway.RecordKey, field string, end gateway.ConflictEnd) error {
	if end.At.IsZero() {
		end.At = tx.now
	}
	_, err := tx.exec(ctx, "ending conflicts", `UPDATE conflicts SET choice = ?, chosen_value = ?, chosen_by = ?, chosen_at = ?, chosen_why = ?
		WHERE workspace_id = ? AND object = ? AND record_id = ? AND field = ? AND winner = ? AND choice = ''`,
		string(end.Choice), clean(string(end.Value)), clean(end.By), micros(end.At), clean(end.Why),
		tx.ws, key.Object, key.ID, field, string(gateway.WinnerAsk))
	return err
}

// Conflicts returns the conflicts of one record, newest first; of all records
// when key is zero.
func (w *Workspace) Conflicts(ctx context.Context, key gateway.RecordKey, limit int) ([]gateway.Conflict, error) {
	return w.ConflictList(ctx, ConflictQuery{Object: key.Object, RecordID: key.ID, Limit: limit})
}

// ConflictQuery selects conflicts, newest first. Zero fields do not filter.
type ConflictQuery struct {
	Object, RecordID, Field string
	ID                      int64
	Since                   time.Time
	// After continues behind the conflict of that id.
	After int64
	Limit int // 50 when 0
}

// ConflictList returns conflicts, those that wait for a person among them.
func (w *Workspace) ConflictList(ctx context.Context, q ConflictQuery) ([]gateway.Conflict, error) {
	if q.Limit <= 0 {
		q.Limit = pageSize
	}
	where := w.conflictFilter(q)
	if q.After != 0 {
		where.and("id < ?", q.After)
	}
	rows, err := list[conflictRow](ctx, w.read, "reading conflicts", `SELECT `+conflictColumns+` FROM conflicts
		WHERE `+where.String()+` ORDER BY id DESC LIMIT ?`, append(where.args, q.Limit)...)
	out := make([]gateway.Conflict, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.conflict())
	}
	if err != nil {
		return nil, err
	}
	return w.seenConflicts(ctx, out)
}

func (w *Workspace) conflictFilter(q ConflictQuery) *condition {
	where := &condition{}
	where.and("workspace_id = ?", w.id)
	for _, part := range [...]struct{ column, value string }{{"object", q.Object}, {"record_id", q.RecordID}, {"field", q.Field}} {
		if part.value != "" {
			where.and(part.column+" = ?", part.value)
		}
	}
	if q.ID != 0 {
		where.and("id = ?", q.ID)
	}
	if !q.Since.IsZero() {
		where.and("at >= ?", micros(q.Since))
	}
	return where
}

// ConflictCounts says how conflicts ended: by a rule, and by a person's choice.
type ConflictCounts struct {
	ByRule   int
	ByChoice map[gateway.Choice]int
}

// People is how many were decided by a person.
func (c ConflictCounts) People() int {
	n := 0
	for _, m := range c.ByChoice {
		n += m
	}
	return n
}

// CountConflicts counts the ended ones among those that the query selects.
func (w *Workspace) CountConflicts(ctx context.Context, q ConflictQuery) (ConflictCounts, error) {
	where := w.conflictFilter(q)
	rows, err := list[struct {
		Asked  bool   `db:"asked"`
		Choice string `db:"choice"`
		N      int    `db:"n"`
	}](ctx, w.read, "counting conflicts", `SELECT winner = 'ask' AS asked, choice, COUNT(*) AS n FROM conflicts
		WHERE `+where.String()+` GROUP BY 1, 2`, where.args...)
	out := ConflictCounts{ByChoice: map[gateway.Choice]int{}}
	for _, r := range rows {
		switch {
		case !r.Asked:
			out.ByRule += r.N
		case r.Choice != "":
			out.ByChoice[gateway.Choice(r.Choice)] += r.N
		}
	}
	return out, err
}

// asking selects changes that wait for a person's choice between two values.
const asking = `state = 'parked' AND problem LIKE '{"Code":"conflict"%'`

// Asking returns the changes that wait for a person's choice between two
// values, oldest first.
func (w *Workspace) Asking(ctx context.Context, limit int) ([]gateway.Change, error) {
	return w.changes(ctx, "reading open conflicts", `SELECT `+outboxColumns+` FROM outbox
		WHERE workspace_id = ? AND `+asking+` ORDER BY enqueued_at, object, record_id LIMIT ?`, w.id, limit)
}

// SaveWinner makes a side the winner of a field's conflicts, as the mapping's
// next revision; false when there is no such mapping.
func (tx *Tx) SaveWinner(ctx context.Context, m gateway.Mapping) (bool, error) {
	n, err := tx.exec(ctx, "saving winner", `UPDATE mappings SET winner = ?, by_name = ?, at = ?, revision = revision + 1
		WHERE workspace_id = ? AND object = ? AND field = ?`, string(m.Winner), clean(m.By), micros(tx.now), tx.ws, m.Object, m.Field)
	return n > 0, err
}
