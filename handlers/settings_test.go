package handlers

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"tidegate/gateway"
	rule "tidegate/rules/settings"
)

// saved is what is in force for the organization.
func (w *world) saved() gateway.Settings {
	w.t.Helper()
	rows, err := w.db.In(home).Settings(w.t.Context(), gateway.OrgScope)
	must(w.t, err)
	in, err := rule.Effective(rows, nil)
	must(w.t, err)
	return in.Settings
}

// off takes a value out of a form, as unchecking does.
func off(form url.Values, name, value string) {
	form[name] = slices.DeleteFunc(form[name], func(v string) bool { return v == value })
}

// Every control of every tab: change it in the page's own form, send it
// without a script, and see it in the page again, with author and time.
func TestEveryControlOfEveryTabIsSavedAndShownAgain_UX15(t *testing.T) {
	tests := []struct {
		tab   gateway.Tab
		name  string
		turn  func(url.Values)
		check func(gateway.Settings) bool
		again func(url.Values) bool
	}{
		{
			gateway.TabNotes, "auto_events off", func(f url.Values) { off(f, "auto_events", "on") },
			func(s gateway.Settings) bool { return !s.Notes.AutoEvents }, func(f url.Values) bool { return !f.Has("auto_events") || len(f["auto_events"]) == 0 },
		},
		{
			gateway.TabNotes, "meeting_notes two", func(f url.Values) { f.Add("meeting_notes", "note") },
			func(s gateway.Settings) bool {
				return slices.Contains(s.Notes.MeetingNotes, "note") && len(s.Notes.MeetingNotes) == 2
			},
			func(f url.Values) bool { return len(f["meeting_notes"]) == 2 },
		},
		{
			gateway.TabNotes, "call_notes none", func(f url.Values) { off(f, "call_notes", "task") },
			func(s gateway.Settings) bool { return len(s.Notes.CallNotes) == 0 }, func(f url.Values) bool { return len(f["call_notes"]) == 0 },
		},
		{
			gateway.TabNotes, "locked on", func(f url.Values) { f.Add("locked", "on") },
			func(s gateway.Settings) bool { return s.Notes.Locked }, func(f url.Values) bool { return f.Get("locked") == "on" },
		},
		{
			gateway.TabObjects, "writeback off", func(f url.Values) { off(f, "writeback_Contact", "on") },
			func(s gateway.Settings) bool { return !s.Objects.Writeback["Contact"] && s.Objects.Writeback["Lead"] },
			func(f url.Values) bool { return len(f["writeback_Contact"]) == 0 && f.Get("writeback_Lead") == "on" },
		},
		{
			gateway.TabObjects, "writeback on", func(f url.Values) { f.Add("writeback_Task", "on") },
			func(s gateway.Settings) bool { return s.Objects.Writeback["Task"] && s.Objects.Writeback["Contact"] },
			func(f url.Values) bool { return f.Get("writeback_Task") == "on" },
		},
		{
			gateway.TabContacts, "auto_create on", func(f url.Values) { f.Add("auto_create", "on") },
			func(s gateway.Settings) bool { return s.Contacts.AutoCreate }, func(f url.Values) bool { return f.Get("auto_create") == "on" },
		},
		{
			gateway.TabContacts, "leads_first off", func(f url.Values) { off(f, "leads_first", "on") },
			func(s gateway.Settings) bool { return !s.Contacts.LeadsFirst }, func(f url.Values) bool { return len(f["leads_first"]) == 0 },
		},
		{
			gateway.TabContacts, "exclude_public_domains off", func(f url.Values) { off(f, "exclude_public_domains", "on") },
			func(s gateway.Settings) bool { return !s.Contacts.ExcludePublicDomains }, func(f url.Values) bool { return len(f["exclude_public_domains"]) == 0 },
		},
		{
			gateway.TabContacts, "allow_domains", func(f url.Values) { f.Set("allow_domains", "Example.com; acme.example") },
			func(s gateway.Settings) bool {
				return slices.Equal(s.Contacts.AllowDomains, []string{"example.com", "acme.example"})
			},
			func(f url.Values) bool { return f.Get("allow_domains") == "example.com, acme.example" },
		},
		{
			gateway.TabContacts, "teams one", func(f url.Values) { off(f, "teams", "Sales") },
			func(s gateway.Settings) bool { return slices.Equal(s.Contacts.Teams, []string{"Customer Success"}) },
			func(f url.Values) bool { return slices.Equal(f["teams"], []string{"Customer Success"}) },
		},
		{
			gateway.TabContacts, "own_domains", func(f url.Values) { f.Set("own_domains", "Ours.example") },
			func(s gateway.Settings) bool { return slices.Equal(s.Contacts.OwnDomains, []string{"ours.example"}) },
			func(f url.Values) bool { return f.Get("own_domains") == "ours.example" },
		},
		{
			gateway.TabContacts, "caps", func(f url.Values) { f.Set("cap_meeting", "5"); f.Set("cap_hour", "1,000") },
			func(s gateway.Settings) bool { return s.Contacts.CapMeeting == 5 && s.Contacts.CapHour == 1000 },
			func(f url.Values) bool { return f.Get("cap_meeting") == "5" && f.Get("cap_hour") == "1000" },
		},
		{
			gateway.TabContacts, "create_accounts", func(f url.Values) { f.Add("create_accounts", "on") },
			func(s gateway.Settings) bool { return s.Contacts.CreateAccounts }, func(f url.Values) bool { return f.Get("create_accounts") == "on" },
		},
		{
			gateway.TabContacts, "account_match_field", func(f url.Values) { f.Set("account_match_field", "") },
			func(s gateway.Settings) bool { return s.Contacts.AccountMatchField == "" }, func(f url.Values) bool { return f.Get("account_match_field") == "" },
		},
		{
			gateway.TabContacts, "a step more", func(f url.Values) { f.Set("chain_add", "field"); f.Set("chain_field", "Legacy__c") },
			func(s gateway.Settings) bool {
				return slices.Contains(s.Contacts.Chain, gateway.MatchStep{By: "field", Field: "Legacy__c"}) && len(s.Contacts.Chain) == 4
			},
			func(f url.Values) bool {
				return slices.Equal(f["chain"], []string{"email", "phone", "domain", "field:Legacy__c"})
			},
		},
		{
			gateway.TabForecast, "count by stage", func(f url.Values) { f.Set("count_by", "stage"); f.Add("stages", "Negotiation") },
			func(s gateway.Settings) bool {
				return s.Forecast.CountBy == "stage" && slices.Equal(s.Forecast.Stages, []string{"Negotiation"})
			},
			func(f url.Values) bool {
				return f.Get("count_by") == "stage" && slices.Equal(f["stages"], []string{"Negotiation"})
			},
		},
		{
			gateway.TabForecast, "categories", func(f url.Values) { off(f, "categories", "Pipeline") },
			func(s gateway.Settings) bool { return !slices.Contains(s.Forecast.Categories, "Pipeline") },
			func(f url.Values) bool { return !slices.Contains(f["categories"], "Pipeline") },
		},
		{
			gateway.TabForecast, "who sees it", func(f url.Values) { f.Set("teams", "Sales, Customer Success"); f.Set("roles", "Account Executive") },
			func(s gateway.Settings) bool {
				return slices.Equal(s.Forecast.Teams, []string{"Sales", "Customer Success"}) && slices.Equal(s.Forecast.Roles, []string{"Account Executive"})
			},
			func(f url.Values) bool {
				return f.Get("teams") == "Sales, Customer Success" && f.Get("roles") == "Account Executive"
			},
		},
		{
			gateway.TabForecast, "period", func(f url.Values) { f.Set("period", "quarterly") },
			func(s gateway.Settings) bool { return s.Forecast.Period == "quarterly" }, func(f url.Values) bool { return f.Get("period") == "quarterly" },
		},
		{
			gateway.TabForecast, "amount", func(f url.Values) { f.Set("amount", "weighted") },
			func(s gateway.Settings) bool { return s.Forecast.Amount == "weighted" }, func(f url.Values) bool { return f.Get("amount") == "weighted" },
		},
		{
			gateway.TabAdvanced, "currency_label", func(f url.Values) { f.Set("currency_label", "€") },
			func(s gateway.Settings) bool { return s.Advanced.CurrencyLabel == "€" }, func(f url.Values) bool { return f.Get("currency_label") == "€" },
		},
		{
			gateway.TabAdvanced, "another currency label", func(f url.Values) { f.Set("currency_label", "kr") },
			func(s gateway.Settings) bool { return s.Advanced.CurrencyLabel == "kr" }, func(f url.Values) bool { return f.Get("currency_label") == "kr" },
		},
		{
			gateway.TabAdvanced, "e-mails", func(f url.Values) { f.Add("emails_from_tasks", "on"); f.Add("emails_from_messages", "on") },
			func(s gateway.Settings) bool { return s.Advanced.EmailsFromTasks && s.Advanced.EmailsFromMessages },
			func(f url.Values) bool {
				return f.Get("emails_from_tasks") == "on" && f.Get("emails_from_messages") == "on"
			},
		},
		{
			gateway.TabAdvanced, "who wins", func(f url.Values) { f.Set("conflicts_ownership", "salesforce") },
			func(s gateway.Settings) bool {
				return s.Advanced.Conflicts[gateway.DataOwnership] == gateway.WinnerSalesforce
			},
			func(f url.Values) bool {
				return f.Get("conflicts_ownership") == "salesforce" && f.Get("conflicts_other") == ""
			},
		},
		{
			gateway.TabAdvanced, "AVM-43 purpose field of the Task alone", func(f url.Values) { f.Set("purpose_field_task", "CallDisposition") },
			func(s gateway.Settings) bool {
				return s.Advanced.PurposeField == gateway.ActivityPair{Task: "CallDisposition"}
			},
			func(f url.Values) bool {
				return f.Get("purpose_field_task") == "CallDisposition" && f.Get("purpose_field_event") == "" && f.Has("purpose_task_0")
			},
		},
		{
			gateway.TabAdvanced, "amount_field", func(f url.Values) { f.Set("amount_field", "Forecast_Amount__c") },
			func(s gateway.Settings) bool { return s.Advanced.AmountField == "Forecast_Amount__c" }, func(f url.Values) bool { return f.Get("amount_field") == "Forecast_Amount__c" },
		},
		{
			gateway.TabAdvanced, "close_date_field", func(f url.Values) { f.Set("close_date_field", "Signed_On__c") },
			func(s gateway.Settings) bool { return s.Advanced.CloseDateField == "Signed_On__c" }, func(f url.Values) bool { return f.Get("close_date_field") == "Signed_On__c" },
		},
		{
			gateway.TabAdvanced, "summarize_topics on", func(f url.Values) { f.Add("summarize_topics", "on") },
			func(s gateway.Settings) bool { return s.Advanced.SummarizeTopics }, func(f url.Values) bool { return f.Get("summarize_topics") == "on" },
		},
	}
	for _, tt := range tests {
		t.Run(string(tt.tab)+" "+tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.imported("Opportunity", "Forecast_Amount__c", "Signed_On__c")
			b := w.as(home, gateway.RoleAdmin)
			path := settingsBase + "/" + string(tt.tab)
			form := b.get(path).want(http.StatusOK, tt.tab.Title(), "Default: ").form(path)
			if tt.check(w.saved()) {
				t.Fatal("it holds already")
			}
			tt.turn(form)
			b.review(path, form).want(http.StatusSeeOther).wantLocation(path + "?saved=settings")
			if !tt.check(w.saved()) {
				t.Errorf("saved %s", w.settings(gateway.OrgScope, tt.tab).Body)
			}
			page := b.get(path+"?saved=settings").want(http.StatusOK, "Ada Admin", w.settings(gateway.OrgScope, tt.tab).At.UTC().Format("2 Jan 2006, 15:04"), "Saved. The new settings are in force now.")
			if f := page.form(path); !tt.again(f) {
				t.Errorf("the page shows %v", f)
			}
			if row := w.settings(gateway.OrgScope, tt.tab); row.By != "Ada Admin" || row.ByID != "home-admin" || row.Revision != 1 {
				t.Errorf("saved as %+v", row)
			}
			if !w.audited(home, "Ada Admin changed "+tt.tab.Title()+" settings org") {
				t.Error("not audited")
			}
		})
	}
}

