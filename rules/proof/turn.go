package proof

import "time"

// Standing is where the comparison of one object stands.
type Standing struct {
	Object    string
	Begun     time.Time // of the cycle under way; zero = none
	LastBegun time.Time // of the last whole cycle; zero = never
	Requested time.Time // when a person asked for one; zero = nobody
	Sliced    time.Time // when a slice was compared last; zero = never
	NotBefore time.Time // after a failure
	Slices    int       // about how many slices a cycle has
	Busy      bool      // it is being read or repaired: everything to come would count as missing
}

// Turn is what is compared next.
type Turn struct {
	Object string        // "" = nothing yet
	Wait   time.Duration // before it, or before asking again
	Fresh  bool          // a new cycle begins
}

// The bounds of the pause between two slices of one cycle: as slow as the
// period allows, but a small object is proven within a minute.
const (
	pauseLeast = time.Second
	pauseMost  = 20 * time.Second
)

// Next decides which object is compared next and when: what a person asked for
// at once, then the cycle under way, then the object whose last cycle began
// longest ago. Only one cycle that nobody asked for is under way at a time.
func Next(now time.Time, every time.Duration, all []Standing) Turn {
	next := Turn{Wait: every}
	slices := 0
	for _, s := range all {
		slices += max(s.Slices, 1)
	}
	pause := min(max(every/time.Duration(max(slices, 1)), pauseLeast), pauseMost)
	for _, rank := range [...]func(Standing) (time.Time, bool){
		func(s Standing) (time.Time, bool) { return time.Time{}, !s.Requested.IsZero() },
		func(s Standing) (time.Time, bool) { return s.Sliced.Add(pause), !s.Begun.IsZero() },
		func(s Standing) (time.Time, bool) { return due(s, every), s.Begun.IsZero() },
	} {
		best, found := time.Time{}, false
		for _, s := range all {
			at, ok := rank(s)
			switch {
			case !ok || s.Busy || found && !at.Before(best):
			case s.NotBefore.After(now): // holds up no other object
				next.Wait = min(next.Wait, s.NotBefore.Sub(now))
			default:
				best, found = at, true
				next.Object, next.Fresh = s.Object, s.fresh()
			}
		}
		if found {
			next.Wait = max(best.Sub(now), 0)
			return next
		}
	}
	return next
}

// fresh: a person who asks wants to know how it is from now on, so a slow
// cycle that began before he asked does not answer him.
func (s Standing) fresh() bool { return s.Begun.IsZero() || s.Begun.Before(s.Requested) }

// due is when an object's next cycle begins.
func due(s Standing, every time.Duration) time.Time {
	if s.LastBegun.IsZero() {
		return time.Time{}
	}
	return s.LastBegun.Add(every)
}

// onItsWay is how young a change in Salesforce may be that the mirror does not
// have while a stream runs: longer than any healthy lag, and than the clocks
// of two well-kept machines differ.
const onItsWay = 2 * time.Minute

// OnItsWay reports whether a later change there, of the given SystemModstamp
// in ms, is one that the running stream is about to bring.
func OnItsWay(stamp int64, now time.Time) bool {
	return now.Sub(time.UnixMilli(stamp)) < onItsWay
}
