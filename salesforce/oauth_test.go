package salesforce

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
)

func newOAuth(t *testing.T, f *fake, now time.Time) *OAuth {
	t.Helper()
	guard := guardFor(t, f.URL)
	transport := guard.Transport()
	t.Cleanup(transport.CloseIdleConnections)
	return NewOAuth(guard, transport, func() time.Time { return now })
}

func TestAuthorizeURLCarriesStateAndChallenge(t *testing.T) {
	o := newOAuth(t, newFake(t), time.Time{})
	app := App{LoginURL: "https://test.salesforce.com/", ClientID: "3MVG9+x", ClientSecret: "canary"}
	got, err := o.AuthorizeURL(app, "https://tide.example.com/cb", "st/ate", "verifier", "")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(got)
	if err != nil || u.Host != "test.salesforce.com" || u.Path != "/services/oauth2/authorize" || strings.Contains(got, "canary") {
		t.Fatalf("AuthorizeURL = %s", got)
	}
	want := map[string]string{
		"response_type": "code", "client_id": "3MVG9+x", "redirect_uri": "https://tide.example.com/cb", "state": "st/ate",
		"scope": "api refresh_token openid", "code_challenge": "iMnq5o6zALKXGivsnlom_0F5_WYda32GHkxlV7mq7hQ", "code_challenge_method": "S256",
	}
	for name, value := range want {
		if got := u.Query().Get(name); got != value {
			t.Errorf("%s = %q; want %q", name, got, value)
		}
	}
	if _, err := o.AuthorizeURL(App{LoginURL: "https://evil.example"}, "x", "s", "v", ""); codeOf(err) != gateway.CodeForbidden {
		t.Errorf("a foreign login address: %v", err)
	}
}

// The pair is that of RFC 7636, appendix B.
func TestChallengeOfTheStandardsExample(t *testing.T) {
	if got := Challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"); got != "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" {
		t.Fatalf("Challenge = %s", got)
	}
	a, b := NewVerifier(), NewVerifier()
	if len(a) != 43 || a == b {
		t.Fatalf("verifiers %q and %q", a, b)
	}
}

func TestCodeIsExchangedForAGrant(t *testing.T) {
	f := newFake(t)
	var form url.Values
	f.mux.HandleFunc("POST /services/oauth2/token", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		form = r.PostForm
		reply(w, 200, `{"access_token":"00D!x","refresh_token":"5Aep","signature":"s","scope":"refresh_token api id","instance_url":"`+f.URL+`",
			"id":"https://login.salesforce.com/id/00DdM00000vfgTuUAI/005dM00000awSFJQA2","token_type":"Bearer","issued_at":"1778060942031","api_instance_url":"x"}`)
	})
	got, err := newOAuth(t, f, time.Time{}).Exchange(context.Background(), App{f.URL, "id", "secret"}, "code", "https://cb", "verifier")
	want := Grant{AccessToken: "00D!x", RefreshToken: "5Aep", InstanceURL: f.URL, OrgID: testOrg, UserID: testUser, Scope: "refresh_token api id"}
	if err != nil || got != want {
		t.Fatalf("Exchange = %+v, %v; want %+v", got, err, want)
	}
	sent := url.Values{
		"grant_type": {"authorization_code"}, "code": {"code"}, "client_id": {"id"}, "client_secret": {"secret"},
		"redirect_uri": {"https://cb"}, "code_verifier": {"verifier"},
	}
	if form.Encode() != sent.Encode() {
		t.Fatalf("sent %v", form)
	}
}

func TestTokenErrorsRepeatNoSecretS39(t *testing.T) {
	f := newFake(t)
	f.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		reply(w, 400, `{"error":"invalid_request","error_description":"bad `+r.PostForm.Get("client_secret")+r.PostForm.Get("refresh_token")+`"}`)
	})
	_, err := newOAuth(t, f, time.Time{}).Refresh(context.Background(), App{f.URL, "id", "canary1"}, "canary2")
	if err == nil || strings.Contains(err.Error(), "canary") {
		t.Fatalf("Refresh = %v", err)
	}
}

