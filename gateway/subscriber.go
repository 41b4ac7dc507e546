package gateway

import "time"

// Subscriber is an address of the host product that is told of changes in
// Salesforce.
type Subscriber struct {
	ID     string // unguessable
	Name   string
	URL    string
	Sealed []byte // the signing secret, sealed by the vault
	// Place is the id of the newest observed change that was put into its queue.
	Place int64
	// Disabled takes nothing into the queue and sends nothing; Why says why it
	// came so by itself, "" when a person did it.
	Disabled bool
	Why      string
	// FailingSince is the first failure since the last success, zero for none.
	FailingSince time.Time
	CreatedAt    time.Time
	CreatedBy    string
}

// SealedAs names the row that the secret is bound to when it is sealed.
func (s Subscriber) SealedAs() string { return "subscriber/" + s.ID }

// TellingState is how far a telling is.
type TellingState string

// The states of a telling. Abandoned is one that failed for days.
const (
	TellingWaiting   TellingState = "waiting"
	TellingDone      TellingState = "done"
	TellingAbandoned TellingState = "abandoned"
)

// Telling is one message to one subscriber. Its id is that of the observed
// change, so that what is told twice is known by it.
type Telling struct {
	ID      int64
	At      time.Time // of the change
	Key     RecordKey
	Body    string // JSON
	State   TellingState
	Attempt int
	DueAt   time.Time
	DoneAt  time.Time
	Status  int    // the HTTP status of the last answer, 0 for none
	Problem string // what went wrong last
}
