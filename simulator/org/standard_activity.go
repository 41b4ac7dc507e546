package org

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
		pick("GroupEventType", "0", "1", "2", "3").readOnly(),
		flag("IsChild").readOnly(),
		subtype,
	}, activityReminder())
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
		ref("LinkedEntityId", "Account", "Contact", "Lead", "Opportunity", "Task", "Event", "User").required().createOnly().children("ContentDocumentLinks"),
		share,
		visibility,
	})
	o.Undeletable = false
	return o
}
