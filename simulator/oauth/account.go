package oauth

import (
	"net/http"
	"time"

	"tidegate/simulator/org"
)

// revoke ends an access token, or a refresh token with all its access tokens.
// Its refusals are form-encoded, not JSON, as on the platform.
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	token := r.FormValue("token")
	if s.revokeToken(token) {
		w.WriteHeader(http.StatusOK)
		return
	}
	w.Header().Set("Content-Type", "application/x-www-form-urlencoded")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write([]byte("error=invalid_token&error_description=invalid+token")) // the reader may have left
}

func (s *Server) revokeToken(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.access[token]; ok {
		delete(s.access, token)
		return true
	}
	for _, g := range s.grants {
		if g.refresh == token {
			s.end(g)
			return true
		}
	}
	return false
}

func (s *Server) introspect(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		writeJSON(w, http.StatusBadRequest, bad("invalid_request", "malformed form"))
		return
	}
	if refused := s.client(r, true); refused != nil {
		writeJSON(w, http.StatusUnauthorized, refused)
		return
	}
	var found session
	s.mu.Lock()
	if known := s.access[r.PostForm.Get("token")]; known != nil {
		found = *known
	}
	s.mu.Unlock()
	if found.user == "" || s.org.Now().Sub(found.lastUsed) > s.cfg.SessionTimeout {
		writeJSON(w, http.StatusOK, map[string]any{"active": false})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"active": true, "scope": found.scope, "client_id": s.cfg.ClientID, "sub": s.identityURL(found.user),
		"token_type": "access_token", "iat": found.issued.Unix(), "nbf": found.issued.Unix(),
		"exp": found.lastUsed.Add(s.cfg.SessionTimeout).Unix(),
	})
}

// signedIn finds the user of the bearer token or answers 403, as these two
// endpoints do.
func (s *Server) signedIn(w http.ResponseWriter, r *http.Request) (org.Record, bool) {
	who, ok := s.Check(r.Header.Get("Authorization"))
	if !ok {
		http.Error(w, "Bad_OAuth_Token", http.StatusForbidden)
		return org.Record{}, false
	}
	var user org.Record
	s.org.Read(func(v org.View) { user, ok = v.Get("User", who.UserID) })
	return user, ok
}

func words(r org.Record, field string) string {
	s, _ := r.Value(field).(string)
	return s
}

func (s *Server) userinfo(w http.ResponseWriter, r *http.Request) {
	user, ok := s.signedIn(w, r)
	if !ok {
		return
	}
	base := s.cfg.BaseURL()
	writeJSON(w, http.StatusOK, map[string]any{
		"sub": s.identityURL(user.ID()), "user_id": user.ID(), "organization_id": s.org.ID(),
		"preferred_username": words(user, "Username"), "nickname": words(user, "CommunityNickname"),
		"name": words(user, "Name"), "email": words(user, "Email"), "email_verified": true,
		"given_name": words(user, "FirstName"), "family_name": words(user, "LastName"),
		"zoneinfo": words(user, "TimeZoneSidKey"), "profile": base + "/" + user.ID(),
		"photos":  map[string]string{"picture": base + "/profilephoto/005/F", "thumbnail": base + "/profilephoto/005/T"},
		"address": map[string]string{}, "urls": s.urls(), "active": user.Value("IsActive"), "user_type": "STANDARD",
		"language": words(user, "LanguageLocaleKey"), "locale": words(user, "LocaleSidKey"), "utcOffset": 3600000,
		"updated_at":                     stamp(user),
		"is_salesforce_integration_user": user.ID() == s.org.AdminID(),
	})
}

func stamp(r org.Record) string {
	at, _ := r.Value("LastModifiedDate").(org.DateTime)
	return at.Time().Format(time.RFC3339)
}

func (s *Server) urls() map[string]string {
	base := s.instanceURL()
	data := base + "/services/data/v{version}/"
	return map[string]string{
		"rest": data, "sobjects": data + "sobjects/", "query": data + "query/", "search": data + "search/",
		"recent": data + "recent/", "custom_domain": base,
	}
}

func (s *Server) identity(w http.ResponseWriter, r *http.Request) {
	user, ok := s.signedIn(w, r)
	if !ok {
		return
	}
	if r.PathValue("org") != s.org.ID() || r.PathValue("user") != user.ID() {
		http.Error(w, "Wrong_Org", http.StatusForbidden)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"id": s.identityURL(user.ID()), "asserted_user": true, "user_id": user.ID(), "organization_id": s.org.ID(),
		"username": words(user, "Username"), "display_name": words(user, "Name"), "email": words(user, "Email"),
		"email_verified": true, "first_name": words(user, "FirstName"), "last_name": words(user, "LastName"),
		"timezone": words(user, "TimeZoneSidKey"), "active": user.Value("IsActive"), "user_type": "STANDARD",
		"language": words(user, "LanguageLocaleKey"), "locale": words(user, "LocaleSidKey"), "utcOffset": 3600000,
		"urls": s.urls(), "last_modified_date": stamp(user), "is_app_installed": true,
	})
}
