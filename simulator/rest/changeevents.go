package rest

import (
	"slices"
	"strings"

	"tidegate/simulator/org"
)

const changeEvent = "ChangeEvent"

// withoutEvents are objects that change data capture does not know.
var withoutEvents = []string{"ContentNote", "ContentDocument", "ContentDocumentLink", "Organization", "PushTopic", "StreamingChannel"}

// fixedWithEvents are objects whose records are never changed, and yet announced.
var fixedWithEvents = []string{"TaskRelation", "TaskWhoRelation", "EventWhoRelation"}

// changeEventOf is the object whose records are the change events of another;
// nil where there is none.
func changeEventOf(o *org.Object) *org.Object {
	if !o.Updateable && !slices.Contains(fixedWithEvents, o.Name) || slices.Contains(withoutEvents, o.Name) {
		return nil
	}
	event := org.Object{Name: eventName(o.Name), Label: o.Label + " Change Event", LabelPlural: o.Label + " Change Events"}
	for _, f := range o.Fields {
		if f.Name == "Id" || f.Name == "IsDeleted" || f.Name == "SystemModstamp" || f.Calculated {
			continue
		}
		copied := *f
		copied.Createable, copied.Updateable, copied.NameField, copied.IDLookup, copied.Unique = false, false, false, false, false
		event.Fields = append(event.Fields, &copied)
	}
	return &event
}

// HasChangeEvents reports whether there are events of that kind for an object: its
// changes', or for a platform event those that it is.
func HasChangeEvents(o *org.Object) bool { return o != nil && eventObjectOf(o) != nil }

// eventName is ContactChangeEvent of Contact and Visit__ChangeEvent of Visit__c.
func eventName(object string) string {
	if custom, ok := strings.CutSuffix(object, "__c"); ok {
		return custom + "__" + changeEvent
	}
	return object + changeEvent
}

// changeEvents lists the change event objects that the caller sees; an edition
// without change data capture has none.
func (c *call) changeEvents() []map[string]any {
	if c.org.Edition() == "professional" {
		return nil
	}
	var list []map[string]any
	for _, o := range c.org.ObjectsFor(c.caller.UserID) {
		if event := changeEventOf(o); event != nil {
			list = append(list, eventEntry(event, o, c.base()))
		}
	}
	return list
}

func eventEntry(event, parent *org.Object, base string) map[string]any {
	e := entry(event, base)
	e["associateEntityType"], e["associateParentEntity"], e["keyPrefix"] = changeEvent, parent.Name, nil
	for _, no := range []string{"queryable", "replicateable", "retrieveable", "layoutable", "mruEnabled"} {
		e[no] = false
	}
	e["triggerable"] = true
	return e
}

// describeEvent answers …/describe of a change event object; false when the
// path names none.
func (c *call) describeEvent() (map[string]any, bool) {
	name := c.r.PathValue("object")
	if !strings.HasSuffix(name, changeEvent) || c.org.Edition() == "professional" {
		return nil, false
	}
	for _, o := range c.org.ObjectsFor(c.caller.UserID) {
		event := changeEventOf(o)
		if event == nil || event.Name != name {
			continue
		}
		d := fullDescribe(nil, event, []recordType{{org.MasterRecordType, "Master", "Master", true, true, true}}, c.base(), c.baseURL())
		for key, value := range eventEntry(event, o, c.base()) {
			if key != "urls" {
				d[key] = value
			}
		}
		return d, true
	}
	return nil, false
}
