package handlers

import (
	"context"
	"maps"
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/rules/agent"
	"tidegate/rules/settings"
	"tidegate/store"
)

// SettingsFile is every setting of a workspace as one file, and what another
// file makes of them.
type SettingsFile struct {
	file, wanted settings.File
	changes      []settings.FileChange
	org          settings.Rows
	own          map[string]gateway.SettingRow // by member id
	ids          map[string]string             // e-mail address → member id
	mappings     []gateway.Mapping
	topics       []gateway.Topic
	agents       []gateway.Agent
	schemas      map[string]gateway.Schema
}

// ReadSettingsFile reads what a workspace has now.
func ReadSettingsFile(ctx context.Context, w *store.Workspace) (*SettingsFile, error) {
	c := &SettingsFile{own: map[string]gateway.SettingRow{}, ids: map[string]string{}}
	members, err := w.Members(ctx)
	if err != nil {
		return nil, err
	}
	emails := map[string]string{}
	for _, m := range members {
		emails[m.ID], c.ids[m.Email] = m.Email, m.ID
	}
	if c.org, err = w.Settings(ctx, gateway.OrgScope); err != nil {
		return nil, err
	}
	in, err := settings.Effective(c.org, nil)
	if err != nil {
		return nil, err
	}
	own, err := c.readOwn(ctx, w, in.Settings)
	if err != nil {
		return nil, err
	}
	if c.mappings, err = w.Mappings(ctx, ""); err != nil {
		return nil, err
	}
	if c.topics, err = w.Topics(ctx); err != nil {
		return nil, err
	}
	if c.agents, err = w.Agents(ctx); err != nil {
		return nil, err
	}
	schemas, err := w.Schemas(ctx)
	if err != nil {
		return nil, err
	}
	c.schemas = map[string]gateway.Schema{}
	for _, s := range schemas {
		c.schemas[s.Object] = s
	}
	c.file = settings.NewFile(in.Settings, own, c.mappings, emails).WithTopics(c.topics, c.agents)
	c.wanted = c.file
	return c, nil
}

func (c *SettingsFile) readOwn(ctx context.Context, w *store.Workspace, org gateway.Settings) (map[string]gateway.NotesSettings, error) {
	rows, err := w.OwnSettings(ctx, gateway.TabNotes)
	if err != nil {
		return nil, err
	}
	own := map[string]gateway.NotesSettings{}
	for _, row := range rows {
		id := strings.TrimPrefix(row.Scope, gateway.MemberScope(""))
		s := org
		if err := settings.Decode(&s, gateway.TabNotes, row.Body); err != nil {
			return nil, err
		}
		c.own[id], own[id] = row, s.Notes
	}
	return own, nil
}

// YAML is the file of what the workspace has now.
func (c *SettingsFile) YAML() ([]byte, error) { return c.file.YAML() }

// Plan reads a file and says what it would change; CodeInvalid for one that
// cannot be applied here, with the reason.
func (c *SettingsFile) Plan(text []byte) ([]settings.FileChange, error) {
	var err error
	if c.wanted, err = settings.ReadFile(text, c.file); err != nil {
		return nil, err
	}
	if missing := c.strangers(); len(missing) > 0 {
		return nil, gateway.Errorf(gateway.CodeInvalid, "The file names %s, who is no member of this workspace. Add the member first (Members page, or tidegate user add), or take the address out of the file.",
			strings.Join(missing, ", "))
	}
	if object := adding(c.file.Settings(), c.wanted.Settings()); object != "" {
		return nil, gateway.Errorf(gateway.CodeInvalid, "The file sends activities to %s, which takes no part here: contacts.activity_object names it, and objects.added does not. Add it on the Objects tab, or choose it on the Contacts tab, which adds it.", object)
	}
	c.changes, err = settings.PlanFile(c.file, c.wanted)
	return c.changes, err
}

