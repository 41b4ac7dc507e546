package soql

import (
	"fmt"
	"strings"

	"tidegate/simulator/org"
)

// TypeOf is TYPEOF relation WHEN object THEN fields … ELSE fields END: what to
// tell of a polymorphic parent, by what it is.
type TypeOf struct {
	Relation string
	Cases    []TypeCase
	Else     []string // nil = nothing
}

// TypeCase is one WHEN.
type TypeCase struct {
	Object string
	Fields []string
}

// typeOf reads what follows the word TYPEOF.
func (p *parser) typeOf() (*TypeOf, error) {
	t := &TypeOf{Relation: p.next().text}
	for p.take("WHEN") {
		c := TypeCase{Object: p.next().text}
		if err := p.expect("THEN"); err != nil {
			return nil, err
		}
		var err error
		if c.Fields, err = p.paths(); err != nil {
			return nil, err
		}
		t.Cases = append(t.Cases, c)
	}
	if len(t.Cases) == 0 {
		return nil, p.unexpected()
	}
	if p.take("ELSE") {
		var err error
		if t.Else, err = p.paths(); err != nil {
			return nil, err
		}
	}
	return t, p.expect("END")
}

// paths reads field paths joined by commas.
func (p *parser) paths() ([]string, error) {
	var list []string
	for {
		t := p.next()
		if t.kind != tokWord || t.is("END") || t.is("WHEN") || t.is("ELSE") {
			return nil, malformed("unexpected token: '" + t.text + "'")
		}
		list = append(list, t.text)
		if !p.take(",") {
			return list, nil
		}
	}
}

// parents is a checked TypeOf.
type parents struct {
	lookup step
	shapes map[string]*node // by the parent's object
}

func (e *eval) selectTypeOf(res *Result, t *TypeOf) error {
	lookup, ok := lookupNamed(e.object, t.Relation)
	if !ok || len(lookup.field.ReferenceTo) < 2 {
		return org.Refuse("INVALID_FIELD", fmt.Sprintf("TYPEOF needs a polymorphic relationship; '%s' is none.", t.Relation))
	}
	p := &parents{lookup, map[string]*node{}}
	for _, c := range t.Cases {
		if !e.mayBe(lookup, c.Object) {
			return org.Refuse("INVALID_TYPE", fmt.Sprintf("'%s' is not a type of relationship '%s'", c.Object, t.Relation))
		}
		if err := e.shape(p, c.Object, c.Fields); err != nil {
			return err
		}
	}
	for _, target := range lookup.field.ReferenceTo {
		if t.Else == nil || p.shapes[target] != nil {
			continue
		}
		if err := e.shape(p, target, t.Else); err != nil {
			return err
		}
	}
	res.parents = append(res.parents, p)
	return nil
}

func (e *eval) mayBe(lookup step, object string) bool {
	o := e.view.Object(object)
	return o != nil && pointsTo(lookup.field, o.Name)
}

// shape checks the fields that are told of parents of one object.
func (e *eval) shape(p *parents, object string, fields []string) error {
	o := e.view.Object(object)
	if o == nil {
		return nil // hidden from this user, and so are its records
	}
	columns := make([]column, len(fields))
	for i, written := range fields {
		at, err := resolve(e.view, o, written)
		if err != nil {
			return err
		}
		columns[i] = column{name: at.name, path: at}
	}
	p.shapes[o.Name] = shapeOf(columns)
	return nil
}

// append adds the member of a row that tells of its parent.
func (p *parents) append(dst []byte, v org.View, r org.Record, base string) []byte {
	dst = appendKey(dst, p.lookup.field.RelationshipName)
	id, _ := r.Value(p.lookup.field.Name).(string)
	parent, ok := v.Find(p.lookup.field.ReferenceTo, id)
	if !ok || p.shapes[parent.Object().Name] == nil {
		return append(dst, "null"...)
	}
	return p.shapes[parent.Object().Name].append(dst, v, parent, base)
}

// isTypeOf tells the word apart from a field of that name.
func (p *parser) isTypeOf() bool {
	return p.peek().is("TYPEOF") && p.peekAt(1).kind == tokWord && strings.EqualFold(p.peekAt(2).text, "WHEN")
}
