package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
)

func signIn(email, password string) url.Values {
	return url.Values{"email": {email}, "password": {password}}
}

// S-06: prefix, Secure, HttpOnly, SameSite, the root path, no domain; the
// token is in no page and no address.
func TestSessionCookieIsBoundToTheHostAndShownNowhere_S06(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	got := b.post("/login", signIn(email(home, gateway.RoleRep), password)).want(http.StatusSeeOther)
	token := b.cookies[sessionCookie]
	if len(token) < 40 {
		t.Fatalf("token %q", token)
	}
	if line, want := got.header.Get("Set-Cookie"), sessionCookie+"="+token+"; path=/; HttpOnly; secure; SameSite=Lax"; line != want {
		t.Errorf("Set-Cookie %q, want %q", line, want)
	}
	for _, r := range pages {
		if r.method != http.MethodGet || r.path == eventsPath {
			continue
		}
		page := b.clone().get(fill(r.path, home))
		if strings.Contains(page.body, token) || strings.Contains(page.header.Get("Location"), token) || strings.Contains(page.body, tokenHash(token)) {
			t.Errorf("%s shows the session's token", r.path)
		}
	}
	if remembered := w.browser().post("/login", url.Values{"email": {email(home, gateway.RoleRep)}, "password": {password}, "remember": {"on"}}); !strings.Contains(remembered.header.Get("Set-Cookie"), "max-age=2592000; path=/; HttpOnly; secure; SameSite=Lax") {
		t.Errorf("remembered: %s", remembered.header.Get("Set-Cookie"))
	}
}

func TestSigningInAlwaysDrawsANewToken_S04(t *testing.T) {
	w := newWorld(t)
	preset := w.browser()
	preset.cookies[sessionCookie] = "preset-by-an-attacker"
	preset.post("/login", signIn(email(home, gateway.RoleRep), password)).want(http.StatusSeeOther)
	if preset.cookies[sessionCookie] == "preset-by-an-attacker" {
		t.Error("the preset token was kept")
	}
	preset.get("/").want(http.StatusOK, "Rita Rep")
	attacker := w.browser()
	attacker.cookies[sessionCookie] = "preset-by-an-attacker"
	attacker.get("/").want(http.StatusSeeOther)

	old := w.as(home, gateway.RoleRep)
	stale := old.clone()
	old.post("/login", signIn(email(home, gateway.RoleRep), password)).want(http.StatusSeeOther)
	stale.get("/").want(http.StatusSeeOther)
}

func TestEndedSessionIsRejectedOnTheNextRequest_S05(t *testing.T) {
	tests := []struct {
		name string
		end  func(w *world, b *browser)
	}{
		{"sign out", func(_ *world, b *browser) { b.post("/logout", nil).want(http.StatusSeeOther) }},
		{"password change", func(_ *world, b *browser) {
			b.post("/settings/you/account", url.Values{"current": {password}, "password": {"another long password"}}).want(http.StatusSeeOther)
			b.get("/").want(http.StatusOK) // the session that changed it goes on
		}},
		{"member disabled", func(w *world, _ *browser) {
			m, err := w.db.In(home).Member(w.t.Context(), "home-rep")
			must(w.t, err)
			m.Disabled = true
			must(w.t, w.db.In(home).UpdateMember(w.t.Context(), m))
		}},
		{"time", func(w *world, _ *browser) { w.clock.forward(sessionLife + time.Second) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			b := w.as(home, gateway.RoleRep)
			stolen := b.clone()
			stolen.get("/contacts").want(http.StatusOK)
			tt.end(w, b)
			stolen.get("/contacts").want(http.StatusSeeOther)
			stolen.post("/contacts/"+contactOf(home).ID, url.Values{"field": {"Title"}, "value": {"Replayed"}}).want(http.StatusSeeOther)
			if _, waiting := w.pending(contactOf(home)); waiting || w.caller.count() > 0 {
				t.Error("an ended session wrote")
			}
		})
	}
}

func TestWrongPasswordIsAnsweredAlikeAndSlowedDown_S42(t *testing.T) {
	w := newWorld(t)
	known, unknown := email(home, gateway.RoleRep), "nobody@home.example"
	var answers [2][]string
	for i, address := range []string{known, unknown} {
		for range 7 {
			got := w.browser().post("/login", signIn(address, "wrong password here"))
			answers[i] = append(answers[i], http.StatusText(got.status)+strings.ReplaceAll(got.body, address, ""))
		}
	}
	for n := range answers[0] {
		if n < 5 && answers[0][n] != answers[1][n] {
			t.Errorf("attempt %d tells a known address from an unknown one", n+1)
		}
		limited := strings.HasPrefix(answers[0][n], http.StatusText(http.StatusTooManyRequests))
		if limited != (n >= 5) || limited != strings.HasPrefix(answers[1][n], http.StatusText(http.StatusTooManyRequests)) {
			t.Errorf("attempt %d: limited %v", n+1, limited)
		}
	}
	// The right password does not help while it waits, and does afterwards.
	w.browser().post("/login", signIn(known, password)).want(http.StatusTooManyRequests, "Too many attempts.", "Wait ")
	w.clock.forward(blockFor + time.Second)
	w.browser().post("/login", signIn(known, password)).want(http.StatusSeeOther)
}

