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
