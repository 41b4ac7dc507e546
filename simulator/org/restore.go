package org

import (
	"fmt"
	"strings"
)

// Image is one version of a record for keeping it: its object and its values
// as the REST API prints them, empty ones left out.
type Image struct {
	Object string         `json:"object"`
	Values map[string]any `json:"values"`
}

// AppendImage appends the record as an Image in JSON.
func AppendImage(dst []byte, r Record) []byte {
	dst = append(append(append(dst, `{"object":"`...), r.object.Name...), `","values":{`...)
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

// Restore puts images into the tables as they are: no rule runs and nothing is
// published. commit is the number of the last transaction they belong to.
func (o *Org) Restore(commit int64, images []Image) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, image := range images {
		t := o.tables[image.Object]
		if t == nil {
			return fmt.Errorf("restoring a record of unknown object %q", image.Object)
		}
		if err := t.restore(image.Values); err != nil {
			return err
		}
	}
	o.commits = max(o.commits, commit)
	return nil
}

func (t *table) restore(values map[string]any) error {
	row := make([]any, len(t.object.Fields))
	for name, raw := range values {
		f := t.object.Field(name)
		if f == nil {
			continue // a field of an earlier schema
		}
		v, err := convert(f, raw)
		if err != nil {
			return fmt.Errorf("restoring %s.%s: %w", t.object.Name, name, err)
		}
		row[t.object.index[name]] = v
	}
	packed := pack(row)
	id := Record{t.object, packed}.ID()
	if id == "" {
		return fmt.Errorf("restoring a %s without an id", t.object.Name)
	}
	if at, ok := t.byID[id]; ok {
		t.replace(at, packed)
	} else {
		t.insert(packed)
	}
	t.next = max(t.next, ordinal(id))
	return nil
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
			t.replace(i, pack(updated))
		}
	}
}
