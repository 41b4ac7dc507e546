package proof

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNextTurnIsWhatWasAskedForThenWhatIsUnderWayThenWhatIsDue(t *testing.T) {
	const every = 24 * time.Hour
	now := day(10)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for _, c := range []struct {
		name string
		all  []Standing
		want Turn
	}{
		{"nothing is mirrored", nil, Turn{Wait: every}},
		{"never proven is due at once", []Standing{{Object: "A", LastBegun: ago(every - time.Hour)}, {Object: "B"}}, Turn{Object: "B", Fresh: true}},
		{"the oldest first", []Standing{{Object: "A", LastBegun: ago(25 * time.Hour)}, {Object: "B", LastBegun: ago(26 * time.Hour)}}, Turn{Object: "B", Fresh: true}},
		{"not due yet", []Standing{{Object: "A", LastBegun: ago(23 * time.Hour)}}, Turn{Object: "A", Wait: time.Hour, Fresh: true}},
		{"a cycle under way ends before another begins", []Standing{{Object: "A", Begun: ago(time.Minute), Sliced: now}, {Object: "B"}}, Turn{Object: "A", Wait: pauseMost}},
		{"its pause is over", []Standing{{Object: "A", Begun: ago(time.Hour), Sliced: ago(time.Minute)}}, Turn{Object: "A"}},
		{"many slices are spread over the period", []Standing{{Object: "A", Begun: ago(time.Hour), Sliced: now, Slices: 8640}}, Turn{Object: "A", Wait: 10 * time.Second}},
		{"but never in a rush", []Standing{{Object: "A", Begun: ago(time.Hour), Sliced: now, Slices: 1_000_000}}, Turn{Object: "A", Wait: pauseLeast}},
		{"asked for goes first, without a pause", []Standing{{Object: "A", Begun: ago(time.Hour), Sliced: now}, {Object: "B", LastBegun: ago(time.Minute), Requested: now}}, Turn{Object: "B", Fresh: true}},
		{"asked for in the middle of a slow cycle begins anew", []Standing{{Object: "A", Begun: ago(time.Hour), Sliced: now, Requested: now}}, Turn{Object: "A", Fresh: true}},
		{"and then goes on", []Standing{{Object: "A", Begun: now, Sliced: now, Requested: ago(time.Second)}}, Turn{Object: "A"}},
		{"what is being read waits", []Standing{{Object: "A", Requested: now, Busy: true}, {Object: "B", LastBegun: ago(23 * time.Hour)}}, Turn{Object: "B", Wait: time.Hour, Fresh: true}},
		{"when all wait after a failure", []Standing{{Object: "A", NotBefore: now.Add(time.Minute)}, {Object: "B", Requested: now, NotBefore: now.Add(time.Hour)}}, Turn{Wait: time.Minute}},
		{"a failure in the middle holds up no other object", []Standing{{Object: "A", Begun: now, Sliced: now, NotBefore: now.Add(time.Minute)}, {Object: "B"}}, Turn{Object: "B", Fresh: true}},
		{"nor does one that was asked for", []Standing{{Object: "A", Requested: now, NotBefore: now.Add(time.Minute)}, {Object: "B"}}, Turn{Object: "B", Fresh: true}},
		{"after a failure", []Standing{{Object: "A", NotBefore: now.Add(time.Minute)}, {Object: "B", LastBegun: ago(48 * time.Hour)}}, Turn{Object: "B", Fresh: true}},
	} {
		if got := Next(now, every, c.all); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// TestEveryObjectIsProvenInEveryPeriod plays a year of turns.
func TestEveryObjectIsProvenInEveryPeriod(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		every := time.Duration(rapid.IntRange(1, 48).Draw(t, "hours")) * time.Hour
		all := make([]Standing, rapid.IntRange(1, 8).Draw(t, "objects"))
		left := make([]int, len(all))
		for i := range all {
			all[i] = Standing{Object: string(rune('A' + i)), Slices: rapid.IntRange(1, 40).Draw(t, "slices")}
		}
		now := day(1)
		for range 2000 {
			turn := Next(now, every, all)
			if turn.Object == "" || turn.Wait < 0 {
				t.Fatalf("no turn: %+v", turn)
			}
			now = now.Add(turn.Wait)
			i := int(turn.Object[0] - 'A')
			if turn.Fresh {
				all[i].Begun, left[i] = now, all[i].Slices
			}
			all[i].Sliced = now
			if left[i]--; left[i] == 0 {
				all[i].LastBegun, all[i].Begun = all[i].Begun, time.Time{}
			}
			for _, s := range all {
				if !s.LastBegun.IsZero() && now.Sub(s.LastBegun) > 2*every+time.Hour {
					t.Fatalf("%s was last proven %s ago, with a period of %s", s.Object, now.Sub(s.LastBegun), every)
				}
			}
			now = now.Add(time.Millisecond)
		}
	})
}

func TestOnlyYoungChangesAreOnTheirWay(t *testing.T) {
	now := day(1)
	if !OnItsWay(now.Add(-time.Minute).UnixMilli(), now) || !OnItsWay(now.Add(time.Minute).UnixMilli(), now) {
		t.Error("a young change is not lost")
	}
	if OnItsWay(now.Add(-time.Hour).UnixMilli(), now) {
		t.Error("an old one is")
	}
}
