package handlers

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/store"
	"tidegate/views"
)

// importProperties lists the fields that are not imported yet (AVM-27). What
// was ticked stays ticked while somebody searches on.
func importProperties(v *visit) error {
	s, err := v.objectTab()
	if err != nil {
		return err
	}
	return v.showImport(s, v.askedFor("field"), nil)
}

// askedFor reads all values of a name in the address's query.
func (v *visit) askedFor(name string) []string {
	var out []string
	for _, raw := range v.Request().URI().QueryArgs().PeekMulti(name) {
		out = append(out, plain(string(raw)))
	}
	return out
}

func (v *visit) showImport(s objectTab, ticked []string, refused []views.FieldError) error {
	base := objectURL(s.object)
	label := firstLabel(s.schema)
	search, kind := strings.ToLower(strings.TrimSpace(v.Query("q"))), gateway.FieldType(v.Query("type"))
	examples, err := v.samples(s)
	if err != nil {
		return err
	}
	p := views.ImportPage{
		Shell: v.s.shell(v, "Import Properties", views.NavSettings), URL: base + "/properties", CancelURL: base, Errors: refused,
		Head: views.Head{Title: "Import Properties", Lead: "Fields of " + label + " that are not here yet. They appear in the table at once, with their values."},
		Hint: "A field that is missing here is hidden from the connected user: grant it in Setup, then use “Read again”.",
		Cost: "Their values are here already, so importing costs no API call. Importer: " + v.member.Name + ".",
		Search: views.Field{
			ID: "import-q", Name: "q", Label: "Find a field", Value: v.Query("q"), Placeholder: "Label or API name", Type: "search",
		},
		Empty: views.Empty{Icon: views.IconSearch, Title: "No field fits", Text: "Everything that the connected user can see is imported, or the search leaves nothing."},
	}
	types := []gateway.FieldType{}
	for _, f := range s.schema.Fields {
		if _, imported := s.mappings[f.Name]; imported {
			continue
		}
		if !slices.Contains(types, f.Type) {
			types = append(types, f.Type)
		}
		on := slices.Contains(ticked, f.Name)
		if !on && (kind != "" && f.Type != kind || !strings.Contains(strings.ToLower(f.Label+" "+f.Name), search)) {
			continue
		}
		line := views.ImportLine{
			Label: labelOf(f), APIName: f.Name, Type: typeWords(f), CanEdit: true, Access: "Can edit", Checked: on, Examples: examples.of(f, v.clock(), s.money),
		}
		if _, closed := mapping.ReadOnlyCause(s.schema, f.Name); closed {
			line.CanEdit, line.Access = false, "Read-only: inbound"
		}
		p.Fields = append(p.Fields, line)
	}
	p.Found = count(len(p.Fields), "field", "fields")
	p.Type = typeChoice(types, kind)
	return render(v.Ctx, views.Import(p))
}

func typeChoice(types []gateway.FieldType, chosen gateway.FieldType) views.Select {
	out := views.Select{ID: "import-type", Name: "type", Label: "Type", Options: []views.Option{{Text: "All types", Selected: chosen == ""}}}
	slices.Sort(types)
	for _, t := range types {
		out.Options = append(out.Options, views.Option{Value: string(t), Text: typeWords(gateway.Field{Type: t, Nillable: true}), Selected: t == chosen})
	}
	return out
}

// importFields imports the ticked fields under the admin's name, all of them or
// none. They are in the table with the next page (AVM-28).
func importFields(v *visit) error {
	s, err := v.objectTab()
	if err != nil {
		return err
	}
	v.posted("q") // the search of the same form
	v.posted("type")
	names := v.many("field")
	if len(names) == 0 {
		v.Status(fiber.StatusUnprocessableEntity)
		return v.showImport(s, nil, []views.FieldError{{FieldID: "import-title", Text: "Tick at least one field, then import."}})
	}
	slices.Sort(names)
	names = slices.Compact(names)
	err = v.ws.InTx(v.UserContext(), func(ctx context.Context, tx *store.Tx) error {
		for _, name := range names {
			f, shown := s.schema.Field(name)
			if !shown {
				return gateway.InvalidField("field", "%s has no field %s that the connected user can see. Use “Read again”, then import.", s.object, name)
			}
			m := gateway.Mapping{Object: s.object, Field: name, Imported: true, By: v.member.Name, At: v.s.Now(), FieldType: f.Type}
			if err := tx.ReplaceMapping(ctx, m); err != nil {
				return err
			}
		}
		return tx.Audit(ctx, gateway.AuditEntry{
			At: v.s.Now(), By: v.member.Name, IP: v.IP(), What: "imported fields of " + s.object, Target: s.object, After: strings.Join(names, ", "),
		})
	})
	if gateway.CodeOf(err) == gateway.CodeConflict && err != nil {
		return gateway.Errorf(gateway.CodeConflict, "Somebody imported one of these fields in the same moment. Open Import Properties again: it lists what is left.")
	}
	if err != nil {
		return err
	}
	return v.Redirect(objectURL(s.object)+"?saved=fields", fiber.StatusSeeOther)
}

