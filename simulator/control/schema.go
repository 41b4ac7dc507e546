package control

import (
	"encoding/json"
	"fmt"
	"net/http"

	"tidegate/simulator/org"
)

// alter is POST /_sim/fields: one change of the schema, in effect at once.
func (s *Server) alter(w http.ResponseWriter, r *http.Request) {
	var a org.Alteration
	if err := read(r, &a); err != nil {
		fail(w, fmt.Errorf("reading the alteration: %w", err))
		return
	}
	if err := s.Org.Alter(a); err != nil {
		fail(w, err)
		return
	}
	changes, _ := s.Org.Schema()
	answer(w, http.StatusOK, map[string]any{
		"object": s.Org.Object(a.Object).Name, "key_prefix": s.Org.Object(a.Object).KeyPrefix,
		"schema_changes": changes, "last_replay_id": s.LastReplayID(),
	})
}

// flows lists the record-triggered flows, setFlow is POST /_sim/flows: adds one or
// replaces the one of its name, and clearFlows removes all.
func (s *Server) flows(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"flows": s.Org.Flows()})
}

func (s *Server) setFlow(w http.ResponseWriter, r *http.Request) {
	var f org.Flow
	if err := read(r, &f); err != nil {
		fail(w, fmt.Errorf("reading the flow: %w", err))
		return
	}
	if err := s.Org.SetFlow(f); err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, f)
}

func (s *Server) clearFlows(w http.ResponseWriter, _ *http.Request) {
	s.Org.ClearFlows()
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) validations(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"validations": s.Org.Validations()})
}

func (s *Server) setValidation(w http.ResponseWriter, r *http.Request) {
	var v org.Validation
	if err := read(r, &v); err != nil {
		fail(w, fmt.Errorf("reading the validation rule: %w", err))
		return
	}
	if err := s.Org.SetValidation(v, false); err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, v)
}

func (s *Server) clearValidations(w http.ResponseWriter, _ *http.Request) {
	s.Org.ClearValidations()
	w.WriteHeader(http.StatusNoContent)
}

// read decodes a body, numbers as they were written, and refuses what it does
// not know.
func read(r *http.Request, v any) error {
	d := json.NewDecoder(r.Body)
	d.UseNumber()
	d.DisallowUnknownFields()
	return d.Decode(v)
}
