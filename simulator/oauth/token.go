package oauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"

	"tidegate/simulator/fault"
)

// refusal is an OAuth error body.
type refusal struct {
	Kind        string `json:"error"`
	Description string `json:"error_description"`
}

func bad(kind, description string) *refusal { return &refusal{kind, description} }

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.Header().Set("Cache-Control", "no-cache, no-store")
	w.WriteHeader(status)
	// The status is out; a reader who left gets no second answer.
	_ = json.NewEncoder(w).Encode(body)
}

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		writeJSON(w, http.StatusBadRequest, bad("invalid_request", "malformed form"))
		return
	}
	flows := map[string]func(*http.Request) (*tokenAnswer, *refusal){
		"authorization_code": s.byCode,
		"refresh_token":      s.byRefresh,
		"client_credentials": s.byClient,
		"password":           s.byPassword,
		jwtGrant:             s.byAssertion,
	}
	flow := flows[r.PostForm.Get("grant_type")]
	if flow == nil {
		writeJSON(w, http.StatusBadRequest, bad("unsupported_grant_type", "grant type not supported"))
		return
	}
	answer, refused := flow(r)
	if refused != nil {
		writeJSON(w, http.StatusBadRequest, refused)
		return
	}
	writeJSON(w, http.StatusOK, s.maimed(answer))
}

// maimed is the answer without what a fault leaves out of it.
func (s *Server) maimed(answer *tokenAnswer) any {
	f, due := s.faults.Take(fault.TokenAnswer, fault.Subject{})
	if !due {
		return answer
	}
	var parts map[string]any
	encoded, err := json.Marshal(answer)
	if err == nil {
		err = json.Unmarshal(encoded, &parts)
	}
	if err != nil {
		return answer // it is a struct of texts
	}
	delete(parts, f.Field)
	return parts
}

// client checks the app's id and secret, from Basic or the form. A public
// client proves itself by PKCE instead of the secret.
func (s *Server) client(r *http.Request, needSecret bool) *refusal {
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	if id != s.cfg.ClientID {
		return bad("invalid_client_id", "client identifier invalid")
	}
	if secret == "" && !needSecret {
		return nil
	}
	if subtle.ConstantTimeCompare([]byte(secret), []byte(s.cfg.ClientSecret)) != 1 {
		return bad("invalid_client", "invalid client credentials")
	}
	return nil
}

func (s *Server) byCode(r *http.Request) (*tokenAnswer, *refusal) {
	verifier := r.PostForm.Get("code_verifier")
	if refused := s.client(r, verifier == ""); refused != nil {
		return nil, refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.codes[r.PostForm.Get("code")]
	if c == nil || s.org.Now().Sub(c.started) > codeLife {
		return nil, bad("invalid_grant", "expired authorization code")
	}
	if c.used {
		// A code presented twice was stolen from somebody: end what it gave.
		if c.grant != nil {
			s.end(c.grant)
		}
		return nil, bad("invalid_grant", "expired authorization code")
	}
	if refused := checkProof(c.challenge, verifier); refused != nil {
		return nil, refused
	}
	if c.redirect != r.PostForm.Get("redirect_uri") {
		return nil, bad("redirect_uri_mismatch", "redirect_uri must match configuration")
	}
	c.used = true
	answer := s.given(&c.request)
	return &answer, nil
}

// given is what a person who has consented gives the app. s.mu must be held.
func (s *Server) given(req *request) tokenAnswer {
	refresh := ""
	if has(req.scope, "refresh_token") || has(req.scope, "offline_access") {
		req.grant = s.allow(req.user, req.scope)
		refresh = req.grant.refresh
	}
	answer := s.answer(s.issue(req.grant, req.user, req.scope), refresh, req.user, req.scope)
	answer.IDToken = s.idToken(&answer, req.user, req.nonce)
	return answer
}

// checkProof is PKCE in Salesforce's words.
func checkProof(challenge, verifier string) *refusal {
	switch {
	case challenge == "" && verifier == "":
		return nil
	case verifier == "":
		return bad("invalid_grant", "missing required code verifier")
	case len(verifier) < 43 || len(verifier) > 128:
		return bad("invalid_request", "invalid code verifier length")
	}
	sum := sha256.Sum256([]byte(verifier))
	if base64.RawURLEncoding.EncodeToString(sum[:]) != challenge {
		return bad("invalid_request", "invalid code verifier")
	}
	return nil
}

func (s *Server) byRefresh(r *http.Request) (*tokenAnswer, *refusal) {
	_, _, basic := r.BasicAuth()
	if refused := s.client(r, basic); refused != nil {
		return nil, refused
	}
	presented := r.PostForm.Get("refresh_token")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.grants {
		switch {
		case g.retired[presented]:
			// Reuse of a rotated token: the whole grant goes, at once.
			s.end(g)
			return nil, bad("invalid_grant", "expired access/refresh token")
		case g.refresh == presented && s.cfg.RefreshLife > 0 && s.org.Now().Sub(g.lastUsed) > s.cfg.RefreshLife:
			s.end(g)
			return nil, bad("invalid_grant", "expired access/refresh token")
		case g.refresh == presented:
			g.lastUsed = s.org.Now()
			answer := s.answer(s.issue(g, g.user, g.scope), "", g.user, g.scope)
			answer.IDToken = s.idToken(&answer, g.user, "")
			if _, rotate := s.faults.Active(fault.RotateRefreshTokens, fault.Subject{}); rotate {
				g.retired[g.refresh] = true
				g.refresh = newRefresh()
				answer.RefreshToken = g.refresh
				s.save()
			}
			return &answer, nil
		}
	}
	return nil, bad("invalid_grant", "expired access/refresh token")
}

func (s *Server) byClient(r *http.Request) (*tokenAnswer, *refusal) {
	if refused := s.client(r, true); refused != nil {
		return nil, refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	user := s.org.AdminID()
	answer := s.answer(s.issue(nil, user, defaultScopes), "", user, defaultScopes)
	return &answer, nil
}

func (s *Server) byPassword(r *http.Request) (*tokenAnswer, *refusal) {
	if refused := s.client(r, true); refused != nil {
		return nil, refused
	}
	user := s.user(r.PostForm.Get("username"), r.PostForm.Get("password"))
	if user == "" {
		return nil, bad("invalid_grant", "authentication failure")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := s.answer(s.issue(nil, user, defaultScopes), "", user, defaultScopes)
	return &answer, nil
}
