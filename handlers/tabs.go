package handlers

import (
	"slices"
	"strings"

	"github.com/a-h/templ"

	"tidegate/gateway"
	"tidegate/views"
)

// destinations are the three places of AVM-13 to AVM-16, with the words of
// each.
var destinations = []struct{ value, label, effect string }{
	{"note", "Note", "Best for long-form notes and historical reference. Attached to the Lead, Contact, Account and Opportunity."},
	{"event", "Event", "Best when reps rely on timelines for context. Written to the Event's Description."},
	{"task", "Task", "Best for follow-ups or post-meeting actions. Written as comments on a Task."},
}

func readNotes(v *visit, t *tabState) {
	n := &t.settings.Notes
	v.flip("auto_events", &n.AutoEvents)
	v.choose("meeting_notes", &n.MeetingNotes)
	v.choose("call_notes", &n.CallNotes)
	if t.scope == gateway.OrgScope { // a member has nothing to lock
		v.flip("locked", &n.Locked)
	}
}

// choose takes a group of checkboxes over into a setting, if the form had it.
func (v *visit) choose(name string, into *[]string) {
	if !v.shown(name) {
		return
	}
	out := []string{} // zero chosen means that notes do not go anywhere, which is not "unset"
	for _, value := range v.many(name) {
		if value != "" && !slices.Contains(out, value) {
			out = append(out, value)
		}
	}
	*into = out
}

func showNotes(v *visit, t tabState) (templ.Component, error) {
	n := t.settings.Notes
	p := views.NotesPage{
		Settings: t.common,
		Level:    v.levels(t.scope),
		AutoEvent: views.Switch{
			Name: "auto_events", Label: "Create Salesforce Events for meetings", On: n.AutoEvents, Locked: t.locked,
			Effect: "When a meeting is created through the calendar, or an impromptu external meeting is logged, an Event is created in Salesforce.",
			Meta:   t.meta(v, "auto_events", "on"),
		},
		MeetingNotes: places(t, "meeting_notes", "Where meeting notes go", n.MeetingNotes, t.meta(v, "meeting_notes", "Event")),
		CallNotes:    places(t, "call_notes", "Where call notes go", n.CallNotes, t.meta(v, "call_notes", "Task")),
	}
	if t.scope == gateway.OrgScope {
		p.Lock = &views.Switch{
			Name: "locked", Label: "Lock for everyone", On: n.Locked, Locked: t.locked, Meta: t.meta(v, "locked", "off"),
			Effect: "Nobody can deviate from what is set here. Own values saved earlier are kept and return when you unlock.",
		}
	}
	own, err := v.ws.OwnSettings(v.UserContext(), gateway.TabNotes)
	if err != nil {
		return nil, err
	}
	p.LevelText, p.SeenAs = v.levelWords(t, len(own)), seenAs(t)
	return views.Notes(p), nil
}

func places(t tabState, name, legend string, chosen []string, meta views.Meta) views.ChoiceGroup {
	g := views.ChoiceGroup{
		Name: name, Legend: legend, Hint: "Choose one or more. With none, notes stay here.", Many: true, Meta: meta,
		Locked: t.locked, Error: t.errors[name], Columns: true,
	}
	for _, d := range destinations {
		g.Choices = append(g.Choices, views.Choice{Value: d.value, Label: d.label, Effect: d.effect, Checked: slices.Contains(chosen, d.value)})
	}
	return g
}

func readContacts(v *visit, t *tabState) {
	c := &t.settings.Contacts
	v.flip("auto_create", &c.AutoCreate)
	v.flip("exclude_public_domains", &c.ExcludePublicDomains)
	v.flip("leads_first", &c.LeadsFirst)
	v.choose("teams", &c.Teams)
	if v.shown("allow_domains") {
		c.AllowDomains = words(v.posted("allow_domains"))
	}
}

// words splits what a person typed as a list: by commas, spaces or lines.
func words(text string) []string {
	out := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' || r == '\t' || r == ';' })
	if out == nil {
		return []string{}
	}
	return out
}

