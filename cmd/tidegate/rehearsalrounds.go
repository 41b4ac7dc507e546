package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/rehearsal"
	"tidegate/simulator/fault"
)

// round is one fault: it is armed, then the org changes records of every object,
// or the product writes, and then both sides are compared.
type round struct {
	fault string
	specs []fault.Spec
	// in: the org's people change records meanwhile; out: the product writes.
	in, out bool
	// leaves has a user leave whose the meeting is.
	leaves bool
}

const apiPath = "/services/data"

// rounds are all that is played. Together with the objects that a workspace
// follows and the things that it writes they are well over a hundred plays.
var rounds = []round{
	{fault: "nothing wrong", in: true, out: true},
	{fault: "cut streams", specs: []fault.Spec{{Kind: fault.DropStreams}}, in: true},
	{fault: "events delivered three times", specs: []fault.Spec{{Kind: fault.DuplicateEvents, Times: 3, Count: 40}}, in: true},
	{fault: "transactions in the wrong order", specs: []fault.Spec{{Kind: fault.ReorderEvents, Count: 10}}, in: true},
	{fault: "gap events", specs: []fault.Spec{{Kind: fault.GapEvents, Count: 20}}, in: true},
	{fault: "overflow", specs: []fault.Spec{{Kind: fault.Overflow, Count: 3}}, in: true},
	{fault: "unreadable changes", specs: []fault.Spec{{Kind: fault.GarbleEvents, Count: 4}}, in: true},
	{fault: "changes that do not say whose they are", specs: []fault.Spec{{Kind: fault.GarbleEvents, Count: 2, Mode: "header"}}, in: true},
	{fault: "changes damaged on the way", specs: []fault.Spec{{Kind: fault.GarbleEvents, Count: 2, Times: 2}}, in: true},
	{fault: "a lost place in the stream", specs: []fault.Spec{{Kind: fault.ExpireReplayIDs}, {Kind: fault.DropStreams}}, in: true},
	{fault: "cut off as too slow", specs: []fault.Spec{{Kind: fault.SlowConsumer, Count: 2}}, in: true},
	{fault: "expired sessions", specs: []fault.Spec{{Kind: fault.ExpireTokens}, {Kind: fault.DropStreams}}, in: true, out: true},
	{fault: "gaps while Salesforce is down", specs: []fault.Spec{{Kind: fault.GapEvents, Count: 8}, {Kind: fault.HTTPStatus, Status: http.StatusServiceUnavailable, Method: http.MethodGet, Path: apiPath, Count: 3}}, in: true},
	{fault: "query pages of one row", specs: []fault.Spec{{Kind: fault.GapEvents, Count: 8}, {Kind: fault.SmallPages, Seconds: 10}}, in: true},
	{fault: "slow answers", specs: []fault.Spec{{Kind: fault.Latency, Millis: 700, Path: apiPath, Count: 12}}, in: true, out: true},
	{fault: "lost answers", specs: []fault.Spec{{Kind: fault.LoseResponse, Method: http.MethodPost, Path: apiPath, Count: 2}, {Kind: fault.LoseResponse, Method: http.MethodPatch, Path: apiPath, Count: 3}}, out: true},
	{fault: "Salesforce is down", specs: []fault.Spec{{Kind: fault.HTTPStatus, Status: http.StatusServiceUnavailable, Path: apiPath, Count: 4}}, out: true},
	{fault: "a maintenance page", specs: []fault.Spec{{Kind: fault.HTMLInsteadOfJSON, Path: apiPath, Count: 3}}, out: true},
	{fault: "locked rows", specs: []fault.Spec{{Kind: fault.LockRows, Count: 5}}, out: true},
	{fault: "answers packed otherwise than told", specs: []fault.Spec{{Kind: fault.GzipMismatch, Path: apiPath, Count: 2}}, out: true},
	{fault: "rotating refresh tokens", specs: []fault.Spec{{Kind: fault.RotateRefreshTokens, Seconds: 10}, {Kind: fault.ExpireTokens}}, out: true},
	{fault: "a validation rule", specs: []fault.Spec{{Kind: fault.ValidationRule, Count: 12, Message: "Not while this is rehearsed."}}, out: true},
	{fault: "an error that nobody knows", specs: []fault.Spec{{Kind: fault.UnknownError, Method: http.MethodPatch, Path: apiPath, Count: 1}}, out: true},
	{fault: "an owner who left", out: true, leaves: true},
}

// play plays rounds one after another; before is told of each.
func (s *stage) play(ctx context.Context, rounds []round, before func(round)) ([]rehearsal.Play, error) {
	var plays []rehearsal.Play
	if s.round == 0 {
		var err error
		if plays, err = s.writable(ctx); err != nil {
			return nil, err
		}
	}
	for _, r := range rounds {
		before(r)
		s.round++
		one, err := s.one(ctx, r)
		if err != nil {
			return plays, fmt.Errorf("playing %s: %w", r.fault, err)
		}
		plays = append(plays, one...)
	}
	return plays, nil
}

