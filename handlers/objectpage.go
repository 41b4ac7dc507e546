package handlers

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/rules/settings"
	"tidegate/views"
)

// objectRows is how many fields a page shows at most.
const objectRows = 40

// examplesShown is how many recent records stand beside each field (UX 25).
const examplesShown = 3

// objectTab is the page of one object as it must be shown: what is saved,
// what the form says and what is wrong with it.
type objectTab struct {
	tabState
	object   string
	schema   gateway.Schema
	mappings map[string]gateway.Mapping // as saved
	sources  []mapping.Source
	body     settings.ObjectBody // as saved, or as typed
	base     []byte              // what the form was made from
	money    string              // currency label of the examples
}

// objectTab reads what the address names; an object that takes no part is
// not there.
func (v *visit) objectTab() (objectTab, error) {
	s := objectTab{object: v.Params("object")}
	var err error
	if s.tabState, err = v.tabState(gateway.TabObjects, gateway.OrgScope); err != nil {
		return s, err
	}
	if !slices.Contains(s.settings.Objects.Configurable(), s.object) {
		return s, fiber.ErrNotFound
	}
	if s.schema, err = v.schema(s.object); err != nil {
		return s, err
	}
	if s.mappings, err = v.mappingsOf(s.object); err != nil {
		return s, err
	}
	topics, err := v.ws.Topics(v.UserContext())
	if err != nil {
		return s, err
	}
	kinds, err := v.ws.CustomKinds(v.UserContext())
	if err != nil {
		return s, err
	}
	s.sources, s.money = mapping.Sources(s.object, topics, kinds...), s.settings.Advanced.CurrencyLabel
	s.body = settings.NewObjectBody(s.object, s.settings.Objects, s.mappings)
	if s.base, err = s.body.Encode(); err != nil {
		return s, err
	}
	s.common.Form.URL = withQuery(v.Ctx, map[string]string{"field": ""})
	s.common.Form.Bar = views.SaveBar{Save: "Review changes", DiscardURL: s.common.Form.URL}
	return s, nil
}

// at is how a field stands on the page: as saved, with what the form says.
func (s objectTab) at(field string) (m gateway.Mapping, imported bool) {
	m = s.mappings[field]
	m.Object, m.Field = s.object, field
	f, imported := s.body.Fields[field]
	if !imported {
		return gateway.Mapping{Object: s.object, Field: field}, false
	}
	return f.Onto(m), true
}

// objectPage is the table of one object's fields.
func objectPage(v *visit) error {
	s, err := v.objectTab()
	if err != nil {
		return err
	}
	return v.showObject(s)
}

func (v *visit) showObject(s objectTab) error {
	base := objectURL(s.object)
	head, err := v.objectHead(s)
	if err != nil {
		return err
	}
	p := views.ObjectPage{
		Settings: s.common, Head: head, Gate: s.gate(v.Query("field")), Capability: s.capability(),
		Search:   views.Field{ID: "q", Name: "q", Label: "Find a field", Value: v.Query("q"), Placeholder: "Label or API name", Type: "search"},
		Switches: s.switches(v), Base: []views.Hidden{{Name: baseName, Value: string(s.base)}},
		Empty: views.Empty{
			Icon: views.IconSearch, Title: "No field fits", Text: "Search in all fields, or drop the search.",
			Actions: []views.Action{{Text: "Show all fields", URL: base + "?show=all"}},
		},
	}
	if show := v.Query("show"); show != "" {
		p.Keep = []views.Hidden{{Name: "show", Value: show}}
	}
	if p.Load, err = v.objectLoad(s.object); err != nil {
		return err
	}
	p.Live = views.Live{URL: withQuery(v.Ctx, map[string]string{"part": views.PartLoad})}
	p.Shell.StreamURL, p.Shell.ReloadURL = eventsPath+"?object="+s.object, base
	if p.Advice, err = v.advice(s); err != nil {
		return err
	}
	names, counts := s.chosen(v.Query("show"), v.Query("q"))
	if len(s.body.Fields) == 0 && v.Query("show") == showMapped && v.Query("q") == "" {
		p.Empty = noFields(s)
	}
	p.Parts = partsOf(base, v.Query("show"), counts)
	shown := pageOf(names, v.Query("after"))
	p.FieldsText = number(len(shown)) + " of " + count(len(s.schema.Fields), "field", "fields") + " shown"
	if len(shown) > 0 && shown[len(shown)-1] != names[len(names)-1] {
		p.Pager = views.Pager{Text: p.FieldsText, OlderText: "Next fields", OlderURL: withQuery(v.Ctx, map[string]string{"after": shown[len(shown)-1]})}
	}
	examples, err := v.samples(s)
	if err != nil {
		return err
	}
	for _, name := range shown {
		f, known := s.schema.Field(name)
		if !known {
			p.Fields = append(p.Fields, v.goneLine(s, name))
			continue
		}
		p.Fields = append(p.Fields, v.fieldLine(s, f, examples))
	}
	return answer(v.Ctx, views.Object(p))
}

