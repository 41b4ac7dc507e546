package handlers

import (
	"slices"
	"strconv"

	"tidegate/gateway"
	"tidegate/rules/agent"
	"tidegate/views"
)

// newLines is how many empty lines each list of the form ends with.
const newLines = 2

// agentObjectWords are the objects of an agent with what each means, in the
// order in which people think of them.
var agentObjectWords = []struct{ object, title, effect string }{
	{"Lead", "Lead", "Who is talked to becomes a Lead, recognized by e-mail. The usual beginning."},
	{"Contact", "Contact", "Who is talked to becomes a Contact, connected with the Account where that is written too."},
	{"Account", "Account", "The company is matched by the domain of the e-mail, or created, and only what is empty there is filled. Needs the Account Match Field, and “Sync to Salesforce” of the Account on the Objects tab."},
}

func (v *visit) showAgent(a gateway.Agent, problem *gateway.Error) error {
	schemas, err := v.agentSchemas()
	if err != nil {
		return err
	}
	errors := map[string]string{}
	p := views.AgentPage{
		Shell: v.s.shell(v, a.Name, views.NavSettings),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Agents", URL: agentsBase}}, Title: a.Name, Mono: a.ID,
			Lead: "What of its conversations is written to Salesforce, and from where each field is filled.",
		},
		Form: views.Form{
			URL: agentURL(a.ID), Revision: strconv.FormatInt(a.Revision, 10), Unsaved: problem != nil || v.posted(stepName) == stepEdit,
			Bar: views.SaveBar{Save: "Review changes", DiscardURL: agentURL(a.ID)},
		},
	}
	if problem != nil {
		v.Status(statusOf[problem.Code])
		for _, field := range problem.Fields {
			errors[field] = problem.Message
			p.Form.Errors = append(p.Form.Errors, views.FieldError{FieldID: field, Text: problem.Message})
		}
	}
	p.Name = views.Field{Name: "name", Label: "Name", Value: a.Name, Required: true, MaxLength: "60", Autocomplete: "off", Error: errors["name"]}
	p.Enabled = views.Switch{Name: "enabled", Label: "Send its conversations to Salesforce", On: a.Enabled, Effect: "Off: they stay here, and nothing is written.", Meta: views.Meta{Default: "on"}}
	p.Objects = agentObjects(a, errors["objects"])
	p.Match = matchSelect(schemas["Account"], a, errors["account_match_field"])
	for _, o := range agentObjectWords {
		p.Parts = append(p.Parts, agentPart(a, o.object, schemas[o.object], errors[o.object]))
	}
	p.Filters = agentFilters(a, errors["filters"])
	for _, s := range agent.Sources() {
		p.Sources = append(p.Sources, views.Option{Value: s.Key, Text: s.Group + ": " + s.Label})
	}
	p.Facts = []views.Fact{{Label: "Order", Value: capital(agent.Process(a))}, {Label: "Changed", Value: v.agentChanged(a)}}
	if p.Notice, err = v.agentNotice(a); err != nil {
		return err
	}
	return render(v.Ctx, views.Agent(p))
}

// agentNotice says what of the agent's choices does not reach Salesforce as it is.
func (v *visit) agentNotice(a gateway.Agent) (n views.Notice, err error) {
	in, err := v.inForce()
	if err != nil {
		return n, err
	}
	var off []string
	for _, o := range agentObjectWords {
		if a.Writes(o.object) && !in.Objects.Writeback[o.object] {
			off = append(off, o.object)
		}
	}
	if len(off) > 0 { // AIM-02
		n = views.Notice{Tone: views.Attention, Text: "“Sync to Salesforce” is off for " + list(off) + " on the Objects tab, so the agent writes none. "}
	}
	if missing := agent.Missing(a); len(missing) > 0 {
		n.Tone = views.Attention
		n.Text += "Salesforce requires " + list(missing) + ". Without a source or a default it becomes “[not provided]”, or the record is refused."
	}
	return n, nil
}

func (v *visit) agentChanged(a gateway.Agent) string {
	if a.Revision == 0 {
		return "As delivered; nobody has changed it."
	}
	return "By " + orSomebody(a.By) + ", " + v.clock().full(a.At).Text
}

func agentObjects(a gateway.Agent, problem string) views.ChoiceGroup {
	g := views.ChoiceGroup{
		Name: "objects", Legend: "Objects it writes", Many: true, Error: problem, Meta: views.Meta{Default: "Lead"},
		Hint: "Lead first, contact-based or account-based follows from this choice alone.",
	}
	for _, o := range agentObjectWords {
		g.Choices = append(g.Choices, views.Choice{Value: o.object, Label: o.title, Effect: o.effect, Checked: slices.Contains(a.Objects, o.object)})
	}
	return g
}

