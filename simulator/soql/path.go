package soql

import (
	"fmt"
	"strings"
	"time"

	"tidegate/simulator/org"
)

const maxParents = 5

// path is a checked field path: the lookups to follow, then a field.
type path struct {
	steps []step
	// object is the schema the final field is on; nil when the last lookup is
	// polymorphic, then the field is found on each record.
	object *org.Object
	field  *org.Field
	index  int
	name   string              // final name as the schema spells it
	isType bool                // the pseudo field Type of a polymorphic lookup
	part   func(time.Time) any // of a date, for DAY_ONLY and its like
}

// step follows one lookup.
type step struct {
	field *org.Field
}

func badColumn(name, object string) *org.Error {
	return org.Refuse("INVALID_FIELD", fmt.Sprintf(
		"No such column '%s' on entity '%s'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name.", name, object))
}

func resolve(v org.View, o *org.Object, written string) (path, error) {
	if fn, inner, ok := ofDate(written); ok {
		p, err := resolve(v, o, inner)
		if err != nil {
			return path{}, err
		}
		return p.ofDate(fn)
	}
	parts := strings.Split(written, ".")
	if len(parts) > 1 && strings.EqualFold(parts[0], o.Name) {
		parts = parts[1:] // FROM Account: Account.Name means Name
	}
	if len(parts)-1 > maxParents {
		return path{}, malformed("Only 5 levels of parent relationships are allowed: " + written)
	}
	var p path
	at := o
	for _, part := range parts[:len(parts)-1] {
		if at == nil {
			return path{}, badColumn(part, "Name")
		}
		s, ok := lookupNamed(at, part)
		if !ok {
			return path{}, org.Refuse("INVALID_FIELD", fmt.Sprintf("Didn't understand relationship '%s' in field path.", part))
		}
		p.steps = append(p.steps, s)
		if len(s.field.ReferenceTo) == 1 {
			at = v.Object(s.field.ReferenceTo[0])
		} else {
			at = nil
		}
	}
	return p.end(v, at, parts[len(parts)-1])
}

// end checks the last part of the path.
func (p path) end(v org.View, at *org.Object, name string) (path, error) {
	if at != nil {
		f := at.FieldFold(name)
		if f == nil {
			return path{}, badColumn(name, at.Name)
		}
		p.object, p.field, p.name = at, f, f.Name
		p.index = indexOf(at, f)
		return p, nil
	}
	if strings.EqualFold(name, "Type") {
		p.isType, p.name = true, "Type"
		return p, nil
	}
	for _, target := range p.steps[len(p.steps)-1].field.ReferenceTo {
		o := v.Object(target)
		if o == nil {
			continue // not for this user's eyes
		}
		if f := o.FieldFold(name); f != nil {
			p.name, p.field = f.Name, f
			return p, nil
		}
	}
	return path{}, badColumn(name, "Name")
}

func indexOf(o *org.Object, f *org.Field) int {
	for i := range o.Fields {
		if o.Fields[i] == f {
			return i
		}
	}
	return -1
}

func lookupNamed(o *org.Object, relation string) (step, bool) {
	for _, f := range o.Fields {
		if f.RelationshipName != "" && strings.EqualFold(f.RelationshipName, relation) {
			return step{f}, true
		}
	}
	return step{}, false
}

// follow walks the lookups; false when one is empty.
func (p path) follow(v org.View, r org.Record) (org.Record, bool) {
	for _, s := range p.steps {
		id, ok := r.Value(s.field.Name).(string)
		if !ok {
			return org.Record{}, false
		}
		if r, ok = v.Find(s.field.ReferenceTo, id); !ok {
			return org.Record{}, false
		}
	}
	return r, true
}

// value reads the path from a record.
func (p path) value(v org.View, r org.Record) any {
	if p.part != nil {
		whole := p
		whole.part = nil
		return partOf(whole.value(v, r), p.part)
	}
	if len(p.steps) > 0 {
		var ok bool
		if r, ok = p.follow(v, r); !ok {
			return nil
		}
	}
	switch {
	case p.isType:
		return r.Object().Name
	case p.object != r.Object():
		// Of a polymorphic lookup, or read after the schema had changed.
		return r.Value(p.name)
	}
	return r.At(p.index)
}

// isOwn reports whether the value is simply that of the record's field index.
func (p *path) isOwn(r org.Record) bool {
	return p.part == nil && len(p.steps) == 0 && !p.isType && p.object == r.Object()
}

// exact reports whether the values are ids, whose letter case matters.
func (p path) exact() bool {
	return p.field != nil && (p.field.Type == org.TypeID || p.field.Type == org.TypeReference)
}