// noFields is what stands in place of the table while nothing is imported.
func noFields(s objectTab) views.Empty {
	return views.Empty{
		Icon: views.IconDownload, Title: "No field is imported yet",
		Text:    "Import the fields of " + firstLabel(s.schema) + " that you want. Each appears here at once, with its values and its direction.",
		Actions: []views.Action{{Text: "Import Properties", URL: objectURL(s.object) + "/properties", Icon: views.IconDownload, Dialog: true}},
	}
}

func objectURL(object string) string { return settingsBase + "/objects/" + object }

func (v *visit) objectHead(s objectTab) (views.Head, error) {
	h := views.Head{
		Crumb: []views.Link{{Text: "Salesforce settings", URL: settingsBase + "/objects"}, {Text: "Objects", URL: settingsBase + "/objects"}},
		Title: firstLabel(s.schema), Mono: s.object, Kind: squareOf(s.object),
		Lead: "Which fields travel, which way and why.",
	}
	dates, err := v.ws.SchemaDates(v.UserContext())
	if read := dates[s.object].Read; !read.IsZero() {
		h.Aside = "Permissions read " + v.clock().at(read).Text
	}
	added := slices.Contains(s.settings.Objects.Added, s.object)
	if added {
		h.Actions = append(
			h.Actions,
			views.Action{Text: "Records", URL: recordsBase + s.object},
			views.Action{Text: "Remove object", URL: objectURL(s.object) + "/leave", Icon: views.IconCross, Dialog: true},
		)
	}
	h.Actions = append(
		h.Actions,
		views.Action{Text: "Read again", About: " the fields from Salesforce", URL: objectURL(s.object) + "/describe", Post: true, Icon: views.IconAgain},
		views.Action{Text: "Import Properties", URL: objectURL(s.object) + "/properties", Icon: views.IconDownload, Dialog: true},
	)
	return h, err
}

func firstLabel(s gateway.Schema) string {
	if s.Label != "" {
		return s.Label
	}
	return s.Object
}

// The parts of the field list, by the word in the address.
const (
	showMapped   = ""
	showAll      = "all"
	showUnmapped = "unmapped"
	showBroken   = "broken"
	showUnused   = "unused" // reached by the advice alone
)

// chosen returns the fields that a part and a search leave, in describe's
// order, those that Salesforce no longer shows first; counts are of the parts,
// without the search.
func (s objectTab) chosen(show, search string) (names []string, counts map[string]int) {
	counts = map[string]int{}
	search = strings.ToLower(strings.TrimSpace(search))
	unused := s.unused()
	look := func(name, label string) {
		_, mapped := s.body.Fields[name]
		broken := s.mappings[name].Suspended.Cause != ""
		in := map[string]bool{showAll: true, showMapped: mapped, showUnmapped: !mapped, showBroken: mapped && broken, showUnused: slices.Contains(unused, name)}
		for part, is := range in {
			if is {
				counts[part]++
			}
		}
		here := s.body.Fields[name].DisplayName
		if in[show] && strings.Contains(strings.ToLower(label+" "+name+" "+here), search) {
			names = append(names, name)
		}
	}
	for _, m := range suspendedOf(s.mappings) {
		if _, known := s.schema.Field(m.Field); !known {
			look(m.Field, m.Field)
		}
	}
	for _, f := range s.schema.Fields {
		look(f.Name, f.Label)
	}
	return names, counts
}

func partsOf(base, show string, counts map[string]int) views.Segments {
	out := views.Segments{Label: "Fields shown"}
	for _, part := range []struct{ word, text string }{{showMapped, "Mapped"}, {showUnmapped, "Unmapped"}, {showAll, "All"}, {showBroken, "Broken"}} {
		url := base
		if part.word != "" {
			url += "?show=" + part.word
		}
		out.Items = append(out.Items, views.Segment{Text: part.text + " " + number(counts[part.word]), URL: url, Current: show == part.word})
	}
	return out
}

// pageOf returns the names behind one, at most as many as a page shows.
func pageOf(names []string, after string) []string {
	if i := slices.Index(names, after); i >= 0 {
		names = names[i+1:]
	}
	return names[:min(len(names), objectRows)]
}

