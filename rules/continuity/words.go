package continuity

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"tidegate/gateway"
)

// Causes lists the causes with the words for them, the common ones first.
var Causes = [...]struct {
	Cause gateway.HoleCause
	Words string
}{
	{gateway.HoleExpired, "Our place in the stream was older than Salesforce keeps"},
	{gateway.HoleUnknown, "Salesforce no longer knew our place in the stream"},
	{gateway.HoleMoved, "The stream was taken up over another transport"},
	{gateway.HoleNoPlace, "The stream was taken up before it had given a place"},
	{gateway.HoleGap, "Salesforce named records without their values"},
	{gateway.HoleOverflow, "Salesforce had more changes than it tells"},
	{gateway.HoleWildcard, "Salesforce changed all records of an object at once"},
	{gateway.HoleUnstreamed, "Change Data Capture was off for the object"},
	{gateway.HoleRefused, "Salesforce gave us no stream"},
	{gateway.HoleBroken, "The stream could not be reached"},
	{gateway.HolePaused, "A person paused the object"},
	{gateway.HoleSignedOut, "Salesforce did not accept our sign-in"},
}

// Words says a cause in plain words.
func Words(cause gateway.HoleCause) string {
	for _, c := range Causes {
		if c.Cause == cause {
			return c.Words
		}
	}
	return string(cause)
}

// Means says in plain words how a part is repaired.
func Means(m gateway.HoleMeans) string {
	switch m {
	case gateway.MeansWhole:
		return "every record was read"
	case gateway.MeansRecords:
		return "the records that were named were read"
	}
	return "what changed was read, deleted records too, and what left the recycle bin was looked for"
}

// Found says in words what a repair found.
func Found(n gateway.HoleCount) string {
	return Number(n.Changed) + " changed, " + Number(n.Deleted) + " deleted, " + Number(n.Restored) + " restored"
}

// Number writes a count with a comma for each thousand.
func Number(n int) string {
	s := strconv.Itoa(n)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Reconnected is one sentence on what was missed while Salesforce did not
// accept our sign-in, and what became of it (UX 6); "" when the hole has nothing
// to do with a connect at that time.
func Reconnected(h gateway.Hole, at time.Time) string {
	if h.Cause != gateway.HoleSignedOut || at.Before(h.StartedAt) || !h.EndedAt.IsZero() && h.EndedAt.Before(at) {
		return ""
	}
	n, away := h.Total(), Span(at.Sub(h.StartedAt))
	if h.State != gateway.HoleClosed {
		return "Reconnected after " + away + "; what changed meanwhile is being read: " + Number(n.Read) + " rows so far, " + Found(n) + "."
	}
	return "Reconnected after " + away + ": " + Number(n.Read) + " rows were read for that time, " + Found(n) + "; nothing is missing."
}

// Exported is a continuity record as JSON, for the command line and the API.
// Times that are not known yet are left out.
type Exported struct {
	ID          string       `json:"id"`
	State       string       `json:"state"`
	Cause       string       `json:"cause"`
	Words       string       `json:"words"`
	Said        string       `json:"said"`
	From        time.Time    `json:"from,omitzero"`
	To          time.Time    `json:"to,omitzero"`
	Bound       string       `json:"bound"`
	Started     time.Time    `json:"started"`
	Ended       time.Time    `json:"ended,omitzero"`
	Objects     []ExportPart `json:"objects"`
	Certificate *Signature   `json:"certificate,omitempty"`
}

// ExportPart is one object of an exported record.
type ExportPart struct {
	Part
	State    string `json:"state"`
	Expected *int   `json:"expected,omitempty"`
	Problem  string `json:"problem,omitempty"`
}

// Signature is a certificate as JSON; the bytes are base64.
type Signature struct {
	Statement json.RawMessage `json:"statement"`
	Signature []byte          `json:"signature"` // Ed25519
	Key       []byte          `json:"key"`       // public
}

// Export returns a record as JSON shows it.
func Export(h gateway.Hole) Exported {
	e := Exported{
		ID: fmt.Sprint(h.ID), State: string(h.State), Cause: string(h.Cause), Words: Words(h.Cause), Said: h.Said,
		From: h.From, To: h.To, Bound: h.Bound, Started: h.StartedAt, Ended: h.EndedAt, Objects: []ExportPart{},
	}
	for _, p := range h.Objects {
		part := ExportPart{Part: partOf(p), State: string(p.State), Problem: p.Problem}
		if p.Expected >= 0 {
			part.Expected = &p.Expected
		}
		e.Objects = append(e.Objects, part)
	}
	if len(h.Certificate.Signature) > 0 {
		e.Certificate = &Signature{Statement: h.Certificate.Statement, Signature: h.Certificate.Signature, Key: h.Certificate.Key}
	}
	return e
}

func partOf(p gateway.HolePart) Part {
	return Part{
		Object: p.Object, Means: string(p.Means), Read: p.Read, Changed: p.Changed, Deleted: p.Deleted, Restored: p.Restored, Calls: p.Calls,
	}
}

// Same reports whether an exported record says what its statement states.
func Same(s Statement, e Exported) bool {
	if s.Record != e.ID || s.Cause != e.Cause || s.Said != e.Said || s.Bound != e.Bound || len(s.Objects) != len(e.Objects) ||
		!s.From.Equal(e.From) || !s.To.Equal(e.To) || !s.Started.Equal(e.Started) || !s.Ended.Equal(e.Ended) {
		return false
	}
	for i, p := range e.Objects {
		if p.Part != s.Objects[i] {
			return false
		}
	}
	return true
}
