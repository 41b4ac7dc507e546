package salesforce

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tidegate/gateway"
)

// masterField is on objects that can be merged: a deleted record holds the id
// of the one that it was merged into, if it was.
const masterField = "MasterRecordId"

// masterColumn names the field as far as the object has it.
func masterColumn(schema gateway.Schema) []string {
	if _, ok := schema.Field(masterField); ok {
		return []string{masterField}
	}
	return nil
}

// binnedAtOnce keeps the ids of one query well below the length of an address.
const binnedAtOnce = 200

// Binned reads those of the ids that are in the recycle bin, with the record
// that each was merged into, and of objects that can be merged only: nothing
// but a query of all rows tells that, neither the change event nor getDeleted.
// It reads the named columns besides, since the change before the delete may
// have been missed too.
func (c *Client) Binned(ctx context.Context, schema gateway.Schema, columns, ids []string) ([]gateway.Record, error) {
	master := masterColumn(schema)
	if master == nil {
		return nil, nil
	}
	var binned []gateway.Record
	for part := range slices.Chunk(ids, binnedAtOnce) {
		head, err := Select(schema, pageColumns(schema, withMaster(columns, master)))
		if err != nil {
			return nil, err
		}
		quoted := make([]string, len(part))
		for i, id := range part {
			quoted[i] = Quote(id)
		}
		soql := head + " WHERE IsDeleted = true AND Id IN (" + strings.Join(quoted, ",") + ")"
		err = c.Records(ctx, schema, soql, true, func(page []gateway.Record) error {
			binned = append(binned, page...)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("reading deleted %s: %w", schema.Object, err)
		}
	}
	return binned, nil
}

// BinnedCalls is how many calls Binned makes for so many ids.
func BinnedCalls(schema gateway.Schema, ids int) int {
	if masterColumn(schema) == nil {
		return 0
	}
	return (ids + binnedAtOnce - 1) / binnedAtOnce
}

// withMaster adds the master's field where the columns lack it.
func withMaster(columns, master []string) []string {
	out := slices.Clone(columns)
	for _, name := range master {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}