// switches are those of the object as a whole (AVM-19, STA-08, AVC-22, AVC-30).
func (s objectTab) switches(v *visit) []views.Switch {
	label := firstLabel(s.schema)
	def := gateway.DefaultSettings().Objects
	out := []views.Switch{{
		Name: "switch_writeback", Label: "Sync to Salesforce", On: s.body.Switches.Writeback,
		Effect: "Edits made here are written back to " + label + ". Off: no field of it is written; notes and tasks still are.",
		Meta:   s.meta(v, "writeback."+s.object, onOff(def.Writeback[s.object])),
	}}
	if s.body.Switches.Writeback {
		out[0].Effect = "Writeback is enabled: edits of Editable fields go to " + label + " in Salesforce. Off: no field of it is written; notes and tasks still are."
	}
	if s.object == "Account" {
		out[0].Effect += " Of this hang the accounts that agents make and fill; whether a person’s company becomes an account is said on the Contacts tab."
	}
	if creates(s.object) {
		out = append(out, views.Switch{
			Name: "switch_create_missing", Label: "Create Salesforce Objects for missing Contacts", On: s.body.Switches.CreateMissing,
			Effect: "Where no " + label + " matches, a new one is made. Off: the person stays unlinked.",
			Meta:   s.meta(v, "create_missing."+s.object, onOff(def.CreateMissing[s.object])),
		})
	}
	if s.custom() {
		out = append(out, views.Switch{
			Name: "switch_create_missing", Label: "Create records where none matches", On: s.body.Switches.CreateMissing,
			Effect: "Where no " + label + " is a record of your product's own kind, a new one is made. Off: that record stays here.",
			Meta:   s.meta(v, "create_missing."+s.object, onOff(def.CreateMissing[s.object])),
		})
	}
	if s.object != "Event" && s.object != "Task" {
		out = append(out, views.Switch{
			Name: "switch_update_fields", Label: "Sync updates to Object Fields", On: s.body.Switches.UpdateFields,
			Effect: "Later changes go to mapped fields of linked records. Off: no field of an identified record is written; tasks still are.",
			Meta:   s.meta(v, "update_fields."+s.object, onOff(def.UpdateFields[s.object])),
		})
	}
	return out
}

// creates reports whether people become records of an object.
func creates(object string) bool { return object == "Lead" || object == "Contact" }

// custom reports whether records of the product's own kinds can become records of
// the object.
func (s objectTab) custom() bool {
	return slices.ContainsFunc(s.sources, func(o mapping.Source) bool { return strings.HasPrefix(o.Key, mapping.CustomPrefix) })
}

// gate is the truth table of one field: the asked one, else the first whose
// edit would not be written (UX 28).
func (s objectTab) gate(name string) *views.Gate {
	if name == "" {
		for _, f := range s.schema.Fields {
			if m, ok := s.at(f.Name); ok {
				name = f.Name
				if ok, _, _ := mapping.Writable(s.body.Switches.Writeback, m, f); !ok {
					break
				}
			}
		}
	}
	f, ok := s.schema.Field(name)
	if !ok {
		return nil
	}
	m, _ := s.at(name)
	g := &views.Gate{Field: labelOf(f)}
	if m.Topic != "" {
		s.topicGate(g, m, f)
		return g
	}
	writes, cells, reason := mapping.Writable(s.body.Switches.Writeback, m, f)
	g.Text = reason
	if writes {
		g.Text = "All three hold: an edit of " + labelOf(f) + " here is written to Salesforce."
	}
	g.Rows = gateRows(cells[:])
	return g
}

// capability are the four tests that activities can go to the object instead
// of Lead and Contact (AVC-11 to AVC-15), nil where that is no question.
func (s objectTab) capability() *views.Gate {
	if slices.Contains(gateway.ConfigurableObjects[:], s.object) && s.object != "Account" && s.object != "Opportunity" || s.schema.Label == "" {
		return nil
	}
	ok, cells, reason := mapping.ActivityTarget(s.schema)
	g := &views.Gate{Title: "Can activities go here instead of Leads and Contacts?", Field: firstLabel(s.schema), Text: reason}
	if ok {
		g.Text = "All four hold."
		g.Link = views.Link{Text: "Choose it on the Contacts tab", URL: settingsBase + "/contacts#activity_object"}
	}
	g.Rows = gateRows(cells[:])
	return g
}

// topicGate is the table of a field that a topic is written to (AVM-26).
func (s objectTab) topicGate(g *views.Gate, m gateway.Mapping, f gateway.Field) {
	writes, cells, reason := mapping.TopicWritten(m.Topic, m, f)
	g.Text = reason
	if writes {
		g.Text = "All three hold: the topic is written to " + labelOf(f) + "."
	}
	g.Rows = gateRows(cells[:])
}

func gateRows(cells []mapping.Cell) []views.GateRow {
	var out []views.GateRow
	for _, c := range cells {
		is := "no"
		if c.Pass {
			is = "yes"
		}
		out = append(out, views.GateRow{Condition: c.Question, Needs: "yes", Is: is + ". " + c.Why, OK: c.Pass})
	}
	return out
}
