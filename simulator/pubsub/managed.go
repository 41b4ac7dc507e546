package pubsub

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	eventbus "tidegate/eventbus/v1"
	"tidegate/simulator/bus"
	"tidegate/simulator/org"
)

// managedPrefix is how ids of managed subscriptions begin.
const managedPrefix = "18x"

// maxManaged is how many managed subscriptions an org may have.
const maxManaged = 200

// Managed is a subscription whose place the server keeps, as an admin defines it.
type Managed struct {
	ID            string `json:"id"` // 18 characters, beginning with 18x; "" when defining: a new one
	DeveloperName string `json:"developer_name"`
	Topic         string `json:"topic_name"`
	// Earliest starts with the oldest event where no place is kept, or where the
	// kept one is no longer valid; else with the next event.
	Earliest bool `json:"earliest"`
	Stopped  bool `json:"stopped"`
}

// place is a managed subscription with how far its client got.
type place struct {
	Managed
	committed []byte // nil before the first commit
	active    bool
}

// Manage defines a managed subscription, or changes the one of that developer
// name, whose place stays, and returns its id.
func (s *Server) Manage(m Managed) (id string, err error) {
	if m.DeveloperName == "" {
		return "", errors.New("a managed subscription needs a developer name")
	}
	if _, ok := bus.ObjectOf(m.Topic); !ok {
		if _, ok = s.cfg.Log.Custom(m.Topic); !ok {
			return "", fmt.Errorf("there is no topic %q", m.Topic)
		}
	}
	s.mu.Lock()
	defer s.nudge() // an open stream may have to end
	defer s.mu.Unlock()
	p, unknown := s.find("", m.DeveloperName)
	if unknown != nil {
		if len(s.managed) >= maxManaged {
			return "", fmt.Errorf("no more than %d managed subscriptions", maxManaged)
		}
		p = &place{}
		m.ID = org.MakeID(managedPrefix, uint64(len(s.managed)+1))
		s.managed[m.ID] = p
	} else {
		m.ID = p.ID
	}
	p.Managed = m
	return m.ID, nil
}

// Subscriptions lists the managed subscriptions by their ids.
func (s *Server) Subscriptions() []Managed {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Managed, 0, len(s.managed))
	for _, id := range slices.Sorted(maps.Keys(s.managed)) {
		m := s.managed[id].Managed
		m.ID = id
		list = append(list, m)
	}
	return list
}

// Committed returns the replay id that was last committed, nil before.
func (s *Server) Committed(id string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.managed[id]; p != nil {
		return p.committed
	}
	return nil
}

// Register adds POST /_sim/managed_subscriptions, which defines one.
func (s *Server) Register(mux *http.ServeMux) {
	mux.HandleFunc("POST /_sim/managed_subscriptions", func(w http.ResponseWriter, r *http.Request) {
		var m Managed
		err := json.NewDecoder(r.Body).Decode(&m)
		if err == nil {
			m.ID, err = s.Manage(m)
		}
		w.Header().Set("Content-Type", "application/json")
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()}) // the reader may have left
			return
		}
		_ = json.NewEncoder(w).Encode(m)
	})
}

// ManagedSubscribe is Subscribe from the place that was last committed.
func (s *Server) ManagedSubscribe(stream eventbus.PubSub_ManagedSubscribeServer) error {
	ctx := stream.Context()
	c, err := s.begin(ctx, "ManagedSubscribe", "")
	if err != nil {
		return err
	}
	r, err := stream.Recv()
	if err != nil {
		return err
	}
	p, m, err := s.claim(c, r)
	if err != nil {
		return err
	}
	defer s.release(p)
	f := &feed{s: s, call: c, topic: m.Topic, check: func() error { return s.stopped(c, p) }}
	if err := s.startManaged(f, m); err != nil {
		return err
	}
	f.ask(r.GetNumRequested())
	answer := func(a *eventbus.ManagedFetchResponse) error {
		a.RpcId = c.id
		return stream.Send(a)
	}
	f.send = func(answer encoded) error { return stream.SendMsg(answer) }
	return serve(f, receive(ctx, stream.Recv), func(r *eventbus.ManagedFetchRequest) error {
		return s.admitManaged(f, p, m, r, answer)
	})
}

