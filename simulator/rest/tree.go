package rest

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"tidegate/simulator/org"
)

const (
	maxTree       = 200
	maxTreeTypes  = 5
	maxTreeLevels = 5
)

// treeResult is one line of a tree's answer.
type treeResult struct {
	Ref    string     `json:"referenceId"`
	ID     string     `json:"id,omitempty"`
	Errors []rowError `json:"errors,omitempty"`
}

// tree plants nested records, all or none.
type tree struct {
	call   *call
	object *org.Object // of the roots
	types  []string
	count  int
	refs   map[string]bool
	made   []treeResult
	failed []treeResult
}

var errTreeFell = errors.New("a record of the tree was refused")

func (c *call) tree() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	var in struct {
		Records []map[string]any `json:"records"`
	}
	if err := c.body(&in); err != nil {
		return err
	}
	t := &tree{call: c, object: o, refs: map[string]bool{}}
	if err := t.check(o, in.Records, 1); err != nil {
		return err
	}
	err = c.write(func(tx *org.Tx) error {
		t.plant(tx, o, in.Records, nil, "")
		if len(t.failed) > 0 {
			return errTreeFell
		}
		return nil
	})
	switch {
	case errors.Is(err, errTreeFell):
		c.json(http.StatusBadRequest, map[string]any{"hasErrors": true, "results": t.failed})
	case err != nil:
		return err
	default:
		c.json(http.StatusCreated, map[string]any{"hasErrors": false, "results": t.made})
	}
	return nil
}

// check counts records, types and levels and wants a reference on each record,
// before anything is written.
func (t *tree) check(o *org.Object, records []map[string]any, level int) error {
	if len(records) == 0 {
		return org.Refuse("REQUIRED_FIELD_MISSING", "The records field is required", "records")
	}
	if level > maxTreeLevels {
		return org.Refuse("LIMIT_EXCEEDED", "A tree cannot be deeper than 5 levels")
	}
	if !slices.Contains(t.types, o.Name) {
		t.types = append(t.types, o.Name)
	}
	t.count += len(records)
	if t.count > maxTree || len(t.types) > maxTreeTypes {
		return org.Refuse("LIMIT_EXCEEDED", "A tree cannot have more than 200 records of 5 types")
	}
	for _, record := range records {
		if err := t.checkOne(o, record, level); err != nil {
			return err
		}
	}
	return nil
}

func (t *tree) checkOne(o *org.Object, record map[string]any, level int) error {
	attributes, _ := record["attributes"].(map[string]any)
	ref, _ := attributes["referenceId"].(string)
	if ref == "" || t.refs[ref] {
		return org.Refuse("INVALID_INPUT", "Missing or duplicate referenceId: "+ref)
	}
	t.refs[ref] = true
	if name, _ := attributes["type"].(string); !strings.EqualFold(name, o.Name) {
		return org.Refuse("INVALID_INPUT", "The type of "+ref+" is not "+o.Name)
	}
	for name, value := range record {
		if below, ok := childRecords(value); ok {
			child, _ := t.child(o, name)
			if child == nil {
				return org.Refuse("INVALID_FIELD", "No such relationship '"+name+"' on "+o.Name)
			}
			if err := t.check(child, below, level+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// childRecords reads {"records": […]}.
func childRecords(value any) ([]map[string]any, bool) {
	nested, _ := value.(map[string]any)
	list, ok := nested["records"].([]any)
	if !ok {
		return nil, false
	}
	records := make([]map[string]any, 0, len(list))
	for _, one := range list {
		record, _ := one.(map[string]any)
		records = append(records, record)
	}
	return records, true
}

// child finds the object behind a child relationship and its lookup.
func (t *tree) child(parent *org.Object, relation string) (*org.Object, *org.Field) {
	for _, o := range t.call.org.ObjectsFor(t.call.caller.UserID) {
		for _, f := range o.Fields {
			if f.ChildName != "" && strings.EqualFold(f.ChildName, relation) && slices.Contains(f.ReferenceTo, parent.Name) {
				return o, f
			}
		}
	}
	return nil, nil
}

// plant writes the records and what hangs below them. It goes on after a
// refusal, so that every refused record is told.
func (t *tree) plant(tx *org.Tx, o *org.Object, records []map[string]any, lookup *org.Field, parent string) {
	for _, record := range records {
		attributes, _ := record["attributes"].(map[string]any)
		ref, _ := attributes["referenceId"].(string)
		values := map[string]any{}
		below := map[string][]map[string]any{}
		for name, value := range record {
			if nested, ok := childRecords(value); ok {
				below[name] = nested
			} else {
				values[name] = value
			}
		}
		if lookup != nil {
			values[lookup.Name] = parent
		}
		id, refused := t.call.createIn(tx, o.Name, values)
		if refused != nil {
			t.failed = append(t.failed, treeResult{Ref: ref, Errors: failedRow(refused).Errors})
			continue
		}
		t.made = append(t.made, treeResult{Ref: ref, ID: id})
		for name, nested := range below {
			child, by := t.child(o, name)
			t.plant(tx, child, nested, by, id)
		}
	}
}
