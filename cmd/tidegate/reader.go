package main

import (
	"context"
	"slices"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/salesforce"
	"tidegate/streaming"
)

// reader joins streaming with the Salesforce client of one workspace.
type reader struct {
	orgs *orgs
	ws   gateway.WorkspaceID
}

// Schema describes an object as the connected user sees it.
func (r reader) Schema(ctx context.Context, object string) (gateway.Schema, error) {
	one, err := r.orgs.of(ctx, r.ws)
	if err != nil {
		return gateway.Schema{}, err
	}
	return one.client.Describe(ctx, object)
}

// SchemaSince describes an object if that changed.
func (r reader) SchemaSince(ctx context.Context, object string, since time.Time) (gateway.Schema, time.Time, bool, error) {
	one, err := r.orgs.of(ctx, r.ws)
	if err != nil {
		return gateway.Schema{}, time.Time{}, false, err
	}
	return one.client.DescribeSince(ctx, object, since)
}

// Rows reads one page.
func (r reader) Rows(ctx context.Context, q streaming.ReadRequest) ([]gateway.ChangeEvent, error) {
	one, schema, err := r.schema(ctx, q.Object)
	if err != nil {
		return nil, err
	}
	purpose := gateway.CallLoad
	if !q.ChangedSince.IsZero() {
		purpose = gateway.CallFollow
	}
	records, err := one.client.Page(spendOn(ctx, purpose, q.Object), schema, salesforce.PageRequest{
		Columns: q.Fields, AfterID: q.AfterID, ChangedSince: q.ChangedSince, Deleted: q.IncludeDeleted, Limit: q.Limit,
	})
	one.budget.Heard(err)
	events := make([]gateway.ChangeEvent, 0, len(records))
	for _, record := range records {
		events = append(events, observed(record))
	}
	return events, err
}

// observed turns a row into the event that streaming applies.
func observed(r gateway.Record) gateway.ChangeEvent {
	e := gateway.ChangeEvent{Object: r.Key.Object, RecordIDs: []string{r.Key.ID}, Type: gateway.Snapshot, Fields: r.Fields, Version: r.Version}
	if r.Deleted {
		// Its last values come with it: the change before the delete may have
		// been missed too.
		e.Type = gateway.Delete
	}
	return e
}

// Retrieve reads records by id.
func (r reader) Retrieve(ctx context.Context, object string, ids []string) ([]gateway.ChangeEvent, []string, error) {
	one, schema, err := r.schema(ctx, object)
	if err != nil {
		return nil, nil, err
	}
	ctx = spendOn(ctx, gateway.CallFollow, object)
	records, err := one.client.Retrieve(ctx, schema, ids, columns(schema))
	one.budget.Heard(err)
	if err != nil {
		return nil, nil, err
	}
	var found []gateway.ChangeEvent
	var missing []string
	for i, record := range records {
		if record == nil || record.Deleted {
			missing = append(missing, ids[i])
			continue
		}
		found = append(found, observed(*record))
	}
	if calls := salesforce.BinnedCalls(schema, len(missing)); calls > 0 {
		if err := one.budget.Take(ctx, outbound.ReadRepair, calls); err != nil {
			return nil, nil, err
		}
	}
	binned, err := one.client.Binned(ctx, schema, columns(schema), missing)
	one.budget.Heard(err)
	if err != nil {
		return nil, nil, err
	}
	for _, record := range binned {
		found = append(found, observed(record))
		missing = slices.DeleteFunc(missing, func(id string) bool { return id == record.Key.ID })
	}
	return found, missing, nil
}

// columns are the mirrored fields and what every reading needs besides, as far
// as the object has it: a User is never deleted, so it has no IsDeleted.
func columns(schema gateway.Schema) []string {
	out := []string{"Id"}
	for _, name := range [...]string{"SystemModstamp", "IsDeleted"} {
		if _, ok := schema.Field(name); ok {
			out = append(out, name)
		}
	}
	return append(out, streaming.MirroredFields(schema)...)
}

// Count counts an object's records in Salesforce.
func (r reader) Count(ctx context.Context, object string) (int, error) {
	one, err := r.orgs.of(ctx, r.ws)
	if err != nil {
		return 0, err
	}
	n, err := one.client.Count(spendOn(ctx, gateway.CallFollow, object), object, "")
	one.budget.Heard(err)
	return n, err
}

// CountChanged counts those that changed since.
func (r reader) CountChanged(ctx context.Context, object string, since time.Time) (int, error) {
	one, err := r.orgs.of(ctx, r.ws)
	if err != nil {
		return 0, err
	}
	n, err := one.client.Count(spendOn(ctx, gateway.CallFollow, object), object, "SystemModstamp >= "+salesforce.Instant(since))
	one.budget.Heard(err)
	return n, err
}

// Deleted lists what was deleted since, up to now.
func (r reader) Deleted(ctx context.Context, object string, since time.Time) ([]string, bool, error) {
	one, err := r.orgs.of(ctx, r.ws)
	if err != nil {
		return nil, false, err
	}
	list, _, complete, err := one.client.Deleted(spendOn(ctx, gateway.CallFollow, object), object, since, time.Now())
	one.budget.Heard(err)
	ids := make([]string, 0, len(list))
	for _, d := range list {
		ids = append(ids, d.ID)
	}
	return ids, complete, err
}

// schema is the describe as stored, so that reading a page costs no second
// call.
func (r reader) schema(ctx context.Context, object string) (*org, gateway.Schema, error) {
	one, err := r.orgs.of(ctx, r.ws)
	if err != nil {
		return nil, gateway.Schema{}, err
	}
	schema, err := one.ws.Schema(ctx, object)
	if gateway.CodeOf(err) == gateway.CodeNotFound && err != nil {
		schema, err = one.client.Describe(ctx, object)
	}
	return one, schema, err
}
