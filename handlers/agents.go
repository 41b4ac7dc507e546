package handlers

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/agent"
	"tidegate/rules/settings"
	"tidegate/views"
)

const agentsBase = "/settings/agents"

// agentPages are the pages of conversation agents, all for admins.
var agentPages = []route{
	{"GET", agentsBase, admins, agentList},
	{"POST", agentsBase, admins, addAgent},
	{"GET", agentsBase + "/:id", admins, agentPage},
	{"POST", agentsBase + "/:id", admins, saveAgent},
}

func agentURL(id string) string { return agentsBase + "/" + url.PathEscape(id) }

func agentList(v *visit) error { return v.showAgents(gateway.Agent{}, nil) }

func (v *visit) showAgents(typed gateway.Agent, problem *gateway.Error) error {
	all, err := v.ws.Agents(v.UserContext())
	if err != nil {
		return err
	}
	p := views.AgentsPage{List: views.ListPage{
		Shell:   v.s.shell(v, "Agents", views.NavSettings),
		Head:    views.Head{Title: "Agents", Lead: "The product’s conversation agents, and what becomes of their conversations in Salesforce. Two agents may differ in everything. What is chosen here is kept, but not used yet: conversations are written by the settings of the five tabs."},
		Caption: "Agents",
		Columns: []views.Column{{Text: "Agent"}, {Text: "State"}, {Text: "Writes"}, {Text: "Filters"}, {Text: "Changed", Wide: true}},
	}}
	for _, a := range all {
		p.List.Rows = append(p.List.Rows, v.agentRow(a))
	}
	form := views.SmallForm{
		Title: "Add an agent", Text: "It begins with the mapping of the default agent. Conversations of an agent that is not listed go by the default agent.", Button: "Add agent",
		Form: views.Form{URL: agentsBase},
		Fields: []views.Field{
			{Name: "name", Label: "Name", Value: typed.Name, Required: true, MaxLength: "60", Autocomplete: "off"},
			{Name: "id", Label: "Id in the product", Value: typed.ID, Required: true, MaxLength: "100", Autocomplete: "off", Hint: "As the product sends it with each conversation, such as “web-chat”."},
		},
	}
	mark(&form, problem)
	if problem != nil {
		v.Status(statusOf[problem.Code])
	}
	p.Create = &form
	return render(v.Ctx, views.Agents(p))
}

