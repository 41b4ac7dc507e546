package org

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// ActivityHistory and OpenActivity have no records of their own: under an account,
// a person or a deal they list the tasks and events of it, those that are over and
// those that are not.

const (
	activityHistory = "ActivityHistory"
	openActivity    = "OpenActivity"

	// OpenActivities is the name of the object of what is still to come.
	OpenActivities = openActivity
)

// activityLists are those objects by the relationship under which they stand.
var activityLists = map[string]string{"ActivityHistories": activityHistory, "OpenActivities": openActivity}

// ActivityLists are the names of the relationships by which activities are listed.
func ActivityLists() []string { return []string{"ActivityHistories", "OpenActivities"} }

// ActivityList is the object behind a relationship of that name, letter case
// ignored; nil where the object has no activities, or the name is another.
func (v View) ActivityList(parent *Object, relationship string) (list *Object, name string) {
	for name, object := range activityLists {
		if strings.EqualFold(name, relationship) && v.org.HasActivities(parent.Name) {
			return v.Object(object), name
		}
	}
	return nil, ""
}

// HasActivities reports whether tasks and events may be related to the object.
func (o *Org) HasActivities(object string) bool {
	return slices.Contains(o.Object("Task").Field(ActivityLookup(object)).ReferenceTo, object)
}

func activityListObject(name, label, plural string) *Object {
	o := newObject(name, label, plural, "", []*Field{
		ref("AccountId", "Account"), ref("WhoId", "Contact", "Lead"), ref("WhatId", "Account", "Opportunity"), ref("OwnerId", "User"),
		ref("PrimaryWhoId", "Contact", "Lead"), ref("PrimaryAccountId", "Account"),
		text("Subject", 255), flag("IsTask"), date("ActivityDate"), pick("Status"), pick("Priority"), flag("IsHighPriority"),
		pick("ActivityType"), pick("ActivitySubtype"), flag("IsClosed"), flag("IsAllDayEvent"), whole("DurationInMinutes", 8), text("Location", 255),
		area("Description", 32000), moment("StartDateTime"), moment("EndDateTime"), moment("CompletedDateTime"),
		whole("CallDurationInSeconds", 8), pick("CallType"), text("CallDisposition", 255), text("CallObject", 255),
		flag("IsReminderSet"), moment("ReminderDateTime"), flag("IsVisibleInSelfService"),
	})
	for _, f := range o.Fields {
		f.Createable, f.Updateable = false, false
	}
	o.Createable, o.Updateable, o.Deletable, o.Undeletable, o.Searchable, o.Listed = false, false, false, false, false, true
	return o
}

// ActivitiesOf lists the activities of records, as rows of the list object: those
// that are over if it is ActivityHistory, else the others. Their parent is the one
// by whose id they are listed. The newest comes first among those that are over,
// the next one among the others.
func (v View) ActivitiesOf(list, parent *Object, ids []string) map[string][]Record {
	of := map[string][]Record{}
	for _, id := range ids {
		var rows []Record
		for _, activity := range []string{"Task", "Event"} {
			for _, r := range v.activitiesOf(activity, parent.Name, id) {
				if v.isOver(r) == (list.Name == activityHistory) {
					rows = append(rows, listed(list, r))
				}
			}
		}
		slices.SortStableFunc(rows, byActivityDate(list.Name == activityHistory))
		of[id] = rows
	}
	return of
}

// activitiesOf finds what belongs to a record: an account has that of its people
// and deals too.
func (v View) activitiesOf(activity, parent, id string) []Record {
	found := v.Referring(activity, ActivityLookup(parent), id)
	if parent == "Account" {
		found = append(found, v.Referring(activity, "AccountId", id)...)
	}
	for _, r := range v.Referring(activity+"WhoRelation", "RelationId", id) {
		other, _ := r.Value(activity + "Id").(string)
		if a, ok := v.Get(activity, other); ok && r.Value("IsDeleted") != true {
			found = append(found, a)
		}
	}
	slices.SortStableFunc(found, func(a, b Record) int { return cmp.Compare(a.ID(), b.ID()) })
	return slices.CompactFunc(found, func(a, b Record) bool { return a.ID() == b.ID() })
}

// isOver tells history from what is still to come.
func (v View) isOver(r Record) bool {
	if r.object.Name == "Task" {
		return r.Value("IsClosed") == true
	}
	if r.Value("IsAllDayEvent") == true {
		day, _ := r.Value("EndDate").(string)
		return day < v.org.now().UTC().Format(time.DateOnly)
	}
	end, _ := r.Value("EndDateTime").(DateTime)
	return end < DateTime(v.org.now().UnixMilli())
}

// listed is a task or an event as a row of a list.
func listed(list *Object, r Record) Record {
	isTask := r.object.Name == "Task"
	values := make([]any, len(list.Fields))
	for i, f := range list.Fields {
		switch f.Name {
		case "IsTask":
			values[i] = isTask
		case "PrimaryWhoId", "PrimaryAccountId":
			values[i] = r.Value(strings.TrimPrefix(f.Name, "Primary"))
		case "ActivitySubtype":
			values[i] = r.Value(r.object.Name + "Subtype")
		case "ActivityType":
			values[i] = map[bool]string{true: "Task", false: "Meeting"}[isTask]
			if subtype, _ := r.Value("TaskSubtype").(string); subtype == "Call" || subtype == "Email" {
				values[i] = subtype
			}
		case "IsClosed":
			values[i] = list.Name == activityHistory
		default:
			if values[i] = r.Value(f.Name); values[i] == nil && f.Type == TypeBoolean {
				values[i] = false
			}
		}
	}
	return Record{list, row{values: values}}
}

func byActivityDate(newestFirst bool) func(a, b Record) int {
	return func(a, b Record) int {
		x, _ := a.Value("ActivityDate").(string)
		y, _ := b.Value("ActivityDate").(string)
		order := cmp.Compare(x, y)
		if newestFirst {
			order = -order
		}
		m, _ := a.Value("LastModifiedDate").(DateTime)
		n, _ := b.Value("LastModifiedDate").(DateTime)
		return cmp.Or(order, cmp.Compare(n, m))
	}
}
