// Package oauth is the authorization server of the simulated org: the web server
// and the user-agent flow with PKCE and a consent page, refresh with optional
// rotation, JWT bearer, client credentials, username-password, revoke, introspect,
// userinfo, and id tokens with the keys that they are checked by.
package oauth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tidegate/simulator/fault"
	"tidegate/simulator/org"
)

// Config is the one connected app of the org and the password of its users.
type Config struct {
	ClientID, ClientSecret string
	// Password is every user's.
	Password string
	// Callbacks are the registered redirect addresses, matched exactly. With
	// none, any address on a loopback host is registered.
	Callbacks []string
	// BaseURL is where the org is reached, without a trailing slash.
	BaseURL func() string
	// Keep is given all grants, encoded, whenever they change; nil = not kept.
	Keep func(encoded []byte)
	// RefreshLife ends a refresh token that long after its last use; 0 = never.
	RefreshLife time.Duration
	// SessionTimeout ends an access token after that long without a call;
	// 0 = 2 h.
	SessionTimeout time.Duration
}

const (
	codeLife      = 15 * time.Minute
	grantsPerUser = 5
	appScopes     = "refresh_token offline_access web full api id openid profile email"
	defaultScopes = "refresh_token web api id"
)

// Server answers the OAuth endpoints and knows every token. It is safe for
// concurrent use.
type Server struct {
	cfg    Config
	org    *org.Org
	faults *fault.Registry

	mu      sync.Mutex
	pending map[string]*request // authorization requests at the login or consent page
	codes   map[string]*code
	grants  []*grant
	access  map[string]*session
	key     *rsa.PublicKey // of the app, for the JWT bearer flow; nil = none

	signer signer
}

// grant is what a user has allowed the app, with its refresh token.
type grant struct {
	user, scope, refresh string
	retired              map[string]bool // refresh tokens rotated away
	revoked              bool
	lastUsed             time.Time // of the refresh token
}

// session is one access token.
type session struct {
	grant    *grant // nil for flows without a refresh token
	user     string
	scope    string
	issued   time.Time
	lastUsed time.Time
}

// Session is what an access token stands for.
type Session struct {
	UserID string
	Scope  string
}

// New returns a server for the org. It arms itself for the expire_tokens and
// revoke_tokens faults.
func New(o *org.Org, cfg Config) *Server {
	if cfg.SessionTimeout == 0 {
		cfg.SessionTimeout = 2 * time.Hour
	}
	s := &Server{
		cfg: cfg, org: o, faults: o.Faults(),
		pending: map[string]*request{}, codes: map[string]*code{}, access: map[string]*session{},
	}
	s.faults.OnArm(fault.ExpireTokens, func(fault.Fault) { s.ExpireAll() })
	s.faults.OnArm(fault.RevokeTokens, func(fault.Fault) { s.RevokeAll() })
	return s
}

// Register adds the server's paths.
func (s *Server) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /services/oauth2/authorize", s.authorize)
	mux.HandleFunc("POST /services/oauth2/login", s.login)
	mux.HandleFunc("POST /services/oauth2/consent", s.consent)
	mux.HandleFunc("POST /services/oauth2/token", s.token)
	mux.HandleFunc("/services/oauth2/revoke", s.revoke)
	mux.HandleFunc("POST /services/oauth2/introspect", s.introspect)
	mux.HandleFunc("PUT /_sim/app/key", s.putKey)
	mux.HandleFunc("/services/oauth2/userinfo", s.userinfo)
	mux.HandleFunc("POST /services/Soap/{kind}/{version...}", s.soap)
	mux.HandleFunc("GET /id/{org}/{user}", s.identity)
	mux.HandleFunc("GET /id/keys", s.keys)
	mux.HandleFunc("GET /.well-known/openid-configuration", s.discovery)
}