// askRemove says what removing an imported field does.
func askRemove(v *visit) error {
	s, m, err := v.mappedField()
	if err != nil {
		return err
	}
	label := labelOf(fieldOf(s.schema, m.Field))
	p := views.ConfirmPage{
		Shell: v.s.shell(v, "Remove a field", views.NavSettings),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Salesforce settings", URL: settingsBase + "/objects"}, {Text: s.object, URL: objectURL(s.object)}},
			Title: "Remove " + label, Lead: "It leaves the table of " + firstLabel(s.schema) + ".",
		},
		Effects: []string{"Nobody can edit it here, and no topic or property is written to it.", "It is no longer shown on the pages of records, unless it is one of the usual fields."},
		Kept:    []string{"Nothing changes in Salesforce.", "Its values stay in the mirror, so importing it again brings them back at once.", "What waits in the outbox is still written."},
		Form:    views.Form{URL: objectURL(s.object) + "/remove?" + url.Values{"field": {m.Field}}.Encode()},
		Action:  views.Action{Text: "Remove " + label, Style: views.Primary},
		Cancel:  views.Link{Text: "Keep it", URL: objectURL(s.object)},
	}
	return render(v.Ctx, views.Confirm(p))
}

// removeField takes a field out of the mapping, if nobody changed it since.
func removeField(v *visit) error {
	s, m, err := v.mappedField()
	if err != nil {
		return err
	}
	err = v.ws.InTx(v.UserContext(), func(ctx context.Context, tx *store.Tx) error {
		if err := tx.RemoveMapping(ctx, s.object, m.Field, m.Revision); err != nil {
			return err
		}
		return tx.Audit(ctx, gateway.AuditEntry{
			At: v.s.Now(), By: v.member.Name, IP: v.IP(), What: "removed the field " + m.Field + " of " + s.object, Target: s.object, Before: m.Field,
		})
	})
	if err != nil {
		return err
	}
	return v.Redirect(objectURL(s.object)+"?saved=field-removed", fiber.StatusSeeOther)
}

// mappedField is the imported field that an address names.
func (v *visit) mappedField() (objectTab, gateway.Mapping, error) {
	s, err := v.objectTab()
	if err != nil {
		return s, gateway.Mapping{}, err
	}
	m, known := s.mappings[v.Query("field")]
	if !known {
		return s, m, fiber.ErrNotFound
	}
	return s, m, nil
}

// whyFieldReadOnly tells the cause in Salesforce for which a field cannot be
// written, and what to click there (AVM-56).
func whyFieldReadOnly(v *visit) error {
	s, err := v.objectTab()
	if err != nil {
		return err
	}
	name := v.Query("field")
	if _, shown := s.schema.Field(name); !shown && s.mappings[name].Field == "" {
		return fiber.ErrNotFound
	}
	label := labelOf(fieldOf(s.schema, name))
	cells, cause := mapping.ReadOnlyTests(s.schema, name)
	text, sources, elsewhere := v.whatGives(s, name, cause)
	p := views.ListPage{
		Head: views.Head{
			Title: label + " is read-only in Salesforce", Lead: cause.Text,
		},
		Caption: "What decides whether " + label + " can be written in Salesforce",
		Columns: []views.Column{{Text: "Question"}, {Text: "Holds"}, {Text: "Why"}},
		Rows:    cellRows(append(cells, sources...)),
		Pager:   views.Pager{Text: elsewhere},
	}
	switch {
	case cause.Kind == "":
		p.Head.Title, p.Head.Lead = label+" can be written in Salesforce", "All four hold for the connected user."
	case cause.Setup != "":
		p.Head.Lead += " What is missing: " + cause.Permission + ". In Salesforce: " + cause.Setup
		if c, err := v.ws.Connection(v.UserContext()); err == nil && c.InstanceURL != "" {
			p.Head.Link = views.Link{Text: "Open Setup", URL: c.InstanceURL + cause.SetupPath, External: true}
		}
	}
	p.Head.Lead = strings.TrimSpace(p.Head.Lead + " " + text)
	if v.admin() { // a rep comes from a record
		p.Head.Crumb = []views.Link{{Text: "Salesforce settings", URL: settingsBase + "/objects"}, {Text: firstLabel(s.schema), URL: objectURL(s.object)}}
		p.Head.Actions = []views.Action{
			{Text: "Back to the fields", URL: objectURL(s.object)},
			{Text: "Read again", URL: objectURL(s.object) + "/describe", Post: true, Icon: views.IconAgain},
		}
	}
	p.Shell = v.s.shell(v, p.Head.Title, views.NavSettings)
	return render(v.Ctx, views.List(p))
}

// cellRows are the conditions of a truth table as rows of a list.
func cellRows(cells []mapping.Cell) []views.Row {
	var rows []views.Row
	for _, cell := range cells {
		holds := views.Chip{Tone: views.Bad, Icon: views.IconCross, Text: "No"}
		if cell.Pass {
			holds = views.Chip{Tone: views.Good, Icon: views.IconCheck, Text: "Yes"}
		}
		rows = append(rows, views.Row{Cells: []views.Cell{{Text: cell.Question}, {Chip: holds}, {Text: cell.Why}}})
	}
	return rows
}
