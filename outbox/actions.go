package outbox

import (
	"context"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// Retry makes the entry behind a sync-log line due now. Errors: CodeNotFound
// when there is no such line, CodeConflict when nothing waits behind it or it
// is just being sent, or when it cannot succeed without a change; the message
// says which.
func (o *Outbox) Retry(ctx context.Context, ws gateway.WorkspaceID, logID int64) error {
	writable, err := o.writableOf(ctx, ws, logID)
	if err != nil {
		return err
	}
	return o.decide(ctx, ws, logID, func(ctx context.Context, tx *store.Tx, c gateway.Change, r gateway.Record, line gateway.LogEntry) error {
		if ok, first := mayRetry(c, r, writable); !ok {
			return gateway.Errorf(gateway.CodeConflict, "Trying again cannot succeed yet. %s", first)
		}
		c = awake(c, tx.Now())
		line.State, line.NextTry, line.Problem, line.Attempt = gateway.LogWaiting, c.DueAt, gateway.Problem{}, c.Attempt
		if err := tx.UpdateLog(ctx, line); err != nil {
			return err
		}
		return tx.SaveChange(ctx, c)
	})
}

// Ignore gives up the entry behind a sync-log line because a person decided
// so; the line keeps the reason and what Salesforce said. Errors as Retry.
func (o *Outbox) Ignore(ctx context.Context, ws gateway.WorkspaceID, logID int64, reason, by string) error {
	return o.decide(ctx, ws, logID, func(ctx context.Context, tx *store.Tx, c gateway.Change, _ gateway.Record, line gateway.LogEntry) error {
		gone, err := tx.DeleteChange(ctx, c.Key, c.Edit)
		if err != nil {
			return err
		}
		if !gone {
			return moved()
		}
		line.State, line.DoneAt = gateway.LogIgnored, tx.Now()
		line.NextTry = time.Time{}
		line.Problem.What, line.Problem.Who, line.Problem.Retries = reason, "Ignored by "+by+".", false
		return tx.UpdateLog(ctx, line)
	})
}

// awake is an entry that is due now.
func awake(c gateway.Change, now time.Time) gateway.Change {
	c.State, c.DueAt, c.Problem = gateway.StateWaiting, now, gateway.Problem{}
	c.Attempt = min(c.Attempt, 1)
	return c
}

// retried is what Retry makes of an entry; false where it cannot succeed
// without a change.
func retried(c gateway.Change, r gateway.Record, writable func(string) (bool, string), now time.Time) (gateway.Change, bool) {
	if ok, _ := mayRetry(c, r, writable); !ok {
		return c, false
	}
	return awake(c, now), true
}

// mayRetry is outbound.MayRetry for an entry as it stands.
func mayRetry(c gateway.Change, r gateway.Record, writable func(string) (bool, string)) (bool, string) {
	in := outbound.RetryInput{Problem: c.Problem, Fields: c.Fields, Record: r}
	if c.Op == gateway.OpUpdate {
		in.Writable = writable
	}
	return outbound.MayRetry(in)
}

// writableOf is the truth table of the object that a line is about, read
// before the transaction. Only what a person may edit here has one.
func (o *Outbox) writableOf(ctx context.Context, ws gateway.WorkspaceID, logID int64) (func(string) (bool, string), error) {
	line, err := o.db.In(ws).LogLineByID(ctx, logID)
	if err != nil {
		return nil, err
	}
	r, err := o.rights(ctx, ws, line.Entry.Key.Object)
	return r.writableFor(line.Entry.Cause), err
}

// writableFor is the truth table for what a cause writes, nil = all.
func (r rights) writableFor(c gateway.Cause) func(string) (bool, string) {
	if c.Kind != "edit" {
		return nil
	}
	return r.writable
}

// RetryCheck says whether the entry behind a line may be tried again now, and
// if not, what must change first.
func (o *Outbox) RetryCheck(ctx context.Context, ws gateway.WorkspaceID, logID int64) (ok bool, first string, err error) {
	line, err := o.db.In(ws).LogLineByID(ctx, logID)
	if err != nil {
		return false, "", err
	}
	pending, waits, err := o.db.In(ws).Pending(ctx, line.Entry.Key)
	if err != nil {
		return false, "", err
	}
	if !waits || pending.LogID != logID {
		return false, "Nothing waits behind this line any more.", nil
	}
	record, err := o.db.In(ws).Record(ctx, line.Entry.Key)
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return false, "", err
	}
	writable, err := o.writableOf(ctx, ws, logID)
	if err != nil {
		return false, "", err
	}
	ok, first = mayRetry(pending, record, writable)
	return ok, first, nil
}

func moved() error {
	return gateway.Errorf(gateway.CodeConflict, "This change has moved on meanwhile. Look at it again.")
}

func (o *Outbox) decide(ctx context.Context, ws gateway.WorkspaceID, logID int64, act func(context.Context, *store.Tx, gateway.Change, gateway.Record, gateway.LogEntry) error) error {
	found, err := o.db.In(ws).LogLineByID(ctx, logID)
	if err != nil {
		return err
	}
	line := found.Entry
	if found.Inbound != nil {
		return gateway.Errorf(gateway.CodeConflict, "This line is about a change that came from Salesforce; nothing waits behind it.")
	}
	err = o.db.In(ws).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		record, pending, err := load(ctx, tx, line.Key)
		switch {
		case err != nil:
			return err
		case pending == nil || pending.LogID != logID || pending.State == gateway.StateSending:
			return moved()
		}
		fresh := outbound.Line(*pending, record, nil)
		fresh.What, fresh.Label, fresh.Took = line.What, line.Label, line.Took
		return act(ctx, tx, *pending, record, fresh)
	})
	if err != nil {
		return err
	}
	o.opts.Announce(ctx, ws, []gateway.RecordKey{line.Key})
	o.Wake()
	return nil
}
