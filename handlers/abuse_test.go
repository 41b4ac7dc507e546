package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// S-01: what another site can make a browser send changes nothing.
func TestRequestsOfOtherSitesChangeNothing_S01(t *testing.T) {
	tests := []struct {
		name   string
		header map[string]string
		status int
	}{
		{"no Origin and no Sec-Fetch-Site", map[string]string{}, http.StatusForbidden},
		{"foreign Origin", map[string]string{"Origin": "https://evil.example"}, http.StatusForbidden},
		{"look-alike Origin", map[string]string{"Origin": "http://tidegate.test.evil.example"}, http.StatusForbidden},
		{"Origin null", map[string]string{"Origin": "null"}, http.StatusForbidden},
		{"cross-site", map[string]string{"Sec-Fetch-Site": "cross-site"}, http.StatusForbidden},
		{"same-site, another host", map[string]string{"Sec-Fetch-Site": "same-site"}, http.StatusForbidden},
		{"cross-site with our Origin", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "http://tidegate.test"}, http.StatusForbidden},
		{"our Origin", map[string]string{"Origin": "http://tidegate.test"}, http.StatusSeeOther},
		{"same-origin", map[string]string{"Sec-Fetch-Site": "same-origin"}, http.StatusSeeOther},
		{"typed by the person", map[string]string{"Sec-Fetch-Site": "none"}, http.StatusSeeOther},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			b := w.as(home, gateway.RoleAdmin)
			b.header = tt.header
			got := b.post(settingsBase+"/forecast", url.Values{"step": {"save"}, "body": {`{"period":"quarterly"}`}, "revision": {"0"}}).want(tt.status)
			changed := w.settings(gateway.OrgScope, gateway.TabForecast).Revision != 0
			refused := w.audited(home, "refused a request from another site POST "+settingsBase+"/forecast")
			if blocked := tt.status == http.StatusForbidden; changed == blocked || refused != blocked {
				t.Errorf("changed %v, refusal audited %v", changed, refused)
			}
			if tt.status == http.StatusForbidden {
				got.want(http.StatusForbidden, "another site", "nothing was changed")
			}
		})
	}
}

// Every POST of the table is guarded, not only the one above.
func TestNoPostIsOpenToOtherSites_S01(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	b.header = map[string]string{"Sec-Fetch-Site": "cross-site"}
	for _, r := range pages {
		if r.method == http.MethodPost {
			b.post(fill(r.path, home), url.Values{"field": {"Title"}, "value": {"x"}}).want(http.StatusForbidden)
		}
	}
	if len(w.org.log()) > 0 || w.caller.count() > 0 {
		t.Error("something was done")
	}
	outside := w.browser()
	outside.header = map[string]string{"Sec-Fetch-Site": "cross-site"}
	outside.post("/login", signIn(email(home, gateway.RoleRep), password)).want(http.StatusForbidden)
	if outside.cookies[sessionCookie] != "" {
		t.Error("another site signed a person in")
	}
}

const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)> javascript:alert(3) ' OR 1=1 --`

