package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
)

type outboxRow struct {
	WorkspaceID      string `db:"workspace_id"`
	Object           string `db:"object"`
	RecordID         string `db:"record_id"`
	Op               string `db:"op"`
	Fields           string `db:"fields"`
	Base             string `db:"base"`
	BaseCommitAt     int64  `db:"base_commit_at"`
	BaseCommitNumber int64  `db:"base_commit_number"`
	BaseSequence     int32  `db:"base_sequence"`
	Edit             int64  `db:"edit"`
	State            string `db:"state"`
	Attempt          int    `db:"attempt"`
	DueAt            int64  `db:"due_at"`
	Lane             int    `db:"lane"`
	Cause            string `db:"cause"`
	LogID            int64  `db:"log_id"`
	FirstSentAt      int64  `db:"first_sent_at"`
	EnqueuedAt       int64  `db:"enqueued_at"`
	Lease            string `db:"lease"`
	Problem          string `db:"problem"`
	Fills            string `db:"fills"`
	Awaits           string `db:"awaits"`
	Holder           string `db:"holder"` // written, and read only to release claims
}

const outboxColumns = `workspace_id, object, record_id, op, fields, base, base_commit_at, base_commit_number,
	base_sequence, edit, state, attempt, due_at, lane, cause, log_id, first_sent_at, enqueued_at, lease, problem, fills, awaits`

func (r outboxRow) change() (gateway.Change, error) {
	c := gateway.Change{
		Workspace: gateway.WorkspaceID(r.WorkspaceID),
		Key:       gateway.RecordKey{Object: r.Object, ID: r.RecordID},
		Op:        gateway.Op(r.Op),
		BaseAt:    gateway.Version{CommitAt: r.BaseCommitAt, CommitNumber: r.BaseCommitNumber, Sequence: r.BaseSequence},
		Edit:      r.Edit, State: gateway.ChangeState(r.State), Attempt: r.Attempt, DueAt: fromMicros(r.DueAt),
		Lane: r.Lane, LogID: r.LogID, FirstSentAt: fromMicros(r.FirstSentAt), EnqueuedAt: fromMicros(r.EnqueuedAt),
		Lease: r.Lease, Awaits: r.Awaits,
	}
	if r.Fills != "" {
		c.Fills = strings.Fields(r.Fills)
	}
	var err error
	if c.Fields, err = parseFields(r.Fields); err != nil {
		return c, fmt.Errorf("reading change of %s: %w", r.RecordID, err)
	}
	if c.Base, err = parseFields(r.Base); err != nil {
		return c, fmt.Errorf("reading base of %s: %w", r.RecordID, err)
	}
	if err = readJSON(r.Cause, &c.Cause); err == nil {
		err = readJSON(r.Problem, &c.Problem)
	}
	return c, err
}

func rowOfChange(ws gateway.WorkspaceID, c gateway.Change) outboxRow {
	return outboxRow{
		WorkspaceID: string(ws), Object: c.Key.Object, RecordID: c.Key.ID, Op: string(c.Op),
		Fields: fieldsText(c.Fields), Base: fieldsText(c.Base),
		BaseCommitAt: c.BaseAt.CommitAt, BaseCommitNumber: c.BaseAt.CommitNumber, BaseSequence: c.BaseAt.Sequence,
		Edit: c.Edit, State: string(c.State), Attempt: c.Attempt, DueAt: micros(c.DueAt), Lane: c.Lane,
		Cause: writeJSON(c.Cause), LogID: c.LogID, FirstSentAt: micros(c.FirstSentAt),
		EnqueuedAt: micros(c.EnqueuedAt), Lease: c.Lease, Holder: c.Holder, Problem: writeJSON(c.Problem), Awaits: c.Awaits,
		Fills: strings.Join(c.Fills, " "), // API names, which have no spaces
	}
}

// writeJSON stores a small struct of strings, numbers and lists, which always
// marshal.
func writeJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("store: marshaling %T: %v", v, err))
	}
	return clean(string(b))
}

func readJSON(text string, into any) error {
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("reading stored %T: %w", into, err)
	}
	return nil
}

