package handlers

import (
	"cmp"
	"net/url"
	"slices"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/views"
)

// suspendedOf are the mappings of an object that stand still, by field.
func suspendedOf(mappings map[string]gateway.Mapping) []gateway.Mapping {
	var out []gateway.Mapping
	for _, m := range mappings {
		if m.Suspended.Cause != "" {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b gateway.Mapping) int {
		if a.Field < b.Field {
			return -1
		}
		return 1
	})
	return out
}

// suspendLine says on a field's line that its mapping stands still, since when,
// why and what to do.
func (v *visit) suspendLine(line *views.FieldLine, m gateway.Mapping) {
	if m.Suspended.Cause == "" {
		return
	}
	line.Broken = "Suspended since " + v.clock().full(m.Suspended.At).Text + ". " + m.Suspended.Why
	line.Direction, line.Why = views.DirectionNone, "Suspended; the other fields go on."
	if m.Suspended.Cause == mapping.CauseRetyped {
		line.BrokenLink = views.Link{Text: "Import " + m.Field + " again", URL: importURL(m)}
	}
}

func importURL(m gateway.Mapping) string {
	return settingsBase + "/objects/" + m.Object + "/import?" + url.Values{"field": {m.Field}}.Encode()
}

// goneLine is the line of a mapped field that describe does not show.
func (v *visit) goneLine(s objectTab, field string) views.FieldLine {
	m := s.mappings[field]
	line := views.FieldLine{
		ID: m.Field, Label: m.Field, APIName: m.Field, Type: string(m.FieldType), ProductText: "Not mapped",
		Access: "Not shown by Salesforce", EditableText: "Not possible",
		WhyURL:     objectURL(s.object) + "/why?" + url.Values{"field": {m.Field}}.Encode(),
		ImportedBy: orSystem(m.By), ImportedAt: v.clock().full(m.At).Text,
	}
	v.suspendLine(&line, m)
	return line
}

// suspendedNotice tells on the list of objects which mappings stand still.
func (v *visit) suspendedNotice() (views.Notice, map[string]int, error) {
	all, err := v.ws.SuspendedMappings(v.UserContext())
	if err != nil || len(all) == 0 {
		return views.Notice{}, nil, err
	}
	byObject := map[string]int{}
	names := make([]string, 0, len(all))
	for _, m := range all {
		byObject[m.Object]++
		names = append(names, m.Object+"."+m.Field)
	}
	return views.Notice{
		Tone: views.Attention, Icon: views.IconWarning, Strong: count(len(all), "mapping is suspended.", "mappings are suspended."),
		Text: "Its Salesforce field changed: " + list(names) + ". All other fields go on.",
		Link: views.Link{Text: "See why", URL: settingsBase + "/objects/" + all[0].Object + "?show=broken"},
	}, byObject, nil
}

// describeAgain reads an object's describe, so that permissions, directions and
// suspensions are those of now (AVM-57).
func describeAgain(v *visit) error {
	object := v.Params("object")
	if known, err := v.configurable(object); err != nil || !known {
		return cmp.Or(err, error(fiber.ErrNotFound))
	}
	if err := v.s.Org.RefreshSchema(v.UserContext(), v.member.Workspace, object); err != nil {
		return err
	}
	v.s.rights.forget(v.member.Workspace, object)
	v.s.audit(v, "read the fields of "+object+" again", object)
	return v.Redirect(settingsBase+"/objects/"+object+"?saved=described", fiber.StatusSeeOther)
}

// suspendedField returns the suspended mapping that an address names, and what
// describe shows of its field.
func (v *visit) suspendedField() (gateway.Mapping, gateway.Schema, error) {
	object := v.Params("object")
	if known, err := v.configurable(object); err != nil || !known {
		return gateway.Mapping{}, gateway.Schema{}, cmp.Or(err, error(fiber.ErrNotFound))
	}
	mappings, err := v.mappingsOf(object)
	if err != nil {
		return gateway.Mapping{}, gateway.Schema{}, err
	}
	m, known := mappings[v.Query("field")]
	if !known {
		return m, gateway.Schema{}, fiber.ErrNotFound
	}
	schema, err := v.schema(object)
	return m, schema, err
}

// askImport says what importing a field again would do.
func askImport(v *visit) error {
	m, schema, err := v.suspendedField()
	if err != nil {
		return err
	}
	back := settingsBase + "/objects/" + m.Object + "?show=broken"
	f, shown := schema.Field(m.Field)
	p := views.ConfirmPage{
		Shell: v.s.shell(v, "Import a field again", views.NavSettings),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Salesforce settings", URL: settingsBase + "/objects"}, {Text: m.Object, URL: settingsBase + "/objects/" + m.Object}},
			Title: "Import " + m.Field + " again", Lead: m.Suspended.Why,
		},
		Kept:   []string{"Who may edit it, its topic and its conflict rule stay as they are."},
		Form:   views.Form{URL: importURL(m)},
		Action: views.Action{Text: "Import again", Style: views.Primary},
		Cancel: views.Link{Text: "Leave it suspended", URL: back},
	}
	if shown {
		p.Effects = []string{"Its type here becomes " + typeWords(f) + ".", "It goes on from now in the direction that its permissions allow."}
	} else {
		p.Effects = []string{"Salesforce is asked for the field again. While it does not show it, the mapping stays suspended."}
	}
	return render(v.Ctx, views.Confirm(p))
}

// importAgain takes a field as Salesforce shows it now.
func importAgain(v *visit) error {
	m, _, err := v.suspendedField()
	if err != nil {
		return err
	}
	if err := v.s.Org.RefreshSchema(v.UserContext(), v.member.Workspace, m.Object); err != nil {
		return err
	}
	m, schema, err := v.suspendedField() // the new describe may have settled it
	if err != nil {
		return err
	}
	if _, shown := schema.Field(m.Field); !shown {
		return gateway.Errorf(gateway.CodeConflict, "Salesforce still does not show %s to the connected user. Restore it there or give the user access, then import it again.", m.Field)
	}
	m = mapping.Reimport(m, schema, v.member.Name, v.s.Now())
	if err := v.ws.ImportMapping(v.UserContext(), m); err != nil {
		return err
	}
	v.s.audit(v, "imported the field "+m.Field+" again", m.Object)
	return v.Redirect(settingsBase+"/objects/"+m.Object+"?saved=imported", fiber.StatusSeeOther)
}
