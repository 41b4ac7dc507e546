package salesforce

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tidegate/gateway"
)

// page is one answer of a query.
type page struct {
	Total   int               `json:"totalSize"`
	Done    bool              `json:"done"`
	Next    string            `json:"nextRecordsUrl"`
	Records []json.RawMessage `json:"records"`
}

// Query runs a SOQL statement and calls each with the rows of every answer, in
// order, at most 2,000 at a time; the rows may be kept. An error of each stops
// the reading and is returned. A place that Salesforce no longer knows
// (INVALID_QUERY_LOCATOR, after two days) is CodeSFReplay: begin again behind
// the last row read.
func (c *Client) Query(ctx context.Context, soql string, each func(rows []json.RawMessage) error) error {
	return c.query(ctx, "query", soql, each)
}

// QueryAll is Query with the rows of the recycle bin and archived activities.
func (c *Client) QueryAll(ctx context.Context, soql string, each func(rows []json.RawMessage) error) error {
	return c.query(ctx, "queryAll", soql, each)
}

// Records runs a SOQL statement on the schema's object and calls each with
// the decoded records of every answer. With deleted it is a QueryAll.
func (c *Client) Records(ctx context.Context, schema gateway.Schema, soql string, deleted bool, each func([]gateway.Record) error) error {
	resource := "query"
	if deleted {
		resource = "queryAll"
	}
	decoder := NewRowDecoder(schema)
	return c.query(ctx, resource, soql, func(rows []json.RawMessage) error {
		records := make([]gateway.Record, 0, len(rows))
		for _, row := range rows {
			record, err := decoder.Decode(row)
			if err != nil {
				return err
			}
			records = append(records, record)
		}
		return each(records)
	})
}

func (c *Client) query(ctx context.Context, resource, soql string, each func([]json.RawMessage) error) error {
	next, object := c.base+"/"+resource+"?q="+url.QueryEscape(soql), selected(soql)
	for next != "" {
		p, err := c.page(ctx, object, next, "/"+resource)
		if err != nil {
			return fmt.Errorf("querying: %w", err)
		}
		if len(p.Records) > 0 {
			if err := each(p.Records); err != nil {
				return err
			}
		}
		next = p.Next
		if p.Done {
			next = ""
		} else if !strings.HasPrefix(next, "/services/data/") {
			return fmt.Errorf("querying: %w", unreadable(http.StatusOK, nil, fmt.Errorf("no next page after an unfinished one")))
		}
	}
	return nil
}

// selected is the object that a statement selects from.
func selected(soql string) string {
	_, name, _ := strings.Cut(soql, " FROM ")
	name, _, _ = strings.Cut(name, " ")
	return name
}

func (c *Client) page(ctx context.Context, object, path, shape string) (page, error) {
	if len(path) > maxQueryURL {
		return page{}, gateway.Errorf(gateway.CodeSFRequest, "%s", sayRequest)
	}
	var p page
	err := c.getOf(ctx, object, path, shape, &p)
	return p, err
}

// Count returns how many records of an object match where, a SOQL condition
// without WHERE ("" = all).
func (c *Client) Count(ctx context.Context, object, where string) (int, error) {
	if !validName(object) {
		return 0, badName("object", object)
	}
	soql := "SELECT COUNT() FROM " + object
	if where != "" {
		soql += " WHERE " + where
	}
	p, err := c.page(ctx, object, c.base+"/query?q="+url.QueryEscape(soql), "/query")
	if err != nil {
		return 0, fmt.Errorf("counting %s: %w", object, err)
	}
	return p.Total, nil
}

// MaxRetrieve is how many records one Retrieve call may ask for.
const MaxRetrieve = 2000