func TestGuessesMadeAtOnceCountToo_S42(t *testing.T) {
	w := newWorld(t)
	judged := make(chan bool, 30)
	for range cap(judged) {
		go func() {
			judged <- w.server.limiter.begin("ann@home.example", "192.0.2.1") == 0
		}()
	}
	n := 0
	for range cap(judged) {
		if <-judged {
			n++
		}
	}
	if n != freeAttempts {
		t.Errorf("%d guesses were judged, want %d", n, freeAttempts)
	}
}

func TestOneClientGuessingManyAddressesIsSlowedDown_S42(t *testing.T) {
	a := newAttempts(time.Now)
	n := 0
	for i := range 100 {
		if a.begin(string(rune('a'+i)), "192.0.2.1") == 0 {
			n++
		}
	}
	if n != perClient {
		t.Errorf("%d guesses were judged, want %d", n, perClient)
	}
	if a.begin("z", "192.0.2.2") != 0 {
		t.Error("another client is blocked")
	}
}

func TestRememberedAttemptsAreBounded_S42(t *testing.T) {
	now := time.Now()
	a := newAttempts(func() time.Time { return now })
	for i := range maxRemembered {
		a.begin(strings.Repeat("x", i%50)+time.Duration(i).String(), time.Duration(i).String())
	}
	if len(a.seen) > maxRemembered+2 {
		t.Errorf("%d remembered", len(a.seen))
	}
}

// A stolen session must not guess the password on the pages that ask again.
func TestPresentPasswordIsAskedAgainAndGuessesAreLimited_S42(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	b.get(settingsBase+"/disconnect").want(http.StatusOK, "Disconnect Salesforce", "0 writes wait", "Your password")
	for range freeAttempts {
		b.post(settingsBase+"/disconnect", url.Values{"password": {"wrong"}}).want(http.StatusUnprocessableEntity, "This is not your present password.")
	}
	b.post(settingsBase+"/disconnect", url.Values{"password": {password}}).want(http.StatusUnprocessableEntity, "Too many attempts.")
	if len(w.org.log()) != 0 {
		t.Errorf("Salesforce was called: %v", w.org.log())
	}
	w.clock.forward(blockFor + time.Second)
	b.post(settingsBase+"/disconnect", url.Values{"password": {password}}).want(http.StatusSeeOther)
	if len(w.org.log()) != 1 || !w.audited(home, "disconnected Salesforce") {
		t.Errorf("calls %v", w.org.log())
	}
}

func TestSigningInLeadsBackOnlyToThisHost(t *testing.T) {
	w := newWorld(t)
	w.browser().get("/contacts?q=ann").want(http.StatusSeeOther).wantLocation("/login?next=%2Fcontacts%3Fq%3Dann")
	tests := map[string]string{
		"/contacts?q=ann": "/contacts?q=ann", "": "/", "https://evil.example/": "/", "//evil.example": "/", "/\\evil.example": "/",
		"javascript:alert(1)": "/", "/a\r\nSet-Cookie: x=1": "/", "contacts": "/",
	}
	for next, want := range tests {
		form := signIn(email(home, gateway.RoleRep), password)
		form.Set("next", next)
		got := w.browser().post("/login", form).want(http.StatusSeeOther)
		if location := got.header.Get("Location"); location != want {
			t.Errorf("next %q leads to %q, want %q", next, location, want)
		}
	}
	w.as(home, gateway.RoleRep).get("/login?next=/leads").want(http.StatusSeeOther).wantLocation("/leads")
}

func (a answered) wantLocation(want string) {
	a.t.Helper()
	if got := a.header.Get("Location"); got != want {
		a.t.Errorf("Location %q, want %q", got, want)
	}
}

func TestFragmentRequestOfNobodyIsSentToSignIn(t *testing.T) {
	b := newWorld(t).browser()
	b.header["HX-Request"] = "true"
	got := b.get("/contacts?part=list").want(http.StatusUnauthorized)
	if got.header.Get("HX-Redirect") != "/login" {
		t.Errorf("HX-Redirect %q", got.header.Get("HX-Redirect"))
	}
}

// A browser that refuses the cookie is told so instead of being asked again
// without a word.
func TestBrowserThatKeepsNoCookieIsTold(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.header["Referer"] = "http://tidegate.test/login?next=%2Fcontacts"
	if at := b.get("/contacts").header.Get("Location"); at != "/login?next=%2Fcontacts&kept=no" {
		t.Fatalf("sent to %q", at)
	}
	b.get("/login?next=%2Fcontacts&kept=no").want(http.StatusOK, "did not keep the sign-in", "HTTPS")
	for _, referrer := range []string{"http://elsewhere.example/login", "http://tidegate.test/contacts", ""} {
		b.header["Referer"] = referrer
		if at := b.get("/contacts").header.Get("Location"); at != "/login?next=%2Fcontacts" {
			t.Errorf("from %q sent to %q", referrer, at)
		}
	}
}