// S-27: whatever Salesforce, people and the product say stays text on every
// page.
func TestHostileValuesAreInert_S27(t *testing.T) {
	w := newWorld(t)
	in := w.db.In(home)
	ctx := t.Context()
	values := gateway.Fields{"AccountId": gateway.Text(accountOf(home).ID)}
	for _, name := range []string{"Name", "FirstName", "LastName", "Title", "Email", "Phone", "Department", "Description", "Company", "StageName", "Website", "NextStep"} {
		values[name] = gateway.Text(hostile)
	}
	for _, k := range []gateway.RecordKey{contactOf(home), accountOf(home), leadOf(home), dealOf(home)} {
		w.save(home, record(k, values))
	}
	w.save(home, record(key("Task", "00T", 1), gateway.Fields{"Subject": gateway.Text(hostile), "Description": gateway.Text(hostile), "WhoId": gateway.Text(contactOf(home).ID), "Status": gateway.Text(hostile)}))
	must(t, in.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.AppendHistory(ctx, []gateway.HistoryEntry{{
			Key: contactOf(home), Type: gateway.Update, Outcome: gateway.OutcomeApplied, Reason: hostile, Fields: values, Before: values,
			User: hostile, Origin: hostile, TransactionKey: hostile, Label: hostile, At: w.clock.now(),
		}})
	}))
	must(t, in.SaveLink(ctx, gateway.Link{Kind: "person", ExternalID: hostile, Key: contactOf(home), Reason: hostile, Broken: hostile}))
	must(t, in.CreateKey(ctx, gateway.APIKey{ID: "k", Name: hostile, Hash: "h", Prefix: "tg_", Scopes: []string{"read"}, CreatedBy: hostile}))
	must(t, in.Audit(ctx, gateway.AuditEntry{By: hostile, What: hostile, Target: hostile}))
	conn, err := in.Connection(ctx)
	must(t, err)
	conn.OrgName, conn.Username, conn.StateReason, conn.State = hostile, hostile, hostile, gateway.StateLimited
	must(t, in.SaveConnection(ctx, conn))
	w.org.report = CheckReport{Checks: []Check{{Title: hostile, Text: hostile, Setup: []string{hostile}, SetupPath: "/lightning/setup"}}}
	line, hole := w.park(home, hostile[:60]), w.hole(home, hostile)
	page, err := in.Log(ctx, store.LogQuery{Direction: "in"})
	must(t, err)

	b := w.as(home, gateway.RoleAdmin)
	query := "?q=" + url.QueryEscape(hostile) + "&edit=Title&saved=" + url.QueryEscape(hostile) + "&open=" + strconv.FormatInt(line, 10)
	for _, r := range pages {
		if r.method != http.MethodGet || r.path == eventsPath {
			continue
		}
		path := fill(r.path, home)
		if strings.HasPrefix(r.path, "/sync/log/") {
			path = strings.Replace(r.path, ":id", strconv.FormatInt(page.Entries[0].Entry.ID, 10), 1)
			b.get(strings.Replace(r.path, ":id", strconv.FormatInt(line, 10), 1)).wantInert(path)
		}
		if strings.HasPrefix(r.path, holesBase) {
			path = strings.Replace(r.path, ":id", hole, 1)
			if strings.HasSuffix(path, "/certificate") {
				continue // a file of JSON
			}
		}
		b.clone().get(path).wantInert(path)
		b.clone().get(path + query).wantInert(path + query)
	}
	b.post("/contacts/"+contactOf(home).ID, url.Values{"field": {"Title"}, "value": {strings.Repeat(hostile, 9)}, "revision": {"stale"}}).want(422).wantInert("a refused edit")
	b.post("/settings/members", url.Values{"name": {hostile}, "email": {hostile}, "password": {password}}).want(422).wantInert("a refused member")
	b.post(settingsBase+"/connect/production", url.Values{"login_url": {hostile}, "client_id": {hostile}}).wantInert("leaving")
	w.browser().post("/login", signIn(hostile, "wrong")).want(422).wantInert("a refused sign-in")
}

// wantInert fails where a page holds a script, a handler or an address that is
// neither ours nor https, mailto or tel.
func (a answered) wantInert(what string) {
	a.t.Helper()
	walk(a.tree(), func(n *html.Node) {
		if n.Type != html.ElementNode {
			return
		}
		if n.Data == "script" && attr(n, "src") == "" || n.Data == "img" && attr(n, "src") == "x" {
			a.t.Errorf("%s: a <%s> came alive", what, n.Data)
		}
		for _, at := range n.Attr {
			scheme, _, _ := strings.Cut(strings.TrimSpace(at.Val), ":")
			switch {
			case strings.HasPrefix(at.Key, "on"):
				a.t.Errorf("%s: attribute %s on <%s>", what, at.Key, n.Data)
			case at.Key == "href" && strings.Contains(at.Val, ":") && !strings.HasPrefix(at.Val, "/") && !strings.HasPrefix(at.Val, "#") &&
				scheme != "https" && scheme != "mailto" && scheme != "tel" && scheme != "about":
				a.t.Errorf("%s: link to %q", what, at.Val)
			}
		}
	})
	if strings.Contains(a.body, "<script>alert") {
		a.t.Errorf("%s holds the script unescaped", what)
	}
}

