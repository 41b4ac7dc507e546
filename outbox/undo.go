package outbox

import (
	"context"
	"fmt"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/rules/undo"
	"tidegate/store"
)

// mostUndone is how many writes are taken back at once, and how many writes of
// one record are looked at.
const mostUndone = 1000

// UndoScope selects the writes that are to be taken back.
type UndoScope struct {
	Line  int64          // one line, 0 = those of Lines
	Lines store.LogQuery // of which only those that were written count
	Field string         // "" = all of them
	// Created takes records back, too, that the writes created: they are deleted.
	Created bool
}

// PlanUndo is the dry run of an undo: what would be written, and what is left
// because somebody changed it since. more is true where the scope holds more
// writes than are taken back at once. Nothing is changed.
func (o *Outbox) PlanUndo(ctx context.Context, ws gateway.WorkspaceID, scope UndoScope) (plan undo.Plan, more bool, err error) {
	plan, _, more, err = o.planUndo(ctx, ws, scope)
	return plan, more, err
}

// planUndo is PlanUndo, and returns what the plan was made from.
func (o *Outbox) planUndo(ctx context.Context, ws gateway.WorkspaceID, scope UndoScope) (plan undo.Plan, in undo.Input, more bool, err error) {
	chosen, more, err := o.undoLines(ctx, ws, scope)
	if err != nil {
		return undo.Plan{}, in, false, err
	}
	in = undo.Input{
		Chosen: map[int64]bool{}, Field: scope.Field, Records: map[gateway.RecordKey]gateway.Record{}, Pending: map[gateway.RecordKey]gateway.Change{},
	}
	objects := map[string]rights{}
	for _, line := range chosen {
		if !choose(&in, line, scope) {
			continue
		}
		if _, looked := in.Pending[line.Key]; looked {
			continue
		}
		if err := o.undoRecord(ctx, ws, &in, line.Key); err != nil {
			return undo.Plan{}, in, false, err
		}
		if _, known := objects[line.Key.Object]; !known {
			if objects[line.Key.Object], err = o.rights(ctx, ws, line.Key.Object); err != nil {
				return undo.Plan{}, in, false, err
			}
		}
	}
	if err = o.look(ctx, ws, &in); err != nil {
		return undo.Plan{}, in, false, err
	}
	in.Anchor = func(w undo.Write) gateway.RecordKey { return outbound.Anchor(w.Key.Object, w.Fields) }
	in.Unread = func(key gateway.RecordKey) bool { return outbound.Unmirrored(key.Object) }
	if in.Back, err = o.backAlready(ctx, ws, in.Writes); err != nil {
		return undo.Plan{}, in, false, err
	}
	ways := undo.Ways(in.Writes)
	in.Writable = func(key gateway.RecordKey, field string) (bool, string) {
		return objects[key.Object].takenBack(ways[key][field])(field)
	}
	return undo.Make(in), in, more, nil
}

// choose notes what of a line is to be taken back, and reports whether anything is:
// where a rule is meant, only the fields that rest on it.
func choose(in *undo.Input, line gateway.LogEntry, scope UndoScope) bool {
	if rule := scope.Lines.Rule; scope.Line == 0 && rule != "" {
		all, fields := undo.OfRule(line, rule)
		if !all && len(fields) == 0 {
			return false
		}
		if !all {
			if in.Only == nil {
				in.Only = map[int64]map[string]bool{}
			}
			in.Only[line.ID] = fields
		}
	}
	in.Chosen[line.ID] = true
	return true
}

// undoLines are the writes of the scope that reached Salesforce.
func (o *Outbox) undoLines(ctx context.Context, ws gateway.WorkspaceID, scope UndoScope) ([]gateway.LogEntry, bool, error) {
	if scope.Line != 0 {
		line, err := o.db.In(ws).LogLineByID(ctx, scope.Line)
		if err != nil {
			return nil, false, err
		}
		if line.Inbound != nil || line.Entry.Direction != "out" || line.Entry.State != gateway.LogDone {
			return nil, false, gateway.Errorf(gateway.CodeConflict, "This line wrote nothing to Salesforce, so there is nothing to take back.")
		}
		return []gateway.LogEntry{line.Entry}, false, nil
	}
	q := scope.Lines
	q.Direction, q.State, q.Limit, q.After, q.Before = "out", string(gateway.LogDone), mostUndone, 0, 0
	page, err := o.db.In(ws).Log(ctx, q)
	if err != nil {
		return nil, false, err
	}
	lines := make([]gateway.LogEntry, 0, len(page.Entries))
	for _, line := range page.Entries {
		lines = append(lines, line.Entry)
	}
	return lines, page.Next != 0, nil
}

// undoRecord reads what is known of one record: its fields, what waits for it
// and all writes to it.
func (o *Outbox) undoRecord(ctx context.Context, ws gateway.WorkspaceID, in *undo.Input, key gateway.RecordKey) error {
	w := o.db.In(ws)
	record, err := w.Record(ctx, key)
	switch {
	case err == nil:
		in.Records[key] = record
	case gateway.CodeOf(err) != gateway.CodeNotFound:
		return fmt.Errorf("reading a record to undo: %w", err)
	}
	if in.Pending[key], _, err = w.Pending(ctx, key); err != nil {
		return err
	}
	writes, err := o.Writes(ctx, ws, key)
	if outbound.Unmirrored(key.Object) {
		writes = undo.Replaced(writes)
	}
	in.Writes = append(in.Writes, writes...)
	return err
}

