package org

// pushTopicObject holds queries whose results' changes are announced on channels
// of their own.
func pushTopicObject() *Object {
	notify := pick("NotifyForFields", "Select", "Where", "*Referenced", "All").restricted().owned()
	notify.Length = 40
	operations := pick("NotifyForOperations", "*All", "Create", "Update", "Extended").restricted().readOnly()
	operations.Length = 40
	topic := []*Field{
		text("Name", 25).required().named(),
		text("Query", 1300).required().labeled("SOQL Query"),
		number("ApiVersion", TypeDouble, 18, 1).required(),
		flag("IsActive"),
		notify,
		operations,
		text("Description", 400),
	}
	for _, operation := range []string{"Create", "Update", "Delete", "Undelete"} {
		f := flag("NotifyForOperation" + operation)
		f.Default = true
		topic = append(topic, f)
	}
	o := newObject("PushTopic", "Push Topic", "Push Topics", "0IF", topic)
	o.Field("Name").Unique, o.Field("IsActive").Default = true, true
	o.Undeletable, o.Searchable = false, false
	return o
}

// streamingChannelObject holds the channels on which anything may be said.
func streamingChannelObject() *Object {
	o := newObject("StreamingChannel", "Streaming Channel", "Streaming Channels", "0M6", []*Field{
		text("Name", 80).required().named().labeled("Streaming Channel Name"),
		text("Description", 255),
		flag("IsDynamic").readOnly().labeled("Dynamically Created"),
		ref("OwnerId", "User").owned(),
	})
	o.Field("Name").Unique = true
	o.Undeletable, o.Searchable = false, false
	return o
}

// pushTopicRules says in one word what the four switches say, for clients that
// know creations and updates only.
func pushTopicRules(w *write) {
	create, update := w.get("NotifyForOperationCreate") == true, w.get("NotifyForOperationUpdate") == true
	word := "Extended"
	switch {
	case create && update:
		word = "All"
	case create:
		word = "Create"
	case update:
		word = "Update"
	}
	w.set("NotifyForOperations", word)
}
