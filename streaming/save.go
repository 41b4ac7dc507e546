package streaming

import (
	"cmp"
	"context"
	"slices"

	"tidegate/gateway"
	"tidegate/rules/inbound"
)

// save writes what was decided. The position is last: if it does not move,
// because the lease is somebody else's by now, nothing of it stays.
func (f *fold) save(ctx context.Context) error {
	steps := []func(context.Context) error{
		f.follow,
		f.saveRecords,
		func(ctx context.Context) error { return f.tx.AppendHistory(ctx, f.entries) },
		f.saveRare,
		f.saveRefetches,
		f.savePending,
		f.saveRereads,
		f.saveTouches,
		f.saveWith,
		f.saveHoles,
		func(ctx context.Context) error {
			return f.tx.Advance(ctx, f.b.Lease, f.b.Position, f.stats)
		},
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// name keeps the full name of a person in step with its parts: events carry
// the parts only, and readers of the mirror expect Salesforce's Name.
func (f *fold) name(w *work) {
	r := w.record
	if f.a.Named == nil || !f.a.Named(r.Key.Object) {
		return
	}
	if name := inbound.PersonName(*r); name.Known() {
		r.Fields["Name"] = name
		w.lay(gateway.Fields{"Name": name})
	}
}

func (f *fold) saveRecords(ctx context.Context) error {
	if f.rewritten {
		return nil
	}
	records := f.toSave(f.keys)
	if len(records) == 0 {
		return nil
	}
	return f.tx.SaveRecords(ctx, records)
}

// toSave returns those of the records that were decided to be saved.
func (f *fold) toSave(keys []gateway.RecordKey) []gateway.Record {
	records := make([]gateway.Record, 0, len(keys))
	for _, key := range keys {
		if w := f.work[key]; w.saved {
			if w.named {
				f.name(w)
			}
			if !w.unlaid {
				f.tx.OnlyLaid(key, w.laid)
			}
			records = append(records, *w.record)
		}
	}
	return records
}

// saveRare writes what most batches have none of.
func (f *fold) saveRare(ctx context.Context) error {
	if len(f.conflicts) > 0 {
		if err := f.tx.SaveConflicts(ctx, f.conflicts); err != nil {
			return err
		}
	}
	for _, q := range f.b.Unreadable {
		f.lines = append(f.lines, f.keptLine(q))
	}
	if len(f.lines) > 0 {
		if _, err := f.tx.AppendLog(ctx, f.lines); err != nil {
			return err
		}
	}
	if len(f.b.Unreadable) > 0 {
		return f.tx.SaveQuarantine(ctx, f.b.Unreadable)
	}
	return nil
}

// keptLine says in the log that a change could not be read, and what is done
// about it.
func (f *fold) keptLine(q gateway.Quarantined) gateway.LogEntry {
	what := "A change could not be read; it is kept as it came, and the record is read again"
	if len(q.RecordIDs) == 0 {
		what = "A change could not be read, nor whose it is; it is kept as it came, and everything changed since the last event is read"
	}
	return gateway.LogEntry{
		Direction: "system", Key: gateway.RecordKey{Object: q.Object, ID: q.RecordID}, Label: cmp.Or(q.RecordID, "Stream"),
		What: what, Rule: q.Reason, State: gateway.LogSkipped, DoneAt: f.tx.Now(),
	}
}

// unreadable is why a record is read again whose event could not be read.
const unreadable = "A change of the record could not be read."

func (f *fold) saveRefetches(ctx context.Context) error {
	// Fulfilled wishes go first: a later event of the batch may have a new one.
	if err := f.settle(ctx, slices.Concat(f.settled, f.b.Gone)); err != nil {
		return err
	}
	for _, q := range f.b.Unreadable {
		for _, id := range q.RecordIDs {
			f.refetch[unreadable] = append(f.refetch[unreadable], gateway.RecordKey{Object: q.Object, ID: id})
		}
	}
	for reason, keys := range f.refetch {
		if err := f.tx.MarkRefetch(ctx, keys, reason); err != nil {
			return err
		}
	}
	return nil
}

// settle removes the marks of records that were read, and of those the hints
// that had come before: a later one may be about a later change.
func (f *fold) settle(ctx context.Context, keys []gateway.RecordKey) error {
	answered := map[gateway.RecordKey]int64{}
	for _, key := range keys {
		if hint := f.b.Hints[key]; hint != 0 {
			answered[key] = hint
		}
	}
	if err := f.tx.ClearHints(ctx, answered); err != nil || len(keys) == 0 {
		return err
	}
	return f.tx.ClearRefetch(ctx, keys)
}

func (f *fold) savePending(ctx context.Context) error {
	for _, key := range f.keys {
		w := f.work[key]
		if !w.moved {
			continue
		}
		var err error
		if w.pending == nil {
			_, err = f.tx.DeleteChange(ctx, w.before.Key, w.before.Edit)
		} else {
			err = f.tx.SaveChange(ctx, *w.pending)
		}
		if err == nil && w.line.ID != 0 {
			err = f.tx.UpdateLog(ctx, *w.line)
		}
		if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound { // the line may have been pruned
			return err
		}
	}
	return nil
}

func (f *fold) saveRereads(ctx context.Context) error {
	for _, b := range f.rereads {
		if err := f.tx.SaveBackfill(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

func (f *fold) saveTouches(ctx context.Context) error {
	if len(f.touches) == 0 {
		return nil
	}
	return f.tx.TouchObjects(ctx, f.touches)
}

func (f *fold) saveWith(ctx context.Context) error {
	if f.b.With == nil {
		return nil
	}
	return f.b.With(ctx, f.tx)
}