// Replaced are the values that a write replaced: those that its line holds, and
// for a record that is not mirrored what was written to it before.
func (o *Outbox) Replaced(ctx context.Context, ws gateway.WorkspaceID, e gateway.LogEntry) (gateway.Fields, error) {
	if !outbound.Unmirrored(e.Key.Object) || e.Direction != "out" || outbound.Created(e) {
		return e.Before, nil
	}
	before := e.Before.Clone()
	missing := map[string]bool{}
	for name := range e.Fields {
		missing[name] = before[name].Empty()
	}
	err := o.db.In(ws).Written(ctx, e.Key, mostUndone, func(line gateway.LogEntry) bool {
		left := false
		for name, unknown := range missing {
			if v, wrote := line.Fields[name]; unknown && wrote && line.ID < e.ID {
				before[name], missing[name] = v, false
			}
			left = left || missing[name]
		}
		return left
	})
	return before, err
}

// Writes returns what was written to a record from here, newest first.
func (o *Outbox) Writes(ctx context.Context, ws gateway.WorkspaceID, key gateway.RecordKey) ([]undo.Write, error) {
	var out []undo.Write
	err := o.db.In(ws).Written(ctx, key, mostUndone, func(line gateway.LogEntry) bool {
		out = append(out, writeOf(line))
		return true
	})
	return out, err
}

// Origins tells for each of the fields of a record which write of ours its value
// came from; fields whose value is not ours are not in it. It reads only as far back
// as it must.
func (o *Outbox) Origins(ctx context.Context, ws gateway.WorkspaceID, record gateway.Record, fields []string) (map[string]undo.Write, error) {
	var writes []undo.Write
	left := map[string]bool{}
	for _, name := range fields {
		left[name] = true
	}
	err := o.db.In(ws).Written(ctx, record.Key, mostUndone, func(line gateway.LogEntry) bool {
		writes = append(writes, writeOf(line))
		for name := range line.Fields {
			delete(left, name)
		}
		return len(left) > 0
	})
	return undo.Origins(record, writes), err
}

func writeOf(e gateway.LogEntry) undo.Write {
	cause := e.Cause
	if cause.Kind == "" { // a line from before causes were kept
		cause.Rule, cause.Name = e.Rule, e.By
	}
	return undo.Write{ID: e.ID, Key: e.Key, Fields: e.Fields, Before: e.Before, Cause: cause, Created: outbound.Created(e), Removed: outbound.Removed(e)}
}

// Undone says what an undo made durable.
type Undone struct {
	Values   int // that go back
	Deleted  int // records
	Remade   int // that had been taken away
	Receipts []Receipt
	Left     []undo.Left
}

// Undo takes writes back: it plans again and submits what the plan says as
// edits, each on the condition that the value is still the one it replaces.
func (o *Outbox) Undo(ctx context.Context, ws gateway.WorkspaceID, scope UndoScope, by gateway.Cause) (Undone, error) {
	plan, in, _, err := o.planUndo(ctx, ws, scope)
	if err != nil {
		return Undone{}, err
	}
	done := Undone{Left: plan.Left}
	by.Kind = gateway.KindUndo
	if scope.Created {
		if err := o.removeMade(ctx, ws, plan.Made, by, &done); err != nil {
			return done, err
		}
	}
	if err := o.remake(ctx, ws, plan.Remade(scope.Created), by, &done); err != nil {
		return done, err
	}
	ways := undo.Ways(in.Writes)
	for _, e := range plan.Edits(scope.Created) {
		edit := Edit{Key: e.Key, Fields: e.Fields, Expect: e.Expect, Cause: by, ways: ways[e.Key]}
		if outbound.Unmirrored(e.Key.Object) {
			edit.wrote = wroteTo(e.Key, in.Writes)
		}
		receipt, err := o.Submit(ctx, ws, edit)
		if err == nil {
			done.Values += len(e.Fields)
			done.Receipts = append(done.Receipts, receipt)
			continue
		}
		if !stays(err) {
			return done, err
		}
		for _, name := range e.Fields.Names() {
			done.Left = append(done.Left, undo.Left{Key: e.Key, Field: name, Reason: err.Error()})
		}
	}
	return done, nil
}

// removeMade deletes the records that an undo takes back whole.
func (o *Outbox) removeMade(ctx context.Context, ws gateway.WorkspaceID, made []gateway.RecordKey, by gateway.Cause, done *Undone) error {
	for _, key := range made {
		receipt, err := o.remove(ctx, ws, key, by, true)
		switch {
		case err == nil:
			done.Deleted++
			done.Receipts = append(done.Receipts, receipt)
		case stays(err):
			done.Left = append(done.Left, undo.Left{Key: key, Reason: err.Error()})
		default:
			return err
		}
	}
	return nil
}

// stays reports whether an error says that one thing cannot be taken back, and
// concerns no other.
func stays(err error) bool {
	switch gateway.CodeOf(err) {
	case gateway.CodeConflict, gateway.CodeForbidden, gateway.CodeNotFound, gateway.CodeInvalid, gateway.CodeSFConverted:
		return true
	}
	return false
}
