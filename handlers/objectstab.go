package handlers

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/views"
)

// configurable are the objects of the Objects tab (AVM-19), in its order.
var configurable = []string{"Opportunity", "Lead", "Contact", "Account", "Event", "Task"}

func readObjects(v *visit, t *tabState) {
	writeback := maps.Clone(t.settings.Objects.Writeback)
	for _, object := range configurable {
		on := writeback[object]
		v.flip("writeback_"+object, &on)
		writeback[object] = on
	}
	t.settings.Objects.Writeback = writeback
}

func showObjects(v *visit, t tabState) (templ.Component, error) {
	p := views.ObjectsPage{Settings: t.common, Empty: views.Empty{
		Icon: views.IconPlug, Title: "The objects appear with the first connect", Text: "Their fields are read from your org then.",
		Actions: connectActions(v),
	}}
	statuses, err := v.ws.ObjectStatuses(v.UserContext())
	if err != nil {
		return nil, err
	}
	polled := map[string]bool{}
	for _, s := range statuses {
		polled[s.Object] = s.Transport == "poll"
	}
	notice, suspended, err := v.suspendedNotice()
	if err != nil {
		return nil, err
	}
	p.Broken = notice
	for _, object := range configurable {
		line, err := v.objectLine(t, object)
		if err != nil {
			return nil, err
		}
		if n := suspended[object]; n > 0 {
			line.State, line.MappedDetail = views.Chip{Tone: views.Attention, Icon: views.IconWarning, Text: "Partly suspended"}, count(n, "field suspended", "fields suspended")
		}
		if polled[object] {
			line.Transport, line.Polled = "Poll", true
		}
		p.Objects = append(p.Objects, line)
	}
	return views.Objects(p), nil
}

func (v *visit) objectLine(t tabState, object string) (views.ObjectLine, error) {
	schema, err := v.schema(object)
	if err != nil {
		return views.ObjectLine{}, err
	}
	mappings, err := v.mappingsOf(object)
	if err != nil {
		return views.ObjectLine{}, err
	}
	in, out := 0, 0
	for _, f := range schema.Fields {
		m, imported := mappings[f.Name]
		if !imported {
			continue
		}
		switch direction, _ := mapping.Direction(f, m); direction {
		case mapping.Inbound:
			in++
		case mapping.Outbound:
			out++
		default:
			in++
			out++
		}
	}
	label := object
	if schema.Label != "" {
		label = schema.Label
	}
	on := onOff(gateway.DefaultSettings().Objects.Writeback[object])
	changedBy, changedAt := "", "Default: "+on+"."
	if c, ok := t.changes["writeback."+object]; ok {
		changedBy, changedAt = c.By, v.clock().full(c.At).Text+". "+changedAt
	}
	return views.ObjectLine{
		ChangedBy: changedBy, ChangedAt: changedAt,
		Kind: squareOf(object), Label: label, APIName: object, URL: settingsBase + "/objects/" + object, Transport: "Stream",
		Mapped: fmt.Sprintf("%d of %d", len(mappings), len(schema.Fields)), In: number(in), Out: number(out),
		State: views.StateChip(views.StateOK),
		Sync: views.Switch{
			ID: "writeback_" + object, Name: "writeback_" + object, Label: "Sync to Salesforce", On: t.settings.Objects.Writeback[object],
			Locked: t.locked, Meta: t.meta(v, "writeback."+object, on),
			Effect: "Edits of " + label + " fields that are Editable are written to Salesforce.",
		},
	}, nil
}

// objectPage is the table of one object's fields.
func objectPage(v *visit) error {
	object := v.Params("object")
	if !slices.Contains(configurable, object) {
		return fiber.ErrNotFound
	}
	t, err := v.tabState(gateway.TabObjects, gateway.OrgScope)
	if err != nil {
		return err
	}
	schema, err := v.schema(object)
	if err != nil {
		return err
	}
	mappings, err := v.mappingsOf(object)
	if err != nil {
		return err
	}
	base := settingsBase + "/objects/" + object
	t.common.Form.URL = base
	t.common.Form.Bar = views.SaveBar{Save: "Save changes", DiscardURL: base}
	search, part := strings.ToLower(strings.TrimSpace(v.Query("q"))), v.Query("show")
	suspended := suspendedOf(mappings)
	p := views.ObjectPage{
		Settings: t.common,
		Head: views.Head{
			Crumb: []views.Link{{Text: "Salesforce settings", URL: settingsBase + "/objects"}, {Text: "Objects", URL: settingsBase + "/objects"}},
			Title: firstLabel(schema), Mono: object, Kind: squareOf(object),
			Lead: "Which fields travel, which way and why.",
		},
		Gate:   v.gate(t, schema, mappings),
		Search: views.Field{ID: "q", Name: "q", Label: "Field", Value: v.Query("q"), Placeholder: "Label or API name", Type: "search"},
		Parts: views.Segments{Label: "Fields shown", Items: []views.Segment{
			{Text: "Mapped " + number(len(mappings)), URL: base, Current: part == ""},
			{Text: "All " + number(len(schema.Fields)), URL: base + "?show=all", Current: part == "all"},
			{Text: "Suspended " + number(len(suspended)), URL: base + "?show=broken", Current: part == "broken"},
		}},
		FieldsText: "Editable lets people change a field here; whether the edit reaches Salesforce follows the three conditions above.",
		Empty: views.Empty{
			Icon: views.IconSearch, Title: "No field fits", Text: "Search in all fields, or drop the search.",
			Actions: []views.Action{{Text: "Show all fields", URL: base + "?show=all"}},
		},
	}
	if p.Load, err = v.objectLoad(object); err != nil {
		return err
	}
	p.Live = views.Live{URL: withQuery(v.Ctx, map[string]string{"part": views.PartLoad})}
	p.Shell.StreamURL, p.Shell.ReloadURL = eventsPath+"?object="+object, base
	if part != "" {
		p.Keep = []views.Hidden{{Name: "show", Value: part}}
	}
	if v.admin() {
		p.Head.Actions = []views.Action{{Text: "Read again from Salesforce", URL: base + "/describe", Post: true, Icon: views.IconAgain}}
	}
	for _, m := range suspended {
		if _, shown := schema.Field(m.Field); !shown && strings.Contains(strings.ToLower(m.Field), search) {
			p.Fields = append(p.Fields, v.goneLine(m))
		}
	}
	for _, f := range schema.Fields {
		m, imported := mappings[f.Name]
		if part == "broken" && m.Suspended.Cause == "" {
			continue
		}
		if (!imported && part != "all") || !strings.Contains(strings.ToLower(f.Label+" "+f.Name), search) {
			continue
		}
		m.Object, m.Field = object, f.Name
		p.Fields = append(p.Fields, v.fieldLine(t, f, m, imported))
	}
	return answer(v.Ctx, views.Object(p))
}

