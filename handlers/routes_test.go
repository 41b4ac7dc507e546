package handlers

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tidegate/gateway"
)

// fill puts ids of a workspace into a route's path.
func fill(path string, ws gateway.WorkspaceID) string {
	id := contactOf(ws).ID
	for object, k := range map[string]gateway.RecordKey{"/leads": leadOf(ws), "/accounts": accountOf(ws), "/deals": dealOf(ws)} {
		if strings.HasPrefix(path, object+"/") {
			id = k.ID
		}
	}
	if strings.HasPrefix(path, "/settings/members/") {
		id = strings.ReplaceAll(string(ws), " ", "-") + "-rep"
	}
	if strings.HasPrefix(path, meetingsBase) || strings.HasPrefix(path, conversationsBase) || strings.HasPrefix(path, callsBase) || strings.HasPrefix(path, emailsBase) || strings.HasPrefix(path, customBase) {
		id = "said-1"
	}
	if strings.HasPrefix(path, agentsBase) {
		id = gateway.DefaultAgent
	}
	if strings.HasPrefix(path, recordsBase) {
		path, id = strings.Replace(path, ":object", "Visit__c", 1), visitOf(ws).ID
	}
	if strings.HasPrefix(path, hooksBase) {
		id = hookOf(ws, gateway.HookOutbound)
	}
	return strings.NewReplacer(":id", id, ":object", "Contact", ":environment", "production", ":slug", "objections", ":kind", "visit").Replace(path)
}

// S-03: what changes something takes no GET and no HEAD.
func TestStateChangesTakeNoGetAndNoHead_S03(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	for _, r := range pages {
		if r.method != http.MethodPost {
			continue
		}
		if slices.ContainsFunc(pages, func(other route) bool { return other.method == http.MethodGet && other.path == r.path }) {
			continue
		}
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			if got := b.send(method, fill(r.path, home), "", ""); got.status != http.StatusMethodNotAllowed || !strings.Contains(got.header.Get("Allow"), "POST") {
				t.Errorf("%s %s: %d, Allow %q", method, r.path, got.status, got.header.Get("Allow"))
			}
		}
	}
	for _, path := range []string{callbackPath, eventsPath} {
		if got := b.send(http.MethodHead, path, "", ""); got.status != http.StatusMethodNotAllowed {
			t.Errorf("HEAD %s: %d", path, got.status)
		}
	}
}

// S-03: looking at every page as an admin changes nothing.
func TestLookingAtPagesChangesNothing_S03(t *testing.T) {
	w := newWorld(t)
	line, hole := w.park(home, "Refused"), w.hole(home, "said")
	for thing, key := range map[string]gateway.RecordKey{"p-1": contactOf(home), "p-2": leadOf(home)} {
		must(t, w.db.In(home).SaveLink(t.Context(), gateway.Link{Kind: "person", ExternalID: thing, Key: key}))
	}
	w.added(visitSchema)
	w.save(home, record(visitOf(home), gateway.Fields{"Name": gateway.Text("Visit")}))
	w.said(home, "said-1")
	filed := key("Task", "00T", 8)
	w.save(home, record(filed, gateway.Fields{"Subject": gateway.Text("Logged by Outlook"), "TaskSubtype": gateway.Text("Email")}))
	w.saveOrg(gateway.TabAdvanced, func(s *gateway.Settings) { s.Advanced.EmailsFromTasks = true })
	b := w.as(home, gateway.RoleAdmin)
	before := w.state()
	for _, r := range pages {
		if r.method != http.MethodGet || r.path == eventsPath || r.path == callbackPath {
			continue
		}
		path := fill(r.path, home)
		switch {
		case strings.HasPrefix(r.path, "/sync/log/:id"):
			path = strings.Replace(r.path, ":id", strconv.FormatInt(line, 10), 1)
		case strings.HasPrefix(r.path, filedBase):
			path = strings.Replace(r.path, ":id", filed.ID, 1)
		case strings.HasPrefix(r.path, holesBase):
			path = strings.Replace(r.path, ":id", hole, 1)
		case strings.HasSuffix(r.path, "/leave"):
			path = strings.Replace(r.path, ":object", "Visit__c", 1)
		}
		query := "?password=x&value=x&field=Title&revision=0&test=1"
		if strings.HasPrefix(r.path, undoBase) { // asks for what is meant
			query += "&record=" + contactOf(home).ID
		}
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			got := b.clone().send(method, path+query, "", "")
			leads := got.status == http.StatusFound && strings.HasPrefix(got.header.Get("Location"), r.path+"/")
			if got.status != http.StatusOK && r.path != "/login" && !leads {
				t.Errorf("%s %s: %d %s", method, path, got.status, brief(got.words()))
			}
			if method == http.MethodHead && got.body != "" {
				t.Errorf("HEAD %s has a body", path)
			}
		}
	}
	if after := w.state(); after != before {
		t.Errorf("before %s\nafter  %s", before, after)
	}
}