func (r runner) changes(ctx context.Context, doing, query string, args ...any) ([]gateway.Change, error) {
	rows, err := list[outboxRow](ctx, r, doing, query, args...)
	if err != nil {
		return nil, err
	}
	out := make([]gateway.Change, 0, len(rows))
	for _, row := range rows {
		c, err := row.change()
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// Pending returns what Salesforce is owed for a record; false when nothing.
func (w *Workspace) Pending(ctx context.Context, key gateway.RecordKey) (gateway.Change, bool, error) {
	changes, err := w.changes(ctx, "reading change", `SELECT `+outboxColumns+` FROM outbox
		WHERE workspace_id = ? AND object = ? AND record_id = ?`, w.id, key.Object, key.ID)
	if err != nil || len(changes) == 0 {
		return gateway.Change{}, false, err
	}
	return changes[0], true, nil
}

// RecordOwed reads a record as Record does, with what Salesforce is owed for it;
// waits is false when nothing is. The entry is read first: what is settled
// between the two is in the record by then, and none of it is in neither.
func (w *Workspace) RecordOwed(ctx context.Context, key gateway.RecordKey) (r gateway.Record, owed gateway.Change, waits bool, err error) {
	if owed, waits, err = w.Pending(ctx, key); err == nil {
		r, err = w.Record(ctx, key)
	}
	return r, owed, waits, err
}

// Leaving are the ids of the object's records that are deleted here and not yet
// in Salesforce. Read before the records, for the reason given at RecordOwed.
func (w *Workspace) Leaving(ctx context.Context, object string) (map[string]bool, error) {
	leaving := map[string]bool{}
	err := w.read.each(ctx, "reading what is being deleted", func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		leaving[id] = true
		return err
	}, `SELECT record_id FROM outbox WHERE workspace_id = ? AND object = ? AND op = ?`, w.id, object, string(gateway.OpDelete))
	return leaving, err
}

// PendingFor is Pending under a lock: until the transaction ends no other one
// gets past it for the same record, whether there is an entry or not.
func (tx *Tx) PendingFor(ctx context.Context, key gateway.RecordKey) (gateway.Change, bool, error) {
	if err := tx.lock(ctx, "change", key); err != nil {
		return gateway.Change{}, false, err
	}
	return tx.pending(ctx, tx.ws, key, tx.dialect.forLock)
}

func (r runner) pending(ctx context.Context, ws gateway.WorkspaceID, key gateway.RecordKey, lock string) (gateway.Change, bool, error) {
	changes, err := r.changes(ctx, "reading change", `SELECT `+outboxColumns+` FROM outbox
		WHERE workspace_id = ? AND object = ? AND record_id = ?`+lock, ws, key.Object, key.ID)
	if err != nil || len(changes) == 0 {
		return gateway.Change{}, false, err
	}
	return changes[0], true, nil
}

// LoadPending returns the entries that exist for these records and locks them.
func (tx *Tx) LoadPending(ctx context.Context, keys []gateway.RecordKey) (map[gateway.RecordKey]gateway.Change, error) {
	return tx.pendingOf(ctx, keys, tx.dialect.forLock)
}

// PendingOf is LoadPending without locking.
func (tx *Tx) PendingOf(ctx context.Context, keys []gateway.RecordKey) (map[gateway.RecordKey]gateway.Change, error) {
	return tx.pendingOf(ctx, keys, "")
}

func (tx *Tx) pendingOf(ctx context.Context, keys []gateway.RecordKey, lock string) (map[gateway.RecordKey]gateway.Change, error) {
	out := map[gateway.RecordKey]gateway.Change{}
	err := tx.perObject(keys, func(object string, ids any) error {
		changes, err := tx.changes(ctx, "loading changes", `SELECT `+outboxColumns+` FROM outbox
			WHERE workspace_id = ? AND object = ? AND record_id`+tx.dialect.among+`
			ORDER BY record_id`+lock, tx.ws, object, ids)
		for _, c := range changes {
			out[c.Key] = c
		}
		return err
	})
	return out, err
}

// PendingByObject counts the entries of each object.
func (w *Workspace) PendingByObject(ctx context.Context) (map[string]PendingCounts, error) {
	rows, err := list[struct {
		Object string `db:"object"`
		State  string `db:"state"`
		N      int    `db:"n"`
	}](ctx, w.read, "counting changes", `SELECT object, state, COUNT(*) AS n FROM outbox
		WHERE workspace_id = ? GROUP BY object, state`, w.id)
	out := map[string]PendingCounts{}
	for _, row := range rows {
		counts := out[row.Object]
		if gateway.ChangeState(row.State) == gateway.StateParked {
			counts.Parked += row.N
		} else {
			counts.Waiting += row.N
		}
		out[row.Object] = counts
	}
	return out, err
}

// SaveChange writes the one entry of its record. An entry that is being sent
// stays so: its state, lease, attempt and due time belong to the claimer, and
// settling sees by Edit that there is more to send. A smaller Edit than the
// stored one means that the caller folded into something stale; InTx then runs
// again.
func (tx *Tx) SaveChange(ctx context.Context, c gateway.Change) error {
	if c.EnqueuedAt.IsZero() {
		c.EnqueuedAt = tx.now
	}
	if c.DueAt.IsZero() {
		c.DueAt = tx.now
	}
	n, err := tx.execRow(ctx, "saving change", `INSERT INTO outbox (`+outboxColumns+`, holder)
		VALUES (:workspace_id, :object, :record_id, :op, :fields, :base, :base_commit_at, :base_commit_number,
			:base_sequence, :edit, :state, :attempt, :due_at, :lane, :cause, :log_id, :first_sent_at, :enqueued_at,
			:lease, :problem, :fills, :awaits, :holder)
		ON CONFLICT (workspace_id, object, record_id) DO UPDATE SET
			op = excluded.op, fields = excluded.fields, base = excluded.base,
			base_commit_at = excluded.base_commit_at, base_commit_number = excluded.base_commit_number,
			base_sequence = excluded.base_sequence, edit = excluded.edit, lane = excluded.lane,
			cause = excluded.cause, log_id = excluded.log_id, problem = excluded.problem, fills = excluded.fills,
			state = CASE WHEN outbox.state = 'sending' THEN outbox.state ELSE excluded.state END,
			attempt = CASE WHEN outbox.state = 'sending' THEN outbox.attempt ELSE excluded.attempt END,
			due_at = CASE WHEN outbox.state = 'sending' THEN outbox.due_at ELSE excluded.due_at END,
			awaits = CASE WHEN outbox.state = 'sending' THEN outbox.awaits ELSE excluded.awaits END,
			lease = CASE WHEN outbox.state = 'sending' THEN outbox.lease ELSE excluded.lease END,
			holder = CASE WHEN outbox.state = 'sending' THEN outbox.holder ELSE excluded.holder END,
			first_sent_at = CASE WHEN outbox.state = 'sending' THEN outbox.first_sent_at ELSE excluded.first_sent_at END
		WHERE outbox.edit <= excluded.edit`, rowOfChange(tx.ws, c))
	if err == nil && n == 0 {
		err = errRace
	}
	return err
}

// DeleteChange deletes the entry of a record if it still has that Edit, and
// says whether it did.
func (tx *Tx) DeleteChange(ctx context.Context, key gateway.RecordKey, ifEdit int64) (bool, error) {
	n, err := tx.exec(ctx, "deleting change", `DELETE FROM outbox
		WHERE workspace_id = ? AND object = ? AND record_id = ? AND edit = ?`, tx.ws, key.Object, key.ID, ifEdit)
	return n > 0, err
}

// Claim takes due entries under a lease: waiting ones, and those whose sender
// did not settle in time. All of one call have the same workspace, object and
// operation, those of the first entry by lane and due time. Claimers never get
// the same entry, and nobody those of a paused object. Attempt counts this attempt already.
func (db *DB) Claim(ctx context.Context, q ClaimRequest) ([]gateway.Change, error) {
	if q.Lease == "" || q.For <= 0 {
		return nil, gateway.Errorf(gateway.CodeInvalid, "A claim needs a lease token and a duration.")
	}
	if q.Limit <= 0 {
		q.Limit = 200
	}
	var claimed []gateway.Change
	err := db.In(q.Workspace).InTx(ctx, func(ctx context.Context, tx *Tx) (err error) {
		claimed, err = tx.claim(ctx, q)
		return err
	})
	return claimed, err
}

func (tx *Tx) claim(ctx context.Context, q ClaimRequest) ([]gateway.Change, error) {
	now := micros(tx.now)
	from, to := q.Lanes.bounds()
	first, found, err := one[struct {
		WorkspaceID string `db:"workspace_id"`
		Object      string `db:"object"`
		Op          string `db:"op"`
	}](ctx, tx.runner, "choosing changes", `SELECT workspace_id, object, op FROM outbox
		WHERE state <> 'parked' AND due_at <= ? AND lane BETWEEN ? AND ? AND (? = '' OR workspace_id = ?)
			AND (? = '' OR object = ?) AND NOT object`+tx.dialect.among+`
			AND NOT EXISTS (SELECT 1 FROM paused_objects p WHERE p.workspace_id = outbox.workspace_id AND p.object = outbox.object)
		ORDER BY lane, due_at LIMIT 1`+tx.dialect.skip,
		now, from, to, string(q.Workspace), string(q.Workspace), q.Object, q.Object, tx.dialect.list(append([]string{}, q.Except...)))
	if err != nil || !found {
		return nil, err
	}
	ids, err := list[string](ctx, tx.runner, "choosing changes", `SELECT record_id FROM outbox
		WHERE workspace_id = ? AND object = ? AND op = ? AND state <> 'parked' AND due_at <= ? AND lane BETWEEN ? AND ?
		ORDER BY lane, due_at LIMIT ?`+tx.dialect.skip, first.WorkspaceID, first.Object, first.Op, now, from, to, q.Limit)
	if err != nil {
		return nil, err
	}
	// Not in one statement: Postgres then compares every row with every id, which
	// took 270 ms of 2,000 rows instead of 5.
	changes, err := tx.changes(ctx, "claiming changes", `UPDATE outbox SET state = 'sending', attempt = attempt + 1,
			lease = ?, holder = ?, due_at = ?, awaits = '', first_sent_at = CASE WHEN first_sent_at = 0 THEN ? ELSE first_sent_at END
		WHERE workspace_id = ? AND object = ? AND record_id`+tx.dialect.among+`
		RETURNING `+outboxColumns,
		q.Lease, q.Holder, micros(tx.now.Add(q.For)), now, first.WorkspaceID, first.Object, tx.dialect.list(ids))
	slices.SortFunc(changes, func(a, b gateway.Change) int {
		if a.Lane != b.Lane {
			return a.Lane - b.Lane
		}
		return a.EnqueuedAt.Compare(b.EnqueuedAt)
	})
	return changes, err
}

// DueNow makes the entries that wait for a later try due at once, because what
// held them is over. Those that are being sent stay with their claimer.
func (w *Workspace) DueNow(ctx context.Context) error {
	_, err := w.write.exec(ctx, "making changes due", `UPDATE outbox SET due_at = ?
		WHERE workspace_id = ? AND state = 'waiting' AND due_at > ?`, micros(w.db.now()), w.id, micros(w.db.now()))
	return err
}

// ReleaseClaims makes entries due again whose claimer is gone, instead of after
// their lease has run out, and returns how many. gone is asked once for each
// holder of a claim; it must be sure, because an entry that is still being sent
// could otherwise be sent twice.
func (db *DB) ReleaseClaims(ctx context.Context, gone func(holder string) bool) (int, error) {
	holders, err := list[string](ctx, db.read(), "reading claims", `SELECT DISTINCT holder FROM outbox WHERE state = 'sending'`)
	if err != nil {
		return 0, err
	}
	released := 0
	for _, holder := range holders {
		if !gone(holder) {
			continue
		}
		n, err := db.write().exec(ctx, "releasing claims",
			`UPDATE outbox SET due_at = ? WHERE state = 'sending' AND holder = ? AND due_at > ?`, micros(db.now()), holder, micros(db.now()))
		if err != nil {
			return released, err
		}
		released += int(n)
	}
	return released, nil
}

// NextDue returns when the next entry of some lanes is due, in the past when
// one already is; false when nothing waits. Entries being sent count with the
// end of their lease.
func (db *DB) NextDue(ctx context.Context, lanes Lanes) (time.Time, bool, error) {
	from, to := lanes.bounds()
	// Lane by lane, of which each has its first at hand: over all entries of the
	// lanes it would take as long as there are many.
	at, _, err := one[int64](ctx, db.read(), "reading next due time", `WITH RECURSIVE lanes (lane) AS (
			SELECT MIN(lane) FROM outbox WHERE state <> 'parked' AND lane BETWEEN ? AND ?
			UNION ALL SELECT (SELECT MIN(lane) FROM outbox WHERE state <> 'parked' AND lane > lanes.lane AND lane <= ?)
				FROM lanes WHERE lanes.lane IS NOT NULL)
		SELECT COALESCE(MIN((SELECT MIN(due_at) FROM outbox WHERE state <> 'parked' AND outbox.lane = lanes.lane)), 0) FROM lanes`, from, to, to)
	return fromMicros(at), at != 0, err
}

// DueBehind counts the due entries of an object in some lanes that no person
// waits for, up to a limit.
func (w *Workspace) DueBehind(ctx context.Context, object string, lanes Lanes, limit int) (int, error) {
	from, to := lanes.bounds()
	n, _, err := one[int](ctx, w.read, "counting due changes", `SELECT COUNT(*) FROM (SELECT 1 FROM outbox
		WHERE workspace_id = ? AND object = ? AND state <> 'parked' AND due_at <= ? AND lane BETWEEN ? AND ? LIMIT ?) AS due`,
		w.id, object, micros(w.db.now()), from, to, limit)
	return n, err
}

// ReleaseAwaiting makes the entries due that wait for one of these local ids.
func (tx *Tx) ReleaseAwaiting(ctx context.Context, localIDs []string) error {
	if len(localIDs) == 0 {
		return nil
	}
	_, err := tx.exec(ctx, "releasing changes", `UPDATE outbox SET due_at = ?, awaits = ''
		WHERE workspace_id = ? AND awaits <> '' AND awaits`+tx.dialect.among+` AND state = 'waiting'`,
		micros(tx.now), tx.ws, tx.dialect.list(localIDs))
	return err
}
