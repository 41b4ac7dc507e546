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
	if !w.given["RecordTypeId"] {
		return nil
	}
	id := w.text("RecordTypeId")
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
