package rehearsal

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestScoreIsWeighedPlainly_M6(t *testing.T) {
	r := Weigh([]Play{
		{Fault: "a", Target: "Contact", Outcome: Recovered},
		{Fault: "b", Target: "Contact", Outcome: Waits, Why: "no owner", Do: "choose one"},
		{Fault: "b", Target: "Lead", Outcome: Waits, Why: "no owner", Do: "choose one"},
		{Fault: "c", Target: "Lead", Outcome: Failed, Why: "twice"},
	})
	if r.Score != 50 || r.Played != 4 || r.Recovered != 1 || r.Waits != 2 || r.Failed != 1 {
		t.Errorf("%+v", r)
	}
	if len(r.Weak) != 2 || r.Weak[0].Fault != "c" || !slices.Equal(r.Weak[1].Targets, []string{"Contact", "Lead"}) {
		t.Errorf("weak spots %+v", r.Weak)
	}
	if none := Weigh(nil); none.Score != 0 || none.Weak == nil {
		t.Errorf("nothing was played: %+v", none)
	}
}

// A worse outcome of anything lowers the score, or leaves it by rounding, and
// 100 means that everything recovered.
func TestWorseOutcomesNeverRaiseTheScore_M6(t *testing.T) {
	outcomes := []Outcome{Failed, Waits, Recovered}
	rapid.Check(t, func(t *rapid.T) {
		ranks := rapid.SliceOfN(rapid.IntRange(0, 2), 1, 120).Draw(t, "outcomes")
		plays := make([]Play, len(ranks))
		for i, n := range ranks {
			plays[i].Outcome = outcomes[n]
		}
		before := Weigh(plays).Score
		if (before == 100) != !slices.ContainsFunc(ranks, func(n int) bool { return n < 2 }) {
			t.Fatalf("score %d of %v", before, ranks)
		}
		i := rapid.IntRange(0, len(ranks)-1).Draw(t, "which")
		plays[i].Outcome = Failed
		if after := Weigh(plays).Score; after > before {
			t.Fatalf("%d after %d", after, before)
		}
	})
}