// claim finds the subscription of a first request and makes it the caller's.
func (s *Server) claim(c *call, r *eventbus.ManagedFetchRequest) (*place, Managed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, refused := s.find(r.GetSubscriptionId(), r.GetDeveloperName())
	if refused == nil {
		switch {
		case r.GetCommitReplayIdRequest() != nil:
			refused = &errManagedCommit
		case r.GetNumRequested() <= 0:
			refused = &errManagedRequest
		case p.Stopped:
			refused = &errManagedStopped
		case p.active:
			refused = &errManagedActive
		default:
			p.active = true
		}
	}
	if refused == nil {
		return p, p.Managed, nil
	}
	name := r.GetSubscriptionId() + r.GetDeveloperName()
	switch *refused {
	case errManagedID, errManagedUnknown, errManagedName:
		return nil, Managed{}, c.refuse(*refused, name)
	}
	return nil, Managed{}, c.refuse(*refused)
}

// find returns the subscription of an id, of 15 or 18 characters, or of a
// developer name: exactly one of them is given. s.mu must be held.
func (s *Server) find(id, name string) (*place, *refusal) {
	if (id == "") == (name == "") {
		return nil, &errManagedEmpty
	}
	for _, p := range s.managed {
		if name != "" && p.DeveloperName == name || id != "" && (p.ID == id || len(id) == 15 && p.ID[:15] == id) {
			return p, nil
		}
	}
	switch {
	case name != "":
		return nil, &errManagedName
	case len(id) != 15 && len(id) != 18 || id[:3] != managedPrefix:
		return nil, &errManagedID
	}
	return nil, &errManagedUnknown
}

// stopped ends the stream of a subscription that an admin has stopped.
func (s *Server) stopped(c *call, p *place) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.Stopped {
		return c.refuse(errManagedStopped)
	}
	return nil
}

func (s *Server) release(p *place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.active = false
}

func (s *Server) startManaged(f *feed, m Managed) error {
	if _, err := s.topic(f.call, m.Topic); err != nil {
		return err
	}
	if kept := s.Committed(m.ID); kept != nil && s.valid(m.Topic, kept) {
		return f.open(eventbus.ReplayPreset_CUSTOM, kept)
	}
	if m.Earliest {
		return f.open(eventbus.ReplayPreset_EARLIEST, nil)
	}
	return f.open(eventbus.ReplayPreset_LATEST, nil)
}

// valid tells whether a subscription could start after a replay id.
func (s *Server) valid(topic string, replay []byte) bool {
	if len(replay) != 8 || replay[0] > 0x7f {
		return false
	}
	_, err := s.cfg.Log.Open(topic, int64(binary.BigEndian.Uint64(replay)))
	return err == nil
}

// admitManaged takes a further request: for events, a commit, or both.
func (s *Server) admitManaged(f *feed, p *place, m Managed, r *eventbus.ManagedFetchRequest, answer func(*eventbus.ManagedFetchResponse) error) error {
	if id, name := r.GetSubscriptionId(), r.GetDeveloperName(); id != "" && id != m.ID && id != m.ID[:15] || name != "" && name != m.DeveloperName {
		return f.call.refuse(errManagedMismatch)
	}
	commit := r.GetCommitReplayIdRequest()
	if r.GetNumRequested() < 0 || r.GetNumRequested() == 0 && commit == nil {
		return f.call.refuse(errManagedRequest)
	}
	f.ask(r.GetNumRequested())
	if commit == nil {
		return nil
	}
	return answer(&eventbus.ManagedFetchResponse{
		CommitResponse: s.commit(f, p, commit), LatestReplayId: replayID(f.latest), PendingNumRequested: int32(f.pending),
	})
}

// commit keeps a place. One that is not valid is answered so, and the stream goes on.
func (s *Server) commit(f *feed, p *place, r *eventbus.CommitReplayRequest) *eventbus.CommitReplayResponse {
	began := time.Now()
	out := &eventbus.CommitReplayResponse{CommitRequestId: r.GetCommitRequestId(), ReplayId: r.GetReplayId()}
	if s.valid(f.topic, r.GetReplayId()) {
		s.mu.Lock()
		p.committed = r.GetReplayId()
		s.mu.Unlock()
	} else {
		out.Error = &eventbus.Error{Code: eventbus.ErrorCode_COMMIT, Msg: errReplay.text}
	}
	out.ProcessTime = time.Since(began).Milliseconds()
	return out
}
