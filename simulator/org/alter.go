package org

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Alteration is one change of the schema, as an admin makes it in Setup.
type Alteration struct {
	// Op is add, remove, change (its type), permit (who may write it), formula,
	// switches (of an object), record_type (of an object), or object, which makes a
	// custom object with a Name, an owner and Fields.
	Op          string      `json:"op"`
	Object      string      `json:"object"` // API name
	Label       string      `json:"label,omitempty"`
	LabelPlural string      `json:"label_plural,omitempty"`
	Field       FieldSpec   `json:"field,omitzero"`
	Fields      []FieldSpec `json:"fields,omitempty"`
	// Formula is the new text for op formula, of the one formula field that the
	// org has: Account.Name & "anything" & Title. Its values change without an
	// event and without a stamp.
	Formula  string   `json:"formula,omitempty"`
	Switches Switches `json:"switches,omitzero"`
	// PublishBehavior of a platform event, which is an object whose name ends in
	// __e: PublishAfterCommit (when empty) or PublishImmediately.
	PublishBehavior string `json:"publish_behavior,omitempty"`
	// RecordType is the one that op record_type adds.
	RecordType RecordType `json:"record_type,omitzero"`
}

// schema is one state of all objects. It is replaced as a whole.
type schema struct {
	objects  []*Object // by name
	byName   map[string]*Object
	changes  int64
	modified time.Time
}

func newSchema(objects []*Object, at time.Time) *schema {
	s := &schema{objects: objects, byName: make(map[string]*Object, 2*len(objects)), modified: at.Truncate(time.Second)}
	for _, o := range objects {
		s.byName[o.Name] = o
		s.byName[strings.ToLower(o.Name)] = o
	}
	return s
}

func (s *schema) object(name string) *Object {
	if o, ok := s.byName[name]; ok {
		return o
	}
	return s.byName[strings.ToLower(name)]
}

// with is the schema after an object was added or replaced. HTTP dates have
// whole seconds, so each change takes one of its own.
func (s *schema) with(o *Object, now time.Time) *schema {
	list := slices.DeleteFunc(slices.Clone(s.objects), func(old *Object) bool { return old.Name == o.Name })
	list = append(list, o)
	slices.SortFunc(list, func(a, b *Object) int { return strings.Compare(a.Name, b.Name) })
	next := newSchema(list, now)
	next.changes, next.modified = s.changes+1, s.touched(now).modified
	return next
}

// touched is the same schema with a later date: users see it differently.
func (s *schema) touched(now time.Time) *schema {
	next := *s
	next.modified = now.Truncate(time.Second)
	if floor := s.modified.Add(time.Second); next.modified.Before(floor) {
		next.modified = floor
	}
	return &next
}

// Schema tells how often the schema has changed and when it last did.
func (o *Org) Schema() (changes int64, modified time.Time) {
	s := o.schema.Load()
	return s.changes, s.modified
}

// Alter changes the schema; describe, queries, writes and events follow at
// once. Values that the new type of a field cannot hold are lost, which makes
// one change of all records of the object (RecordID "003*"). A picklist made a
// checkbox or a multi-select picklist makes a GapUpdate of each record instead.
func (o *Org) Alter(a Alteration) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var before FieldType
	if object := o.Object(a.Object); object != nil && a.Op == "change" && object.fieldFold(a.Field.Name) != nil {
		before = object.fieldFold(a.Field.Name).Type
	}
	lossy, err := o.alter(a)
	if err != nil {
		return err
	}
	if o.keeper != nil {
		o.keeper.KeepSchema(o.schema.Load().changes, a)
	}
	t := o.tables[o.Object(a.Object).Name]
	switch {
	case before == TypePicklist && (a.Field.Type == TypeBoolean || a.Field.Type == TypeMultiPicklist):
		o.announce(t.gaps())
	case lossy:
		blank := Record{t.object, emptyRow}
		o.announce([]Change{{Object: t.object.Name, RecordID: t.object.KeyPrefix + "*", Type: Update, After: blank}})
	}
	return nil
}

// announce publishes what the platform itself did to records.
func (o *Org) announce(changes []Change) {
	if o.publisher == nil || len(changes) == 0 {
		return
	}
	o.commits++
	tx := &Tx{View: View{org: o}, caller: Caller{UserID: o.adminID}, when: o.instant(time.Time{})}
	o.publisher.Publish(o.transaction(tx, changes))
}

// gaps is a change without content of every live record.
func (t *table) gaps() []Change {
	var list []Change
	for i := range t.rows {
		if r := t.at(i); r.Value("IsDeleted") != true {
			list = append(list, Change{Object: t.object.Name, RecordID: r.ID(), Type: GapUpdate, Before: r, After: r})
		}
	}
	return list
}

// IsWildcard reports whether the change concerns every record of its object
// and names none.
func (c *Change) IsWildcard() bool { return strings.HasSuffix(c.RecordID, "*") }

// alter changes the schema under the lock and notes the alteration.
func (o *Org) alter(a Alteration) (lossy bool, err error) {
	switch a.Op {
	case "object":
		err = o.addObject(a)
	case "formula":
		err = o.alterFormula(a)
	case "switches":
		err = o.alterSwitches(a)
	case "record_type":
		err = o.addRecordType(a)
	default:
		lossy, err = o.alterField(a)
	}
	if err == nil {
		o.alterations = append(o.alterations, a)
	}
	return lossy, err
}

// Alterations lists every change of the schema so far, oldest first.
func (o *Org) Alterations() []Alteration {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return slices.Clone(o.alterations)
}

// RestoreSchema repeats the n-th alteration of an earlier run, unless it was
// repeated already; nothing is published.
func (o *Org) RestoreSchema(n int64, a Alteration) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n <= o.schema.Load().changes {
		return nil
	}
	_, err := o.alter(a)
	return err
}

const (
	firstCustomPrefix = "a00"
	maxCustomObjects  = 62 // and as many platform events
)

func (o *Org) addObject(a Alteration) error {
	s := o.schema.Load()
	isEvent := IsPlatformEvent(a.Object)
	if !isEvent && !strings.HasSuffix(a.Object, "__c") || s.object(a.Object) != nil {
		return fmt.Errorf("the name of a custom object ends in __c, that of a platform event in __e, and it is new: %q", a.Object)
	}
	n := 0
	for _, other := range s.objects {
		if other.Custom && IsPlatformEvent(other.Name) == isEvent {
			n++
		}
	}
	if n >= maxCustomObjects {
		return fmt.Errorf("no more than %d custom objects", maxCustomObjects)
	}
	var fields []*Field
	for _, spec := range a.Fields {
		f, err := spec.field(s, a.Object)
		if err != nil {
			return err
		}
		fields = append(fields, withParts(f)...)
	}
	object, err := newCustom(&a, n, fields)
	if err != nil {
		return err
	}
	o.tables[object.Name] = newTable(object)
	o.schema.Store(s.with(object, o.now()))
	return nil
}

// newCustom makes the n-th custom object, or the n-th platform event.
func newCustom(a *Alteration, n int, fields []*Field) (*Object, error) {
	if IsPlatformEvent(a.Object) {
		return newPlatformEvent(a, firstEventPrefix[:2]+base62[n:n+1], fields)
	}
	label := or(a.Label, labelOf(a.Object))
	own := []*Field{text("Name", 80).required().named().labeled(label + " Name"), owner("")}
	object := newObject(a.Object, label, or(a.LabelPlural, label+"s"), firstCustomPrefix[:2]+base62[n:n+1], own, fields)
	object.Custom = true
	return object, nil
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// alterField makes the object anew with the field added, removed or replaced,
// and puts its records into the new shape.
func (o *Org) alterField(a Alteration) (lossy bool, err error) {
	s := o.schema.Load()
	object := s.object(a.Object)
	if object == nil {
		return false, fmt.Errorf("no such object: %q", a.Object)
	}
	fields := slices.Clone(object.Fields)
	old := object.fieldFold(a.Field.Name)
	at := slices.Index(fields, old)
	switch a.Op {
	case "add":
		if old != nil {
			return false, fmt.Errorf("%s has a field %q already", object.Name, a.Field.Name)
		}
		f, err := a.Field.field(s, object.Name)
		if err != nil {
			return false, err
		}
		if IsPlatformEvent(object.Name) {
			if err := eventField(f); err != nil {
				return false, err
			}
		}
		fields = append(fields, withParts(f)...)
	case "remove", "change", "permit":
		if fields, err = a.replaced(s, object, fields, at); err != nil {
			return false, err
		}
	default:
		return false, fmt.Errorf("unknown op %q: add, remove, change, permit, formula, switches, record_type or object", a.Op)
	}
	fresh := *object
	fresh.reshape(fields)
	lossy = o.tables[object.Name].reshape(&fresh)
	o.schema.Store(s.with(&fresh, o.now()))
	return lossy, nil
}

var formulaForm = regexp.MustCompile(`^Account\.Name & "([^"]*)" & Title$`)

func (o *Org) alterFormula(a Alteration) error {
	m := formulaForm.FindStringSubmatch(a.Formula)
	if m == nil || a.Object != "Contact" || a.Field.Name != summary {
		return fmt.Errorf(`the org computes Contact.%s as Account.Name & "anything" & Title, nothing else`, summary)
	}
	s := o.schema.Load()
	fresh := *s.object(a.Object)
	fields := slices.Clone(fresh.Fields)
	f := *fresh.Field(summary)
	f.Formula = a.Formula
	fields[fresh.index[summary]] = &f
	fresh.reshape(fields)
	o.tables[fresh.Name].reshape(&fresh)
	o.between = m[1]
	o.schema.Store(s.with(&fresh, o.now()))
	o.refreshFormulas()
	return nil
}

// replaced returns the fields with the one at the index removed or changed.
func (a *Alteration) replaced(s *schema, object *Object, fields []*Field, at int) ([]*Field, error) {
	if at < 0 {
		return nil, fmt.Errorf("%s has no field %q", object.Name, a.Field.Name)
	}
	if a.Op == "permit" {
		f := *fields[at]
		if a.Field.Createable != nil {
			f.Createable = *a.Field.Createable
		}
		if a.Field.Updateable != nil {
			f.Updateable = *a.Field.Updateable
		}
		fields[at] = &f
		return fields, nil
	}
	if !fields[at].Custom || fields[at].Calculated {
		return nil, fmt.Errorf("%s.%s is not a custom field with values of its own", object.Name, fields[at].Name)
	}
	name := fields[at].Name
	if dependent := object.controls(name); dependent != "" {
		return nil, fmt.Errorf("%s.%s depends on %s, which therefore stays as it is", object.Name, dependent, name)
	}
	if a.Op == "remove" {
		return slices.DeleteFunc(fields, func(f *Field) bool { return f.Name == name || f.Compound == name }), nil
	}
	if fields[at].IsCompound() || a.Field.Type == TypeLocation {
		return nil, fmt.Errorf("%s.%s: a geolocation field keeps its type", object.Name, name)
	}
	f, err := a.Field.field(s, object.Name)
	if err != nil {
		return nil, err
	}
	if IsPlatformEvent(object.Name) {
		if err := eventField(f); err != nil {
			return nil, err
		}
	}
	f.Name = fields[at].Name
	fields[at] = f
	return fields, nil
}
