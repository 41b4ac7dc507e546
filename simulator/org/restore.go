package org

import (
	"encoding/json"
	"fmt"
	"strings"

	"tidegate/simulator/scan"
)

// AppendImage appends an image of the record, for keeping it: its object, of a
// child event the event that it is of, of one in the recycle bin the deletion that
// took it there, and its values as the REST API prints them, empty ones left out, as
// a JSON object.
func AppendImage(dst []byte, v View, r Record) []byte {
	dst = append(append(append(dst, `{"object":"`...), r.object.Name...), '"')
	if parent := v.org.families.parent[r.ID()]; parent != "" {
		dst = append(append(append(dst, `,"parent":"`...), parent...), '"')
	}
	if by, known := v.org.removals[r.ID()]; known && r.Value("IsDeleted") == true {
		dst = fmt.Appendf(dst, `,"removed":[%d,%q]`, by.commit, by.root)
	}
	dst = append(dst, `,"values":{`...)
	first := true
	for i, f := range r.object.Fields {
		v := r.At(i)
		if v == nil {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(append(append(dst, '"'), f.Name...), `":`...)
		dst = AppendValue(dst, v)
	}
	return append(dst, '}', '}')
}

// Restore puts images, a JSON array of them, into the tables as they are: no rule
// runs and nothing is published. commit is the number of the last transaction
// they belong to.
func (o *Org) Restore(commit int64, images []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(images) > 0 {
		// What was purged before is not among them.
		o.forgot = DateTime(o.Now().UnixMilli())
		if err := scan.EachItem(images, o.restore); err != nil {
			return err
		}
	}
	o.commits = max(o.commits, commit)
	return nil
}

// restore takes one image. AppendImage writes the object first.
func (o *Org) restore(image []byte) error {
	var t *table
	var parent []byte
	var by removal
	return scan.EachMember(image, func(key, value []byte) (err error) {
		switch string(key) {
		case "parent":
			parent, err = scan.Text(value)
			return err
		case "removed":
			return json.Unmarshal(value, &[]any{&by.commit, &by.root})
		case "object":
			name, err := scan.Text(value)
			if t = o.tables[string(name)]; t == nil && err == nil {
				err = fmt.Errorf("restoring a record of unknown object %q", name)
			}
			return err
		}
		if t == nil {
			return scan.ErrJSON
		}
		id, err := t.restore(value)
		if err == nil && parent != nil {
			o.families.adopt(id, string(parent))
		}
		if by.root != "" {
			o.removals[id] = by
		}
		return err
	})
}

func (t *table) restore(values []byte) (id string, err error) {
	row := make([]any, len(t.object.Fields))
	next := 0 // images name fields in their order, those without a value left out
	err = scan.EachMember(values, func(key, value []byte) error {
		at := next
		for at < len(row) && t.object.Fields[at].Name != string(key) {
			at++
		}
		if at == len(row) { // or the schema was another
			var ok bool
			if at, ok = t.object.index[string(key)]; !ok {
				return nil
			}
		}
		next = at + 1
		var err error
		if row[at], err = t.restored(t.object.Fields[at], value); err != nil {
			return fmt.Errorf("restoring %s.%s: %w", t.object.Name, key, err)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	packed := t.pack(row)
	if id = (Record{t.object, packed}).ID(); id == "" {
		return "", fmt.Errorf("restoring a %s without an id", t.object.Name)
	}
	if at, ok := t.byID[id]; ok {
		t.replace(at, packed)
	} else {
		t.insert(packed)
	}
	t.next = max(t.next, ordinal(id))
	return id, nil
}

// restored is a value as it was. Texts were checked when they were written.
func (t *table) restored(f *Field, value []byte) (any, error) {
	var given any = json.Number(value)
	switch value[0] {
	case '"':
		text, err := scan.Text(value)
		if err != nil {
			return nil, err
		}
		if f.isText() {
			if known, ok := t.shared[string(text)]; ok {
				return known, nil
			}
			return string(text), nil
		}
		given = string(text)
	case 't', 'f':
		given = value[0] == 't'
	}
	v, err := convert(f, given)
	if err != nil {
		return nil, err
	}
	return v, nil
}

// isText reports whether the field's values are strings.
func (f *Field) isText() bool {
	switch f.Type {
	case TypeBoolean, TypeInt, TypeDouble, TypeCurrency, TypePercent, TypeDateTime:
		return false
	}
	return true
}

// ordinal is the number that an id was made of.
func ordinal(id string) uint64 {
	var n uint64
	for i := 6; i < 15; i++ {
		n = n*62 + uint64(strings.IndexByte(base62, id[i]))
	}
	return n
}

// Commits is the number of transactions so far.
func (o *Org) Commits() int64 {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.commits
}

// RefreshFormulas recomputes every formula field, without event or stamp.
// Images of a log do not show what a parent's change did to them.
func (o *Org) RefreshFormulas() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refreshFormulas()
}

func (o *Org) refreshFormulas() {
	t := o.tables["Contact"]
	formula := t.object.index[summary]
	tx := &Tx{View: View{org: o}}
	for i := range t.rows {
		if fresh := accountSummary(tx, t.at(i)); fresh != t.rows[i].at(formula) {
			updated := t.copyAt(i)
			updated[formula] = fresh
			t.replace(i, t.pack(updated))
		}
	}
}
