package outbox

import (
	"context"
	"fmt"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// planned is what something said here owes Salesforce, to be made durable.
type planned struct {
	kind, id string
	rule     string // for the log: "Meeting “Weekly”"
	label    string
	owed     []outbound.Owed
	omitted  []outbound.Omission
	schemas  map[string]gateway.Schema
	written  map[string]gateway.Writing // by part
	lane     int
	deals    []string      // opportunities to which its topic notes belong, nil = it has none
	met      []gateway.Met // who takes part
	waits    string        // for which reading some of it waits
	revision int64         // of the settings by which its own records are written
	basis    basis         // under which settings all of it was planned
	cause    gateway.Cause // what it is planned anew for, its zero value when the product told of it
	// save stores the thing itself, in the same transaction; false: the plan
	// rests on what is not so any more.
	save func(ctx context.Context, tx *store.Tx) (current bool, err error)
}

// submitPlan saves a thing with everything that it owes, or nothing of it.
func (o *Outbox) submitPlan(ctx context.Context, ws gateway.WorkspaceID, p planned) ([]Receipt, error) {
	var receipts []Receipt
	err := o.db.In(ws).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		receipts = nil
		if err := p.basis.holds(ctx, tx); err != nil {
			return err
		}
		if current, err := p.save(ctx, tx); err != nil || !current {
			return err
		}
		s := submitting{outbox: o, ws: ws, tx: tx, planned: p}
		if err := s.begin(ctx); err != nil {
			return err
		}
		for _, owed := range p.owed {
			if err := s.owe(ctx, owed); err != nil {
				return fmt.Errorf("planning %s: %w", owed.Part, err)
			}
		}
		for _, omission := range p.omitted {
			if err := s.omit(ctx, omission.Part, gateway.RecordKey{Object: omission.Object}, omission.Why); err != nil {
				return err
			}
		}
		receipts = s.receipts
		if len(p.owed) > 0 && s.written[outbound.PartAll].Omitted != "" {
			if err := tx.DropOmission(ctx, s.kind, s.id, outbound.PartAll); err != nil {
				return err
			}
		}
		if err := s.meet(ctx); err != nil {
			return err
		}
		if p.deals == nil {
			return nil
		}
		return tx.SaveDealsOf(ctx, p.kind, p.id, p.deals)
	})
	if err != nil {
		return nil, err
	}
	o.submittedAll(ctx, ws, receipts)
	return receipts, nil
}

func (o *Outbox) submittedAll(ctx context.Context, ws gateway.WorkspaceID, receipts []Receipt) {
	var keys []gateway.RecordKey
	for _, r := range receipts {
		if r.LogID != 0 {
			keys = append(keys, r.Key)
		}
	}
	if len(keys) == 0 {
		return
	}
	o.opts.Announce(ctx, ws, keys)
	o.Wake()
}

// submitting is one plan on its way into the store.
type submitting struct {
	outbox *Outbox
	ws     gateway.WorkspaceID
	tx     *store.Tx
	planned
	given    map[string]gateway.RecordKey // by local id
	numbers  map[string]bool              // the local ids of what is owed here
	moved    map[string]bool              // the activities that are to name somebody else by themselves
	receipts []Receipt
}

// begin reads what is there already, locked by the entries of the local ids: a
// create that is being settled gives its record an id before this reads it.
func (s *submitting) begin(ctx context.Context) error {
	s.numbers, s.moved = map[string]bool{}, map[string]bool{}
	for _, key := range s.local() {
		s.numbers[key.ID] = true
		if _, _, err := s.tx.PendingFor(ctx, key); err != nil {
			return err
		}
	}
	var err error
	if s.given, err = s.tx.Given(ctx, ids(s.local())); err != nil {
		return err
	}
	all, err := s.tx.Writings(ctx, s.kind, s.id)
	s.written = byPart(all)
	return err
}

func byPart(all []gateway.Writing) map[string]gateway.Writing {
	written := make(map[string]gateway.Writing, len(all))
	for _, w := range all {
		written[w.Part] = w
	}
	return written
}

