package gateway

import "time"

// The kinds of who may be a record in Salesforce, as links name them.
const (
	// KindPerson is somebody whom the product told of by an id of its own.
	KindPerson = "person"
	// KindParticipant is somebody who only took part; his id is his e-mail
	// address in lower case, else his number as E.164.
	KindParticipant = "participant"
)

// Who is somebody whom the product names.
type Who struct {
	Kind string // KindPerson or KindParticipant
	ID   string // "" = nothing says who he is
}

// UndecidedState says why it is not known which record somebody is.
type UndecidedState string

// The states of who is undecided.
const (
	UndecidedNobody  UndecidedState = "nobody"  // none in Salesforce fits
	UndecidedSeveral UndecidedState = "several" // more than one does, so a person chooses
	UndecidedUnread  UndecidedState = "unread"  // none fits so far, and Salesforce is still being read
	// UndecidedReading is of a record of the product's own kind: its object is
	// still being read. It is nobody of whom a person decides.
	UndecidedReading UndecidedState = "reading"
)

// Undecided is somebody of whom it is not known which record he is. What waits
// for that goes on by itself once it is decided.
type Undecided struct {
	Who
	State  UndecidedState
	Name   string // as the product calls him
	Reason string // one plain sentence
	At     time.Time
}

// Met is somebody who takes part in something that was said, with what its plan
// found out about him.
type Met struct {
	Who
	Name string
	// Key is the record that he is, zero while that is undecided or cut.
	Key RecordKey
	// Rule and Reason say on what evidence, for a link that is Fresh: not there
	// yet, or leading elsewhere so far, to From.
	Rule, Reason string
	Fresh        bool
	From         RecordKey
	// State is "" when nothing is undecided.
	State UndecidedState
}

// Revisit asks for everything that somebody takes part in to be planned anew, or
// for one thing that was said: Who then has its kind and its external id.
type Revisit struct {
	Who
	Reason string // one plain sentence, for the log
	At     time.Time
}
