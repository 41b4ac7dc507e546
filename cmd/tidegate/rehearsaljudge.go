package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/inbound"
	"tidegate/rules/rehearsal"
	simorg "tidegate/simulator/org"
	"tidegate/store"
	"tidegate/streaming"
)

// Targets that are no object.
const aPerson, aMeeting = "a person", "a meeting"

// write writes one of everything that this configuration writes, each with a
// value of its own, and says how to find it. In the first round all is tried.
func (s *stage) write(ctx context.Context, organizer string) ([]intent, error) {
	since, err := s.newest(ctx)
	if err != nil {
		return nil, err
	}
	value := fmt.Sprintf("Rehearsed %d", s.round)
	var intents []intent
	add := func(target, object, field, want, method, path string, body map[string]any) error {
		_, err := s.api(ctx, method, path, body, nil) // what it answers, the org and the log say better
		intents = append(intents, intent{target, object, func() int { return s.having(object, field, want) }, since})
		return err
	}
	for _, object := range s.objects {
		if e, ok := s.edits[object]; ok && organizer == "" {
			if err := add(object, object, e.field, value, http.MethodPatch, "/records/"+object+"/"+e.id, map[string]any{"fields": map[string]any{e.field: value}}); err != nil {
				return nil, err
			}
		}
	}
	email := fmt.Sprintf("rehearsed.%d@rehearsal.example", s.round)
	if s.played(aPerson) && organizer == "" {
		body := map[string]any{"email": email, "first_name": "Rehearsed", "last_name": value, "company": "Rehearsal", "kind": "contact"}
		if err := add(aPerson, "Contact", "Email", email, http.MethodPut, fmt.Sprint("/people/r-", s.round), body); err != nil {
			return nil, err
		}
	}
	if !s.played(aMeeting) {
		return intents, nil
	}
	if organizer == "" {
		_, organizer = s.user(fallbackUser)
	}
	start := time.Now().UTC().Truncate(time.Minute).Add(-2 * time.Hour)
	body := map[string]any{
		"title": value, "organizer_email": organizer, "status": "completed", "starts_at": start, "ends_at": start.Add(time.Hour),
		"participants": []map[string]any{{"email": organizer}, {"email": s.someone()}}, "notes": "What was said in " + value,
	}
	return intents, add(aMeeting, "Event", "Subject", value, http.MethodPut, fmt.Sprint("/meetings/r-", s.round), body)
}

func (s *stage) played(target string) bool { return s.round == 0 || slices.Contains(s.told, target) }

// settled waits until nothing waits, and judges what was written.
func (s *stage) settled(ctx context.Context, r round, intents []intent) ([]rehearsal.Play, error) {
	waits, err := until(ctx, stagePatience, func() (string, error) {
		for _, in := range intents {
			if in.there() == 0 {
				return s.waiting(ctx)
			}
		}
		return s.waiting(ctx)
	})
	if err != nil {
		return nil, err
	}
	plays := make([]rehearsal.Play, 0, len(intents))
	for _, in := range intents {
		play := rehearsal.Play{Fault: r.fault, Target: in.target, Outcome: rehearsal.Recovered}
		if in.object == in.target {
			play.Target = "an edit of " + in.target
		}
		switch n := in.there(); {
		case n > 1:
			play.Outcome, play.Why, play.Do = rehearsal.Failed, fmt.Sprintf("it is in Salesforce %d times", n), "Tidegate should never do that: report it."
		case n == 0:
			if play.Outcome, play.Why, play.Do, err = s.missing(ctx, in); err != nil {
				return nil, err
			}
			if r.leaves && play.Outcome == rehearsal.Waits {
				play.Do = "Choose on the Advanced tab who gets what belongs to somebody who left."
			}
			if play.Why == "" {
				play.Why = "it did not arrive, and nothing says why. " + waits
			}
		}
		plays = append(plays, play)
	}
	return plays, nil
}

// missing says by the log why something is not in Salesforce.
func (s *stage) missing(ctx context.Context, in intent) (rehearsal.Outcome, string, string, error) {
	for _, state := range []gateway.LogState{gateway.LogNeedsYou, gateway.LogWaiting} {
		page, err := s.ws.Log(ctx, store.LogQuery{Direction: "out", Object: in.object, State: string(state), Limit: 20})
		if err != nil {
			return rehearsal.Failed, "", "", err
		}
		for _, l := range page.Entries {
			if l.Entry.ID > in.since && l.Entry.Problem.What != "" {
				return rehearsal.Waits, l.Entry.Problem.What, l.Entry.Problem.Who, nil
			}
		}
	}
	return rehearsal.Failed, "", "Tidegate should never lose that: report it.", nil
}

// ownRules is the fault of what the org refuses although nothing is wrong.
const ownRules = "the org's own validation rules"

