package simulator_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/url"
	"strings"
	"testing"
	"time"

	"tidegate/simulator"
)

// claimsOf checks an id token by the published keys and returns what it says.
func (c *client) claimsOf(token string) map[string]any {
	c.t.Helper()
	var set struct {
		Keys []struct{ Kty, Use, Alg, Kid, N, E string }
	}
	c.want(200, "GET", "/id/keys", "").into(c.t, &set)
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(set.Keys) != 1 {
		c.t.Fatalf("token %q with keys %v", token, set.Keys)
	}
	decode := func(part string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			c.t.Fatal(err)
		}
		return b
	}
	var header struct{ Alg, Kid string }
	if err := json.Unmarshal(decode(parts[0]), &header); err != nil || header.Alg != "RS256" || header.Kid != set.Keys[0].Kid {
		c.t.Fatalf("header %s: %v", decode(parts[0]), err)
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(decode(set.Keys[0].N)), E: int(new(big.Int).SetBytes(decode(set.Keys[0].E)).Int64())}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], decode(parts[2])); err != nil {
		c.t.Fatal(err)
	}
	var said map[string]any
	if err := json.Unmarshal(decode(parts[1]), &said); err != nil {
		c.t.Fatal(err)
	}
	return said
}

func TestR3IDTokensNameWhoLoggedIn(t *testing.T) {
	now, _ := clock()
	org, c := start(t, simulator.Config{Now: now})
	exchange := func(scope, nonce string) (tokens, string) {
		got := c.consent(org, "allow", "scope", scope, "nonce", nonce)
		var out struct {
			tokens
			IDToken string `json:"id_token"`
		}
		c.form("/services/oauth2/token", "client_id", org.ClientID, "client_secret", org.ClientSecret,
			"grant_type", "authorization_code", "code", got.Get("code"), "redirect_uri", callback, "code_verifier", verifier).into(t, &out)
		return out.tokens, out.IDToken
	}
	tok, id := exchange("openid email profile api refresh_token", "n-1")
	said := c.claimsOf(id)
	sum := sha256.Sum256([]byte(tok.AccessToken))
	for claim, want := range map[string]any{
		"iss": org.URL, "aud": org.ClientID, "sub": tok.ID, "nonce": "n-1", "preferred_username": org.Username, "email_verified": true,
		"iat": float64(now().Unix()), "exp": float64(now().Add(2 * time.Minute).Unix()),
		"at_hash": base64.RawURLEncoding.EncodeToString(sum[:16]),
	} {
		if said[claim] != want {
			t.Errorf("%s = %v, want %v", claim, said[claim], want)
		}
	}
	if said = c.claimsOf(second(exchange("openid", ""))); said["email"] != nil || said["name"] != nil || said["nonce"] != nil {
		t.Errorf("without the scopes for it: %v", said)
	}
	if _, id := exchange("api refresh_token", "n-2"); id != "" {
		t.Errorf("an id token without openid: %s", id)
	}
	again := c.form("/services/oauth2/token", "client_id", org.ClientID, "client_secret", org.ClientSecret, "grant_type", "refresh_token", "refresh_token", tok.RefreshToken)
	var fresh struct {
		IDToken string `json:"id_token"`
	}
	if again.into(t, &fresh); c.claimsOf(fresh.IDToken)["sub"] != tok.ID {
		t.Error("refreshing told another user")
	}
	c.wantDiscovery(org)
}

func second[A, B any](_ A, b B) B { return b }

// wantDiscovery checks that what the org publishes about itself leads somewhere.
func (c *client) wantDiscovery(org *simulator.Running) {
	c.t.Helper()
	var told struct {
		Issuer        string
		JWKS          string   `json:"jwks_uri"`
		ResponseTypes []string `json:"response_types_supported"`
		Algorithms    []string `json:"id_token_signing_alg_values_supported"`
	}
	c.want(200, "GET", "/.well-known/openid-configuration", "").into(c.t, &told)
	if told.Issuer != org.URL || told.JWKS != org.URL+"/id/keys" || strings.Join(told.ResponseTypes, ",") != "code,token,token id_token" || told.Algorithms[0] != "RS256" {
		c.t.Errorf("told %+v", told)
	}
}

// The user-agent flow answers behind a number sign.
func TestR3UserAgentFlowAnswersInTheFragment(t *testing.T) {
	org, c := start(t, simulator.Config{})
	for _, response := range []string{"token", "token id_token"} {
		q := url.Values{
			"response_type": {response}, "client_id": {org.ClientID}, "redirect_uri": {callback}, "state": {"s-1"},
			"scope": {"openid api refresh_token"}, "nonce": {"n"},
		}
		page := c.want(200, "GET", "/services/oauth2/authorize?"+q.Encode(), "")
		page = c.form("/services/oauth2/login", "request", c.hidden(page), "username", org.Username, "password", org.Password)
		to, err := url.Parse(c.form("/services/oauth2/consent", "request", c.hidden(page), "decision", "allow").header.Get("Location"))
		if err != nil || to.RawQuery != "" {
			t.Fatalf("to %v: %v", to, err)
		}
		got, err := url.ParseQuery(to.Fragment)
		if err != nil || got.Get("state") != "s-1" || got.Get("refresh_token") == "" || got.Get("instance_url") != org.URL {
			t.Fatalf("%s gave %v: %v", response, got, err)
		}
		if wanted := response == "token id_token"; wanted != (got.Get("id_token") != "") {
			t.Errorf("%s with id token %q", response, got.Get("id_token"))
		} else if wanted && c.claimsOf(got.Get("id_token"))["nonce"] != "n" {
			t.Error("the nonce is lost")
		}
		me := &client{t: t, base: c.base, token: got.Get("access_token"), http: c.http}
		var info struct {
			Sub string `json:"sub"`
		}
		if me.want(200, "GET", "/services/oauth2/userinfo", "").into(t, &info); info.Sub != got.Get("id") {
			t.Errorf("userinfo is of %s", info.Sub)
		}
	}
}
