package continuity

import (
	"encoding/json"
	"fmt"
	"time"

	"tidegate/gateway"
)

// Statement is what a certificate states. Its fields, their order and names
// are what is signed: a new version gets a new Format.
type Statement struct {
	Format    string    `json:"format"` // FormatV1
	Workspace string    `json:"workspace"`
	Org       string    `json:"org"`
	Record    string    `json:"record"` // the id, as text: JSON numbers lose digits
	Cause     string    `json:"cause"`
	Said      string    `json:"said"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Bound     string    `json:"bound"`
	Started   time.Time `json:"started"`
	Ended     time.Time `json:"ended"`
	Objects   []Part    `json:"objects"`
}

// Part is one object of a statement.
type Part struct {
	Object   string `json:"object"`
	Means    string `json:"means"`
	Read     int    `json:"read"`
	Changed  int    `json:"changed"`
	Deleted  int    `json:"deleted"`
	Restored int    `json:"restored"`
	Calls    int    `json:"calls"`
}

// FormatV1 is the first format of a statement.
const FormatV1 = "tidegate-continuity-1"

// Certify writes what a closed hole states, always in the same bytes.
func Certify(ws gateway.WorkspaceID, h gateway.Hole) ([]byte, error) {
	s := Statement{
		Format: FormatV1, Workspace: string(ws), Org: h.OrgID, Record: fmt.Sprint(h.ID), Cause: string(h.Cause), Said: h.Said,
		From: whole(h.From), To: whole(h.To), Bound: h.Bound, Started: whole(h.StartedAt), Ended: whole(h.EndedAt),
	}
	for _, p := range h.Objects {
		s.Objects = append(s.Objects, partOf(p))
	}
	return s.bytes()
}

// whole is a time as the database keeps it.
func whole(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func (s Statement) bytes() ([]byte, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("writing a certificate's statement: %w", err)
	}
	return text, nil
}

// Signed returns the bytes that were signed of a statement that may have been
// laid out anew on its way. CodeInvalid where it is none.
func Signed(text []byte) (Statement, []byte, error) {
	var s Statement
	if err := json.Unmarshal(text, &s); err != nil || s.Format != FormatV1 {
		e := gateway.Errorf(gateway.CodeInvalid, "This is no certificate of a continuity record. Export one with: tidegate continuity --json")
		e.Cause = err
		return s, nil, e
	}
	signed, err := s.bytes()
	return s, signed, err
}

// Agrees reports whether a stored record still says what its certificate
// states.
func Agrees(ws gateway.WorkspaceID, h gateway.Hole) (bool, error) {
	now, err := Certify(ws, h)
	return string(now) == string(h.Certificate.Statement), err
}