// state sums up what requests could change.
func (w *world) state() string {
	w.t.Helper()
	var b strings.Builder
	for _, ws := range []gateway.WorkspaceID{home, foreign} {
		in := w.db.In(ws)
		ctx := w.t.Context()
		pending, err := in.PendingByObject(ctx)
		must(w.t, err)
		audit, err := in.AuditLog(ctx, 0, 500)
		must(w.t, err)
		members, err := in.Members(ctx)
		must(w.t, err)
		keys, err := in.Keys(ctx)
		must(w.t, err)
		org, err := in.Settings(ctx, gateway.OrgScope)
		must(w.t, err)
		revisions := int64(0)
		for _, row := range org {
			revisions += row.Revision
		}
		hooks, err := in.Hooks(ctx)
		must(w.t, err)
		for _, h := range hooks {
			revisions += 1 + h.RotatedAt.Unix() - h.CreatedAt.Unix()
			if h.Disabled {
				revisions += 7
			}
		}
		c := pending["Contact"]
		for _, n := range []int{c.Waiting, c.Parked, len(audit), len(members), len(keys), int(revisions), w.caller.count(), len(w.org.log())} {
			b.WriteString(strconv.Itoa(n) + " ")
		}
	}
	return b.String()
}

// The role table: who may open what. It is written out, so that a route that
// opens by mistake is seen here.
func TestRepOpensNoAdminPage(t *testing.T) {
	w := newWorld(t)
	rep, nobody := w.as(home, gateway.RoleRep), w.browser()
	for _, r := range pages {
		if r.path == eventsPath {
			continue
		}
		wantAdmin := strings.HasPrefix(r.path, settingsBase) && !strings.HasSuffix(r.path, "/:object/why") ||
			strings.HasPrefix(r.path, "/settings/members") || strings.HasPrefix(r.path, "/settings/keys") || strings.HasPrefix(r.path, "/proofs/") || strings.HasPrefix(r.path, "/pause/") || strings.HasPrefix(r.path, undoCreatedBase) || strings.HasPrefix(r.path, hooksBase) || r.path == costURL ||
			strings.HasPrefix(r.path, topicsBase) || strings.HasPrefix(r.path, agentsBase) || r.path == "/audit" || r.method == http.MethodPost && strings.HasSuffix(r.path, "/:id/delete") || strings.HasPrefix(r.path, againBase) || r.path == "/sync/lines/export"
		if (r.access == admins) != wantAdmin {
			t.Errorf("%s %s: admins only is %v, want %v", r.method, r.path, r.access == admins, wantAdmin)
		}
		if wantAdmin {
			rep.send(r.method, fill(r.path, home), "", "").want(http.StatusForbidden, "Only an admin")
		}
		if got := nobody.send(r.method, fill(r.path, home), "", ""); r.access != open && (got.status != http.StatusSeeOther || !strings.HasPrefix(got.header.Get("Location"), "/login")) {
			t.Errorf("nobody opens %s %s: %d", r.method, r.path, got.status)
		}
	}
	if !w.audited(home, "Rita Rep refused GET /audit") {
		t.Error("the refusal is not in the audit")
	}
}

// S-34, generated over all routes with an id: what belongs to the other
// workspace is answered exactly like what does not exist.
func TestForeignIDsAreAnsweredLikeMissingOnes_S34(t *testing.T) {
	w := newWorld(t)
	line, hole := strconv.FormatInt(w.park(foreign, "Refused"), 10), w.hole(foreign, "theirs")
	_, foreignKey := w.apiKey(foreign, "read", "write")
	must(t, w.db.In(foreign).SaveAgent(t.Context(), gateway.Agent{ID: "their-chat", Name: "Theirs"}))
	b := w.as(home, gateway.RoleAdmin)
	before := w.state()
	checked := 0
	for _, r := range pages {
		if !strings.Contains(r.path, ":id") {
			continue
		}
		checked++
		theirs, missing := fill(r.path, foreign), fill(r.path, "nowhere in the world")
		switch {
		case strings.HasPrefix(r.path, "/sync/log"):
			theirs, missing = strings.Replace(r.path, ":id", line, 1), strings.Replace(r.path, ":id", line+"7", 1)
		case strings.HasPrefix(r.path, holesBase):
			theirs, missing = strings.Replace(r.path, ":id", hole, 1), strings.Replace(r.path, ":id", hole+"7", 1)
		case strings.HasPrefix(r.path, agentsBase):
			theirs, missing = agentURL("their-chat"), agentURL("no-such-chat")
		case strings.HasPrefix(r.path, "/settings/keys"):
			theirs, missing = strings.Replace(r.path, ":id", foreignKey.ID, 1), strings.Replace(r.path, ":id", NewID(), 1)
		}
		form := url.Values{"field": {"Title"}, "value": {"Mine"}, "reason": {"because"}}
		send := func(path string) answered {
			if r.method == http.MethodPost {
				return b.post(path, form)
			}
			return b.get(path + "?field=Title")
		}
		got, want := send(theirs), send(missing)
		// The answer may repeat the id that was asked for, and nothing else.
		saysTheirs, saysMissing := strings.ReplaceAll(got.words(), idIn(theirs), "it"), strings.ReplaceAll(want.words(), idIn(missing), "it")
		if got.status != http.StatusNotFound || want.status != got.status || saysTheirs != saysMissing {
			t.Errorf("%s %s: %d %q, missing: %d %q", r.method, r.path, got.status, saysTheirs, want.status, saysMissing)
		}
	}
	if h, err := w.db.In(foreign).Hook(t.Context(), hookOf(foreign, gateway.HookOutbound)); err != nil || h.Disabled || !h.RotatedAt.IsZero() {
		t.Errorf("the foreign webhook is %+v (%v)", h, err)
	}
	if checked < 25 {
		t.Errorf("only %d routes have an id", checked)
	}
	if keys, err := w.db.In(foreign).Keys(t.Context()); err != nil || keys[0].Revoked {
		t.Errorf("the foreign key was revoked (%v)", err)
	}
	if _, parked, err := w.db.In(foreign).Pending(t.Context(), contactOf(foreign)); err != nil || !parked {
		t.Errorf("the foreign write is gone (%v)", err)
	}
	if !w.audited(home, "Ada Admin asked for something that is not here") {
		t.Errorf("not audited; before %s", before)
	}
}

