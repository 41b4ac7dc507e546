// Package tell decides how the host product is told of changes in Salesforce:
// what a message says, when it is tried again, and when telling ends.
package tell

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"tidegate/gateway"
)

// Type is the type of every message.
const Type = "record.changed"

// Link says what of the product's a changed record is.
type Link struct {
	Kind       string `json:"kind"`
	ExternalID string `json:"external_id"`
}

// message is the body: which record changed and which of its fields, not their
// values. Who may see those reads them from the API.
type message struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      data      `json:"data"`
}

type data struct {
	Object    string    `json:"object"`
	ID        string    `json:"id"`
	Change    string    `json:"change"`
	Fields    []string  `json:"fields"`
	Committed time.Time `json:"committed_at"`
	URL       string    `json:"url"` // of the record in this API
	Links     []Link    `json:"links"`
}

// MessageID is the webhook-id of a telling.
func MessageID(id int64) string { return "change_" + strconv.FormatInt(id, 10) }

// Worth reports whether an observed change is told: one that changed the
// record here, or that confirmed what we wrote. What asks for the record to be
// read is told when it was.
func Worth(h gateway.HistoryEntry) bool {
	switch h.Outcome {
	case gateway.OutcomeApplied, gateway.OutcomeConfirmed, gateway.OutcomeDeleted, gateway.OutcomeRestored:
		return true
	}
	return false
}

// Body is the message about an observed change.
func Body(h gateway.HistoryEntry, links []gateway.Link) string {
	m := message{Type: Type, Timestamp: h.At.UTC(), Data: data{
		Object: h.Key.Object, ID: h.Key.ID, Change: string(h.Type), Fields: h.Fields.Names(), Committed: h.Version.Time().UTC(),
		URL: "/api/v1/records/" + h.Key.Object + "/" + h.Key.ID, Links: []Link{},
	}}
	if m.Data.Fields == nil {
		m.Data.Fields = []string{}
	}
	for _, l := range links {
		if one := (Link{l.Kind, l.ExternalID}); l.Holds() && !slices.Contains(m.Data.Links, one) {
			m.Data.Links = append(m.Data.Links, one)
		}
	}
	body, err := json.Marshal(m)
	if err != nil {
		return "{}" // a struct of texts and times
	}
	return string(body)
}

// The waits between tries, each up to a fifth longer; the last one repeats.
var waits = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour}

// How long telling goes on without success.
const (
	GiveUp  = 3 * 24 * time.Hour // one message
	Disable = 5 * 24 * time.Hour // the subscriber
)

// Settle says what becomes of a telling after a try. status is that of the
// answer, 0 where there was none; jitter lies between 0 and 1.
func Settle(t gateway.Telling, status int, problem string, now time.Time, jitter float64) gateway.Telling {
	t.Status, t.Problem = status, problem
	if status >= 200 && status < 300 {
		t.State, t.DoneAt, t.Problem = gateway.TellingDone, now, ""
		return t
	}
	if now.Sub(t.At) >= GiveUp {
		t.State, t.DoneAt = gateway.TellingAbandoned, now
		return t
	}
	wait := waits[min(max(t.Attempt-1, 0), len(waits)-1)]
	t.DueAt = now.Add(wait + time.Duration(jitter*float64(wait)/5))
	return t
}

// After says what becomes of a subscriber after tries: it is disabled, with a
// sentence, when nothing got through for days, or when it says that it is gone.
func After(s gateway.Subscriber, ok bool, status int, now time.Time) gateway.Subscriber {
	switch {
	case ok:
		s.FailingSince = time.Time{}
	case status == 410:
		s.Disabled, s.Why = true, "The address answered 410 Gone: it wants no more messages. Enable it again when it does."
	case s.FailingSince.IsZero():
		s.FailingSince = now
	case now.Sub(s.FailingSince) >= Disable:
		s.Disabled, s.Why = true, "Nothing got through for five days. See the last answers below, mend the address, and enable it again."
	}
	return s
}
