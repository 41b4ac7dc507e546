// Package continuity decides how far a hole in the stream reaches, what is
// said of its repair, and what a continuity record states when it is signed.
package continuity

import (
	"fmt"
	"time"

	"tidegate/gateway"
)

// Retention is how long Salesforce keeps change events.
const Retention = 72 * time.Hour

// Listed is how long Salesforce lists what was deleted, at most.
const Listed = 15 * 24 * time.Hour

// ListsDeletions reports whether Salesforce's list of deletions is worth asking
// for all of them since then. The hour is for clocks that differ, and for the
// time until it is asked.
func ListsDeletions(since, now time.Time) bool {
	return !since.IsZero() && now.Sub(since) < Listed-time.Hour
}

// Known is what is known of the time before a hole. All times but Now are by
// Salesforce's clock, zero where nothing is known.
type Known struct {
	LastEvent time.Time // commit of the newest change that the stream told
	// Complete is when the stream was last seen to tell everything, by this
	// process; an empty answer of the stream says so too.
	Complete time.Time
	LastRead time.Time // until when the object's last reading reached
}

// From decides where a hole begins: the latest moment of which is known that
// everything before it was told or read. The overlap, for transactions that
// took long to commit, is subtracted by the reading. The sentence says how it
// was found. A zero time means that nothing is known, and all is to be read.
func From(k Known) (time.Time, string) {
	at, how := k.LastEvent, "The last change that the stream told was committed then."
	if k.Complete.After(at) {
		at, how = k.Complete, "The stream was last heard then, and had told everything."
	}
	if k.LastRead.After(at) {
		at, how = k.LastRead, "The object was last read then."
	}
	if at.IsZero() {
		return at, "Nothing is known of the time before, so everything is read."
	}
	return at, how
}

// Lost names the cause when Salesforce refuses our place in the stream. lastAt
// is when the place was stored.
func Lost(lastAt, now time.Time) gateway.HoleCause {
	if !lastAt.IsZero() && now.Sub(lastAt) >= Retention {
		return gateway.HoleExpired
	}
	return gateway.HoleUnknown
}

// State tells how far a hole is from its parts: what stands still is said
// first, and it is closed only when every part is.
func State(parts []gateway.HolePart) gateway.HoleState {
	state := gateway.HoleClosed
	for _, p := range parts {
		switch {
		case p.State == gateway.HoleFailed:
			return gateway.HoleFailed
		case p.State == gateway.HoleOpen:
			state = gateway.HoleOpen
		case p.State == gateway.HoleRepairing && state == gateway.HoleClosed:
			state = gateway.HoleRepairing
		}
	}
	return state
}

// Headline is one sentence on a hole that is not closed: what is repaired and
// how far it is, for the part that is named.
func Headline(h gateway.Hole, p gateway.HolePart) string {
	switch p.State {
	case gateway.HoleFailed:
		return "A gap in " + p.Object + " cannot be repaired: " + p.Problem
	case gateway.HoleOpen:
		return p.Object + " is not streamed since " + h.From.UTC().Format("2006-01-02 15:04 MST") + "; what changes is asked for."
	}
	text := "Repairing a gap"
	if !h.From.IsZero() && h.To.After(h.From) {
		text += " of " + Span(h.To.Sub(h.From))
	}
	text += " in " + p.Object + ": " + Number(p.Read)
	switch {
	case p.Expected > p.Read:
		text += " of about " + Number(p.Expected)
	case p.Read == 1:
		return text + " row read."
	}
	return text + " rows read."
}

// Span says how long something took or lasts, in its two largest units at most.
func Span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Round(time.Second).Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
	case d < 48*time.Hour:
		d = d.Round(time.Minute)
		if m := int(d.Minutes()) % 60; m > 0 && d < 10*time.Hour {
			return fmt.Sprintf("%d h %d min", int(d.Hours()), m)
		}
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	if h := int(d.Round(time.Hour).Hours()) % 24; h > 0 && d < 10*24*time.Hour {
		return fmt.Sprintf("%d d %d h", int(d.Round(time.Hour).Hours())/24, h)
	}
	return fmt.Sprintf("%d d", int(d.Round(time.Hour).Hours())/24)
}
