package pubsub

import (
	"errors"
	"fmt"

	"github.com/twmb/avro"
)

// Kind is what a Value or a Type is.
type Kind uint8

// The kinds of Avro. Union occurs in types only: a value is one of its
// branches.
const (
	KindNull Kind = iota
	KindBoolean
	KindInt
	KindLong
	KindFloat
	KindDouble
	KindBytes
	KindString
	KindEnum
	KindFixed
	KindRecord
	KindArray
	KindMap
	KindUnion
)

var kinds = map[string]Kind{
	"null": KindNull, "boolean": KindBoolean, "int": KindInt, "long": KindLong, "float": KindFloat, "double": KindDouble,
	"bytes": KindBytes, "string": KindString, "enum": KindEnum, "fixed": KindFixed, "record": KindRecord, "error": KindRecord,
	"array": KindArray, "map": KindMap,
}

// Type is one type of a schema.
type Type struct {
	Kind    Kind
	Name    string   // of records, enums and fixed, without namespace
	Fields  []Field  // of a record, in the order of the wire
	Of      []*Type  // branches of a union; the one element of an array or map
	Symbols []string // of an enum
	Size    int      // of a fixed, in bytes

	places    map[string]int // of Fields, by name
	nullFirst bool           // a union whose first branch is null
}

// Field is one field of a record.
type Field struct {
	Name string
	Doc  string // as the schema says it
	Type *Type
}

// Place returns the place of the field of that name, or -1.
func (t *Type) Place(name string) int {
	if i, ok := t.places[name]; ok {
		return i
	}
	return -1
}

// Record returns the record that the type is or that a union holds as one of
// its branches, nil when there is none.
func (t *Type) Record() *Type {
	switch t.Kind {
	case KindRecord:
		return t
	case KindUnion:
		for _, branch := range t.Of {
			if branch.Kind == KindRecord {
				return branch
			}
		}
	}
	return nil
}

// Schema is a parsed Avro schema whose top is a record. It never changes.
type Schema struct {
	ID  string
	Top *Type
}

// ParseSchema reads the JSON of a schema. The id is kept for messages.
func ParseSchema(id, text string) (*Schema, error) {
	parsed, err := avro.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("parsing schema %.40s: %w", id, err)
	}
	root := parsed.Root()
	c := compiler{named: map[string]*Type{}}
	top, err := c.compile(root, "")
	if err == nil && top.Kind != KindRecord {
		err = errors.New("the schema is no record")
	}
	if err != nil {
		return nil, fmt.Errorf("reading schema %.40s: %w", id, err)
	}
	return &Schema{ID: id, Top: top}, nil
}

// compiler turns the parser's tree, in which a named type is spelled out only
// where it occurs first, into types that point at each other.
type compiler struct{ named map[string]*Type }

// compile reads a node inside a named type of the given namespace.
func (c compiler) compile(n *avro.SchemaNode, space string) (*Type, error) {
	if n.Type == "union" || len(n.Branches) > 0 {
		return c.union(n, space)
	}
	kind, ok := kinds[n.Type]
	if !ok {
		return c.reference(n.Type, space)
	}
	t := &Type{Kind: kind, Name: n.Name, Symbols: n.Symbols, Size: n.Size}
	if n.Name != "" {
		space = n.Namespace
		c.named[fullName(space, n.Name)] = t
	}
	var err error
	switch kind {
	case KindRecord:
		err = c.fields(t, n.Fields, space)
	case KindArray:
		err = c.element(t, n.Items, space)
	case KindMap:
		err = c.element(t, n.Values, space)
	}
	return t, err
}

// reference finds a type by its name, which may lack the namespace around it.
func (c compiler) reference(name, space string) (*Type, error) {
	for _, full := range [...]string{fullName(space, name), name} {
		if t := c.named[full]; t != nil {
			return t, nil
		}
	}
	return nil, fmt.Errorf("the type %.60q is not defined", name)
}

func fullName(space, name string) string {
	if space == "" {
		return name
	}
	return space + "." + name
}

func (c compiler) union(n *avro.SchemaNode, space string) (*Type, error) {
	t := &Type{Kind: KindUnion}
	for i := range n.Branches {
		branch, err := c.compile(&n.Branches[i], space)
		if err != nil {
			return nil, err
		}
		t.Of = append(t.Of, branch)
	}
	t.nullFirst = len(t.Of) > 0 && t.Of[0].Kind == KindNull
	return t, nil
}

func (c compiler) fields(t *Type, fields []avro.SchemaField, space string) error {
	t.Fields = make([]Field, 0, len(fields))
	t.places = make(map[string]int, len(fields))
	for i := range fields {
		f := &fields[i]
		of, err := c.compile(&f.Type, space)
		if err != nil {
			return fmt.Errorf("field %.60s: %w", f.Name, err)
		}
		t.places[f.Name] = len(t.Fields)
		t.Fields = append(t.Fields, Field{Name: f.Name, Doc: docOf(f), Type: of})
	}
	return nil
}

// docOf returns what the schema says of a field, on the field or on its type.
func docOf(f *avro.SchemaField) string {
	if f.Doc != "" {
		return f.Doc
	}
	return f.Type.Doc
}

func (c compiler) element(t *Type, n *avro.SchemaNode, space string) error {
	if n == nil {
		return errors.New("an array or map has no element type")
	}
	of, err := c.compile(n, space)
	t.Of = []*Type{of}
	return err
}
