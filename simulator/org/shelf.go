package org

import (
	"slices"
	"strings"
	"time"
)

// Raw is a value that is JSON already, such as the Metadata of the Tooling API.
type Raw string

// Shelved are rows that are not records: computed for one query and forgotten.
type Shelved struct {
	Name   string // of the object
	Fields []string
	// Parents are the shelved objects whose DurableId a field holds, by field; their
	// Id, where they have none.
	Parents map[string]string
	Rows    []map[string]any // values as Records have them, or Raw
}

// Shelf is an org of nothing but these rows, to be read only.
func Shelf(now func() time.Time, list ...Shelved) *Org {
	o := &Org{now: now, tables: map[string]*table{}}
	var objects []*Object
	durable := map[string]bool{}
	for _, s := range list {
		durable[s.Name] = slices.Contains(s.Fields, "DurableId")
	}
	for _, s := range list {
		object := &Object{Name: s.Name, Label: s.Name, LabelPlural: s.Name}
		fields := make([]*Field, 0, len(s.Fields))
		for _, name := range s.Fields {
			f := field(name, shelfType(name, s.Rows))
			if parent := s.Parents[name]; parent != "" {
				f = ref(name, parent)
				if durable[parent] {
					f.Type = TypeString // what it holds is no id
				}
			}
			fields = append(fields, f)
		}
		object.reshape(fields)
		t := newTable(object)
		t.links = nil // its rows are read once: an index would cost more
		for _, values := range s.Rows {
			row := make([]any, len(fields))
			for i, f := range fields {
				row[i] = values[f.Name]
			}
			id, _ := values["Id"].(string)
			if durable, ok := values["DurableId"].(string); ok {
				id = durable // ids of definitions are all the same
			}
			if t.byID[id] == 0 {
				t.byID[id] = len(t.rows)
			}
			t.rows = append(t.rows, t.pack(row))
		}
		o.tables[s.Name] = t
		objects = append(objects, object)
	}
	o.schema.Store(newSchema(objects, now()))
	return o
}

// shelfType is the type that the first row's value has.
func shelfType(name string, rows []map[string]any) FieldType {
	switch {
	case name == "Id":
		return TypeID
	case strings.HasPrefix(name, "Has"), strings.HasPrefix(name, "Is"), strings.HasPrefix(name, "Permissions"):
		return TypeBoolean
	}
	if len(rows) > 0 {
		switch rows[0][name].(type) {
		case bool:
			return TypeBoolean
		case int64:
			return TypeInt
		case Raw:
			return TypeComplex
		}
	}
	return TypeString
}
