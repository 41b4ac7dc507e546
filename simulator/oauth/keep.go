package oauth

import (
	"encoding/json"
	"fmt"
)

// kept is a grant on disk.
type kept struct {
	User    string   `json:"user"`
	Scope   string   `json:"scope"`
	Refresh string   `json:"refresh"`
	Retired []string `json:"retired,omitempty"`
}

// save hands the grants to Config.Keep. s.mu must be held.
func (s *Server) save() {
	if s.cfg.Keep == nil {
		return
	}
	list := make([]kept, 0, len(s.grants))
	for _, g := range s.grants {
		k := kept{User: g.user, Scope: g.scope, Refresh: g.refresh}
		for token := range g.retired {
			k.Retired = append(k.Retired, token)
		}
		list = append(list, k)
	}
	encoded, err := json.Marshal(list)
	if err != nil {
		return // strings always encode
	}
	s.cfg.Keep(encoded)
}

// Load takes back grants that Config.Keep was given. Access tokens are not
// kept: callers refresh.
func (s *Server) Load(encoded []byte) error {
	var list []kept
	if err := json.Unmarshal(encoded, &list); err != nil {
		return fmt.Errorf("decoding the grants: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range list {
		g := &grant{user: k.User, scope: k.Scope, refresh: k.Refresh, retired: map[string]bool{}, lastUsed: s.org.Now()}
		for _, token := range k.Retired {
			g.retired[token] = true
		}
		s.grants = append(s.grants, g)
	}
	return nil
}
