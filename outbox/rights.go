package outbox

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/rules/outbound"
	"tidegate/rules/settings"
)

// Terms are what plans rest on beside the things that they are about: the
// organization's settings, the mappings and the describes. They are those in
// force, or as somebody wants them to be: see With.
type Terms struct {
	Settings gateway.Settings
	objects  map[string]rights
	agents   []gateway.Agent
	// contacts counts those that were planned under these terms, beside those
	// that were made: an hour has a bound.
	contacts *int
}

// Terms reads the terms that are in force.
func (o *Outbox) Terms(ctx context.Context, ws gateway.WorkspaceID) (Terms, error) {
	w := o.db.In(ws)
	schemas, err := w.Schemas(ctx)
	if err != nil {
		return Terms{}, fmt.Errorf("reading the describes: %w", err)
	}
	rows, err := w.Mappings(ctx, "")
	if err != nil {
		return Terms{}, fmt.Errorf("reading the mappings: %w", err)
	}
	s, err := o.inForce(ctx, ws)
	if err != nil {
		return Terms{}, err
	}
	t := Terms{Settings: s, objects: map[string]rights{}, contacts: new(int)}
	if t.agents, err = w.Agents(ctx); err != nil {
		return Terms{}, fmt.Errorf("reading the agents: %w", err)
	}
	of := map[string][]gateway.Mapping{}
	for _, m := range rows {
		of[m.Object] = append(of[m.Object], m)
	}
	for _, schema := range schemas {
		t.objects[schema.Object] = rightsOf(s, schema.Object, schema, of[schema.Object])
		delete(of, schema.Object)
	}
	for object, mappings := range of {
		t.objects[object] = rightsOf(s, object, gateway.Schema{}, mappings)
	}
	return t.WithAgents(t.agents), nil
}

// With returns the terms under other settings, and with other mappings of the
// objects that are named; all mappings of such an object are given.
func (t Terms) With(s gateway.Settings, mappings map[string][]gateway.Mapping) Terms {
	out := Terms{Settings: s, objects: make(map[string]rights, len(t.objects)), contacts: new(int), agents: t.agents}
	for object, r := range t.objects {
		out.objects[object] = r.under(s, object)
	}
	for object, rows := range mappings {
		out.objects[object] = rightsOf(s, object, t.objects[object].schema, rows)
	}
	return out.WithAgents(t.agents)
}

// WithAgents returns the terms with other agents, all of them; nil leaves them.
func (t Terms) WithAgents(agents []gateway.Agent) Terms {
	if agents == nil {
		return t
	}
	t.agents, t.objects = agents, maps.Clone(t.objects)
	for object, r := range t.objects {
		r.agents = agents
		t.objects[object] = r
	}
	return t
}

// mappings are all of them, by object and field.
func (t Terms) mappings() (all []gateway.Mapping) {
	for _, object := range slices.Sorted(maps.Keys(t.objects)) {
		of := t.objects[object].mappings
		for _, field := range slices.Sorted(maps.Keys(of)) {
			all = append(all, of[field])
		}
	}
	return all
}

func (t Terms) rights(object string) rights {
	if r, known := t.objects[object]; known {
		return r
	}
	r := rightsOf(t.Settings, object, gateway.Schema{}, nil)
	r.agents = t.agents
	return r
}

// inForce are the organization's settings.
func (o *Outbox) inForce(ctx context.Context, ws gateway.WorkspaceID) (gateway.Settings, error) {
	saved, err := o.db.In(ws).Settings(ctx, gateway.OrgScope)
	if err != nil {
		return gateway.Settings{}, fmt.Errorf("reading the settings: %w", err)
	}
	in, err := settings.Effective(saved, nil)
	return in.Settings, err
}

// rights reads the terms of one object.
func (o *Outbox) rights(ctx context.Context, ws gateway.WorkspaceID, object string) (rights, error) {
	w := o.db.In(ws)
	schema, err := w.Schema(ctx, object)
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return rights{}, fmt.Errorf("reading the describe: %w", err)
	}
	rows, err := w.Mappings(ctx, object)
	if err != nil {
		return rights{}, fmt.Errorf("reading the mappings: %w", err)
	}
	s, err := o.inForce(ctx, ws)
	if err != nil {
		return rights{}, err
	}
	return rightsOf(s, object, schema, rows), nil
}

