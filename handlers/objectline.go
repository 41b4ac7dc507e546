package handlers

import (
	"fmt"
	"net/url"
	"slices"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/rules/settings"
	"tidegate/views"
)

// The controls of a field's line are named by these and the field.
const (
	productName   = "product_"
	directionName = "direction_"
	modeName      = "mode_"
	winnerName    = "winner_"
	editableName  = "editable_"
	displayName   = "display_"
	defaultName   = "default_"
	targetName    = "target_"
)

var directionKeys = map[string]string{
	mapping.Inbound: views.DirectionIn, mapping.Outbound: views.DirectionOut, mapping.Bidirectional: views.DirectionBoth,
}

// fieldLine is the line of one field that describe shows.
func (v *visit) fieldLine(s objectTab, f gateway.Field, examples samples) views.FieldLine {
	m, imported := s.at(f.Name)
	direction, why := mapping.Direction(f, m)
	line := views.FieldLine{
		ID: f.Name, Label: labelOf(f), APIName: f.Name, Type: typeWords(f), Help: f.Help,
		Direction: directionKeys[direction], Why: why, CanEdit: f.Updateable, Access: "Can edit",
		Changed: s.body.Fields[f.Name] != s.savedField(f.Name),
	}
	if m.DisplayName != "" {
		line.Label = m.DisplayName
		line.Type = labelOf(f) + " in Salesforce. " + line.Type
	}
	if _, closed := mapping.ReadOnlyCause(s.schema, f.Name); closed {
		line.CanEdit, line.Access = false, "Read-only"
		line.WhyURL = objectURL(s.object) + "/why?" + url.Values{"field": {f.Name}}.Encode()
	}
	if imported {
		line.ImportedBy, line.ImportedAt = orSystem(m.By), v.clock().full(m.At).Text
		if m.At.IsZero() { // chosen in this form, not saved yet
			line.ImportedBy, line.ImportedAt = "Not imported yet", ""
		}
	}
	v.productCell(&line, s, f, m)
	v.ruleCells(&line, s, f, m)
	v.moreCell(&line, s, f, m, imported)
	v.suspendLine(&line, m)
	line.Examples = examples.of(f, v.clock(), s.money)
	return line
}

// savedField is what is saved of a field, the zero value while it is not
// imported.
func (s objectTab) savedField(name string) settings.BodyField {
	if m, ok := s.mappings[name]; ok {
		return settings.NewBodyField(m)
	}
	return settings.BodyField{}
}

// productCell is the list of what can fill the field, or why nothing can.
func (v *visit) productCell(line *views.FieldLine, s objectTab, f gateway.Field, m gateway.Mapping) {
	offered := mapping.Offered(f, s.sources)
	key := mapping.SourceOf(m)
	switch {
	case f.Calculated:
		line.ProductText = "Formula fields take no value"
	case !line.CanEdit && key == "":
		line.ProductText = "Read-only fields take no value"
	case len(s.sources) == 0 && key == "":
		line.ProductText = "Written by edits alone"
	case len(offered) == 0 && key == "":
		line.ProductText = "Nothing here fits its type"
	}
	if line.ProductText != "" {
		return
	}
	options := []views.Option{{Text: "Not mapped", Selected: key == ""}}
	found := key == ""
	for _, source := range offered {
		options = append(options, views.Option{Value: source.Key, Text: source.Label, Group: source.Group, Selected: source.Key == key})
		if source.Key == key {
			found = true
			_, line.Warning = mapping.Takes(f, source.Kind)
			if m.Source != "" && !m.Editable {
				line.Warning = "Nothing is written while Editable is off. " + line.Warning
			}
		}
	}
	if !found { // what is saved must not be lost by opening the form
		options = append(options, views.Option{Value: key, Text: settings.ObjectWords("product", `"`+key+`"`, s.sources) + " (not offered any more)", Selected: true})
	}
	line.Product = &views.Select{
		ID: productName + f.Name, Name: productName + f.Name, Label: "Product Property of " + line.Label, Small: true,
		Options: options, Error: s.errors[productName+f.Name],
	}
}

// ruleCells are Editable, the write mode and the conflict winner. A control
// that could have no effect is text.
func (v *visit) ruleCells(line *views.FieldLine, s objectTab, f gateway.Field, m gateway.Mapping) {
	if !line.CanEdit {
		line.EditableText, line.RulesText = "Not possible", "Never written, so no conflict is possible"
		return
	}
	line.Editable = &views.Switch{ID: editableName + f.Name, Name: editableName + f.Name, Label: line.Label + ", editable", On: m.Editable}
	line.Mode = &views.Select{
		ID: modeName + f.Name, Name: modeName + f.Name, Label: "Write mode of " + line.Label, Small: true, Error: s.errors[modeName+f.Name],
		Options: modeOptions(f.Name, m),
	}
	line.Winner = &views.Select{
		ID: winnerName + f.Name, Name: winnerName + f.Name, Label: "Conflict winner of " + line.Label, Small: true, Error: s.errors[winnerName+f.Name],
		Options: choose(string(m.Winner), "", "By kind of data", string(gateway.WinnerSalesforce), "Salesforce wins", string(gateway.WinnerProduct), "Product wins",
			string(gateway.WinnerRecent), "Most recent wins", string(gateway.WinnerAsk), "Ask a person"),
	}
}

