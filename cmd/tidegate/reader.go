package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/salesforce"
	"tidegate/streaming"
)

// reader joins streaming with the Salesforce client of one workspace.
type reader struct {
	orgs *orgs
	ws   gateway.WorkspaceID
}

// always are the fields that every reading needs besides the asked ones.
var always = [...]string{"Id", "SystemModstamp", "IsDeleted"}

// Schema describes an object as the connected user sees it.
func (r reader) Schema(ctx context.Context, object string) (gateway.Schema, error) {
	one, err := r.orgs.of(ctx, r.ws)
	if err != nil {
		return gateway.Schema{}, err
	}
	return one.client.Describe(ctx, object)
}

// Rows reads one page.
func (r reader) Rows(ctx context.Context, q streaming.ReadRequest) ([]gateway.ChangeEvent, error) {
	one, schema, err := r.schema(ctx, q.Object)
	if err != nil {
		return nil, err
	}
	soql, err := rowsQuery(schema, q)
	if err != nil {
		return nil, err
	}
	var events []gateway.ChangeEvent
	err = one.client.Records(ctx, schema, soql, q.IncludeDeleted, func(records []gateway.Record) error {
		for _, record := range records {
			events = append(events, observed(record))
		}
		return nil
	})
	return events, err
}

func rowsQuery(schema gateway.Schema, q streaming.ReadRequest) (string, error) {
	soql, err := salesforce.Select(schema, columnsFor(schema, q.Fields))
	if err != nil {
		return "", err
	}
	var where []string
	if q.AfterID != "" {
		where = append(where, "Id > "+salesforce.Quote(q.AfterID))
	}
	if !q.ChangedSince.IsZero() {
		where = append(where, "SystemModstamp >= "+salesforce.Instant(q.ChangedSince))
	}
	if len(where) > 0 {
		soql += " WHERE " + strings.Join(where, " AND ")
	}
	return soql + fmt.Sprintf(" ORDER BY Id LIMIT %d", q.Limit), nil
}

func columnsFor(schema gateway.Schema, fields []string) []string {
	var columns []string
	for _, name := range always {
		if _, ok := schema.Field(name); ok {
			columns = append(columns, name)
		}
	}
	for _, name := range fields {
		if !slices.Contains(columns, name) {
			columns = append(columns, name)
		}
	}
	return columns
}

// observed turns a row into the event that streaming applies.
func observed(r gateway.Record) gateway.ChangeEvent {
	e := gateway.ChangeEvent{Object: r.Key.Object, RecordIDs: []string{r.Key.ID}, Type: gateway.Snapshot, Fields: r.Fields, Version: r.Version}
	if r.Deleted {
		e.Type, e.Fields = gateway.Delete, nil
	}
	return e
}

// Retrieve reads records by id.
func (r reader) Retrieve(ctx context.Context, object string, ids []string) ([]gateway.ChangeEvent, []string, error) {
	one, schema, err := r.schema(ctx, object)
	if err != nil {
		return nil, nil, err
	}
	records, err := one.client.Retrieve(ctx, schema, ids, nil)
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
	return found, missing, nil
}

// Count counts an object's records in Salesforce.
func (r reader) Count(ctx context.Context, object string) (int, error) {
	one, err := r.orgs.of(ctx, r.ws)
	if err != nil {
		return 0, err
	}
	return one.client.Count(ctx, object, "")
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
