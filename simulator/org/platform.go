package org

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
)

// Platform events are records that no table keeps: they are created, handed to
// the Publisher with the transaction, and gone.

const (
	eventSuffix      = "__e"
	firstEventPrefix = "e00"
	publishAfter     = "PublishAfterCommit"
	publishAtOnce    = "PublishImmediately"
	eventUUIDField   = "EventUuid"
	replayIDField    = "ReplayId"
)

// IsPlatformEvent reports whether an object of that name is a platform event.
func IsPlatformEvent(object string) bool { return strings.HasSuffix(object, eventSuffix) }

// EventMessage is one platform event that a transaction has published.
type EventMessage struct {
	Record        // the values; it has no id
	UUID   string // EventUuid: given by the publisher, or random
}

// Queryable reports whether SOQL may ask for records of the object.
func (o *Object) Queryable() bool { return !IsPlatformEvent(o.Name) && !o.Listed }

// eventTypes are the types that a field of a platform event may have.
var eventTypes = []FieldType{TypeBoolean, TypeDate, TypeDateTime, TypeDouble, TypeInt, TypeString, TypeTextArea}

func eventField(f *Field) error {
	if !slices.Contains(eventTypes, f.Type) || f.Unique || f.ExternalID {
		return fmt.Errorf("a field of a platform event is a checkbox, a date, a time with date, a number or a text, and no key: %s", f.Name)
	}
	f.Updateable = false
	return nil
}

// newPlatformEvent makes the object of a platform event, with the fields that all of
// them have.
func newPlatformEvent(a *Alteration, prefix string, custom []*Field) (*Object, error) {
	if a.PublishBehavior != "" && a.PublishBehavior != publishAfter && a.PublishBehavior != publishAtOnce {
		return nil, fmt.Errorf("publish_behavior is %s or %s, not %q", publishAfter, publishAtOnce, a.PublishBehavior)
	}
	label := or(a.Label, labelOf(strings.TrimSuffix(a.Object, eventSuffix)))
	o := &Object{
		Name: a.Object, Label: label, LabelPlural: or(a.LabelPlural, label+"s"), KeyPrefix: prefix,
		Custom: true, Createable: true, Immediate: a.PublishBehavior == publishAtOnce,
	}
	fields := []*Field{
		text(replayIDField, 1000).readOnly().labeled("Replay ID"),
		moment("CreatedDate").readOnly().owned(),
		ref("CreatedById", "User").readOnly().owned(),
		text(eventUUIDField, 36).readOnly().labeled("Event UUID"),
	}
	for _, f := range custom {
		if err := eventField(f); err != nil {
			return nil, err
		}
	}
	o.reshape(append(fields, custom...))
	return o, nil
}

// Given is what a publisher may say of a platform event besides its own fields.
type Given struct {
	UUID      string   // "" = a random one
	CreatedBy string   // id of a user; "" = the caller
	Created   DateTime // 0 = now
}

// PublishEvent publishes a platform event, when the transaction commits or, if
// its object says so, even if it does not. It returns an id, which is no record's.
func (tx *Tx) PublishEvent(object string, given Given, values map[string]any) (string, *Error) {
	t, err := tx.writable(object, func(o *Object) bool { return o.Createable })
	if err != nil {
		return "", err
	}
	row := tx.blank(len(t.object.Fields))
	named, err := tx.fill(t.object, row, values, func(f *Field) bool { return f.Createable })
	if err != nil {
		return "", err
	}
	tx.defaults(t.object, row)
	w := &write{tx: tx, object: t.object, row: row, given: named}
	if err := w.check(); err != nil {
		return "", err
	}
	tx.stamp(w, true)
	if given.CreatedBy != "" {
		w.set("CreatedById", given.CreatedBy)
	}
	if given.Created != 0 {
		w.set("CreatedDate", given.Created)
	}
	uuid := or(given.UUID, newUUID())
	w.set(eventUUIDField, uuid)
	id := t.newID()
	message := &EventMessage{Record{t.object, t.pack(row)}, uuid}
	tx.log = append(tx.log, undo{message: message})
	if tx.uuids == nil {
		tx.uuids = map[string]string{}
	}
	tx.uuids[id] = uuid
	return id, nil
}

// EventUUID is the EventUuid of the platform event that PublishEvent gave the id.
func (tx *Tx) EventUUID(id string) string { return tx.uuids[id] }

// messages are the platform events that the transaction publishes, those first
// that do not depend on its success.
func (tx *Tx) messages() []EventMessage {
	list := tx.sent
	for _, u := range tx.log {
		if u.message != nil {
			list = append(list, *u.message)
		}
	}
	return list
}

func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails; see crypto/rand
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
