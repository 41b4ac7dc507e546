package main

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tidegate/gateway"
	"tidegate/store/storetest"
	"tidegate/streaming"
)

// ready makes the workspace one whose first reading is done and whose stream
// runs, so that the proof by itself may begin.
func (p *proven) ready(objects ...string) {
	p.t.Helper()
	for _, object := range objects {
		p.verify(object, nil)
		err := p.ws.SaveBackfill(p.t.Context(), gateway.Backfill{Object: object, State: streaming.BackfillDone, StartedAt: time.Now()})
		if err != nil {
			p.t.Fatal(err)
		}
	}
	p.state(gateway.StateOK)
}

func (p *proven) state(s gateway.ConnectionState) {
	p.t.Helper()
	if _, err := p.ws.SetConnectionState(p.t.Context(), p.conn.ID, s, ""); err != nil {
		p.t.Fatal(err)
	}
}

// proving runs a prover of Contact and Account with small slices until the
// returned function is called, which waits for its end.
func (p *proven) proving(change func(*streaming.ProverConfig)) (prover *streaming.Prover, stop func()) {
	p.t.Helper()
	cfg := streaming.ProverConfig{
		VerifyConfig: streaming.VerifyConfig{
			DB: p.app.db, Connection: p.conn, Org: proverOf(p), Holder: "prover", OwnClient: clientName,
			BucketRows: max(100, *contacts/10), PageRows: min(2000, max(100, *contacts/50)), Settle: time.Millisecond,
		},
		Objects: []string{"Account", "Contact"}, Every: time.Minute, Look: 20 * time.Millisecond, First: time.Nanosecond,
	}
	if change != nil {
		change(&cfg)
	}
	one, err := streaming.NewProver(cfg)
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(p.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := one.Run(ctx); err != nil {
			p.t.Errorf("proving: %v", err)
		}
	}()
	return one, func() {
		cancel()
		<-done
	}
}

func proverOf(p *proven) prover { return prover{reader{p.app.orgs, acme}} }

// stands waits until the proof of an object is as wished, and returns it.
func (p *proven) stands(object string, is func(gateway.ProofStatus) bool) gateway.ProofStatus {
	p.t.Helper()
	var last gateway.ProofStatus
	for range 3000 { // a generous minute
		all, err := p.ws.Proofs(p.t.Context())
		if err != nil {
			p.t.Fatal(err)
		}
		for _, s := range all {
			if s.Object == object {
				last = s
			}
		}
		if is(last) {
			return last
		}
		time.Sleep(20 * time.Millisecond)
	}
	p.t.Fatalf("%s stands at %+v", object, last)
	return last
}

func (p *proven) request(object string) bool {
	p.t.Helper()
	began, err := p.ws.RequestProof(p.t.Context(), object)
	if err != nil {
		p.t.Fatal(err)
	}
	return began
}

func answered(s gateway.ProofStatus) bool { return s.RequestedAt.IsZero() && !s.Last.AsOf.IsZero() }

// damageCells spoils so many random cells, of different records.
func (p *proven) damageCells(good []gateway.Record, n int) {
	p.t.Helper()
	r := rand.New(rand.NewPCG(7, 11))
	damaged := map[string]bool{}
	for len(damaged) < n {
		one := good[r.IntN(len(good))]
		if damaged[one.Key.ID] {
			continue
		}
		damaged[one.Key.ID] = true
		names := one.Fields.Names()
		one.Fields = one.Fields.Overlay(gateway.Fields{names[r.IntN(len(names))]: gateway.Text("damaged")})
		p.damage(one)
	}
}

// TestProofByItselfFindsAndRepairsDamagedCells: 7 random cells, text or number,
// in one cycle, with calls for the totals, for what these single out, and one
// for each page of records. With -contacts 100000 as the issue has it.
func TestProofByItselfFindsAndRepairsDamagedCells(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, database string) {
		p := newProven(t, database, *contacts)
		p.ready("Account", "Contact")
		good := p.records("Contact")
		p.damageCells(good, 7)
		p.request("Contact")
		before := p.calls()
		_, stop := p.proving(func(c *streaming.ProverConfig) { c.Objects = []string{"Contact"} })
		defer stop()
		found := p.stands("Contact", answered).Last
		stop()
		t.Logf("%d rows, %d calls", found.RowsHere, found.Calls)
		if found.Cells+found.Silent != 7 || found.Repaired != 7 || !found.Settled() || found.Covered != 1 {
			t.Errorf("found %+v, want 7 records repaired", found)
		}
		pages := *contacts/min(2000, max(100, *contacts/50)) + 1
		if asked := p.calls() - before; asked != found.Calls || asked > found.Buckets+pages+2*7 {
			t.Errorf("the org was called %d times, %d counted, for %d buckets and %d pages", asked, found.Calls, found.Buckets, pages)
		}
		p.same(good, p.records("Contact"))
	})
}