func firstLabel(s gateway.Schema) string {
	if s.Label != "" {
		return s.Label
	}
	return s.Object
}

var directionKeys = map[string]string{
	mapping.Inbound: views.DirectionIn, mapping.Outbound: views.DirectionOut, mapping.Bidirectional: views.DirectionBoth,
}

func (v *visit) fieldLine(t tabState, f gateway.Field, m gateway.Mapping, imported bool) views.FieldLine {
	direction, why := mapping.Direction(f, m)
	line := views.FieldLine{
		ID: f.Name, Label: labelOf(f), APIName: f.Name, Type: typeWords(f),
		ProductText: "Not mapped", Direction: directionKeys[direction], Why: why,
		CanEdit: f.Updateable, Access: "Read-only",
	}
	if f.Updateable {
		line.Access = "Can edit"
	}
	if imported {
		line.ImportedBy, line.ImportedAt = orSystem(m.By), v.clock().full(m.At).Text
	}
	v.suspendLine(&line, m)
	switch {
	case !f.Updateable || f.Calculated:
		line.EditableText = "Not possible"
	case t.locked != "":
		line.EditableText = onOff(m.Editable)
	default:
		line.Editable = &views.Switch{ID: "editable_" + f.Name, Name: "editable_" + f.Name, Label: "Editable", On: m.Editable}
	}
	return line
}

func orSystem(name string) string {
	if name == "" {
		return "Default mapping"
	}
	return name
}

func typeWords(f gateway.Field) string {
	if f.Length > 0 {
		return fmt.Sprintf("%s (%d)", f.Type, f.Length)
	}
	return string(f.Type)
}

// gate is the truth table of one field: the asked one, else the first whose
// edit would not be written.
func (v *visit) gate(t tabState, schema gateway.Schema, mappings map[string]gateway.Mapping) *views.Gate {
	name := v.Query("field")
	if name == "" {
		for _, f := range schema.Fields {
			if m, ok := mappings[f.Name]; ok {
				name = f.Name
				if ok, _, _ := mapping.Writable(t.settings.Objects.Writeback[schema.Object], m, f); !ok {
					break
				}
			}
		}
	}
	f, ok := schema.Field(name)
	if !ok {
		return nil
	}
	m := mappings[name]
	m.Object, m.Field = schema.Object, name
	writes, cells, reason := mapping.Writable(t.settings.Objects.Writeback[schema.Object], m, f)
	g := &views.Gate{Field: labelOf(f), Text: reason}
	if writes {
		g.Text = "All three hold: an edit of " + labelOf(f) + " here is written to Salesforce."
	}
	for _, c := range cells {
		is := "no"
		if c.Pass {
			is = "yes"
		}
		g.Rows = append(g.Rows, views.GateRow{Condition: c.Question, Needs: "yes", Is: is + ". " + c.Why, OK: c.Pass})
	}
	return g
}

// saveObject saves the Editable switches of one object's fields.
func saveObject(v *visit) error {
	object := v.Params("object")
	if !slices.Contains(configurable, object) {
		return fiber.ErrNotFound
	}
	schema, err := v.schema(object)
	if err != nil {
		return err
	}
	mappings, err := v.mappingsOf(object)
	if err != nil {
		return err
	}
	changed := []string{}
	for _, f := range schema.Fields {
		if !f.Updateable || f.Calculated {
			continue // the page has no switch for it
		}
		m, imported := mappings[f.Name]
		on := m.Editable
		v.flip("editable_"+f.Name, &on)
		if m.Editable == on {
			continue
		}
		m.Object, m.Field, m.Editable = object, f.Name, on
		if !imported {
			m.Imported, m.By, m.At = true, v.member.Name, v.s.Now()
		}
		if err := v.ws.SaveMapping(v.UserContext(), m); err != nil {
			return err
		}
		changed = append(changed, f.Name+" "+strconv.FormatBool(m.Editable))
	}
	if len(changed) > 0 {
		v.s.audit(v, "changed Editable of "+object+" fields: "+strings.Join(changed, ", "), object)
	}
	return v.Redirect(settingsBase+"/objects/"+object+"?saved=settings", fiber.StatusSeeOther)
}
