package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
)

// begin starts a connect and returns the state that Salesforce will send back.
func (b *browser) begin(environment string) string {
	b.w.t.Helper()
	path := settingsBase + "/connect/" + environment
	form := b.get(path).want(http.StatusOK, "What happens when you go on.").form(path)
	form.Set("client_id", "3MVG9")
	form.Set("client_secret", "a-secret")
	got := b.post(path, form).want(http.StatusOK, "Going to Salesforce")
	target, ok := strings.CutPrefix(got.header.Get("Refresh"), "0; url=")
	if !ok || !contains(got.body, strings.ReplaceAll(target, "&", "&amp;")) {
		b.w.t.Errorf("Refresh %q", got.header.Get("Refresh"))
	}
	return b.w.org.last().State
}

func back(state string) string { return callbackPath + "?code=abc&state=" + url.QueryEscape(state) }

// DEM-02: OAuth, from the button to the way back.
//
// AIM-18: the steps of connecting, as Salesforce asks for them.
func TestConnectingComesBackToTheSettings(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	state := b.begin("sandbox")
	g := w.org.last()
	if g.LoginURL != "https://test.salesforce.com" || g.Environment != gateway.Sandbox || g.ClientSecret != "a-secret" ||
		g.RedirectURL != "http://tidegate.test"+callbackPath || len(g.Verifier) < 43 || g.Verifier == g.State || g.By != "Ada Admin" {
		t.Errorf("began with %+v", g)
	}
	got := b.get(back(state)).want(http.StatusSeeOther)
	got.wantLocation(settingsBase + "?saved=reconnected") // this org was connected before (UX-6)
	if len(w.org.finished) != 1 || w.org.finished[0] != g {
		t.Errorf("finished %+v", w.org.finished)
	}
	if b.cookies[connectCookie] != "" || !w.audited(home, "Ada Admin connected sandbox") {
		t.Error("the cookie stayed, or nothing was audited")
	}
	b.get(settingsBase+"?saved=reconnected").want(http.StatusOK, "Connected again. All settings, mappings and the position in the stream are kept")
	b.get(settingsBase+"?saved=connected").want(http.StatusOK, "Connected to Salesforce.")
}

// The cookie between the two ways says nothing to who holds it.
func TestConnectCookieIsSealed_S06(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	path := settingsBase + "/connect/production"
	got := b.post(path, url.Values{"login_url": {"https://login.salesforce.com"}, "client_secret": {"a-secret"}}).want(http.StatusOK)
	line := got.header.Get("Set-Cookie")
	if !strings.HasPrefix(line, connectCookie+"=") || !strings.HasSuffix(line, "; max-age=900; path=/; HttpOnly; secure; SameSite=Lax") {
		t.Errorf("Set-Cookie %q", line)
	}
	for _, secret := range []string{"a-secret", w.org.last().Verifier, w.org.last().State} {
		if contains(line, secret) {
			t.Error("the cookie shows a secret")
		}
	}
	for _, secret := range []string{"a-secret", w.org.last().Verifier} {
		if contains(got.body, secret) || contains(w.log.String(), secret) {
			t.Error("the page or the log shows a secret")
		}
	}
}

func TestCallbackThatDidNotBeginHereStoresNothing_S07_S08_S09(t *testing.T) {
	tests := []struct {
		name string
		come func(w *world, b *browser) answered
	}{
		{"S-07 nothing began", func(_ *world, b *browser) answered { return b.get(back("state")) }},
		{"S-07 no state", func(_ *world, b *browser) answered { b.begin("production"); return b.get(callbackPath + "?code=abc") }},
		{"S-07 empty state", func(_ *world, b *browser) answered { b.begin("production"); return b.get(back("")) }},
		{"S-07 foreign state", func(_ *world, b *browser) answered { b.begin("production"); return b.get(back("made-up")) }},
		{"S-07 cookie changed", func(_ *world, b *browser) answered {
			state := b.begin("production")
			sealed := []byte(b.cookies[connectCookie])
			sealed[len(sealed)/2] ^= 1
			b.cookies[connectCookie] = string(sealed)
			return b.get(back(state))
		}},
		{"S-07 another session of the same person", func(w *world, b *browser) answered {
			state := b.begin("production")
			other := w.as(home, gateway.RoleAdmin)
			other.cookies[connectCookie] = b.cookies[connectCookie]
			return other.get(back(state))
		}},
		{"S-07 another workspace", func(w *world, b *browser) answered {
			state := b.begin("production")
			other := w.as(foreign, gateway.RoleAdmin)
			other.cookies[connectCookie] = b.cookies[connectCookie]
			return other.get(back(state))
		}},
		{"S-07 too late", func(w *world, b *browser) answered {
			state := b.begin("production")
			w.clock.forward(connectLife + time.Second)
			return b.get(back(state))
		}},
		{"S-08 an attacker's code in a victim's browser", func(w *world, b *browser) answered {
			attacker := w.as(foreign, gateway.RoleAdmin)
			return b.get(back(attacker.begin("production")))
		}},
		{"S-08 an attacker's code while the victim connects", func(w *world, b *browser) answered {
			b.begin("production")
			attacker := w.as(foreign, gateway.RoleAdmin)
			return b.get(back(attacker.begin("production")))
		}},
		{"S-09 a sandbox code in the production flow", func(_ *world, b *browser) answered {
			sandbox := b.begin("sandbox")
			b.begin("production")
			return b.get(back(sandbox))
		}},
		{"S-09 a production code in the sandbox flow", func(_ *world, b *browser) answered {
			production := b.begin("production")
			b.begin("sandbox")
			return b.get(back(production))
		}},
		{"Salesforce said no", func(_ *world, b *browser) answered {
			return b.get(callbackPath + "?error=access_denied&state=" + url.QueryEscape(b.begin("production")))
		}},
		{"no code", func(_ *world, b *browser) answered {
			return b.get(callbackPath + "?state=" + url.QueryEscape(b.begin("production")))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			b := w.as(home, gateway.RoleAdmin)
			tt.come(w, b).want(http.StatusForbidden, "Nothing was stored.")
			if len(w.org.finished) != 0 {
				t.Errorf("finished %+v", w.org.finished)
			}
			if b.cookies[connectCookie] != "" && !strings.Contains(tt.name, "another") {
				t.Error("the attempt is still open")
			}
		})
	}
}