func matchSelect(account gateway.Schema, a gateway.Agent, problem string) views.Select {
	return views.Select{
		Name: "account_match_field", Label: "Account Match Field", Error: problem, Meta: views.Meta{Default: "Website"},
		Options: append([]views.Option{{Text: "None", Selected: a.AccountMatchField == ""}},
			slices.DeleteFunc(fieldOptions(account, a.AccountMatchField, "url", "string", gateway.TypeEmail), func(o views.Option) bool { return o.Value == "" })...),
		Hint: "An Account is recognized where this field holds the domain of the lead’s e-mail. Needed where Accounts are written.",
	}
}

// agentPart is the mapping of one object: the lines that stand, and empty ones.
func agentPart(a gateway.Agent, object string, s gateway.Schema, problem string) views.AgentPart {
	p := views.AgentPart{
		Object: object, Kind: squareOf(object), Title: "Fields of " + object, Error: problem,
		Text: "To leave a field out, empty both of its inputs. A source of your own is “answer.” or “capture.” and its name.",
	}
	if !slices.Contains(a.Objects, object) {
		p.Text = "Not in force while " + object + " is not written. " + p.Text
	}
	for i, line := range a.Fields[object] {
		f := fieldOf(s, line.Field)
		p.Lines = append(p.Lines, views.AgentLine{
			Field: labelOf(f), APIName: line.Field, Name: views.Hidden{Name: object + "_field", Value: line.Field},
			Source: sourceField(object, i, labelOf(f), line.Source), Default: defaultField(object, i, labelOf(f), line.Default),
		})
	}
	for n := range newLines {
		i, name := len(a.Fields[object])+n, "new field "+strconv.Itoa(n+1)
		p.Lines = append(p.Lines, views.AgentLine{
			Choose: &views.Select{ID: object + "_field_" + strconv.Itoa(i), Name: object + "_field", Label: capital(name) + " of " + object, Small: true, Options: unfilled(s, a.Fields[object])},
			Source: sourceField(object, i, name, ""), Default: defaultField(object, i, name, ""),
		})
	}
	return p
}

func sourceField(object string, i int, of, value string) views.Field {
	return views.Field{
		ID: object + "_source_" + strconv.Itoa(i), Name: object + "_source", Label: "Source of " + of + " of " + object, Value: value,
		Small: true, List: views.SourceList, MaxLength: "100", Autocomplete: "off",
	}
}

func defaultField(object string, i int, of, value string) views.Field {
	return views.Field{ID: object + "_default_" + strconv.Itoa(i), Name: object + "_default", Label: "Default of " + of + " of " + object, Value: value, Small: true, MaxLength: "255", Autocomplete: "off"}
}

// unfilled are the fields that may be written and have no line yet.
func unfilled(s gateway.Schema, lines []gateway.AgentField) []views.Option {
	out := []views.Option{{Text: "Add a field …", Selected: true}}
	for _, f := range s.Fields {
		if (f.Createable || f.Updateable) && !slices.ContainsFunc(lines, func(l gateway.AgentField) bool { return l.Field == f.Name }) {
			out = append(out, views.Option{Value: f.Name, Text: labelOf(f)})
		}
	}
	return out
}

// opWords are the comparisons of a filter.
var opWords = map[string]string{"equals": "equals", "differs": "differs from", "contains": "contains", "set": "has a value", "empty": "is empty"}

func agentFilters(a gateway.Agent, problem string) views.AgentFilters {
	out := views.AgentFilters{Error: problem, Text: "All conditions must hold, else nothing of the conversation is sent. Without any, everything is. Empty a line to leave it out."}
	for i, f := range append(slices.Clone(a.Filters), make([]gateway.Filter, newLines)...) {
		n := strconv.Itoa(i + 1)
		op := views.Select{ID: "filter_op_" + n, Name: "filter_op", Label: "Comparison of filter " + n, Small: true}
		for _, o := range gateway.FilterOps {
			op.Options = append(op.Options, views.Option{Value: o, Text: opWords[o], Selected: f.Op == o})
		}
		out.Lines = append(out.Lines, views.FilterLine{
			Source: views.Field{ID: "filter_source_" + n, Name: "filter_source", Label: "Filter " + n, Value: f.Source, Small: true, List: views.SourceList, MaxLength: "100", Autocomplete: "off"},
			Op:     op,
			Value:  views.Field{ID: "filter_value_" + n, Name: "filter_value", Label: "Value of filter " + n, Value: f.Value, Small: true, MaxLength: "255", Autocomplete: "off"},
			Object: views.Select{ID: "filter_object_" + n, Name: "filter_object", Label: "Object of filter " + n, Small: true, Options: choose(f.Object, "", "Everything", "Lead", "Lead", "Contact", "Contact", "Account", "Account")},
		})
	}
	return out
}
