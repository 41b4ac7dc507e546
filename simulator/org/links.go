package org

import "slices"

// links are the rows that refer to each record by one lookup, so that what hangs
// on a record is found without a look at every other one.
type links struct {
	field int              // in Object.Fields
	rows  map[string][]int // id → rows, ascending
}

// linksOf makes the empty index. Who wrote or owns a record is left out: that
// would list nearly everything, and users are neither deleted nor merged.
func linksOf(o *Object) []links {
	var list []links
	for i, f := range o.Fields {
		isOther := func(target string) bool { return target != "User" }
		if f.Type == TypeReference && f.Name != "MasterRecordId" && slices.ContainsFunc(f.ReferenceTo, isOther) {
			list = append(list, links{field: i, rows: map[string][]int{}})
		}
	}
	return list
}

// move notes that a row refers to another record than before.
func (l *links) move(row int, old, values row) {
	was, _ := old.at(l.field).(string)
	is, _ := values.at(l.field).(string)
	if was == is {
		return
	}
	if was != "" {
		list := l.rows[was]
		if at, ok := slices.BinarySearch(list, row); ok {
			list = slices.Delete(list, at, at+1)
		}
		if l.rows[was] = list; len(list) == 0 {
			delete(l.rows, was)
		}
	}
	if is != "" {
		list := l.rows[is]
		if at, ok := slices.BinarySearch(list, row); !ok {
			l.rows[is] = slices.Insert(list, at, row)
		}
	}
}

// referring lists the rows whose lookup has that id, deleted ones too. The list
// stays as it is while the rows are changed.
func (t *table) referring(field int, id string) []int {
	for _, l := range t.links {
		if l.field == field {
			return slices.Clone(l.rows[id])
		}
	}
	var list []int
	for n := range t.rows {
		if t.rows[n].at(field) == id {
			list = append(list, n)
		}
	}
	return list
}

// Linked tells whether Referring finds records by the field without reading all.
func (v View) Linked(object, field string) bool {
	t := v.org.tables[object]
	return t != nil && slices.ContainsFunc(t.links, func(l links) bool { return t.object.Fields[l.field].Name == field })
}

// Referring lists the records whose lookup field has one of the ids, deleted ones
// included, in the order of their creation.
func (v View) Referring(object, field string, ids ...string) []Record {
	t := v.org.tables[object]
	if t == nil {
		return nil
	}
	at, ok := t.object.index[field]
	if !ok {
		return nil
	}
	var rows []int
	for _, id := range ids {
		rows = append(rows, t.referring(at, id)...)
	}
	slices.Sort(rows)
	var found []Record
	for _, i := range slices.Compact(rows) {
		if r, ok := v.access.record(t.at(i)); ok {
			found = append(found, r)
		}
	}
	return found
}
