package outbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// batch is what one claim took: changes of one workspace, object and
// operation, with the mirror's versions at that moment.
type batch struct {
	ws       gateway.WorkspaceID
	changes  []gateway.Change
	versions map[gateway.RecordKey]gateway.Version
	barred   map[gateway.RecordKey]*gateway.Error // what is not to be sent at all
	parents  map[gateway.RecordKey]string         // of those that found it locked
	done     func(error)                          // the breaker waits for it
	landed   func()                               // its object may be called again; nil = nobody waits for that
}

func (b batch) keys() []gateway.RecordKey {
	keys := make([]gateway.RecordKey, len(b.changes))
	for i, c := range b.changes {
		keys[i] = c.Key
	}
	return keys
}

// claim takes due entries of a workspace; an empty batch when there are none.
func (o *Outbox) claim(ctx context.Context, ws gateway.WorkspaceID, q store.ClaimRequest) (batch, error) {
	q.Holder, q.Lease, q.For, q.Workspace = o.opts.Holder, newLease(), o.opts.Lease, ws
	changes, err := o.db.Claim(ctx, q)
	if err != nil || len(changes) == 0 {
		return batch{}, err
	}
	b := batch{ws: ws, changes: changes}
	// Nothing is locked: entries are locked before records here, and the other
	// way round everywhere else.
	w := o.db.In(ws)
	records, err := w.RecordsOf(ctx, b.keys())
	if err != nil {
		return batch{}, err
	}
	return b, b.note(ctx, w, records)
}

// newLease draws the token that fences one settling.
func newLease() string { return rand.Text() }

// note keeps what sending and settling need to know of the records.
func (b *batch) note(ctx context.Context, in references, records map[gateway.RecordKey]gateway.Record) error {
	b.versions = make(map[gateway.RecordKey]gateway.Version, len(records))
	b.barred = map[gateway.RecordKey]*gateway.Error{}
	for key, r := range records {
		b.versions[key] = r.Version
		if err := outbound.Barred(r); err != nil {
			b.barred[key] = err
		}
	}
	for i, c := range b.changes {
		if !c.Guarded() {
			continue
		}
		b.changes[i].Unmodified, _ = records[c.Key].Fields["LastModifiedDate"].Time()
		if _, gave := outbound.Yield(c, records[c.Key]); len(gave) > 0 && b.barred[c.Key] == nil {
			b.barred[c.Key] = gateway.Errorf(gateway.CodeSFStale, "%s", outbound.Filled)
		}
	}
	b.parents = parentsOf(b.changes, records)
	return b.refer(ctx, in)
}

// claimOne takes the entry of one record if it waits and is due. pending is
// the entry as it stands, nil when there is none.
func (o *Outbox) claimOne(ctx context.Context, ws gateway.WorkspaceID, key gateway.RecordKey) (b batch, pending *gateway.Change, err error) {
	err = o.db.In(ws).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		b = batch{}
		var record gateway.Record
		if record, pending, err = load(ctx, tx, key); err != nil || pending == nil {
			return err
		}
		c, ok := o.take(pending, tx.Now())
		if !ok {
			return nil
		}
		if err := tx.SaveChange(ctx, c); err != nil {
			return err
		}
		b = batch{ws: ws, changes: []gateway.Change{c}}
		return b.note(ctx, tx, map[gateway.RecordKey]gateway.Record{key: record})
	})
	return b, pending, err
}

// leaseMargin is what a call leaves of its lease for settling, so that nobody
// else claims an entry whose outcome is about to be written.
const leaseMargin = 6

// attempt sends a claimed batch and settles it. It does not stop when the
// request that began it does: ctx is only for values. Only draining breaks it
// off; what was sent then counts as unknown.
func (o *Outbox) attempt(ctx context.Context, b batch) {
	ctx = context.WithoutCancel(ctx)
	call, cancel := context.WithTimeout(ctx, o.opts.Lease-o.opts.Lease/leaseMargin)
	defer cancel()
	stop := context.AfterFunc(o.breaking, cancel)
	defer stop()

	o.pace.mark(b.ws, b.changes, o.opts.Now())
	if err := o.askAgain(call, b); err != nil {
		o.opts.Logger.WarnContext(ctx, "whether deals are still open is not known; what is about them is sent", "error", err)
	}
	began := time.Now()
	leave := o.oneByOne(call, b)
	deliveries := o.send(call, b)
	leave()
	o.gates.of(b.ws).report(b.done, deliveries, o.opts.Now())
	took := time.Since(began)
	o.holdConnection(ctx, b.ws, deliveries)
	if err := o.settleUntilSaved(ctx, b, deliveries, took); err != nil {
		// The lease runs out and the entries are sent again: updates carry the
		// same values, creates are looked for first.
		o.opts.Logger.ErrorContext(ctx, "settling changes failed", "error", err, "changes", len(b.changes))
	}
	if b.landed != nil {
		b.landed()
	}
	o.settled.send()
	o.Wake()
}

