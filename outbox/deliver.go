package outbox

import (
	"context"
	"slices"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// The results of Deliver. NeedsYou is the third.
const (
	Written = "written"
	Queued  = "queued"
)

// Result says how far a change came inside the request.
type Result struct {
	State string // Written, Queued or NeedsYou
	Why   string // plain words, "" for Written
	// Key is the record's; for a create that was written its new one.
	Key     gateway.RecordKey
	Problem gateway.Problem // what Salesforce said, when it said something
}

// Deliver tries to write what Submit made durable, for at most
// Options.Patience or until ctx ends. A call that has begun goes on after that, and settles.
// Where the Dispatcher is already sending the record's entry, Deliver waits
// for it, so that the order of one record's changes holds. The error is only
// ever about our own database.
func (o *Outbox) Deliver(ctx context.Context, ws gateway.WorkspaceID, r Receipt) (Result, error) {
	return o.deliver(ctx, ws, r, nil)
}

// deliver is Deliver where late are the local ids of records that will not be
// written in time: nobody waits for what waits for them.
func (o *Outbox) deliver(ctx context.Context, ws gateway.WorkspaceID, r Receipt, late map[string]bool) (Result, error) {
	switch r.State {
	case Unchanged:
		return Result{State: Written, Key: r.Key}, nil
	case NeedsYou:
		return Result{State: NeedsYou, Why: r.Why, Key: r.Key}, nil
	}
	defer o.Wake() // whatever is left is the Dispatcher's
	ctx, cancel := context.WithTimeout(ctx, o.opts.Patience)
	defer cancel()
	for {
		settled := o.settled.wait()
		result, final, err := o.step(ctx, ws, r, late)
		if ctx.Err() != nil && (err != nil || !final) {
			return Result{State: Queued, Why: "Salesforce has not answered yet.", Key: r.Key}, nil
		}
		if err != nil || final {
			return result, err
		}
		o.awaitChange(ctx, settled)
	}
}

// elsewhere is how often Deliver looks whether another process has settled.
const elsewhere = 100 * time.Millisecond

func (o *Outbox) awaitChange(ctx context.Context, settled <-chan struct{}) {
	timer := time.NewTimer(elsewhere)
	defer timer.Stop()
	select {
	case <-settled:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// step looks once where the change stands and begins an attempt if it is due.
func (o *Outbox) step(ctx context.Context, ws gateway.WorkspaceID, r Receipt, late map[string]bool) (result Result, final bool, err error) {
	result = Result{State: Queued, Key: r.Key}
	if r.Lane > 0 {
		pending, gathers, err := o.gathers(ctx, ws, r)
		switch {
		case err != nil || gathers:
			return result, err != nil, err
		case pending != nil && pending.Awaits != "" && !late[pending.Awaits]:
			return result, false, nil
		case pending == nil || pending.State != gateway.StateWaiting || pending.DueAt.After(o.opts.Now()):
			return o.standing(ctx, ws, r, pending)
		}
	}
	if why, err := o.blocked(ctx, ws, r.Key.Object); err != nil || why != "" {
		result.Why = why
		return result, true, err
	}
	if !o.flight.begin() {
		result.Why = "The program is shutting down; the change is sent after it starts again."
		return result, true, nil
	}
	done, limit, why, ok := o.gates.of(ws).enter(o.opts.Now())
	if !ok {
		o.flight.end()
		result.Why = why
		return result, true, nil
	}
	b, pending, err := o.claimFor(ctx, ws, r, limit)
	if err == nil && len(b.changes) > 0 {
		b.done = done
		go func() {
			defer o.flight.end()
			o.attempt(ctx, b)
		}()
		return result, false, nil
	}
	done(errNotTried)
	o.flight.end()
	switch {
	case err != nil:
		return result, true, err
	case r.Lane > 0:
		return result, false, nil // somebody else's call has it
	}
	return o.standing(ctx, ws, r, pending)
}

// gathers reports whether an entry that no person waits for is due, and goes
// with the next call of its object; pending is the entry, nil for none.
func (o *Outbox) gathers(ctx context.Context, ws gateway.WorkspaceID, r Receipt) (pending *gateway.Change, gathers bool, err error) {
	c, owed, err := o.db.In(ws).Pending(ctx, r.Key)
	if err != nil || !owed {
		return nil, false, err
	}
	due := c.State == gateway.StateWaiting && !c.DueAt.After(o.opts.Now())
	return &c, due && slices.Contains(o.underway.objects(ws, o.opts.Now()), r.Key.Object), nil
}

// claimFor takes the entry of a receipt if it waits and is due: a person's by
// itself, another with what else is due of its object. pending is a person's
// entry as it stands, nil when there is none.
func (o *Outbox) claimFor(ctx context.Context, ws gateway.WorkspaceID, r Receipt, limit int) (b batch, pending *gateway.Change, err error) {
	if r.Lane == 0 {
		return o.claimOne(ctx, ws, r.Key)
	}
	object := r.Key.Object
	if !o.underway.tryBegin(ws, object, o.opts.Now()) {
		return batch{}, nil, nil
	}
	b, err = o.claim(ctx, ws, store.ClaimRequest{Lanes: store.LanesBehind, Object: object, Limit: limit})
	if err != nil || len(b.changes) == 0 {
		o.underway.end(ws, object)
		return batch{}, nil, err
	}
	b.landed = func() { o.underway.end(ws, object) }
	return b, nil, nil
}

// standing says what an entry that cannot be claimed means for its receipt.
func (o *Outbox) standing(ctx context.Context, ws gateway.WorkspaceID, r Receipt, pending *gateway.Change) (Result, bool, error) {
	result := Result{State: Queued, Key: r.Key}
	if pending == nil {
		return o.ended(ctx, ws, r)
	}
	result.Problem = pending.Problem
	switch {
	case pending.State == gateway.StateParked:
		result.State, result.Why = NeedsYou, pending.Problem.What
		return result, true, nil
	case pending.State == gateway.StateSending:
		return result, false, nil
	case pending.Problem.What != "":
		result.Why = pending.Problem.What
	default:
		result.Why = "This record was written a moment ago; its next edits are collected into one call."
	}
	return result, true, nil
}

// ended reads how an entry that is no longer there ended.
func (o *Outbox) ended(ctx context.Context, ws gateway.WorkspaceID, r Receipt) (Result, bool, error) {
	line, err := o.db.In(ws).LogLineByID(ctx, r.LogID)
	if err != nil {
		return Result{}, true, err
	}
	result := Result{State: Written, Key: line.Entry.Key, Problem: line.Entry.Problem}
	if line.Entry.State == gateway.LogIgnored || line.Entry.State == gateway.LogSkipped {
		result.State, result.Why = Queued, line.Entry.Problem.What
		if result.Why == "" {
			result.Why = line.Entry.What
		}
		return result, true, nil
	}
	// A create moves its entry to the new id; an edit made during the call may
	// still wait there.
	if line.Entry.Key != r.Key {
		next := r
		next.Key = line.Entry.Key
		if _, waiting, err := o.db.In(ws).Pending(ctx, next.Key); err != nil || waiting {
			result.State, result.Why = Queued, "The record exists; an edit of it is being written."
			return result, true, err
		}
	}
	return result, true, nil
}

// blocked says why nothing of an object can be sent for a workspace, "" when it
// can.
func (o *Outbox) blocked(ctx context.Context, ws gateway.WorkspaceID, object string) (string, error) {
	conn, err := o.db.In(ws).Connection(ctx)
	switch {
	case gateway.CodeOf(err) == gateway.CodeNotFound && err != nil:
		return "Salesforce is not connected.", nil
	case err != nil:
		return "", err
	}
	why := shut(conn)
	if why != "" {
		return why, nil
	}
	paused, err := o.db.In(ws).PausedObjects(ctx)
	if _, is := paused[object]; is {
		why = "An admin paused " + object + ". The change waits."
	}
	return why, err
}

// shut says why a connection lets nothing out: an admin stopped all writing, or
// its state does not allow it.
func shut(conn gateway.Connection) string {
	if conn.Halted() {
		return "An admin stopped all writing to Salesforce. The change waits."
	}
	switch conn.State {
	case gateway.StatePaused:
		return "The connection is paused."
	case gateway.StateNeedsReconnect:
		return "Salesforce must be connected again."
	case gateway.StateDisconnected:
		return "Salesforce is not connected."
	}
	return ""
}