// Undecided refuses a file that lets fields travel both ways while nobody has
// decided who wins (DEM-17); nil when it does not.
func (c *SettingsFile) Undecided() error {
	all, _, _ := c.fields("")
	after := slices.DeleteFunc(slices.Clone(c.mappings), func(m gateway.Mapping) bool { _, named := all[m.Object]; return named })
	for _, object := range slices.Sorted(maps.Keys(all)) {
		after = append(after, all[object]...)
	}
	open := settings.MustDecide(c.file.Settings(), c.wanted.Settings(), c.mappings, after, func(object, name string) (gateway.Field, bool) {
		schema, described := c.schemas[object]
		f, _ := schema.Field(name)
		return f, described
	})
	e, refused := gatewayError(settings.RefuseUndecided(open))
	if !refused {
		return nil
	}
	e.Message += " In the file: advanced.conflicts."
	for i, d := range open {
		if i > 0 {
			e.Message += ", advanced.conflicts."
		}
		e.Message += string(d.Type)
	}
	e.Message += ": recent, salesforce, product or ask."
	return e
}

// Decide takes up who wins, as it was decided in the review of the file.
func (c *SettingsFile) Decide(winners map[gateway.DataType]gateway.Winner) (err error) {
	conflicts := maps.Clone(c.wanted.Advanced.Conflicts)
	if conflicts == nil {
		conflicts = map[gateway.DataType]gateway.Winner{}
	}
	maps.Copy(conflicts, winners)
	c.wanted.Advanced.Conflicts = conflicts
	c.changes, err = settings.PlanFile(c.file, c.wanted)
	return err
}

// DecideRest chooses a rule for each kind of data for which the file leaves open
// who wins.
func (c *SettingsFile) DecideRest(rule gateway.Winner) error {
	rest := map[gateway.DataType]gateway.Winner{}
	for _, t := range gateway.DataTypes {
		if c.wanted.Advanced.Conflicts[t] == gateway.WinnerNone {
			rest[t] = rule
		}
	}
	return c.Decide(rest)
}

// strangers are addresses of the file that are no members here.
func (c *SettingsFile) strangers() []string {
	var out []string
	for _, address := range append(slices.Clone(c.wanted.Notes.Pilot.Members), slices.Sorted(maps.Keys(c.wanted.Members))...) {
		if c.ids[address] == "" && !slices.Contains(out, address) {
			out = append(out, address)
		}
	}
	return out
}

// settings are those of the organization as the file wants them, with its
// members by their ids here.
func (c *SettingsFile) settings() gateway.Settings {
	wanted := c.wanted.Settings()
	wanted.Notes.Pilot.Members = []string{}
	for _, address := range c.wanted.Notes.Pilot.Members {
		wanted.Notes.Pilot.Members = append(wanted.Notes.Pilot.Members, c.ids[address])
	}
	return wanted
}

// Apply saves what differs, and the audit row, in the given transaction, which
// also begins to plan everything anew. things is what Outbox.CountThings gave
// before. A setting that somebody saved since the file was compared is
// CodeConflict.
func (c *SettingsFile) Apply(ctx context.Context, tx *store.Tx, things int, by, byID string) error {
	if err := c.Undecided(); err != nil {
		return err
	}
	wanted := c.settings()
	for _, tab := range gateway.Tabs {
		if err := saveIfChanged(ctx, tx, c.org[tab], gateway.OrgScope, tab, wanted, by, byID); err != nil {
			return err
		}
	}
	for _, address := range slices.Sorted(maps.Keys(c.wanted.Members)) {
		id, s := c.ids[address], wanted
		s.Notes = c.wanted.Members[address]
		if err := saveIfChanged(ctx, tx, c.own[id], gateway.MemberScope(id), gateway.TabNotes, s, by, byID); err != nil {
			return err
		}
	}
	if err := c.applyFields(ctx, tx, by); err != nil {
		return err
	}
	if err := c.applyTopicsAgents(ctx, tx, by); err != nil {
		return err
	}
	var before, after []string
	for _, ch := range c.changes {
		before = append(before, ch.Where+" › "+ch.Setting+": "+ch.Before)
		after = append(after, ch.Where+" › "+ch.Setting+": "+ch.Before+" → "+ch.After)
	}
	err := tx.Audit(ctx, gateway.AuditEntry{
		By: by, What: "applied a settings file", Target: gateway.OrgScope, Before: strings.Join(before, "\n"), After: strings.Join(after, "\n"),
	})
	if err != nil {
		return err
	}
	return outbox.BeginReplan(ctx, tx, things, "a settings file was applied", by, byID)
}

