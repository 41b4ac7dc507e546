package gateway

import "time"

// Rehearsal is the last rehearsal of a workspace, and what the last one that came
// to its end found.
type Rehearsal struct {
	BegunAt time.Time
	SeenAt  time.Time // when it last went on
	By      string
	Playing string    // the fault that is played
	Done    int       // faults played
	Total   int       // 0 = not known yet
	EndedAt time.Time // zero = it runs
	Problem string    // why it came to no result
	Body    []byte    // JSON of what the last whole one found, nil = there is none
	BodyAt  time.Time
}

// rehearsalSilence is how long a rehearsal may play without going on; one fault
// takes two minutes at most.
const rehearsalSilence = 5 * time.Minute

// Running reports whether one is under way; that of a process which was killed is
// not.
func (r Rehearsal) Running(now time.Time) bool {
	return !r.BegunAt.IsZero() && r.EndedAt.IsZero() && now.Sub(r.SeenAt) < rehearsalSilence
}
