package org

import (
	"fmt"
	"slices"
	"strings"
)

// MasterRecordType is the record type of objects that have no others.
const MasterRecordType = "012000000000000AAA"

// RecordType is what an admin says of a record type.
type RecordType struct {
	Name          string `json:"name"`
	DeveloperName string `json:"developer_name,omitempty"` // the name with underscores when left out
	Default       bool   `json:"default,omitempty"`        // new records get it
	Inactive      bool   `json:"inactive,omitempty"`
	// Picklists are the values that records of the type may have, by field; a
	// field that is not named has all of its values.
	Picklists map[string][]string `json:"picklists,omitempty"`
}

// valid tells what the object does not have of the picklists.
func (t *RecordType) valid(o *Object) error {
	for name, values := range t.Picklists {
		f := o.Field(name)
		if f == nil || len(f.Values) == 0 {
			return fmt.Errorf("%s has no picklist %q", o.Name, name)
		}
		for _, value := range values {
			if !slices.ContainsFunc(f.Values, func(v PicklistValue) bool { return v.Value == value }) {
				return fmt.Errorf("%s.%s has no value %q", o.Name, name, value)
			}
		}
	}
	return nil
}

// Picklist lists the values of a field that records of a type may have.
func (v View) Picklist(f *Field, recordType string) []PicklistValue {
	allowed, ok := v.org.typeValues[recordType][f.Name]
	if !ok {
		return f.Values
	}
	return slices.DeleteFunc(slices.Clone(f.Values), func(p PicklistValue) bool { return !slices.Contains(allowed, p.Value) })
}

func recordTypeObject() *Object {
	o := newObject("RecordType", "Record Type", "Record Types", "012", []*Field{
		text("Name", 80).required().named(),
		text("DeveloperName", 80).required().labeled("Record Type Name"),
		text("NamespacePrefix", 15).readOnly(),
		text("Description", 255),
		text("BusinessProcessId", 18).readOnly(),
		pick("SobjectType", "Account", "Contact", "Lead", "Opportunity").required(),
		flag("IsActive").labeled("Active"),
	})
	o.Createable, o.Updateable, o.Deletable, o.Undeletable, o.Searchable = false, false, false, false, false
	return o
}

// addRecordType is the schema change of op record_type. The first one of an object
// brings the field RecordTypeId along, which is empty in the records there are.
func (o *Org) addRecordType(a Alteration) error {
	object := o.schema.Load().object(a.Object)
	switch {
	case object == nil || !object.Updateable:
		return fmt.Errorf("no object that takes record types: %q", a.Object)
	case a.RecordType.Name == "":
		return fmt.Errorf("a record type has a name")
	}
	if err := a.RecordType.valid(object); err != nil {
		return err
	}
	fresh := *object
	if fresh.Field("RecordTypeId") == nil {
		at := 1 + slices.IndexFunc(fresh.Fields, func(f *Field) bool { return f.NameField })
		if kind, ok := fresh.index["Type"]; ok {
			at = kind + 1
		}
		fresh.reshape(slices.Insert(slices.Clone(fresh.Fields), at, ref("RecordTypeId", "RecordType").labeled("Record Type ID")))
		o.tables[fresh.Name].reshape(&fresh)
	}
	o.swap(&fresh)
	tx := &Tx{View: View{org: o}, caller: Caller{UserID: o.adminID, Trusted: true}, when: o.instant(o.now())}
	name := or(a.RecordType.DeveloperName, strings.ReplaceAll(a.RecordType.Name, " ", "_"))
	id, err := tx.Create("RecordType", map[string]any{
		"Name": a.RecordType.Name, "DeveloperName": name, "SobjectType": fresh.Name, "IsActive": !a.RecordType.Inactive,
	})
	if err != nil {
		return err
	}
	o.typeValues[id] = a.RecordType.Picklists
	if a.RecordType.Default {
		o.newType[fresh.Name] = id
	}
	return nil
}

// DefaultRecordType is the one that new records of the object get, "" where they
// get none.
func (v View) DefaultRecordType(object string) string { return v.org.newType[object] }

// recordTypeRules refuses the record type of another object, and an inactive one.
func recordTypeRules(w *write) *Error {
	id := w.text("RecordTypeId")
	if err := w.typedValues(id); err != nil || !w.given["RecordTypeId"] {
		return err
	}
	if id == "" || id == MasterRecordType {
		w.set("RecordTypeId", nil)
		return nil
	}
	r, ok := w.tx.Get("RecordType", id)
	if !ok || r.Value("SobjectType") != w.object.Name || r.Value("IsActive") != true {
		return refuse("INVALID_CROSS_REFERENCE_KEY", "Record Type ID: this ID value isn't valid for the user: "+id, "RecordTypeId")
	}
	return nil
}

// typedValues refuses a value of a restricted picklist that the record's type does
// not have. The other picklists take any value through the API.
func (w *write) typedValues(recordType string) *Error {
	for field, allowed := range w.tx.org.typeValues[recordType] {
		f, value := w.object.Field(field), w.text(field)
		if f != nil && f.Restricted && value != "" && (w.given[field] || w.given["RecordTypeId"]) && !slices.Contains(allowed, value) && !w.tx.caller.Trusted {
			return refuse("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", fmt.Sprintf("%s: bad value for restricted picklist field: %s", f.Label, value), field)
		}
	}
	return nil
}
