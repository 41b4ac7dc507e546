package bayeux

import (
	"errors"
	"fmt"
	"time"
)

// AuthError ends Run when the server refused two refreshed tokens in a row,
// or when Auth said that no fresh one can be had.
type AuthError struct {
	// Text is the server's reason, or empty if Auth itself failed.
	Text string
	// Err is Auth's own error, if any.
	Err error
}

func (e *AuthError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("bayeux: no usable authorization: %v", e.Err)
	}
	return "bayeux: authorization refused: " + e.Text
}

// Unwrap returns Auth's own error.
func (e *AuthError) Unwrap() error { return e.Err }

// ReplayLostError says that the server no longer knows the replay id asked
// for. Never retry with the same one: repair what was missed, then subscribe
// elsewhere.
type ReplayLostError struct {
	Channel string
	Text    string
}

func (e *ReplayLostError) Error() string {
	return fmt.Sprintf("bayeux: position lost on %s: %s", e.Channel, e.Text)
}

// SubscriptionError says that the server will not let us have a channel.
type SubscriptionError struct {
	Channel string
	Text    string
}

func (e *SubscriptionError) Error() string {
	return fmt.Sprintf("bayeux: subscription to %s refused: %s", e.Channel, e.Text)
}

// VersionError says that the address names no version that the server speaks.
type VersionError struct{ Text string }

func (e *VersionError) Error() string { return "bayeux: version refused: " + e.Text }

// TransportError says that the one transport allowed is not to be had here.
type TransportError struct {
	Transport Transport
	Text      string
}

func (e *TransportError) Error() string {
	return fmt.Sprintf("bayeux: no %s: %s", e.Transport, e.Text)
}

// Permanent marks an error of Auth, Replay or Deliver as one that trying
// again will not cure: Run ends with it.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }

func isPermanent(err error) bool {
	_, ok := errors.AsType[*permanentError](err)
	return ok
}

// setback is why a session ended, or did not begin, without ending Run.
type setback struct {
	course course
	text   string
	// wait is what the server asked for: advice interval or Retry-After.
	wait time.Duration
	err  error
}

func (b *setback) Error() string {
	if b.err != nil {
		return b.text + ": " + b.err.Error()
	}
	return b.text
}

func (b *setback) Unwrap() error { return b.err }

// broken is the setback of a link that failed: nothing is known about what
// the server sent meanwhile, so the session is not continued.
func broken(text string, err error) error {
	return &setback{course: courseHandshake, text: text, err: err}
}
