// Package outbox carries changes to Salesforce: Submit makes them durable in
// one transaction, Deliver tries one inside the request that made it, and the
// Dispatcher sends everything else afterwards. What becomes of a change is
// decided in rules/outbound; here is only the flow around it.
package outbox

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// Caller speaks to Salesforce.
type Caller interface {
	// Write sends changes of one object and operation, at most 200, in one
	// call and answers for each at its index.
	Write(ctx context.Context, ws gateway.WorkspaceID, object string, op gateway.Op, changes []gateway.Change) []gateway.Delivery
	// Find asks the org for the record that an earlier attempt of a create may
	// have left behind: all that fit, oldest first, those of equal creates too.
	Find(ctx context.Context, ws gateway.WorkspaceID, c gateway.Change) (recordIDs []string, err error)
	// Read returns fields of records of one object, at most 200, as they are in
	// the org now, by id; without those that are gone, and without fields that
	// the connected user may not read.
	Read(ctx context.Context, ws gateway.WorkspaceID, object string, ids, fields []string) (map[string]gateway.Fields, error)
}

// Options configure an Outbox; every zero field has a working default.
type Options struct {
	Holder  string // names this process in leases
	Now     func() time.Time
	Jitter  func() float64 // in [0, 1)
	Logger  *slog.Logger
	Metrics *Metrics
	// Announce is called after a commit that changed what pages show.
	Announce func(ctx context.Context, ws gateway.WorkspaceID, keys []gateway.RecordKey)
	// Drifted is called when Salesforce refuses a field that describe offered:
	// the object's describe is to be read again.
	Drifted func(ctx context.Context, ws gateway.WorkspaceID, object string)
	// Describe reads the describe of an object that is written but not mirrored,
	// when something is to become one; nil = it never is.
	Describe func(ctx context.Context, ws gateway.WorkspaceID, object string) error
	// PublicDomain tells free e-mail providers from companies; nil = none is.
	PublicDomain func(domain string) bool
	// BaseURL is how browsers reach us, for the link that an Event or a note
	// carries back; "" = they carry none.
	BaseURL string
	Workers int // calls at a time, 4; one of them is kept for people's edits
	// Patience is how long Deliver tries inside a request, 3 s.
	Patience time.Duration
	Lease    time.Duration // how long a claim holds, 60 s; a call gets 10 s less
	Pace     time.Duration // least time between two sendings of one record, 1 s
	// Together is the least time between two calls of one object that no person
	// waits for and that are not full, 500 ms.
	Together time.Duration
	Gather   time.Duration // how long the Dispatcher lets a burst collect, 20 ms
	Poll     time.Duration // how often it looks for what others submitted, 2 s
	Drain    time.Duration // how long shutting down waits for calls in flight, 8 s
	Trip     uint32        // failures in a row that open a breaker, 5
	Reopen   time.Duration // how long an open breaker waits before it tries, 5 s
}

func (o Options) withDefaults() Options {
	setIfZero(&o.Workers, 4)
	setIfZero(&o.Patience, 3*time.Second)
	setIfZero(&o.Lease, time.Minute)
	setIfZero(&o.Pace, time.Second)
	setIfZero(&o.Together, 500*time.Millisecond)
	setIfZero(&o.Gather, 20*time.Millisecond)
	setIfZero(&o.Poll, 2*time.Second)
	setIfZero(&o.Drain, 8*time.Second)
	setIfZero(&o.Trip, 5)
	setIfZero(&o.Reopen, 5*time.Second)
	setIfZero(&o.Holder, rand.Text())
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Jitter == nil {
		o.Jitter = mathrand.Float64
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics()
	}
	if o.Announce == nil {
		o.Announce = func(context.Context, gateway.WorkspaceID, []gateway.RecordKey) {}
	}
	if o.Drifted == nil {
		o.Drifted = func(context.Context, gateway.WorkspaceID, string) {}
	}
	return o
}