// saveIfChanged saves a tab as its next revision, unless it says the same as
// the row that is in force.
func saveIfChanged(ctx context.Context, tx *store.Tx, row gateway.SettingRow, scope string, tab gateway.Tab, wanted gateway.Settings, by, byID string) error {
	before, after := gateway.DefaultSettings(), wanted
	if row.Revision > 0 {
		if err := settings.Decode(&before, tab, row.Body); err != nil {
			return err
		}
	}
	from, err := settings.Encode(before, tab)
	if err != nil {
		return err
	}
	to, err := settings.Encode(after, tab)
	if err != nil {
		return err
	}
	differences, err := settings.Diff(tab, from, to)
	if err != nil || len(differences) == 0 {
		return err
	}
	_, err = tx.SaveSetting(ctx, gateway.SettingRow{Scope: scope, Tab: tab, Body: to, By: by, ByID: byID}, row.Revision)
	return err
}

// fields are the mappings as the file wants them: all of each object that it
// changes, and those that are new or differ.
func (c *SettingsFile) fields(by string) (all map[string][]gateway.Mapping, differ []gateway.Mapping, dropped []gateway.Mapping) {
	all = map[string][]gateway.Mapping{}
	standing := map[[2]string]gateway.Mapping{}
	touched := map[string]bool{}
	for _, m := range c.mappings {
		standing[[2]string{m.Object, m.Field}] = m
		if _, stays := c.wanted.Fields[m.Object][m.Field]; !stays {
			dropped, touched[m.Object] = append(dropped, m), true
		}
	}
	for _, object := range slices.Sorted(maps.Keys(c.wanted.Fields)) {
		for _, name := range slices.Sorted(maps.Keys(c.wanted.Fields[object])) {
			m, known := standing[[2]string{object, name}]
			f := c.wanted.Fields[object][name]
			if known && c.file.Fields[object][name] == f {
				all[object] = append(all[object], m)
				continue
			}
			if !known {
				m = gateway.Mapping{Object: object, Field: name, Imported: true, By: by}
			}
			m = f.Onto(m)
			all[object], differ, touched[object] = append(all[object], m), append(differ, m), true
		}
	}
	for object := range touched {
		if all[object] == nil {
			all[object] = []gateway.Mapping{}
		}
	}
	maps.DeleteFunc(all, func(object string, _ []gateway.Mapping) bool { return !touched[object] })
	return all, differ, dropped
}

// applyFields makes the mappings those of the file.
func (c *SettingsFile) applyFields(ctx context.Context, tx *store.Tx, by string) error {
	_, differ, dropped := c.fields(by)
	for _, m := range dropped {
		if err := tx.DropMapping(ctx, m.Object, m.Field); err != nil {
			return err
		}
	}
	for _, m := range differ {
		m.ChangedBy, m.ChangedAt = by, tx.Now()
		if err := tx.SaveMapping(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// applyTopicsAgents saves the topics and agents that differ.
func (c *SettingsFile) applyTopicsAgents(ctx context.Context, tx *store.Tx, by string) error {
	for _, slug := range slices.Sorted(maps.Keys(c.wanted.Topics)) {
		t, was := gateway.Topic{Slug: slug}, settings.File{}.WithTopics(nil, nil)
		if i := slices.IndexFunc(c.topics, func(t gateway.Topic) bool { return t.Slug == slug }); i >= 0 {
			t, was = c.topics[i], settings.File{}.WithTopics(c.topics[i:i+1], nil)
		}
		now := c.wanted.Topics[slug]
		if had, known := was.Topics[slug]; known && had.Same(now) {
			continue
		}
		t = now.Onto(t)
		t.By = by
		if err := tx.SaveTopic(ctx, t); err != nil {
			return err
		}
	}
	for _, a := range c.wantedAgents() {
		i := slices.IndexFunc(c.agents, func(o gateway.Agent) bool { return o.ID == a.ID })
		if i >= 0 && len(agent.Changes(agent.NewBody(c.agents[i]), agent.NewBody(a))) == 0 {
			continue
		}
		a.By = by
		if err := tx.SaveAgent(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// wantedAgents are all agents as the file wants them.
func (c *SettingsFile) wantedAgents() []gateway.Agent {
	out := slices.Clone(c.agents)
	for _, id := range slices.Sorted(maps.Keys(c.wanted.Agents)) {
		if i := slices.IndexFunc(out, func(a gateway.Agent) bool { return a.ID == id }); i >= 0 {
			out[i] = c.wanted.Agents[id].Onto(out[i])
		} else {
			out = append(out, c.wanted.Agents[id].Onto(gateway.Agent{ID: id}))
		}
	}
	return out
}
