package salesforce

import (
	"net/http"
	"sync"
	"time"
)

// skew measures how far Salesforce's clock is ahead of ours, on the Date of its
// answers. A Date has whole seconds and was written somewhere between sending
// and receiving, so each answer gives bounds; what all bounds allow is narrower
// than any of them.
type skew struct {
	mu        sync.Mutex
	low, high time.Duration
	at        time.Time // of the last measure, zero before the first
}

// forgetSkew is how long measures count: clocks drift, and are set.
const forgetSkew = 10 * time.Minute

// note takes one answer into account, sent and received by our clock.
func (s *skew) note(h http.Header, sent, received time.Time) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil || received.Before(sent) {
		return
	}
	low, high := date.Sub(received), date.Add(time.Second).Sub(sent)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at.IsZero() || received.Sub(s.at) > forgetSkew || low > s.high || high < s.low {
		s.low, s.high = low, high // the first, or a clock was set meanwhile
	} else {
		s.low, s.high = max(s.low, low), min(s.high, high)
	}
	s.at = received
}

// ahead is the middle of what the measures allow, 0 before the first.
func (s *skew) ahead() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return (s.low + s.high) / 2
}

// Ahead returns how far Salesforce's clock is ahead of ours as measured on its
// answers, negative when it is behind; 0 before the first answer. It is right
// to half a second and half the time that an answer takes, better after several.
func (c *Client) Ahead() time.Duration { return c.skew.ahead() }
