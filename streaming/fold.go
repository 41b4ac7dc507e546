package streaming

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/rules/inbound"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// fold is one run of one transaction: it loads what the batch touches, decides
// event by event in memory, and writes the results in few statements.
type fold struct {
	a  *Applier
	tx *store.Tx
	b  Batch

	keys []gateway.RecordKey // of work, in order
	work map[gateway.RecordKey]*work
	decided

	touches map[string]store.ObjectTouch
	stats   store.AdvanceStats
	// rewritten: the records are saved already, piece by piece.
	rewritten bool
	lags      []time.Duration
	moved     []gateway.RecordKey // records whose links changed
	gaps      map[string]*gapped  // by object
	holes     []gateway.Hole      // found in the events
	saved     []gateway.Hole      // as written
}

// decided is what the decisions on some records add up to.
type decided struct {
	entries   []gateway.HistoryEntry
	places    []int // in the batch, of the events of entries
	conflicts []gateway.Conflict
	lines     []gateway.LogEntry // new lines of the sync log
	refetch   map[string][]gateway.RecordKey
	settled   []gateway.RecordKey // refetch marks fulfilled
	rereads   []gateway.Backfill
	counts    map[countKey]int
}

// work is one record of the batch.
type work struct {
	record  *gateway.Record
	saved   bool
	named   bool           // a part of the name may have changed
	laid    gateway.Fields // in which alone the record differs from what was loaded
	unlaid  bool           // it may differ in others, too
	piece   int            // of the batch, see rewrite
	newer   []gateway.HistoryEntry
	pending *gateway.Change
	before  *gateway.Change // pending as it was loaded
	moved   bool            // pending was changed
	line    *gateway.LogEntry

	wasDeleted bool // before the batch
	fetched    bool // not touched by the batch, but looked at for a link
}

func newFold(a *Applier, tx *store.Tx, b Batch) *fold {
	f := &fold{a: a, tx: tx, b: b, work: make(map[gateway.RecordKey]*work, len(b.Events)), touches: map[string]store.ObjectTouch{}}
	f.decided = newDecided(len(b.Events))
	f.rereads, f.lines = slices.Clone(b.Reread), slices.Clone(b.Lines)
	return f
}

func newDecided(n int) decided {
	return decided{
		entries: make([]gateway.HistoryEntry, 0, n), places: make([]int, 0, n),
		refetch: map[string][]gateway.RecordKey{}, counts: map[countKey]int{},
	}
}

func (f *fold) run(ctx context.Context) error {
	f.gather()
	pieces, err := f.inPieces(ctx)
	if err != nil {
		return err
	}
	if pieces {
		err = f.rewrite(ctx)
	} else if err = f.load(ctx); err == nil {
		f.decideAll()
	}
	if err != nil {
		return err
	}
	for i := range f.b.Events {
		f.time(&f.b.Events[i])
	}
	return f.save(ctx)
}

// gather finds the records that the batch touches.
func (f *fold) gather() {
	works := make([]work, len(f.b.Events)) // one piece of memory for nearly all
	for i := range f.b.Events {
		e := &f.b.Events[i]
		for _, id := range e.RecordIDs {
			key := gateway.RecordKey{Object: e.Object, ID: id}
			if strings.HasSuffix(id, "*") || f.work[key] != nil {
				continue
			}
			if len(works) == 0 {
				works = make([]work, 16)
			}
			f.work[key], works = &works[0], works[1:]
			f.keys = append(f.keys, key)
		}
	}
	// In order, so that everything that goes by keys finds them sorted.
	slices.SortFunc(f.keys, func(a, b gateway.RecordKey) int {
		return cmp.Or(strings.Compare(a.Object, b.Object), strings.Compare(a.ID, b.ID))
	})
}

// load reads records and pending changes of all keys in one statement each.
func (f *fold) load(ctx context.Context) error {
	records, err := f.tx.LoadRecords(ctx, f.keys)
	if err != nil {
		return err
	}
	return f.loadRest(ctx, 0, f.keys, records)
}