// Check tells whose access token this is and keeps its session alive. The
// token may come bare or as "Bearer …" or "OAuth …".
func (s *Server) Check(token string) (Session, bool) {
	if scheme, rest, ok := strings.Cut(token, " "); ok && (strings.EqualFold(scheme, "bearer") || strings.EqualFold(scheme, "oauth")) {
		token = strings.TrimSpace(rest)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.access[token]
	if found == nil {
		return Session{}, false
	}
	now := s.org.Now()
	if now.Sub(found.lastUsed) > s.cfg.SessionTimeout {
		delete(s.access, token)
		return Session{}, false
	}
	found.lastUsed = now
	return Session{UserID: found.user, Scope: found.scope}, true
}

// NewAccessToken gives the administrator a token without any flow.
func (s *Server) NewAccessToken() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issue(nil, s.org.AdminID(), defaultScopes)
}

// ExpireAll ends every access token; refreshing still works.
func (s *Server) ExpireAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.access)
}

// RevokeAll ends every access token and every grant.
func (s *Server) RevokeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.access)
	for _, g := range s.grants {
		g.revoked = true
	}
	s.grants = nil
	s.save()
}

// issue makes an access token. s.mu must be held.
func (s *Server) issue(g *grant, user, scope string) string {
	token := s.org.ID()[:15] + "!AQ" + random(48)
	now := s.org.Now()
	s.access[token] = &session{grant: g, user: user, scope: scope, issued: now, lastUsed: now}
	return token
}

// allow records a grant; the sixth of a user silently ends the oldest.
func (s *Server) allow(user, scope string) *grant {
	g := &grant{user: user, scope: scope, refresh: newRefresh(), retired: map[string]bool{}, lastUsed: s.org.Now()}
	var mine []*grant
	for _, other := range s.grants {
		if other.user == user {
			mine = append(mine, other)
		}
	}
	if len(mine) >= grantsPerUser {
		s.end(mine[0])
	}
	s.grants = append(s.grants, g)
	s.save()
	return g
}

// end revokes a grant with its access tokens. s.mu must be held.
func (s *Server) end(g *grant) {
	g.revoked = true
	s.grants = slices.DeleteFunc(s.grants, func(other *grant) bool { return other == g })
	for token, a := range s.access {
		if a.grant == g {
			delete(s.access, token)
		}
	}
	s.save()
}

// tokenAnswer is the body of a successful token call. There is no expires_in:
// expiry is only learned from a 401.
type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Signature    string `json:"signature"`
	Scope        string `json:"scope"`
	InstanceURL  string `json:"instance_url"`
	ID           string `json:"id"`
	TokenType    string `json:"token_type"`
	IssuedAt     string `json:"issued_at"`
	IDToken      string `json:"id_token,omitempty"`
}

func (s *Server) answer(token, refresh, user, scope string) tokenAnswer {
	id := s.identityURL(user)
	at := strconv.FormatInt(s.org.Now().UnixMilli(), 10)
	mac := hmac.New(sha256.New, []byte(s.cfg.ClientSecret))
	mac.Write([]byte(id + at))
	return tokenAnswer{
		AccessToken: token, RefreshToken: refresh, Scope: scope, InstanceURL: s.instanceURL(), ID: id,
		Signature: base64.StdEncoding.EncodeToString(mac.Sum(nil)), TokenType: "Bearer", IssuedAt: at,
	}
}

// IdentityURL is the address that names a user across orgs.
func (s *Server) IdentityURL(user string) string { return s.identityURL(user) }

func (s *Server) identityURL(user string) string {
	return s.cfg.BaseURL() + "/id/" + s.org.ID() + "/" + user
}

// user finds an active user by name and password; "" when they are wrong.
func (s *Server) user(name, password string) string {
	id := s.active(name)
	if subtle.ConstantTimeCompare([]byte(password), []byte(s.cfg.Password)) != 1 {
		return ""
	}
	return id
}

func (s *Server) callbackAllowed(address string) bool {
	if len(s.cfg.Callbacks) > 0 {
		return slices.Contains(s.cfg.Callbacks, address)
	}
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil {
		return false
	}
	return slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname())
}

func newRefresh() string { return "5Aep861" + random(64) }

// random gives n unguessable characters.
func random(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails; see crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)[:n]
}
