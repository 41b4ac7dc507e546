package storetest

import (
	"strings"
	"testing"
	"time"
)

// parents proves that a record is under one call at a time, that a call which
// never gave it back does not keep it, and that workspaces are apart (F-55).
func parents(t *testing.T, s *suite) {
	w, other := s.workspace(t), s.db.In("parents-other")
	hold := func(lease, ids, want string) {
		t.Helper()
		held, err := w.HoldParents(t.Context(), strings.Fields(ids), lease, time.Minute)
		ok(t, err)
		if len(held) != len(strings.Fields(want)) {
			t.Errorf("%s holds %v, want %s", lease, held, want)
		}
		for _, id := range strings.Fields(want) {
			if !held[id] {
				t.Errorf("%s holds %v, want %s", lease, held, want)
			}
		}
	}
	hold("one", "b a a", "a b")
	hold("two", "a c", "c")
	hold("one", "a", "a b")
	elsewhere, err := other.HoldParents(t.Context(), []string{"a"}, "two", time.Minute)
	ok(t, err)
	if !elsewhere["a"] {
		t.Error("another workspace waits")
	}
	ok(t, w.LeaveParents(t.Context(), "one"))
	hold("three", "a b c", "a b")
	s.clock.Advance(2 * time.Minute) // their processes were killed
	hold("four", "a b c", "a b c")
	hold("five", "", "")
}
