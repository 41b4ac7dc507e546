package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/outbox"
)

// UX 20 and issue 4 point 2: the kill switch stops every write at once, is seen
// on every page, loses nothing, and asks for the password both ways.
func TestKillSwitchStopsEveryWriteAndLosesNothing_UX20(t *testing.T) {
	w := newWorld(t)
	b, rep := w.as(home, gateway.RoleAdmin), w.as(home, gateway.RoleRep)
	rep.get(haltPath).want(http.StatusForbidden)
	rep.post(haltPath, url.Values{"password": {password}}).want(http.StatusForbidden)
	b.get(settingsBase).want(http.StatusOK, "Stop all writing")
	b.get(haltPath).want(http.StatusOK, "nothing of this workspace is written", "0 writes wait", "Your password")
	refused := b.post(haltPath, url.Values{"password": {"wrong"}, "why": {"Wrong mapping"}}).want(http.StatusUnprocessableEntity, "not your present password")
	if refused.form(haltPath).Get("why") != "Wrong mapping" {
		t.Error("the reason was lost")
	}
	if c, err := w.db.In(home).Connection(t.Context()); err != nil || c.Halted() {
		t.Fatal("stopped without the password")
	}
	b.post(haltPath, url.Values{"password": {password}, "why": {"Wrong mapping"}}).want(http.StatusSeeOther).wantLocation(settingsBase + "?saved=halted")
	for _, page := range []string{"/", "/contacts", "/sync/log", "/settings/you"} {
		rep.get(page).want(http.StatusOK, "All writing to Salesforce is stopped since", "Wrong mapping")
	}
	b.get("/").want(http.StatusOK, "nothing is written", "Let it go on")
	w.as(foreign, gateway.RoleRep).get("/contacts").want(http.StatusOK)

	receipt, err := w.box.Submit(t.Context(), home, outbox.Edit{Key: contactOf(home), Fields: gateway.Fields{"Title": `"Buyer II"`}, Cause: gateway.Cause{Kind: "edit"}})
	must(t, err)
	got, err := w.box.Deliver(t.Context(), home, receipt)
	must(t, err)
	if got.State != outbox.Queued || !strings.Contains(got.Why, "An admin stopped all writing") {
		t.Errorf("while stopped: %+v", got)
	}
	if c, waits := w.pending(contactOf(home)); !waits || !c.FirstSentAt.IsZero() {
		t.Errorf("it was sent: %+v", c)
	}
	b.get(haltPath).want(http.StatusOK, "Let writing to Salesforce go on", "1 write goes out now")
	b.post(haltPath, url.Values{}).want(http.StatusUnprocessableEntity)
	b.post(haltPath, url.Values{"password": {password}}).want(http.StatusSeeOther).wantLocation(settingsBase + "?saved=unhalted")
	if got, err = w.box.Deliver(t.Context(), home, receipt); err != nil || got.State != outbox.Written {
		t.Errorf("after it: %+v, %v", got, err)
	}
	for _, act := range []string{"stopped all writing to Salesforce", "let writing to Salesforce go on"} {
		if !w.audited(home, act) {
			t.Errorf("not audited: %s", act)
		}
	}
	if strings.Contains(rep.get("/contacts").words(), "All writing to Salesforce is stopped") {
		t.Error("the notice stays")
	}
}

// UX 10: our share of the API budget is set on the health page.
func TestShareOfTheBudgetIsSetOnHealth_UX10(t *testing.T) {
	w := newWorld(t)
	must(t, w.db.In(home).SetAPIUse(t.Context(), "c-home", 1000, 10_000))
	b := w.as(home, gateway.RoleAdmin)
	b.get("/").want(http.StatusOK, "our share 80 %", "Our share of the org's calls", "8,000 calls of all")
	if strings.Contains(w.as(home, gateway.RoleRep).get("/").words(), "Set share") {
		t.Error("a rep may set it")
	}
	for _, bad := range []string{"", "x", "0", "100", "-5", "50.5"} {
		b.post(settingsBase+"/share", url.Values{"share": {bad}}).want(http.StatusUnprocessableEntity, "a whole number from 5 to 95")
	}
	b.post(settingsBase+"/share", url.Values{"share": {"60"}}).want(http.StatusSeeOther)
	b.get("/").want(http.StatusOK, "our share 60 %", "6,000 calls of all")
	b.get("/audit").want(http.StatusOK, "set our share of the API budget", "80 % → 60 %")
}

// Issue 4 point 10: the audit says what was changed, before and after.
func TestAuditSaysBeforeAndAfter(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	path := settingsBase + "/forecast"
	form := b.get(path).form(path)
	form.Set("period", "quarterly")
	b.review(path, form).want(http.StatusSeeOther)
	b.get("/audit").want(http.StatusOK, "changed Forecast settings", "Forecast period: Monthly → Quarterly")
	for _, tt := range []struct{ before, after, want string }{
		{"", "", ""},
		{"", "one\ntwo", "one; two"},
		{`{"A":"1","B":"2"}`, `{"A":"1","B":"3","C":"4"}`, "B: 2 → 3; C: none → 4"},
		{"80 %", "60 %", "80 % → 60 %"},
	} {
		if got := auditWords(gateway.AuditEntry{Before: tt.before, After: tt.after}); got != tt.want {
			t.Errorf("%q, %q: %q, want %q", tt.before, tt.after, got, tt.want)
		}
	}
}