func (v *visit) agentRow(a gateway.Agent) views.Row {
	chip := views.Chip{Tone: views.Good, Icon: views.IconOK, Text: "On"}
	if !a.Enabled {
		chip = views.Chip{Tone: views.Idle, Icon: views.IconPause, Text: "Off"}
	}
	filters := "Everything is sent"
	if n := len(a.Filters); n > 0 {
		filters = count(n, "condition", "conditions")
	}
	changed := views.Cell{Text: "As delivered"}
	if a.Revision > 0 {
		changed = views.Cell{Time: v.clock().full(a.At), Second: orSomebody(a.By)}
	}
	return views.Row{ID: a.ID, Cells: []views.Cell{
		{Text: a.Name, Second: a.ID, URL: agentURL(a.ID)}, {Chip: chip}, {Text: capital(agent.Process(a))}, {Text: filters}, changed,
	}}
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

func addAgent(v *visit) error {
	all, err := v.ws.Agents(v.UserContext())
	if err != nil {
		return err
	}
	a := gateway.AgentOf(all, gateway.DefaultAgent)
	a.ID, a.Name, a.Revision, a.By = strings.TrimSpace(v.posted("id")), strings.TrimSpace(v.posted("name")), 0, v.member.Name
	switch {
	case slices.ContainsFunc(all, func(o gateway.Agent) bool { return o.ID == a.ID }):
		return v.showAgents(a, gateway.InvalidField("id", "An agent with this id is listed already. Open it above."))
	case len(all) >= agent.Most:
		return v.showAgents(a, gateway.InvalidField("id", "A workspace has at most %d agents. Switch off what is not used, and use its line.", agent.Most))
	}
	if e, ok := gatewayError(agent.Check(a, a, all, nil)); ok {
		return v.showAgents(a, e)
	}
	if err := v.ws.SaveAgent(v.UserContext(), a); err != nil {
		return err
	}
	v.s.audit(v, "added the agent "+a.Name, a.ID)
	return v.Redirect(agentURL(a.ID)+"?saved=agent", fiber.StatusSeeOther)
}

// agentSchemas are the describes of what agents write.
func (v *visit) agentSchemas() (agent.Schemas, error) {
	out := agent.Schemas{}
	for _, object := range gateway.AgentObjects {
		s, err := v.schema(object)
		if err != nil {
			return nil, err
		}
		out[object] = s
	}
	return out, nil
}

func agentPage(v *visit) error {
	a, err := v.ws.Agent(v.UserContext(), v.Params("id"))
	if err != nil {
		return err
	}
	return v.showAgent(a, nil)
}

// readAgent takes the form over into a.
func (v *visit) readAgent(a *gateway.Agent) {
	v.take("name", &a.Name)
	v.flip("enabled", &a.Enabled)
	v.choose("objects", &a.Objects)
	v.take("account_match_field", &a.AccountMatchField)
	fields := map[string][]gateway.AgentField{}
	for _, object := range gateway.AgentObjects {
		if fields[object] = a.Fields[object]; v.shown(object + "_field") {
			fields[object] = v.readLines(object, a.Fields[object])
		}
	}
	a.Fields = fields
	if v.shown("filter_source") {
		a.Filters = v.readFilters()
	}
}

// readLines reads the mapping of an object. A line that stood there is taken
// out by emptying it; a new one must say something.
func (v *visit) readLines(object string, had []gateway.AgentField) []gateway.AgentField {
	names, sources, defaults := v.many(object+"_field"), v.many(object+"_source"), v.many(object+"_default")
	out := []gateway.AgentField{}
	for i, name := range names {
		line := gateway.AgentField{Field: strings.TrimSpace(name), Source: at(sources, i), Default: at(defaults, i)}
		stood := slices.ContainsFunc(had, func(o gateway.AgentField) bool { return o.Field == line.Field })
		if line.Field == "" || stood && line.Source == "" && line.Default == "" {
			continue
		}
		out = append(out, line)
	}
	return out
}

func (v *visit) readFilters() []gateway.Filter {
	ops, values, objects := v.many("filter_op"), v.many("filter_value"), v.many("filter_object")
	out := []gateway.Filter{}
	for i, source := range v.many("filter_source") {
		f := gateway.Filter{Source: strings.TrimSpace(source), Op: at(ops, i), Value: at(values, i), Object: at(objects, i)}
		if f.Source == "" && f.Value == "" {
			continue
		}
		out = append(out, f)
	}
	return out
}

// at is the trimmed value in a place, "" where the form had none.
func at(values []string, i int) string {
	if i >= len(values) {
		return ""
	}
	return strings.TrimSpace(values[i])
}

func saveAgent(v *visit) error {
	before, err := v.ws.Agent(v.UserContext(), v.Params("id"))
	if err != nil {
		return err
	}
	all, err := v.ws.Agents(v.UserContext())
	if err != nil {
		return err
	}
	schemas, err := v.agentSchemas()
	if err != nil {
		return err
	}
	a := before
	v.readAgent(&a)
	if seen, err := strconv.ParseInt(v.posted("revision"), 10, 64); err == nil && seen != before.Revision {
		// What was typed stays in the form, which now rests on what is saved.
		return v.showAgent(a, gateway.InvalidField("name", "%s saved this agent meanwhile. The form has your values; save them if they still hold, or open the agent anew.", orSomebody(before.By)))
	}
	if e, ok := gatewayError(agent.Check(a, before, all, schemas)); ok {
		return v.showAgent(a, e)
	}
	a.By = v.member.Name
	if err := v.ws.SaveAgent(v.UserContext(), a); err != nil {
		return err
	}
	if err := v.ws.Audit(v.UserContext(), gateway.AuditEntry{
		At: v.s.Now(), By: v.member.Name, What: "changed the agent " + a.Name, Target: a.ID, Before: agentWords(before), After: agentWords(a), IP: v.IP(),
	}); err != nil {
		return err
	}
	return v.Redirect(agentURL(a.ID)+"?saved=changed", fiber.StatusSeeOther)
}

func agentWords(a gateway.Agent) string {
	words := []string{a.Name, agent.Process(a), "match field " + orDash(a.AccountMatchField)}
	for _, object := range gateway.AgentObjects {
		for _, line := range a.Fields[object] {
			words = append(words, object+"."+line.Field+" ← "+orDash(line.Source)+", else "+orDash(line.Default))
		}
	}
	for _, f := range a.Filters {
		words = append(words, settings.FilterWords(f))
	}
	return strings.Join(words, "; ")
}