// ruledOut reports whether something was not written because a validation rule of
// the org refuses it, as a play.
func (s *stage) ruledOut(ctx context.Context, in intent) (rehearsal.Play, bool, error) {
	play := rehearsal.Play{Fault: ownRules, Target: in.target}
	if in.object == in.target {
		play.Target = "an edit of " + in.target
	}
	if len(s.org.Engine.Validations()) == 0 {
		return play, false, nil
	}
	var err error
	play.Outcome, play.Why, play.Do, err = s.missing(ctx, in)
	return play, play.Outcome == rehearsal.Waits, err
}

// waiting complains while something is owed to Salesforce that goes by itself.
func (s *stage) waiting(ctx context.Context) (string, error) {
	pending, err := s.ws.PendingByObject(ctx)
	for object, n := range pending {
		if n.Waiting > 0 {
			return fmt.Sprintf("%d writes of %s wait.", n.Waiting, object), err
		}
	}
	return "", err
}

func (s *stage) newest(ctx context.Context) (int64, error) {
	page, err := s.ws.Log(ctx, store.LogQuery{Limit: 1})
	if err != nil || len(page.Entries) == 0 {
		return 0, err
	}
	return page.Entries[0].Entry.ID, nil
}

// having counts the org's living records with that text in a field.
func (s *stage) having(object, field, text string) (n int) {
	s.org.Engine.Read(func(v simorg.View) {
		v.Scan(object, func(r simorg.Record) bool {
			if r.Value("IsDeleted") != true && r.Value(field) == text {
				n++
			}
			return true
		})
	})
	return n
}

// some is the id of a record whose field is not empty, if there is one: a field
// that is only filled takes edits there alone where it is empty.
func (s *stage) some(object, field string) (id string) {
	s.org.Engine.Read(func(v simorg.View) {
		v.Scan(object, func(r simorg.Record) bool {
			if r.Value("IsDeleted") != true && r.Value("IsConverted") != true {
				id = r.ID()
			}
			return id == "" || r.Value(field) == nil
		})
	})
	return id
}

// someone is the address of a contact of the org.
func (s *stage) someone() (email string) {
	s.org.Engine.Read(func(v simorg.View) { email, _ = v.Nth("Contact", s.round%v.Len("Contact")).Value("Email").(string) })
	return email
}

// differs compares an object on both sides, the org's truth first. With spoil it
// also notes which records differ, and they count no more.
func (s *stage) differs(ctx context.Context, object string, spoil bool) (string, error) {
	schema, err := s.ws.Schema(ctx, object)
	if err != nil {
		return "", err
	}
	type truth struct {
		id      string
		deleted bool
		values  map[string]any
	}
	var all []truth
	followed := followed(schema)
	s.org.Engine.Read(func(v simorg.View) {
		v.Scan(object, func(r simorg.Record) bool {
			t := truth{id: r.ID(), deleted: r.Value("IsDeleted") == true, values: map[string]any{}}
			for _, f := range followed {
				t.values[f.Name] = r.Value(f.Name)
			}
			all = append(all, t)
			return true
		})
	})
	var complaint string
	for _, t := range all {
		if s.spoiled[t.id] {
			continue
		}
		here, err := s.ws.Record(ctx, gateway.RecordKey{Object: object, ID: t.id})
		if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
			return "", err
		}
		why := ""
		switch {
		case err != nil && !t.deleted:
			why = "a record is missing"
		case err == nil && here.Deleted != t.deleted:
			why = "a deletion is not known"
		case err == nil && !t.deleted:
			for name, want := range t.values {
				if !equal(want, here.Fields[name]) {
					why = name + " differs"
				}
			}
		}
		if why != "" {
			complaint = why
			s.spoiled[t.id] = s.spoiled[t.id] || spoil
			if !spoil {
				return complaint, nil
			}
		}
	}
	return complaint, nil
}

// followed are the fields of which the stream tells every change: all but those
// that are calculated or derived, and compound ones, of which it tells the parts.
func followed(schema gateway.Schema) (out []gateway.Field) {
	silent := inbound.Silent(schema)
	mirrored := streaming.MirroredFields(schema)
	for _, f := range schema.Fields {
		if !silent[f.Name] && slices.Contains(mirrored, f.Name) && f.Type != gateway.TypeAddress {
			out = append(out, f)
		}
	}
	return out
}

// equal compares a value as the simulated org holds it with one of the mirror.
func equal(there any, here gateway.Value) bool {
	switch want := there.(type) {
	case nil:
		return here.Empty()
	case bool:
		return here.String() == strconv.FormatBool(want)
	case int64:
		return here.String() == strconv.FormatInt(want, 10)
	case float64:
		n, err := strconv.ParseFloat(here.String(), 64)
		return err == nil && n == want
	case simorg.DateTime:
		return here == gateway.Instant(time.UnixMilli(int64(want)).UTC())
	case string:
		return here.String() == want || here.String() == strings.TrimSpace(want)
	}
	return true // what is no value of a field is told by none
}
