package cometd

import (
	"context"
	"net/http"
	"time"
)

// servePost answers the messages of one POST in their order. A connect that has
// to wait does so after all others were served, and holds the whole answer
// back.
func (s *Server) servePost(w http.ResponseWriter, r *http.Request, messages []message) {
	c := newCaller(r, longPolling)
	if messages[0].Channel == metaHandshake {
		messages = messages[:1] // a handshake travels alone; company is ignored
	}
	var before []reply
	var waiting *message
	var of *session
	for i := range messages {
		m := &messages[i]
		if m.Channel != metaConnect {
			before = append(before, s.answer(c, m))
			continue
		}
		if waiting != nil {
			before = append(before, m.accept(of.id)) // one is parked, no more
			continue
		}
		n, replies := s.beginConnect(c, m)
		before = append(before, replies...)
		if n != nil {
			waiting, of = m, n
		}
	}
	if waiting != nil {
		s.longPoll(w, r, c, of, waiting, before)
		return
	}
	s.setCookies(w, c)
	write(w, http.StatusOK, before)
}

func (s *Server) setCookies(w http.ResponseWriter, c *caller) {
	for _, k := range c.set {
		http.SetCookie(w, k)
	}
}

// longPoll waits for events and answers with them, the connect's reply last.
func (s *Server) longPoll(w http.ResponseWriter, r *http.Request, c *caller, n *session, m *message, before []reply) {
	p := newParking()
	n.park(p, p)
	batch, why := s.await(r.Context(), c, n, p, m)
	n.leave(p, s.cfg.Now(), s.cfg.SessionLife)
	final := m.accept(n.id)
	switch why {
	case unauthorized:
		final = m.refuseAdvised(errInvalidToken, "none")
	case hungUp:
		return
	}
	body, err := encode(nil, before, batch, []reply{final})
	if err != nil {
		http.Error(w, "encoding failed", http.StatusInternalServerError)
		return
	}
	s.setCookies(w, c)
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	if why == cutOff {
		s.breakOff(w, body, len(batch) > 0)
	}
	_, _ = w.Write(body) // a client that has gone away comes again with its last id
	n.touch(s.cfg.Now(), s.cfg.SessionLife)
}

// breakOff sends half an answer and cuts the connection. Without events it sends
// nothing at all.
func (s *Server) breakOff(w http.ResponseWriter, body []byte, some bool) {
	if some {
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
	}
	panic(http.ErrAbortHandler)
}

// ending says why a parked connect is answered.
type ending int

const (
	answered     ending = iota // events, timeout, or another connect took its place
	unauthorized               // the token is no longer good
	hungUp                     // the client has gone
	cutOff                     // the stream is to break
	silent                     // the stream is to stay open and dead
)

func (s *Server) await(ctx context.Context, c *caller, n *session, p *parking, m *message) ([]delivery, ending) {
	cut := s.enter()
	defer s.exit()
	timeout := time.NewTimer(s.waitOf(m))
	defer timeout.Stop()
	check := time.NewTicker(s.cfg.TokenCheck)
	defer check.Stop()
	for {
		arrived := s.cfg.Log.Wake()
		if batch := s.take(n, p, s.cfg.BatchEvents); len(batch) > 0 {
			batch, why := s.deliver(n, p, batch)
			if why == silent {
				why = s.hang(ctx, cut)
			}
			return batch, why
		}
		select {
		case <-arrived:
		case <-n.wake:
		case <-check.C:
			if _, ok := s.cfg.Authenticate(c.token); !ok {
				return nil, unauthorized
			}
		case <-timeout.C:
			return nil, answered
		case <-p.released:
			return nil, answered
		case <-s.done:
			return nil, answered
		case <-cut:
			return nil, cutOff
		case <-ctx.Done():
			return nil, hungUp
		}
	}
}

// waitOf is how long a connect is parked: a client may ask for less.
func (s *Server) waitOf(m *message) time.Duration {
	if t := m.Advice.Timeout; t != nil && *t >= 0 {
		return min(time.Duration(*t)*time.Millisecond, s.cfg.ConnectTimeout)
	}
	return s.cfg.ConnectTimeout
}