// S-29 on both engines: filters, searches and page tokens find nothing or
// everything, and never fail.
func TestHostileQueriesHaveNoEffect_S29(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, dbURL string) {
		w := newWorldOn(t, dbURL)
		w.park(home, "Refused")
		apiKey, _ := w.apiKey(home, "read", "write")
		before := w.state()
		b, product := w.as(home, gateway.RoleAdmin), w.product(apiKey)
		attacks := []string{
			"' OR '1'='1", "'; DROP TABLE records; --", "%", "_", `\`, "\x00", "a\x00b", "\xff\xfe", "1 UNION SELECT password_hash FROM members", "-1",
			"9223372036854775808", "0x10", strings.Repeat("A", 3000), "💥", "${7*7}", "{{7*7}}", "\r\nSet-Cookie: x=1", "AAAA", "Zm9vAGJhcg",
		}
		for _, attack := range attacks {
			q := url.QueryEscape(attack)
			for _, path := range []string{
				"/search?q=" + q, "/contacts?q=" + q, "/contacts?after=" + q, "/contacts?before=" + q, "/contacts?account=" + q, "/contacts?part=" + q, "/deals?q=" + q + "&after=" + q,
				"/contacts/" + contactOf(home).ID + "?edit=" + q + "&from=" + q, "/contacts/" + contactOf(home).ID + "/why?field=" + q,
				"/contacts/" + url.PathEscape("local:"+attack), "/contacts/" + url.PathEscape(attack), "/sync/log/" + url.PathEscape(attack),
				"/sync/log?q=" + q, "/sync/log?object=" + q + "&direction=" + q, "/sync/log?state=" + q, "/sync/log?record=" + q, "/sync/log?after=" + q + "&before=" + q, "/sync/log?time=" + q + "&open=" + q,
				"/audit?before=" + q, settingsBase + "/objects/" + url.PathEscape(attack), settingsBase + "/objects/Contact?q=" + q + "&show=" + q + "&field=" + q,
				"/settings/you?saved=" + q, "/?part=" + q,
			} {
				got := b.get(path)
				if got.status >= 500 || got.status == 200 && contains(got.words(), "argon2id") {
					t.Fatalf("%q on %s: %d %s\n%s", attack, path, got.status, brief(got.words()), w.log)
				}
				if got.header.Get("Set-Cookie") != "" {
					t.Errorf("%s sets a cookie", path)
				}
			}
			for _, path := range []string{
				"/records/Contact?after=" + q, "/records/Contact?q=" + q, "/records/" + url.PathEscape(attack), "/records/Contact/" + url.PathEscape(attack),
				"/records/Contact?limit=" + q, "/records/Contact?updated_after=" + q, "/log?state=" + q + "&object=" + q + "&record=" + q, "/log?after=" + q + "&q=" + q + "&direction=" + q, "/links?after=" + q,
			} {
				if got := product.get("/api/v1" + path); got.status >= 500 {
					t.Fatalf("%q on %s: %d %s\n%s", attack, path, got.status, got.body, w.log)
				}
			}
		}
		if after := w.state(); stripAudit(after) != stripAudit(before) {
			t.Errorf("before %s\nafter  %s", before, after)
		}
		b.get("/contacts").want(http.StatusOK, "Ann Example")
	})
}

// stripAudit leaves out the count of audit lines: misses are written down.
func stripAudit(state string) string {
	fields := strings.Fields(state)
	return strings.Join(append(append(append([]string{}, fields[:2]...), fields[3:10]...), fields[11:]...), " ")
}

// S-29 and S-32 for what is written: NUL, broken UTF-8 and line ends reach
// neither a header nor an error of the database.
func TestHostileFormsAreKeptAsTextOrRefused_S32(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, dbURL string) {
		w := newWorldOn(t, dbURL)
		apiKey, _ := w.apiKey(home, "read", "write")
		b, product := w.as(home, gateway.RoleAdmin), w.product(apiKey)
		for i, attack := range []string{"a\x00b", "\xff\xfe", "x\r\nSet-Cookie: evil=1", "%0d%0aevil: 1", "' OR 1=1 --", "💥\u2028"} {
			form := func(pairs ...string) url.Values {
				v := url.Values{}
				for n := 0; n < len(pairs); n += 2 {
					v.Add(pairs[n], pairs[n+1])
				}
				return v
			}
			posts := map[string]url.Values{
				"/contacts/" + contactOf(home).ID:                      form("field", "Title", "value", attack, "revision", attack),
				"/leads/" + leadOf(home).ID:                            form("field", attack, "value", attack),
				"/settings/members":                                    form("name", attack, "email", "m"+strconv.Itoa(i)+"@home.example", "password", password, "role", attack),
				"/settings/keys":                                       form("name", attack),
				settingsBase + "/advanced":                             form("currency_label", attack, "amount_field", attack),
				settingsBase + "/contacts":                             form("present", "teams", "teams", attack, "allow_domains", attack),
				settingsBase + "/connect/production":                   form("login_url", attack, "client_id", attack, "client_secret", attack),
				settingsBase + "/objects/Contact":                      form("present", attack, "editable_Title", attack, attack, attack),
				"/settings/keys/" + url.PathEscape(attack) + "/revoke": form(),
				"/settings/you/account":                                form("current", attack, "password", attack),
				"/sync/log/1/ignore":                                   form("reason", attack),
			}
			for path, values := range posts {
				w.clock.forward(blockFor) // the password page counts attempts
				got := b.post(path, values)
				if got.status >= 500 {
					t.Errorf("%q to %s: %d %s\n%s", attack, path, got.status, brief(got.words()), w.log)
				}
				if got.header.Get("Set-Cookie") != "" && !contains(path, "connect") || got.header.Get("Evil") != "" {
					t.Errorf("%q to %s: headers %v", attack, path, got.header)
				}
			}
			quoted := strconv.QuoteToASCII(strings.ToValidUTF8(attack, "?"))
			quoted = strings.ReplaceAll(strings.ReplaceAll(quoted, `\x00`, `\u0000`), `\U0001f4a5`, `\ud83d\udca5`)
			for path, body := range map[string]string{
				"/records/Contact/" + contactOf(home).ID: `{"fields":{"Title":` + quoted + `}}`,
				"/records/Lead/" + leadOf(home).ID:       `{"fields":{` + quoted + `:1}}`,
			} {
				if got := product.json("PATCH", "/api/v1"+path, body); got.status >= 500 {
					t.Errorf("PATCH %s %s: %d %s\n%s", path, body, got.status, got.body, w.log)
				}
			}
			person := `{"email":"p` + strconv.Itoa(i) + `@p.example","last_name":` + quoted + `,"company":` + quoted + `,"properties":{"Department":` + quoted + `}}`
			if got := product.json("PUT", "/api/v1/people/"+url.PathEscape("p-"+strconv.Itoa(i)), person); got.status != http.StatusOK {
				t.Errorf("PUT %s: %d %s\n%s", person, got.status, got.body, w.log)
			}
			if got := product.json("PUT", "/api/v1/people/"+url.PathEscape(attack), person); got.status >= 500 {
				t.Errorf("PUT people %q: %d %s\n%s", attack, got.status, got.body, w.log)
			}
		}
		for _, line := range strings.Split(w.log.String(), "\n") {
			if line != "" && !strings.HasPrefix(line, "time=") {
				t.Errorf("a log line was broken up: %q", line)
			}
		}
	})
}

// S-35: fields that a form does not have are ignored and written down.
func TestExtraFieldsAreIgnoredAndAudited_S35(t *testing.T) {
	w := newWorld(t)
	admin, rep := w.as(home, gateway.RoleAdmin), w.as(home, gateway.RoleRep)
	extra := func(v url.Values) url.Values {
		for _, name := range []string{"workspace_id", "id", "owner", "scopes", "by", "disabled", "password_hash"} {
			v.Set(name, string(foreign))
		}
		return v
	}
	admin.post("/settings/members", extra(url.Values{"name": {"New"}, "email": {"new@home.example"}, "password": {password}, "role": {"owner"}})).want(http.StatusSeeOther)
	m, err := w.db.MemberByEmail(t.Context(), "new@home.example")
	must(t, err)
	if m.Workspace != home || m.Role != gateway.RoleRep || m.Disabled || m.ID == string(foreign) {
		t.Errorf("made %+v", m)
	}
	admin.post("/settings/keys", extra(url.Values{"name": {"Recorder"}})).want(http.StatusOK)
	keys, err := w.db.In(home).Keys(t.Context())
	must(t, err)
	if keys[0].Workspace != home || strings.Join(keys[0].Scopes, " ") != "read write" || keys[0].CreatedBy != "Ada Admin" {
		t.Errorf("made %+v", keys[0])
	}
	// A member saves his own notes settings and tries to lock, to save for
	// everybody and to become an admin.
	rep.post("/settings/you", extra(url.Values{
		"present": {"auto_events", "locked"}, "locked": {"on"}, "scope": {gateway.OrgScope}, "role": {"admin"}, "tab": {"contacts"}, "auto_create": {"on"},
	})).want(http.StatusSeeOther)
	if row := w.settings(memberScope("home-rep"), gateway.TabNotes); row.Revision != 1 || contains(string(row.Body), `"locked":true`) {
		t.Errorf("saved %s", row.Body)
	}
	if w.settings(gateway.OrgScope, gateway.TabNotes).Revision+w.settings(gateway.OrgScope, gateway.TabContacts).Revision != 0 {
		t.Error("a rep saved the organization's settings")
	}
	rep.get("/settings/members").want(http.StatusForbidden)
	rep.post("/contacts/"+contactOf(home).ID, extra(url.Values{"field": {"Title"}, "value": {"CEO"}, "OwnerId": {"005"}})).want(http.StatusSeeOther)
	if sent := w.caller.sent[0].Fields; len(sent) != 1 || sent["Title"] != gateway.Text("CEO") {
		t.Errorf("sent %v", sent)
	}
	for _, who := range []string{"Ada Admin", "Rita Rep"} {
		if !w.audited(home, who+" sent fields that the form does not have; they were ignored") {
			t.Errorf("extra fields of %s are not in the audit", who)
		}
	}
	if !w.audited(home, "locked") || !w.audited(home, "workspace_id") {
		t.Error("the audit does not name the fields")
	}
}

// An ordinary save by the page's own form leaves no such line.
func TestOwnFormsHaveNoExtraFields_S35(t *testing.T) {
	w := newWorld(t)
	admin := w.as(home, gateway.RoleAdmin)
	for _, path := range []string{settingsBase + "/notes", settingsBase + "/objects", settingsBase + "/contacts", settingsBase + "/forecast", settingsBase + "/advanced", settingsBase + "/objects/Contact", "/settings/you"} {
		admin.post(path, admin.get(path).form(path)).want(http.StatusSeeOther)
	}
	contact := "/contacts/" + contactOf(home).ID
	admin.post(contact, admin.get(contact+"?edit=Title").form(contact)).want(http.StatusSeeOther)
	if w.audited(home, "sent fields") {
		entries, err := w.db.In(home).AuditLog(t.Context(), 0, 100)
		t.Errorf("an honest form was written down as an attack: %+v (%v)", entries, err)
	}
}

// S-37: what may not be written is refused, and nothing is queued.
func TestRepWritesOnlyWhatIsOpened_S37(t *testing.T) {
	contact := "/contacts/" + contactOf(home).ID
	tests := []struct {
		name   string
		before func(w *world)
		field  string
		says   string
	}{
		{"not Editable", func(w *world) {
			must(w.t, w.db.In(home).SaveMapping(w.t.Context(), gateway.Mapping{Object: "Contact", Field: "Title", Imported: true}))
		}, "Title", "Editable is off"},
		{"not mapped", func(*world) {}, "LeadSource", "Editable is off"},
		{"object switch off", func(w *world) {
			w.saveOrg(gateway.TabObjects, func(s *gateway.Settings) { s.Objects.Writeback = map[string]bool{"Lead": true} })
		}, "Title", "switched off"},
		{"read-only in Salesforce", func(*world) {}, "CreatedById", "Editable is off"},
		{"unknown to Salesforce", func(*world) {}, "Salary__c", "does not show this field"},
		{"no field", func(*world) {}, "", "does not show this field"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			tt.before(w)
			value := map[string]string{"CreatedById": contactOf(home).ID, "LeadSource": "Web"}[tt.field]
			if value == "" {
				value = "x"
			}
			b := w.as(home, gateway.RoleRep)
			b.post(contact, url.Values{"field": {tt.field}, "value": {value}}).want(http.StatusForbidden, tt.says)
			text, _ := w.apiKey(home, "write")
			w.product(text).json("PATCH", "/api/v1/records/Contact/"+contactOf(home).ID, `{"fields":{"`+tt.field+`":"`+value+`"}}`).want(http.StatusForbidden)
			if _, waiting := w.pending(contactOf(home)); waiting || w.caller.count() > 0 {
				t.Error("it was queued")
			}
			page, err := w.db.In(home).Log(t.Context(), store.LogQuery{Direction: "out"})
			must(t, err)
			if page.Total != 0 {
				t.Errorf("%d lines in the log", page.Total)
			}
		})
	}
}
