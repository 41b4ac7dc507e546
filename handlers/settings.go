package handlers

import (
	"strconv"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/settings"
	"tidegate/views"
)

// tabForm joins a tab's form and its words: read takes what the form had into
// the settings and leaves the rest, show builds the page of settings with their origin.
type tabForm struct {
	read func(v *visit, t *tabState)
	show func(v *visit, t tabState) (templ.Component, error)
}

var tabForms = map[gateway.Tab]tabForm{
	gateway.TabNotes:    {readNotes, showNotes},
	gateway.TabObjects:  {readObjects, showObjects},
	gateway.TabContacts: {readContacts, showContacts},
	gateway.TabForecast: {readForecast, showForecast},
	gateway.TabAdvanced: {readAdvanced, showAdvanced},
}

// tabState is a tab as it must be shown: the settings (saved, or as typed),
// where they come from and what is wrong with them.
type tabState struct {
	tab      gateway.Tab
	settings gateway.Settings
	origin   settings.Origin
	revision int64
	common   views.Settings
	errors   map[string]string // field → what is wrong
	scope    string
	locked   string // why this scope cannot be changed now, "" when it can
}

// settingsTab shows one tab of the organization's settings. Members see it
// read-only: the values hold for them too.
func settingsTab(tab gateway.Tab) func(*visit) error {
	return func(v *visit) error {
		state, err := v.tabState(tab, gateway.OrgScope)
		if err != nil {
			return err
		}
		return v.showTab(state)
	}
}

func (v *visit) showTab(state tabState) error {
	page, err := tabForms[state.tab].show(v, state)
	if err != nil {
		return err
	}
	return render(v.Ctx, page)
}

func (v *visit) tabState(tab gateway.Tab, scope string) (tabState, error) {
	org, err := v.ws.Settings(v.UserContext(), gateway.OrgScope)
	if err != nil {
		return tabState{}, err
	}
	rows, member := org, settings.Rows(nil)
	if scope != gateway.OrgScope {
		if rows, err = v.ws.Settings(v.UserContext(), scope); err != nil {
			return tabState{}, err
		}
		member = rows
	}
	in, err := settings.Effective(org, member)
	if err != nil {
		return tabState{}, err
	}
	conn, err := v.connection()
	if err != nil {
		return tabState{}, err
	}
	s := tabState{tab: tab, settings: in.Settings, origin: in.Origins[tab], revision: rows[tab].Revision, scope: scope, errors: map[string]string{}}
	s.common = views.Settings{
		Shell: v.s.shell(v, tab.Title(), views.NavSettings),
		Lead:  "What Tidegate reads and writes in Salesforce, and by which rule.",
		State: connectionChip(conn), ConnectURL: settingsBase, Base: settingsBase,
		Form: views.Form{
			URL: tabURL(tab, scope), Revision: strconv.FormatInt(s.revision, 10),
			Bar: views.SaveBar{Save: "Save changes", DiscardURL: tabURL(tab, scope)},
		},
	}
	switch {
	case scope == gateway.OrgScope && !v.admin():
		s.locked = "Set by your admins for everybody"
	case scope != gateway.OrgScope && s.origin.Locked:
		s.locked = "locked by organization"
	}
	s.common.Form.ReadOnly = s.locked != ""
	if conn.ID == "" {
		s.common.NoConnection = v.noConnection()
	}
	return s, nil
}

// tabURL is where a tab of a scope is shown and saved.
func tabURL(tab gateway.Tab, scope string) string {
	if scope == gateway.OrgScope {
		return settingsBase + "/" + string(tab)
	}
	return "/settings/you"
}

func (v *visit) noConnection() views.Notice {
	n := views.Notice{Tone: views.Attention, Icon: views.IconPlug, Strong: "No org is connected yet.", Text: "What is set here takes effect with the first connect."}
	if v.admin() {
		n.Link = views.Link{Text: "Connect Salesforce", URL: settingsBase}
	}
	return n
}

// saveTab saves one tab of the organization's settings.
func saveTab(tab gateway.Tab) func(*visit) error {
	return func(v *visit) error { return v.saveScope(tab, gateway.OrgScope) }
}

// saveScope reads the form over what is saved, validates, and saves if nobody
// else did meanwhile (UX 18). What was typed survives every refusal.
func (v *visit) saveScope(tab gateway.Tab, scope string) error {
	state, err := v.tabState(tab, scope)
	if err != nil {
		return err
	}
	org, err := v.ws.Settings(v.UserContext(), gateway.OrgScope)
	if err != nil {
		return err
	}
	orgView, err := settings.Effective(org, nil)
	if err != nil {
		return err
	}
	if err := settings.MaySave(orgView.Settings, scope, tab); err != nil {
		v.s.audit(v, "refused a change of locked settings", tabURL(tab, scope))
		return err
	}
	before, err := settings.Encode(state.settings, tab)
	if err != nil {
		return err
	}
	tabForms[tab].read(v, &state)
	if err := settings.Validate(state.settings, tab); err != nil {
		return v.refuseTab(state, err)
	}
	body, err := settings.Encode(state.settings, tab)
	if err != nil {
		return err
	}
	revision, err := strconv.ParseInt(v.posted("revision"), 10, 64)
	if err != nil {
		revision = state.revision // a form without a guard was made by hand
	}
	row := gateway.SettingRow{Scope: scope, Tab: tab, Body: body, By: v.member.Name, ByID: v.member.ID, At: v.s.Now()}
	if _, err := v.ws.SaveSetting(v.UserContext(), row, revision); err != nil {
		if gateway.CodeOf(err) == gateway.CodeConflict {
			return v.refuseTab(state, gateway.Errorf(gateway.CodeConflict,
				"%s saved these settings while you were editing. Your values are still in the form below; save again to put them over theirs.", orSomebody(state.origin.By)))
		}
		return err
	}
	if err := v.ws.Audit(v.UserContext(), gateway.AuditEntry{
		At: v.s.Now(), By: v.member.Name, What: "changed " + tab.Title() + " settings", Target: scope, Before: string(before), After: string(body), IP: v.IP(),
	}); err != nil {
		return err
	}
	return v.Redirect(tabURL(tab, scope)+"?saved=settings", fiber.StatusSeeOther)
}

func orSomebody(name string) string {
	if name == "" {
		return "Somebody"
	}
	return name
}

func (v *visit) refuseTab(state tabState, err error) error {
	e, ok := gatewayError(err)
	if !ok {
		return err
	}
	fields := e.Fields
	if len(fields) == 0 {
		fields = []string{"revision"}
	}
	for _, field := range fields {
		state.errors[field] = e.Message
		state.common.Form.Errors = append(state.common.Form.Errors, views.FieldError{FieldID: field, Text: e.Message})
	}
	v.Status(statusOf[e.Code])
	return v.showTab(state)
}

// meta says where a setting's value comes from.
func (t tabState) meta(v *visit, standard string) views.Meta {
	m := views.Meta{Default: standard}
	if !t.origin.Default {
		m.Changed = "Changed by " + t.origin.By + ", " + v.clock().full(t.origin.At).Text + "."
	}
	return m
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
