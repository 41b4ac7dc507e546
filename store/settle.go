package store

import (
	"context"

	"tidegate/gateway"
)

// SettleChange writes what became of a claimed change c, as Claim returned it.
// It is fenced: when the lease has run out and somebody else claimed the entry,
// the error is CodeFenced and nothing is written.
//
// When the entry was edited during the attempt, the edit is never lost:
//   - after success what differs from what was sent stays waiting, due now, as
//     a new change whose base is what was sent;
//   - after a failure the whole entry stays waiting; one that was to be parked
//     is due now instead, since the edit may be the repair.
func (tx *Tx) SettleChange(ctx context.Context, c gateway.Change, s gateway.Settlement) (SettleResult, error) {
	row, found, err := tx.pending(ctx, tx.ws, c.Key, tx.dialect.forLock)
	if err != nil {
		return SettleResult{}, err
	}
	if !found {
		return SettleResult{Gone: true}, nil
	}
	if row.State != gateway.StateSending || row.Lease != c.Lease {
		return SettleResult{}, fenced("The change of %s %s is in other hands now.", c.Key.Object, c.Key.ID)
	}
	next, owed := tx.settled(row, c, s)
	result := SettleResult{Moved: row.Edit != c.Edit}
	if !owed {
		_, err := tx.DeleteChange(ctx, c.Key, row.Edit)
		return result, err
	}
	result.State, result.Left = next.State, next
	return result, tx.replaceChange(ctx, next)
}

// settled returns the row after the settlement; owed is false when nothing is
// left to send.
func (tx *Tx) settled(row, sent gateway.Change, s gateway.Settlement) (next gateway.Change, owed bool) {
	next = row
	next.Lease = ""
	moved := row.Edit != sent.Edit
	if s.State != "" {
		next.State, next.Problem, next.DueAt = s.State, s.Problem, s.DueAt
		if s.Unsent {
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

// replaceChange writes a row that is locked by this transaction, whatever its
// state.
func (tx *Tx) replaceChange(ctx context.Context, c gateway.Change) error {
	_, err := tx.execRow(ctx, "replacing change", `UPDATE outbox SET
			op = :op, fields = :fields, base = :base, state = :state, attempt = :attempt, due_at = :due_at,
			first_sent_at = :first_sent_at, enqueued_at = :enqueued_at, lease = :lease, holder = '', problem = :problem
		WHERE workspace_id = :workspace_id AND object = :object AND record_id = :record_id`, rowOfChange(tx.ws, c))
	return err
}