// loadRest takes the records of one piece and reads what else is known of them:
// pending changes, and the history of the few that have a late event.
func (f *fold) loadRest(ctx context.Context, piece int, keys []gateway.RecordKey, records map[gateway.RecordKey]gateway.Record) error {
	pending, err := f.tx.LoadPending(ctx, keys)
	if err != nil {
		return err
	}
	for key, r := range records {
		w := f.work[key]
		w.record, w.wasDeleted = &r, r.Deleted
	}
	for key, c := range pending {
		w := f.work[key]
		w.pending, w.before = &c, &c
	}
	return f.loadHistory(ctx, piece)
}

func (f *fold) loadHistory(ctx context.Context, piece int) error {
	since := map[gateway.RecordKey]gateway.Version{}
	for i := range f.b.Events {
		e := &f.b.Events[i]
		for _, id := range e.RecordIDs {
			key := gateway.RecordKey{Object: e.Object, ID: id}
			w := f.work[key]
			if w == nil || w.piece != piece || !inbound.NeedsHistory(w.record, *e) {
				continue
			}
			if v, ok := since[key]; !ok || e.Version.Before(v) {
				since[key] = e.Version
			}
		}
	}
	if len(since) == 0 {
		return nil
	}
	newer, err := f.tx.HistorySince(ctx, since)
	for key, entries := range newer {
		f.work[key].newer = entries
	}
	return err
}

// decideAll decides on all events. What happens to one record does not depend on
// the others, so half of the records of a large batch is left to another
// goroutine, while the database has nothing to do: it took a fifth of the time of
// a batch.
func (f *fold) decideAll() {
	if len(f.b.Events) < parallelFrom || slices.ContainsFunc(f.b.Events, concernsOthers) {
		f.decidePart(0, 1)
		return
	}
	other := &fold{a: f.a, tx: f.tx, b: f.b, work: f.work, decided: newDecided(len(f.b.Events) / 2)}
	var wait sync.WaitGroup
	wait.Go(func() { other.decidePart(1, 2) })
	f.decidePart(0, 2)
	wait.Wait()
	f.join(&other.decided)
}

// concernsOthers tells the rare events that are about more than the records
// they name.
func concernsOthers(e gateway.ChangeEvent) bool {
	return e.Type.IsGap() || slices.ContainsFunc(e.RecordIDs, func(id string) bool {
		return len(id) != 18 || strings.HasSuffix(id, "*") || strings.HasPrefix(id, "000000000000000")
	})
}

// decidePart decides, in the order of the events, on the records of one of n
// parts. They are told apart by the last character of an id that differs within
// an object: the three after it only check the case of the others.
func (f *fold) decidePart(part, n byte) {
	for i := range f.b.Events {
		e := &f.b.Events[i]
		for _, id := range e.RecordIDs {
			if n == 1 || id[14]%n == part {
				f.decide(e, id, i)
			}
		}
	}
}

// join adds what another part decided, history in the order of the events.
func (d *decided) join(o *decided) {
	entries, places := make([]gateway.HistoryEntry, 0, len(d.entries)+len(o.entries)), 0
	for i := range d.entries {
		for ; places < len(o.places) && o.places[places] < d.places[i]; places++ {
			entries = append(entries, o.entries[places])
		}
		entries = append(entries, d.entries[i])
	}
	d.entries = append(entries, o.entries[places:]...)
	d.conflicts = append(d.conflicts, o.conflicts...)
	d.lines = append(d.lines, o.lines...)
	d.settled = append(d.settled, o.settled...)
	d.rereads = append(d.rereads, o.rereads...)
	for reason, keys := range o.refetch {
		d.refetch[reason] = append(d.refetch[reason], keys...)
	}
	for key, n := range o.counts {
		d.counts[key] += n
	}
}

