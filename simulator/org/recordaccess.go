package org

import "strings"

// RecordAccess is what one user may do with one record, as UserRecordAccess has
// it: each right includes the ones before it.
type RecordAccess struct{ Read, Edit, Delete, Transfer, All bool }

// Max names the highest right.
func (a RecordAccess) Max() string {
	switch {
	case a.All:
		return "All"
	case a.Transfer:
		return "Transfer"
	case a.Delete:
		return "Delete"
	case a.Edit:
		return "Edit"
	case a.Read:
		return "Read"
	}
	return "None"
}

// RecordAccess tells what a user may do with the record of that id. A record that
// is not there, or is deleted, may be done nothing with. shown is false when the
// view's own user does not see the record, or when its object has no sharing of
// its own: then UserRecordAccess has no row.
func (v View) RecordAccess(user, id string) (can RecordAccess, shown bool) {
	object := v.org.objectOf(id)
	if object == nil || !object.shared() {
		return can, false
	}
	whole, here := View{org: v.org}.Get(object.Name, id)
	if !here || whole.Value("IsDeleted") == true {
		return can, true
	}
	if _, seen := v.Get(object.Name, id); !seen {
		return can, false
	}
	his := v.For(user)
	if _, can.Read = his.Get(object.Name, id); !can.Read {
		return can, true
	}
	seen, change := his.Object(object.Name), his.access.mayChange(whole)
	can.Edit = change && seen.Updateable
	can.Delete = can.Edit && seen.Deletable
	can.Transfer = can.Delete && object.Field("OwnerId") != nil
	can.All = can.Transfer
	return can, true
}

// objectOf finds an object by the key prefix of an id, nil when there is none.
func (o *Org) objectOf(id string) *Object {
	for _, object := range o.Objects() {
		if object.KeyPrefix != "" && strings.HasPrefix(id, object.KeyPrefix) {
			return object
		}
	}
	return nil
}

// shared reports whether the Sharing Settings list the object: what has an owner,
// and users. Who sees the rest of the records follows from their parents.
func (o *Object) shared() bool { return o.Field("OwnerId") != nil || o.Name == "User" }
