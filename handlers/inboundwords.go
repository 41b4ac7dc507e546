package handlers

import (
	"slices"

	"tidegate/gateway"
	"tidegate/views"
)

// bookkeeping are fields that every change moves; naming them tells nothing.
var bookkeeping = []string{"LastModifiedDate", "LastModifiedById", "SystemModstamp", "CreatedDate", "CreatedById"}

// mostFields is how many fields a line of the log names before it counts.
const mostFields = 3

// inboundWords says what an observed change was, and by whom.
func (v *visit) inboundWords(row *views.LogRow, h gateway.HistoryEntry) {
	row.Rule, row.By = "Change event", byLine(v.userName(h.User))
	if h.Origin == gateway.OriginHook {
		row.Rule = "Webhook"
	}
	switch {
	case h.Type == gateway.Snapshot && h.Outcome == gateway.OutcomeApplied && len(h.Before) == 0:
		row.What = "First seen here"
	case h.Outcome == gateway.OutcomeConfirmed:
		row.What, row.By = "Echo of our own write", "Value confirmed."
	case h.Outcome == gateway.OutcomeStale:
		row.What = "Older change, already overtaken"
	case h.Outcome == gateway.OutcomeRefetch:
		row.What = "Reading the record again"
	case h.Outcome == gateway.OutcomeUnchanged:
		row.What = "Saved in Salesforce without a difference"
	case h.Type == gateway.Create:
		row.What = "Created"
	case h.Outcome == gateway.OutcomeDeleted:
		row.What = "Deleted"
	case h.Outcome == gateway.OutcomeRestored:
		row.What = "Restored"
	default:
		row.What = v.changedFields(h)
	}
}

// changedFields names what changed by the labels that people know.
func (v *visit) changedFields(h gateway.HistoryEntry) string {
	schema, err := v.schema(h.Key.Object)
	if err != nil {
		return "Changed"
	}
	var labels []string
	for _, name := range h.Fields.Names() {
		if !slices.Contains(bookkeeping, name) {
			labels = append(labels, labelOf(fieldOf(schema, name)))
		}
	}
	switch {
	case len(labels) == 0:
		return "Changed"
	case len(labels) > mostFields:
		return "Changed " + list(append(labels[:mostFields-1:mostFields-1], number(len(labels)-mostFields+1)+" more"))
	}
	return "Changed " + list(labels)
}

// userName is the name of a Salesforce user as mirrored, his id when he is
// not; remembered for the page that is being made.
func (v *visit) userName(id string) string {
	if id == "" {
		return ""
	}
	if name, ok := v.users[id]; ok {
		return name
	}
	name := id
	if u, err := v.ws.Record(v.UserContext(), gateway.RecordKey{Object: "User", ID: id}); err == nil {
		name = u.Label()
	}
	if v.users == nil {
		v.users = map[string]string{}
	}
	v.users[id] = name
	return name
}