// send makes the call. A create that may already have been committed is looked
// for first, unless an upsert key makes sending it twice harmless (F-51).
func (o *Outbox) send(ctx context.Context, b batch) []gateway.Delivery {
	object, op := b.changes[0].Key.Object, b.changes[0].Op
	deliveries := make([]gateway.Delivery, len(b.changes))
	upserts, err := o.upserts(ctx, b.ws, object, op)
	if err != nil {
		for i := range deliveries {
			deliveries[i].Err = failure(err)
		}
		return deliveries
	}
	var places []int
	var changes []gateway.Change
	took := map[string]bool{}
	for i, c := range b.changes {
		if err := b.barred[c.Key]; err != nil {
			deliveries[i] = gateway.Delivery{Err: err}
			continue
		}
		if op == gateway.OpCreate && c.Attempt > 1 && !upserts {
			if d, settled := o.find(ctx, b.ws, c, took); settled {
				deliveries[i] = d
				continue
			}
		}
		places, changes = append(places, i), append(changes, c)
	}
	places, changes = o.stillOurs(ctx, b, places, changes, deliveries)
	if len(changes) == 0 {
		return deliveries
	}
	answers := o.caller.Write(ctx, b.ws, object, op, changes)
	if len(answers) == len(changes) {
		o.related(ctx, b.ws, changes, answers)
	}
	for n, i := range places {
		if len(answers) == len(changes) {
			deliveries[i] = answers[n]
			continue
		}
		deliveries[i] = gateway.Delivery{Unknown: true, Err: &gateway.Error{
			Code: gateway.CodeInternal, Message: "The answer did not fit the question.",
			Cause: fmt.Errorf("%d changes, %d answers", len(changes), len(answers)),
		}}
	}
	return deliveries
}

func (o *Outbox) upserts(ctx context.Context, ws gateway.WorkspaceID, object string, op gateway.Op) (bool, error) {
	if op != gateway.OpCreate {
		return false, nil
	}
	schema, err := o.db.In(ws).Schema(ctx, object)
	if gateway.CodeOf(err) == gateway.CodeNotFound {
		return false, nil
	}
	return schema.UpsertKey() != "", err
}

func failure(err error) *gateway.Error {
	if e, ok := errors.AsType[*gateway.Error](err); ok {
		return e
	}
	return &gateway.Error{Code: gateway.CodeInternal, Message: "Something went wrong here.", Cause: err}
}

// holdConnection writes what the org said about the whole connection onto it,
// and takes it back when calls go through again.
func (o *Outbox) holdConnection(ctx context.Context, ws gateway.WorkspaceID, deliveries []gateway.Delivery) {
	w := o.db.In(ws)
	conn, err := w.Connection(ctx)
	if err != nil {
		if gateway.CodeOf(err) != gateway.CodeNotFound {
			o.opts.Logger.ErrorContext(ctx, "reading the connection failed", "error", err)
		}
		return
	}
	var state gateway.ConnectionState
	var reason string
	switch worst := holding(deliveries); {
	case worst == nil && conn.State == gateway.StateLimited:
		state, reason = gateway.StateOK, ""
	case worst == nil || worst.Code == gateway.CodeSFDown:
		return
	case worst.Code == gateway.CodeSFAuth:
		state, reason = gateway.StateNeedsReconnect, worst.Message
	default:
		state, reason = gateway.StateLimited, worst.Message
	}
	if _, err := w.SetConnectionState(ctx, conn.ID, state, reason); err != nil {
		o.opts.Logger.ErrorContext(ctx, "saving the connection's state failed", "error", err)
	}
}