func TestProofByItselfGoesOverAllObjectsUnasked(t *testing.T) {
	p := newProven(t, "sqlite://"+t.TempDir()+"/proof.db", 40)
	p.ready("Account", "Contact")
	began := time.Now()
	_, stop := p.proving(func(c *streaming.ProverConfig) { c.PageRows, c.Every = 2000, time.Millisecond })
	defer stop()
	for _, object := range []string{"Account", "Contact"} {
		was := p.stands(object, func(s gateway.ProofStatus) bool { return s.Last.BegunAt.After(began) }).Last
		if !was.Equal || was.Fields == 0 || was.Fields <= was.Sampled {
			t.Errorf("%s: %+v", object, was)
		}
	}
}

func TestProofByItselfGoesOnInAnotherProcess(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, database string) {
		p := newProven(t, database, 700)
		p.ready("Account", "Contact")
		// The pages are of 100, so the cycle has eight slices; it rests after each.
		_, stop := p.proving(func(c *streaming.ProverConfig) {
			c.Objects, c.Every, c.PageRows = []string{"Contact"}, time.Millisecond, 100
		})
		begun := p.stands("Contact", func(s gateway.ProofStatus) bool { return s.Running.Totalled }).Running
		stop()
		_, stop = p.proving(func(c *streaming.ProverConfig) {
			c.Objects, c.Every, c.PageRows, c.Holder = []string{"Contact"}, time.Millisecond, 100, "another"
			c.Now = func() time.Time { return time.Now().Add(time.Hour) } // its pauses are over
		})
		defer stop()
		last := p.stands("Contact", func(s gateway.ProofStatus) bool { return s.Last.BegunAt.Equal(begun.BegunAt) }).Last
		if !last.Equal || last.Compared != 700 || last.Buckets != begun.Buckets {
			t.Errorf("%+v, begun as %+v", last, begun)
		}
	})
}

func TestProofByItselfWaits(t *testing.T) {
	p := newProven(t, "sqlite://"+t.TempDir()+"/proof.db", 20)
	p.ready("Account", "Contact")
	looked := make(chan struct{}, 1)
	_, stop := p.proving(func(c *streaming.ProverConfig) {
		c.Now = func() time.Time {
			select {
			case looked <- struct{}{}:
			default:
			}
			return time.Now()
		}
	})
	defer stop()
	twice := func() {
		for range 2 {
			select {
			case <-looked:
			case <-time.After(time.Minute):
				t.Fatal("the prover does not look")
			}
		}
	}
	load := gateway.Backfill{Object: "Contact", State: streaming.BackfillRepairing, StartedAt: time.Now()}
	if err := p.ws.SaveBackfill(t.Context(), load); err != nil {
		t.Fatal(err)
	}
	if !p.request("Contact") || p.request("Contact") {
		t.Error("pressed twice must be one")
	}
	p.request("Account")
	p.stands("Account", answered)
	twice()
	p.stands("Contact", func(s gateway.ProofStatus) bool { return !answered(s) })
	for _, state := range []gateway.ConnectionState{gateway.StatePaused, gateway.StateNeedsReconnect, gateway.StateLimited} {
		p.state(state)
		before := p.calls()
		p.request("Account")
		time.Sleep(100 * time.Millisecond) // five looks; it must not have begun in any of them
		if got := p.calls(); got != before {
			t.Errorf("%s: %d calls", state, got-before)
		}
	}
	load.State = streaming.BackfillDone
	if err := p.ws.SaveBackfill(t.Context(), load); err != nil {
		t.Fatal(err)
	}
	p.state(gateway.StateOK)
	p.stands("Contact", answered)
	p.stands("Account", answered)
}

func TestOnlyOneProcessProves(t *testing.T) {
	p := newProven(t, "sqlite://"+t.TempDir()+"/proof.db", 20)
	p.ready("Account")
	lease, ours, err := p.ws.AcquireLease(t.Context(), p.conn.ID, streaming.ProverChannel, "somebody", time.Hour)
	if err != nil || !ours {
		t.Fatal(ours, err)
	}
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	prover, stop := p.proving(func(c *streaming.ProverConfig) { c.Objects = []string{"Account"} })
	defer stop()
	p.request("Account")
	before := p.calls()
	prover.Poke()
	time.Sleep(100 * time.Millisecond)
	if got := p.calls(); got != before {
		t.Errorf("%d calls beside the holder", got-before)
	}
	if err := p.ws.ReleaseLease(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	p.stands("Account", answered)
}

func TestProofByItselfKeepsToTheBudgetF49(t *testing.T) {
	p := newProven(t, "sqlite://"+t.TempDir()+"/proof.db", 20)
	p.ready("Account", "Contact")
	budget := streaming.NewBudget(nil, nil)
	budget.Saw(100, 100)
	_, stop := p.proving(func(c *streaming.ProverConfig) { c.Budget = budget })
	defer stop()
	before := p.calls()
	p.request("Contact")
	said := p.stands("Contact", func(s gateway.ProofStatus) bool { return s.Problem != "" }).Problem
	if got := p.calls(); got != before || !strings.Contains(said, "100 of its 100 API calls") {
		t.Errorf("%d calls; %s", got-before, said)
	}
}
