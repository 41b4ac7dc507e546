package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"tidegate/simulator/fault"
	"tidegate/simulator/org"
)

const (
	maxRows     = 200
	maxChunks   = 10
	maxRetrieve = 2000
)

// rowError is an error inside a collections answer: statusCode, not errorCode.
type rowError struct {
	Code    string   `json:"statusCode"`
	Message string   `json:"message"`
	Fields  []string `json:"fields"`
}

// row is one line of a collections answer.
type row struct {
	ID      string     `json:"id,omitempty"`
	Success bool       `json:"success"`
	Errors  []rowError `json:"errors"`
	Created *bool      `json:"created,omitempty"`
}

func failedRow(e *org.Error) row {
	fields := e.Fields
	if fields == nil {
		fields = []string{}
	}
	return row{Errors: []rowError{{e.Code, e.Message, fields}}}
}

// collection is the body of POST and PATCH /composite/sobjects.
type collection struct {
	AllOrNone bool             `json:"allOrNone"`
	Records   []map[string]any `json:"records"`
}

var errRolledBack = errors.New("all or none")

// many writes n rows in one transaction and answers in request order. With
// allOrNone one failure takes back all, and the innocent say so.
func (c *call) many(n int, allOrNone bool, one func(tx *org.Tx, i int) (row, *org.Error)) error {
	rows := make([]row, n)
	err := c.write(func(tx *org.Tx) error {
		failed := false
		for i := range n {
			mark := tx.Mark()
			done, refused := one(tx, i)
			if refused != nil {
				tx.Rollback(mark)
				rows[i], failed = failedRow(refused), true
				continue
			}
			done.Success, done.Errors = true, enqueued(tx, done.ID)
			rows[i] = done
		}
		if failed && allOrNone {
			return errRolledBack
		}
		return nil
	})
	if errors.Is(err, errRolledBack) {
		for i := range rows {
			if rows[i].Success {
				id := rows[i].ID
				rows[i] = failedRow(org.Refuse("ALL_OR_NONE_OPERATION_ROLLED_BACK",
					"Record rolled back because not all records were valid and the request was using AllOrNone header"))
				if _, phantom := c.org.Faults().Active(fault.PhantomIDs, fault.Subject{}); phantom {
					rows[i].ID = id // of a record that does not exist
				}
			}
		}
	} else if err != nil {
		return err
	}
	c.json(http.StatusOK, rows)
	return nil
}

func typeOf(record map[string]any) (string, *org.Error) {
	attributes, _ := record["attributes"].(map[string]any)
	name, ok := attributes["type"].(string)
	if !ok {
		return "", org.Refuse("JSON_PARSER_ERROR", "Nested object for polymorphic foreign key must have an attributes field before any other fields.")
	}
	return name, nil
}

// collection reads the body and checks the platform's caps.
func (c *call) collection() (*collection, error) {
	var in collection
	if err := c.body(&in); err != nil {
		return nil, err
	}
	if len(in.Records) == 0 {
		return nil, org.Refuse("REQUIRED_FIELD_MISSING", "The records field is required", "records")
	}
	if len(in.Records) > maxRows {
		return nil, org.Refuse("EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than 200 records into this call")
	}
	chunks, last := 0, ""
	for _, record := range in.Records {
		if name, err := typeOf(record); err == nil && name != last {
			chunks, last = chunks+1, name
		}
	}
	if chunks > maxChunks {
		return nil, org.Refuse("LIMIT_EXCEEDED", "Cannot have more than 10 chunks in a single operation. Please rearrange the data to reduce chunking.")
	}
	return &in, nil
}

func (c *call) insertMany() error {
	in, err := c.collection()
	if err != nil {
		return err
	}
	return c.many(len(in.Records), in.AllOrNone, func(tx *org.Tx, i int) (row, *org.Error) {
		name, refused := typeOf(in.Records[i])
		if refused != nil {
			return row{}, refused
		}
		if _, given := take(in.Records[i], "id"); given {
			return row{}, org.Refuse("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", "Id")
		}
		id, refused := c.createIn(tx, name, in.Records[i])
		return row{ID: id}, refused
	})
}

// take removes a key, letter case ignored, and returns its text.
func take(record map[string]any, key string) (string, bool) {
	for name, v := range record {
		if strings.EqualFold(name, key) {
			delete(record, name)
			s, _ := v.(string)
			return s, true
		}
	}
	return "", false
}

