package main

import (
	"context"
	"math"
	"time"

	"tidegate/gateway"
	"tidegate/streaming"
)

// asked is the period of a prover that compares only what people ask for.
const asked = time.Duration(math.MaxInt64)

// provenApart is how long after one connection the next begins to be proven, so
// that a thousand do not begin at once.
const provenApart = 300 * time.Millisecond

// prover returns what compares the mirror of a connection with Salesforce by
// itself.
func (s *supervisor) prover(conn gateway.Connection, objects []string, budget *streaming.Budget) (*streaming.Prover, error) {
	every := s.app.cfg.ProofPeriod()
	first := time.Minute + time.Duration(s.count())*provenApart
	if every == 0 {
		every, first = asked, asked
	}
	return streaming.NewProver(streaming.ProverConfig{
		VerifyConfig: streaming.VerifyConfig{
			DB: s.app.db, Connection: conn, Org: prover{reader{s.app.orgs, conn.Workspace}}, Holder: s.holder,
			OwnClient: clientName, Notify: s.app.announcer.announce, Budget: budget,
		},
		Objects: objects, Crew: s.crew, Every: every, First: first, Metrics: s.metrics, Logger: s.app.logger,
	})
}

// ProveNow asks for a comparison of an object, which begins at once if this
// process proves the connection, and within seconds otherwise. It returns
// false when one is under way that somebody asked for.
func (c connecting) ProveNow(ctx context.Context, id gateway.WorkspaceID, object string) (bool, error) {
	began, err := c.orgs.db.In(id).RequestProof(ctx, object)
	if err != nil {
		return false, err
	}
	s := c.supervisor
	s.mu.Lock()
	r := s.running[id]
	s.mu.Unlock()
	if r != nil {
		r.prover.Poke()
	}
	return began, nil
}
