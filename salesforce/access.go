package salesforce

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"tidegate/gateway"
)

// maxAccessIDs is how many records one query of UserRecordAccess may name.
// Source: Object Reference, "UserRecordAccess".
const maxAccessIDs = 200

// ReadableBy returns those of the records, by id, that a user may read: one call
// for up to 200 records of one object. It knows the org's sharing, and not its
// restriction rules. A record that Salesforce does not answer about is not among
// them.
func (c *Client) ReadableBy(ctx context.Context, user string, ids []string) (map[string]bool, error) {
	readable := make(map[string]bool, len(ids))
	for _, some := range accessChunks(ids) {
		soql := "SELECT RecordId, HasReadAccess FROM UserRecordAccess WHERE UserId = " + Quote(user) + " AND RecordId IN ("
		for i, id := range some {
			if i > 0 {
				soql += ","
			}
			soql += Quote(id)
		}
		err := c.query(ctx, "query", soql+")", func(rows []json.RawMessage) error {
			for _, row := range rows {
				var one struct {
					RecordID      string `json:"RecordId"`
					HasReadAccess bool
				}
				if err := json.Unmarshal(row, &one); err != nil {
					return fmt.Errorf("reading the access to a record: %w", err)
				}
				if id, ok := gateway.NormalizeID(one.RecordID); ok && one.HasReadAccess {
					readable[id] = true
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return readable, nil
}

// accessChunks parts ids by their object, which their first three characters tell:
// an object that has no sharing would spoil the answer about the others.
func accessChunks(ids []string) [][]string {
	sorted := slices.Sorted(slices.Values(ids))
	var chunks [][]string
	for start := 0; start < len(sorted); {
		end := start
		for end < len(sorted) && end-start < maxAccessIDs && keyPrefix(sorted[end]) == keyPrefix(sorted[start]) {
			end++
		}
		chunks = append(chunks, sorted[start:end])
		start = end
	}
	return chunks
}

func keyPrefix(id string) string { return id[:min(3, len(id))] }

// SightOf tells what a user may read of an object, in two calls of the Tooling
// API. The connected user needs "View Setup and Configuration" for them.
func (c *Client) SightOf(ctx context.Context, user, object string) (gateway.ObjectSight, error) {
	var sight gateway.ObjectSight
	if !validName(object) {
		return sight, badName("object", object)
	}
	where := " WHERE UserId = " + Quote(user) + " AND EntityDefinitionId = " + Quote(object)
	err := c.query(ctx, "tooling/query", "SELECT EntityDefinitionId, IsReadable FROM UserEntityAccess"+where, func(rows []json.RawMessage) error {
		for _, row := range rows {
			var one struct{ IsReadable bool }
			if err := json.Unmarshal(row, &one); err != nil {
				return fmt.Errorf("reading the access to an object: %w", err)
			}
			sight.Readable = one.IsReadable
		}
		return nil
	})
	if err != nil || !sight.Readable {
		return gateway.ObjectSight{}, err
	}
	sight.Fields = map[string]bool{}
	err = c.query(ctx, "tooling/query", "SELECT FieldDefinition.QualifiedApiName, IsAccessible FROM UserFieldAccess"+where, func(rows []json.RawMessage) error {
		for _, row := range rows {
			var one struct {
				FieldDefinition struct{ QualifiedAPIName string }
				IsAccessible    bool
			}
			if err := json.Unmarshal(row, &one); err != nil {
				return fmt.Errorf("reading the access to a field: %w", err)
			}
			if one.IsAccessible {
				sight.Fields[one.FieldDefinition.QualifiedAPIName] = true
			}
		}
		return nil
	})
	if err != nil {
		return gateway.ObjectSight{}, err
	}
	return sight, nil
}
