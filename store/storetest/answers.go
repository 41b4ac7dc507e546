package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// answers proves that a repeatable call runs once and is answered alike.
func answers(t *testing.T, s *suite) {
	w := s.workspace(t)
	claim := func(w *store.Workspace, key, request string) (store.Answer, bool) {
		t.Helper()
		a, mine, err := w.ClaimAnswer(t.Context(), key, request)
		ok(t, err)
		return a, mine
	}
	first, mine := claim(w, "k1", "r1")
	if !mine {
		t.Fatal("the first call is not the caller's")
	}
	if running, mine := claim(w, "k1", "r1"); mine || running.Status != 0 {
		t.Errorf("while it runs: mine %v, %+v", mine, running)
	}
	first.Status, first.Body = 200, `{"a":"ü"}`
	ok(t, w.SaveAnswer(t.Context(), first))
	if got, mine := claim(w, "k1", "r2"); mine || got != first {
		t.Errorf("answered: mine %v, %+v, want %+v", mine, got, first)
	}
	if _, mine := claim(s.db.In("answers elsewhere"), "k1", "r1"); !mine {
		t.Error("a key of one workspace is taken in another")
	}

	failed, _ := claim(w, "k2", "r")
	ok(t, w.ReleaseAnswer(t.Context(), failed))
	late, mine := claim(w, "k2", "r")
	if !mine {
		t.Error("a call that was released cannot be tried again")
	}
	s.clock.Advance(3 * time.Minute) // its process died
	if _, mine := claim(w, "k2", "another request"); mine {
		t.Error("another request took the key of one that died")
	}
	again, mine := claim(w, "k2", "r")
	if !mine {
		t.Error("nobody can repeat a call whose process died")
	}
	late.Status = 200
	wantCode(t, w.SaveAnswer(t.Context(), late), gateway.CodeConflict)
	ok(t, w.ReleaseAnswer(t.Context(), late)) // touches nothing of the second run
	again.Status, again.Body = 422, "second"
	ok(t, w.SaveAnswer(t.Context(), again))
	if got, mine := claim(w, "k2", "r"); mine || got != again {
		t.Errorf("mine %v, %+v, want %+v", mine, got, again)
	}
	answersEnd(t, s, w, claim)
	oneRuns(t, w)
}

// answersEnd: after a day a key is free, and what is old goes in steps.
func answersEnd(t *testing.T, s *suite, w *store.Workspace, claim func(*store.Workspace, string, string) (store.Answer, bool)) {
	for n := range 45 {
		a, _ := claim(w, fmt.Sprint("old", n), "r")
		a.Status = 200
		ok(t, w.SaveAnswer(t.Context(), a))
	}
	s.clock.Advance(24*time.Hour - time.Second)
	if a, mine := claim(w, "old7", "r"); mine || a.Status != 200 {
		t.Errorf("within the day: mine %v, %+v", mine, a)
	}
	s.clock.Advance(time.Minute)
	if _, mine := claim(w, "old44", "another request"); !mine {
		t.Error("a key is not free after a day")
	}
	left := func() (n int) {
		t.Helper()
		n, err := w.CountAnswers(t.Context())
		ok(t, err)
		return n
	}
	before := left()
	for n := range 6 {
		claim(w, fmt.Sprint("new", n), "r")
		now := left()
		if now < before-20 {
			t.Errorf("one call dropped %d", before-now)
		}
		before = now
	}
	if before != 7 {
		t.Errorf("%d answers are kept, want the 7 of today", before)
	}
}

// oneRuns: of calls that come at the same moment one runs.
func oneRuns(t *testing.T, w *store.Workspace) {
	var mine, failed atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, m, err := w.ClaimAnswer(t.Context(), "same moment", "r")
			if err != nil {
				failed.Add(1)
			}
			if m {
				mine.Add(1)
			}
		})
	}
	all.Wait()
	if mine.Load() != 1 || failed.Load() != 0 {
		t.Errorf("%d of 8 run, %d failed", mine.Load(), failed.Load())
	}
}
