package handlers

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/rules/agent"
	"tidegate/store"
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
		Head:    views.Head{Title: "Agents", Lead: "The product’s conversation agents, and what becomes of their conversations in Salesforce. Two agents may differ in everything. A chat of an agent that is not listed goes by the default agent; texts, calls and meetings go by an agent where the product names it."},
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

func lowerFirst(text string) string { return strings.ToLower(text[:1]) + text[1:] }

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

// agentChange is an agent as it stands and as somebody wants it to be.
type agentChange struct {
	before, after gateway.Agent
	all           []gateway.Agent
}

// proposed are all agents with the changed one.
func (c agentChange) proposed() []gateway.Agent {
	out := slices.Clone(c.all)
	for i := range out {
		if out[i].ID == c.after.ID {
			out[i] = c.after
		}
	}
	return out
}

// saveAgent takes the form of an agent: it shows what saving would write, and
// saves what was seen.
func saveAgent(v *visit) error {
	c, err := v.postedAgent()
	if e, bad := gatewayError(err); bad && e.Code == gateway.CodeInvalid {
		return v.showAgent(c.after, e)
	}
	if err != nil {
		return err
	}
	if seen, err := strconv.ParseInt(v.posted("revision"), 10, 64); err == nil && seen != c.before.Revision {
		// What was typed stays in the form, which now rests on what is saved.
		return v.showAgent(c.after, gateway.InvalidField("name", "%s saved this agent meanwhile. The form has your values; save them if they still hold, or open the agent anew.", orSomebody(c.before.By)))
	}
	if v.posted(stepName) == stepEdit {
		return v.showAgent(c.after, nil)
	}
	schemas, err := v.agentSchemas()
	if err != nil {
		return err
	}
	if e, ok := gatewayError(agent.Check(c.after, c.before, c.all, schemas)); ok {
		return v.showAgent(c.after, e)
	}
	changes := agent.Changes(agent.NewBody(c.before), agent.NewBody(c.after))
	if len(changes) == 0 {
		return v.Redirect(agentURL(c.after.ID)+"?saved=nothing", fiber.StatusSeeOther)
	}
	if v.posted(stepName) != stepSave {
		return v.showAgentReview(c, changes)
	}
	return v.saveAgentChange(c, changes)
}

func (v *visit) postedAgent() (agentChange, error) {
	var c agentChange
	var err error
	if c.before, err = v.ws.Agent(v.UserContext(), v.Params("id")); err != nil {
		return c, err
	}
	if c.all, err = v.ws.Agents(v.UserContext()); err != nil {
		return c, err
	}
	c.after = c.before
	switch v.posted(stepName) {
	case stepSave, stepEdit, stepExport:
		body, err := agent.Decode([]byte(v.posted(bodyName)))
		if err != nil {
			return c, err
		}
		c.after = body.Onto(c.before)
	default:
		v.readAgent(&c.after)
	}
	return c, nil
}

// showAgentReview shows what would change before it takes effect.
func (v *visit) showAgentReview(c agentChange, changes []agent.Change) error {
	in, err := v.inForce()
	if err != nil {
		return err
	}
	body, err := agent.NewBody(c.after).Encode()
	if err != nil {
		return err
	}
	back := agentURL(c.after.ID)
	r := review{from: in.Settings, proposal: outbox.Proposal{Settings: in.Settings, Agents: c.proposed()}}
	r.page = views.ReviewPage{
		Shell: v.s.shell(v, c.before.Name, views.NavSettings),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Agents", URL: agentsBase}, {Text: c.before.Name, URL: back}},
			Title: reviewTitle(len(changes)), Lead: "Nothing is saved yet.",
		},
		Form:   views.Form{URL: back, Revision: strconv.FormatInt(c.before.Revision, 10), Bar: views.SaveBar{Save: "Save Changes & Start Syncing"}},
		Fields: []views.Hidden{{Name: bodyName, Value: string(body)}},
		Back:   "Back to editing",
	}
	for _, change := range changes {
		r.page.Changes = append(r.page.Changes, views.ReviewChange{Where: c.before.Name, Setting: change.Setting, Before: change.Before, After: change.After})
	}
	return v.showReviewed(r, "")
}

// saveAgentChange saves the agent and has everything planned by it.
func (v *visit) saveAgentChange(c agentChange, changes []agent.Change) error {
	things, err := v.s.Outbox.CountThings(v.UserContext(), v.member.Workspace)
	if err != nil {
		return err
	}
	var before, after []string
	for _, change := range changes {
		before, after = append(before, change.Setting+": "+change.Before), append(after, change.Setting+": "+change.After)
	}
	c.after.By = v.member.Name
	err = v.ws.InTx(v.UserContext(), func(ctx context.Context, tx *store.Tx) error {
		if err := tx.SaveAgent(ctx, c.after); err != nil {
			return err
		}
		if err := outbox.BeginReplan(ctx, tx, things, "the agent "+c.after.Name+" changed", v.member.Name, v.member.ID); err != nil {
			return err
		}
		return tx.Audit(ctx, gateway.AuditEntry{
			At: v.s.Now(), By: v.member.Name, What: "changed the agent " + c.after.Name, Target: c.after.ID,
			Before: strings.Join(before, "; "), After: strings.Join(after, "; "), IP: v.IP(),
		})
	})
	if err != nil && gateway.CodeOf(err) == gateway.CodeConflict {
		return v.showAgent(c.after, gateway.InvalidField("name", "Somebody saved this agent in the same moment. Your values are still in the form: open the agent anew and review them again."))
	}
	if err != nil {
		return err
	}
	v.s.Outbox.WakeReplanner()
	return v.Redirect(agentURL(c.after.ID)+"?saved=changed", fiber.StatusSeeOther)
}
