package handlers

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

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

// tabLeads say what each tab decides.
var tabLeads = map[gateway.Tab]string{
	gateway.TabNotes:    "Where meeting and call notes go in Salesforce, and who may decide it.",
	gateway.TabObjects:  "Which Salesforce objects take part, and how their fields are mapped.",
	gateway.TabContacts: "Who becomes a contact in Salesforce, and how people are recognized first.",
	gateway.TabForecast: "How pipeline is shown and added up here. Nothing on this tab writes to Salesforce.",
	gateway.TabAdvanced: "Which fields deals go by, what purposes and outcomes become, and what comes in from Salesforce.",
}

// tabState is a tab as it must be shown: the settings (saved, or as typed),
// where they come from and what is wrong with them.
type tabState struct {
	tab      gateway.Tab
	settings gateway.Settings
	origin   settings.Origin
	org      settings.Rows // of the organization, newest
	rows     settings.Rows // of the scope, newest
	changes  map[string]settings.Change
	common   views.Settings
	errors   map[string]string // field → what is wrong
	again    bool              // the form only changes itself: show it, save nothing
	scope    string
	locked   string // why this scope cannot be changed now, "" when it can
}

// settingsTab shows one tab of the organization's settings.
func settingsTab(tab gateway.Tab) func(*visit) error {
	return func(v *visit) error {
		if tab == gateway.TabNotes && v.Query("level") == "members" {
			return noteMembers(v)
		}
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
	s := tabState{tab: tab, settings: in.Settings, origin: in.Origins[tab], org: org, rows: rows, scope: scope, errors: map[string]string{}}
	if s.changes, err = v.changesOf(tab, scope); err != nil {
		return tabState{}, err
	}
	s.common = views.Settings{
		Shell: v.s.shell(v, tab.Title(), views.NavSettings),
		Lead:  tabLeads[tab],
		State: connectionChip(conn), ConnectURL: settingsBase, Base: settingsBase,
		Form: views.Form{
			URL: v.tabURL(tab, scope), Revision: strconv.FormatInt(rows[tab].Revision, 10),
			Bar: views.SaveBar{Save: saveWords(scope), DiscardURL: v.tabURL(tab, scope)},
		},
	}
	if !v.admin() { // his own settings are all he sees (AVM-02)
		s.common.Title, s.common.Lead, s.common.ConnectURL, s.common.Base = "Your settings", "Where the notes of your meetings and calls go in Salesforce.", "", ""
	}
	if scope != gateway.OrgScope && s.origin.Locked {
		s.locked = "locked by organization"
	}
	s.common.Form.ReadOnly = s.locked != ""
	if scope == gateway.OrgScope && tab != gateway.TabObjects { // there a reset would end the part that added objects take
		s.common.Whole = []views.Action{
			{Text: "Copy settings to another workspace", URL: fileBase},
			{Text: "Reset this tab to defaults", URL: s.common.Form.URL + defaultsPath, Style: views.Destructive},
		}
	}
	if conn.ID == "" {
		s.common.NoConnection = v.noConnection()
	}
	return s, nil
}

// defaultsPath is where the review of a tab's defaults is, behind the tab's address.
const defaultsPath = "/defaults"

// reviewDefaults shows what a tab's defaults would change; saving goes the way of
// every review.
func reviewDefaults(tab gateway.Tab) func(*visit) error {
	return func(v *visit) error {
		state, err := v.tabState(tab, gateway.OrgScope)
		if err != nil {
			return err
		}
		standing, err := state.standing()
		if err != nil {
			return err
		}
		p := proposal{tabState: state}
		if p.body, err = settings.Encode(gateway.DefaultSettings(), tab); err != nil {
			return err
		}
		differ, err := settings.Diff(tab, standing, p.body)
		if err != nil {
			return err
		}
		if len(differ) == 0 { // they are in force
			return v.showTab(state)
		}
		if err := settings.Decode(&p.settings, tab, p.body); err != nil {
			return err
		}
		return v.showReview(p, standing, "")
	}
}

// tabURL is where a tab of a scope is shown and saved.
func (v *visit) tabURL(tab gateway.Tab, scope string) string {
	switch {
	case scope == gateway.OrgScope:
		return settingsBase + "/" + string(tab)
	case scope == memberScope(v.member.ID):
		return "/settings/you"
	}
	return memberURL(strings.TrimPrefix(scope, memberScope(""))) + "/notes"
}

func (v *visit) noConnection() views.Notice {
	n := views.Notice{Tone: views.Attention, Icon: views.IconPlug, Strong: "No org is connected yet.", Text: "What is set here takes effect with the first connect."}
	if v.admin() {
		n.Link = views.Link{Text: "Connect Salesforce", URL: settingsBase}
	}
	return n
}

// changesOf says who last changed each setting of a tab.
func (v *visit) changesOf(tab gateway.Tab, scope string) (map[string]settings.Change, error) {
	history, err := v.ws.SettingHistory(v.UserContext(), scope, tab)
	if err != nil {
		return nil, err
	}
	standard, err := settings.Encode(gateway.DefaultSettings(), tab)
	if err != nil {
		return nil, err
	}
	return settings.LastChanges(tab, standard, history)
}

// meta says where the value of a setting comes from: its default in words, and
// who changed it when. name is that of settings.Values.
func (t tabState) meta(v *visit, name, standard string) views.Meta {
	m := views.Meta{Default: standard}
	if c, ok := t.changes[name]; ok {
		m.Changed = "Changed by " + orSomebody(c.By) + ", " + v.clock().full(c.At).Text + "."
	}
	return m
}

func orSomebody(name string) string {
	if name == "" {
		return "Somebody"
	}
	return name
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
