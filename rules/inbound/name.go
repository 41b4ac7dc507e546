package inbound

import (
	"strings"

	"tidegate/gateway"
)

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
	for _, name := range [...]string{"FirstName", "MiddleName", "LastName", "Suffix"} {
		if word := parts[name].String(); word != "" {
			words = append(words, word)
		}
	}
	return gateway.Text(strings.Join(words, " "))
}
