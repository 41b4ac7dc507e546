package outbound

import (
	"fmt"
	"math"
	"time"

	"tidegate/gateway"
)

// Reading is why Salesforce is read although no person waits for it. Such
// calls give way to people's own: together with whatever else the org does,
// they never reach into the reserve (F-49).
type Reading string

// The readings, in the order in which they give way when calls grow scarce:
// the proof stops first, the repair of a hole last.
const (
	ReadVerify   Reading = "verify"
	ReadBackfill Reading = "backfill"
	WriteAgain   Reading = "again" // no reading: what a replan leads to, which nobody waits for either
	ReadPoll     Reading = "poll"  // counts and refetches too
	ReadRepair   Reading = "repair"
)

// Readings lists them in that order.
var Readings = [...]Reading{ReadVerify, ReadBackfill, WriteAgain, ReadPoll, ReadRepair}

// APIUse is what is known of the org's API calls in its rolling day, those of
// all integrations together.
type APIUse struct {
	Used, Max int       // Max 0: not known yet
	SeenAt    time.Time // when Salesforce last told
	// RefusedAt is when Salesforce last said that the limit is used up; zero
	// once a call went through again.
	RefusedAt time.Time
	// Reserve is the percentage of Max that is not ours to use.
	Reserve int
}

// Allowance is how many calls may be made now. With Calls 0 there is a time to
// ask again, by when the use should have been looked up, and why it is so, as
// the end of a sentence.
type Allowance struct {
	Calls int
	At    time.Time
	Why   string
}

// ceilings are the percentages of what the reserve leaves at which a reading
// stops. What is above the last is for people's own writes.
var ceilings = map[Reading]int{ReadVerify: 70, ReadBackfill: 80, WriteAgain: 85, ReadPoll: 90, ReadRepair: 95}

const usedUp = "Salesforce says that the org’s API calls are used up"

const (
	// lookAgain is how long a use that allows nothing is believed. The day
	// rolls, so there is no hour at which it begins anew.
	lookAgain = 15 * time.Minute
	// unseen is what may be read before Salesforce told its limit, which the
	// first answer does.
	unseen = 50
)

// Allow decides how many calls a reading may make now.
func Allow(u APIUse, r Reading, now time.Time) Allowance {
	switch {
	case !u.RefusedAt.IsZero() && now.Before(u.RefusedAt.Add(lookAgain)):
		return Allowance{At: u.RefusedAt.Add(lookAgain), Why: usedUp}
	case u.Max <= 0:
		return Allowance{Calls: unseen}
	}
	ceiling := Spendable(u) * ceilings[r] / 100
	if left := ceiling - u.Used; left > 0 {
		return Allowance{Calls: left}
	}
	at := u.SeenAt.Add(lookAgain)
	if at.Before(now) {
		at = now
	}
	return Allowance{At: at, Why: fmt.Sprintf("%d %% of our share is used (the org made %d of its %d API calls), and the rest is kept for people’s edits and other integrations", ShareUsed(u), u.Used, u.Max)}
}

// UseOf is what a connection last showed of the org's use.
func UseOf(c gateway.Connection) APIUse {
	u := APIUse{Used: c.APIUsed, Max: c.APIMax, SeenAt: c.APISeenAt, Reserve: c.APIReserve}
	if c.State == gateway.StateLimited {
		u.RefusedAt = c.StateSince
	}
	return u
}

// Held reports whether something that nobody waits for has to wait, and until
// when. At that moment one call may go: its answer tells the use anew.
func Held(u APIUse, r Reading, now time.Time) (a Allowance, held bool) {
	a = Allow(u, r, now)
	return a, a.Calls == 0 && now.Before(a.At)
}

// LaneAgain is the lane of what is planned anew: behind people's edits and what
// the product tells meanwhile.
const LaneAgain = 2

// LaneState says of one kind of calls whether it goes on.
type LaneState struct {
	Name  string // as the beginning of a sentence
	Waits bool
	Until time.Time // zero: nobody knows
	Why   string    // the end of a sentence
}

// LaneNames name what the budget may slow down, in the singular, as the
// beginning of a sentence.
var LaneNames = map[Reading]string{
	ReadRepair: "Repairing", ReadPoll: "Asking for changes", WriteAgain: "What is synced again", ReadBackfill: "First reading", ReadVerify: "The comparison with Salesforce",
}

// Lanes says what goes on and what waits, what gives way last first. People's
// edits and what the product tells wait only where Salesforce takes nothing.
func Lanes(u APIUse, now time.Time) []LaneState {
	first := []LaneState{{Name: "People’s edits"}, {Name: "Meetings, calls and messages"}}
	if !u.RefusedAt.IsZero() {
		for i := range first {
			first[i].Waits, first[i].Why = true, usedUp
		}
	}
	for i := len(Readings) - 1; i >= 0; i-- {
		lane := LaneState{Name: LaneNames[Readings[i]]}
		if a := Allow(u, Readings[i], now); a.Calls == 0 {
			lane.Waits, lane.Until, lane.Why = true, a.At, a.Why
		}
		first = append(first, lane)
	}
	return first
}

// ShareUsed is how much of what is not reserved the org has used, in percent.
func ShareUsed(u APIUse) int {
	if Spendable(u) <= 0 {
		return 100
	}
	return u.Used * 100 / Spendable(u)
}

// Spendable is how many calls of the org's day all of it may use before only
// the reserve is left.
func Spendable(u APIUse) int {
	return u.Max * (100 - min(max(u.Reserve, 0), 100)) / 100
}

// The parts of the spendable calls that a day of polling, and a day of
// comparing ids, may cost at most, in percent.
const (
	pollShare  = 20
	sweepShare = 10
)

// PollEvery returns how often one object may be asked what changed, if that
// many are polled at one call each: as often as wished, or more seldom, so
// that the whole day of it fits into its share.
func PollEvery(u APIUse, objects int, wish time.Duration) time.Duration {
	return spread(u, objects, pollShare, wish)
}

// SweepEvery is PollEvery for comparing all ids, which costs so many calls for
// all objects together.
func SweepEvery(u APIUse, calls int, wish time.Duration) time.Duration {
	return spread(u, calls, sweepShare, wish)
}

func spread(u APIUse, calls, share int, wish time.Duration) time.Duration {
	a := Spendable(u) * share / 100
	switch {
	case u.Max <= 0 || calls <= 0:
		return wish
	case a <= 0:
		return max(wish, 24*time.Hour)
	}
	seconds := math.Ceil(float64(calls) * (24 * time.Hour).Seconds() / float64(a))
	return max(wish, time.Duration(seconds)*time.Second)
}
