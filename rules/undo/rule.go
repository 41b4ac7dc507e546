package undo

import (
	"strings"

	"tidegate/gateway"
)

// OfRule says what of a line rests on a rule: all of it, or only these fields,
// which have a rule of their own, as what a topic is mapped to. A field whose
// cause is another one's, because an earlier edit waited in the same entry, goes
// by that cause's rule alone.
func OfRule(line gateway.LogEntry, rule string) (all bool, fields map[string]bool) {
	ofLine := named(line.Rule, rule)
	all, fields = ofLine, map[string]bool{}
	for name := range line.Fields {
		own := line.Cause.Of[name]
		switch {
		case named(own.Rule, rule), ofLine && own.Kind == "":
			fields[name] = true
		default:
			all = false
		}
	}
	return all, fields
}

// named reports whether a line's or a field's rule is that one: alone, or behind
// what it was made for, as in “Meeting “Weekly”: …”.
func named(text, rule string) bool {
	return text == rule || strings.Contains(text, ": "+rule)
}

// Rules are the rules that single fields of a line have of their own, in the order
// of the fields.
func Rules(line gateway.LogEntry) (out []string) {
	seen := map[string]bool{"": true}
	for _, name := range line.Fields.Names() {
		if rule := line.Cause.Of[name].Rule; !seen[rule] {
			seen[rule] = true
			out = append(out, rule)
		}
	}
	return out
}
