package oauth

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"tidegate/simulator/org"
)

const (
	jwtGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	// jwtScopes are those of a session that has no refresh token.
	jwtScopes = "web api id"
	// farthestExpiry bounds exp. The platform's ceiling is not published; this
	// one only has to catch milliseconds in place of seconds.
	farthestExpiry = 24 * time.Hour
	maxKey         = 64 << 10 // bytes of a PEM
)

// SetKey registers the app's public key for the JWT bearer flow: a PEM of a
// public key or of a certificate, RSA.
func (s *Server) SetKey(encoded []byte) error {
	key, err := parseKey(encoded)
	if err != nil {
		return fmt.Errorf("reading the app's public key: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = key
	return nil
}

func parseKey(encoded []byte) (*rsa.PublicKey, error) {
	block, _ := pem.Decode(encoded)
	if block == nil {
		return nil, errors.New("not a PEM")
	}
	var found any
	var err error
	switch block.Type {
	case "CERTIFICATE":
		var cert *x509.Certificate
		if cert, err = x509.ParseCertificate(block.Bytes); err == nil {
			found = cert.PublicKey
		}
	case "RSA PUBLIC KEY":
		found, err = x509.ParsePKCS1PublicKey(block.Bytes)
	default:
		found, err = x509.ParsePKIXPublicKey(block.Bytes)
	}
	if err != nil {
		return nil, err
	}
	key, ok := found.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("not an RSA key")
	}
	return key, nil
}

// putKey is PUT /_sim/app/key.
func (s *Server) putKey(w http.ResponseWriter, r *http.Request) {
	encoded, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxKey))
	if err == nil {
		err = s.SetKey(encoded)
	}
	if err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// claims are the parts of an assertion that count.
type claims struct {
	Issuer   string      `json:"iss"`
	Subject  string      `json:"sub"`
	Audience any         `json:"aud"` // text or a list of texts
	Expires  json.Number `json:"exp"` // seconds
}

func (s *Server) byAssertion(r *http.Request) (*tokenAnswer, *refusal) {
	assertion := r.PostForm.Get("assertion")
	if assertion == "" {
		return nil, bad("invalid_request", "missing required parameter: assertion")
	}
	c, signed, err := readAssertion(assertion)
	if err != nil {
		return nil, bad("invalid_grant", "invalid assertion")
	}
	if c.Issuer != s.cfg.ClientID {
		return nil, bad("invalid_client_id", "client identifier invalid")
	}
	s.mu.Lock()
	key := s.key
	s.mu.Unlock()
	if key == nil || !signed(key) {
		return nil, bad("invalid_grant", "invalid assertion")
	}
	if !s.audience(c.Audience) {
		return nil, bad("invalid_grant", "audience is invalid")
	}
	seconds, err := c.Expires.Int64()
	now := s.org.Now()
	if expires := time.Unix(seconds, 0); err != nil || !expires.After(now) || expires.Sub(now) > farthestExpiry {
		return nil, bad("invalid_grant", "expired authorization code")
	}
	user := s.active(c.Subject)
	if user == "" {
		return nil, bad("invalid_grant", "user hasn't approved this consumer")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// No refresh token: the caller asserts again.
	answer := s.answer(s.issue(nil, user, jwtScopes), "", user, jwtScopes)
	return &answer, nil
}

// audience accepts the two login hosts and this org's own.
func (s *Server) audience(said any) bool {
	known := []string{"https://login.salesforce.com", "https://test.salesforce.com", s.cfg.BaseURL()}
	list, ok := said.([]any)
	if !ok {
		list = []any{said}
	}
	return slices.ContainsFunc(list, func(one any) bool {
		text, _ := one.(string)
		return slices.Contains(known, strings.TrimSuffix(text, "/"))
	})
}

// readAssertion decodes a token and returns the check of its signature, which
// only RS256 passes.
func readAssertion(token string) (c claims, signed func(*rsa.PublicKey) bool, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c, nil, errors.New("a token has three parts")
	}
	var header struct {
		Algorithm string `json:"alg"`
	}
	if err := decodePart(parts[0], &header); err != nil {
		return c, nil, err
	}
	if err := decodePart(parts[1], &c); err != nil {
		return c, nil, err
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return c, nil, err
	}
	if header.Algorithm != "RS256" {
		return c, nil, errors.New("only RS256 is accepted")
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	return c, func(key *rsa.PublicKey) bool {
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil
	}, nil
}

func decodePart(part string, v any) error {
	decoded, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(decoded, v)
}

// active finds an active user by name; "" without one.
func (s *Server) active(name string) string {
	var id string
	s.org.Read(func(v org.View) {
		for _, r := range v.ByKey("User", "Username", name) {
			if r.Value("IsActive") == true {
				id = r.ID()
			}
		}
	})
	return id
}
