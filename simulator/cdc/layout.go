package cdc

import "tidegate/simulator/org"

// Layout is what the events of one schema can carry, in the order of the schema.
// It is a copy: a schema that was once issued stays readable when the object's
// fields change.
type Layout struct {
	Schema  string // id of the schema, 22 characters
	Object  string // API name of the object
	Members []Member
}

// Member is one field of an event's body, or a compound with its parts.
type Member struct {
	Name string // a part's name is the one inside the compound, such as City
	// Field describes the field; of a compound it is the compound field.
	Field org.Field
	Parts []Member // of a compound; nil for a field
}

// LayoutOf returns the layout that events of the object have now.
func LayoutOf(o *org.Object) Layout { return newPlan(o).layout(o) }

func (p *plan) layout(o *org.Object) Layout {
	l := Layout{Schema: p.schema, Object: o.Name, Members: make([]Member, 0, len(p.entries))}
	for _, e := range p.entries {
		if e.parts[0].key == "" {
			l.Members = append(l.Members, Member{Name: e.name, Field: *o.Fields[e.parts[0].at]})
			continue
		}
		m := Member{Name: e.name}
		if f := o.Field(e.name); f != nil {
			m.Field = *f
		}
		for _, q := range e.parts {
			m.Parts = append(m.Parts, Member{Name: q.key, Field: *o.Fields[q.at]})
		}
		l.Members = append(l.Members, m)
	}
	return l
}

// Layout returns the layout of a schema that events were published with, also of
// one that newer events no longer have.
func (p *Publisher) Layout(schema string) (Layout, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.layouts[schema]
	return l, ok
}
