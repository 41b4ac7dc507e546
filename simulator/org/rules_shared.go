package org

import (
	"slices"
	"strings"
)

// Shared activities: a task or an event with several people, whose first is WhoId.

// maxPeople is how many contacts an activity has at most; of leads it has one.
const maxPeople = 50

// isShared reports whether the object is an activity that may have several people.
func (o *Object) isShared() bool { return o.Field("WhoCount") != nil }

// takePeople works out who an activity is with: the list, WhoId, or what there
// was. A WhoId outside the list becomes its first; taken away, the next one moves up.
func takePeople(w *write) *Error {
	if !w.object.isShared() {
		return nil
	}
	list := w.object.junctions()[0]
	who := w.text("WhoId")
	if f := w.object.Field("WhoId"); w.given["WhoId"] && who != "" && !w.pointsRight(f, who) {
		return errMalformedID(f.Label, who, f.Name)
	}
	now, given := w.named[list.name]
	switch {
	case given && (who == "" || !w.given["WhoId"]):
		who = first(now)
	case given:
		now = append([]string{who}, without(now, who)...)
	case w.given["WhoId"] || w.creating():
		before, _ := w.before.Value("WhoId").(string)
		now = without(w.tx.peopleOf(w.object.Name, w.before.ID()), before)
		if who == "" {
			who = first(now)
		} else {
			now = append([]string{who}, without(now, who)...)
		}
	default:
		return nil
	}
	isLead := func(id string) bool { return strings.HasPrefix(id, "00Q") }
	switch {
	case len(now) > maxPeople:
		return refuse("FIELD_INTEGRITY_EXCEPTION", "An activity can be related to up to 50 contacts", list.name)
	case len(now) > 1 && slices.ContainsFunc(now, isLead):
		return refuse("FIELD_INTEGRITY_EXCEPTION", "An activity can be related to one lead or to several contacts", list.name)
	}
	for _, id := range now {
		if r, ok := w.tx.Find(list.to, id); !ok || r.Value("IsDeleted") == true {
			return refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", list.name)
		}
	}
	if w.named == nil {
		w.named = map[string][]string{}
	}
	w.named[list.name] = now
	w.given["WhoId"] = true
	w.set("WhoId", nil)
	if who != "" {
		w.set("WhoId", who)
	}
	return nil
}

func first(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}

func without(ids []string, id string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(one string) bool { return one == id })
}

// peopleOf lists who an activity is with.
func (tx *Tx) peopleOf(activity, id string) []string {
	var list []string
	for _, r := range tx.Referring(activity+"WhoRelation", activity+"Id", id) {
		if who, ok := r.Value("RelationId").(string); ok && r.Value("IsDeleted") != true {
			list = append(list, who)
		}
	}
	return list
}

// countShared keeps the counts of an activity.
func countShared(w *write) {
	if !w.object.isShared() {
		return
	}
	people, known := w.named[w.object.junctions()[0].name]
	if known || w.creating() {
		w.set("WhoCount", int64(len(people)))
	}
	what := int64(0)
	if w.text("WhatId") != "" {
		what = 1
	}
	w.set("WhatCount", what)
}

// relateActivity makes the relations of an activity what it says itself.
func relateActivity(w *write, id string) *Error {
	if !w.object.isShared() {
		return nil
	}
	if people, given := w.named[w.object.junctions()[0].name]; given {
		if err := w.tx.relate(w.object.Name, id, false, people); err != nil {
			return err
		}
	}
	if w.creating() || w.before.Value("WhatId") != w.get("WhatId") {
		return w.tx.relate(w.object.Name, id, true, slices.DeleteFunc([]string{w.text("WhatId")}, func(s string) bool { return s == "" }))
	}
	return nil
}

