// Package conflict merges two writers of one field: Salesforce and us. Both
// values are kept by the caller whatever is decided here.
package conflict

import (
	"time"

	"tidegate/gateway"
)

// Side is who keeps the field.
type Side string

// The outcomes of Decide.
const (
	Agreed Side = "agreed" // both want the same value
	Theirs Side = "theirs" // Salesforce's value stands
	Ours   Side = "ours"   // our value is to be written
	Ask    Side = "ask"    // a person decides
)

// Input is one field with its three values. Base is what both sides started
// from; unknown counts as different from both.
type Input struct {
	Base, Theirs, Ours gateway.Value
	TheirsAt           gateway.Version // the commit in Salesforce
	OursAt             time.Time       // our clock
	// Ahead is how far Salesforce's clock is ahead of ours, as measured on its
	// answers; negative when it is behind.
	Ahead  time.Duration
	Winner gateway.Winner
}

// Decision is the side that wins, one sentence that says why, and whether the
// two sides really conflicted.
type Decision struct {
	Side     Side
	Reason   string
	Conflict bool
}

// Decide returns which side keeps the field. Where nobody has chosen a rule
// the more recent change wins.
func Decide(in Input) Decision {
	switch {
	case in.Theirs == in.Ours:
		return Decision{Side: Agreed, Reason: "Both sides have the same value."}
	case in.Base.Known() && in.Theirs == in.Base:
		return Decision{Side: Ours, Reason: "Only we changed it."}
	case in.Base.Known() && in.Ours == in.Base:
		return Decision{Side: Theirs, Reason: "Only Salesforce changed it."}
	}
	d := byRule(in)
	d.Conflict = true
	return d
}

func byRule(in Input) Decision {
	switch in.Winner {
	case gateway.WinnerSalesforce:
		return Decision{Side: Theirs, Reason: "The rule for this field says that Salesforce wins."}
	case gateway.WinnerProduct:
		return Decision{Side: Ours, Reason: "The rule for this field says that our value wins."}
	case gateway.WinnerAsk:
		return Decision{Side: Ask, Reason: "The rule for this field says that a person decides."}
	default:
		return byTime(in)
	}
}

// byTime compares in Salesforce's clock. Its commit times have whole seconds,
// so ours is cut to the second before comparing; in the same second Salesforce
// wins, because its value is already seen by everybody there.
func byTime(in Input) Decision {
	ours := in.OursAt.Add(in.Ahead).UnixMilli() / 1000
	theirs := in.TheirsAt.CommitAt / 1000
	switch {
	case ours > theirs:
		return Decision{Side: Ours, Reason: "Our change is the more recent one."}
	case ours < theirs:
		return Decision{Side: Theirs, Reason: "The change in Salesforce is the more recent one."}
	default:
		return Decision{Side: Theirs, Reason: "Both changed in the same second; Salesforce wins a tie."}
	}
}
