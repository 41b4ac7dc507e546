package team

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tidegate/simulator/org"
	"tidegate/simulator/seed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type sink struct{ seen []org.Transaction }

func (s *sink) Publish(t org.Transaction) { s.seen = append(s.seen, t) }

func newOrg(t *testing.T) (*org.Org, *sink) {
	t.Helper()
	s := &sink{}
	o := org.New(org.Config{Publisher: s})
	if err := seed.Fill(o, 1, seed.Sizes{Accounts: 10, Contacts: 30, Leads: 10, Opportunities: 20, Events: 5, Tasks: 20}); err != nil {
		t.Fatal(err)
	}
	return o, s
}

func TestTeamWorksInThePagesNotThroughTheAPI(t *testing.T) {
	o, s := newOrg(t)
	if len(s.seen) != 0 {
		t.Fatalf("seeding published %d transactions", len(s.seen))
	}
	work := &Team{Org: o}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		if err := work.Step(rng); err != nil {
			t.Fatal(err)
		}
	}
	objects := map[string]bool{}
	for _, tr := range s.seen {
		if tr.ChangeOrigin != org.UIOrigin || tr.CommitUser == o.AdminID() {
			t.Fatalf("made as %s by %s", tr.ChangeOrigin, tr.CommitUser)
		}
		for _, c := range tr.Changes {
			objects[c.Object] = true
		}
	}
	for _, want := range []string{"Contact", "Opportunity", "Task"} {
		if !objects[want] {
			t.Errorf("in 200 steps no %s changed", want)
		}
	}
}

func TestTeamStopsWhenTold(t *testing.T) {
	o, _ := newOrg(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- (&Team{Org: o, Pace: time.Millisecond}).Run(ctx) }()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