func (w *world) imported(object string, fields ...string) {
	w.t.Helper()
	for _, field := range fields {
		must(w.t, w.db.In(home).SaveMapping(w.t.Context(), gateway.Mapping{Object: object, Field: field, Imported: true}))
	}
}

// AVM-29: pipelines, forecasts and reports use a field once it is imported, and
// not before.
func TestOnlyImportedFieldsAreUsedInForecasts_AVM29(t *testing.T) {
	w := newWorld(t)
	b, path := w.as(home, gateway.RoleAdmin), settingsBase+"/"+string(gateway.TabAdvanced)
	page := b.get(path).want(http.StatusOK, "Offered are the imported fields of Opportunity")
	if contains(page.body, `value="Forecast_Amount__c"`) {
		t.Error("a field that is not imported is offered")
	}
	form := page.form(path)
	form.Set("amount_field", "Forecast_Amount__c")
	b.post(path, form).want(http.StatusUnprocessableEntity, "Forecast_Amount__c is not imported. Import it on the Objects tab")
	w.imported("Opportunity", "Forecast_Amount__c")
	page = b.get(path).want(http.StatusOK)
	form = page.form(path)
	form.Set("amount_field", "Forecast_Amount__c")
	b.review(path, form).want(http.StatusSeeOther)
	w.save(home, record(dealOf(home), gateway.Fields{
		"Name": gateway.Text("A deal"), "Amount": "111", "Forecast_Amount__c": "2222.20", "CloseDate": gateway.Text("2031-05-01"),
		"StageName": gateway.Text("Prospecting"), "ForecastCategory": gateway.Text("Pipeline"),
	}))
	b.get(forecastBase+"?period=2031-05").want(http.StatusOK, "2,222.2", "field Forecast_Amount__c")
}

