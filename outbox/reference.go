package outbox

import (
	"context"
	"slices"

	"tidegate/gateway"
)

// required are the references without which a record makes no sense. Others are
// left out when what they name will never be.
var required = map[string][]string{
	"ContentDocumentLink":  {"ContentDocumentId", "LinkedEntityId"},
	"EventRelation":        {"EventId", "RelationId"},
	"EmailMessageRelation": {"EmailMessageId", "RelationId"},
}

// refer puts Salesforce's ids in the place of the local ones that a batch
// names. What names a record that is still to be created waits for it; what
// names one that will not be goes without, or is parked when it needs it.
func (b *batch) refer(ctx context.Context, in references) error {
	var local []string
	for _, c := range b.changes {
		for _, v := range c.Fields {
			if id := v.String(); (gateway.RecordKey{ID: id}).Local() {
				local = append(local, id)
			}
		}
	}
	if len(local) == 0 {
		return nil
	}
	slices.Sort(local)
	local = slices.Compact(local)
	// In this order: settling a create takes its entry away and gives its id in
	// one commit. The other way round that commit may fall between the two, and
	// what was just written looks as if it never would be.
	owing, err := in.Owing(ctx, local)
	if err != nil {
		return err
	}
	given, err := in.Given(ctx, local)
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
			b.barred[c.Key] = gateway.Errorf(gateway.CodeReference, "It waits for the %s that %s names; that one is written first.", waits.Key.Object, name)
		case slices.Contains(required[c.Key.Object], name):
			b.barred[c.Key] = gateway.Errorf(gateway.CodeNotFound, "What %s names was not written to Salesforce.", name)
		default:
			delete(fields, name)
		}
	}
	return fields, awaits
}
