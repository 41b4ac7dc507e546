package gateway

import "time"

// Wording is how a language model worded the notes of one topic of a deal,
// where an operator has set one up.
type Wording struct {
	Deal  string // record id
	Topic string // slug
	// Of tells the notes and the model apart from others; another one says that
	// the wording is about notes as they were before.
	Of    string
	Model string
	Lines []WordedLine
	// Problem says why there are no lines, "" when there are some; DueAt is when
	// it is asked again.
	Problem string
	DueAt   time.Time
	At      time.Time
}

// WordedLine is one sentence, and where the statements that it rests on were
// noted; there is at least one.
type WordedLine struct {
	Text    string         `json:"text"`
	Sources []WordedSource `json:"sources"`
}

// WordedSource is something said.
type WordedSource struct {
	Kind  string    `json:"kind"`
	ID    string    `json:"id"`
	Title string    `json:"title,omitempty"`
	At    time.Time `json:"at"`
}
