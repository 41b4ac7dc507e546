package soql

import "tidegate/simulator/org"

// node is the nesting of an answer: the fields of a record and, under the
// relationship's name, those of its parents.
type node struct {
	name   string
	lookup *step
	leaves []column
	nested []*node
}

func shapeOf(columns []column) *node {
	root := &node{}
	for _, c := range columns {
		at := root
		for _, s := range c.path.steps {
			at = at.under(s)
		}
		at.leaves = append(at.leaves, c)
	}
	return root
}

func (n *node) under(s step) *node {
	for _, child := range n.nested {
		if child.lookup.field == s.field {
			return child
		}
	}
	child := &node{name: s.field.RelationshipName, lookup: &s}
	n.nested = append(n.nested, child)
	return child
}

// Len is the number of rows that AppendRow can give.
func (res *Result) Len() int {
	if res.Aggregate != nil {
		return len(res.Aggregate)
	}
	return len(res.Rows)
}

// AppendRow appends the i-th row as JSON; base is "/services/data/vNN.N".
func (res *Result) AppendRow(dst []byte, v org.View, base string, i int) []byte {
	if res.within != nil {
		v = *res.within
	}
	if res.Aggregate != nil {
		dst = append(dst, `{"attributes":{"type":"AggregateResult"}`...)
		for k, c := range res.columns {
			dst = appendKey(dst, c.name)
			dst = org.AppendValue(dst, res.Aggregate[i].Values[k])
		}
		return append(dst, '}')
	}
	r := res.Rows[i]
	dst = res.shape.append(dst, v, r, base)
	if len(res.children)+len(res.parents) == 0 {
		return dst
	}
	dst = dst[:len(dst)-1]
	for _, p := range res.parents {
		dst = p.append(dst, v, r, base)
	}
	for _, c := range res.children {
		dst = appendKey(dst, c.name)
		dst = c.rows[r.ID()].appendChildren(dst, v, base)
	}
	return append(dst, '}')
}

func (res *Result) appendChildren(dst []byte, v org.View, base string) []byte {
	if res == nil || len(res.Rows) == 0 {
		return append(dst, "null"...)
	}
	dst = append(dst, `{"totalSize":`...)
	dst = org.AppendValue(dst, int64(res.Total))
	dst = append(dst, `,"done":true,"records":[`...)
	for i := range res.Rows {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = res.AppendRow(dst, v, base, i)
	}
	return append(dst, ']', '}')
}

func (n *node) append(dst []byte, v org.View, r org.Record, base string) []byte {
	dst = AppendAttributes(append(dst, '{'), r, base)
	for _, c := range n.leaves {
		dst = appendKey(dst, c.name)
		switch {
		case c.via != nil:
			dst = appendComputed(dst, c.via(v, r))
		case c.path.isType:
			dst = org.AppendString(dst, r.Object().Name)
		case c.path.object != nil && c.path.field.IsCompound():
			dst = org.AppendField(dst, r, c.path.field)
		case c.path.object != r.Object():
			dst = org.AppendValue(dst, r.Value(c.path.name))
		default:
			dst = org.AppendValue(dst, r.At(c.path.index))
		}
	}
	for _, child := range n.nested {
		dst = appendKey(dst, child.name)
		id, _ := r.Value(child.lookup.field.Name).(string)
		parent, ok := v.Find(child.lookup.field.ReferenceTo, id)
		if !ok {
			dst = append(dst, "null"...)
			continue
		}
		dst = child.append(dst, v, parent, base)
	}
	return append(dst, '}')
}

func appendKey(dst []byte, name string) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, name...)
	return append(dst, '"', ':')
}

// AppendAttributes appends the attributes member of a record.
func AppendAttributes(dst []byte, r org.Record, base string) []byte {
	name := r.Object().Name
	dst = append(dst, `"attributes":{"type":"`...)
	dst = append(dst, name...)
	dst = append(dst, `","url":"`...)
	dst = append(dst, base...)
	dst = append(dst, "/sobjects/"...)
	dst = append(dst, name...)
	dst = append(dst, '/')
	dst = append(dst, r.ID()...)
	return append(dst, `"}`...)
}
