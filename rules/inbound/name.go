package inbound

import (
	"strings"

	"tidegate/gateway"
)

// nameParts are the fields of which the Name of a person is composed.
var nameParts = [...]string{"FirstName", "MiddleName", "LastName", "Suffix"}

// NamesPerson reports whether the event may change the name that PersonName
// gives: composing it again for every event took a thirtieth of a batch.
func NamesPerson(e *gateway.ChangeEvent) bool {
	if e.Type != gateway.Update {
		return true
	}
	if _, ok := e.Fields["Name"]; ok {
		return true
	}
	for _, name := range nameParts {
		if _, ok := e.Fields[name]; ok {
			return true
		}
	}
	return false
}

// PersonName composes the Name of a Contact, Lead or User from its parts, as
// Salesforce does: change events carry the parts only. Of a record that is only
// partly known, a part that is missing may still have a value; then the name is
// unknown.
func PersonName(r gateway.Record) gateway.Value {
	parts := r.Fields
	if !parts["LastName"].Known() || (r.Partial && !parts["FirstName"].Known()) {
		return ""
	}
	var words []string
	for _, name := range nameParts {
		if word := parts[name].String(); word != "" {
			words = append(words, word)
		}
	}
	return gateway.Text(strings.Join(words, " "))
}