// relate makes those relations of an activity be the ones to these records.
func (tx *Tx) relate(activity, id string, isWhat bool, to []string) *Error {
	return tx.asPlatform(func() *Error {
		for _, object := range relationObjects(activity, isWhat) {
			var there []string
			for _, r := range tx.Referring(object, activity+"Id", id) {
				other, _ := r.Value("RelationId").(string)
				if r.Value("IsDeleted") == true || !ofKind(r, isWhat) {
					continue
				}
				if there = append(there, other); slices.Contains(to, other) {
					continue
				}
				if err := tx.Delete(object, r.ID()); err != nil {
					return err
				}
			}
			for _, other := range to {
				if slices.Contains(there, other) {
					continue
				}
				if _, err := tx.Create(object, tx.relation(object, activity, id, other, isWhat)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// relationObjects are the objects in which an activity's relations stand.
func relationObjects(activity string, isWhat bool) []string {
	if isWhat {
		return []string{activity + "Relation"}
	}
	return []string{activity + "Relation", activity + "WhoRelation"}
}

// ofKind tells relations to what an activity is about from those to people, and
// from mere invitations.
func ofKind(r Record, isWhat bool) bool {
	if r.Object().Field("IsParent") != nil && r.Value("IsParent") != true {
		return false
	}
	return (r.Value("IsWhat") == true) == isWhat
}

func (tx *Tx) relation(object, activity, id, other string, isWhat bool) map[string]any {
	values := map[string]any{activity + "Id": id, "RelationId": other}
	if r, ok := tx.Find([]string{"Contact", "Lead", "Account", "Opportunity"}, other); ok {
		values["AccountId"] = r.Value("AccountId")
		if r.Object().Name == "Account" {
			values["AccountId"] = other
		}
		if strings.HasSuffix(object, "WhoRelation") {
			values["Type"] = r.Object().Name
			return values
		}
	}
	values["IsWhat"] = isWhat
	if activity == "Event" {
		values["IsParent"] = true
	}
	return values
}

// activityOf is the activity that a relation belongs to.
func activityOf(r Record) (activity, id string) {
	activity = strings.TrimSuffix(r.Object().Name, "Relation")
	id, _ = r.Value(activity + "Id").(string)
	return activity, id
}

// relationRules refuses a second relation of the same two, and says what kind one
// is that somebody makes himself.
func relationRules(w *write) *Error {
	if !w.creating() || w.tx.caller.Trusted {
		return nil
	}
	activity, id := activityOf(w.record())
	parent, _ := w.tx.Get(activity, id)
	if parent.Value("IsChild") == true {
		return refuse("FIELD_INTEGRITY_EXCEPTION", "An event relation cannot be created for a child event", activity+"Id")
	}
	for _, r := range w.tx.Referring(w.object.Name, activity+"Id", id) {
		if r.Value("IsDeleted") != true && r.Value("RelationId") == w.get("RelationId") {
			return refuse("DUPLICATE_VALUE", "duplicate value found: RelationId duplicates value on record with id: "+r.ID()[:15], "RelationId")
		}
	}
	other := w.text("RelationId")
	isWhat := !slices.Contains([]string{"003", "00Q", "005"}, other[:min(3, len(other))])
	w.set("IsWhat", isWhat)
	if activity == "Event" && w.object.Field("IsParent") != nil {
		w.set("IsParent", w.get("IsParent") == true || isWhat)
		if w.get("IsParent") != true {
			w.set("IsInvitee", true)
		}
	}
	return nil
}

// related follows a relation that was made or taken away into its activity and,
// where a user was invited, into his calendar.
func (tx *Tx) related(r Record, made bool) *Error {
	if err := tx.followRelation(r, made); err != nil {
		return err
	}
	if activity, id := activityOf(r); activity == "Event" {
		if err := tx.inviteUser(r, made); err != nil {
			return err
		}
		return tx.teachChildren(id)
	}
	return nil
}

// followRelation puts a relation that somebody made or took away into its
// activity: who it is with, what it is about, and whether people are invited.
func (tx *Tx) followRelation(r Record, made bool) *Error {
	activity, id := activityOf(r)
	t := tx.table(activity)
	at, ok := t.byID[id]
	if !ok || tx.caller.Trusted || t.at(at).Value("IsDeleted") == true {
		return nil
	}
	other, _ := r.Value("RelationId").(string)
	w := &write{tx: tx, object: t.object, row: t.copyAt(at), before: t.at(at), given: map[string]bool{}}
	if t.object.isShared() && ofKind(r, r.Value("IsWhat") == true) {
		if err := w.followPeople(r, other, made); err != nil {
			return err
		}
	}
	if activity == "Event" {
		w.set("IsGroupEvent", tx.hasInvitees(id))
		w.set("GroupEventType", map[bool]string{true: "1", false: "0"}[w.get("IsGroupEvent") == true])
	}
	if err := whoAndWhatRules(w); err != nil {
		return err
	}
	tx.stamp(w, false)
	tx.replace(t, at, w.row, false)
	return relateActivity(w, id)
}

func (w *write) followPeople(r Record, other string, made bool) *Error {
	if r.Value("IsWhat") == true {
		w.set("WhatId", nil)
		if made {
			w.set("WhatId", other)
		}
		return nil
	}
	now := without(w.tx.peopleOf(w.object.Name, w.before.ID()), other)
	if made {
		now = append(now, other)
	}
	w.named = map[string][]string{w.object.junctions()[0].name: now}
	return takePeople(w)
}

// hasInvitees reports whether anybody is invited to an event.
func (tx *Tx) hasInvitees(event string) bool {
	return slices.ContainsFunc(tx.Referring("EventRelation", "EventId", event), func(r Record) bool {
		return r.Value("IsDeleted") != true && (r.Object().Field("IsInvitee") == nil || r.Value("IsInvitee") == true)
	})
}

// repointPeople puts one person in the place of another in every activity with
// several people. An activity that was with both is with the one, once.
func (tx *Tx) repointPeople(from, to string) *Error {
	for _, activity := range []string{"Task", "Event"} {
		t := tx.table(activity)
		if !t.object.isShared() {
			continue
		}
		for _, r := range tx.Referring(activity+"WhoRelation", "RelationId", from) {
			id, _ := r.Value(activity + "Id").(string)
			at, ok := t.byID[id]
			if !ok || r.Value("IsDeleted") == true || t.at(at).Value("IsDeleted") == true {
				continue
			}
			who, _ := t.at(at).Value("WhoId").(string)
			people := []any{to}
			for _, one := range without(without(tx.peopleOf(activity, id), from), to) {
				people = append(people, one)
			}
			if who == from {
				who = to
			}
			values := map[string]any{t.object.junctions()[0].name: people, "WhoId": who}
			if err := tx.asPlatform(func() *Error { return tx.Update(activity, id, values) }); err != nil {
				return err
			}
		}
	}
	return nil
}
