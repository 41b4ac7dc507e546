package outbox

import (
	"context"
	"fmt"
	"time"

	"tidegate/gateway"
	"tidegate/rules/inbound"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// settleTries bounds how often a settlement is tried while our own database is
// away; the lease is still ours that long.
const settleTries = 5

func (o *Outbox) settleUntilSaved(ctx context.Context, b batch, deliveries []gateway.Delivery, took time.Duration) error {
	var err error
	for try := range settleTries {
		if try > 0 {
			time.Sleep(outbound.Backoff(100*time.Millisecond, time.Second, try, o.opts.Jitter()))
		}
		err = o.settle(ctx, b, deliveries, took)
		if gateway.CodeOf(err) != gateway.CodeUnavailable {
			return err
		}
	}
	return err
}

// ending is what became of one change.
type ending struct {
	change gateway.Change
	state  gateway.ChangeState
	fenced bool
}

// settle writes the outcomes of one call in one transaction, each fenced by
// the lease of its claim.
func (o *Outbox) settle(ctx context.Context, b batch, deliveries []gateway.Delivery, took time.Duration) error {
	r, err := o.rights(ctx, b.ws, b.changes[0].Key.Object)
	if err != nil {
		return err
	}
	links, err := o.linksToBreak(ctx, b, deliveries)
	if err != nil {
		return err
	}
	fallback, err := o.fallbackOwner(ctx, b.ws, deliveries)
	if err != nil {
		return err
	}
	var endings []ending
	var touched []gateway.RecordKey
	err = o.db.In(b.ws).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		endings, touched = nil, b.keys()
		records, err := tx.LoadRecords(ctx, append(b.keys(), createdKeys(b, deliveries)...))
		if err != nil {
			return err
		}
		s := settling{tx: tx, batch: b, records: records, label: r.label, took: took, links: links, fallback: fallback}
		if endings, err = s.all(ctx, deliveries, o.opts.Jitter); err != nil {
			return fmt.Errorf("settling changes: %w", err)
		}
		touched = append(touched, s.created...)
		return tx.SaveRecords(ctx, s.mirror)
	})
	if err != nil {
		return err
	}
	o.announce(ctx, b, endings, deliveries, touched)
	return nil
}

func (o *Outbox) announce(ctx context.Context, b batch, endings []ending, deliveries []gateway.Delivery, touched []gateway.RecordKey) {
	drifted := false
	for i, end := range endings {
		if end.fenced {
			o.opts.Logger.WarnContext(ctx, "a settlement came too late and was refused", "object", end.change.Key.Object)
			continue
		}
		o.opts.Metrics.settled(end.change, end.state, o.opts.Now())
		if e := deliveries[i].Err; e != nil && e.Code == gateway.CodeSFField {
			drifted = true
		}
	}
	o.opts.Announce(ctx, b.ws, touched)
	if drifted {
		o.opts.Drifted(ctx, b.ws, b.changes[0].Key.Object)
	}
}

// linksToBreak reads the links of records that turned out to be gone, or that are
// being deleted; inside
// the transaction only its own handle may be used.
func (o *Outbox) linksToBreak(ctx context.Context, b batch, deliveries []gateway.Delivery) (map[gateway.RecordKey][]gateway.Link, error) {
	links := map[gateway.RecordKey][]gateway.Link{}
	for i, c := range b.changes {
		e := deliveries[i].Err
		isGone := c.Op == gateway.OpUpdate && e != nil && e.Code == gateway.CodeSFGone
		if !isGone && c.Op != gateway.OpDelete || outbound.Bond(c.Key.Object) {
			continue
		}
		found, err := o.db.In(b.ws).Links(ctx, c.Key)
		if err != nil {
			return nil, fmt.Errorf("reading links: %w", err)
		}
		links[c.Key] = found
	}
	return links, nil
}

func createdKeys(b batch, deliveries []gateway.Delivery) []gateway.RecordKey {
	var keys []gateway.RecordKey
	for i, c := range b.changes {
		if c.Op == gateway.OpCreate && deliveries[i].Done {
			keys = append(keys, gateway.RecordKey{Object: c.Key.Object, ID: deliveries[i].RecordID})
		}
	}
	return keys
}

// settling is the settling of one batch inside its transaction.
type settling struct {
	tx      *store.Tx
	batch   batch
	records map[gateway.RecordKey]gateway.Record
	label   func(string) string
	took    time.Duration
	links   map[gateway.RecordKey][]gateway.Link
	// fallback is the id of the user who gets what belongs to an inactive one, ""
	// for none.
	fallback string
	mirror   []gateway.Record   // to be saved at the end
	lines    []gateway.LogEntry // likewise
	created  []gateway.RecordKey
}

