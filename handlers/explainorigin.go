package handlers

import (
	"slices"

	"tidegate/gateway"
	"tidegate/views"
)

// mostOrigins bounds of how many fields a page says where they came from.
const mostOrigins = 12

// origins say of the values of a record that came from here which thing, which
// rule at which revision and which words made them, and what they replaced.
func (x *explanation) origins(r gateway.Record, schema gateway.Schema, only string) error {
	fields := r.Fields.Names()
	if only != "" {
		fields = []string{only}
	}
	origins, err := x.s.Outbox.Origins(x.UserContext(), x.member.Workspace, r, fields)
	if err != nil {
		return err
	}
	if _, ours := origins[only]; only != "" && !ours {
		x.say(true, "Where did the value of "+labelOf(fieldOf(schema, only))+" come from?", "It was not written from here: it is as Salesforce has it.", views.Link{})
		return nil
	}
	said := 0
	for _, name := range slices.Sorted(slices.Values(fields)) {
		w, ours := origins[name]
		if !ours || said == mostOrigins {
			continue
		}
		said++
		f := fieldOf(schema, name)
		text := originWords(w.Cause.Origin(name)) + ", replacing " + orNone(excerpt(x.clock().display(f, w.Before[name], x.currency()))) + "."
		x.say(true, "Where did the value of "+labelOf(f)+" come from?", text, views.Link{Text: "Open the write", URL: logURL(w.ID)})
	}
	return nil
}
