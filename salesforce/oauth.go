package salesforce

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tidegate/gateway"
)

// oauthTimeout bounds one call to a login host.
const oauthTimeout = 30 * time.Second

// App is the external client app (or connected app) that asks for a grant, and
// the login host it asks. Refreshes must go to the host family that gave the
// grant: a sandbox's grant is unknown at login.salesforce.com.
type App struct {
	LoginURL     string // scheme and host, e.g. "https://test.salesforce.com"
	ClientID     string
	ClientSecret string // "" for a public client; the PEM private key for JWTBearer
}

// Grant is what the token endpoint gives.
type Grant struct {
	AccessToken  string
	RefreshToken string // "" unless asked for and given; see Refresher
	InstanceURL  string // scheme and host, checked by the guard; "" when not given
	OrgID        string // 18 characters, "" when the identity URL has none
	UserID       string // 18 characters
	Scope        string
}

// Identity is who a token belongs to. Source: /services/oauth2/userinfo.
type Identity struct {
	UserID   string // 18 characters
	OrgID    string // 18 characters
	Username string
	Name     string
	Email    string
	Zone     string // IANA
	Active   bool
}

// OAuth talks to login hosts. It is safe for concurrent use.
type OAuth struct {
	guard *Guard
	http  *http.Client
	now   func() time.Time
}

// NewOAuth returns an OAuth that talks to the hosts that guard allows. A nil
// transport is the guard's own, a nil now is time.Now.
func NewOAuth(guard *Guard, transport http.RoundTripper, now func() time.Time) *OAuth {
	if transport == nil {
		transport = guard.Transport()
	}
	if now == nil {
		now = time.Now
	}
	return &OAuth{guard: guard, http: guard.Wrap(transport), now: now}
}