func TestJWTBearerSignsTheAssertion(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for _, block := range []*pem.Block{
		{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}, {Type: "PRIVATE KEY", Bytes: pkcs8},
	} {
		f := newFake(t)
		var form url.Values
		f.mux.HandleFunc("POST /services/oauth2/token", func(w http.ResponseWriter, r *http.Request) {
			if err := r.ParseForm(); err != nil {
				t.Error(err)
			}
			form = r.PostForm
			reply(w, 200, `{"access_token":"a"}`)
		})
		app := App{f.URL, "id", string(pem.EncodeToMemory(block))}
		if _, err := newOAuth(t, f, now).JWTBearer(context.Background(), app, "u@example.com"); err != nil {
			t.Fatal(err)
		}
		checkAssertion(t, &key.PublicKey, form.Get("assertion"), map[string]any{
			"iss": "id", "sub": "u@example.com", "aud": f.URL, "exp": float64(now.Unix() + 180),
		})
		if form.Has("client_secret") {
			t.Fatal("the private key was sent")
		}
	}
}

func checkAssertion(t *testing.T, key *rsa.PublicKey, assertion string, want map[string]any) {
	t.Helper()
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		t.Fatalf("assertion %q", assertion)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature); err != nil {
		t.Fatalf("signature: %v", err)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	for name, value := range want {
		if claims[name] != value {
			t.Errorf("claim %s = %v; want %v", name, claims[name], value)
		}
	}
}

func TestAudienceIsTheLoginHostOfTheOrg(t *testing.T) {
	cases := map[string]string{
		"https://login.salesforce.com":                  "https://login.salesforce.com",
		"https://acme.my.salesforce.com":                "https://login.salesforce.com",
		"https://test.salesforce.com/":                  "https://test.salesforce.com",
		"https://acme--uat.sandbox.my.salesforce.com":   "https://test.salesforce.com",
		"https://name-dev-ed.develop.my.salesforce.com": "https://login.salesforce.com",
		"http://127.0.0.1:8081/":                        "http://127.0.0.1:8081",
	}
	for login, want := range cases {
		if got := audience(login); got != want {
			t.Errorf("audience(%s) = %s; want %s", login, got, want)
		}
	}
}

func TestBadPrivateKeyIsNamedAndNotShownS39(t *testing.T) {
	o := newOAuth(t, newFake(t), time.Time{})
	for _, text := range []string{"", "canary", "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n"} {
		_, err := o.JWTBearer(context.Background(), App{"https://login.salesforce.com", "id", text}, "u")
		if codeOf(err) != gateway.CodeInvalid || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestRevokeToleratesADeadToken(t *testing.T) {
	cases := []struct {
		status int
		body   string
		code   gateway.Code
	}{
		{200, "", ""},
		{400, "error=invalid_token&error_description=invalid+token%3A+canary.token", ""},
		{400, `{"error":"unsupported_token_type"}`, ""},
		{400, `error=invalid_request`, gateway.CodeSFAuth},
		{503, "<html>", gateway.CodeSFDown},
		{404, "<html>", gateway.CodeSFDown},
	}
	for _, test := range cases {
		f := newFake(t)
		f.on("POST /services/oauth2/revoke", test.status, test.body)
		err := newOAuth(t, f, time.Time{}).Revoke(context.Background(), f.URL, "canary.token")
		if codeOf(err) != test.code {
			t.Errorf("%d %s: %v; want %q", test.status, test.body, err, test.code)
		}
		if got := f.requests()[0].body; got != "token=canary.token" {
			t.Errorf("sent %s", got)
		}
	}
}

func TestUserinfoSaysWhoIsConnected(t *testing.T) {
	f := newFake(t)
	f.on("GET /services/oauth2/userinfo", 200, `{"sub":"https://login.salesforce.com/id/x/y","user_id":"005dM00000awSFJ","organization_id":"00DdM00000vfgTuUAI",
		"preferred_username":"ann@example.com","name":"Ann","email":"a@example.com","zoneinfo":"Europe/Berlin","active":true,"utcOffset":3600000}`)
	got, err := newOAuth(t, f, time.Time{}).Userinfo(context.Background(), f.URL, "tok")
	want := Identity{UserID: testUser, OrgID: testOrg, Username: "ann@example.com", Name: "Ann", Email: "a@example.com", Zone: "Europe/Berlin", Active: true}
	if err != nil || got != want || f.requests()[0].header.Get("Authorization") != "Bearer tok" {
		t.Fatalf("Userinfo = %+v, %v", got, err)
	}
	bad := newFake(t)
	bad.on("/", 200, `{"user_id":"x"}`)
	if _, err := newOAuth(t, bad, time.Time{}).Userinfo(context.Background(), bad.URL, "tok"); codeOf(err) != gateway.CodeSFDown {
		t.Fatalf("Userinfo without ids = %v", err)
	}
}