func TestStateIsAcceptedOnce_S07(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	state := b.begin("production")
	again := b.clone() // keeps the cookie that the answer takes away
	b.get(back(state)).want(http.StatusSeeOther)
	again.get(back(state)).want(http.StatusForbidden, "did not begin here")
	if len(w.org.finished) != 1 {
		t.Errorf("finished %d times", len(w.org.finished))
	}
}

func TestUsedStatesAreForgottenWhenTheyExpire(t *testing.T) {
	var o once
	now := time.Now()
	if !o.take("a", now, now.Add(time.Minute)) || o.take("a", now, now.Add(time.Minute)) {
		t.Error("a key is taken exactly once")
	}
	o.take("b", now.Add(time.Hour), now.Add(2*time.Hour))
	if len(o.seen) != 1 {
		t.Errorf("%d remembered", len(o.seen))
	}
}

// A link must not choose where the consumer secret goes.
func TestLinkDoesNotFillTheConnectForm(t *testing.T) {
	w := newWorld(t)
	path := settingsBase + "/connect/production"
	form := w.as(home, gateway.RoleAdmin).get(path + "?login_url=https://evil.example&client_id=evil").form(path)
	if form.Get("login_url") != "https://login.salesforce.com" || form.Get("client_id") != "" {
		t.Errorf("the form holds %v", form)
	}
}

func TestRefusedSignInHostKeepsWhatWasTypedButTheSecret(t *testing.T) {
	w := newWorld(t)
	w.org.beginErr = gateway.InvalidField("login_url", "“https://evil.example” is no Salesforce sign-in host.")
	b := w.as(home, gateway.RoleAdmin)
	path := settingsBase + "/connect/production"
	got := b.post(path, url.Values{"login_url": {"https://evil.example"}, "client_id": {"3MVG9"}, "client_secret": {"a-secret"}})
	got.want(http.StatusUnprocessableEntity, "is no Salesforce sign-in host.")
	if form := got.form(path); form.Get("client_id") != "3MVG9" || form.Get("client_secret") != "" || contains(got.body, "a-secret") {
		t.Errorf("the form holds %v", form)
	}
	if b.cookies[connectCookie] != "" {
		t.Error("a refused attempt left a cookie")
	}
	b.get(settingsBase + "/connect/staging").want(http.StatusNotFound)
}

// UX-4, UX-5: live checks with their clicks and the link to Setup, with time and duration.
func TestReadinessShowsFailuresFirstWithTheClicks(t *testing.T) {
	w := newWorld(t)
	w.org.report = CheckReport{At: w.clock.now(), Took: 1800 * time.Millisecond, Checks: []Check{
		{Title: "Sign-in", Text: "Signed in.", Pass: true, Setup: []string{"Setup", "Users"}},
		{Title: "Capture", Text: "User is asked for.", Pass: true, Warn: true, Setup: []string{"Setup", "Change Data Capture"}},
		{Title: "Enhanced Notes", Text: "Notes are off.", Setup: []string{"Setup", "Notes Settings"}, SetupPath: "/lightning/setup/NotesSettings/home"},
	}}
	b := w.as(home, gateway.RoleAdmin)
	got := b.get(settingsBase+"?test=1").want(http.StatusOK, "took 1.8 s", "1 failed", "1 with a limit", "1 passed", "Change Data Capture", "Notes are off.", "Connected to Org of home")
	text := got.words()
	if failed, limited, passed := strings.Index(text, "Enhanced Notes"), strings.Index(text, "User is asked for."), strings.Index(text, "Signed in."); failed > limited || limited > passed {
		t.Error("what needs somebody does not come first")
	}
	if strings.Contains(text, "Users") {
		t.Error("what passed says what to click")
	}
	if !contains(got.body, `href="https://org.my.salesforce.com/lightning/setup/NotesSettings/home"`) {
		t.Error("no link to Setup")
	}
	w.org.checkErr = gateway.Errorf(gateway.CodeSFDown, "Salesforce does not answer just now.")
	b.get(settingsBase).want(http.StatusOK, "The test could not be run.", "Salesforce does not answer just now.")
}

func TestPauseAndResumeAskTheOrgAndAreAudited(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	ask := b.get(settingsBase+"/pause").want(http.StatusOK, "0 wait now, and new ones join") // UX 12
	b.post(settingsBase+"/pause", ask.form(settingsBase+"/pause")).want(http.StatusSeeOther).wantLocation("/?saved=paused")
	b.post(settingsBase+"/resume", nil).want(http.StatusSeeOther).wantLocation("/?saved=resumed")
	if got := strings.Join(w.org.log(), ", "); got != "pause true, pause false" {
		t.Errorf("the org was asked %s", got)
	}
	if !w.audited(home, "Ada Admin paused the connection") || !w.audited(home, "Ada Admin resumed the connection") {
		t.Error("not audited")
	}
	conn, err := w.db.In(home).Connection(t.Context())
	must(t, err)
	_, err = w.db.In(home).SetConnectionState(t.Context(), conn.ID, gateway.StatePaused, "Ada paused it.")
	must(t, err)
	b.get("/").want(http.StatusOK, "Paused", "Resume", "Ada paused it.")
}
