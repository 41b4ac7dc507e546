package outbox

import (
	"context"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

// leave saves that the record of a part goes, because it holds no more.
func (s *submitting) leave(ctx context.Context, in outbound.OwedInput, before gateway.Writing) error {
	plan, later := outbound.PlanAway(in)
	if later {
		// Its create is on its way. What became of that is known when it is
		// planned once more.
		return s.tx.Revisit(ctx, gateway.Who{Kind: s.kind, ID: s.id}, in.Owed.Why)
	}
	if plan.Change != nil && !plan.Drop {
		if err := s.named(ctx, plan.Change.Base); err != nil {
			return err
		}
		plan.Log.Before = plan.Change.Base
	}
	receipt := Receipt{Key: in.Record.Key}
	if plan.Log != nil {
		plan.Log.Label = s.label
	}
	if err := s.outbox.save(ctx, s.ws, s.tx, plan, &receipt); err != nil {
		return err
	}
	s.receipts = append(s.receipts, receipt)
	w := gateway.Writing{
		Kind: s.kind, ExternalID: s.id, Part: in.Owed.Part, Key: in.Record.Key, Wanted: gateway.Fields{},
		Reason: before.Reason, Omitted: in.Owed.Why, LogID: receipt.LogID, At: before.At,
	}
	if w.LogID == 0 {
		w.LogID = before.LogID
	}
	return s.tx.SaveWriting(ctx, w)
}

// named puts Salesforce's ids in the place of the local ones that a part was
// written with.
func (s *submitting) named(ctx context.Context, fields gateway.Fields) error {
	var local []string
	for _, v := range fields {
		if id := v.String(); (gateway.RecordKey{ID: id}).Local() {
			local = append(local, id)
		}
	}
	given, err := s.tx.Given(ctx, local)
	for name, v := range fields {
		if now, ok := given[v.String()]; ok {
			fields[name] = gateway.Text(now.ID)
		}
	}
	return err
}

// behind lets a bond that is wanted once more wait until the one that was there
// before is taken away: Salesforce has one at most between two records.
func (s *submitting) behind(ctx context.Context, plan *outbound.Plan, before gateway.Writing) error {
	c := plan.Change
	if c == nil || c.Op != gateway.OpCreate || c.Awaits != "" || !outbound.Withdrawn(before) {
		return nil
	}
	leaving, waits, err := s.tx.PendingFor(ctx, before.Key)
	if err != nil || !waits || leaving.Op != gateway.OpDelete || leaving.State == gateway.StateParked {
		return err
	}
	c.Awaits, c.DueAt = before.Key.ID, s.tx.Now().Add(awaitFor)
	if plan.Log != nil {
		plan.Log.NextTry = c.DueAt
	}
	return nil
}

// stillOurs keeps back the deletion of bonds and notes that somebody changed
// since they were made, and what would go back in a note: one look at the org for
// all of a call. places are those of changes in deliveries.
func (o *Outbox) stillOurs(ctx context.Context, b batch, places []int, changes []gateway.Change, deliveries []gateway.Delivery) ([]int, []gateway.Change) {
	var keys []string
	for _, c := range changes {
		if outbound.Watched(c) {
			keys = append(keys, c.Key.ID)
		}
	}
	if keys == nil {
		return places, changes
	}
	object := changes[0].Key.Object
	now, err := o.caller.Read(ctx, b.ws, object, keys, outbound.LookFields(object))
	var left []int
	var ours []gateway.Change
	for i, c := range changes {
		fields, there := now[c.Key.ID]
		deletes := c.Op == gateway.OpDelete
		switch {
		case !outbound.Watched(c):
			left, ours = append(left, places[i]), append(ours, c)
		case err != nil:
			deliveries[places[i]] = gateway.Delivery{Err: failure(err)}
		case !there && deletes, there && !deletes && c.Attempt > 1 && outbound.Untouched(object, c.Fields, fields):
			deliveries[places[i]] = gateway.Delivery{Done: true, RecordID: c.Key.ID} // what was asked for holds
		case there && !outbound.Untouched(object, c.Base, fields):
			deliveries[places[i]] = gateway.Delivery{Err: gateway.Errorf(gateway.CodeConflict, "%s", outbound.Touched)}
		default:
			left, ours = append(left, places[i]), append(ours, c)
		}
	}
	return left, ours
}

// touched reports whether a change was kept back because somebody changed the
// record.
func touched(c gateway.Change, d gateway.Delivery) bool {
	return outbound.Watched(c) && d.Err != nil && d.Err.Code == gateway.CodeConflict
}

// stands ends a change that was kept back: the record stays, and its line says
// why. What was planned for it meanwhile goes on without what would go back.
func (s *settling) stands(ctx context.Context, c, left gateway.Change) error {
	if left.Edit != c.Edit {
		kept, back := left, []string{}
		kept.Fields, kept.Base, kept.State = left.Fields.Clone(), left.Base.Clone(), gateway.StateWaiting
		for _, name := range left.Fields.Names() {
			if left.Cause.Origin(name).Kind == gateway.KindUndo {
				back = append(back, name)
				delete(kept.Fields, name)
				delete(kept.Base, name)
			}
		}
		if len(back) > 0 {
			return s.giveWay(ctx, left, kept, back, outbound.Touched)
		}
		kept.DueAt = s.tx.Now() // all of it was planned meanwhile
		s.lines = append(s.lines, s.line(kept))
		return s.tx.SaveChange(ctx, kept)
	}
	line := s.line(c)
	line.State, line.NextTry, line.DoneAt = gateway.LogSkipped, time.Time{}, s.tx.Now()
	line.Problem = gateway.Problem{What: outbound.Touched}
	if _, err := s.tx.DeleteChange(ctx, left.Key, left.Edit); err != nil {
		return err
	}
	return updateLine(ctx, s.tx, line)
}
