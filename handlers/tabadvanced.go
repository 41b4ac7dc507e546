package handlers

import (
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"tidegate/gateway"
	"tidegate/rules/settings"
	"tidegate/views"
)

func readAdvanced(v *visit, t *tabState) {
	a := &t.settings.Advanced
	v.take("currency_label", &a.CurrencyLabel)
	v.take("amount_field", &a.AmountField)
	v.take("close_date_field", &a.CloseDateField)
	v.take("opportunity_rule", &a.OpportunityRule)
	v.take("fallback_owner", &a.FallbackOwner)
	v.flip("summarize_topics", &a.SummarizeTopics)
	v.flip("emails_from_tasks", &a.EmailsFromTasks)
	v.flip("emails_from_messages", &a.EmailsFromMessages)
	v.flip("own_sight", &a.OwnSight)
	v.readActivity("purpose", &a.PurposeField, a.Purposes)
	v.readActivity("outcome", &a.OutcomeField, a.Outcomes)
	conflicts := map[gateway.DataType]gateway.Winner{}
	for _, t := range gateway.DataTypes {
		winner := string(a.Conflicts[t])
		if v.take("conflicts_"+string(t), &winner); winner != "" {
			conflicts[t] = gateway.Winner(winner)
		}
	}
	a.Conflicts = conflicts
}

// readActivity reads the two fields of a purpose or an outcome and what each of
// its values becomes there. values belong to this request alone.
func (v *visit) readActivity(name string, field *gateway.ActivityPair, values []gateway.ActivityValue) {
	v.take(name+"_field_event", &field.Event)
	v.take(name+"_field_task", &field.Task)
	for i := range values {
		v.take(name+"_event_"+strconv.Itoa(i), &values[i].Event)
		v.take(name+"_task_"+strconv.Itoa(i), &values[i].Task)
	}
}

func showAdvanced(v *visit, t tabState) (templ.Component, error) {
	a := t.settings.Advanced
	schema, err := v.schema("Opportunity")
	if err != nil {
		return nil, err
	}
	imported, err := v.importedOf(schema)
	if err != nil {
		return nil, err
	}
	owner, err := v.fallbackOwner(t)
	if err != nil {
		return nil, err
	}
	p := views.AdvancedTab{
		Settings: t.common,
		Deals: []views.Select{
			{
				Name: "amount_field", Label: "Deal amount field", Options: fieldOptions(imported, a.AmountField, gateway.TypeCurrency, gateway.TypeDouble),
				Hint: "Used in pipelines, forecasts, win/loss and reports alike. Offered are the imported fields of Opportunity: Objects tab, Import Properties.", Meta: t.meta(v, "amount_field", "Amount"), Error: t.errors["amount_field"],
			},
			{
				Name: "close_date_field", Label: "Deal close date field", Options: fieldOptions(imported, a.CloseDateField, gateway.TypeDate),
				Hint: "Used in the same four places.", Meta: t.meta(v, "close_date_field", "Close Date"), Error: t.errors["close_date_field"],
			},
			{
				Name: "opportunity_rule", Label: "Of several open opportunities, a meeting goes to", Options: choose(a.OpportunityRule,
					gateway.OpportunityClosing, "The one that closes first", gateway.OpportunityRecent, "The one that changed last",
					gateway.OpportunityLargest, "The one with the largest amount", gateway.OpportunityNone, "None of them"),
				Hint: "Closed ones are never chosen.", Meta: t.meta(v, "opportunity_rule", "closes first"), Error: t.errors["opportunity_rule"],
			},
			owner,
		},
		Emails: []views.Switch{
			{
				Name: "emails_from_tasks", Label: "From Task objects", On: a.EmailsFromTasks, Meta: t.meta(v, "emails_from_tasks", "off"),
				Effect: "For orgs that log e-mail as Tasks. They appear among the e-mails and on the timelines of contacts, leads and deals, as from Salesforce; nothing is written back. Switched off, they are hidden here.",
			},
			{
				Name: "emails_from_messages", Label: "From EmailMessage objects", On: a.EmailsFromMessages, Meta: t.meta(v, "emails_from_messages", "off"),
				Effect: "For orgs with Enhanced Email. They are read and appear in the same places, each e-mail once; those of the product become EmailMessages instead of Tasks. Switched off, what was read is dropped here, and nothing changes in Salesforce.",
			},
		},
		Conflicts: conflictSelects(v, t), ConflictText: settings.ConflictWords(a.Conflicts),
		ConflictLink: views.Link{Text: "Go through it step by step", URL: WinnersURL},
		Switches: []views.Switch{{
			Name: "summarize_topics", Label: "Summarize Smart Topics in the deals dashboard", On: a.SummarizeTopics, Meta: t.meta(v, "summarize_topics", "off"),
			Effect: v.summaryWords(),
		}, {
			Name: "own_sight", Label: "Reps see only what Salesforce shows them", On: a.OwnSight, Meta: t.meta(v, "own_sight", "on"),
			Effect: "What Salesforce hides from a rep’s own user is left out of pages, searches, forecasts, exports and the log; who is no user sees none. His user has the same address, or is chosen under Members. Salesforce is asked again every " + duration(sightLife) + " while he looks, and its last word holds for " + duration(sightKept) + "; restriction rules are not known to it. Off: reps see what the connected user sees, as admins do.",
		}},
		Currency: views.Select{
			Name: "currency_label", Label: "Currency label", Options: currencies(a.CurrencyLabel),
			Hint: "Only the symbol before amounts changes; no number does.", Meta: t.meta(v, "currency_label", "$"), Error: t.errors["currency_label"],
		},
		Sample:    money("48000", a.CurrencyLabel),
		Rehearsal: views.Link{Text: "Rehearse these settings", URL: rehearsalURL},
	}
	purposes, err := v.activityCard(t, "purpose", "Meeting purposes", a.PurposeField, a.Purposes)
	if err != nil {
		return nil, err
	}
	outcomes, err := v.activityCard(t, "outcome", "Meeting outcomes", a.OutcomeField, a.Outcomes)
	p.Activities = []views.ActivityCard{purposes, outcomes}
	return views.Advanced(p), err
}

