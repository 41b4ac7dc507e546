package salesforce

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"tidegate/gateway"
)

// PageRequest selects a page of one object's records by keyset: the place is
// an id, which stays valid for ever, not a cursor, which dies after two days.
type PageRequest struct {
	Columns      []string  // fields of the schema; nil = Columns(schema)
	AfterID      string    // only ids greater than this; "" = from the start
	ChangedSince time.Time // by SystemModstamp, inclusive; zero = all
	Deleted      bool      // also what is in the recycle bin
	Limit        int       // at most MaxRetrieve; 0 = MaxRetrieve
}

// alwaysRead are the columns that every reading of a record needs, as far as
// the object has them.
var alwaysRead = []string{"Id", "SystemModstamp", "IsDeleted"}

// Page reads one page, ordered by id. Fewer records than the limit mean the
// end. An object with more fields than an address can name is read in two
// steps, ids first; a record that is deleted in between comes as a deleted one,
// so that the page keeps its length, and one in the recycle bin comes with Key,
// Version, Deleted and the record that it was merged into only.
func (c *Client) Page(ctx context.Context, schema gateway.Schema, req PageRequest) ([]gateway.Record, error) {
	if req.Limit <= 0 || req.Limit > MaxRetrieve {
		req.Limit = MaxRetrieve
	}
	if req.Columns == nil {
		req.Columns = Columns(schema)
	}
	columns := pageColumns(schema, req.Columns)
	soql, err := pageQuery(schema, columns, req)
	if err != nil {
		return nil, err
	}
	wide := len(url.QueryEscape(soql)) > maxQueryURL-100
	if wide {
		if soql, err = pageQuery(schema, pageColumns(schema, masterColumn(schema)), req); err != nil {
			return nil, err
		}
	}
	var records []gateway.Record
	err = c.Records(ctx, schema, soql, req.Deleted, func(page []gateway.Record) error {
		records = append(records, page...)
		return nil
	})
	if err != nil || !wide {
		return records, err
	}
	return c.fill(ctx, schema, records, columns)
}

// pageColumns puts the columns that every reading needs in front of others.
func pageColumns(schema gateway.Schema, others []string) []string {
	var columns []string
	for _, name := range alwaysRead {
		if _, ok := schema.Field(name); ok || name == "Id" {
			columns = append(columns, name)
		}
	}
	for _, name := range others {
		if !slices.Contains(alwaysRead, name) {
			columns = append(columns, name)
		}
	}
	return columns
}

func pageQuery(schema gateway.Schema, columns []string, req PageRequest) (string, error) {
	soql, err := Select(schema, columns)
	if err != nil {
		return "", err
	}
	var where []string
	if req.AfterID != "" {
		id, ok := gateway.NormalizeID(req.AfterID)
		if !ok {
			return "", gateway.Errorf(gateway.CodeInvalid, "%q is not a Salesforce record id.", clip(req.AfterID, 40))
		}
		where = append(where, "Id > "+Quote(id))
	}
	if !req.ChangedSince.IsZero() {
		where = append(where, "SystemModstamp >= "+Instant(req.ChangedSince))
	}
	if len(where) > 0 {
		soql += " WHERE " + strings.Join(where, " AND ")
	}
	if req.Limit == 0 {
		return soql, nil
	}
	return soql + " ORDER BY Id LIMIT " + strconv.Itoa(req.Limit), nil
}

// fill reads the columns of records whose ids are known.
func (c *Client) fill(ctx context.Context, schema gateway.Schema, thin []gateway.Record, columns []string) ([]gateway.Record, error) {
	var ids []string
	for _, record := range thin {
		if !record.Deleted {
			ids = append(ids, record.Key.ID)
		}
	}
	whole, err := c.Retrieve(ctx, schema, ids, columns)
	if err != nil {
		return nil, fmt.Errorf("reading a page of %s: %w", schema.Object, err)
	}
	filled := make([]gateway.Record, 0, len(thin))
	for _, record := range thin {
		if record.Deleted {
			filled = append(filled, record)
			continue
		}
		if whole[0] != nil {
			record = *whole[0]
		} else {
			// Left out, it would make the page look like the last one.
			record.Deleted = true
		}
		filled = append(filled, record)
		whole = whole[1:]
	}
	return filled, nil
}
