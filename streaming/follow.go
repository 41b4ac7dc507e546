package streaming

import (
	"context"
	"time"

	"tidegate/gateway"
	"tidegate/rules/inbound"
	"tidegate/rules/match"
	"tidegate/rules/outbound"
)

// follow keeps links and waiting changes with their records: when Salesforce
// converts, merges, deletes or restores one, whichever way that was noticed, and
// in the same transaction. Batches without such a record, which nearly all are,
// pay one look at each record.
func (f *fold) follow(ctx context.Context) error {
	turned := f.turned()
	if len(turned) == 0 {
		return nil
	}
	links, err := f.tx.LinksThrough(ctx, turned)
	if err != nil {
		return err
	}
	for len(links) > 0 {
		if links, err = f.followLinks(ctx, links); err != nil {
			return err
		}
	}
	for _, key := range turned {
		if err := f.redirect(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// turned returns the records of the batch that may be another one now, or be
// themselves again.
func (f *fold) turned() []gateway.RecordKey {
	var keys []gateway.RecordKey
	for key, w := range f.work {
		if w.record == nil || !w.saved && !f.b.Marked {
			continue
		}
		if f.b.Marked || w.record.Deleted || w.wasDeleted || match.Converted(*w.record) {
			keys = append(keys, key)
		}
	}
	return keys
}

// followLinks brings links to where their records are now, and returns the
// links that things got by it, which are to be followed in turn.
func (f *fold) followLinks(ctx context.Context, links []gateway.Link) ([]gateway.Link, error) {
	var attached []gateway.Link
	var history []gateway.LinkMove
	for _, l := range links {
		trail, err := f.trail(ctx, l.Chosen)
		if err != nil {
			return nil, err
		}
		c := match.Update(l, trail, f.tx.Now())
		for _, more := range c.Attach {
			added, err := f.tx.AddLink(ctx, more)
			if err != nil {
				return nil, err
			}
			if added {
				attached = append(attached, more)
				history = append(history, gateway.LinkMove{
					Kind: more.Kind, ExternalID: more.ExternalID, Role: more.Role, Act: gateway.LinkMade, To: more.Key, Reason: more.Reason,
				})
			}
		}
		if len(c.Moves) == 0 {
			continue
		}
		if err := f.tx.SaveLink(ctx, c.Link); err != nil {
			return nil, err
		}
		// What he takes part in may belong to other deals and accounts now.
		if who := (gateway.Who{Kind: l.Kind, ID: l.ExternalID}); l.Role == gateway.RoleSelf {
			if err := f.tx.RevisitNamed(ctx, who, c.Moves[len(c.Moves)-1].Reason); err != nil {
				return nil, err
			}
		}
		history = append(history, c.Moves...)
		f.moved = append(f.moved, l.Key, c.Link.Key)
	}
	return attached, f.tx.AppendLinkMoves(ctx, history)
}

// trail follows a record, and asks for what the mirror does not know of the
// way: a record that it does not hold, or one that was deleted without a word
// on whether it was merged.
func (f *fold) trail(ctx context.Context, chosen gateway.RecordKey) (match.Trail, error) {
	var failed error
	t := match.Follow(chosen, func(key gateway.RecordKey) (gateway.Record, bool) {
		w, err := f.at(ctx, key)
		if err != nil {
			failed = err
		}
		if w == nil || w.record == nil {
			return gateway.Record{}, false
		}
		return *w.record, true
	})
	if failed != nil {
		return t, failed
	}
	_, real := gateway.NormalizeID(t.End.ID)
	w := f.work[t.End]
	asked := f.b.Marked && w != nil && !w.fetched // this batch is the answer
	if real && !asked && (t.Unknown || (t.Broken != "" && len(t.Steps) > 0)) {
		f.wantRead("A link leads to the record.", t.End)
	}
	if t.Circle {
		for _, s := range t.Steps {
			f.wantRead("It was merged into a record that was merged into it.", s.From)
		}
	}
	return t, nil
}

// at returns the work on a record, loading one that the batch does not touch.
func (f *fold) at(ctx context.Context, key gateway.RecordKey) (*work, error) {
	if w, ok := f.work[key]; ok {
		return w, nil
	}
	records, err := f.tx.LoadRecords(ctx, []gateway.RecordKey{key})
	if err != nil {
		return nil, err
	}
	pending, err := f.tx.LoadPending(ctx, []gateway.RecordKey{key})
	if err != nil {
		return nil, err
	}
	w := &work{fetched: true}
	if r, ok := records[key]; ok {
		w.record, w.wasDeleted = &r, r.Deleted
	}
	if c, ok := pending[key]; ok {
		w.pending, w.before = &c, &c
	}
	f.work[key], f.keys = w, append(f.keys, key)
	return w, nil
}

// redirect moves what a record is still owed to the record that it became. An
// entry that is being sent is left to its answer: settling it asks for the
// record to be read, which leads here again.
func (f *fold) redirect(ctx context.Context, key gateway.RecordKey) error {
	w := f.work[key]
	if w.pending == nil || w.pending.State == gateway.StateSending || w.pending.Op == gateway.OpCreate {
		return nil
	}
	t, err := f.trail(ctx, key)
	if err != nil || len(t.Steps) == 0 || t.Broken != "" {
		return err
	}
	if w.pending.Op == gateway.OpDelete && w.record.Deleted {
		return nil // what was asked for holds
	}
	to, err := f.at(ctx, t.End)
	if err != nil {
		return err
	}
	done := outbound.Redirect(outbound.RedirectInput{
		Change: *w.pending, To: t.End, Act: t.Steps[len(t.Steps)-1].Act, Standing: to.pending, Now: f.tx.Now(),
		Writable: func(field string) (bool, string) {
			if f.a.Writable == nil {
				return true, ""
			}
			return f.a.Writable(t.End.Object, field)
		},
	})
	if done.Change != nil {
		if err := f.owe(ctx, to, *done.Change); err != nil {
			return err
		}
	}
	f.leave(w, done)
	return nil
}

// owe gives a record the entry that came from another one, weighed against
// what the record holds.
func (f *fold) owe(ctx context.Context, to *work, c gateway.Change) error {
	record := gateway.Record{Key: c.Key}
	if to.record != nil {
		record = *to.record
		d := inbound.Meet(f.a.input(gateway.ChangeEvent{Object: c.Key.Object}, c.Key.ID, &work{record: to.record, pending: &c}, f.tx.Now()))
		f.conflicts = append(f.conflicts, d.Conflicts...)
		if d.DropPending {
			if to.before != nil { // what was owed before is had by now, too
				f.pending(to, d)
			}
			return nil
		}
		if d.PendingChanged {
			c = *d.Pending
		}
	}
	line := outbound.Line(c, record, nil)
	if c.LogID == 0 {
		ids, err := f.tx.AppendLog(ctx, []gateway.LogEntry{line})
		if err != nil {
			return err
		}
		c.LogID, line.ID = ids[0], ids[0]
	}
	to.pending, to.moved, to.line = &c, true, &line
	return nil
}

// leave parks what could not go with the rest, or ends the entry.
func (f *fold) leave(w *work, done outbound.Redirected) {
	w.moved = true
	line := outbound.Line(*w.before, *w.record, nil)
	if done.Left != nil {
		line = outbound.Line(*done.Left, *w.record, nil)
		w.pending = done.Left
	} else {
		line.State, line.NextTry, line.DoneAt = gateway.LogSkipped, time.Time{}, f.tx.Now()
		line.Problem = gateway.Problem{What: "The change went on to the record that this one became."}
		w.pending = nil
	}
	w.line = &line
}

// askMaster asks for a deleted record to be read from the recycle bin: its
// event does not say whether it was merged into another.
func (f *fold) askMaster(d inbound.Decision) {
	if d.Entry.Outcome == gateway.OutcomeDeleted && f.b.Streamed && f.a.Merges != nil && f.a.Merges(d.Entry.Key.Object) {
		f.wantRead("It was deleted; it may have been merged into another record.", d.Entry.Key)
	}
}

func (f *fold) wantRead(why string, key gateway.RecordKey) {
	f.refetch[why] = append(f.refetch[why], key)
}

// concerning drops what was never seen and is gone already. A record to which a
// link leads is kept even so: its tombstone shows that the link leads nowhere,
// or where it leads on.
func (c *Consumer) concerning(ctx context.Context, found []gateway.ChangeEvent, seen map[string]gateway.Version) (kept []gateway.ChangeEvent, unknown []gateway.RecordKey, err error) {
	for _, e := range found {
		key := gateway.RecordKey{Object: e.Object, ID: e.RecordIDs[0]}
		if _, known := seen[key.ID]; !known && e.Type == gateway.Delete {
			links, err := c.store.Links(ctx, key)
			if err != nil {
				return nil, nil, err
			}
			if len(links) == 0 {
				unknown = append(unknown, key)
				continue
			}
		}
		kept = append(kept, e)
	}
	return kept, unknown, nil
}
