package forecast

import (
	"github.com/shopspring/decimal"

	"tidegate/gateway"
)

// Cause is why a deal adds another amount to a period than it did.
type Cause string

// The causes, in the order in which they are told.
const (
	CauseNew         Cause = "new"         // created since
	CauseEntered     Cause = "entered"     // closes in the period now
	CauseCounts      Cause = "counts"      // its stage or category counts now
	CauseRaised      Cause = "raised"      // the amount grew
	CauseLowered     Cause = "lowered"     // the amount shrank
	CauseProbability Cause = "probability" // weighted by another probability
	CauseMoved       Cause = "moved"       // closes in another period now
	CauseLost        Cause = "lost"
	CauseStopped     Cause = "stopped" // its stage or category does not count anymore
	CauseDeleted     Cause = "deleted"
)

// Causes are all causes in their order.
var Causes = []Cause{
	CauseNew, CauseEntered, CauseCounts, CauseRaised, CauseLowered, CauseProbability, CauseMoved, CauseLost, CauseStopped, CauseDeleted,
}

// Step is what one deal adds more or less than it did, for one cause. Then or
// Now is zero where there was no deal, or is none anymore.
type Step struct {
	Cause     Cause
	Then, Now Deal
	Amount    decimal.Decimal
}

// Key is the deal's key.
func (s Step) Key() gateway.RecordKey {
	if s.Now.Key.ID != "" {
		return s.Now.Key
	}
	return s.Then.Key
}

// Compare explains the difference between what deals added to a period then
// and what they add now. Both lists may hold deals that do not count. The
// steps add up to the difference of the two sums exactly; a deal whose amount
// and probability both changed has two.
func Compare(then, now []Deal, p Period, s gateway.ForecastSettings) []Step {
	before := make(map[gateway.RecordKey]Deal, len(then))
	for _, d := range then {
		before[d.Key] = d
	}
	var steps []Step
	for _, d := range now {
		steps = append(steps, compareDeal(before[d.Key], d, p, s)...)
		delete(before, d.Key)
	}
	for _, d := range then {
		if _, gone := before[d.Key]; gone {
			steps = append(steps, compareDeal(d, Deal{}, p, s)...)
		}
	}
	return steps
}

func compareDeal(then, now Deal, p Period, s gateway.ForecastSettings) []Step {
	in := func(d Deal) bool {
		ok, _ := Counts(d, s)
		return ok && p.Has(d.Close)
	}
	was, is := in(then), in(now)
	switch {
	case was && is:
		return changed(then, now, s)
	case is:
		return []Step{{enters(then, p), then, now, now.Counted(s)}}
	case was:
		return []Step{{leaves(then, now, p), then, now, then.Counted(s).Neg()}}
	}
	return nil
}

func enters(then Deal, p Period) Cause {
	switch {
	case then.Key.ID == "":
		return CauseNew
	case !p.Has(then.Close):
		return CauseEntered
	}
	return CauseCounts
}

func leaves(then, now Deal, p Period) Cause {
	switch {
	case now.Key.ID == "":
		return CauseDeleted
	case now.lost() && !then.lost():
		return CauseLost
	case !p.Has(now.Close):
		return CauseMoved
	}
	return CauseStopped
}

// changed parts the change of a deal that counts in both: the amount at the
// probability it had, then the probability at the amount it has.
func changed(then, now Deal, s gateway.ForecastSettings) []Step {
	halfway := then
	halfway.Amount = now.Amount
	var steps []Step
	if by := halfway.Counted(s).Sub(then.Counted(s)); !by.IsZero() {
		cause := CauseRaised
		if by.IsNegative() {
			cause = CauseLowered
		}
		steps = append(steps, Step{cause, then, now, by})
	}
	if by := now.Counted(s).Sub(halfway.Counted(s)); !by.IsZero() {
		steps = append(steps, Step{CauseProbability, then, now, by})
	}
	return steps
}

// CauseSum is what the steps of one cause come to.
type CauseSum struct {
	Cause  Cause
	Deals  int
	Amount decimal.Decimal
}

// ByCause sums steps by cause, in the order of Causes; a cause without steps
// is left out.
func ByCause(steps []Step) []CauseSum {
	var out []CauseSum
	for _, c := range Causes {
		sum := CauseSum{Cause: c}
		for _, step := range steps {
			if step.Cause == c {
				sum.Deals, sum.Amount = sum.Deals+1, sum.Amount.Add(step.Amount)
			}
		}
		if sum.Deals > 0 {
			out = append(out, sum)
		}
	}
	return out
}

func (d Deal) lost() bool { return d.Closed && !d.Won }
