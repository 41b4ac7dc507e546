package storetest

import (
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// spent proves that what several processes counted adds up by day, that the
// latest use stands, and that old days go (M8).
func spent(t *testing.T, s *suite) {
	w, other := s.workspace(t), s.db.In("spent-other")
	now := s.clock.Now()
	day := gateway.SpentDay(now)
	shown := gateway.Spent{Day: day, Kind: gateway.SpentShown, Object: "Contact", Name: "Title", N: 1, At: now, By: "Ann"}
	calls := gateway.Spent{Day: day, Kind: gateway.SpentCall, Object: "Contact", Name: string(gateway.CallWrite), N: 2, At: now}
	old := gateway.Spent{Day: day.Add(-store.SpentKept), Kind: gateway.SpentEvent, Object: "Lead", N: 7, At: now.Add(-store.SpentKept)}
	ok(t, w.AddSpent(t.Context(), []gateway.Spent{shown, old, calls}))
	ok(t, other.AddSpent(t.Context(), []gateway.Spent{calls}))
	earlier, later := shown, shown
	earlier.At, earlier.By = now.Add(-time.Minute), "Bob" // counted by a process that writes later
	later.At, later.By = now.Add(time.Minute), "Cem"
	ok(t, w.AddSpent(t.Context(), []gateway.Spent{later, calls}))
	ok(t, w.AddSpent(t.Context(), []gateway.Spent{earlier}))
	ok(t, w.AddSpent(t.Context(), nil))

	got, err := w.Spent(t.Context(), old.Day)
	ok(t, err)
	calls.N, later.N = 4, 3
	for i, want := range []gateway.Spent{old, calls, later} {
		if len(got) != 3 || !got[i].Day.Equal(want.Day) || got[i].Kind != want.Kind || got[i].Object != want.Object ||
			got[i].Name != want.Name || got[i].N != want.N || !got[i].At.Equal(want.At) || got[i].By != want.By {
			t.Fatalf("%d: %+v, want %+v", i, got, want)
		}
	}
	s.clock.Advance(24 * time.Hour)
	ok(t, w.AddSpent(t.Context(), []gateway.Spent{calls}))
	if got, err = w.Spent(t.Context(), old.Day); err != nil || len(got) != 2 || got[0].N != 8 {
		t.Fatalf("after a day: %+v, %v", got, err)
	}
	if got, err = w.Spent(t.Context(), now.Add(24*time.Hour)); err != nil || len(got) != 0 {
		t.Fatalf("of the next day: %+v, %v", got, err)
	}
}
