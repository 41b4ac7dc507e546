package storetest

import (
	"testing"
	"time"
)

// rehearsals proves that one runs at a time, that a killed one keeps none from
// beginning, and that what the last whole one found stays (M6).
func rehearsals(t *testing.T, s *suite) {
	w, other := s.workspace(t), s.db.In("rehearsals-other")
	none, err := w.Rehearsal(t.Context())
	ok(t, err)
	if none.Running(s.clock.Now()) || none.Body != nil {
		t.Fatalf("%+v", none)
	}
	begin := func(want bool) {
		t.Helper()
		began, err := w.BeginRehearsal(t.Context(), "Ann", 24)
		ok(t, err)
		if began != want {
			t.Fatalf("began %v, want %v", began, want)
		}
	}
	begin(true)
	begin(false)
	ok(t, w.Rehearsing(t.Context(), "lost answers", 3))
	r, err := w.Rehearsal(t.Context())
	ok(t, err)
	if !r.Running(s.clock.Now()) || r.Playing != "lost answers" || r.Done != 3 || r.Total != 24 || r.By != "Ann" {
		t.Errorf("%+v", r)
	}
	if _, err := other.BeginRehearsal(t.Context(), "Bob", 1); err != nil {
		t.Error(err)
	}
	ok(t, w.EndRehearsal(t.Context(), []byte(`{"score":97}`), ""))
	begin(true)
	ok(t, w.EndRehearsal(t.Context(), nil, "It was ended."))
	begin(true)
	s.clock.Advance(6 * time.Minute) // the process was killed
	r, err = w.Rehearsal(t.Context())
	ok(t, err)
	if r.Running(s.clock.Now()) || string(r.Body) != `{"score":97}` || r.BodyAt.IsZero() {
		t.Errorf("%+v", r)
	}
	begin(true)
}