// summaryWords say what the switch does, and what leaves the house by it.
func (v *visit) summaryWords() string {
	const own = "Notes of several meetings and e-mails become one summary a deal. Date-sensitive topics, such as Action Items, are never summarized."
	if r := v.s.Worder; r != nil {
		return own + " Your operator has set up a language model: when somebody opens a deal, the names of its other topics and the sentences noted under them are sent to " + r.Host +
			" (model " + r.Model + "), without names of meetings or people beside them. Only sentences that name what they rest on are shown. Salesforce gets the extracted sentences, never those of the model."
	}
	return own + " The sentences are extracted here; nothing leaves Tidegate for it."
}

func conflictSelects(v *visit, t tabState) []views.Select {
	var out []views.Select
	for _, kind := range gateway.DataTypes {
		name := "conflicts_" + string(kind)
		out = append(out, views.Select{
			Name: name, Label: settings.DataTypeWords[kind], Error: t.errors["conflicts"], Meta: t.meta(v, "conflicts."+string(kind), "not decided"),
			Options: choose(string(t.settings.Advanced.Conflicts[kind]), "", "Not decided: most recent wins",
				"salesforce", "Salesforce wins", "product", "Product wins", "recent", "Most recent wins", "ask", "Ask a person"),
		})
	}
	return out
}

// activityCard shows to which fields of Event and Task a purpose or an outcome
// is written, and as what (AVM-42, AVM-43).
func (v *visit) activityCard(t tabState, name, title string, field gateway.ActivityPair, values []gateway.ActivityValue) (views.ActivityCard, error) {
	card := views.ActivityCard{ID: name + "-title", Title: title, Text: "Event and Task are mapped independently."}
	var columns [2]gateway.Field
	for i, side := range []struct{ object, key, chosen string }{{"Event", "event", field.Event}, {"Task", "task", field.Task}} {
		schema, err := v.schema(side.object)
		if err != nil {
			return card, err
		}
		columns[i], _ = schema.Field(side.chosen)
		columns[i].Name = side.chosen
		card.Fields = append(card.Fields, views.Select{
			Name: name + "_field_" + side.key, Label: side.object + " field", Error: t.errors[name+"_field"],
			Meta:    t.meta(v, name+"_field."+side.key, "not written"),
			Options: append([]views.Option{{Text: "Not written", Selected: side.chosen == ""}}, writableText(schema, side.chosen)...),
		})
	}
	for i, value := range values {
		n := strconv.Itoa(i)
		card.Rows = append(card.Rows, views.ActivityRow{
			Name: value.Name, Event: valueControl(name+"_event_"+n, value.Name+" on the Event", value.Event, columns[0]),
			Task: valueControl(name+"_task_"+n, value.Name+" on the Task", value.Task, columns[1]),
		})
	}
	return card, nil
}