// idIn is the longest part of an address.
func idIn(path string) string {
	return slices.MaxFunc(strings.Split(path, "/"), func(a, b string) int { return len(a) - len(b) })
}

// S-34 for lists and filters: nothing of the other workspace is named.
func TestListsNameNothingOfAnotherWorkspace_S34(t *testing.T) {
	w := newWorld(t)
	w.park(foreign, "Refused")
	b := w.as(home, gateway.RoleAdmin)
	for _, path := range []string{
		"/", "/contacts", "/leads", "/accounts", "/deals", "/sync/log", "/audit", "/settings/members", "/settings/keys", hooksBase, settingsBase,
		"/contacts?account=" + accountOf(foreign).ID, "/sync/log?record=" + contactOf(foreign).ID, "/contacts?q=foreign", "/search?q=foreign",
	} {
		for _, word := range []string{"Acme of foreign", "Org of foreign", "Hook of foreign", "@foreign.example", contactOf(foreign).ID + "\""} {
			if got := b.get(path).want(http.StatusOK); contains(strings.ReplaceAll(got.body, "account="+accountOf(foreign).ID, ""), word) && !contains(path, "record=") {
				t.Errorf("%s names %q", path, word)
			}
		}
	}
}

// S-43 and S-47 on every route and every kind of answer.
func TestEveryAnswerCarriesTheHeaders_S43(t *testing.T) {
	w := newWorld(t)
	admin := w.as(home, gateway.RoleAdmin)
	type request struct{ method, path string }
	requests := []request{
		{"GET", "/healthz"},
		{"GET", "/readyz"},
		{"GET", "/nothing/here"},
		{"GET", "/static/app.css"},
		{"GET", "/api/v1/status"},
		{"GET", "/api/v1/nothing"},
		{"DELETE", "/contacts"},
		{"TRACE", "/"},
		{"OPTIONS", "/contacts"},
	}
	for _, r := range pages {
		if r.path != eventsPath {
			requests = append(requests, request{r.method, fill(r.path, home)})
		}
	}
	want := map[string]string{
		"Content-Security-Policy": contentPolicy, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
		"Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
	}
	for _, r := range requests {
		got := admin.clone().send(r.method, r.path, "", "")
		for name := range maps.Keys(want) {
			if got.header.Get(name) != want[name] {
				t.Errorf("%s %s (%d): %s is %q", r.method, r.path, got.status, name, got.header.Get(name))
			}
		}
		if got.header.Get("Server") != "" {
			t.Errorf("%s %s names the server", r.method, r.path)
		}
	}
	for _, part := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
		if !contains(contentPolicy, part) || contains(contentPolicy, "unsafe") {
			t.Errorf("the policy lacks %s", part)
		}
	}
}

func TestTraceIsRefused_S47(t *testing.T) {
	b := newWorld(t).browser()
	b.header["Cookie"] = "secret=1"
	if got := b.send("TRACE", "/", "", ""); got.status != http.StatusMethodNotAllowed || contains(got.body, "secret=1") {
		t.Errorf("TRACE: %d %s", got.status, got.body)
	}
}

func TestStaticPathsReachNothingElse_S45(t *testing.T) {
	b := newWorld(t).browser()
	for _, path := range []string{
		"/static/../go.mod", "/static/..%2f..%2fgo.mod", "/static/%2e%2e/%2e%2e/etc/passwd", "/static//etc/passwd", "/static/",
		"/static/manifest.json", "/static/....//etc/passwd", "/static/..%5c..%5cgo.mod", "/static/%00", "/static/app.css%00.js",
	} {
		if got := b.get(path); got.status != http.StatusNotFound || contains(got.body, "module tidegate") || contains(got.body, "root:") {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

func TestStrictTransportSecurityFollowsTheBaseURL_S43(t *testing.T) {
	w := newWorld(t)
	if got := w.browser().get("/login"); got.header.Get("Strict-Transport-Security") != "" {
		t.Error("promised TLS without having it")
	}
	w.server.BaseURL = "https://tidegate.example"
	if got := w.browser().get("/login"); got.header.Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security over TLS")
	}
}
