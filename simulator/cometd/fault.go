package cometd

import (
	"context"
	"net/http"
	"strings"

	"tidegate/simulator/fault"
)

// Faults of this protocol, beside those of package fault.
const (
	// FaultUnauthorized answers a connect with 401::Authentication invalid and none.
	FaultUnauthorized = "stream_unauthorized"
	// FaultUnknownClient forgets a session: 403::Unknown client with handshake advice.
	FaultUnknownClient = "unknown_client"
	// FaultKillSession forgets a session with an id-less disconnect and advice none.
	FaultKillSession = "kill_session"
	// FaultBusy gives 503 as the failure reason under an error that says 401.
	FaultBusy = "stream_busy"
	// FaultBusySubscribe gives 503 as the failure reason under an error that says 403.
	FaultBusySubscribe = "stream_busy_subscribe"
	// FaultQuota acts as if the daily delivery allocation were used up.
	FaultQuota = "delivery_quota"
	// FaultStall answers connects in order but delivers no events while it lasts.
	FaultStall = "stall_streams"
	// FaultRefuse refuses a message with an error of choice.
	FaultRefuse = "stream_refuse"
	// FaultHalfOpen goes silent on a connection that stays open.
	FaultHalfOpen = "half_open"
)

// Kinds documents those faults for the list at /_sim/faults.
var Kinds = []fault.Kind{
	{Name: FaultUnauthorized, About: "answers a streaming connect with 401::Authentication invalid and reconnect none"},
	{Name: FaultUnknownClient, About: "forgets a streaming session: 403::Unknown client with handshake advice"},
	{Name: FaultKillSession, About: "forgets a streaming session: id-less disconnect, 403::Unknown client with reconnect none"},
	{Name: FaultBusy, About: "answers a streaming connect with 503 as failure reason under an error that says 401"},
	{Name: FaultBusySubscribe, About: "refuses a subscription with 503 as failure reason under an error that says 403"},
	{Name: FaultQuota, About: "the daily delivery allocation counts as used up; lasts until cleared unless given seconds"},
	{Name: FaultStall, About: "streams stay connected but deliver nothing; lasts until cleared unless given seconds"},
	{Name: FaultRefuse, About: "refuses a streaming message with any of the platform's errors", Params: []fault.Param{
		{Name: "method", About: "handshake, connect or subscribe; empty: the first of any"},
		{Name: "channel", About: "of a subscription; empty: every channel"},
		{Name: "message", About: "the error, such as 403::Restricted channel; of a handshake it is the failure reason"},
		{Name: "mode", About: "advice: none, handshake or retry; empty: no advice, of a handshake none"},
	}},
	{Name: FaultHalfOpen, About: "the next delivery of events is swallowed and its connection goes silent without closing"},
}

// The list of kinds is closed when the program has started: a registry refuses
// what is not on it.
func init() { fault.Kinds = append(fault.Kinds, Kinds...) }

func (s *Server) due(kind string) bool {
	_, ok := s.cfg.Faults.Take(kind, fault.Subject{Path: "/cometd", Method: http.MethodPost})
	return ok
}

// connectFault refuses a connect on purpose, or returns nil.
func (s *Server) connectFault(n *session, m *message) []reply {
	if r := s.chosen(m); r != nil {
		return []reply{*r}
	}
	switch {
	case s.exhausted():
		return []reply{m.refuseAdvised(errQuota, "none")}
	case s.due(FaultUnauthorized):
		return []reply{m.refuseAdvised(errInvalidToken, "none")}
	case s.due(FaultUnknownClient):
		s.sessions.remove(n)
		return []reply{m.refuseAdvised(errUnknownClient, "handshake")}
	case s.due(FaultKillSession):
		s.sessions.remove(n)
		return []reply{{Channel: metaDisconnect, Successful: true}, m.refuseAdvised(errUnknownClient, "none")}
	case s.due(FaultBusy):
		r := m.refuseAdvised(errInvalidToken, "none")
		r.Ext = &ext{SFDC: &sfdc{FailureReason: errBusy}, Replay: true, PayloadFormat: true}
		return []reply{r}
	}
	return nil
}

