package continuity

import (
	"time"

	"tidegate/gateway"
)

// troubles are the states that people are alerted of, in words.
var troubles = map[gateway.ConnectionState]string{
	gateway.StateNeedsReconnect: "Not in sync: Salesforce needs a new sign-in",
	gateway.StateLimited:        "Slowed down by Salesforce",
	gateway.StateRepairing:      "Repairing a gap",
	gateway.StatePolling:        "Degraded to polling",
}

// Trouble is the worst that a connection is known to be in, since when; the
// zero value is none.
type Trouble struct {
	State gateway.ConnectionState
	Since time.Time
}

// Standing is the trouble that a connection is in as it is found: whoever left
// it so has told of it.
func Standing(c gateway.Connection) Trouble {
	if troubles[c.State] == "" {
		return Trouble{}
	}
	return Trouble{c.State, c.StateSince}
}

// Alert decides whether the state of a connection is news after a trouble that
// was told of: once when it begins, once when it is over, and nothing in
// between (UX 13). What is the line of the log, "" when there is no news.
func Alert(told Trouble, c gateway.Connection) (now Trouble, what string) {
	words := troubles[c.State]
	switch {
	case words != "" && c.State != told.State:
		now = Trouble{c.State, c.StateSince}
		if !told.Since.IsZero() {
			now.Since = told.Since
		}
		return now, words
	case c.State == gateway.StateOK && told.State != "":
		return Trouble{}, "In sync again after " + Span(max(c.StateSince.Sub(told.Since), 0)) + "; it was: " + troubles[told.State]
	}
	return told, ""
}
