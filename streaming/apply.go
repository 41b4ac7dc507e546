package streaming

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/rules/inbound"
	"tidegate/store"
)

// Applier commits batches to the mirror of one workspace, whatever source they
// came from. Batches are applied one at a time: two transactions could both
// find a record missing, and the older one would win.
type Applier struct {
	Store     *store.Workspace
	OwnClient string // our client id in changeOrigin
	// Fresh brings what Winner and Writable answer from up to date, before each
	// batch of events: a choice of a person holds from then on. nil = they always are.
	Fresh func(ctx context.Context) error
	// Winner is the conflict rule of a field; nil = none chosen. It is called
	// inside the transaction and must not block.
	Winner func(object, field string) gateway.Winner
	// Carried reports whether change events carry the field; nil = all.
	Carried func(object, field string) bool
	// Known reports whether describe shows the field; nil = all.
	Known func(object, field string) bool
	// Named reports whether the object's Name is composed of person name
	// parts; nil means none.
	Named func(object string) bool
	// Merges reports whether records of the object can be merged; nil = none.
	Merges func(object string) bool
	// Writable reports whether a field may be written to Salesforce, with the
	// reason; nil = all. It is called inside the transaction.
	Writable func(object, field string) (bool, string)
	// Ahead is Salesforce's clock minus ours; nil = 0.
	Ahead func() time.Duration
	// OrgID is written into continuity records, which Sign signs; nil = they
	// are not signed.
	OrgID string
	Sign  func(statement []byte) (signature, key []byte)
	// Notify is told of the records that changed, after the commit.
	Notify  func(ws gateway.WorkspaceID, keys []gateway.RecordKey)
	Metrics *Metrics
	// Observe is told what the stream brought, after the commit; nil = nobody asks.
	Observe func(ws gateway.WorkspaceID, objects map[string]*Observed)

	mu sync.Mutex
	// generation counts the wishes to read an object from the start: a page
	// that was asked for before such a wish must not overwrite it.
	generation map[string]int
}

// Batch is what Apply commits at once.
type Batch struct {
	gateway.Batch
	// Lease fences the commit: CodeFenced when somebody took it over.
	Lease gateway.Lease
	// Streamed is true for events of the channel itself: they count towards
	// its position and its lag.
	Streamed bool
	// Marked is true for records that were read because they were marked: their
	// links are looked at whatever the reading changed.
	Marked bool
	// Reread starts backfills anew, from where they say.
	Reread []gateway.Backfill
	// Lines are for the sync log.
	Lines []gateway.LogEntry
	// Hints are the hints that had come before the events were read, which the
	// readings among them answer.
	Hints map[gateway.RecordKey]int64
	// Gone are marked records that nobody has ever seen, and Salesforce neither.
	Gone []gateway.RecordKey
	// Holes are found with this batch, Repair is its part in repairing one
	// object, and Resumed are objects that the stream tells of again since
	// ResumedAt, by Salesforce's clock.
	Holes     []gateway.Hole
	Repair    *Repair
	Resumed   []string
	ResumedAt time.Time
	// With is run in the same transaction, before the position is advanced.
	With func(ctx context.Context, tx *store.Tx) error
}

// Applied says what a batch did.
type Applied struct {
	Keys          []gateway.RecordKey // records whose row changed
	Refetch       bool                // some records are to be read again
	RefetchObject bool                // some objects are to be read again
	Holes         []gateway.Hole      // continuity records that were written
	counts        map[countKey]int
	lags          []time.Duration
}

// Apply commits the batch: mirror, history, conflicts, quarantine, refetch
// marks and the position, or nothing at all. Applying it again changes
// nothing.
func (a *Applier) Apply(ctx context.Context, b Batch) (Applied, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.Fresh != nil && len(b.Events) > 0 {
		if err := a.Fresh(ctx); err != nil {
			return Applied{}, err
		}
	}
	var f *fold
	err := a.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		f = newFold(a, tx, b) // afresh, because InTx may run this again
		return f.run(ctx)
	})
	if err != nil {
		return Applied{}, fmt.Errorf("applying %d events: %w", len(b.Events), err)
	}
	if a.generation == nil {
		a.generation = map[string]int{}
	}
	for _, b := range f.rereads {
		a.generation[b.Object]++
	}
	done := f.applied()
	a.Metrics.count(done.counts, done.lags)
	if a.Observe != nil && b.Streamed && len(b.Events) > 0 {
		a.Observe(a.Store.ID(), observedIn(b.Events))
	}
	if a.Notify != nil && len(done.Keys) > 0 {
		a.Notify(a.Store.ID(), done.Keys)
	}
	return done, nil
}

// Observed counts the events of one object, and those that carried each field.
type Observed struct {
	Events int
	Fields map[string]int
}

func observedIn(events []gateway.ChangeEvent) map[string]*Observed {
	out := map[string]*Observed{}
	for i := range events {
		e := &events[i]
		o := out[e.Object]
		if o == nil {
			o = &Observed{Fields: map[string]int{}}
			out[e.Object] = o
		}
		o.Events++
		for name := range e.Fields {
			o.Fields[name]++
		}
	}
	return out
}

// input joins an event with what is known of its record.
func (a *Applier) input(e gateway.ChangeEvent, id string, w *work, now time.Time) inbound.Input {
	in := inbound.Input{
		Current: w.record, Event: e, RecordID: id, Pending: w.pending, OwnClient: a.OwnClient, Now: now,
		Owned: true, // loaded or decided for this transaction
	}
	if inbound.NeedsHistory(w.record, e) {
		in.Newer = w.newer
	}
	if a.Winner != nil {
		in.Winner = func(field string) gateway.Winner { return a.Winner(e.Object, field) }
	}
	if a.Carried != nil {
		in.Carried = func(field string) bool { return a.Carried(e.Object, field) }
	}
	if a.Known != nil {
		in.Known = func(field string) bool { return a.Known(e.Object, field) }
	}
	if a.Ahead != nil {
		in.Ahead = a.Ahead()
	}
	return in
}

// generationOf returns how often an object was to be read from the start.
func (a *Applier) generationOf(object string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.generation[object]
}

// versions returns where the mirror stands with the given records, by id.
func (a *Applier) versions(ctx context.Context, object string, ids []string) (map[string]gateway.Version, error) {
	records, err := a.records(ctx, object, ids)
	seen := make(map[string]gateway.Version, len(records))
	for key, r := range records {
		seen[key.ID] = r.Version
	}
	return seen, err
}

// living returns those of the ids that are records here and no tombstones.
func (a *Applier) living(ctx context.Context, object string, ids []string) ([]string, error) {
	records, err := a.records(ctx, object, ids)
	var living []string
	for _, id := range ids {
		if r, ok := records[gateway.RecordKey{Object: object, ID: id}]; ok && !r.Deleted {
			living = append(living, id)
		}
	}
	return living, err
}

// records reads records, while no batch is applied.
func (a *Applier) records(ctx context.Context, object string, ids []string) (found map[gateway.RecordKey]gateway.Record, err error) {
	keys := make([]gateway.RecordKey, 0, len(ids))
	for _, id := range ids {
		keys = append(keys, gateway.RecordKey{Object: object, ID: id})
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	err = a.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		found, err = tx.LoadRecords(ctx, keys)
		return err
	})
	return found, err
}