// modeOptions lists the write modes, the one of the rules first: choosing
// nothing and choosing it are the same.
func modeOptions(field string, m gateway.Mapping) []views.Option {
	chosen := m.WriteMode
	m.WriteMode = ""
	standard := mapping.Mode(field, m)
	out := []views.Option{{Text: settings.ModeWords[standard], Selected: chosen == "" || chosen == standard}}
	for _, mode := range [...]string{mapping.Overwrite, mapping.Fill, mapping.Append, mapping.Never} {
		if mode != standard {
			out = append(out, views.Option{Value: mode, Text: settings.ModeWords[mode], Selected: mode == chosen})
		}
	}
	return out
}

// moreCell are the rare choices, folded away.
func (v *visit) moreCell(line *views.FieldLine, s objectTab, f gateway.Field, m gateway.Mapping, imported bool) {
	if line.CanEdit {
		line.MoreSelects = []views.Select{{
			ID: directionName + f.Name, Name: directionName + f.Name, Label: "Sync Direction", Error: s.errors[directionName+f.Name],
			Options: choose(m.Direction, "", "By the rules", mapping.Inbound, "Inbound", mapping.Outbound, "Outbound", mapping.Bidirectional, "Bidirectional"),
		}}
	}
	line.More = []views.Field{{
		ID: displayName + f.Name, Name: displayName + f.Name, Label: "Display name here", Value: m.DisplayName, Placeholder: labelOf(f), MaxLength: "80",
		Hint: "Salesforce keeps its own label.", Error: s.errors[displayName+f.Name],
	}}
	if line.CanEdit {
		line.More = append(line.More, views.Field{
			ID: defaultName + f.Name, Name: defaultName + f.Name, Label: "Default value", Value: m.Default, MaxLength: "255",
			Hint: "Written where the product has no value.", Error: s.errors[defaultName+f.Name],
		})
	}
	if !imported {
		return
	}
	line.More = append(line.More, views.Field{
		ID: targetName + f.Name, Name: targetName + f.Name, Label: "CRM field", Value: f.Name, MaxLength: "80",
		Hint: "Another API name moves this line to that field.", Error: s.errors[targetName+f.Name],
	})
	if !m.At.IsZero() {
		line.MoreLinks = []views.Link{
			{Text: "Import " + f.Name + " again", URL: importURL(m)},
			{Text: "Remove " + f.Name, URL: objectURL(s.object) + "/remove?" + url.Values{"field": {f.Name}}.Encode()},
		}
	}
}

// samples are recent records of an object, with those that they look up.
type samples struct {
	records []gateway.Record
	names   map[string]gateway.Record // by id
}

func (v *visit) samples(s objectTab) (out samples, err error) {
	if out.records, err = v.ws.RecentRecords(v.UserContext(), s.object, examplesShown); err != nil {
		return out, err
	}
	var lookups []string
	for _, f := range s.schema.Fields {
		if f.Type == gateway.TypeReference {
			lookups = append(lookups, f.Name)
		}
	}
	out.names, err = v.namesOf(out.records, lookups)
	return out, err
}

// of are the field's values (UX 25), by name where the mirror knows whom a
// lookup means.
func (s samples) of(f gateway.Field, clk clock, money string) []string {
	records := s.records
	var out []string
	empty := true
	for _, r := range records {
		text := excerpt(clk.display(f, r.Fields[f.Name], money))
		if meant, known := s.names[r.Fields[f.Name].String()]; known && f.Type == gateway.TypeReference {
			text = excerpt(meant.Label())
		}
		if text == "" {
			text = "—"
		} else {
			empty = false
		}
		out = append(out, text)
	}
	switch {
	case len(records) == 0:
		return nil
	case empty:
		return []string{"no value in the last " + number(len(records))}
	}
	return out
}

func orSystem(name string) string {
	if name == "" {
		return "Default mapping"
	}
	return name
}

// typeWords say a field's type as an admin knows it from Setup.
func typeWords(f gateway.Field) string {
	names := map[gateway.FieldType]string{
		"string": "Text", gateway.TypeTextarea: "Long text", gateway.TypeBoolean: "Checkbox", gateway.TypeInt: "Whole number", gateway.TypeDouble: "Number",
		gateway.TypeCurrency: "Currency", gateway.TypePercent: "Percent", gateway.TypeDate: "Date", gateway.TypeDatetime: "Date and time", gateway.TypeReference: "Lookup",
		gateway.TypePicklist: "Picklist", "multipicklist": "Multi-select", gateway.TypePhone: "Phone", gateway.TypeEmail: "E-mail", "url": "URL", "id": "Id",
		gateway.TypeAddress: "Address", "combobox": "Picklist or text", "encryptedstring": "Encrypted text", "location": "Location",
	}
	text, ok := names[f.Type]
	if !ok {
		text = string(f.Type)
	}
	switch {
	case f.Calculated:
		text += ", formula"
	case len(f.Picklist) > 0:
		text += ", " + count(len(f.Picklist), "value", "values")
	case slices.Contains([]gateway.FieldType{"string", gateway.TypeTextarea, "encryptedstring"}, f.Type) && f.Length > 0:
		text += ", " + number(f.Length)
	case len(f.ReferenceTo) > 0:
		text = fmt.Sprintf("%s (%s)", text, f.ReferenceTo[0])
	}
	if !f.Nillable && f.Createable && f.Type != gateway.TypeBoolean {
		text += ", required"
	}
	return text
}