// subscribeFault refuses a subscription on purpose, or returns nil.
func (s *Server) subscribeFault(m *message) *reply {
	if r := s.chosen(m); r != nil {
		return r
	}
	if s.exhausted() {
		r := m.refuse(errQuota)
		return &r
	}
	if s.due(FaultBusySubscribe) {
		r := m.refuseAdvised(errSubscribe, "none")
		r.Ext = &ext{SFDC: &sfdc{FailureReason: errBusy}, Replay: true, PayloadFormat: true}
		return &r
	}
	return nil
}

// chosen refuses a message as a fault asks for, or returns nil. The cause of a
// refused handshake is nested.
func (s *Server) chosen(m *message) *reply {
	f, due := s.cfg.Faults.Take(FaultRefuse, fault.Subject{Method: strings.TrimPrefix(m.Channel, "/meta/"), Channel: m.Subscription})
	if !due {
		return nil
	}
	r := m.refuse(f.Message)
	if m.Channel == metaHandshake {
		r = m.deny(f.Message)
	}
	if f.Mode != "" {
		r.Advice = &advice{Reconnect: f.Mode, Interval: new(int64)}
	}
	return &r
}

// exhausted reports whether no more events may be delivered today.
func (s *Server) exhausted() bool {
	_, ok := s.cfg.Faults.Active(FaultQuota, fault.Subject{})
	return ok || s.cfg.Log.Quota().Left() <= 0
}

// take gets the session's next events as its user may see them, none while
// streams are to stall or the allocation is used up.
func (s *Server) take(n *session, reader *parking, max int) []delivery {
	if _, ok := s.cfg.Faults.Active(FaultStall, fault.Subject{}); ok || s.exhausted() {
		return nil
	}
	for {
		batch, more := n.take(reader, min(max, s.cfg.Log.Quota().Left()), s.cfg.BatchBytes)
		// What the user may not see may be all there was so far.
		if len(batch) > 0 || !more {
			s.cfg.Log.Quota().Spend(counted(batch))
			return batch
		}
	}
}

// counted are the events that count against the delivery allocation. PushTopics
// and generic channels have allocations of their own, which no org here reaches.
func counted(batch []delivery) (n int) {
	for _, d := range batch {
		if strings.HasPrefix(d.channel, "/data/") || strings.HasPrefix(d.channel, "/event/") {
			n++
		}
	}
	return n
}

// deliver lets go wrong with a batch what is to go wrong.
func (s *Server) deliver(n *session, reader *parking, batch []delivery) ([]delivery, ending) {
	if _, ok := s.cfg.Faults.Take(fault.SlowConsumer, fault.Subject{Channel: batch[0].channel}); ok {
		s.sessions.remove(n)
		return batch, cutOff
	}
	batch = s.duplicate(s.garble(s.reorder(s.pair(n, reader, batch))))
	if _, ok := s.cfg.Faults.Take(fault.DropStreams, fault.Subject{}); ok {
		return batch, cutOff
	}
	if s.due(FaultHalfOpen) {
		return nil, silent
	}
	return batch, answered
}

// hang keeps a long poll open without an answer until somebody gives up.
func (s *Server) hang(ctx context.Context, cut <-chan struct{}) ending {
	select {
	case <-ctx.Done():
		return hungUp
	case <-cut:
	case <-s.done:
	}
	return cutOff
}

// dropStreams cuts every open stream. With none open, the fault stays armed and
// cuts the next delivery.
func (s *Server) dropStreams() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == 0 {
		return
	}
	s.cfg.Faults.Take(fault.DropStreams, fault.Subject{})
	close(s.cut)
	s.cut = make(chan struct{})
}
