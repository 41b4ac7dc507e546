package org

import (
	"slices"
	"strings"
)

// Child events: each user who is invited to an event has a copy of it in his own
// calendar, an Event with IsChild set. The platform does not show which event a
// copy belongs to; the org keeps that beside the rows.

// families tells which events are copies of which other one.
type families struct {
	parent   map[string]string   // copy → event
	children map[string][]string // event → its copies, deleted ones too
}

func (f *families) adopt(child, parent string) {
	if f.parent == nil {
		f.parent, f.children = map[string]string{}, map[string][]string{}
	}
	if f.parent[child] != "" {
		return
	}
	f.parent[child] = parent
	f.children[parent] = append(f.children[parent], child)
}

// own are the fields of an event that its copies do not take over: whose they
// are, when they were made, and what each person sets for himself. Which fields
// those are is not documented in full.
var own = []string{
	"Id", "OwnerId", "IsChild", "IsDeleted", "IsReminderSet", "ReminderDateTime",
	"CreatedById", "CreatedDate", "LastModifiedById", "LastModifiedDate", "SystemModstamp",
}

// inviteUser gives a user who is invited his copy of the event, or takes it away.
func (tx *Tx) inviteUser(relation Record, made bool) *Error {
	event, _ := relation.Value("EventId").(string)
	user, _ := relation.Value("RelationId").(string)
	t := tx.table("Event")
	at, ok := t.byID[event]
	if !ok || !strings.HasPrefix(user, tx.org.tables["User"].object.KeyPrefix) || t.at(at).Value("OwnerId") == user {
		return nil
	}
	child, there := tx.childOf(event, user)
	switch {
	case there && (child.Value("IsDeleted") == true) == made:
		return tx.bin(t, t.byID[child.ID()], !made)
	case there || !made:
		return nil
	}
	row := t.copyAt(at)
	for i, f := range t.object.Fields {
		if !inherits(f) {
			row[i] = nil
		}
	}
	w := &write{tx: tx, object: t.object, row: row}
	for i, f := range t.object.Fields {
		if f.Type == TypeBoolean && row[i] == nil {
			row[i] = false
		}
	}
	id := t.newID()
	w.set("Id", id)
	w.set("OwnerId", user)
	w.set("IsChild", true)
	w.invited()
	tx.stamp(w, true)
	tx.insert(t, row)
	tx.org.families.adopt(id, event)
	return nil
}

// inherits tells whether a copy has the field's value of its event. A key is one
// record's alone.
func inherits(f *Field) bool {
	return !slices.Contains(own, f.Name) && !f.Unique && !f.ExternalID
}

// invited marks an event as one with invitees; its copies are that as well.
func (w *write) invited() {
	w.set("IsGroupEvent", true)
	w.set("GroupEventType", "1")
}

func (tx *Tx) childOf(event, user string) (Record, bool) {
	for _, id := range tx.org.families.children[event] {
		if r, ok := tx.Get("Event", id); ok && r.Value("OwnerId") == user {
			return r, true
		}
	}
	return Record{}, false
}

// teachChildren carries a change of an event into its copies.
func (tx *Tx) teachChildren(event string) *Error {
	t := tx.table("Event")
	at, ok := t.byID[event]
	if !ok || t.at(at).Value("IsDeleted") == true {
		return nil
	}
	parent := t.at(at)
	for _, id := range tx.org.families.children[event] {
		n, ok := t.byID[id]
		if !ok || t.at(n).Value("IsDeleted") == true {
			continue
		}
		w := &write{tx: tx, object: t.object, row: t.copyAt(n), before: t.at(n)}
		isSame := true
		for i, f := range t.object.Fields {
			if inherits(f) && w.row[i] != parent.At(i) && f.Name != "IsGroupEvent" && f.Name != "GroupEventType" {
				w.row[i], isSame = parent.At(i), false
			}
		}
		if isSame {
			continue
		}
		tx.stamp(w, false)
		tx.replace(t, n, w.row, false)
	}
	return nil
}

// binChildren deletes the copies of an event with it, or brings back those that
// went with it.
func (tx *Tx) binChildren(event string, with removal, deleted bool) *Error {
	t := tx.table("Event")
	for _, id := range tx.org.families.children[event] {
		at, ok := t.byID[id]
		if !ok || (t.at(at).Value("IsDeleted") == true) == deleted || !deleted && !tx.went(t.at(at), with) {
			continue
		}
		if err := tx.bin(t, at, deleted); err != nil {
			return err
		}
	}
	return nil
}

// childRules lets a copy be changed through its event only, but for the reminder.
func childRules(w *write) *Error {
	if w.creating() || w.before.Value("IsChild") != true || w.tx.caller.Trusted {
		return nil
	}
	for i, f := range w.object.Fields {
		if w.row[i] != w.before.At(i) && f.Name != "IsReminderSet" && f.Name != "ReminderDateTime" {
			return refuse("FIELD_INTEGRITY_EXCEPTION", "A child event is changed through the event that it belongs to", f.Name)
		}
	}
	return nil
}