// NewVerifier returns a fresh PKCE verifier (43 characters). It stays on the
// server until Exchange; it also serves well as state.
func NewVerifier() string {
	var b [32]byte
	rand.Read(b[:]) // It never returns an error.
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Challenge returns the S256 challenge of a PKCE verifier.
func Challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// AuthorizeURL returns the address that the admin's browser is sent to. state
// comes back with the code and must be compared; verifier is the one given to
// Exchange later; scopes default to "api refresh_token openid".
func (o *OAuth) AuthorizeURL(app App, redirectURI, state, verifier, scopes string) (string, error) {
	base, err := o.guard.Base(app.LoginURL)
	if err != nil {
		return "", err
	}
	if scopes == "" {
		scopes = "api refresh_token openid"
	}
	query := url.Values{
		"response_type":         {"code"},
		"client_id":             {app.ClientID},
		"redirect_uri":          {redirectURI},
		"scope":                 {scopes},
		"state":                 {state},
		"code_challenge":        {Challenge(verifier)},
		"code_challenge_method": {"S256"},
		// Without it a browser that is signed in to another org connects that one.
		"prompt": {"login consent"},
	}
	return base + "/services/oauth2/authorize?" + query.Encode(), nil
}

// Exchange redeems the code that came back to redirectURI. A code works once.
func (o *OAuth) Exchange(ctx context.Context, app App, code, redirectURI, verifier string) (Grant, error) {
	return o.token(ctx, app, url.Values{
		"grant_type":    {"authorization_code"},
		"code":          {code},
		"redirect_uri":  {redirectURI},
		"code_verifier": {verifier},
	})
}

// Refresh asks for a new access token. If the answer has a refresh token, the
// old one is dead already: save it before anything else, even when it comes
// with an error. No scope is sent, as that breaks the call. Errors: CodeSFAuth when the grant is dead, CodeSFDown
// when asking again may help.
func (o *OAuth) Refresh(ctx context.Context, app App, refreshToken string) (Grant, error) {
	return o.token(ctx, app, url.Values{
		"grant_type":    {"refresh_token"},
		"refresh_token": {refreshToken},
	})
}

// ClientCredentials asks for an access token of the app's own user. It works
// only at a My Domain address and gives no refresh token.
func (o *OAuth) ClientCredentials(ctx context.Context, app App) (Grant, error) {
	return o.token(ctx, app, url.Values{"grant_type": {"client_credentials"}})
}

// Revoke ends a grant. Revoking a refresh token also ends its access tokens. A
// token that is dead already is no error.
func (o *OAuth) Revoke(ctx context.Context, loginURL, token string) error {
	status, header, body, err := o.post(ctx, loginURL, "/services/oauth2/revoke", url.Values{"token": {token}})
	if err != nil {
		return err
	}
	code, text := oauthError(body)
	if status == http.StatusOK || code == "invalid_token" || code == "unsupported_token_type" {
		return nil
	}
	return refusal(status, header, code, text, body, token)
}

// Userinfo asks who a token belongs to. baseURL is the instance or login host.
func (o *OAuth) Userinfo(ctx context.Context, baseURL, accessToken string) (Identity, error) {
	base, err := o.guard.Base(baseURL)
	if err != nil {
		return Identity{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, oauthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/services/oauth2/userinfo", nil)
	if err != nil {
		return Identity{}, fmt.Errorf("asking who is connected: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+accessToken)
	status, header, body, err := o.send(req)
	if err != nil {
		return Identity{}, lost("asking who is connected", err)
	}
	if status != http.StatusOK {
		return Identity{}, errorOf(status, header, body, o.now())
	}
	return readIdentity(body)
}

func readIdentity(body []byte) (Identity, error) {
	var wire struct {
		UserID         string `json:"user_id"`
		OrganizationID string `json:"organization_id"`
		Username       string `json:"preferred_username"`
		Name           string `json:"name"`
		Email          string `json:"email"`
		Zone           string `json:"zoneinfo"`
		Active         *bool  `json:"active"`
	}
	if err := json.Unmarshal(body, &wire); err != nil {
		return Identity{}, unreadable(http.StatusOK, body, err)
	}
	id := Identity{Username: wire.Username, Name: wire.Name, Email: wire.Email, Zone: wire.Zone}
	id.Active = wire.Active == nil || *wire.Active
	var userOK, orgOK bool
	id.UserID, userOK = gateway.NormalizeID(wire.UserID)
	id.OrgID, orgOK = gateway.NormalizeID(wire.OrganizationID)
	if !userOK || !orgOK {
		return Identity{}, unreadable(http.StatusOK, body, fmt.Errorf("no user or organization id"))
	}
	return id, nil
}

// token asks the token endpoint and reads the grant.
func (o *OAuth) token(ctx context.Context, app App, form url.Values) (Grant, error) {
	form.Set("client_id", app.ClientID)
	if app.ClientSecret != "" && form.Get("assertion") == "" {
		form.Set("client_secret", app.ClientSecret)
	}
	status, header, body, err := o.post(ctx, app.LoginURL, "/services/oauth2/token", form)
	if err != nil {
		return Grant{}, err
	}
	if status != http.StatusOK {
		code, text := oauthError(body)
		return Grant{}, refusal(status, header, code, text, body, app.ClientSecret, form.Get("refresh_token"), form.Get("code"), form.Get("assertion"))
	}
	return o.readGrant(body)
}

func (o *OAuth) readGrant(body []byte) (Grant, error) {
	var wire struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
		InstanceURL  string `json:"instance_url"`
		ID           string `json:"id"`
		Scope        string `json:"scope"`
	}
	if err := json.Unmarshal(body, &wire); err != nil {
		// A page of a proxy with status 200: the grant may be quite well.
		return Grant{}, &gateway.Error{
			Code: gateway.CodeSFDown, Status: http.StatusOK, Message: sayDown,
			Cause: fmt.Errorf("the token answer is not JSON"),
		}
	}
	// Also with an error: a rotated refresh token is the only one that works.
	g := Grant{RefreshToken: wire.RefreshToken}
	if wire.AccessToken == "" {
		return g, &gateway.Error{
			Code: gateway.CodeSFAuth, Status: http.StatusOK, Message: saySession,
			Cause: fmt.Errorf("the token answer has no access token"),
		}
	}
	g.OrgID, g.UserID = splitIdentity(wire.ID)
	if wire.InstanceURL != "" {
		base, err := o.guard.Base(wire.InstanceURL)
		if err != nil {
			return g, badInstance(err)
		}
		g.InstanceURL = base
	}
	g.AccessToken, g.Scope = wire.AccessToken, wire.Scope
	return g, nil
}

// splitIdentity reads org and user out of ".../id/{org}/{user}".
func splitIdentity(identity string) (org, user string) {
	parts := strings.Split(identity, "/")
	if len(parts) < 2 {
		return "", ""
	}
	org, orgOK := gateway.NormalizeID(parts[len(parts)-2])
	user, userOK := gateway.NormalizeID(parts[len(parts)-1])
	if !orgOK || !userOK {
		return "", ""
	}
	return org, user
}

func (o *OAuth) post(ctx context.Context, loginURL, path string, form url.Values) (int, http.Header, []byte, error) {
	base, err := o.guard.Base(loginURL)
	if err != nil {
		return 0, nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, oauthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, nil, fmt.Errorf("asking the login host: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	status, header, body, err := o.send(req)
	if err != nil {
		return 0, nil, nil, lost("asking the login host", err)
	}
	return status, header, body, nil
}

func (o *OAuth) send(req *http.Request) (int, http.Header, []byte, error) {
	resp, err := o.http.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, resp.Header, body, err
}
