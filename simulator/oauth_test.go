package simulator_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tidegate/simulator"
)

const (
	callback = "http://127.0.0.1:9999/callback"
	verifier = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ"
)

var requestID = regexp.MustCompile(`name="request" value="([^"]+)"`)

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// form posts a form.
func (c *client) form(path string, pairs ...string) reply {
	c.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return c.send("POST", path, values.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

func (c *client) hidden(r reply) string {
	c.t.Helper()
	m := requestID.FindSubmatch(r.body)
	if m == nil {
		c.t.Fatalf("no form in %s", r.body)
	}
	return string(m[1])
}

// consent goes through login and consent and returns the callback's query.
func (c *client) consent(org *simulator.Running, decision string, more ...string) url.Values {
	c.t.Helper()
	q := url.Values{
		"response_type": {"code"}, "client_id": {org.ClientID}, "redirect_uri": {callback}, "state": {"s-1"},
		"code_challenge": {challenge()}, "code_challenge_method": {"S256"}, "scope": {"api refresh_token id"},
	}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	page := c.want(200, "GET", "/services/oauth2/authorize?"+q.Encode(), "")
	page = c.form("/services/oauth2/login", "request", c.hidden(page), "username", org.Username, "password", org.Password)
	r := c.form("/services/oauth2/consent", "request", c.hidden(page), "decision", decision)
	if r.status != http.StatusFound || !strings.HasPrefix(r.header.Get("Location"), callback) {
		c.t.Fatalf("consent: %d to %s", r.status, r.header.Get("Location"))
	}
	u, err := url.Parse(r.header.Get("Location"))
	if err != nil {
		c.t.Fatal(err)
	}
	return u.Query()
}

type tokens struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	InstanceURL  string `json:"instance_url"`
	ID           string `json:"id"`
	IssuedAt     string `json:"issued_at"`
	Error        string `json:"error"`
	Description  string `json:"error_description"`
}

func (c *client) tokens(org *simulator.Running, pairs ...string) tokens {
	c.t.Helper()
	pairs = append([]string{"client_id", org.ClientID, "client_secret", org.ClientSecret}, pairs...)
	r := c.form("/services/oauth2/token", pairs...)
	var out tokens
	r.into(c.t, &out)
	if (r.status == 200) != (out.Error == "") {
		c.t.Fatalf("status %d with %s", r.status, r.body)
	}
	if strings.Contains(string(r.body), "expires") && out.Error == "" {
		c.t.Errorf("the answer tells an expiry: %s", r.body)
	}
	return out
}

func (c *client) exchange(org *simulator.Running, code string) tokens {
	c.t.Helper()
	return c.tokens(org, "grant_type", "authorization_code", "code", code, "redirect_uri", callback, "code_verifier", verifier)
}

func TestR3R4WebServerFlowWithPKCE(t *testing.T) {
	org, c := start(t, simulator.Config{})
	got := c.consent(org, "allow")
	if got.Get("state") != "s-1" || got.Get("code") == "" {
		t.Fatalf("callback %v", got)
	}
	tok := c.exchange(org, got.Get("code"))
	if !strings.HasPrefix(tok.AccessToken, org.Engine.ID()[:15]+"!") || tok.RefreshToken == "" || tok.InstanceURL != org.URL || len(tok.IssuedAt) != 13 {
		t.Fatalf("tokens %+v", tok)
	}
	c.token = tok.AccessToken
	var info map[string]any
	c.want(200, "GET", "/services/oauth2/userinfo", "").into(t, &info)
	if info["organization_id"] != org.Engine.ID() || info["preferred_username"] != org.Username || info["sub"] != tok.ID {
		t.Errorf("userinfo %v", info)
	}
	c.want(200, "GET", strings.TrimPrefix(tok.ID, org.URL), "")
	// A code presented twice gives nothing and ends what it gave before.
	if again := c.exchange(org, got.Get("code")); again.Error != "invalid_grant" {
		t.Errorf("code reuse: %+v", again)
	}
	c.want(401, "GET", v+"/limits", "")
}

func TestDeniedConsentTellsTheApp(t *testing.T) {
	org, c := start(t, simulator.Config{})
	if got := c.consent(org, "deny"); got.Get("error") != "access_denied" || got.Get("state") != "s-1" || got.Get("code") != "" {
		t.Errorf("callback %v", got)
	}
}

func TestAuthorizeRefusesWithoutRedirectingStrangers(t *testing.T) {
	org, c := start(t, simulator.Config{})
	for name, q := range map[string]url.Values{
		"unknown app":      {"client_id": {"x"}, "redirect_uri": {callback}},
		"foreign callback": {"client_id": {org.ClientID}, "redirect_uri": {"https://evil.example/cb"}},
		"user in callback": {"client_id": {org.ClientID}, "redirect_uri": {"http://localhost@evil.example/"}},
	} {
		q.Set("response_type", "code")
		if r := c.send("GET", "/services/oauth2/authorize?"+q.Encode(), ""); r.status != 400 || r.header.Get("Location") != "" {
			t.Errorf("%s: %d to %q", name, r.status, r.header.Get("Location"))
		}
	}
	page := c.want(200, "GET", "/services/oauth2/authorize?response_type=code&client_id="+org.ClientID+"&redirect_uri="+url.QueryEscape(callback), "")
	r := c.form("/services/oauth2/login", "request", c.hidden(page), "username", org.Username, "password", "wrong")
	if strings.Contains(string(r.body), `id="allow"`) {
		t.Error("a wrong password reached the consent page")
	}
	// The login page's handle is not enough to consent.
	if r := c.form("/services/oauth2/consent", "request", c.hidden(page), "decision", "allow"); r.status != 400 {
		t.Errorf("consent without login: %d", r.status)
	}
}

func TestR4TokenRefusals(t *testing.T) {
	org, c := start(t, simulator.Config{})
	other := strings.Repeat("x", 50)
	for _, row := range []struct {
		name, want string
		pairs      []string
	}{
		{"missing verifier", "invalid_grant", []string{"code_verifier", ""}},
		{"wrong verifier", "invalid_request", []string{"code_verifier", other}},
		{"short verifier", "invalid_request", []string{"code_verifier", "short"}},
		{"wrong callback", "redirect_uri_mismatch", []string{"redirect_uri", callback + "/"}},
		{"wrong code", "invalid_grant", []string{"code", "nonsense"}},
		{"wrong secret", "invalid_client", []string{"client_secret", "nonsense"}},
		{"wrong app", "invalid_client_id", []string{"client_id", "nonsense"}},
		{"wrong grant type", "unsupported_grant_type", []string{"grant_type", "magic"}},
		{"dead refresh token", "invalid_grant", []string{"grant_type", "refresh_token", "refresh_token", "nonsense"}},
		{"wrong password", "invalid_grant", []string{"grant_type", "password", "username", org.Username, "password", "x"}},
	} {
		code := c.consent(org, "allow").Get("code")
		pairs := append([]string{"grant_type", "authorization_code", "code", code, "redirect_uri", callback, "code_verifier", verifier}, row.pairs...)
		if got := c.tokens(org, pairs...); got.Error != row.want {
			t.Errorf("%s: %+v", row.name, got)
		}
	}
}

func TestR5RefreshRotatesWhenToldAndPunishesReuse(t *testing.T) {
	org, c := start(t, simulator.Config{})
	first := c.exchange(org, c.consent(org, "allow").Get("code"))
	refresh := func(token string) tokens {
		return c.tokens(org, "grant_type", "refresh_token", "refresh_token", token)
	}
	if got := refresh(first.RefreshToken); got.AccessToken == "" || got.RefreshToken != "" {
		t.Fatalf("without rotation: %+v", got)
	}
	c.want(201, "POST", "/_sim/faults", `{"kind":"rotate_refresh_tokens"}`)
	second := refresh(first.RefreshToken)
	if second.RefreshToken == "" || second.RefreshToken == first.RefreshToken {
		t.Fatalf("with rotation: %+v", second)
	}
	if got := refresh(first.RefreshToken); got.Error != "invalid_grant" {
		t.Errorf("reuse: %+v", got)
	}
	if got := refresh(second.RefreshToken); got.Error != "invalid_grant" {
		t.Errorf("after reuse the current token still works: %+v", got)
	}
	c.token = second.AccessToken
	if r := c.want(401, "GET", v+"/limits", ""); r.code(t) != "INVALID_SESSION_ID" {
		t.Errorf("after reuse: %s", r.body)
	}
}

func TestR5SixthGrantEndsTheFirst(t *testing.T) {
	org, c := start(t, simulator.Config{})
	var granted []tokens
	for range 6 {
		granted = append(granted, c.exchange(org, c.consent(org, "allow").Get("code")))
	}
	for i, g := range granted {
		got := c.tokens(org, "grant_type", "refresh_token", "refresh_token", g.RefreshToken)
		if (got.Error != "") != (i == 0) {
			t.Errorf("grant %d: %+v", i, got)
		}
	}
}

func TestR6TokensEndByRevokeTimeoutAndFault(t *testing.T) {
	org, c := start(t, simulator.Config{})
	fresh := func() string {
		return c.tokens(org, "grant_type", "client_credentials").AccessToken
	}
	c.token = fresh()
	c.want(200, "GET", v+"/limits", "")
	if r := c.form("/services/oauth2/revoke", "token", c.token); r.status != 200 || len(r.body) != 0 {
		t.Errorf("revoke: %d %s", r.status, r.body)
	}
	c.want(401, "GET", v+"/limits", "")
	for _, kind := range []string{"expire_tokens", "revoke_tokens"} {
		c.token = fresh()
		c.want(201, "POST", "/_sim/faults", `{"kind":"`+kind+`"}`)
		if r := c.want(401, "GET", v+"/limits", ""); !strings.Contains(string(r.body), "Session expired or invalid") {
			t.Errorf("%s: %s", kind, r.body)
		}
	}
	c.token = ""
	if r := c.want(401, "GET", v+"/limits", ""); r.code(t) != "INVALID_AUTH_HEADER" {
		t.Errorf("no token: %s", r.body)
	}
}

func TestR6IdleSessionTimesOut(t *testing.T) {
	now, ahead := clock()
	org, c := start(t, simulator.Config{Now: now})
	for _, step := range []struct {
		after  time.Duration
		status int
	}{{time.Hour + 59*time.Minute, 200}, {time.Hour + 59*time.Minute, 200}, {2*time.Hour + time.Second, 401}} {
		ahead(step.after)
		c.want(step.status, "GET", v+"/limits", "")
	}
	r := c.form("/services/oauth2/introspect", "client_id", org.ClientID, "client_secret", org.ClientSecret, "token", c.token)
	if !strings.Contains(string(r.body), `"active":false`) {
		t.Errorf("introspect: %s", r.body)
	}
}
