package bulk

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"tidegate/simulator/org"
)

// maxHeader bounds the header line, in characters.
const maxHeader = 32_000

// line is one row of an upload with its place in it.
type line struct {
	values   []string
	from, to int
}

// row is what became of a line: written (id), or not (failure).
type row struct {
	from, to int // bytes of the upload
	id       string
	created  bool
	failure  string
}

// table reads an upload and knows how its lines become records.
type table struct {
	object    *org.Object
	operation string
	keyField  string
	columns   []column
	idColumn  int // -1 without
	reader    *csv.Reader
}

// column is one column of an upload: a field, or a lookup found by a key of
// the record that it points to.
type column struct {
	name   string
	lookup *org.Field // nil for a plain field
	target string     // the only object to look in; "" = each the lookup allows
	by     string
}

// openTable reads the header.
func (j *Jobs) openTable(one *job) (*table, error) {
	r := one.reader(one.ingest.data)
	header, err := r.Read()
	if err != nil {
		return nil, &failure{"InvalidBatch : Failed to parse the CSV header"}
	}
	if r.InputOffset() > maxHeader {
		return nil, &failure{"InvalidBatch : The CSV header is longer than 32,000 characters"}
	}
	header = slices.Clone(header)
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	o := j.org.ObjectFor(one.caller.UserID, one.Object)
	if o == nil {
		return nil, &failure{"InvalidBatch : The object is not there any more"}
	}
	t := &table{object: o, operation: one.Operation, keyField: one.ExternalID, reader: r, idColumn: -1}
	for i, name := range header {
		c, err := t.column(name)
		if err != nil {
			return nil, err
		}
		if strings.EqualFold(name, "Id") {
			t.idColumn = i
		}
		t.columns = append(t.columns, c)
	}
	if t.idColumn < 0 && one.Operation != "insert" && one.Operation != "upsert" {
		return nil, &failure{"InvalidBatch : The 'Id' column is missing"}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	one.ingest.header = header
	return t, nil
}

func (one *job) reader(data []byte) *csv.Reader {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma = rune(format{one.LineEnding, one.ColumnDelimiter}.delimiter())
	r.FieldsPerRecord = -1
	return r
}

// column resolves a header: "LastName", "ReportsTo.Email", "Lead:Who.Email".
func (t *table) column(name string) (column, error) {
	relation, by, related := strings.Cut(name, ".")
	if !related {
		if t.object.FieldFold(name) == nil {
			return column{}, &failure{"InvalidBatch : Field name not found : " + name}
		}
		return column{name: name}, nil
	}
	target, short, typed := strings.Cut(relation, ":")
	if !typed {
		target, short = "", relation
	}
	for _, f := range t.object.Fields {
		if f.RelationshipName != "" && strings.EqualFold(f.RelationshipName, short) {
			return column{name: name, lookup: f, target: target, by: by}, nil
		}
	}
	return column{}, &failure{"InvalidBatch : Field name not found : " + name}
}

// read takes up to n lines; done after the last.
func (t *table) read(n int) (lines []line, done bool, err error) {
	for len(lines) < n {
		from := int(t.reader.InputOffset())
		values, err := t.reader.Read()
		if errors.Is(err, io.EOF) {
			return lines, true, nil
		}
		if err != nil {
			return nil, false, &failure{"InvalidBatch : Failed to parse the CSV: " + err.Error()}
		}
		lines = append(lines, line{values, from, int(t.reader.InputOffset())})
	}
	return lines, false, nil
}

// null is the word that clears a field; an empty value leaves it.
const null = "#N/A"

// values makes what a line says of a record.
func (t *table) values(tx *org.Tx, l line) (map[string]any, *org.Error) {
	values := make(map[string]any, len(l.values))
	for i, text := range l.values {
		c := t.columns[i]
		switch {
		case i == t.idColumn || text == "":
		case c.lookup != nil && text == null:
			values[c.lookup.Name] = nil
		case c.lookup != nil:
			id, err := c.find(tx, text)
			if err != nil {
				return nil, err
			}
			values[c.lookup.Name] = id
		case text == null:
			values[c.name] = nil
		default:
			values[c.name] = text
		}
	}
	return values, nil
}

// find looks the record up that a relationship column names by a key.
func (c column) find(tx *org.Tx, text string) (string, *org.Error) {
	for _, target := range c.lookup.ReferenceTo {
		if c.target != "" && !strings.EqualFold(c.target, target) {
			continue
		}
		o := tx.Org().Object(target)
		if o == nil || o.FieldFold(c.by) == nil {
			continue
		}
		if found := tx.ByKey(target, o.FieldFold(c.by).Name, text); len(found) == 1 {
			return found[0].ID(), nil
		}
	}
	return "", org.Refuse("INVALID_FIELD", "Foreign key external ID: "+text+" not found for field "+c.by+" in entity "+c.lookup.ReferenceTo[0])
}

// saves tells whether the operation leaves a record behind.
func (t *table) saves() bool { return t.operation != "delete" && t.operation != "hardDelete" }

// write does what the operation says with one line.
func (t *table) write(tx *org.Tx, l line) (row, *org.Error) {
	if len(l.values) != len(t.columns) {
		return row{}, org.Refuse("INVALID_FIELD", "The number of values is not the number of columns")
	}
	id := ""
	if t.idColumn >= 0 {
		id = l.values[t.idColumn]
	}
	if !t.saves() {
		return t.remove(tx, id)
	}
	values, err := t.values(tx, l)
	if err != nil {
		return row{}, err
	}
	switch {
	case t.operation == "update":
		full, ok := org.NormalizeID(id)
		if !ok {
			return row{}, malformed(t.object, id)
		}
		return row{id: full}, missing(tx.Update(t.object.Name, full, values))
	case t.operation == "upsert":
		return t.upsert(tx, id, values)
	case id != "":
		return row{}, org.Refuse("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", "Id")
	}
	made, err := tx.Create(t.object.Name, values)
	return row{id: made, created: true}, err
}

func (t *table) upsert(tx *org.Tx, id string, values map[string]any) (row, *org.Error) {
	key := id
	if !strings.EqualFold(t.keyField, "Id") {
		for name, v := range values {
			if strings.EqualFold(name, t.keyField) {
				key, _ = v.(string)
				delete(values, name)
				break
			}
		}
		if key == "" {
			return row{}, org.Refuse("MISSING_ARGUMENT", t.keyField+" not specified")
		}
	} else if id == "" {
		made, err := tx.Create(t.object.Name, values)
		return row{id: made, created: true}, err
	}
	found, created, several, err := tx.Upsert(t.object.Name, t.keyField, key, values, false)
	if len(several) > 0 {
		return row{}, org.Refuse("DUPLICATE_EXTERNAL_ID", t.keyField+": more than one record found for external id field: ["+strings.Join(several, ", ")+"]")
	}
	return row{id: found, created: created}, missing(err)
}

func (t *table) remove(tx *org.Tx, id string) (row, *org.Error) {
	full, ok := org.NormalizeID(id)
	if !ok {
		return row{}, malformed(t.object, id)
	}
	return row{id: full}, missing(tx.Delete(t.object.Name, full))
}

func malformed(o *org.Object, id string) *org.Error {
	return org.Refuse("MALFORMED_ID", o.Label+" ID: id value of incorrect type: "+id, "Id")
}

// missing words an unknown record as the bulk API does.
func missing(e *org.Error) *org.Error {
	if e != nil && e.Code == "NOT_FOUND" {
		return org.Refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
	}
	return e
}