// writableText are the fields that take a purpose: picklists and texts that may
// be written; the chosen one stays in the list.
func writableText(schema gateway.Schema, chosen string) []views.Option {
	var fields gateway.Schema
	for _, f := range schema.Fields {
		if f.Updateable && (f.Type == gateway.TypePicklist || f.Type == "string" || f.Type == "combobox") {
			fields.Fields = append(fields.Fields, f)
		}
	}
	if chosen == "" && len(fields.Fields) == 0 {
		return nil
	}
	out := fieldOptions(fields, chosen, gateway.TypePicklist, "string", "combobox")
	return slices.DeleteFunc(out, func(o views.Option) bool { return o.Value == "" })
}

// valueControl is a list where the field is a picklist, else a text.
func valueControl(name, label, value string, f gateway.Field) views.ActivityControl {
	switch {
	case f.Name == "":
		return views.ActivityControl{Text: "—"}
	case len(f.Picklist) == 0:
		return views.ActivityControl{Field: &views.Field{Name: name, Label: label, Value: value, MaxLength: "255"}}
	}
	options := []views.Option{{Text: "Not written", Selected: value == ""}}
	for _, entry := range f.Picklist {
		options = append(options, views.Option{Value: entry, Text: entry, Selected: entry == value})
	}
	if value != "" && !slices.Contains(f.Picklist, value) {
		options = append(options, views.Option{Value: value, Text: value + " (no longer in the picklist)", Selected: true})
	}
	return views.ActivityControl{Select: &views.Select{Name: name, Label: label, Options: options, Small: true}}
}

// currencies are the usual labels, and the chosen one if it is another.
func currencies(chosen string) []views.Option {
	out := choose(chosen, "$", "$ US dollar", "€", "€ Euro", "£", "£ Pound sterling", "CHF", "CHF Swiss franc", "¥", "¥ Yen")
	if !slices.ContainsFunc(out, func(o views.Option) bool { return o.Selected }) {
		out = append(out, views.Option{Value: chosen, Text: chosen, Selected: true})
	}
	return out
}

// fieldOptions are an object's fields of some types; the chosen one is kept
// in the list even when describe no longer shows it.
func fieldOptions(schema gateway.Schema, chosen string, types ...gateway.FieldType) []views.Option {
	var out []views.Option
	found := false
	for _, f := range schema.Fields {
		if slices.Contains(types, f.Type) {
			out = append(out, views.Option{Value: f.Name, Text: labelOf(f), Selected: f.Name == chosen})
			found = found || f.Name == chosen
		}
	}
	if !found {
		out = append(out, views.Option{Value: chosen, Text: chosen, Selected: true})
	}
	return out
}

// importedOf is an object with the fields that are imported.
func (v *visit) importedOf(s gateway.Schema) (gateway.Schema, error) {
	mappings, err := v.mappingsOf(s.Object)
	s.Fields = slices.DeleteFunc(slices.Clone(s.Fields), func(f gateway.Field) bool { return mappings[f.Name].Field == "" })
	return s, err
}

// checkDealFields refuses an amount or a close date of a field that is not
// imported: pipelines and forecasts use what is mapped (AVM-29). What is saved
// stays allowed, and so does everything before Opportunity was read.
func checkDealFields(v *visit, before, after gateway.Settings) error {
	schema, err := v.schema("Opportunity")
	if err != nil || len(schema.Fields) == 0 {
		return err
	}
	imported, err := v.importedOf(schema)
	if err != nil {
		return err
	}
	for _, of := range []struct{ name, was, is string }{
		{"amount_field", before.Advanced.AmountField, after.Advanced.AmountField},
		{"close_date_field", before.Advanced.CloseDateField, after.Advanced.CloseDateField},
	} {
		if _, known := imported.Field(of.is); !known && of.is != of.was {
			return gateway.InvalidField(of.name, "%s is not imported. Import it on the Objects tab, Opportunity, Import Properties; then choose it here.", of.is)
		}
	}
	return nil
}
