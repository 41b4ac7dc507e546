package gateway

import "time"

// CallPurpose says for what a call of Salesforce's API is made.
type CallPurpose string

// The purposes. What a write asks before and after it belongs to the write.
const (
	CallWrite  CallPurpose = "write"  // writing
	CallLoad   CallPurpose = "load"   // reading an object whole, page by page
	CallFollow CallPurpose = "follow" // what changed: marked records, polls, deletions, counts
	CallProve  CallPurpose = "prove"  // comparing the mirror with the org
	CallAsk    CallPurpose = "ask"    // describes, limits, rights, checks
)

// CallPurposes lists them in the order in which they are told.
var CallPurposes = [...]CallPurpose{CallWrite, CallFollow, CallLoad, CallProve, CallAsk}

// SpentKind says what a Spent counts.
type SpentKind string

// The kinds of Spent, and what its Name is then.
const (
	SpentCall    SpentKind = "call"    // API calls; a CallPurpose
	SpentEvent   SpentKind = "event"   // change events of the stream; ""
	SpentChange  SpentKind = "change"  // changes that were sent to Salesforce; ""
	SpentWritten SpentKind = "written" // those of them that carried a field; the field
	SpentChanged SpentKind = "changed" // events that carried a field; the field
	SpentShown   SpentKind = "shown"   // answers that showed a field to somebody; the field
	SpentRule    SpentKind = "rule"    // changes that a rule led to; its words
)

// Spent is what was spent on an object, or on a field or by a rule of it, in one
// day of UTC.
type Spent struct {
	Day    time.Time // its beginning
	Kind   SpentKind
	Object string // "" = the org as such
	Name   string
	N      int
	At     time.Time // the last time
	By     string    // who it was shown to then, "" otherwise
}

// SpentDay is the day that counts at a moment.
func SpentDay(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }
