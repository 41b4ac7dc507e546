package store

import (
	"context"
	"slices"

	"tidegate/gateway"
)

// SettleChanges writes what became of claimed changes of one object, as Claim
// returned them: one statement each reads, deletes and rewrites all of them.
// Each is fenced: when its lease has run out and somebody else claimed the
// entry, its result says so and nothing of it is written.
//
// When an entry was edited during the attempt, the edit is never lost:
//   - after success what differs from what was sent stays waiting, due now, as
//     a new change whose base is what was sent;
//   - after a failure the whole entry stays waiting; one that was to be parked
//     is due now instead, since the edit may be the repair.
func (tx *Tx) SettleChanges(ctx context.Context, changes []gateway.Change, settlements []gateway.Settlement) ([]SettleResult, error) {
	keys := make([]gateway.RecordKey, len(changes))
	for i, c := range changes {
		keys[i] = c.Key
	}
	// Whoever plans more for a record locks its name first and its entry then.
	// The name of a record that gets its id is locked for RekeyRecords.
	if err := tx.lockChanges(ctx, changes); err != nil {
		return nil, err
	}
	rows, err := tx.LoadPending(ctx, keys)
	if err != nil {
		return nil, err
	}
	results := make([]SettleResult, len(changes))
	var done []gateway.RecordKey
	var left []gateway.Change
	for i, c := range changes {
		row, found := rows[c.Key]
		if !found {
			results[i] = SettleResult{Gone: true}
			continue
		}
		if row.State != gateway.StateSending || row.Lease != c.Lease {
			results[i] = SettleResult{Fenced: true}
			continue
		}
		results[i].Moved, results[i].Met = row.Edit != c.Edit, row.Problem
		next, owed := tx.settled(row, c, settlements[i])
		if !owed {
			done = append(done, c.Key)
			continue
		}
		results[i].State, results[i].Left = next.State, next
		left = append(left, next)
	}
	if err := tx.dropChanges(ctx, done); err != nil {
		return nil, err
	}
	return results, tx.replaceChanges(ctx, left)
}

// lockChanges locks the names of the records that are being created.
func (tx *Tx) lockChanges(ctx context.Context, changes []gateway.Change) error {
	var names []string
	for _, c := range changes {
		if c.Op == gateway.OpCreate {
			names = append(names, tx.lockedName("change", c.Key))
		}
	}
	slices.Sort(names)
	return tx.dialect.wrap(ctx, "locking changes", tx.dialect.lockNames(ctx, tx.on, names))
}

// dropChanges deletes entries that this transaction has locked.
func (tx *Tx) dropChanges(ctx context.Context, keys []gateway.RecordKey) error {
	return tx.perObject(keys, func(object string, ids any) error {
		_, err := tx.exec(ctx, "deleting changes", `DELETE FROM outbox
			WHERE workspace_id = ? AND object = ? AND record_id`+tx.dialect.among, tx.ws, object, ids)
		return err
	})
}

// settled returns the row after the settlement; owed is false when nothing is
// left to send.
func (tx *Tx) settled(row, sent gateway.Change, s gateway.Settlement) (next gateway.Change, owed bool) {
	next = row
	next.Lease, next.Awaits = "", ""
	moved := row.Edit != sent.Edit
	if s.State != "" {
		next.State, next.Problem, next.DueAt = s.State, s.Problem, s.DueAt
		if s.Unsent {
			next.Awaits = sent.Awaits
			if next.Attempt = max(0, next.Attempt-1); next.Attempt == 0 {
				next.FirstSentAt = fromMicros(0)
			}
		}
		if moved && s.State == gateway.StateParked {
			next.State, next.Attempt, next.DueAt = gateway.StateWaiting, 0, tx.now
		}
		return next, true
	}
	if !moved {
		return next, false
	}
	next.Fields, next.Base = remaining(row, sent)
	if len(next.Fields) == 0 && row.Op == sent.Op {
		return next, false
	}
	if row.Op == gateway.OpCreate {
		next.Op = gateway.OpUpdate // it exists now; RekeyRecord gives it its id
	}
	next.State, next.Attempt, next.DueAt = gateway.StateWaiting, 0, tx.now
	next.FirstSentAt, next.EnqueuedAt, next.Problem = fromMicros(0), tx.now, gateway.Problem{}
	return next, true
}

// remaining returns the fields that were not sent as they now are, and as
// their base what Salesforce holds since the successful attempt.
func remaining(row, sent gateway.Change) (fields, base gateway.Fields) {
	fields, base = gateway.Fields{}, gateway.Fields{}
	for name, value := range row.Fields {
		was, known := sent.Fields[name]
		if known && was == value {
			continue
		}
		fields[name] = value
		if known {
			base[name] = was
		} else if b, ok := row.Base[name]; ok {
			base[name] = b
		}
	}
	return fields, base
}

// replaceChanges writes rows that are locked by this transaction, whatever
// their state.
func (tx *Tx) replaceChanges(ctx context.Context, changes []gateway.Change) error {
	return tx.many(ctx, replaceChanges, len(changes), func(args []any, i int) []any {
		return appendChange(args, rowOfChange(tx.ws, changes[i]))
	})
}

var replaceChanges = insert{
	doing: "replacing changes",
	head:  `INSERT INTO outbox (` + outboxColumns + `, holder)`,
	tail: `ON CONFLICT (workspace_id, object, record_id) DO UPDATE SET
		op = excluded.op, fields = excluded.fields, base = excluded.base, state = excluded.state, attempt = excluded.attempt,
		due_at = excluded.due_at, first_sent_at = excluded.first_sent_at, enqueued_at = excluded.enqueued_at,
		lease = excluded.lease, holder = '', problem = excluded.problem, awaits = excluded.awaits`,
	width: 23,
}

func appendChange(args []any, r outboxRow) []any {
	return append(args, r.WorkspaceID, r.Object, r.RecordID, r.Op, r.Fields, r.Base, r.BaseCommitAt, r.BaseCommitNumber,
		r.BaseSequence, r.Edit, r.State, r.Attempt, r.DueAt, r.Lane, r.Cause, r.LogID, r.FirstSentAt, r.EnqueuedAt, r.Lease,
		r.Problem, r.Fills, r.Awaits, r.Holder)
}