func showContacts(v *visit, t tabState) (templ.Component, error) {
	c := t.settings.Contacts
	p := views.ContactsTab{
		Settings: t.common,
		Switches: []views.Switch{
			{
				Name: "auto_create", Label: "Create Contacts for external participants", On: c.AutoCreate, Locked: t.locked, Meta: t.meta(v, "auto_create", "off"),
				Effect: "Somebody from outside who took part in a meeting and is neither a Contact nor a Lead yet becomes a Contact.",
			},
			{
				Name: "leads_first", Label: "Look for Leads first", On: c.LeadsFirst, Locked: t.locked, Meta: t.meta(v, "leads_first", "on"),
				Effect: "An existing Lead with the same e-mail address counts as known, so no Contact is created beside it.",
			},
			{
				Name: "exclude_public_domains", Label: "Leave out public e-mail domains", On: c.ExcludePublicDomains, Locked: t.locked, Meta: t.meta(v, "exclude_public_domains", "on"),
				Effect: "No Contact is created for addresses such as Gmail or Yahoo, unless the domain is allowed below.",
				Fields: []views.Field{{
					Name: "allow_domains", Label: "Allowed all the same", Value: strings.Join(c.AllowDomains, ", "),
					Hint: "Domains or addresses, separated by commas.", Error: t.errors["allow_domains"], Locked: t.locked,
					Meta: t.meta(v, "allow_domains", "none"),
				}},
			},
		},
		Teams: &views.ChoiceGroup{
			Name: "teams", Legend: "Teams whose meetings count", Many: true, Locked: t.locked, Meta: t.meta(v, "teams", "Sales and Customer Success"), Error: t.errors["teams"],
			Hint: "Meetings of other teams create nobody.",
		},
	}
	for _, team := range [...]string{"Sales", "Customer Success"} {
		p.Teams.Choices = append(p.Teams.Choices, views.Choice{Value: team, Label: team, Effect: "Meetings organized by " + team + ".", Checked: slices.Contains(c.Teams, team)})
	}
	return views.Contacts(p), nil
}

func readForecast(v *visit, t *tabState) {
	v.take("period", &t.settings.Forecast.Period)
	v.take("amount", &t.settings.Forecast.Amount)
}

func showForecast(v *visit, t tabState) (templ.Component, error) {
	f := t.settings.Forecast
	p := views.ForecastTab{
		Settings: t.common,
		Selects: []views.Select{{
			Name: "period", Label: "Forecast period", Options: choose(f.Period, "monthly", "Monthly", "quarterly", "Quarterly"),
			Hint: "The span that a forecast adds up.", Meta: t.meta(v, "period", "Monthly"), Locked: t.locked, Error: t.errors["period"],
		}},
		Amounts: views.ChoiceGroup{
			Name: "amount", Legend: "Amounts are", Meta: t.meta(v, "amount", "Total"), Locked: t.locked, Error: t.errors["amount"],
			Hint: "Shown and added up here only; nothing on this tab writes to Salesforce.",
			Choices: []views.Choice{
				{Value: "total", Label: "Total", Effect: "The whole amount of each deal counts.", Checked: f.Amount == "total"},
				{Value: "weighted", Label: "Weighted", Effect: "Each amount counts by its probability.", Checked: f.Amount == "weighted"},
			},
		},
	}
	return views.Forecast(p), nil
}

func readAdvanced(v *visit, t *tabState) {
	a := &t.settings.Advanced
	v.take("currency_label", &a.CurrencyLabel)
	v.take("amount_field", &a.AmountField)
	v.take("close_date_field", &a.CloseDateField)
	v.flip("summarize_topics", &a.SummarizeTopics)
}

func showAdvanced(v *visit, t tabState) (templ.Component, error) {
	a := t.settings.Advanced
	schema, err := v.schema("Opportunity")
	if err != nil {
		return nil, err
	}
	p := views.AdvancedTab{
		Settings: t.common,
		Deals: []views.Select{
			{
				Name: "amount_field", Label: "Deal amount field", Options: fieldOptions(schema, a.AmountField, gateway.TypeCurrency, gateway.TypeDouble),
				Hint: "Used in pipelines, forecasts, win/loss and reports alike.", Meta: t.meta(v, "amount_field", "Amount"), Locked: t.locked, Error: t.errors["amount_field"],
			},
			{
				Name: "close_date_field", Label: "Deal close date field", Options: fieldOptions(schema, a.CloseDateField, gateway.TypeDate),
				Hint: "Used in the same four places.", Meta: t.meta(v, "close_date_field", "Close Date"), Locked: t.locked, Error: t.errors["close_date_field"],
			},
		},
		Switches: []views.Switch{{
			Name: "summarize_topics", Label: "Summarize Smart Topics in the deals dashboard", On: a.SummarizeTopics, Locked: t.locked, Meta: t.meta(v, "summarize_topics", "off"),
			Effect: "Notes of several meetings and e-mails become one summary a deal. Date-sensitive topics, such as Action Items, are never summarized.",
		}},
		Currency: views.Select{
			Name: "currency_label", Label: "Currency label", Options: currencies(a.CurrencyLabel),
			Hint: "Only the symbol before amounts changes; no number does.", Meta: t.meta(v, "currency_label", "$"), Locked: t.locked, Error: t.errors["currency_label"],
		},
		Sample: money("48000", a.CurrencyLabel),
	}
	return views.Advanced(p), nil
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
