package org

import "slices"

func whoAndWhat(childName string) []*Field {
	who := ref("WhoId", "Contact", "Lead").children(childName).labeled("Name ID")
	what := ref("WhatId", "Account", "Opportunity").children(childName).labeled("Related To ID")
	return []*Field{who, what}
}

func activityReminder() []*Field {
	return []*Field{
		ref("AccountId", "Account").readOnly(),
		flag("IsArchived").readOnly().labeled("Archived"),
		flag("IsReminderSet").labeled("Reminder Set"),
		moment("ReminderDateTime"),
		flag("IsRecurrence").createOnly().labeled("Create Recurring Series"),
		ref("RecurrenceActivityId", "Task").readOnly(),
	}
}

func taskObject() *Object {
	subtype := pick("TaskSubtype", "*Task", "Email", "ListEmail", "Cadence", "Call").createOnly().restricted()
	subtype.Length = 40
	callType := pick("CallType", "Internal", "Inbound", "Outbound")
	callType.Length = 40
	o := newObject("Task", "Task", "Tasks", "00T", whoAndWhat("Tasks"), []*Field{
		sized("Subject", TypeCombobox, 255),
		date("ActivityDate").labeled("Due Date Only"),
		pick("Status", "*Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred").owned(),
		pick("Priority", "High", "*Normal", "Low").owned(),
		flag("IsHighPriority").readOnly().labeled("High Priority"),
		ref("OwnerId", "User").owned().labeled("Assigned To ID"),
		area("Description", 32000),
		flag("IsClosed").readOnly().labeled("Closed"),
		whole("CallDurationInSeconds", 8).labeled("Call Duration"),
		callType,
		text("CallDisposition", 255).labeled("Call Result"),
		text("CallObject", 255).labeled("Call Object Identifier"),
		subtype,
		moment("CompletedDateTime").readOnly(),
	}, activityReminder())
	return o
}

func eventObject() *Object {
	subtype := pick("EventSubtype", "*Event").createOnly().restricted()
	subtype.Length = 40
	showAs := pick("ShowAs", "*Busy", "OutOfOffice", "Free").labeled("Show Time As")
	showAs.Length = 40
	return newObject("Event", "Event", "Events", "00U", whoAndWhat("Events"), []*Field{
		sized("Subject", TypeCombobox, 255),
		text("Location", 255),
		flag("IsAllDayEvent").labeled("All-Day Event"),
		moment("ActivityDateTime").labeled("Due Date Time"),
		date("ActivityDate").labeled("Due Date Only"),
		whole("DurationInMinutes", 8).labeled("Duration"),
		moment("StartDateTime").labeled("Start Date Time"),
		moment("EndDateTime").labeled("End Date Time"),
		date("EndDate").readOnly(),
		area("Description", 32000),
		ref("OwnerId", "User").owned().labeled("Assigned To ID"),
		flag("IsPrivate").labeled("Private"),
		showAs,
		flag("IsGroupEvent").readOnly(),
		pick("GroupEventType", "*0", "1", "2", "3").readOnly(),
		flag("IsChild").readOnly(),
		subtype,
	}, activityReminder())
}

// eventRelationObject holds who is invited to an event.
func eventRelationObject() *Object {
	status := pick("Status", "*New", "Accepted", "Declined", "Uninvited", "Maybe").restricted()
	status.Length = 40
	o := newObject("EventRelation", "Event Relation", "Event Relations", "0RE", []*Field{
		ref("RelationId", "Contact", "Lead", "User").required().createOnly().children("EventRelations").cascade(),
		ref("EventId", "Event").required().createOnly().children("EventRelations").cascade(),
		status,
		moment("RespondedDate"),
		text("Response", 255),
	})
	o.Undeletable, o.Searchable = false, false
	return o
}