func (f *fold) decide(e *gateway.ChangeEvent, id string, place int) {
	w := f.work[gateway.RecordKey{Object: e.Object, ID: id}]
	if w == nil {
		w = &work{} // a wildcard id
	}
	d := inbound.Decide(f.a.input(*e, id, w, f.tx.Now()))
	f.counts[countKey{e.Object, e.Type, d.Entry.Outcome}]++
	if d.RefetchObject != "" {
		f.rereadObject(*e, d)
		return
	}
	if d.Save {
		w.lay(d.Laid)
		w.record, w.saved = &d.Record, true
		w.named = w.named || inbound.NamesPerson(e)
	}
	if d.Entry.Outcome == gateway.OutcomeRefetch && e.Type.IsGap() {
		f.noteGap(*e)
	}
	if d.Append {
		f.entries, f.places = append(f.entries, d.Entry), append(f.places, place)
		w.newer = append(w.newer, d.Entry)
	}
	f.conflicts = append(f.conflicts, d.Conflicts...)
	switch {
	case d.Refetch != "":
		f.refetch[d.Refetch] = append(f.refetch[d.Refetch], d.Record.Key)
	case d.ReadWhole && !f.b.Streamed:
		f.settled = append(f.settled, d.Record.Key)
	}
	f.askMaster(d)
	f.pending(w, d)
}

// lay notes in which fields a decision changed the record; nil = maybe in all.
func (w *work) lay(fields gateway.Fields) {
	switch {
	case fields == nil:
		w.unlaid = true
	case w.laid == nil:
		w.laid = fields
	default:
		w.laid = w.laid.Overlay(fields)
	}
}

// pending notes what became of our waiting change, and its line in the log.
func (f *fold) pending(w *work, d inbound.Decision) {
	if !d.PendingChanged && !d.DropPending {
		return
	}
	w.moved = true
	line := outbound.Line(*d.Pending, d.Record, nil)
	w.pending = d.Pending
	if d.DropPending {
		was := *w.before
		was.Problem = gateway.Problem{}
		line = outbound.Line(was, d.Record, nil)
		line.State, line.NextTry, line.DoneAt = gateway.LogDone, time.Time{}, f.tx.Now()
		if !d.Confirmed {
			line.State = gateway.LogSkipped
			line.Problem = gateway.Problem{What: "Salesforce's value stays; both are kept on the conflict."}
		}
		w.pending = nil
	}
	w.line = &line
}

// rereadObject schedules the whole object to be read, from before the change
// that was not told in full.
func (f *fold) rereadObject(e gateway.ChangeEvent, d inbound.Decision) {
	for _, b := range f.rereads {
		if b.Object == e.Object {
			return
		}
	}
	f.rereads = append(f.rereads, gateway.Backfill{
		Object: e.Object, State: BackfillRunning, Anchor: f.b.Position, Total: -1,
		StartedAt: e.Version.Time(), Note: d.RefetchObject,
	})
	f.noteWhole(e, d.RefetchObject)
	f.lines = append(f.lines, gateway.LogEntry{
		Direction: "system", Key: gateway.RecordKey{Object: e.Object}, Label: e.Object,
		What: "Read all " + e.Object + " records again", Rule: d.RefetchObject,
		State: gateway.LogDone, DoneAt: f.tx.Now(),
	})
}

// time notes when the event was committed, for lag and freshness.
func (f *fold) time(e *gateway.ChangeEvent) {
	if !f.b.Streamed {
		return
	}
	at := e.Version.Time()
	lag := max(f.tx.Now().Sub(at), 0)
	f.lags = append(f.lags, lag)
	f.stats.Events++
	if !at.Before(f.stats.LastEventAt) {
		f.stats.LastEventAt, f.stats.Lag = at, lag
	}
	if t := f.touches[e.Object]; !at.Before(t.LastEvent) {
		f.touches[e.Object] = store.ObjectTouch{LastEvent: at, Lag: lag}
	}
}

func (f *fold) applied() Applied {
	for _, q := range f.b.Unreadable {
		f.counts[countKey{object: q.Object, outcome: outcomeUnreadable}]++
	}
	done := Applied{Refetch: len(f.refetch) > 0, RefetchObject: len(f.rereads) > 0, Holes: f.saved, counts: f.counts, lags: f.lags}
	for _, key := range f.keys {
		if w := f.work[key]; w.saved || w.moved {
			done.Keys = append(done.Keys, key)
		}
	}
	done.Keys = append(done.Keys, f.moved...)
	return done
}
