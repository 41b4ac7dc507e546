package outbox

import (
	"context"
	"slices"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

// required are the references without which a record makes no sense. Others are
// left out when what they name will never be.
var required = map[string][]string{
	"ContentDocumentLink":  {"ContentDocumentId", "LinkedEntityId"},
	"EventRelation":        {"EventId", "RelationId"},
	"TaskRelation":         {"TaskId", "RelationId"},
	"EmailMessageRelation": {"EmailMessageId", "RelationId"},
}

// activityOf is the field by which a relation names its activity. Who an activity
// names by itself decides which relations Salesforce keeps of it, so that a
// change of that goes first.
var activityOf = map[string]string{"EventRelation": "EventId", "TaskRelation": "TaskId"}

// moves reports whether an entry changes whom an activity names by itself.
func moves(c gateway.Change) bool {
	_, who := c.Fields["WhoId"]
	return who && c.Op == gateway.OpUpdate
}

// refer puts Salesforce's ids in the place of the local ones that a batch
// names. What names a record that is still to be created waits for it; what
// names one that will not be goes without, or is parked when it needs it.
func (b *batch) refer(ctx context.Context, in references) error {
	var named []string
	for _, c := range b.changes {
		for _, v := range c.Fields {
			if id := v.String(); (gateway.RecordKey{ID: id}).Local() {
				named = append(named, id)
			}
		}
		if field := activityOf[c.Key.Object]; field != "" {
			named = append(named, c.Fields[field].String())
		}
		if c.Awaits != "" {
			named = append(named, c.Awaits)
		}
	}
	if len(named) == 0 {
		return nil
	}
	slices.Sort(named)
	named = slices.Compact(named)
	// In this order: settling a create takes its entry away and gives its id in
	// one commit. The other way round that commit may fall between the two, and
	// what was just written looks as if it never would be.
	owing, err := in.Owing(ctx, named)
	if err != nil {
		return err
	}
	given, err := in.Given(ctx, named)
	if err != nil {
		return err
	}
	for i, c := range b.changes {
		b.changes[i].Fields, b.changes[i].Awaits = b.referred(c, given, owing)
	}
	return nil
}

// references tells what became of local ids, in a transaction or without.
type references interface {
	Owing(ctx context.Context, ids []string) (map[string]gateway.Change, error)
	Given(ctx context.Context, localIDs []string) (map[string]gateway.RecordKey, error)
}

// referred returns the fields as they are sent, and the local id that the
// change has to wait for.
func (b *batch) referred(c gateway.Change, given map[string]gateway.RecordKey, owing map[string]gateway.Change) (fields gateway.Fields, awaits string) {
	fields = c.Fields
	for _, name := range c.Fields.Names() {
		id := c.Fields[name].String()
		if !(gateway.RecordKey{ID: id}).Local() {
			continue
		}
		if fields = fields.Clone(); given[id].ID != "" {
			fields[name] = gateway.Text(given[id].ID)
			continue
		}
		waits, owed := owing[id]
		switch {
		case owed && waits.State != gateway.StateParked:
			awaits = id
			b.barred[c.Key] = gateway.Errorf(gateway.CodeReference, "It waits for the %s that it names; that one is written first.", outbound.Plainly(waits.Key.Object))
		case slices.Contains(required[c.Key.Object], name):
			b.barred[c.Key] = gateway.Errorf(gateway.CodeNotFound, "What it hangs on was not written to Salesforce.")
		default:
			delete(fields, name)
		}
	}
	activity := fields[activityOf[c.Key.Object]].String()
	if first, owed := owing[activity]; owed && awaits == "" && moves(first) && first.State != gateway.StateParked {
		awaits = activity
		b.barred[c.Key] = gateway.Errorf(gateway.CodeReference, "It waits for the %s, which is to name somebody else by itself first.", outbound.Plainly(first.Key.Object))
	}
	if first, owed := owing[c.Awaits]; owed && awaits == "" && first.Op == gateway.OpDelete && first.State != gateway.StateParked {
		awaits = c.Awaits
		b.barred[c.Key] = gateway.Errorf(gateway.CodeReference, "It waits until the %s that was there before is taken away.", outbound.Plainly(first.Key.Object))
	}
	return fields, awaits
}

// related finishes the creations of relations that are there already: what was
// wanted holds, whoever made it.
func (o *Outbox) related(ctx context.Context, ws gateway.WorkspaceID, changes []gateway.Change, answers []gateway.Delivery) {
	for i, c := range changes {
		e := answers[i].Err
		if !outbound.Bond(c.Key.Object) || c.Op != gateway.OpCreate || e == nil || e.Code != gateway.CodeSFDuplicate {
			continue
		}
		if e.RecordID != "" {
			answers[i] = gateway.Delivery{Done: true, RecordID: e.RecordID}
		} else if d, settled := o.find(ctx, ws, c, nil); settled && d.Done {
			answers[i] = d
		}
	}
}
