package oauth

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// request is an authorization request that a person is looking at.
type request struct {
	redirect, scope, state string
	response               string // what the app wants back: a code, or the tokens themselves
	challenge, nonce       string
	user                   string // set once logged in
	started                time.Time
	grant                  *grant // what it led to; nil without a refresh token
}

// The response types: the web server flow, and the user-agent flow without and
// with an id token.
const (
	responseCode  = "code"
	responseToken = "token"
	responseBoth  = "token id_token"
)

// code is an authorization code.
type code struct {
	request
	used bool
}

var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}} | Simulated Salesforce</title>
<link rel="icon" href="data:,">
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem;color:#181818;background:#fff}
label{display:block;margin-top:1rem}input{width:100%;padding:.5rem;box-sizing:border-box;font:inherit;border:1px solid #747474;border-radius:.25rem}
button{margin:1.5rem .5rem 0 0;padding:.5rem 1.25rem;font:inherit;border-radius:.25rem;border:1px solid #0176d3;background:#fff;color:#0b5cab}
button.main{background:#0176d3;color:#fff}.note{border-left:.25rem solid #0176d3;padding-left:.75rem}.error{color:#ba0517}</style></head>
<body><main><h1>{{.Title}}</h1>
<p class="note">This is a simulated Salesforce org for development and tests. Nothing here belongs to Salesforce.</p>
{{if .Problem}}<p class="error" role="alert">{{.Problem}}</p>{{end}}
{{if .Failure}}<p class="error" role="alert" id="failure">{{.Failure}}</p>{{else if .Consent}}
<p>Allow <strong>Tidegate</strong> to act for <strong>{{.User}}</strong>?</p><p>It asks for access to:</p>
<ul>{{range .Scopes}}<li>{{.}}</li>{{end}}</ul>
<form method="post" action="/services/oauth2/consent"><input type="hidden" name="request" value="{{.Request}}">
<button class="main" id="allow" name="decision" value="allow">Allow</button><button id="deny" name="decision" value="deny">Deny</button></form>
{{else}}<form method="post" action="/services/oauth2/login"><input type="hidden" name="request" value="{{.Request}}">
<label for="username">Username</label><input id="username" name="username" autocomplete="username" value="{{.User}}" required>
<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required>
<button class="main" id="login">Log In</button></form>{{end}}</main></body></html>
`))

type pageWords struct {
	Title, Problem, Failure, Request, User string
	Consent                                bool
	Scopes                                 []string
}

func show(w http.ResponseWriter, status int, words pageWords) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Frame-Options", "DENY")
	w.WriteHeader(status)
	// The status is out; a reader who left gets no second answer.
	_ = page.Execute(w, words)
}

// authorize shows the login page. Faults of the app or of the redirect address
// are shown here and never sent to that address.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	redirect := q.Get("redirect_uri")
	if q.Get("client_id") != s.cfg.ClientID {
		show(w, http.StatusBadRequest, pageWords{Title: "Authorization error", Failure: "error=invalid_client_id: client identifier invalid"})
		return
	}
	if !s.callbackAllowed(redirect) {
		show(w, http.StatusBadRequest, pageWords{Title: "Authorization error", Failure: "error=redirect_uri_mismatch: redirect_uri must match configuration"})
		return
	}
	req := &request{
		redirect: redirect, scope: q.Get("scope"), state: q.Get("state"), response: q.Get("response_type"),
		challenge: q.Get("code_challenge"), nonce: q.Get("nonce"), started: s.org.Now(),
	}
	if !slices.Contains([]string{responseCode, responseToken, responseBoth}, req.response) {
		req.refuse(w, r, "unsupported_response_type", "response type is not supported")
		return
	}
	if method := q.Get("code_challenge_method"); method != "" && method != "S256" {
		req.refuse(w, r, "invalid_request", "code challenge method is not supported")
		return
	}
	if !scopesAllowed(req.scope) {
		req.refuse(w, r, "invalid_scope", "the requested scope is not allowed")
		return
	}
	if req.scope == "" {
		req.scope = defaultScopes
	}
	id := random(24)
	s.mu.Lock()
	s.pending[id] = req
	s.mu.Unlock()
	show(w, http.StatusOK, pageWords{Title: "Log In", Request: id, User: q.Get("login_hint")})
}

func scopesAllowed(scope string) bool {
	for _, one := range strings.Fields(scope) {
		if !strings.Contains(" "+appScopes+" ", " "+one+" ") {
			return false
		}
	}
	return true
}

func (req *request) refuse(w http.ResponseWriter, r *http.Request, kind, description string) {
	req.send(w, r, url.Values{"error": {kind}, "error_description": {description}})
}

// send redirects to the app. The address keeps what query it had; tokens stand
// behind a number sign, so that they reach the browser's page and no server.
func (req *request) send(w http.ResponseWriter, r *http.Request, answer url.Values) {
	if req.state != "" {
		answer.Set("state", req.state)
	}
	glue := "?"
	switch {
	case req.response == responseToken || req.response == responseBoth:
		glue = "#"
	case strings.Contains(req.redirect, "?"):
		glue = "&"
	}
	http.Redirect(w, r, req.redirect+glue+answer.Encode(), http.StatusFound)
}

// take finds a pending request that is not too old.
func (s *Server) take(id string) *request {
	s.mu.Lock()
	defer s.mu.Unlock()
	req := s.pending[id]
	if req != nil && s.org.Now().Sub(req.started) > codeLife {
		delete(s.pending, id)
		return nil
	}
	return req
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	id := r.PostFormValue("request")
	req := s.take(id)
	if req == nil {
		show(w, http.StatusBadRequest, pageWords{Title: "Log In", Failure: "This login has expired. Go back to the app and start again."})
		return
	}
	name := r.PostFormValue("username")
	user := s.user(name, r.PostFormValue("password"))
	if user == "" {
		show(w, http.StatusOK, pageWords{Title: "Log In", Request: id, User: name, Problem: "Please check your username and password."})
		return
	}
	// The consent page gets a new handle, so that knowing the login page's is
	// not enough to consent in somebody's name.
	next := random(24)
	s.mu.Lock()
	delete(s.pending, id)
	req.user = user
	s.pending[next] = req
	s.mu.Unlock()
	show(w, http.StatusOK, pageWords{Title: "Allow Access?", Consent: true, Request: next, User: name, Scopes: strings.Fields(req.scope)})
}

func (s *Server) consent(w http.ResponseWriter, r *http.Request) {
	id := r.PostFormValue("request")
	req := s.take(id)
	if req == nil || req.user == "" {
		show(w, http.StatusBadRequest, pageWords{Title: "Allow Access?", Failure: "This request has expired. Go back to the app and start again."})
		return
	}
	s.mu.Lock()
	delete(s.pending, id)
	s.mu.Unlock()
	if r.PostFormValue("decision") != "allow" {
		req.refuse(w, r, "access_denied", "end-user denied authorization")
		return
	}
	if req.response != responseCode {
		req.send(w, r, s.tokensFor(req))
		return
	}
	secret := "aPrx" + random(60)
	s.mu.Lock()
	s.codes[secret] = &code{request: *req}
	s.codes[secret].started = s.org.Now()
	s.mu.Unlock()
	req.send(w, r, url.Values{"code": {secret}})
}

// tokensFor is the answer of the user-agent flow. An id token comes by a response
// type of its own there.
func (s *Server) tokensFor(req *request) url.Values {
	s.mu.Lock()
	answer := s.given(req)
	s.mu.Unlock()
	if req.response == responseToken {
		answer.IDToken = ""
	}
	values := url.Values{}
	for name, value := range map[string]string{
		"access_token": answer.AccessToken, "refresh_token": answer.RefreshToken, "instance_url": answer.InstanceURL, "id": answer.ID,
		"issued_at": answer.IssuedAt, "signature": answer.Signature, "scope": answer.Scope, "token_type": answer.TokenType, "id_token": answer.IDToken,
	} {
		if value != "" {
			values.Set(name, value)
		}
	}
	return values
}