// one plays one round. The faults are lifted when both sides agree, or after
// patience.
func (s *stage) one(ctx context.Context, r round) ([]rehearsal.Play, error) {
	if r.in { // the streams have a place to go on from
		if err := s.change(ctx); err != nil {
			return nil, err
		}
		if _, err := s.compared(ctx); err != nil {
			return nil, err
		}
	}
	organizer := ""
	if r.leaves {
		var id string
		id, organizer = s.user(leavingUser)
		if err := s.sim(ctx, "/changes", map[string]any{"object": "User", "op": "update", "id": id, "values": map[string]any{"IsActive": false}}, nil); err != nil {
			return nil, err
		}
	}
	for _, spec := range r.specs {
		if _, err := s.org.Faults.Arm(spec); err != nil {
			return nil, err
		}
	}
	defer s.org.Faults.Clear()
	if r.in {
		if err := s.change(ctx); err != nil {
			return nil, err
		}
	}
	var plays []rehearsal.Play
	if r.out {
		intents, err := s.write(ctx, organizer)
		if err != nil {
			return nil, err
		}
		if plays, err = s.settled(ctx, r, intents); err != nil {
			return nil, err
		}
	}
	if !r.in {
		return plays, nil
	}
	differing, err := s.compared(ctx)
	for _, object := range s.objects {
		play := rehearsal.Play{Fault: r.fault, Target: object, Outcome: rehearsal.Recovered}
		if why := differing[object]; why != "" {
			play.Outcome, play.Why = rehearsal.Failed, "here it is not as in Salesforce: "+why
			play.Do = "Tidegate should recover from this by itself: report it. tidegate verify repairs the mirror."
		}
		plays = append(plays, play)
	}
	return plays, err
}

// change has the org's people change records of every object that is followed.
func (s *stage) change(ctx context.Context) error {
	for i, object := range s.objects {
		if err := s.sim(ctx, "/changes", map[string]any{"object": object, "op": "update", "count": 3, "seed": s.round*100 + i}, nil); err != nil {
			return err
		}
	}
	return nil
}

// compared waits until the mirror equals the org, and returns in what each object
// differs after patience.
func (s *stage) compared(ctx context.Context) (map[string]string, error) {
	differing := map[string]string{}
	for _, object := range s.objects {
		complaint, err := until(ctx, stagePatience, func() (string, error) { return s.differs(ctx, object, false) })
		if err == nil && complaint != "" {
			differing[object] = complaint
			_, err = s.differs(ctx, object, true)
		}
		if err != nil {
			return differing, err
		}
	}
	return differing, nil
}

// edit is a field of a record that may be written here.
type edit struct{ id, field string }

// intent is something written in a round: how to find it in the org, and what
// is said where it is not there.
type intent struct {
	target, object string
	there          func() int // how many of it the org has
	since          int64      // the newest line of the log before it
}

// writable finds out what this configuration writes: a field of an object that
// takes an edit, a person, a meeting. The rest is noted, and not played. What the
// org's validation rules refuse although nothing is wrong is a play of its own.
func (s *stage) writable(ctx context.Context) (refused []rehearsal.Play, err error) {
	mappings, err := s.ws.Mappings(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, m := range mappings {
		schema, err := s.ws.Schema(ctx, m.Object)
		if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
			return nil, err
		}
		f, _ := schema.Field(m.Field)
		if _, has := s.edits[m.Object]; has || !m.Editable || f.Type != "string" || !slices.Contains(s.objects, m.Object) {
			continue
		}
		one := edit{id: s.some(m.Object, f.Name), field: f.Name}
		if status, err := s.api(ctx, http.MethodPatch, "/records/"+m.Object+"/"+one.id, map[string]any{"fields": map[string]any{f.Name: "Tried"}}, nil); err != nil {
			return nil, err
		} else if status == http.StatusOK {
			s.edits[m.Object] = one
		}
	}
	intents, err := s.write(ctx, "")
	if err != nil {
		return nil, err
	}
	if _, err = until(ctx, stagePatience, func() (string, error) { return s.waiting(ctx) }); err != nil {
		return nil, err
	}
	for _, in := range intents {
		if in.there() == 0 {
			play, ruled, err := s.ruledOut(ctx, in)
			if err != nil {
				return nil, err
			}
			if ruled {
				refused = append(refused, play)
				delete(s.edits, in.object)
				continue
			}
			s.notes = append(s.notes, in.target+" is not written to Salesforce by these settings, and was not played.")
		} else if in.object != in.target {
			s.told = append(s.told, in.target)
		}
	}
	edits := "edits were played to " + strings.Join(slices.Sorted(maps.Keys(s.edits)), ", ")
	if len(s.edits) == 0 {
		edits = "no field may be edited here by these settings, so no edit was played"
	}
	s.notes = append(s.notes, fmt.Sprintf("Followed were %d objects; %s.", len(s.objects), edits))
	return refused, nil
}