// rights are what steers writes of one object, read before the transaction.
type rights struct {
	on       bool             // "Sync to Salesforce"
	refused  string           // why nothing is created, "" when it is
	updates  bool             // "Sync updates to object fields"
	employs  bool             // an Account Match Field is chosen, so that accounts are looked for
	phone    string           // the phone field of the activity object, "" of others
	filters  []gateway.Filter // that say who becomes a record of the object
	agents   []gateway.Agent  // whose filters say so too
	object   string
	schema   gateway.Schema
	mappings map[string]gateway.Mapping
}

func rightsOf(s gateway.Settings, object string, schema gateway.Schema, rows []gateway.Mapping) rights {
	r := rights{object: object, schema: schema, mappings: make(map[string]gateway.Mapping, len(rows))}
	for _, m := range rows {
		r.mappings[m.Field] = m
	}
	return r.under(s, object)
}

// under returns the rights under other settings.
func (r rights) under(s gateway.Settings, object string) rights {
	r.on, r.updates = s.Objects.Writeback[object], s.Objects.UpdateFields[object]
	r.refused, r.phone = outbound.RefuseCreate(s.Objects, object), ""
	r.filters = slices.DeleteFunc(slices.Clone(s.Objects.Filters), func(f gateway.Filter) bool { return f.Object != object })
	r.employs = s.Contacts.AccountMatchField != ""
	if object == s.Contacts.ActivityObject {
		r.phone = s.Contacts.PhoneField
	}
	return r
}

// refusing says why a person does not become a record, "" when he does.
func (r rights) refusing(p gateway.Person) string {
	return cmp.Or(r.refused, outbound.FilteredPerson(r.filters, p), outbound.AgentKeeps(r.agents, p, r.object))
}

func (r rights) mapping(field string) gateway.Mapping { return r.mappings[field] }

// revised notes under which revision of its mapping each field is written.
func (r rights) revised(cause gateway.Cause, fields gateway.Fields) gateway.Cause {
	of := maps.Clone(cause.Of)
	for name := range fields {
		m := r.mappings[name]
		if m.Revision == 0 || of[name].Revision != 0 {
			continue
		}
		if of == nil {
			of = map[string]gateway.Origin{}
		}
		o := of[name]
		if o.Revision = m.Revision; m.Source != "" && cause.Kind == "person" {
			o.Rule = "“" + mapping.SourceLabel(m.Source) + "” goes to " + r.label(name)
		}
		of[name] = o
	}
	cause.Of = of
	return cause
}

func (r rights) writable(field string) (bool, string) {
	f, _ := r.schema.Field(field)
	ok, _, reason := mapping.Writable(r.on, r.mappings[field], f)
	return ok, reason
}

// told is writable for what the product tells: which account a contact belongs
// to is no edit of anybody.
func (r rights) told(field string) (bool, string) {
	if field != "AccountId" || r.schema.Object != "Contact" || !r.employs {
		return r.writable(field)
	}
	f, _ := r.schema.Field(field)
	m := r.mappings[field]
	m.Object, m.Field, m.Editable = r.schema.Object, field, true
	ok, _, reason := mapping.Writable(r.on, m, f)
	return ok, reason
}

// takenBack is the truth table for what goes back that was written in some way.
// What a meeting, a call or a rule wrote rests on no switch for edits, so that
// none keeps it there; what an admin has closed since, and Salesforce, count.
func (r rights) takenBack(way string) func(field string) (bool, string) {
	switch way {
	case "edit", "conflict", "":
		return r.writable
	case linkPerson:
		return r.told
	}
	return func(field string) (bool, string) {
		f, _ := r.schema.Field(field)
		m := r.mappings[field]
		m.Object, m.Field, m.Editable = r.schema.Object, field, true
		ok, _, reason := mapping.Writable(true, m, f)
		return ok, reason
	}
}

func (r rights) label(field string) string { return r.schema.FieldLabel(field) }

// checkValues refuses impossible values of writable fields; what may not be
// written at all is refused as such by the plan.
func (r rights) checkValues(fields gateway.Fields) error {
	var bad *gateway.Error
	for _, name := range fields.Names() {
		f, known := r.schema.Field(name)
		if ok, _ := r.writable(name); !ok || !known {
			continue
		}
		if err := mapping.CheckValue(f, fields[name]); err != nil {
			if bad == nil {
				bad = gateway.Errorf(gateway.CodeInvalid, "%s", err.Error())
			}
			bad.Fields = append(bad.Fields, name)
		}
	}
	if bad == nil {
		return nil
	}
	return bad
}