// all settles every change of the batch. What one statement can do for all of
// them is done once: a call settles in some twenty statements, be it about one
// record or about 200.
func (s *settling) all(ctx context.Context, deliveries []gateway.Delivery, jitter func() float64) ([]ending, error) {
	changes := s.batch.changes
	settlements := make([]gateway.Settlement, len(changes))
	for i, c := range changes {
		settlements[i] = outbound.Settle(c, deliveries[i], s.tx.Now(), jitter())
		if _, _, drop := outbound.DropRefused(c, deliveries[i].Err); drop {
			settlements[i] = gateway.Settlement{State: gateway.StateWaiting, DueAt: s.tx.Now()}
		}
	}
	results, err := s.tx.SettleChanges(ctx, changes, settlements)
	if err != nil {
		return nil, err
	}
	if err := s.number(ctx, deliveries, settlements, results); err != nil {
		return nil, err
	}
	if err := s.release(ctx, results); err != nil {
		return nil, err
	}
	endings := make([]ending, len(changes))
	for i, c := range changes {
		if endings[i], err = s.one(ctx, c, deliveries[i], settlements[i], results[i]); err != nil {
			return nil, err
		}
	}
	return endings, s.tx.UpdateLogs(ctx, s.lines)
}

// number gives the records that were created the ids of Salesforce.
func (s *settling) number(ctx context.Context, deliveries []gateway.Delivery, settlements []gateway.Settlement, results []store.SettleResult) error {
	ids := map[string]string{}
	for i, c := range s.batch.changes {
		if c.Op == gateway.OpCreate && settlements[i].State == "" && !results[i].Fenced {
			ids[c.Key.ID] = deliveries[i].RecordID
		}
	}
	if err := s.tx.RekeyRecords(ctx, s.batch.changes[0].Key.Object, ids); err != nil {
		return fmt.Errorf("giving created records their ids: %w", err)
	}
	return nil
}

// release makes due what waits for a record that will not come before a person
// acts: it goes without, or is parked too. What waits for an activity to name
// somebody else is due when it does, or will not.
func (s *settling) release(ctx context.Context, results []store.SettleResult) error {
	var ids []string
	for i, c := range s.batch.changes {
		leads := moves(c) || c.Op == gateway.OpDelete
		if (c.Op == gateway.OpCreate || leads) && results[i].State == gateway.StateParked || leads && results[i].State == "" {
			ids = append(ids, c.Key.ID)
		}
	}
	return s.tx.ReleaseAwaiting(ctx, ids)
}

func (s *settling) one(ctx context.Context, c gateway.Change, d gateway.Delivery, settlement gateway.Settlement, result store.SettleResult) (ending, error) {
	if result.Fenced || result.Gone && settlement.State != "" {
		return ending{change: c, fenced: true}, nil
	}
	kept, dropped, drop := outbound.DropRefused(c, d.Err)
	end := ending{change: c, state: settlement.State}
	switch {
	case touched(c, d):
		end.state = ""
		return end, s.stands(ctx, c, result.Left)
	case settlement.State == "":
		return end, s.finish(ctx, c, d, result)
	case outbound.Reown(result.Left, d.Err, s.fallback):
		end.state = gateway.StateWaiting
		return end, s.reown(ctx, result.Left, d.Err)
	case drop:
		return end, s.dropFields(ctx, c, kept, dropped, d.Err, result)
	}
	if c.Op != gateway.OpDelete { // a deletion that failed leaves the record where it is
		if err := s.breakLinks(ctx, c.Key); err != nil {
			return end, err
		}
	}
	if err := s.readAgain(ctx, c, d.Err); err != nil {
		return end, err
	}
	if kept, gave := outbound.Yield(result.Left, s.records[c.Key]); len(gave) > 0 {
		end.state = kept.State
		return end, s.giveWay(ctx, result.Left, kept, gave, outbound.Filled)
	}
	switch kept, gave, asks := outbound.Overtaken(result.Left, result.Met); {
	case asks:
		end.state = kept.State
		s.lines = append(s.lines, s.line(kept))
		return end, s.tx.SaveChange(ctx, kept)
	case len(gave) > 0:
		end.state = kept.State
		return end, s.giveWay(ctx, result.Left, kept, gave, outbound.Lost)
	}
	s.lines = append(s.lines, s.line(result.Left))
	return end, nil
}

func (s *settling) line(c gateway.Change) gateway.LogEntry {
	line := outbound.Line(c, s.records[c.Key], s.label)
	line.Took = s.took
	return line
}

// finish writes a success down: the mirror, the line, and a line of its own for
// what was edited meanwhile.
func (s *settling) finish(ctx context.Context, c gateway.Change, d gateway.Delivery, result store.SettleResult) error {
	line := s.line(c)
	line.State, line.NextTry, line.Problem, line.DoneAt = gateway.LogDone, time.Time{}, gateway.Problem{}, s.tx.Now()
	if c.Op == gateway.OpCreate {
		to := gateway.RecordKey{Object: c.Key.Object, ID: d.RecordID}
		s.created = append(s.created, to)
		line.Key = to
		if err := s.readCreated(ctx, to); err != nil {
			return err
		}
	}
	s.observe(c, line.Key)
	if c.Op == gateway.OpDelete {
		if err := s.breakLinks(ctx, c.Key); err != nil {
			return err
		}
	}
	s.lines = append(s.lines, line)
	if result.State == "" {
		return nil
	}
	return s.followUp(ctx, line, result.Left)
}

