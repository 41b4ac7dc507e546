package main

import (
	"context"

	"tidegate/gateway"
)

// caller joins the outbox with the Salesforce client.
type caller struct{ orgs *orgs }

// Write sends changes of one object and operation in one call.
func (c caller) Write(ctx context.Context, ws gateway.WorkspaceID, object string, op gateway.Op, changes []gateway.Change) []gateway.Delivery {
	one, err := c.orgs.of(ctx, ws)
	if err != nil {
		return all(len(changes), notConnected(err))
	}
	schema, err := one.ws.Schema(ctx, object)
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound { // not described yet: no upsert key is known
		return all(len(changes), notConnected(err))
	}
	c.orgs.spending.sent(ws, object, changes)
	ctx = spendOn(ctx, gateway.CallWrite, object)
	deliveries := one.client.Deliver(ctx, object, op, changes, schema.UpsertKey())
	for _, d := range deliveries {
		if d.Err != nil { // readings stop as well, at once (F-49)
			one.budget.Heard(d.Err)
		}
	}
	return deliveries
}

// Find asks the org for the records that a lost create may have left.
func (c caller) Find(ctx context.Context, ws gateway.WorkspaceID, change gateway.Change) ([]string, error) {
	one, err := c.orgs.of(ctx, ws)
	if err != nil {
		return nil, err
	}
	return one.client.Find(spendOn(ctx, gateway.CallWrite, change.Key.Object), change)
}

// Read reads fields of records as the org has them now, in one call.
func (c caller) Read(ctx context.Context, ws gateway.WorkspaceID, object string, ids, fields []string) (map[string]gateway.Fields, error) {
	one, err := c.orgs.of(ctx, ws)
	if err != nil {
		return nil, notConnected(err)
	}
	schema, err := one.ws.Schema(ctx, object)
	if err != nil {
		return nil, err
	}
	return one.client.Read(spendOn(ctx, gateway.CallWrite, object), schema, ids, fields)
}

func all(n int, err *gateway.Error) []gateway.Delivery {
	out := make([]gateway.Delivery, n)
	for i := range out {
		out[i].Err = err
	}
	return out
}

// notConnected says why nothing can be sent now. Without a connection the
// writes wait for one.
func notConnected(err error) *gateway.Error {
	if gateway.CodeOf(err) == gateway.CodeNotFound {
		return gateway.Errorf(gateway.CodeSFAuth, "No Salesforce org is connected. An admin connects one under Settings, Connection.")
	}
	return &gateway.Error{Code: gateway.CodeSFDown, Message: "The connection could not be opened just now.", Cause: err}
}
