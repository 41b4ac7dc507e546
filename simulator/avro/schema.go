// Package avro writes change events as the Pub/Sub API sends them: a bare Avro
// datum in a schema of its own for every object, with the names of the changed
// fields packed into bitmaps.
//
// It reads the JSON form of an event, the one that the event log keeps, so that
// both transports say the same by construction.
package avro

import (
	"encoding/json"
	"fmt"
	"strings"

	"tidegate/simulator/bus"
)

// Kind is how a field's value is written.
type Kind uint8

// The kinds of values. Schemas carry no logical types: a moment is a long with
// the milliseconds since 1970, a date is that of its midnight in UTC, and a time
// is the milliseconds since midnight.
const (
	Text Kind = iota
	Boolean
	Integer
	Number
	Moment
	Date
	Time
)

var kindTypes = [...]string{Text: "string", Boolean: "boolean", Integer: "int", Number: "double", Moment: "long", Date: "long", Time: "long"}

// Field is one field of a schema. Every field may be null, unless it says else.
type Field struct {
	Name string
	Kind Kind
	Doc  string // such as Data:Text
	// Record is the name of the record type of a compound, such as Address, and
	// Parts are its fields, of which Kind says nothing then. All compounds of one
	// schema with the same Record have the same Parts.
	Record string
	Parts  []Field
	// Plain is set where the value may be a text instead of the compound.
	Plain bool
	// Required is set where the value is never null.
	Required bool
}

// changeTypes are the symbols of the enumeration in the order of real schemas.
var changeTypes = []string{
	"CREATE", "UPDATE", "DELETE", "UNDELETE",
	"GAP_CREATE", "GAP_UPDATE", "GAP_DELETE", "GAP_UNDELETE", "GAP_OVERFLOW", "SNAPSHOT",
}

const (
	headerName = "ChangeEventHeader"
	namespace  = "com.sforce.eventbus"
)

// Schema is how the events of one object are written. It is safe for concurrent
// use and never changed.
type Schema struct {
	// ID is the id that events name, 22 characters that change with the fields.
	ID string
	// JSON is the schema as Avro writes schemas.
	JSON string
	// Object is the API name of the object that the events are of.
	Object string

	fields   []Field
	index    map[string]int // name → index in fields; the position is one more
	platform bool           // of a platform event: no header, and see Field.Required
}

// New returns the schema of an object's events with the fields in their order;
// the header is put before them, but for platform events, which have none.
func New(id, object string, fields []Field) (*Schema, error) {
	s := &Schema{ID: id, Object: object, fields: fields, index: make(map[string]int, len(fields)), platform: bus.IsPlatformEvent(object)}
	for i, f := range fields {
		if _, twice := s.index[f.Name]; twice || f.Name == headerName {
			return nil, fmt.Errorf("schema of %s has field %s twice", object, f.Name)
		}
		s.index[f.Name] = i
	}
	written := map[string]bool{}
	top := record{Type: "record", Name: object, Namespace: namespace}
	if !s.platform {
		top.Name, top.Fields = eventName(object), []member{{Name: headerName, Type: header()}}
	}
	for i := range fields {
		top.Fields = append(top.Fields, fields[i].member(written))
	}
	text, err := json.Marshal(top)
	if err != nil {
		return nil, fmt.Errorf("writing the schema of %s: %w", object, err)
	}
	s.JSON = string(text)
	return s, nil
}

// eventName is AccountChangeEvent for Account and Visit__ChangeEvent for Visit__c.
func eventName(object string) string {
	if custom, ok := strings.CutSuffix(object, "__c"); ok {
		object = custom + "__"
	}
	return object + "ChangeEvent"
}

// record and the types below have the members of a schema's JSON in their order.
type record struct {
	Type      string   `json:"type"`
	Name      string   `json:"name"`
	Namespace string   `json:"namespace,omitempty"`
	Fields    []member `json:"fields"`
}

type member struct {
	Name    string          `json:"name"`
	Type    any             `json:"type"`
	Doc     string          `json:"doc,omitempty"`
	Default json.RawMessage `json:"default,omitempty"`
}

type array struct {
	Type  string `json:"type"`
	Items string `json:"items"`
}

type enum struct {
	Type    string   `json:"type"`
	Name    string   `json:"name"`
	Symbols []string `json:"symbols"`
}

// header is the record that all events have in common.
func header() record {
	texts := array{"array", "string"}
	return record{Type: "record", Name: headerName, Fields: []member{
		{Name: "entityName", Type: "string"},
		{Name: "recordIds", Type: texts},
		{Name: "changeType", Type: enum{"enum", "ChangeType", changeTypes}},
		{Name: "changeOrigin", Type: "string"},
		{Name: "transactionKey", Type: "string"},
		{Name: "sequenceNumber", Type: "int"},
		{Name: "commitTimestamp", Type: "long"},
		{Name: "commitNumber", Type: "long"},
		{Name: "commitUser", Type: "string"},
		{Name: "nulledFields", Type: texts},
		{Name: "diffFields", Type: texts},
		{Name: "changedFields", Type: texts},
	}}
}

// member writes the field; a record type is written out where it comes first and
// by its name afterwards.
func (f *Field) member(written map[string]bool) member {
	if f.Required {
		return member{Name: f.Name, Doc: f.Doc, Type: kindTypes[f.Kind]}
	}
	m := member{Name: f.Name, Doc: f.Doc, Default: json.RawMessage("null")}
	var value any = kindTypes[f.Kind]
	switch {
	case f.Record == "":
	case written[f.Record]:
		value = f.Record
	default:
		written[f.Record] = true
		r := record{Type: "record", Name: f.Record}
		for i := range f.Parts {
			r.Fields = append(r.Fields, f.Parts[i].member(written))
		}
		value = r
	}
	m.Type = []any{"null", value}
	if f.Plain {
		m.Type = []any{"null", "string", value}
	}
	return m
}

// part returns the index of a compound's part, -1 where it has none of that name.
func (f *Field) part(name string) int {
	for i := range f.Parts {
		if f.Parts[i].Name == name {
			return i
		}
	}
	return -1
}