// A form that lacks a control leaves its setting alone: "off" and "not shown"
// differ.
func TestControlsThatAFormLacksStayAsTheyAre(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	before := w.saved()
	for _, tab := range gateway.Tabs {
		b.post(settingsBase+"/"+string(tab), url.Values{"revision": {"0"}}).want(http.StatusSeeOther).wantLocation(settingsBase + "/" + string(tab) + "?saved=nothing")
	}
	after := w.saved()
	if !reflect.DeepEqual(after, before) {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
}

func TestImpossibleSettingsAreRefusedAndStayInTheForm(t *testing.T) {
	tests := []struct {
		tab  gateway.Tab
		turn url.Values
		says string
	}{
		{gateway.TabNotes, url.Values{"meeting_notes": {"fax"}}, "Notes go to a Note, an Event or a Task"},
		{gateway.TabContacts, url.Values{"allow_domains": {"not a domain"}}, "is neither an e-mail domain"},
		{gateway.TabForecast, url.Values{"period": {"yearly"}}, "monthly or quarterly"},
		{gateway.TabAdvanced, url.Values{"currency_label": {"much too long"}}, "one to eight characters"},
		{gateway.TabAdvanced, url.Values{"amount_field": {"1; DROP"}}, "Choose the field that holds the amount"},
	}
	for _, tt := range tests {
		t.Run(string(tt.tab), func(t *testing.T) {
			w := newWorld(t)
			b := w.as(home, gateway.RoleAdmin)
			path := settingsBase + "/" + string(tt.tab)
			form := b.get(path).form(path)
			for name, values := range tt.turn {
				form[name] = values
			}
			got := b.post(path, form).want(http.StatusUnprocessableEntity, tt.says, "Nothing was saved.")
			again := got.form(path)
			for name, values := range tt.turn {
				// What no control of the page can hold was made by hand.
				if tt.tab != gateway.TabNotes && tt.tab != gateway.TabForecast && !strings.EqualFold(strings.ReplaceAll(again.Get(name), ",", ""), values[0]) {
					t.Errorf("%s is %q again, typed %q", name, again.Get(name), values[0])
				}
			}
			if w.settings(gateway.OrgScope, tt.tab).Revision != 0 {
				t.Error("it was saved")
			}
		})
	}
}

// The defaults of a tab are reviewed as any other change (UX-17), and change no other tab.
func TestATabIsResetToItsDefaults_UX17(t *testing.T) {
	w := newWorld(t)
	w.saveOrg(gateway.TabForecast, func(s *gateway.Settings) { s.Forecast.Period = "quarterly" })
	w.saveOrg(gateway.TabNotes, func(s *gateway.Settings) { s.Notes.AutoEvents = false })
	b := w.as(home, gateway.RoleAdmin)
	path := settingsBase + "/forecast"
	if page := b.get(path).want(http.StatusOK, "Whole tab", "Copy settings to another workspace", "Reset this tab to defaults"); !contains(page.body, `href="`+path+defaultsPath+`"`) {
		t.Error("nothing leads to the defaults")
	}
	page := b.get(path+defaultsPath).want(http.StatusOK, "Review 1 change", "Quarterly", "Monthly", "Save Changes & Start Syncing")
	if w.saved().Forecast.Period != "quarterly" {
		t.Error("looking at the review saved it")
	}
	b.post(path, page.form(path)).want(http.StatusSeeOther).wantLocation(path + "?saved=settings")
	if got := w.saved(); got.Forecast.Period != "monthly" || got.Notes.AutoEvents {
		t.Errorf("saved %+v", got)
	}
	b.get(path+defaultsPath).want(http.StatusOK, "Salesforce settings", "Forecast period")
	w.as(home, gateway.RoleRep).get(path + defaultsPath).want(http.StatusForbidden)
}

// The order of the match chain is changed by buttons of the form, which save
// nothing (no dragging, no script).
func TestStepsOfTheMatchChainMove_UX19(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	path := settingsBase + "/contacts"
	form := b.get(path).want(http.StatusOK, "How a person is recognized", "always first").form(path)
	form.Set("leads_first", "")
	move := func(how string) {
		form["chain_move"] = []string{how}
		form = b.post(path, form).want(http.StatusOK, "Review changes").form(path)
	}
	move("up:1")
	if got := form["chain"]; !slices.Equal(got, []string{"phone", "email", "domain"}) {
		t.Errorf("moved up: %v", got)
	}
	move("drop:2")
	move("down:0")
	move("up:0")
	move("up:9")
	if got := form["chain"]; !slices.Equal(got, []string{"email", "phone"}) || form.Get("leads_first") != "" {
		t.Errorf("after all moves: %v, leads first %q", got, form.Get("leads_first"))
	}
	if w.settings(gateway.OrgScope, gateway.TabContacts).Revision != 0 {
		t.Error("moving saved something")
	}
	b.review(path, form).want(http.StatusSeeOther)
	if got := w.saved().Contacts; len(got.Chain) != 2 || got.LeadsFirst {
		t.Errorf("saved %+v", got)
	}
}

// AVM-34: the try-out answers for one address with the rule that decides.
func TestTryOutSaysWhetherSomebodyWouldBeCreated_AVM31_AVM34(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	contact, err := w.db.In(home).Record(t.Context(), contactOf(home))
	must(t, err)
	known := contact.Fields["Email"].String()
	for email, says := range map[string][]string{
		"lena@customer.example": {"A contact would be created.", "Only once", "External: customer.example is not ours."},
		"lena@gmail.com":        {"No contact would be created.", "gmail.com is a public e-mail domain"},
		"max@home.example":      {"No contact would be created.", "Internal: home.example is ours"},
		known:                   {"No contact would be created.", "A Contact already has this address"},
		"nonsense":              {"This is not an e-mail address"},
	} {
		b.get(settingsBase+"/contacts?try="+url.QueryEscape(email)).want(http.StatusOK, says...)
	}
}

// hasForm reports whether the page has a form that posts there.
func (a answered) hasForm(action string) bool {
	found := false
	walk(a.tree(), func(n *html.Node) {
		found = found || n.Type == html.ElementNode && n.Data == "form" && attr(n, "method") == "post" && attr(n, "action") == action
	})
	return found
}

// checked are the checked values of a group, enabled or not.
func (a answered) checked(name string) []string {
	var out []string
	walk(a.tree(), func(n *html.Node) {
		if n.Type == html.ElementNode && n.Data == "input" && attr(n, "name") == name && has(n, "checked") {
			out = append(out, attr(n, "value"))
		}
	})
	return out
}

func TestFormWithoutAnyConnectionSaysSo(t *testing.T) {
	w := newWorld(t)
	ws := gateway.WorkspaceID("fresh")
	must(t, w.db.CreateWorkspace(t.Context(), ws, "Fresh"))
	hash, err := HashPassword(password)
	must(t, err)
	for _, role := range []gateway.Role{gateway.RoleAdmin, gateway.RoleRep} {
		must(t, w.db.In(ws).CreateMember(t.Context(), gateway.Member{ID: "f-" + string(role), Workspace: ws, Email: email(ws, role), Name: names[role], Role: role, PasswordHash: hash}))
	}
	admin, rep := w.as(ws, gateway.RoleAdmin), w.as(ws, gateway.RoleRep)
	admin.get(settingsBase+"/notes").want(http.StatusOK, "No org is connected yet.", "Connect Salesforce")
	admin.get("/").want(http.StatusOK, "Not connected to Salesforce", "Connect Salesforce")
	admin.get("/contacts").want(http.StatusOK, "Contacts will appear here")
	admin.get("/sync/log").want(http.StatusOK, "The log begins with the first change", "Connect Salesforce")
	admin.get(settingsBase).want(http.StatusOK, "No org is connected yet.", "Connect Production", "Connect Sandbox")
	for _, path := range []string{"/", "/sync/log", "/sync/log?part=log", "/settings/you"} {
		if page := rep.get(path).want(http.StatusOK); slices.Contains(page.links(), settingsBase) {
			t.Errorf("%s sends a rep to a page that he may not open", path)
		}
	}
	rep.get("/sync/log?part=log").want(http.StatusOK, "The log begins with the first change")
}
