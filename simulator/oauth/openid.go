package oauth

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"tidegate/simulator/org"
)

const (
	// idTokenLife is how long an id token may be taken for proof of a login.
	idTokenLife = 2 * time.Minute
	signingBits = 2048
)

// signer holds the key that id tokens are signed with. It is made when it is
// first asked for, and anew by every start: who checks a token reads the keys.
type signer struct {
	once sync.Once
	key  *rsa.PrivateKey
	id   string
}

func (g *signer) get() (*rsa.PrivateKey, string) {
	g.once.Do(func() {
		key, err := rsa.GenerateKey(rand.Reader, signingBits)
		if err != nil {
			return // the system's randomness never fails
		}
		sum := sha256.Sum256(key.N.Bytes())
		g.key, g.id = key, base64.RawURLEncoding.EncodeToString(sum[:12])
	})
	return g.key, g.id
}

// keys is GET /id/keys: the public half, as a JSON Web Key Set.
func (s *Server) keys(w http.ResponseWriter, _ *http.Request) {
	key, id := s.signer.get()
	part := func(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.Bytes()) }
	writeJSON(w, http.StatusOK, map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": id, "n": part(key.N), "e": part(big.NewInt(int64(key.E))),
	}}})
}

func has(scope, one string) bool { return slices.Contains(strings.Fields(scope), one) }

// idToken tells the app who has logged in, signed; "" where openid was not asked
// for. The nonce is the one of the authorization request.
func (s *Server) idToken(answer *tokenAnswer, user, nonce string) string {
	if !has(answer.Scope, "openid") {
		return ""
	}
	key, id := s.signer.get()
	now := s.org.Now()
	sum := sha256.Sum256([]byte(answer.AccessToken))
	said := s.standardClaims(user, answer.Scope)
	said["iss"], said["aud"] = s.cfg.BaseURL(), s.cfg.ClientID
	said["iat"], said["exp"] = now.Unix(), now.Add(idTokenLife).Unix()
	said["at_hash"] = base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
	if nonce != "" {
		said["nonce"] = nonce
	}
	signed := encodePart(map[string]string{"alg": "RS256", "typ": "JWT", "kid": id}) + "." + encodePart(said)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		return "" // the key is long enough
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// standardClaims are those about the user, as far as the scope lets the app know.
func (s *Server) standardClaims(id, scope string) map[string]any {
	var user org.Record
	s.org.Read(func(v org.View) { user, _ = v.Get("User", id) })
	said := map[string]any{"sub": s.identityURL(id)}
	if has(scope, "email") {
		said["email"], said["email_verified"] = words(user, "Email"), true
	}
	if !has(scope, "profile") {
		return said
	}
	for claim, field := range map[string]string{
		"preferred_username": "Username", "nickname": "CommunityNickname", "name": "Name", "given_name": "FirstName",
		"family_name": "LastName", "zoneinfo": "TimeZoneSidKey", "locale": "LocaleSidKey",
	} {
		said[claim] = words(user, field)
	}
	said["profile"], said["updated_at"] = s.cfg.BaseURL()+"/"+id, stamp(user)
	return said
}

func encodePart(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		return "" // texts and numbers
	}
	return base64.RawURLEncoding.EncodeToString(encoded)
}

func (s *Server) discovery(w http.ResponseWriter, _ *http.Request) {
	base := s.cfg.BaseURL()
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                base,
		"authorization_endpoint":                base + "/services/oauth2/authorize",
		"token_endpoint":                        base + "/services/oauth2/token",
		"revocation_endpoint":                   base + "/services/oauth2/revoke",
		"userinfo_endpoint":                     base + "/services/oauth2/userinfo",
		"introspection_endpoint":                base + "/services/oauth2/introspect",
		"jwks_uri":                              base + "/id/keys",
		"scopes_supported":                      []string{"api", "refresh_token", "offline_access", "id", "openid", "web", "full", "profile", "email"},
		"response_types_supported":              []string{responseCode, responseToken, responseBoth},
		"grant_types_supported":                 []string{"authorization_code", "refresh_token", "client_credentials", "password", jwtGrant},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic", "private_key_jwt"},
		"code_challenge_methods_supported":      []string{"S256"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"claims_supported": []string{
			"active", "address", "email", "email_verified", "family_name", "given_name", "is_app_installed", "language", "locale",
			"name", "nickname", "organization_id", "photos", "picture", "preferred_username", "profile", "sub", "updated_at", "urls",
			"user_id", "user_type", "zoneinfo",
		},
		"display_values_supported": []string{"page", "popup", "touch"},
	})
}
