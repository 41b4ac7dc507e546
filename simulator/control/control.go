// Package control is /_sim: the way to look at what a simulated org holds, to
// change it as its users would, and to make it misbehave.
package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"tidegate/simulator/bus"
	"tidegate/simulator/cdc"
	"tidegate/simulator/fault"
	"tidegate/simulator/org"
	"tidegate/simulator/rest"
)

// Server answers /_sim.
type Server struct {
	Org    *org.Org
	Ledger *rest.Ledger
	// LastReplayID is the newest replay id on the event bus.
	LastReplayID func() int64
	// CDC and Log are what decides which events there are; nil where there are none.
	CDC *cdc.Publisher
	Log *bus.Log
}

// Register adds the paths.
func (s *Server) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /_sim/truth/{object}", s.truth)
	mux.HandleFunc("POST /_sim/changes", s.changes)
	mux.HandleFunc("POST /_sim/fields", s.alter)
	mux.HandleFunc("GET /_sim/permissions", s.permissions)
	mux.HandleFunc("POST /_sim/permissions", s.permit)
	mux.HandleFunc("DELETE /_sim/permissions", s.clearPermissions)
	if s.CDC != nil && s.Log != nil {
		mux.HandleFunc("POST /_sim/cdc", s.capture)
		mux.HandleFunc("POST /_sim/channels", s.define)
		mux.HandleFunc("POST /_sim/quota", s.allot)
	}
	mux.HandleFunc("GET /_sim/flows", s.flows)
	mux.HandleFunc("POST /_sim/flows", s.setFlow)
	mux.HandleFunc("DELETE /_sim/flows", s.clearFlows)
	mux.HandleFunc("GET /_sim/validations", s.validations)
	mux.HandleFunc("POST /_sim/validations", s.setValidation)
	mux.HandleFunc("DELETE /_sim/validations", s.clearValidations)
	mux.HandleFunc("GET /_sim/faults", s.faults)
	mux.HandleFunc("POST /_sim/faults", s.arm)
	mux.HandleFunc("DELETE /_sim/faults", s.clearFaults)
	mux.HandleFunc("GET /_sim/calls", s.calls)
	mux.HandleFunc("DELETE /_sim/calls", s.clearCalls)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the reader may have left
}

// failure is an error body: what is wrong, and the org's code where it refused.
type failure struct {
	Error  string   `json:"error"`
	Code   string   `json:"code,omitempty"`
	Fields []string `json:"fields,omitempty"`
}

func fail(w http.ResponseWriter, err error) {
	f := failure{Error: err.Error()}
	var refused *org.Error
	if errors.As(err, &refused) {
		f = failure{refused.Message, refused.Code, refused.Fields}
	}
	answer(w, http.StatusBadRequest, f)
}

// truthChunk is how many records are encoded under one read lock, so that a
// long listing does not keep writers waiting.
const truthChunk = 5000

// truth lists every record of the object as JSON lines, deleted ones too. It
// is no snapshot: quiet the org first to compare.
func (s *Server) truth(w http.ResponseWriter, r *http.Request) {
	object := s.Org.Object(r.PathValue("object"))
	if object == nil {
		answer(w, http.StatusNotFound, failure{Error: "no such object"})
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	for from := 0; ; from += truthChunk {
		var lines []byte
		s.Org.Read(func(v org.View) {
			for i := from; i < min(from+truthChunk, v.Len(object.Name)); i++ {
				lines = appendLine(lines, v.Nth(object.Name, i))
			}
		})
		if len(lines) == 0 {
			return
		}
		if _, err := w.Write(lines); err != nil {
			return // the reader left
		}
	}
}

func appendLine(dst []byte, r org.Record) []byte {
	for i, f := range r.Object().Fields {
		sep := byte(',')
		if i == 0 {
			sep = '{'
		}
		dst = append(append(append(dst, sep, '"'), f.Name...), '"', ':')
		dst = org.AppendField(dst, r, f)
	}
	return append(dst, '}', '\n')
}

func (s *Server) faults(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"kinds": fault.Kinds, "armed": s.Org.Faults().Armed()})
}

func (s *Server) arm(w http.ResponseWriter, r *http.Request) {
	var spec fault.Spec
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&spec); err != nil {
		fail(w, fmt.Errorf("reading the fault: %w", err))
		return
	}
	armed, err := s.Org.Faults().Arm(spec)
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusCreated, armed)
}

func (s *Server) clearFaults(w http.ResponseWriter, _ *http.Request) {
	s.Org.Faults().Clear()
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) calls(w http.ResponseWriter, _ *http.Request) {
	lines := s.Ledger.Lines()
	total := 0
	for _, line := range lines {
		total += line.Count
	}
	answer(w, http.StatusOK, map[string]any{"total": total, "calls": lines})
}

func (s *Server) clearCalls(w http.ResponseWriter, _ *http.Request) {
	s.Ledger.Clear()
	w.WriteHeader(http.StatusNoContent)
}
