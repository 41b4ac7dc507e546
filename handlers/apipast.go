package handlers

import (
	"time"

	"tidegate/gateway"
	"tidegate/rules/past"
)

// apiPast is a record as of an earlier moment: apiMade, and how much is known.
type apiPast struct {
	apiMade
	// Known is "yes", "not known before" (since says from when on it is) or
	// "not created yet"; without "yes" there are no fields.
	Known string    `json:"known"`
	Since time.Time `json:"known_since"`
	// Changed are the fields whose value is another one now.
	Changed  []string   `json:"changed_since"`
	Previous *time.Time `json:"previous_change"`
	Next     *time.Time `json:"next_change"`
}

var knownWords = map[past.State]string{past.Known: "yes", past.Before: "not known before", past.Unborn: "not created yet"}

// pastRecord answers ?as_of=.
func (c *call) pastRecord(now gateway.Record) error {
	at, err := parseMoment(c.Query("as_of"), time.UTC)
	if err != nil {
		return err
	}
	schema, err := c.ws.Schema(c.UserContext(), now.Key.Object)
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return err
	}
	r, err := c.pastOf(c.ws, now, schema, at)
	if err != nil {
		return err
	}
	one, err := c.made(r.Record)
	if err != nil {
		return err
	}
	one.AsOf = at.UTC()
	out := apiPast{apiMade: one, Known: knownWords[r.State], Since: r.Since.UTC(), Changed: []string{}, Previous: moment(r.Previous), Next: moment(r.Next)}
	if r.State == past.Known {
		out.Changed = append(out.Changed, r.Changed(now)...)
	}
	return c.JSON(out)
}

func moment(e *gateway.HistoryEntry) *time.Time {
	if e == nil {
		return nil
	}
	at := e.Version.Time()
	return &at
}