func setIfZero[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Outbox is the way out of one process. Its methods may be called from many
// goroutines.
type Outbox struct {
	db      *store.DB
	caller  Caller
	opts    Options
	gates   gates
	pace    pace
	flight  flight
	settled broadcast
	// wakes are looked at by the two loops of the Dispatcher.
	wakes    [2]chan struct{}
	underway underway
	// wakeReplanner makes the Replanner look now.
	wakeReplanner chan struct{}

	absent absent
	people sync.Mutex // one person at a time: matching and creating are one step
	// breaking ends when calls in flight have no more time.
	breaking context.Context
	breakOff context.CancelFunc
}

// New returns an Outbox that sends through caller.
func New(db *store.DB, caller Caller, o Options) *Outbox {
	o = o.withDefaults()
	breaking, breakOff := context.WithCancel(context.Background())
	return &Outbox{
		db: db, caller: caller, opts: o,
		gates: gates{opts: o}, pace: pace{window: o.Pace}, underway: underway{window: o.Together}, wakes: [2]chan struct{}{make(chan struct{}, 1), make(chan struct{}, 1)},
		wakeReplanner: make(chan struct{}, 1),
		breaking:      breaking, breakOff: breakOff,
	}
}

// Edit asks for fields of one record to be changed.
type Edit struct {
	Key    gateway.RecordKey
	Fields gateway.Fields
	// Expect are values that must still stand, as far as we know, else nothing
	// is planned; nil = whatever they are.
	Expect gateway.Fields
	Cause  gateway.Cause
	Lane   int // see gateway.Change
	// ways say of what is taken back by which kind of cause it was written, and
	// wrote what our writes left in a record that is not mirrored.
	ways  map[string]string
	wrote gateway.Fields
}

// writable is the truth table for the edit's fields.
func (e Edit) writable(r rights) func(field string) (bool, string) {
	if e.ways == nil {
		return r.writable
	}
	return func(field string) (bool, string) { return r.takenBack(e.ways[field])(field) }
}

// The states of a receipt.
const (
	Waiting   = "waiting"   // durable, and owed to Salesforce
	Unchanged = "unchanged" // nothing is owed
	NeedsYou  = "needs_you" // a person must decide first
)

// Receipt says what Submit made durable.
type Receipt struct {
	LogID   int64 // the sync-log line, 0 when nothing was written down
	Key     gateway.RecordKey
	Edit    int64 // Change.Edit after folding; Deliver follows it
	State   string
	DueAt   time.Time
	Lane    int    // of the entry, see gateway.Change
	Why     string // for NeedsYou
	Skipped []outbound.Skipped
}

// Submit makes an edit durable: either everything of it waits for Salesforce
// when Submit returns, or nothing does. Errors: CodeForbidden when a field may
// not be written (Fields name them; nothing is queued), CodeInvalid when a
// value is impossible, CodeNotFound and CodeConflict as in outbound.PlanEdit.
func (o *Outbox) Submit(ctx context.Context, ws gateway.WorkspaceID, e Edit) (receipt Receipt, err error) {
	err = o.under(ctx, ws, func(b basis) error {
		r, err := o.rights(ctx, ws, e.Key.Object)
		if err != nil {
			return err
		}
		if err := r.checkValues(e.Fields); err != nil {
			return err
		}
		receipt, err = o.submit(ctx, ws, e, r, b)
		return err
	})
	if err != nil {
		return Receipt{}, err
	}
	o.submitted(ctx, ws, receipt)
	return receipt, nil
}

// submit plans an edit under rights that were read before, and saves it if they
// are those in force still.
func (o *Outbox) submit(ctx context.Context, ws gateway.WorkspaceID, e Edit, r rights, b basis) (receipt Receipt, err error) {
	err = o.db.In(ws).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		receipt = Receipt{Key: e.Key}
		if err := b.holds(ctx, tx); err != nil {
			return err
		}
		record, pending, err := load(ctx, tx, e.Key)
		if err != nil {
			return err
		}
		if e.wrote != nil && record.Fields == nil && !record.Deleted {
			record.Fields = e.wrote
		}
		if err := e.expected(record, pending, r.label); err != nil {
			return err
		}
		plan, err := outbound.PlanEdit(outbound.Input{
			Record: record, Pending: pending, Fields: e.Fields, Cause: r.revised(e.Cause, e.Fields), Lane: e.Lane,
			Writable: e.writable(r), Label: r.label, Now: tx.Now(), NotBefore: o.pace.next(ws, e.Key, e.Lane),
		})
		switch {
		case err != nil:
			return err
		case len(plan.Refused) == 0 && record.Fields == nil && pending == nil:
			return gateway.Errorf(gateway.CodeNotFound, "There is no such %s here.", e.Key.Object)
		}
		return o.save(ctx, ws, tx, outbound.Hold(plan, r.writable, r.refused, r.label), &receipt)
	})
	return receipt, err
}

