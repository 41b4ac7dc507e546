package org

import (
	"fmt"
	"sort"
	"strings"

	"tidegate/simulator/fault"
)

// Create adds a record with the given values (JSON values as decoded with
// UseNumber, or Go values) and returns its id.
func (tx *Tx) Create(object string, values map[string]any) (string, *Error) {
	t, err := tx.writable(object, func(o *Object) bool { return o.Createable })
	if err != nil {
		return "", err
	}
	if IsPlatformEvent(t.object.Name) {
		return tx.PublishEvent(t.object.Name, Given{}, values)
	}
	row := tx.blank(len(t.object.Fields))
	values, named, err := takeLists(t.object, values)
	if err != nil {
		return "", err
	}
	given, err := tx.fill(t.object, row, values, func(f *Field) bool { return f.Createable })
	if err != nil {
		return "", err
	}
	tx.defaults(t.object, row)
	w := &write{tx: tx, object: t.object, row: row, given: given, named: named}
	if err := w.check(); err != nil {
		return "", err
	}
	id := t.newID()
	w.set("Id", id)
	tx.stamp(w, true)
	tx.insert(t, row)
	err = after(w, id)
	tx.spare = append(tx.spare, row) // what is kept is a copy
	return id, err
}

// blank is an empty row of n fields, one that has served before if there is one.
func (tx *Tx) blank(n int) []any {
	if last := len(tx.spare) - 1; last >= 0 && cap(tx.spare[last]) >= n {
		row := tx.spare[last][:n]
		tx.spare = tx.spare[:last]
		clear(row)
		return row
	}
	return make([]any, n)
}

// Update changes the given fields of a record.
func (tx *Tx) Update(object, id string, values map[string]any) *Error {
	t, err := tx.writable(object, func(o *Object) bool { return o.Updateable })
	if err != nil {
		return err
	}
	at, err := tx.live(t, id)
	if err != nil {
		return err
	}
	before := t.at(at)
	row := t.copyAt(at)
	values, named, err := takeLists(t.object, values)
	if err != nil {
		return err
	}
	given, err := tx.fill(t.object, row, values, func(f *Field) bool { return f.Updateable })
	if err != nil {
		return err
	}
	w := &write{tx: tx, object: t.object, row: row, before: before, given: given, named: named}
	if err := w.check(); err != nil {
		return err
	}
	tx.stamp(w, false)
	tx.replace(t, at, row, false)
	return after(w, before.ID())
}

// Upsert updates the one record whose key field has the value, or creates it.
// It returns the id and whether it was created; several matches are returned
// as ids with no error and nothing written.
func (tx *Tx) Upsert(object, key, value string, values map[string]any, updateOnly bool) (id string, created bool, several []string, err *Error) {
	t := tx.table(object)
	if t == nil {
		return "", false, nil, NotFound(resourceMissing)
	}
	f := tx.access().object(t.object).fieldFold(key)
	if f == nil || (!f.ExternalID && !f.IDLookup) {
		return "", false, nil, NotFound("Provided external ID field does not exist or is not accessible: " + key)
	}
	for name := range values {
		if strings.EqualFold(name, f.Name) {
			return "", false, nil, refuse("INVALID_FIELD", fmt.Sprintf("The %s field should not be specified in the sobject data.", f.Name))
		}
	}
	matches := tx.matches(t, f, value)
	switch {
	case len(matches) == 1:
		return matches[0], false, nil, tx.Update(t.object.Name, matches[0], values)
	case len(matches) > 1:
		return "", false, matches, nil
	case f.Type == TypeID || updateOnly:
		return "", false, nil, NotFound("Provided external ID field does not exist or is not accessible: " + key)
	}
	all := make(map[string]any, len(values)+1)
	for name, v := range values {
		all[name] = v
	}
	all[f.Name] = value
	id, err = tx.Create(t.object.Name, all)
	return id, err == nil, nil, err
}

func (tx *Tx) matches(t *table, f *Field, value string) []string {
	if f.Type == TypeID {
		id, ok := NormalizeID(value)
		if r, found := tx.Get(t.object.Name, id); ok && found && r.Value("IsDeleted") != true {
			return []string{id}
		}
		return nil
	}
	var ids []string
	for _, r := range tx.ByKey(t.object.Name, f.Name, value) {
		ids = append(ids, r.ID())
	}
	return ids
}

// Delete puts a record, and what belongs to it, into the recycle bin.
func (tx *Tx) Delete(object, id string) *Error {
	t, err := tx.writable(object, func(o *Object) bool { return o.Deletable })
	if err != nil {
		return err
	}
	at, err := tx.live(t, id)
	if err != nil {
		return err
	}
	if t.object.Name == "Contact" && t.at(at).Value("IsPersonAccount") == true && !tx.caller.Trusted {
		return errPerson("The contact of a person account is deleted with the account")
	}
	if err := tx.lockFault(t.object.Name, t.at(at).ID()); err != nil {
		return err
	}
	tx.root = ""
	return tx.bin(t, at, true)
}

// Undelete takes a record out of the recycle bin.
func (tx *Tx) Undelete(object, id string) *Error {
	t, err := tx.writable(object, func(o *Object) bool { return o.Undeletable })
	if err != nil {
		return err
	}
	at, ok := t.byID[id]
	if !ok || t.at(at).Value("IsDeleted") != true {
		return refuse("UNDELETE_FAILED", "Entity is not in the recycle bin")
	}
	return tx.bin(t, at, false)
}

