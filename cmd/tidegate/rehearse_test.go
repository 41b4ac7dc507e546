package main

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/rules/rehearsal"
	"tidegate/simulator/fault"
	simorg "tidegate/simulator/org"
	"tidegate/store"
	"tidegate/store/storetest"
)

// unasking takes a guard away while it is off: whether a create whose answer was
// lost left its record in Salesforce is not asked before it is sent again.
type unasking struct {
	outbox.Caller
	off *atomic.Bool
}

func (u unasking) Find(ctx context.Context, ws gateway.WorkspaceID, c gateway.Change) ([]string, error) {
	if u.off.Load() {
		return nil, nil
	}
	return u.Caller.Find(ctx, ws, c)
}

// The settings of a new workspace recover from lost answers and get all points
// for it, and fewer without the guard that they recover by; the weak spot says
// what came of it.
func TestRemovedGuardLowersTheScore_M6(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, "sqlite://"+t.TempDir()+"/store.db", store.Options{})
	if err := db.CreateWorkspace(t.Context(), "w", "W"); err != nil {
		t.Fatal(err)
	}
	conf, err := readRehearsed(t.Context(), db.In("w"))
	if err != nil {
		t.Fatal(err)
	}
	var off atomic.Bool
	s, err := newStage(t.Context(), conf, func(c outbox.Caller) outbox.Caller { return unasking{c, &off} })
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	lost := rounds[slices.IndexFunc(rounds, func(r round) bool { return r.fault == "lost answers" }):][:1]
	score := func() rehearsal.Result {
		plays, err := s.play(t.Context(), lost, func(round) {})
		if err != nil {
			t.Fatal(err)
		}
		return rehearsal.Weigh(plays)
	}
	guarded := score()
	if guarded.Score != 100 || guarded.Played < 2 {
		t.Errorf("with all guards: %+v", guarded)
	}
	off.Store(true)
	without := score()
	if without.Score >= guarded.Score || without.Played != guarded.Played {
		t.Errorf("without asking: %+v, with: %+v", without, guarded)
	}
	if len(without.Weak) != 1 || without.Weak[0].Outcome != rehearsal.Failed || !slices.Equal(without.Weak[0].Targets, []string{aMeeting}) ||
		!strings.HasPrefix(without.Weak[0].Why, "it is in Salesforce ") || without.Weak[0].Do == "" {
		t.Errorf("weak spots %+v", without.Weak)
	}
}

// The rehearsal plays by the validation rules of the org that is connected: it
// names those that it took over, those that it does not understand with the
// reason, and what they refuse is a weak spot with what Salesforce says.
func TestRehearsalTakesTheOrgsValidationRules_M6(t *testing.T) {
	t.Parallel()
	p := newProven(t, "sqlite://"+t.TempDir()+"/store.db", 60)
	for _, v := range []simorg.Validation{
		{Name: "From_Outlook", Object: "Event", Formula: "ISNEW()", Message: "Events come from Outlook."},
		{Name: "By_industry", Object: "Contact", Formula: `Account.Industry = "Energy"`, Message: "Not them."},
		{Name: "Asleep", Object: "Contact", Formula: "TRUE", Message: "Never.", Off: true},
	} {
		if err := p.org.Engine.SetValidation(v, true); err != nil {
			t.Fatal(err)
		}
	}
	conf, err := readRehearsed(t.Context(), p.ws)
	if err != nil {
		t.Fatal(err)
	}
	if err := conf.readRules(t.Context(), p.app, acme); err != nil || len(conf.rules) != 2 {
		t.Fatalf("read were %+v, %v; %s", conf.rules, err, conf.unruled)
	}
	s, err := newStage(t.Context(), conf, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	plays, err := s.play(t.Context(), rounds[:1], func(round) {})
	if err != nil {
		t.Fatal(err)
	}
	r := rehearsal.Weigh(plays)
	if r.Failed != 0 || len(r.Weak) != 1 || r.Weak[0].Outcome != rehearsal.Waits || !slices.Equal(r.Weak[0].Targets, []string{aMeeting}) ||
		r.Weak[0].Fault != ownRules || !strings.Contains(r.Weak[0].Why, "Events come from Outlook") {
		t.Errorf("%+v", r)
	}
	notes := strings.Join(s.notes, "\n")
	for _, want := range []string{
		"Validation rules of the org that were rehearsed: Event.From_Outlook.",
		"The validation rule Contact.By_industry was not rehearsed: its formula is not understood: Account.Industry is not of the record itself.",
	} {
		if !strings.Contains(notes, want) {
			t.Errorf("the notes lack %q: %s", want, notes)
		}
	}
}

// An org that cannot be asked is said, and the rehearsal goes on.
func TestRehearsalSaysThatNoRulesWereRead_M6(t *testing.T) {
	p := newProven(t, "sqlite://"+t.TempDir()+"/store.db", 1)
	var conf rehearsed
	if _, err := p.org.Faults.Arm(fault.Spec{Kind: fault.HTTPStatus, Status: 403, Path: "/tooling/", Count: 1}); err != nil {
		t.Fatal(err)
	}
	if err := conf.readRules(t.Context(), p.app, acme); err != nil || !strings.Contains(conf.unruled, "could not be read") {
		t.Errorf("%q, %v", conf.unruled, err)
	}
	if err := conf.readRules(t.Context(), p.app, "nobody"); err != nil || !strings.Contains(conf.unruled, "No org is connected") {
		t.Errorf("%q, %v", conf.unruled, err)
	}
}

// What is played is a hundred faults and more already where only the objects
// are followed that every workspace follows.
func TestOverAHundredFaultsArePlayed_M6(t *testing.T) {
	plays := 0
	for _, r := range rounds {
		if r.in {
			plays += len(gateway.MirroredObjects) - 1 // users are asked for
		}
	}
	if plays < 100 {
		t.Errorf("%d", plays)
	}
}
