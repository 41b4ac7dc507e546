package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/streaming"
)

// superviseEvery is how often the connections are looked at, for those that
// another process made or ended.
const superviseEvery = 5 * time.Second

// supervisor keeps one consumer running for each connected workspace.
type supervisor struct {
	app     *app
	metrics *streaming.Metrics
	crew    *streaming.Crew
	holder  string
	changed chan gateway.WorkspaceID
	// seen are the settings by which each consumer was looked at last; only Run
	// uses it.
	seen map[gateway.WorkspaceID]string

	mu      sync.Mutex
	running map[gateway.WorkspaceID]*runningConsumer
}

type runningConsumer struct {
	stop   func()
	done   chan struct{}
	prover *streaming.Prover
	// objects are those that it mirrors; with others it must be started anew.
	objects []string
}

func newSupervisor(a *app, m *streaming.Metrics) *supervisor {
	return &supervisor{
		app: a, metrics: m, holder: holderName(), crew: streaming.NewCrew(streaming.CrewConfig{DB: a.db, LeaseFor: a.cfg.LeaseFor(), Logger: a.logger}),
		changed: make(chan gateway.WorkspaceID, 16), running: map[gateway.WorkspaceID]*runningConsumer{}, seen: map[gateway.WorkspaceID]string{},
	}
}

// restart ends the consumer of a workspace, so that the next look starts it
// with the connection as it is now.
func (s *supervisor) restart(ws gateway.WorkspaceID) {
	select {
	case s.changed <- ws:
	default: // many are waiting already; the regular look follows
	}
}

// Run starts and stops consumers until ctx ends, then waits for all of them.
func (s *supervisor) Run(ctx context.Context) error {
	tick := time.NewTicker(superviseEvery)
	defer tick.Stop()
	defer s.stopAll()
	for {
		if err := s.look(ctx); err != nil && ctx.Err() == nil {
			s.app.logger.Warn("looking at the connections failed", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case ws := <-s.changed:
			s.stop(ws)
		case <-tick.C:
		}
	}
}

// listens reports whether a connection in that state has a consumer.
func listens(state gateway.ConnectionState) bool {
	return state != gateway.StatePaused && state != gateway.StateDisconnected
}

func (s *supervisor) look(ctx context.Context) error {
	connections, err := s.app.db.Connections(ctx)
	if err != nil {
		return err
	}
	marks, err := s.app.db.SettingsMarks(ctx)
	if err != nil {
		return err
	}
	var failed error
	for _, conn := range connections {
		if err := s.follow(ctx, conn.Workspace, marks[conn.Workspace]); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		s.mu.Lock()
		_, runs := s.running[conn.Workspace]
		s.mu.Unlock()
		switch {
		case !runs && listens(conn.State):
			// One that cannot be started keeps no other from it.
			failed = errors.Join(failed, s.start(ctx, conn))
		case runs && !listens(conn.State):
			s.stop(conn.Workspace)
		}
	}
	return failed
}

// follow ends a consumer whose workspace mirrors other objects by now: somebody
// added or removed one, in whichever process. mark is that of the settings that
// are saved now.
func (s *supervisor) follow(ctx context.Context, ws gateway.WorkspaceID, mark string) error {
	s.mu.Lock()
	r := s.running[ws]
	s.mu.Unlock()
	if seen, known := s.seen[ws]; r == nil || known && seen == mark {
		return nil
	}
	objects, err := mirrored(ctx, s.app.db.In(ws))
	if err != nil {
		return err
	}
	if !slices.Equal(objects, r.objects) {
		s.stop(ws)
	}
	s.seen[ws] = mark
	return nil
}

func (s *supervisor) start(ctx context.Context, conn gateway.Connection) error {
	ws := conn.Workspace
	one, err := s.app.orgs.of(ctx, ws)
	if err != nil {
		return err
	}
	if err := inherit(ctx, one.ws, conn.ID, s.holder); err != nil {
		return err
	}
	objects, err := mirrored(ctx, one.ws)
	if err != nil {
		return err
	}
	from := reader{s.app.orgs, ws}
	consumer, err := streaming.New(streaming.Config{
		DB: s.app.db, Connection: conn, Holder: s.holder, Objects: objects, Crew: s.crew,
		Loading: s.app.loading(from),
		Reader:  from, HTTP: s.app.orgs.guard.Wrap(s.app.orgs.transport), Endpoint: s.endpoint(ctx, one),
		Auth: newSession(one).header, PubSub: s.pubSub(one), Captured: one.client.Captured, Budget: one.budget, Sign: s.app.sign,
		OwnClient: clientName, Notify: s.app.announcer.announce, Observe: s.app.orgs.spending.observed, Metrics: s.metrics, Logger: s.app.logger,
		LeaseFor: s.app.cfg.LeaseFor(), PollEvery: s.app.cfg.PollPeriod(), Ahead: one.client.Ahead,
	})
	if err != nil {
		return err
	}
	prover, err := s.prover(conn, objects, one.budget)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	r := &runningConsumer{stop: stop, done: make(chan struct{}), prover: prover, objects: objects}
	s.mu.Lock()
	s.running[ws] = r
	s.mu.Unlock()
	go func() {
		defer close(r.done)
		defer prover.Start(ctx)()
		if err := consumer.Run(ctx); err != nil {
			s.app.logger.Error("a consumer ended", "connection", conn.ID, "err", err)
		}
	}()
	return nil
}

// count is how many consumers run.
func (s *supervisor) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.running)
}

// endpoint is the CometD address on the instance as last told by Salesforce:
// it may move at a renewal of the session.
func (s *supervisor) endpoint(ctx context.Context, one *org) func() string {
	return func() string {
		base := one.conn.InstanceURL
		if t, err := one.tokens.Token(ctx); err == nil {
			base = t.InstanceURL
		}
		return base + "/cometd/" + one.conn.APIVersion
	}
}

func (s *supervisor) stop(ws gateway.WorkspaceID) {
	s.mu.Lock()
	r := s.running[ws]
	delete(s.running, ws)
	s.mu.Unlock()
	if r != nil {
		r.stop()
		<-r.done
	}
}

func (s *supervisor) stopAll() {
	s.mu.Lock()
	all := s.running
	s.running = map[gateway.WorkspaceID]*runningConsumer{}
	s.mu.Unlock()
	for _, r := range all {
		r.stop()
	}
	for _, r := range all {
		<-r.done
	}
}
