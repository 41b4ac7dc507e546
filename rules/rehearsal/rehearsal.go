// Package rehearsal weighs how a workspace's configuration came through faults
// that were played to it (M6).
package rehearsal

import (
	"cmp"
	"slices"
)

// Outcome is what became of one thing under one fault.
type Outcome string

// The outcomes, the worst first.
const (
	Failed    Outcome = "failed"    // something was lost, doubled or differs
	Waits     Outcome = "waits"     // kept and told, and a person must act
	Recovered Outcome = "recovered" // right in the end, by itself
)

// points are the weights: a fault that needs a person counts half.
var points = map[Outcome]int{Recovered: 2, Waits: 1}

// Play is one fault as one thing met it.
type Play struct {
	Fault   string // "lost answers"
	Target  string // what was written or followed: an object, "a meeting"
	Outcome Outcome
	Why, Do string // of what did not recover: what was seen; what to do
}

// Weak is a weak spot: a fault with what did not recover from it in one way.
type Weak struct {
	Fault   string   `json:"fault"`
	Targets []string `json:"targets"`
	Outcome Outcome  `json:"outcome"`
	Why     string   `json:"why"`
	Do      string   `json:"do"`
}

// Result is what all plays come to. Score is from 0 to 100, rounded down: 100
// only where everything recovered.
type Result struct {
	Score     int    `json:"score"`
	Played    int    `json:"played"`
	Recovered int    `json:"recovered"`
	Waits     int    `json:"waits"`
	Failed    int    `json:"failed"`
	Weak      []Weak `json:"weak"`
}

// Weigh adds plays up.
func Weigh(plays []Play) Result {
	r := Result{Played: len(plays), Weak: []Weak{}}
	sum := 0
	for _, p := range plays {
		sum += points[p.Outcome]
		switch p.Outcome {
		case Recovered:
			r.Recovered++
			continue
		case Waits:
			r.Waits++
		default:
			r.Failed++
		}
		same := func(w Weak) bool {
			return w.Fault == p.Fault && w.Outcome == p.Outcome && w.Why == p.Why && w.Do == p.Do
		}
		if i := slices.IndexFunc(r.Weak, same); i >= 0 {
			r.Weak[i].Targets = append(r.Weak[i].Targets, p.Target)
		} else {
			r.Weak = append(r.Weak, Weak{p.Fault, []string{p.Target}, p.Outcome, p.Why, p.Do})
		}
	}
	slices.SortStableFunc(r.Weak, func(a, b Weak) int { return cmp.Compare(points[a.Outcome], points[b.Outcome]) })
	if r.Played > 0 {
		r.Score = 100 * sum / (points[Recovered] * r.Played)
	}
	return r
}

// Told is a result with what was not played and why, as it is kept and printed.
type Told struct {
	Result
	Notes []string `json:"notes"`
}
