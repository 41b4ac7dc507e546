package bayeux

import (
	"fmt"
	"time"
)

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
