package control

import (
	"errors"
	"fmt"
	"net/http"

	"tidegate/simulator/bus"
	"tidegate/simulator/org"
	"tidegate/simulator/rest"
)

func (s *Server) permissions(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, s.Org.Permissions())
}

// permit is POST /_sim/permissions: what one user may do with one object.
func (s *Server) permit(w http.ResponseWriter, r *http.Request) {
	var p org.Permission
	if err := read(r, &p); err != nil {
		fail(w, fmt.Errorf("reading the permission: %w", err))
		return
	}
	if err := s.Org.Permit(p); err != nil {
		fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) clearPermissions(w http.ResponseWriter, _ *http.Request) {
	s.Org.ClearPermissions()
	w.WriteHeader(http.StatusNoContent)
}

// errNoCapture is what Setup of an edition without change data capture lacks.
var errNoCapture = errors.New("this edition has no change data capture")

// capture is POST /_sim/cdc: switches change data capture of an object, as an
// admin does in Setup, or sets how many changes a transaction sends one by one.
func (s *Server) capture(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Object     string `json:"object"`
		Selected   bool   `json:"selected"`
		OverflowAt *int   `json:"overflow_at"`
	}
	if err := read(r, &in); err != nil {
		fail(w, fmt.Errorf("reading the selection: %w", err))
		return
	}
	object := s.Org.Object(in.Object)
	switch {
	case s.Org.Edition() == "professional":
		fail(w, errNoCapture)
		return
	case in.OverflowAt != nil && *in.OverflowAt < 0:
		fail(w, errors.New("overflow_at must not be negative"))
		return
	case object == nil && (in.Object != "" || in.OverflowAt == nil):
		fail(w, fmt.Errorf("no such object: %q", in.Object))
		return
	case object != nil && (bus.IsPlatformEvent(object.Name) || !rest.HasChangeEvents(object)):
		fail(w, fmt.Errorf("%s has no change events", object.Name))
		return
	case object != nil:
		s.CDC.Capture(object.Name, in.Selected)
	}
	if in.OverflowAt != nil {
		s.CDC.OverflowAt(*in.OverflowAt)
	}
	answer(w, http.StatusOK, map[string]any{"selected": s.CDC.Captured(), "last_replay_id": s.LastReplayID()})
}

// define is POST /_sim/channels: a custom channel. Its members are selected for
// capture.
func (s *Server) define(w http.ResponseWriter, r *http.Request) {
	var c bus.Channel
	if err := read(r, &c); err != nil {
		fail(w, fmt.Errorf("reading the channel: %w", err))
		return
	}
	if s.Org.Edition() == "professional" {
		fail(w, errNoCapture)
		return
	}
	if len(c.Members) == 0 {
		fail(w, fmt.Errorf("the channel %s has no members", c.Name))
		return
	}
	for name, fields := range c.Members {
		object := s.Org.Object(name)
		if object == nil || object.Name != name {
			fail(w, fmt.Errorf("no such object: %q", name))
			return
		}
		for _, field := range fields {
			if f := object.Field(field); f == nil || f.Calculated {
				fail(w, fmt.Errorf("%s has no field to enrich with: %q", name, field))
				return
			}
		}
	}
	if err := s.Log.Define(c); err != nil {
		fail(w, err)
		return
	}
	for name := range c.Members {
		if !bus.IsPlatformEvent(name) {
			s.CDC.Capture(name, true)
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// allot is POST /_sim/quota: how many events may be delivered in 24 hours.
func (s *Server) allot(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Max *int `json:"max"`
	}
	if err := read(r, &in); err != nil || in.Max == nil || *in.Max < 0 {
		fail(w, errors.Join(errors.New("max is the number of events in 24 hours, 0 for no limit"), err))
		return
	}
	s.Log.Quota().SetMax(*in.Max)
	limit, used := s.Log.Quota().Used()
	answer(w, http.StatusOK, map[string]int{"max": limit, "used": used})
}
