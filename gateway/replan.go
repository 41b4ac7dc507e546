package gateway

import "time"

// ReplanState is how far the planning of everything anew is.
type ReplanState string

// The states of a replan. Canceled is one that a person gave up; what it had
// queued until then stays queued.
const (
	ReplanRunning  ReplanState = "running"
	ReplanDone     ReplanState = "done"
	ReplanCanceled ReplanState = "canceled"
)

// Replan is the planning of everything here anew, because settings changed or
// somebody asked for it. There is one for each workspace, the newest: it walks
// over all things, so an earlier one has nothing left to say.
type Replan struct {
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
}

// Running reports whether things are still to be looked at.
func (r Replan) Running() bool { return r.State == ReplanRunning }