// local are the keys that Salesforce had not numbered when this was planned
// first.
func (p planned) local() (keys []gateway.RecordKey) {
	for _, owed := range p.owed {
		if owed.Key.Local() {
			keys = append(keys, owed.Key)
		}
	}
	return keys
}

func ids(keys []gateway.RecordKey) []string {
	out := make([]string, len(keys))
	for i, key := range keys {
		out[i] = key.ID
	}
	return out
}

// numbered is the key that holds now.
func numbered(key gateway.RecordKey, given map[string]gateway.RecordKey) gateway.RecordKey {
	if now, ok := given[key.ID]; ok {
		return now
	}
	return key
}

// input is what a part is planned from, with its record under the key that
// holds now.
func (p planned) input(owed outbound.Owed, record gateway.Record, pending *gateway.Change, now time.Time) outbound.OwedInput {
	r := rights{schema: p.schemas[owed.Key.Object]}
	in := outbound.OwedInput{
		Owed: owed, Record: record, Pending: pending, Schema: r.schema, Label: r.label, Now: now, Lane: p.lane,
		Cause: gateway.Cause{Kind: p.kind, Ref: p.id, Rule: p.rule + ": " + owed.Why, By: p.cause.By, Name: p.cause.Name, Revision: p.revision, Of: owed.Of},
	}
	if p.cause.Rule != "" {
		in.Cause.Rule += " Planned anew: " + p.cause.Rule
	}
	if before, known := p.written[owed.Part]; known && before.Key == record.Key {
		in.Written = &before
	}
	return in
}

// owe plans one part against what is there and saves it.
func (s *submitting) owe(ctx context.Context, owed outbound.Owed) error {
	key := numbered(owed.Key, s.given)
	record, pending, err := load(ctx, s.tx, key)
	if err != nil {
		return err
	}
	before := s.written[owed.Part]
	in := s.input(owed, record, pending, s.tx.Now())
	if owed.Away {
		return s.leave(ctx, in, before)
	}
	in.NotBefore = s.outbox.pace.next(s.ws, key, s.lane)
	plan, omitted := outbound.PlanOwed(in)
	if omitted != "" {
		return s.omit(ctx, owed.Part, key, omitted)
	}
	s.await(&plan)
	if err := s.behind(ctx, &plan, before); err != nil {
		return err
	}
	receipt := Receipt{Key: key}
	if plan.Log != nil && plan.Log.Label == key.ID {
		plan.Log.Label = s.label
	}
	if err := s.outbox.save(ctx, s.ws, s.tx, plan, &receipt); err != nil {
		return err
	}
	writing := gateway.Writing{
		Kind: s.kind, ExternalID: s.id, Part: owed.Part, Key: key, Wanted: owed.Fields, Reason: owed.Why,
		LogID: receipt.LogID,
	}
	if before.Key.ID != "" {
		writing.At = before.At
	}
	if writing.LogID == 0 {
		writing.LogID = before.LogID
	}
	s.receipts = append(s.receipts, receipt)
	if err := s.link(ctx, owed); err != nil {
		return err
	}
	return s.tx.SaveWriting(ctx, writing)
}

// meet saves who took part and which records they turned out to be: their links
// stay from then on.
func (s *submitting) meet(ctx context.Context) error {
	for i, m := range s.met {
		m.Key = numbered(m.Key, s.given)
		s.met[i].Key = m.Key
		if !m.Fresh {
			continue
		}
		decided := gateway.Link{Kind: m.Kind, ExternalID: m.ID, Key: m.Key, Rule: m.Rule, Reason: m.Reason}
		if err := link(ctx, s.tx, personMatch{link: decided, was: gateway.Link{Key: m.From}}); err != nil {
			return err
		}
	}
	if s.waits != "" {
		who := gateway.Who{Kind: s.kind, ID: s.id}
		if err := s.tx.SaveUndecided(ctx, gateway.Undecided{Who: who, State: gateway.UndecidedReading, Name: s.label, Reason: s.waits}); err != nil {
			return err
		}
	}
	return s.tx.SaveMet(ctx, s.kind, s.id, s.met)
}

// link makes a record that was planned for the first time the one that a thing
// here is.
func (s *submitting) link(ctx context.Context, owed outbound.Owed) error {
	if owed.Link == nil || s.written[owed.Part].Key.ID != "" {
		return nil
	}
	decided := *owed.Link
	decided.Key = numbered(owed.Key, s.given)
	return link(ctx, s.tx, personMatch{link: decided})
}

// awaitFor is when an entry that waits for another record is looked at, should
// nobody have made it due by then: the other one is made by then, or parked.
const awaitFor = 5 * time.Second

// await lets an entry wait for the record of another part that it names.
func (s *submitting) await(plan *outbound.Plan) {
	c := plan.Change
	if c == nil || plan.Drop || c.State != gateway.StateWaiting {
		return
	}
	for _, name := range c.Fields.Names() {
		id := c.Fields[name].String()
		if now := s.given[id].ID; now != "" {
			id = now
		}
		if s.numbers[id] && id != c.Key.ID || s.moved[id] && name == activityOf[c.Key.Object] {
			c.Awaits, c.DueAt = id, s.tx.Now().Add(awaitFor)
		}
	}
	if moves(*c) {
		s.moved[c.Key.ID] = true
	}
	if c.Awaits != "" && plan.Log != nil {
		plan.Log.NextTry = c.DueAt
	}
}

// omit writes down why a part does not become anything, once: a line of the log
// for each reason. What was written before stays written.
func (s *submitting) omit(ctx context.Context, part string, key gateway.RecordKey, why string) error {
	before, known := s.written[part]
	if known && before.Omitted == why {
		return nil
	}
	written := before.Key.ID != ""
	if !written && key.ID == "" {
		key.ID = gateway.LocalID(s.ws, s.kind, s.id, part)
	}
	if written {
		key = before.Key
	}
	line := gateway.LogEntry{
		At: s.tx.Now(), Direction: "out", Key: key, Label: s.label, What: "Write nothing", Rule: s.rule + ": " + why,
		State: gateway.LogSkipped, DoneAt: s.tx.Now(),
		Cause: gateway.Cause{Kind: s.kind, Ref: s.id, Rule: s.rule + ": " + why},
	}
	ids, err := s.tx.AppendLog(ctx, []gateway.LogEntry{line})
	if err != nil {
		return err
	}
	w := gateway.Writing{Kind: s.kind, ExternalID: s.id, Part: part, Key: gateway.RecordKey{Object: key.Object}, Omitted: why, LogID: ids[0], At: before.At}
	if written {
		w.Key, w.Wanted, w.Reason = before.Key, before.Wanted, before.Reason
	}
	return s.tx.SaveWriting(ctx, w)
}

// DeliverAll is Deliver for everything that one call made durable, in its
// order and within the same patience. Records of one object go together, those
// of other callers too.
func (o *Outbox) DeliverAll(ctx context.Context, ws gateway.WorkspaceID, receipts []Receipt) ([]Result, error) {
	ctx, cancel := context.WithTimeout(ctx, o.opts.Patience)
	defer cancel()
	results, late := make([]Result, len(receipts)), map[string]bool{}
	for i, r := range receipts {
		result, err := o.deliver(ctx, ws, r, late)
		if err != nil {
			return nil, err
		}
		results[i], late[r.Key.ID] = result, result.State != Written
	}
	return results, nil
}

// take returns an entry as it is while it is being sent, false when it cannot
// be taken now.
func (o *Outbox) take(pending *gateway.Change, now time.Time) (gateway.Change, bool) {
	if pending == nil || pending.State != gateway.StateWaiting || pending.DueAt.After(now) {
		return gateway.Change{}, false
	}
	c := *pending
	c.State, c.Lease, c.Holder, c.DueAt = gateway.StateSending, newLease(), o.opts.Holder, now.Add(o.opts.Lease)
	c.Attempt++
	if c.FirstSentAt.IsZero() {
		c.FirstSentAt = now
	}
	return c, true
}
