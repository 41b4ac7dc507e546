package streaming

import (
	"context"
	"slices"
	"strings"
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

	work      map[gateway.RecordKey]*work
	entries   []gateway.HistoryEntry
	conflicts []gateway.Conflict
	lines     []gateway.LogEntry // new lines of the sync log
	refetch   map[string][]gateway.RecordKey
	settled   []gateway.RecordKey // refetch marks fulfilled
	rereads   []gateway.Backfill
	touches   map[string]store.ObjectTouch
	stats     store.AdvanceStats
	counts    map[countKey]int
	lags      []time.Duration
	moved     []gateway.RecordKey // records whose links changed
	gaps      map[string]*gapped  // by object
	holes     []gateway.Hole      // found in the events
	saved     []gateway.Hole      // as written
}

// work is one record of the batch.
type work struct {
	record  *gateway.Record
	saved   bool
	newer   []gateway.HistoryEntry
	pending *gateway.Change
	before  *gateway.Change // pending as it was loaded
	moved   bool            // pending was changed
	line    *gateway.LogEntry

	wasDeleted bool // before the batch
	fetched    bool // not touched by the batch, but looked at for a link
}

func newFold(a *Applier, tx *store.Tx, b Batch) *fold {
	return &fold{
		a: a, tx: tx, b: b, work: map[gateway.RecordKey]*work{}, refetch: map[string][]gateway.RecordKey{},
		rereads: slices.Clone(b.Reread), lines: slices.Clone(b.Lines), touches: map[string]store.ObjectTouch{}, counts: map[countKey]int{},
	}
}

func (f *fold) run(ctx context.Context) error {
	if err := f.load(ctx); err != nil {
		return err
	}
	for _, e := range f.b.Events {
		for _, id := range e.RecordIDs {
			f.decide(e, id)
		}
		f.time(e)
	}
	return f.save(ctx)
}

// load reads records and pending changes of all keys in one statement each,
// and the history of the few records that have a late event.
func (f *fold) load(ctx context.Context) error {
	var keys []gateway.RecordKey
	for _, e := range f.b.Events {
		for _, id := range e.RecordIDs {
			key := gateway.RecordKey{Object: e.Object, ID: id}
			if f.work[key] == nil && !strings.HasSuffix(id, "*") {
				f.work[key] = &work{}
				keys = append(keys, key)
			}
		}
	}
	records, err := f.tx.LoadRecords(ctx, keys)
	if err != nil {
		return err
	}
	pending, err := f.tx.LoadPending(ctx, keys)
	if err != nil {
		return err
	}
	for key, w := range f.work {
		if r, ok := records[key]; ok {
			w.record, w.wasDeleted = &r, r.Deleted
		}
		if c, ok := pending[key]; ok {
			w.pending, w.before = &c, &c
		}
	}
	return f.loadHistory(ctx)
}

func (f *fold) loadHistory(ctx context.Context) error {
	since := map[gateway.RecordKey]gateway.Version{}
	for _, e := range f.b.Events {
		for _, id := range e.RecordIDs {
			key := gateway.RecordKey{Object: e.Object, ID: id}
			w := f.work[key]
			if w == nil || !inbound.NeedsHistory(w.record, e) {
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

func (f *fold) decide(e gateway.ChangeEvent, id string) {
	w := f.work[gateway.RecordKey{Object: e.Object, ID: id}]
	if w == nil {
		w = &work{} // a wildcard id
	}
	d := inbound.Decide(f.a.input(e, id, w, f.tx.Now()))
	f.counts[countKey{e.Object, e.Type, d.Entry.Outcome}]++
	if d.RefetchObject != "" {
		f.rereadObject(e, d)
		return
	}
	if d.Save {
		w.record, w.saved = &d.Record, true
	}
	if d.Entry.Outcome == gateway.OutcomeRefetch && e.Type.IsGap() {
		f.noteGap(e)
	}
	if d.Append {
		f.entries = append(f.entries, d.Entry)
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
func (f *fold) time(e gateway.ChangeEvent) {
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
	done := Applied{Refetch: len(f.refetch) > 0, RefetchObject: len(f.rereads) > 0, Holes: f.saved, counts: f.counts, lags: f.lags}
	for key, w := range f.work {
		if w.saved || w.moved {
			done.Keys = append(done.Keys, key)
		}
	}
	done.Keys = append(done.Keys, f.moved...)
	return done
}
