package org

import "strings"

// reshape gives the object its fields and their indexes.
func (o *Object) reshape(fields []*Field) {
	o.Fields = fields
	o.index, o.fold = make(map[string]int, len(fields)), make(map[string]int, len(fields))
	for i, f := range fields {
		o.index[f.Name] = i
		o.fold[strings.ToLower(f.Name)] = i
	}
}

// reshape puts the rows into the order of the object's fields. Records that
// were handed out keep their own. It reports whether values were lost because
// their field's new type does not hold them.
func (t *table) reshape(o *Object) (lossy bool) {
	from := make([]int, len(o.Fields))
	for i, f := range o.Fields {
		from[i] = -1
		if at, ok := t.object.index[f.Name]; ok {
			from[i] = at
		}
	}
	for n, old := range t.rows {
		fresh := make([]any, len(o.Fields))
		for i, f := range o.Fields {
			switch {
			case from[i] < 0:
				fresh[i] = absent(f)
			case t.object.Fields[from[i]].Type == f.Type:
				fresh[i] = old.at(from[i])
			default:
				v, lost := retyped(f, old.at(from[i]))
				fresh[i], lossy = v, lossy || lost
			}
		}
		t.rows[n] = t.pack(fresh)
	}
	t.object = o
	t.rekey()
	return lossy
}

// absent is what a new field holds in the records that are there already.
func absent(f *Field) any {
	if f.Type == TypeBoolean {
		return false
	}
	return nil
}

// retyped converts a value to the field's type; lost when it does not fit.
func retyped(f *Field, v any) (fresh any, lost bool) {
	if v == nil {
		return absent(f), false
	}
	switch x := v.(type) {
	case DateTime:
		v = x.String()
	case bool, int64, float64:
		if f.Length > 0 {
			v = strings.Trim(string(AppendValue(nil, v)), `"`)
		}
	}
	fresh, err := convert(f, v)
	if err != nil || fresh == nil {
		return absent(f), true
	}
	return fresh, false
}
