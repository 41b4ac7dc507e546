package oauth

import (
	"net/url"

	"tidegate/simulator/fault"
)

// instanceURL is where the data API is reached: the org's own address, or its
// second one after a move.
func (s *Server) instanceURL() string {
	base := s.cfg.BaseURL()
	if _, moved := s.faults.Active(fault.MoveInstance, fault.Subject{}); moved {
		return MovedURL(base)
	}
	return base
}

// MovedURL is the address of an org after it has moved to another instance.
// There is one listener, so the loopback host's other name stands for the
// other host; an org that is not on the loopback gets a trailing dot.
func MovedURL(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	host := map[string]string{"127.0.0.1": "localhost", "localhost": "127.0.0.1"}[u.Hostname()]
	if host == "" {
		host = u.Hostname() + "."
	}
	if port := u.Port(); port != "" {
		host += ":" + port
	}
	u.Host = host
	return u.String()
}
