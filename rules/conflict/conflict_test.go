package conflict

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidegate/gateway"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) gateway.Version {
	return gateway.Version{CommitAt: noon.Add(d).UnixMilli(), CommitNumber: 7, Sequence: 1}
}

// DEM-14 to DEM-16: who wins a field that both sides changed is the rule’s choice:
// Salesforce, the product, or the later one by Salesforce’s clock.
func TestDecideMergesThreeWays(t *testing.T) {
	tests := []struct {
		name     string
		in       Input
		side     Side
		conflict bool
	}{
		{"same value", Input{Base: `"a"`, Theirs: `"b"`, Ours: `"b"`}, Agreed, false},
		{"only ours changed", Input{Base: `"a"`, Theirs: `"a"`, Ours: `"b"`}, Ours, false},
		{"only theirs changed", Input{Base: `"a"`, Theirs: `"c"`, Ours: `"a"`}, Theirs, false},
		{"theirs cleared it", Input{Base: `"a"`, Theirs: gateway.Null, Ours: `"b"`, Winner: gateway.WinnerSalesforce}, Theirs, true},
		{"unknown base is a conflict", Input{Theirs: `"a"`, Ours: `"b"`, Winner: gateway.WinnerProduct}, Ours, true},
		{"Salesforce wins", Input{Base: `"a"`, Theirs: `"c"`, Ours: `"b"`, Winner: gateway.WinnerSalesforce, OursAt: noon.Add(time.Hour), TheirsAt: at(0)}, Theirs, true},
		{"product wins", Input{Base: `"a"`, Theirs: `"c"`, Ours: `"b"`, Winner: gateway.WinnerProduct, OursAt: noon, TheirsAt: at(time.Hour)}, Ours, true},
		{"a person decides", Input{Base: `"a"`, Theirs: `"c"`, Ours: `"b"`, Winner: gateway.WinnerAsk}, Ask, true},
		{"recent: ours later", Input{Base: `"a"`, Theirs: `"c"`, Ours: `"b"`, Winner: gateway.WinnerRecent, OursAt: noon.Add(time.Second), TheirsAt: at(0)}, Ours, true},
		{"recent: theirs later", Input{Base: `"a"`, Theirs: `"c"`, Ours: `"b"`, Winner: gateway.WinnerRecent, OursAt: noon, TheirsAt: at(time.Second)}, Theirs, true},
		{"tie goes to Salesforce", Input{Base: `"a"`, Theirs: `"c"`, Ours: `"b"`, Winner: gateway.WinnerRecent, OursAt: noon.Add(900 * time.Millisecond), TheirsAt: at(0)}, Theirs, true},
		{"no rule works as recent", Input{Base: `"a"`, Theirs: `"c"`, Ours: `"b"`, OursAt: noon.Add(2 * time.Second), TheirsAt: at(0)}, Ours, true},
		{"F-64 our clock ten minutes ahead", Input{Base: `"a"`, Theirs: `"c"`, Ours: `"b"`, OursAt: noon.Add(10 * time.Minute), Ahead: -10 * time.Minute, TheirsAt: at(5 * time.Second)}, Theirs, true},
		{"F-64 our clock ten minutes behind", Input{Base: `"a"`, Theirs: `"c"`, Ours: `"b"`, OursAt: noon.Add(-10 * time.Minute), Ahead: 10 * time.Minute, TheirsAt: at(-5 * time.Second)}, Ours, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Decide(tt.in)
			if got.Side != tt.side || got.Conflict != tt.conflict {
				t.Errorf("Decide = %+v, want side %q, conflict %v", got, tt.side, tt.conflict)
			}
			if got.Reason == "" {
				t.Error("a decision gives its reason")
			}
		})
	}
}

func TestSkewMeasuredRightNeverChangesTheWinner(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		gap := time.Duration(rapid.IntRange(-100, 100).Draw(t, "gap")) * time.Second
		skew := time.Duration(rapid.IntRange(-600, 600).Draw(t, "skew")) * time.Second
		in := Input{Base: `"a"`, Theirs: `"c"`, Ours: `"b"`, OursAt: noon, TheirsAt: at(gap)}
		plain := Decide(in)
		in.OursAt, in.Ahead = noon.Add(skew), -skew
		if got := Decide(in); got != plain {
			t.Fatalf("with skew %v: %+v, without: %+v", skew, got, plain)
		}
	})
}