// withSharedActivities lets activities have several people: objects between, and
// how many there are.
func withSharedActivities(list []*Object) []*Object {
	for _, name := range []string{"Task", "Event"} {
		o := named(list, name)
		o.reshape(append(slices.Clone(o.Fields), whole("WhoCount", 9).readOnly(), whole("WhatCount", 9).readOnly()))
		list = append(list, whoRelationObject(name))
	}
	related := func() *Field {
		return ref("RelationId", "Contact", "Lead", "Account", "Opportunity").required().createOnly().cascade()
	}
	tasks := newObject("TaskRelation", "Task Relation", "Task Relations", "0RT", []*Field{
		related().children("TaskRelations"),
		ref("TaskId", "Task").required().createOnly().children("TaskRelations").cascade(),
		flag("IsWhat").readOnly(),
		ref("AccountId", "Account").readOnly(),
	})
	tasks.Updateable, tasks.Undeletable, tasks.Searchable = false, false, false
	events := named(list, "EventRelation")
	invited := events.Field("RelationId")
	invited.ReferenceTo = append(invited.ReferenceTo, "Account", "Opportunity")
	events.reshape(append(slices.Clone(events.Fields),
		flag("IsWhat").readOnly(), flag("IsParent").createOnly(), flag("IsInvitee").createOnly(), ref("AccountId", "Account").readOnly()))
	return append(list, tasks)
}

// whoRelationObject lists the people of an activity only; it follows the activity.
func whoRelationObject(activity string) *Object {
	name := activity + "WhoRelation"
	o := newObject(name, activity+" Who Relation", activity+" Who Relations", map[string]string{"Task": "0RX", "Event": "0RY"}[activity], []*Field{
		ref("RelationId", "Contact", "Lead").readOnly().children(name + "s"),
		ref(activity+"Id", activity).readOnly().children(name + "s").cascade(),
		text("Type", 50).readOnly(),
		ref("AccountId", "Account").readOnly(),
	})
	o.Createable, o.Updateable, o.Deletable, o.Undeletable, o.Searchable = false, false, false, false, false
	return o
}

func noteObject() *Object {
	o := newObject("ContentNote", "Note", "Notes", "069", []*Field{
		text("Title", 255).required().named(),
		field("Content", TypeBase64),
		ref("OwnerId", "User").owned().readOnly(),
		text("FileType", 20).readOnly(),
		text("FileExtension", 40).readOnly(),
		text("TextPreview", 255).readOnly(),
		whole("ContentSize", 9).readOnly(),
		ref("LatestPublishedVersionId", "ContentVersion").readOnly(),
		flag("IsReadOnly").readOnly(),
		pick("SharingPrivacy", "N", "P").readOnly(),
		moment("LastViewedDate").readOnly(),
	})
	o.Undeletable = false
	// The version's object is not part of this org, so the field leads nowhere.
	o.Field("LatestPublishedVersionId").ReferenceTo = nil
	o.Field("LatestPublishedVersionId").RelationshipName = ""
	o.Field("LatestPublishedVersionId").Type = TypeString
	return o
}

func documentObject() *Object {
	o := newObject("ContentDocument", "Content Document", "Content Documents", "069", []*Field{
		text("Title", 255).required().named(),
		area("Description", 1000),
		ref("OwnerId", "User").owned(),
		text("FileType", 20).readOnly(),
		text("FileExtension", 40).readOnly(),
		whole("ContentSize", 9).readOnly(),
		pick("PublishStatus", "*P", "R", "U").readOnly(),
		flag("IsArchived").readOnly(),
		pick("SharingPrivacy", "*N", "P"),
		pick("SharingOption", "*A", "R"),
		moment("ContentModifiedDate").readOnly(),
	})
	o.Createable = false
	return o
}

func documentLinkObject() *Object {
	share := pick("ShareType", "V", "C", "I").restricted().required()
	share.Length = 40
	visibility := pick("Visibility", "*AllUsers", "InternalUsers", "SharedUsers").restricted()
	visibility.Length = 40
	o := newObject("ContentDocumentLink", "Content Document Link", "Content Document Links", "06A", []*Field{
		ref("ContentDocumentId", "ContentDocument", "ContentNote").required().createOnly().children("ContentDocumentLinks").cascade(),
		ref("LinkedEntityId", "Account", "Contact", "Lead", "Opportunity", "Task", "Event", "User").required().createOnly().children("ContentDocumentLinks").cascade(),
		share,
		visibility,
	})
	o.Undeletable = false
	return o
}
