package outbox

import (
	"context"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

// find reports whether looking for a create settles it: it is there, or the
// org could not be asked. took are the records that were found for others in the
// same call.
func (o *Outbox) find(ctx context.Context, ws gateway.WorkspaceID, c gateway.Change, took map[string]bool) (gateway.Delivery, bool) {
	ids, err := o.caller.Find(ctx, ws, c)
	for _, id := range ids {
		another := took[id]
		if !another && !outbound.Bond(c.Key.Object) { // there is one between two records, whoever made it
			another, _, err = o.madeHere(ctx, ws, gateway.RecordKey{Object: c.Key.Object, ID: id})
		}
		switch {
		case err != nil:
			return gateway.Delivery{Err: failure(err)}, true
		case another:
			continue // of another thing here that has the same values
		}
		if took != nil {
			took[id] = true
		}
		return gateway.Delivery{Done: true, Created: true, RecordID: id}, true
	}
	if err != nil {
		return gateway.Delivery{Err: failure(err)}, true
	}
	return gateway.Delivery{}, false
}