func (c *call) updateMany() error {
	in, err := c.collection()
	if err != nil {
		return err
	}
	return c.many(len(in.Records), in.AllOrNone, func(tx *org.Tx, i int) (row, *org.Error) {
		name, refused := typeOf(in.Records[i])
		if refused != nil {
			return row{}, refused
		}
		id, given := in.Records[i]["id"].(string) // in lower case only
		delete(in.Records[i], "id")
		if !given || id == "" {
			return row{}, org.Refuse("MISSING_ARGUMENT", "Id not specified in an update call")
		}
		full, ok := org.NormalizeID(id)
		if !ok {
			return row{}, org.Refuse("MALFORMED_ID", fmt.Sprintf("%s ID: id value of incorrect type: %s", name, id), "Id")
		}
		if refused := c.updateIn(tx, name, full, in.Records[i]); refused != nil {
			return row{}, inRow(refused)
		}
		return row{ID: full}, nil
	})
}

// inRow words a missing record as collections do.
func inRow(e *org.Error) *org.Error {
	if e.Code == "NOT_FOUND" {
		return org.Refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
	}
	return e
}

func (c *call) upsertMany() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	in, err := c.collection()
	if err != nil {
		return err
	}
	f := o.FieldFold(c.r.PathValue("field"))
	if f == nil || !f.ExternalID && !f.IDLookup {
		return missingRow(c.r.PathValue("field"))
	}
	return c.many(len(in.Records), in.AllOrNone, func(tx *org.Tx, i int) (row, *org.Error) {
		name, refused := typeOf(in.Records[i])
		switch {
		case refused != nil:
			return row{}, refused
		case !strings.EqualFold(name, o.Name):
			return row{}, org.Refuse("INVALID_TYPE", "all records must be of type "+o.Name)
		}
		value, _ := take(in.Records[i], f.Name)
		if value == "" {
			return row{}, org.Refuse("MISSING_ARGUMENT", f.Name+" not specified")
		}
		id, created, several, refused := c.upsertIn(tx, o.Name, f.Name, value, in.Records[i], false)
		if len(several) > 0 {
			return row{}, org.Refuse("DUPLICATE_EXTERNAL_ID", fmt.Sprintf("%s: more than one record found for external id field: %v", f.Name, several))
		}
		return row{ID: id, Created: &created}, refused
	})
}

func (c *call) deleteMany() error {
	q := c.r.URL.Query()
	ids := strings.Split(q.Get("ids"), ",")
	if q.Get("ids") == "" {
		return org.Refuse("REQUIRED_FIELD_MISSING", "The ids parameter is required", "ids")
	}
	if len(ids) > maxRows {
		return org.Refuse("EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than 200 records into this call")
	}
	return c.many(len(ids), q.Get("allOrNone") == "true", func(tx *org.Tx, i int) (row, *org.Error) {
		full, ok := org.NormalizeID(ids[i])
		if !ok {
			return row{}, org.Refuse("MALFORMED_ID", "malformed id "+ids[i])
		}
		for _, o := range c.org.Objects() {
			if _, found := tx.Get(o.Name, full); !found {
				continue
			}
			if refused := tx.Delete(o.Name, full); refused != nil {
				return row{}, refused
			}
			return row{ID: full}, nil
		}
		return row{}, org.Refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
	})
}

// retrieveMany answers in request order, null where a record is not there.
func (c *call) retrieveMany() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	var in struct {
		IDs    []string `json:"ids"`
		Fields []string `json:"fields"`
	}
	if c.r.Method == http.MethodPost {
		if err := c.body(&in); err != nil {
			return err
		}
	} else {
		in.IDs = strings.Split(c.r.URL.Query().Get("ids"), ",")
		in.Fields = strings.Split(c.r.URL.Query().Get("fields"), ",")
	}
	if len(in.IDs) > maxRetrieve {
		return org.Refuse("EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than 2000 records into this call")
	}
	if len(in.Fields) == 0 || in.Fields[0] == "" {
		return org.Refuse("REQUIRED_FIELD_MISSING", "The fields parameter is required", "fields")
	}
	fields, err := pick(o, strings.Join(in.Fields, ","))
	if err != nil {
		return err
	}
	answers := make([]json.RawMessage, len(in.IDs))
	c.read(func(v org.View) {
		for i, id := range in.IDs {
			full, _ := org.NormalizeID(id)
			if r, ok := v.Get(o.Name, full); ok && r.Value("IsDeleted") != true {
				answers[i] = c.appendRecord(nil, r, fields)
			}
		}
	})
	c.json(http.StatusOK, answers)
	return nil
}
