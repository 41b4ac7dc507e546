package org

import (
	"fmt"
	"slices"
)

// Switches are the features of an object that an admin turns on or off; those
// left out stay.
type Switches struct {
	Searchable   *bool `json:"searchable,omitempty"`    // Allow Search
	FeedTracking *bool `json:"feed_tracking,omitempty"` // Chatter
	Activities   *bool `json:"activities,omitempty"`    // Allow Activities
}

// alterSwitches is the schema change of op switches.
func (o *Org) alterSwitches(a Alteration) error {
	object := o.schema.Load().object(a.Object)
	if object == nil {
		return fmt.Errorf("no such object: %q", a.Object)
	}
	fresh := *object
	if a.Switches.Searchable != nil {
		fresh.Searchable = *a.Switches.Searchable
	}
	if a.Switches.FeedTracking != nil {
		fresh.FeedEnabled = *a.Switches.FeedTracking
	}
	o.swap(&fresh)
	if a.Switches.Activities != nil {
		for _, activity := range []string{"Task", "Event", activityHistory, openActivity} {
			o.relateActivities(activity, ActivityLookup(fresh.Name), fresh.Name, *a.Switches.Activities)
		}
		if o.Object("Task").isShared() && ActivityLookup(fresh.Name) == "WhatId" {
			for _, relation := range []string{"TaskRelation", "EventRelation"} {
				o.relateActivities(relation, "RelationId", fresh.Name, *a.Switches.Activities)
			}
		}
	}
	return nil
}

// swap puts an object in the place of the one of its name, whose fields have
// the same names in the same order.
func (o *Org) swap(fresh *Object) {
	o.tables[fresh.Name].object = fresh
	o.schema.Store(o.schema.Load().with(fresh, o.now()))
}

// ActivityLookup is the field by which activities point to the object: people
// are whom an activity is with, everything else is what it is about.
func ActivityLookup(object string) string {
	if object == "Contact" || object == "Lead" {
		return "WhoId"
	}
	return "WhatId"
}

// relateActivities lets an activity's lookup point to the object, or not.
func (o *Org) relateActivities(activity, lookup, object string, on bool) {
	fresh := *o.schema.Load().object(activity)
	at := fresh.index[lookup]
	f := *fresh.Fields[at]
	f.ReferenceTo = slices.DeleteFunc(slices.Clone(f.ReferenceTo), func(name string) bool { return name == object })
	if on {
		f.ReferenceTo = append(f.ReferenceTo, object)
	}
	fresh.Fields = slices.Clone(fresh.Fields)
	fresh.Fields[at] = &f
	o.swap(&fresh)
}
