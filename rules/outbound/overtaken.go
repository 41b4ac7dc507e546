package outbound

import (
	"slices"

	"tidegate/gateway"
	"tidegate/rules/conflict"
)

// Lost is the reason why a field gives way to a value that wins over it.
const Lost = "Another value came from Salesforce while ours was on its way, and it wins."

// Overtaken decides what becomes of an entry that Salesforce did not take while
// the stream brought other values for its fields: met is the word that the
// stream left. Values that lose are taken out, gave names them; where a person
// must choose, the entry is parked and asks.
func Overtaken(left gateway.Change, met gateway.Problem) (kept gateway.Change, gave []string, asks bool) {
	if met.Said != "" || left.State != gateway.StateWaiting {
		return left, nil, false
	}
	var fields []string
	for _, name := range met.Fields {
		if _, owed := left.Fields[name]; owed {
			fields = append(fields, name)
		}
	}
	switch {
	case len(fields) == 0:
	case met.Code == conflict.Code:
		kept = left
		kept.State, kept.Problem = gateway.StateParked, conflict.Question(slices.Clone(fields))
		return kept, nil, true
	case met.Code == conflict.CodeOvertaken:
		return Without(left, fields), fields, false
	}
	return left, nil, false
}