// expected refuses an edit that was made from values which moved since.
func (e Edit) expected(record gateway.Record, pending *gateway.Change, label func(string) string) error {
	for name, want := range e.Expect {
		now := record.Fields[name]
		if pending != nil {
			if ours, owed := pending.Fields[name]; owed {
				now = ours
			}
		}
		if now != want && (!now.Empty() || !want.Empty()) {
			return gateway.Errorf(gateway.CodeConflict, "%s was changed meanwhile; that stands.", label(name))
		}
	}
	return nil
}

// load locks a record and what waits for it; the record has only its key when
// the mirror does not hold it.
func load(ctx context.Context, tx *store.Tx, key gateway.RecordKey) (gateway.Record, *gateway.Change, error) {
	records, err := tx.LoadRecords(ctx, []gateway.RecordKey{key})
	if err != nil {
		return gateway.Record{}, nil, err
	}
	record, ok := records[key]
	if !ok {
		record = gateway.Record{Key: key}
	} else if record.Fields == nil {
		record.Fields = gateway.Fields{}
	}
	pending, ok, err := tx.PendingFor(ctx, key)
	if err != nil || !ok {
		return record, nil, err
	}
	return record, &pending, nil
}

// save writes a plan down and fills the receipt. A refusal is an error, so
// that the transaction leaves nothing.
func (o *Outbox) save(ctx context.Context, ws gateway.WorkspaceID, tx *store.Tx, plan outbound.Plan, receipt *Receipt) error {
	if len(plan.Refused) > 0 {
		return forbidden(plan.Refused)
	}
	receipt.State, receipt.Skipped = Unchanged, plan.Skipped
	if plan.Log == nil {
		return nil
	}
	if err := writeLine(ctx, tx, plan.Log); err != nil {
		return err
	}
	receipt.LogID = plan.Log.ID
	c := plan.Change
	switch {
	case c == nil:
		return nil
	case plan.Drop:
		_, err := tx.DeleteChange(ctx, c.Key, c.Edit-1)
		return err
	}
	c.Workspace, c.LogID = ws, plan.Log.ID
	receipt.State, receipt.Edit, receipt.DueAt, receipt.Lane = Waiting, c.Edit, c.DueAt, c.Lane
	return tx.SaveChange(ctx, *c)
}

// writeLine appends a new line, giving it its id, or updates an old one.
func writeLine(ctx context.Context, tx *store.Tx, line *gateway.LogEntry) error {
	if line.ID != 0 {
		return tx.UpdateLog(ctx, *line)
	}
	ids, err := tx.AppendLog(ctx, []gateway.LogEntry{*line})
	if err != nil {
		return err
	}
	if len(ids) != 1 {
		return errors.New("writing the sync log: no id came back")
	}
	line.ID = ids[0]
	return nil
}

func forbidden(refused []outbound.Skipped) error {
	err := gateway.Errorf(gateway.CodeForbidden, "%s is not written to Salesforce: %s", refused[0].Field, refused[0].Reason)
	for _, r := range refused {
		err.Fields = append(err.Fields, r.Field)
	}
	return err
}

func (o *Outbox) submitted(ctx context.Context, ws gateway.WorkspaceID, receipt Receipt) {
	if receipt.LogID == 0 {
		return
	}
	o.opts.Announce(ctx, ws, []gateway.RecordKey{receipt.Key})
	o.Wake()
}

// Wake makes the Dispatcher look for due entries now.
func (o *Outbox) Wake() {
	for _, wake := range o.wakes {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}
