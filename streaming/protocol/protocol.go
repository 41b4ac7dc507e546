// Package protocol holds what both protocols of Salesforce's event bus, Bayeux
// and the Pub/Sub API, have in common: how a run of a client ends, and how long
// it waits before it tries again. The stream above acts on these, whichever
// way the events come.
package protocol

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// AuthError ends a run when the server refused two refreshed tokens in a row,
// or when no fresh one could be had.
type AuthError struct {
	Text string // the server's reason, empty if there was no fresh token
	Err  error  // why there was none, if so
}

func (e *AuthError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("no usable authorization: %v", e.Err)
	}
	return "authorization refused: " + e.Text
}

// Unwrap returns why there was no fresh token.
func (e *AuthError) Unwrap() error { return e.Err }

// ReplayLostError says that the server no longer knows the replay id asked
// for. Never retry with the same one: repair what was missed, then subscribe
// elsewhere.
type ReplayLostError struct {
	Channel string // Bayeux channel or topic
	Text    string // the server's words
}

func (e *ReplayLostError) Error() string {
	return fmt.Sprintf("position lost on %s: %s", e.Channel, e.Text)
}

// SubscriptionError says that the server will not let us have a channel, or a
// schema of its events. The position is not in question.
type SubscriptionError struct {
	Channel string // Bayeux channel or topic
	Text    string // the server's words
}

func (e *SubscriptionError) Error() string {
	return fmt.Sprintf("subscription to %s refused: %s", e.Channel, e.Text)
}

// Permanent marks an error of a callback as one that trying again will not
// cure: the run ends with it. Of nil it is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

// IsPermanent tells whether err is, or wraps, one marked Permanent.
func IsPermanent(err error) bool {
	_, ok := errors.AsType[*permanentError](err)
	return ok
}

type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }

// Backoff is the wait before an attempt (1, 2, …). It doubles from half a
// second to one minute, or from 15 seconds to ten minutes when slow, and a
// random half is taken off, so that many clients of one server do not return
// together.
func Backoff(attempt int, slow bool) time.Duration {
	step, most := 500*time.Millisecond, time.Minute
	if slow {
		step, most = 15*time.Second, 10*time.Minute
	}
	for ; attempt > 1 && step < most; attempt-- {
		step *= 2
	}
	step = min(step, most)
	return step/2 + rand.N(step/2+1)
}
