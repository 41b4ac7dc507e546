package handlers

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/rules/settings"
	"tidegate/views"
)

const mappingsURL = settingsBase + "/mappings"

// mappedLine is one mapped field of the whole workspace, with what is wrong
// with it.
type mappedLine struct {
	gateway.Mapping
	label, source, direction, why, problem string
}

// mappedLines lists every mapped field of every object that takes part
// (DEM-29), in the order of the tab.
func (v *visit) mappedLines() ([]mappedLine, error) {
	org, err := v.ws.Settings(v.UserContext(), gateway.OrgScope)
	if err != nil {
		return nil, err
	}
	in, err := settings.Effective(org, nil)
	if err != nil {
		return nil, err
	}
	topics, err := v.ws.Topics(v.UserContext())
	if err != nil {
		return nil, err
	}
	kinds, err := v.ws.CustomKinds(v.UserContext())
	if err != nil {
		return nil, err
	}
	var out []mappedLine
	for _, object := range in.Objects.Configurable() {
		schema, err := v.schema(object)
		if err != nil {
			return nil, err
		}
		rows, err := v.ws.Mappings(v.UserContext(), object)
		if err != nil {
			return nil, err
		}
		sources := mapping.Sources(object, topics, kinds...)
		for _, m := range rows {
			f := fieldOf(schema, m.Field)
			direction, why := mapping.Direction(f, m)
			out = append(out, mappedLine{
				m, labelOf(f), settings.SourceWords(mapping.SourceOf(m), sources), settings.DirectionWords[direction], why, mapping.Audit(schema, m, sources),
			})
		}
	}
	return out, nil
}

// mappingList shows which fields are mapped, and those whose Salesforce field
// changed, vanished or lost its permission (AVM-58, DEM-29).
func mappingList(v *visit) error {
	lines, err := v.mappedLines()
	if err != nil {
		return err
	}
	broken := 0
	p := views.ListPage{
		Shell: v.s.shell(v, "Mapped fields", views.NavSettings),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Salesforce settings", URL: settingsBase + "/objects"}, {Text: "Objects", URL: settingsBase + "/objects"}},
			Title: "Mapped fields", Actions: []views.Action{{Text: "Export as CSV", URL: mappingsURL + "/export", Icon: views.IconDownload, Post: true}},
		},
		Caption: "Every mapped Salesforce field",
		Columns: []views.Column{{Text: "Salesforce Property"}, {Text: "Product Property"}, {Text: "Sync Direction"}, {Text: "Imported by", Wide: true}, {Text: "State"}},
		Empty:   views.Empty{Icon: views.IconSearch, Title: "Nothing is mapped yet", Text: "Open an object and import its properties.", Actions: []views.Action{{Text: "Open Objects", URL: settingsBase + "/objects"}}},
	}
	only := v.Query("show") == showBroken
	for _, l := range lines {
		state := views.Cell{Chip: views.StateChip(views.StateOK)}
		if l.problem != "" {
			broken++
			state = views.Cell{Chip: views.Chip{Tone: views.Attention, Icon: views.IconWarning, Text: "Look at it"}, Second: l.problem}
		}
		if only && l.problem == "" {
			continue
		}
		to := objectURL(l.Object) + "?" + url.Values{"show": {showAll}, "q": {l.Field}}.Encode()
		p.Rows = append(p.Rows, views.Row{Cells: []views.Cell{
			{Kind: squareOf(l.Object), Text: l.label, Second: l.Object + "." + l.Field, URL: to},
			{Text: l.source},
			{Text: l.direction, Second: l.why},
			{Text: orSystem(l.By), Second: v.clock().full(l.At).Text},
			state,
		}})
	}
	p.Head.Lead = count(len(lines), "field is mapped", "fields are mapped") + "; " + count(broken, "needs a look", "need a look") + ": their Salesforce field changed, vanished or lost a permission."
	p.Filter = views.Filter{URL: mappingsURL, Selects: []views.Select{{Name: "show", Label: "Shown", Options: choose(v.Query("show"), "", "All mapped fields", showBroken, "Those that need a look")}}}
	return render(v.Ctx, views.List(p))
}

// exportMappings gives the same list as a file.
func exportMappings(v *visit) error {
	lines, err := v.mappedLines()
	if err != nil {
		return err
	}
	rows := [][]string{{"object", "field", "label", "display_name", "product_property", "direction", "write_mode", "conflict_winner", "editable", "default", "imported_by", "problem"}}
	for _, l := range lines {
		rows = append(rows, []string{
			l.Object, l.Field, l.label, l.DisplayName, l.source, l.direction, settings.ModeWords[mapping.Mode(l.Field, l.Mapping)], settings.WinnerWords[l.Winner],
			onOff(l.Editable), l.Default, orSystem(l.By), l.problem,
		})
	}
	body, err := safeCSV(rows)
	if err != nil {
		return err
	}
	v.s.audit(v, "exported the list of mapped fields", gateway.OrgScope)
	v.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	v.Set(fiber.HeaderContentDisposition, `attachment; filename="tidegate-mapped-fields.csv"`)
	return v.Send(body)
}

// advice points out what an admin should look at on an object's page: fields
// that nothing uses, with what they cost (UX 29, DEM-22), and conflicts that
// nobody has decided (DEM-17).
func (v *visit) advice(s objectTab) ([]views.TextCard, error) {
	var out []views.TextCard
	var rows []gateway.Mapping
	for _, f := range s.schema.Fields {
		if m, ok := s.mappings[f.Name]; ok {
			rows = append(rows, m)
		}
	}
	if unused := s.unused(); len(unused) > 0 {
		changes, err := v.ws.FieldChanges(v.UserContext(), s.object, v.s.Now().AddDate(0, 0, -30))
		if err != nil {
			return nil, err
		}
		n := 0
		for _, name := range unused {
			n += changes[name]
		}
		out = append(out, views.TextCard{
			Title: count(len(unused), "mapped field is used by nothing", "mapped fields are used by nothing"),
			Text:  "No property fills it, nobody may edit it and no setting needs it: " + list(unused) + ". In 30 days that brought " + count(n, "change", "changes") + " and one more line each to look through.",
			Link:  views.Link{Text: "Review them", URL: objectURL(s.object) + "?show=" + showUnused},
		})
	}
	if open := mapping.Undecided(s.schema, rows, s.settings.Advanced.Conflicts); len(open) > 0 {
		out = append(out, views.TextCard{
			Title: "Nobody has chosen who wins",
			Text:  count(len(open), "field travels", "fields travel") + " both ways: " + list(open) + ". Until somebody decides, the most recent value wins. Decide once per kind of data, or for one field in its line.",
			Link:  views.Link{Text: "Decide in six short steps", URL: WinnersURL},
		})
	}
	return out, nil
}

// unused are the imported fields of which nothing makes use.
func (s objectTab) unused() []string {
	named := map[string]bool{"Name": true}
	k, _ := kindOf(s.object)
	for _, names := range [][]string{k.facts, k.details, k.columns, k.key} {
		for _, name := range names {
			named[name] = true
		}
	}
	a, c := s.settings.Advanced, s.settings.Contacts
	for _, name := range []string{a.AmountField, a.CloseDateField, c.AccountMatchField, a.PurposeField.Event, a.PurposeField.Task, a.OutcomeField.Event, a.OutcomeField.Task} {
		named[name] = true
	}
	for _, step := range c.Chain {
		named[step.Field] = true
	}
	var out []string
	for _, f := range s.schema.Fields {
		if m, ok := s.mappings[f.Name]; ok && mapping.Unused(m, named) {
			out = append(out, f.Name)
		}
	}
	return out
}