// Retrieve reads records by id, at most MaxRetrieve. columns are field names,
// nil = Columns(schema). The answer has one element for each id, in order; nil
// stands for a record that is deleted or hidden from the connected user.
func (c *Client) Retrieve(ctx context.Context, schema gateway.Schema, ids, columns []string) ([]*gateway.Record, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if len(ids) > MaxRetrieve {
		return nil, fmt.Errorf("retrieving %s: %d ids are more than %d", schema.Object, len(ids), MaxRetrieve)
	}
	if columns == nil {
		columns = Columns(schema)
	}
	if _, err := Select(schema, columns); err != nil {
		return nil, err
	}
	body, err := json.Marshal(map[string][]string{"ids": ids, "fields": columns})
	if err != nil {
		return nil, fmt.Errorf("retrieving %s: %w", schema.Object, err)
	}
	var rows []json.RawMessage
	err = c.json(ctx, request{
		method: http.MethodPost, path: c.base + "/composite/sobjects/" + schema.Object,
		shape: "/composite/sobjects/{object}", body: body,
	}, &rows)
	if err != nil {
		return nil, fmt.Errorf("retrieving %s: %w", schema.Object, err)
	}
	if len(rows) != len(ids) {
		return nil, fmt.Errorf("retrieving %s: %d rows came for %d ids", schema.Object, len(rows), len(ids))
	}
	return decodeRows(NewRowDecoder(schema), rows)
}

// Read reads fields of records as the org has them now, in one call, by id:
// without the records that are gone or hidden from the connected user, and
// without the fields that it does not show him.
func (c *Client) Read(ctx context.Context, schema gateway.Schema, ids, fields []string) (map[string]gateway.Fields, error) {
	columns := []string{"Id"}
	for _, name := range fields {
		if _, shown := schema.Field(name); shown {
			columns = append(columns, name)
		}
	}
	rows, err := c.Retrieve(ctx, schema, ids, columns)
	out := make(map[string]gateway.Fields, len(rows))
	for _, r := range rows {
		if r != nil && !r.Deleted {
			out[r.Key.ID] = r.Fields
		}
	}
	return out, err
}

func decodeRows(decoder *RowDecoder, rows []json.RawMessage) ([]*gateway.Record, error) {
	records := make([]*gateway.Record, len(rows))
	for i, row := range rows {
		if string(row) == "null" {
			continue
		}
		record, err := decoder.Decode(row)
		if err != nil {
			return nil, err
		}
		records[i] = &record
	}
	return records, nil
}

// Deletion is one deleted record.
type Deletion struct {
	ID string // 18 characters
	At time.Time
}

// Deleted lists what was deleted in a span of time (getDeleted). reliable is
// false when Salesforce no longer knows all of it: its memory goes back 15
// days at most, and less under load. through is how far the answer is complete.
func (c *Client) Deleted(ctx context.Context, object string, from, to time.Time) (list []Deletion, through time.Time, reliable bool, err error) {
	if !validName(object) {
		return nil, time.Time{}, false, badName("object", object)
	}
	var wire struct {
		Records []struct {
			ID string `json:"id"`
			At string `json:"deletedDate"`
		} `json:"deletedRecords"`
		Earliest string `json:"earliestDateAvailable"`
		Latest   string `json:"latestDateCovered"`
	}
	span := url.Values{"start": {rfc3339(from)}, "end": {rfc3339(to)}}
	path := c.base + "/sobjects/" + object + "/deleted/?" + span.Encode()
	if err := c.get(ctx, path, "/sobjects/{object}/deleted", &wire); err != nil {
		return nil, time.Time{}, false, fmt.Errorf("listing deleted %s: %w", object, err)
	}
	for _, r := range wire.Records {
		id, ok := gateway.NormalizeID(r.ID)
		if !ok {
			return nil, time.Time{}, false, fmt.Errorf("listing deleted %s: %q is no record id", object, clip(r.ID, 40))
		}
		at, err := parseInstant(r.At)
		if err != nil {
			return nil, time.Time{}, false, fmt.Errorf("listing deleted %s: %w", object, err)
		}
		list = append(list, Deletion{ID: id, At: at})
	}
	earliest, earliestErr := parseInstant(wire.Earliest)
	through, latestErr := parseInstant(wire.Latest)
	if latestErr != nil {
		through = from
	}
	return list, through, earliestErr == nil && latestErr == nil && !earliest.After(from), nil
}

func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339) }
