package simulator_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"tidegate/simulator"
)

func newKey(t *testing.T) (*rsa.PrivateKey, []byte) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return key, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// assertion signs claims as RS256, whatever algorithm the header names.
func assertion(t *testing.T, key *rsa.PrivateKey, algorithm string, claims map[string]any) string {
	t.Helper()
	part := func(v any) string { return base64.RawURLEncoding.EncodeToString(mustJSON(t, v)) }
	text := part(map[string]string{"alg": algorithm, "typ": "JWT"}) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestJWTBearerIsCheckedClaimByClaim(t *testing.T) {
	key, public := newKey(t)
	stranger, strangers := newKey(t)
	org, c := start(t, simulator.Config{AppKey: public})
	soon := time.Now().Add(3 * time.Minute).Unix()
	claims := func(name string, value any) map[string]any {
		all := map[string]any{"iss": org.ClientID, "sub": org.Username, "aud": "https://login.salesforce.com", "exp": soon}
		if name != "" {
			all[name] = value
		}
		return all
	}
	ask := func(text string) tokens {
		return c.tokens(org, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion", text)
	}
	good := ask(assertion(t, key, "RS256", claims("", nil)))
	if good.AccessToken == "" || good.RefreshToken != "" || good.InstanceURL != org.URL {
		t.Fatalf("good: %+v", good)
	}
	c.token = good.AccessToken
	c.want(200, "GET", v+"/limits", "")
	for _, row := range []struct {
		name, text, kind, description string
	}{
		{"own host as audience", assertion(t, key, "RS256", claims("aud", []string{org.URL})), "", ""},
		{"other app", assertion(t, key, "RS256", claims("iss", "x")), "invalid_client_id", "client identifier invalid"},
		{"wrong audience", assertion(t, key, "RS256", claims("aud", "https://evil.example")), "invalid_grant", "audience is invalid"},
		{"past", assertion(t, key, "RS256", claims("exp", 1)), "invalid_grant", "expired authorization code"},
		{"milliseconds", assertion(t, key, "RS256", claims("exp", soon*1000)), "invalid_grant", "expired authorization code"},
		{"unknown user", assertion(t, key, "RS256", claims("sub", "nobody")), "invalid_grant", "user hasn't approved this consumer"},
		{"foreign key", assertion(t, stranger, "RS256", claims("", nil)), "invalid_grant", "invalid assertion"},
		{"other algorithm", assertion(t, key, "none", claims("", nil)), "invalid_grant", "invalid assertion"},
		{"garbage", "a.b", "invalid_grant", "invalid assertion"},
		{"nothing", "", "invalid_request", "missing required parameter: assertion"},
	} {
		if got := ask(row.text); got.Error != row.kind || got.Description != row.description {
			t.Errorf("%s: %+v", row.name, got)
		}
	}
	c.want(204, "PUT", "/_sim/app/key", string(strangers))
	if got := ask(assertion(t, stranger, "RS256", claims("", nil))); got.AccessToken == "" {
		t.Errorf("after the key was changed: %+v", got)
	}
	c.want(400, "PUT", "/_sim/app/key", "nonsense")
}

func TestR5UnusedRefreshTokenEnds(t *testing.T) {
	now, ahead := clock()
	org, c := start(t, simulator.Config{Now: now, RefreshLife: 30 * 24 * time.Hour})
	first := c.exchange(org, c.consent(org, "allow").Get("code"))
	for _, step := range []struct {
		days int
		ends bool
	}{{29, false}, {29, false}, {31, true}, {0, true}} {
		ahead(time.Duration(step.days) * 24 * time.Hour)
		got := c.tokens(org, "grant_type", "refresh_token", "refresh_token", first.RefreshToken)
		if (got.Error == "invalid_grant") != step.ends {
			t.Errorf("after %d days: %+v", step.days, got)
		}
	}
}

func TestR7MovedOrgIsFoundByRefreshing(t *testing.T) {
	org, c := start(t, simulator.Config{})
	first := c.exchange(org, c.consent(org, "allow").Get("code"))
	for _, row := range []struct {
		spec   string
		status int
	}{{`{"kind":"move_instance"}`, 401}, {`{"kind":"move_instance","status":420}`, 420}} {
		c.arm(row.spec)
		c.token = first.AccessToken
		c.want(row.status, "GET", v+"/limits", "")
		moved := c.tokens(org, "grant_type", "refresh_token", "refresh_token", first.RefreshToken)
		if moved.InstanceURL == org.URL || !strings.HasPrefix(moved.InstanceURL, "http://localhost:") || moved.ID != first.ID {
			t.Fatalf("moved to %q, id %q", moved.InstanceURL, moved.ID)
		}
		c.token = moved.AccessToken
		c.want(row.status, "GET", v+"/limits", "") // the old host, with the new token
		c.base = moved.InstanceURL
		c.want(200, "GET", v+"/limits", "")
		c.base = org.URL
		c.want(204, "DELETE", "/_sim/faults", "")
		c.want(200, "GET", v+"/limits", "")
	}
}
