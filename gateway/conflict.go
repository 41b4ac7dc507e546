package gateway

import "time"

// KindUndo is the kind of a Cause that takes earlier writes back; its Ref is
// the line or the thing whose writes those were.
const KindUndo = "undo"

// Choice is how the question of a conflict ended.
type Choice string

// The choices. The zero Choice means that a rule settled the conflict, or that
// a person has yet to choose; Winner tells which.
const (
	ChoiceTheirs Choice = "theirs" // Salesforce's value stands
	ChoiceOurs   Choice = "ours"   // our value is written
	ChoiceOther  Choice = "other"  // a third value is written
)

// ConflictEnd is the decision of a person about a conflict.
type ConflictEnd struct {
	Choice Choice
	Value  Value // the value that was decided for
	By     string
	At     time.Time
	Why    string // the person's own words, may be empty
}
