package org

import (
	"slices"
	"strings"
)

// table keeps the records of one object in the order of creation. A row is
// never changed in place: an update puts a new one, so that Records handed out
// stay what they were.
type table struct {
	object *Object
	rows   []row
	byID   map[string]int
	next   uint64                      // for ids
	keys   map[string]map[string][]int // field → lower-cased value → rows
	links  []links                     // of each lookup that may be followed backwards
	shared map[string]any              // texts that rows have in common
	purged []Deletion                  // rows that are gone, as long as the org lists their deletion
}

func newTable(o *Object) *table {
	t := &table{object: o, byID: map[string]int{}, shared: map[string]any{}}
	if o.Name == "LeadStatus" {
		t.next = 1000 // shares its key prefix with OpportunityStage
	}
	t.rekey()
	return t
}

// rekey builds the indexes of the object's key fields.
func (t *table) rekey() {
	t.keys = map[string]map[string][]int{}
	for _, f := range t.object.Fields {
		if (f.Unique || f.ExternalID || f.IDLookup) && f.Type != TypeID {
			t.keys[f.Name] = map[string][]int{}
		}
	}
	t.links = linksOf(t.object)
	for i, row := range t.rows {
		t.reindex(i, emptyRow, row)
	}
}

func (t *table) at(i int) Record { return Record{t.object, t.rows[i]} }

func (t *table) newID() string {
	t.next++
	return newID(t.object.KeyPrefix, t.next)
}

// insert adds a row and returns its place.
func (t *table) insert(values row) int {
	i := len(t.rows)
	t.rows = append(t.rows, values)
	t.byID[Record{t.object, values}.ID()] = i
	t.reindex(i, emptyRow, values)
	return i
}

func (t *table) replace(i int, values row) {
	old := t.rows[i]
	t.rows[i] = values
	t.reindex(i, old, values)
}

// copyAt is the i-th row to be changed.
func (t *table) copyAt(i int) []any { return t.rows[i].unpack(len(t.object.Fields)) }

// remove takes back the last insert.
func (t *table) remove(i int) {
	old := t.rows[i]
	t.reindex(i, old, emptyRow)
	delete(t.byID, Record{t.object, old}.ID())
	t.rows = t.rows[:i]
}

// emptyRow is what a record was before it was there.
var emptyRow row

func (t *table) reindex(i int, old, values row) {
	for _, l := range t.links {
		l.move(i, old, values)
	}
	for field, index := range t.keys {
		was, _ := Record{t.object, old}.Value(field).(string)
		is, _ := Record{t.object, values}.Value(field).(string)
		if was == is {
			continue
		}
		if was != "" {
			key := strings.ToLower(was)
			index[key] = slices.DeleteFunc(slices.Clone(index[key]), func(n int) bool { return n == i })
			if len(index[key]) == 0 {
				delete(index, key)
			}
		}
		if is != "" {
			key := strings.ToLower(is)
			index[key] = append(index[key], i)
		}
	}
}
