package gateway

import "time"

// ReplanState is how far the planning of everything anew is.
type ReplanState string

// The states of a replan. Canceled is one that a person gave up; what it had
// queued until then stays queued.
const (
	ReplanRunning  ReplanState = "running"
	ReplanPaused   ReplanState = "paused"
	ReplanDone     ReplanState = "done"
	ReplanCanceled ReplanState = "canceled"
)

// ReplanJob says why things are planned anew. The two stand beside each other,
// so that saving settings takes nothing away from what somebody asked for.
type ReplanJob string

// The jobs.
const (
	ReplanSettings ReplanJob = "settings" // settings changed
	ReplanAsked    ReplanJob = "asked"    // a person chose what to sync again
)

// ReplanScope is what of all things is planned anew; its zero value is
// everything.
type ReplanScope struct {
	Kind   string `json:",omitempty"` // "edit" for what waits, "person", or a kind of what was said
	Object string `json:",omitempty"` // only things that concern a record of it
	// Since and Until bound when the product last told of a thing.
	Since, Until time.Time
	// Lines are the things that lines of the sync log are about, in place of all.
	Lines *LineScope `json:",omitempty"`
}

// LineScope selects lines of the sync log about what we sent; zero fields do
// not filter.
type LineScope struct {
	Object, RecordID, State, Search, User string `json:",omitempty"`
	// Code is the class of a line's problem, What its exact sentence.
	Code, What string `json:",omitempty"`
	Ref, Rule  string `json:",omitempty"`
	// Kind is what Ref is the id of: a kind of what was said.
	Kind string `json:",omitempty"`
	// Until is set when a replan begins: the lines that it writes are not looked
	// at by itself.
	Since, Until time.Time
}

// Replan is the planning of things here anew, because settings changed or
// somebody asked for it. There is one for each workspace and job, the newest.
type Replan struct {
	Job   ReplanJob
	Scope ReplanScope
	Run   int64 // counts up with each beginning, so that a page of an earlier one moves nothing
	State ReplanState
	// Kind and After are the place: the kind of thing under way, and the id of
	// the last of it that was looked at.
	Kind, After string
	Looked      int // things looked at
	Queued      int // things for which Salesforce was owed something
	Total       int // things there were when it began
	Why         string
	By          string // display name
	ByID        string
	Problem     string // why it does not go on, "" while it does
	StartedAt   time.Time
	UpdatedAt   time.Time
	EndedAt     time.Time
	// ResumedAt and ResumedLooked are where it began or last went on, from
	// which its rate is counted.
	ResumedAt     time.Time
	ResumedLooked int
}

// Running reports whether things are being looked at.
func (r Replan) Running() bool { return r.State == ReplanRunning }

// Open reports whether things are still to be looked at, now or when it goes
// on.
func (r Replan) Open() bool { return r.State == ReplanRunning || r.State == ReplanPaused }