func (tx *Tx) table(object string) *table {
	if o := tx.org.Object(object); o != nil {
		return tx.org.tables[o.Name]
	}
	return nil
}

func (tx *Tx) writable(object string, allowed func(*Object) bool) (*table, *Error) {
	t := tx.table(object)
	if t == nil {
		return nil, NotFound(resourceMissing)
	}
	if tx.caller.Trusted {
		return t, nil
	}
	seen := tx.access().object(t.object)
	switch {
	case seen == nil:
		return nil, NotFound(resourceMissing)
	case !allowed(t.object):
		e := refuse("METHOD_NOT_ALLOWED", "HTTP Method not allowed for "+t.object.Name)
		e.Status = 405
		return nil, e
	case !allowed(seen):
		return nil, errNoAccess()
	}
	return t, nil
}

// access is what restricts the caller; nil where nothing does.
func (tx *Tx) access() *access {
	if tx.caller.Trusted || tx.caller.Immune {
		return nil
	}
	return tx.org.accessOf(tx.caller.UserID)
}

// live finds a record that is there, not deleted, and the caller's to change.
func (tx *Tx) live(t *table, id string) (int, *Error) {
	full, ok := NormalizeID(id)
	if !ok || !strings.HasPrefix(full, t.object.KeyPrefix) {
		return 0, NotFound("Provided external ID field does not exist or is not accessible: Id")
	}
	at, ok := t.byID[full]
	if !ok {
		return 0, NotFound("Provided external ID field does not exist or is not accessible: Id")
	}
	if _, ok := tx.access().record(t.at(at)); !ok {
		return 0, NotFound("Provided external ID field does not exist or is not accessible: Id")
	}
	if t.at(at).Value("IsDeleted") == true {
		return 0, errDeleted()
	}
	if !tx.access().mayChange(t.at(at)) {
		return 0, errNoAccess()
	}
	return at, nil
}

// fill converts the given values into the row. It returns the names given.
func (tx *Tx) fill(o *Object, row []any, values map[string]any, may func(*Field) bool) (map[string]bool, *Error) {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	given := make(map[string]bool, len(names))
	seen := tx.access().object(o)
	var refused []string
	for _, name := range names {
		if name == "attributes" {
			continue
		}
		f := seen.fieldFold(name)
		if nested, ok := values[name].(map[string]any); ok && f == nil {
			if err := tx.resolve(o, row, given, name, nested); err != nil {
				return nil, err
			}
			continue
		}
		switch {
		case f == nil:
			return nil, errNoColumn(o, name)
		case f.Name == "Id":
			return nil, refuse("INVALID_FIELD", "The Id field should not be specified in the sobject data.")
		case !may(f) && !tx.caller.Trusted:
			refused = append(refused, f.Name)
			continue
		}
		v, err := convert(f, values[name])
		if err != nil {
			return nil, err
		}
		row[o.index[f.Name]] = v
		given[f.Name] = true
	}
	if len(refused) > 0 {
		return nil, errReadOnly(refused)
	}
	return given, nil
}

// resolve sets a lookup from {"Account": {"Tidegate_Id__c": "x"}}.
func (tx *Tx) resolve(o *Object, row []any, given map[string]bool, name string, key map[string]any) *Error {
	for i, f := range o.Fields {
		if !strings.EqualFold(f.RelationshipName, name) || f.RelationshipName == "" {
			continue
		}
		for by, value := range key {
			text, ok := value.(string)
			if by == "attributes" || !ok {
				continue
			}
			for _, target := range f.ReferenceTo {
				if found := tx.ByKey(target, by, text); len(found) == 1 {
					row[i] = found[0].ID()
					given[f.Name] = true
					return nil
				}
			}
			return refuse("INVALID_FIELD", fmt.Sprintf("Foreign key external ID: %s not found for field %s in entity %s", text, by, f.ReferenceTo[0]))
		}
	}
	return errNoColumn(o, name)
}

func (tx *Tx) defaults(o *Object, row []any) {
	for i, f := range o.Fields {
		if row[i] == nil && f.Default != nil {
			row[i] = f.Default
		}
	}
	if i, ok := o.index["OwnerId"]; ok && row[i] == nil {
		row[i] = tx.caller.UserID
	}
	tx.setupDefaults(o, row)
}

// stamp writes the audit fields. A trusted caller who gave a creation date
// keeps it.
func (tx *Tx) stamp(w *write, created bool) {
	var when, by any = tx.when, tx.caller.UserID // one value in memory for all of them
	if created {
		w.set("IsDeleted", false)
		w.set("CreatedById", by)
		w.set("CreatedDate", when)
	}
	w.set("LastModifiedById", by)
	w.set("LastModifiedDate", when)
	w.set("SystemModstamp", when)
}

func (tx *Tx) lockFault(object, id string) *Error {
	if tx.caller.Trusted || tx.caller.Immune {
		return nil
	}
	if _, hit := tx.org.faults.Take(fault.LockRows, fault.Subject{Object: object}); !hit {
		return nil
	}
	return refuse("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: "+id)
}

// fieldFold finds a field whatever the letter case of its name.
func (o *Object) fieldFold(name string) *Field {
	if o == nil {
		return nil
	}
	if i, ok := o.index[name]; ok {
		return o.Fields[i]
	}
	if i, ok := o.fold[strings.ToLower(name)]; ok {
		return o.Fields[i]
	}
	return nil
}

// FieldFold finds a field, letter case ignored; nil when there is none.
func (o *Object) FieldFold(name string) *Field { return o.fieldFold(name) }
