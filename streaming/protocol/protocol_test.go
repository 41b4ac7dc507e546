package protocol

import (
	"errors"
	"testing"
	"time"
)

func TestBackoffGrowsAndIsBounded(t *testing.T) {
	for _, c := range []struct {
		attempt  int
		slow     bool
		from, to time.Duration
	}{
		{0, false, 250 * time.Millisecond, 500 * time.Millisecond},
		{1, false, 250 * time.Millisecond, 500 * time.Millisecond},
		{3, false, time.Second, 2 * time.Second},
		{1_000_000, false, 30 * time.Second, time.Minute},
		{1, true, 7500 * time.Millisecond, 15 * time.Second},
		{1_000_000, true, 5 * time.Minute, 10 * time.Minute},
	} {
		for range 100 {
			if d := Backoff(c.attempt, c.slow); d < c.from || d > c.to {
				t.Errorf("attempt %d, slow %v: %v, want %v to %v", c.attempt, c.slow, d, c.from, c.to)
			}
		}
	}
}

func TestPermanentErrorsKeepTheirCause(t *testing.T) {
	if Permanent(nil) != nil {
		t.Error("nothing became an error")
	}
	cause := errors.New("gone")
	if err := Permanent(cause); err.Error() != cause.Error() || !IsPermanent(err) || IsPermanent(cause) {
		t.Errorf("got %v", err)
	}
}
