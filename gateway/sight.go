package gateway

// ObjectSight is what Salesforce shows one of its users of an object. Its zero
// value is nothing.
type ObjectSight struct {
	Readable bool
	// Fields are the API names of those that he may read; any other is hidden.
	Fields map[string]bool
}

// Strip returns what may be shown of fields, a copy where anything is taken away.
func (s ObjectSight) Strip(fields Fields) Fields {
	if !s.Hides(fields) {
		return fields
	}
	out := Fields{}
	for name, value := range fields {
		if s.Fields[name] {
			out[name] = value
		}
	}
	return out
}

// Hides reports whether any of the fields is hidden.
func (s ObjectSight) Hides(fields Fields) bool {
	for name := range fields {
		if !s.Fields[name] {
			return true
		}
	}
	return false
}

// ParentFields are, for an object whose records have no sharing of their own, the
// lookups to the records by which Salesforce decides who sees one; nil for an
// object that is shared record by record. Source: the object reference, "records
// of objects listed on the Sharing Settings page".
func ParentFields(object string) []string {
	switch object {
	case "OpportunityContactRole":
		return []string{"OpportunityId", "ContactId"}
	case "TaskRelation", "TaskWhoRelation":
		return []string{"TaskId", "RelationId"}
	case "EventRelation", "EventWhoRelation":
		return []string{"EventId", "RelationId"}
	case "EmailMessage":
		return []string{"RelatedToId", "ActivityId"}
	case "EmailMessageRelation":
		return []string{"EmailMessageId"}
	case "ContentDocumentLink":
		return []string{"LinkedEntityId"}
	}
	return nil
}