// readCreated marks a created record that is to be read before anybody tells of
// it.
func (s *settling) readCreated(ctx context.Context, key gateway.RecordKey) error {
	why := ""
	switch r, here := s.records[key]; {
	case here && (r.Deleted || outbound.Barred(r) != nil):
		why = "A link leads to the record." // converted or merged while its id was on the way: the link follows
	case key.Object == "EmailMessage" && !here:
		why = "Which Task Salesforce made of the e-mail is not known yet." // until then that would be listed as another one
	default:
		return nil
	}
	return s.tx.MarkRefetch(ctx, []gateway.RecordKey{key}, why)
}

// followUp gives what was edited during the attempt a line of its own, since
// the old one has ended.
func (s *settling) followUp(ctx context.Context, ended gateway.LogEntry, left gateway.Change) error {
	if left.Key != ended.Key { // it has its id since, and may have been folded into what waits there
		now, ok, err := s.tx.PendingFor(ctx, ended.Key)
		if err != nil || !ok {
			return err
		}
		left = now
	}
	if left.LogID != ended.ID {
		return nil
	}
	left.LogID = 0
	next := s.line(left)
	if err := writeLine(ctx, s.tx, &next); err != nil {
		return err
	}
	left.LogID = next.ID
	return s.tx.SaveChange(ctx, left)
}

// observe puts what was written into the mirror at once, so that no page shows
// the old value until the echo comes. Only while the mirror is as it was when
// the change was claimed: else the stream knows better already.
func (s *settling) observe(c gateway.Change, key gateway.RecordKey) {
	record, here := s.records[key]
	switch {
	case c.Op == gateway.OpDelete && !here && c.Key.Object != "ContentNote":
		return
	case c.Op == gateway.OpDelete:
		// The stream brings the tombstone's version; the row is gone at once and
		// does not come back for a moment (F-47).
		// Of a note, which is not mirrored, this is all that says it was taken back.
		record.Key = key
		record = inbound.Gone(record)
		record.ObservedAt = s.tx.Now()
		s.mirror = append(s.mirror, record)
		return
	case outbound.Unmirrored(c.Key.Object):
		return // not mirrored; the writing says what was sent
	case c.Op == gateway.OpCreate && here:
		return
	case c.Op == gateway.OpCreate:
		record = gateway.Record{Key: key, Partial: true}
	case !here || record.Deleted || record.Version != s.batch.versions[c.Key]:
		return
	}
	record.Fields = record.Fields.Overlay(c.Fields)
	record.ObservedAt = s.tx.Now()
	s.mirror = append(s.mirror, record)
}

// dropFields takes the fields that Salesforce refuses out of the entry and
// lets the others go again at once; a line of its own says what was left out
// (F-57).
func (s *settling) dropFields(ctx context.Context, c, kept gateway.Change, dropped []string, refusal *gateway.Error, result store.SettleResult) error {
	left := result.Left
	left.Fields, left.Base = left.Fields.Clone(), left.Base.Clone()
	lost := gateway.Change{Key: c.Key, Op: gateway.OpUpdate, Fields: gateway.Fields{}, Base: gateway.Fields{}, Cause: c.Cause, EnqueuedAt: s.tx.Now()}
	for _, name := range dropped {
		lost.Fields[name], lost.Base[name] = c.Fields[name], c.Base[name]
		delete(left.Fields, name)
		delete(left.Base, name)
	}
	// Nothing was committed: the attempt was about the fields now gone.
	left.Problem, left.DueAt = gateway.Problem{}, s.tx.Now()
	if err := s.tx.SaveChange(ctx, left); err != nil {
		return err
	}
	skipped := s.line(lost)
	skipped.State, skipped.NextTry, skipped.DoneAt = gateway.LogSkipped, time.Time{}, s.tx.Now()
	skipped.Problem = outbound.Settle(kept, gateway.Delivery{Err: refusal}, s.tx.Now(), 0).Problem
	if _, err := s.tx.AppendLog(ctx, []gateway.LogEntry{skipped}); err != nil {
		return err
	}
	s.lines = append(s.lines, s.line(left))
	return nil
}

// breakLinks marks the links of a record that is gone (F-61).
func (s *settling) breakLinks(ctx context.Context, key gateway.RecordKey) error {
	var moves []gateway.LinkMove
	for _, link := range s.links[key] {
		if link.Broken != "" {
			continue
		}
		link.Broken = "The record was deleted in Salesforce."
		if err := s.tx.SaveLink(ctx, link); err != nil {
			return err
		}
		moves = append(moves, gateway.LinkMove{
			Kind: link.Kind, ExternalID: link.ExternalID, Role: link.Role, Act: gateway.LinkBroke, From: key, To: key, Reason: link.Broken,
		})
	}
	return s.tx.AppendLinkMoves(ctx, moves)
}
