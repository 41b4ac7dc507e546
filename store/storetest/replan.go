package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// replans proves that the planning of everything anew is one at a time, held by
// one process, and moved on by nobody else.
func replans(t *testing.T, s *suite) {
	w := s.workspace(t)
	_, err := w.Replan(t.Context(), gateway.ReplanSettings)
	wantCode(t, err, gateway.CodeNotFound)
	begin := func(why string) {
		t.Helper()
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.BeginReplan(ctx, gateway.Replan{Job: gateway.ReplanSettings, Total: 7, Why: why, By: "Ada", ByID: "a"})
			return err
		})
	}
	hold := func(holder string, want bool) gateway.Replan {
		t.Helper()
		r, held, err := w.HoldReplan(t.Context(), gateway.ReplanSettings, holder, time.Minute)
		ok(t, err)
		if held != want {
			t.Fatalf("%s holds it: %t, want %t", holder, held, want)
		}
		return r
	}
	run := func(want int64) {
		t.Helper()
		got, err := w.SettingsRun(t.Context())
		ok(t, err)
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			if held, err := tx.HoldSettingsRun(ctx); err != nil || held != got {
				t.Errorf("held %d, %v, read %d", held, err, got)
			}
			return nil
		})
		if got != want {
			t.Errorf("the settings' run is %d, want %d", got, want)
		}
	}
	run(0)
	begin("first")
	run(1)
	first := hold("one", true)
	if first.Run != 1 || first.Total != 7 || !first.Running() || first.Why != "first" || first.By != "Ada" {
		t.Errorf("begun: %+v", first)
	}
	hold("two", false)
	hold("one", true) // may ask again
	all, err := s.db.Replanning(t.Context())
	ok(t, err)
	if !slices.Contains(all, store.Replanning{Workspace: w.ID(), Job: gateway.ReplanSettings}) {
		t.Errorf("running in %v", all)
	}
	first.Kind, first.After, first.Looked, first.Queued = "person", "p3", 3, 2
	advance := func(holder string, r gateway.Replan, want bool) {
		t.Helper()
		moved, err := w.AdvanceReplan(t.Context(), holder, r)
		ok(t, err)
		if moved != want {
			t.Errorf("%s moves run %d: %t, want %t", holder, r.Run, moved, want)
		}
	}
	advance("two", first, false)
	advance("one", first, true)
	s.clock.Advance(2 * time.Minute) // one is gone
	if got := hold("two", true); got.After != "p3" || got.Looked != 3 || got.Queued != 2 || got.Kind != "person" {
		t.Errorf("the place is lost: %+v", got)
	}
	begin("second")
	advance("two", first, false)
	second := hold("two", true)
	if second.Run != 2 || second.After != "" || second.Looked != 0 {
		t.Errorf("begun anew: %+v", second)
	}
	second.State = gateway.ReplanDone
	advance("two", second, true)
	got, err := w.Replan(t.Context(), gateway.ReplanSettings)
	ok(t, err)
	if got.State != gateway.ReplanDone || !got.EndedAt.Equal(s.clock.Now()) {
		t.Errorf("done: %+v", got)
	}
	cancel := func(want bool) {
		t.Helper()
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			done, err := tx.CancelReplan(ctx, gateway.ReplanSettings)
			if done != want {
				t.Errorf("canceled: %t, want %t", done, want)
			}
			return err
		})
	}
	cancel(false)
	begin("third")
	third := hold("two", true)
	cancel(true)
	advance("two", third, false)
	hold("two", false)
}

// askedReplans proves that what a person asks for stands beside what settings caused,
// is one however often it is asked for (F-74), and stands still when paused
// without losing its place.
func askedReplans(t *testing.T, s *suite) {
	w := s.workspace(t)
	scope := gateway.ReplanScope{Lines: &gateway.LineScope{Code: "x", Until: s.clock.Now()}, Object: "Contact"}
	begin := func(job gateway.ReplanJob, want bool) {
		t.Helper()
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			began, err := tx.BeginReplan(ctx, gateway.Replan{Job: job, Scope: scope, Total: 9})
			if began != want {
				t.Errorf("%s began: %t, want %t", job, began, want)
			}
			return err
		})
	}
	pause := func(paused, want bool) {
		t.Helper()
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			did, err := tx.PauseReplan(ctx, gateway.ReplanAsked, paused)
			if did != want {
				t.Errorf("paused %t: %t, want %t", paused, did, want)
			}
			return err
		})
	}
	pause(true, false)
	begin(gateway.ReplanAsked, true)
	begin(gateway.ReplanAsked, false)
	begin(gateway.ReplanSettings, true)
	begin(gateway.ReplanSettings, true)
	r, held, err := w.HoldReplan(t.Context(), gateway.ReplanAsked, "one", time.Minute)
	ok(t, err)
	if !held || r.Run != 1 || r.Job != gateway.ReplanAsked || r.Scope.Object != "Contact" || r.Scope.Lines == nil || !r.Scope.Lines.Until.Equal(s.clock.Now()) {
		t.Fatalf("asked for: %+v, %t", r, held)
	}
	pause(true, true)
	pause(true, false)
	begin(gateway.ReplanAsked, false)
	r.Looked, r.After = 4, "p4"
	if moved, err := w.AdvanceReplan(t.Context(), "one", r); err != nil || !moved {
		t.Errorf("the page under way is lost: %t, %v", moved, err)
	}
	if _, held, err := w.HoldReplan(t.Context(), gateway.ReplanAsked, "one", time.Minute); err != nil || held {
		t.Errorf("a paused one is held: %v", err)
	}
	s.clock.Advance(time.Hour)
	pause(false, true)
	r, held, err = w.HoldReplan(t.Context(), gateway.ReplanAsked, "two", time.Minute)
	ok(t, err)
	if !held || r.After != "p4" || r.ResumedLooked != 4 || !r.ResumedAt.Equal(s.clock.Now()) {
		t.Errorf("resumed: %+v", r)
	}
	r.State = gateway.ReplanDone
	if moved, err := w.AdvanceReplan(t.Context(), "two", r); err != nil || !moved {
		t.Errorf("done: %t, %v", moved, err)
	}
	begin(gateway.ReplanAsked, true)
}

// many proves that what is read by the page is what is read one by one.
func many(t *testing.T, s *suite) {
	w := s.workspace(t)
	k := func(object, id string) gateway.RecordKey { return gateway.RecordKey{Object: object, ID: id} }
	ann, bob, gone := k("Contact", "003A"), k("Lead", "00QB"), k("Contact", "003G")
	records := []gateway.Record{
		{Key: ann, Fields: gateway.Fields{"Email": `"ann@example.com"`}},
		{Key: bob, Fields: gateway.Fields{"Email": `"ann@example.com"`}},
		{Key: gone, Fields: gateway.Fields{"Email": `"gone@example.com"`}, Deleted: true},
	}
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.SaveRecords(ctx, records); err != nil {
			return err
		}
		for _, key := range []gateway.RecordKey{ann, bob} {
			if err := tx.SaveChange(ctx, gateway.Change{Key: key, Op: gateway.OpUpdate, Edit: 1, State: gateway.StateWaiting}); err != nil {
				return err
			}
		}
		return nil
	})
	for _, id := range []string{"p3", "p1", "p2"} {
		ok(t, w.SavePerson(t.Context(), gateway.Person{ExternalID: id, Email: id + "@example.com"}))
	}
	ok(t, w.SaveLink(t.Context(), gateway.Link{Kind: "person", ExternalID: "p1", Key: ann}))
	ok(t, w.SaveLink(t.Context(), gateway.Link{Kind: "person", ExternalID: "p1", Role: gateway.RoleAccount, Key: bob}))

	people, err := w.People(t.Context(), "p1", 5)
	ok(t, err)
	if len(people) != 2 || people[0].ExternalID != "p2" || people[1].Email != "p3@example.com" {
		t.Errorf("people behind p1: %+v", people)
	}
	if n, err := w.CountPeople(t.Context()); n != 3 || err != nil {
		t.Errorf("%d people, %v", n, err)
	}
	links, err := w.OwnLinks(t.Context(), "person", []string{"p1", "p2"})
	ok(t, err)
	if len(links) != 1 || links["p1"].Key != ann {
		t.Errorf("links: %+v", links)
	}
	found, err := w.RecordsByKeys(t.Context(), store.KeyEmail, []string{"ann@example.com", " Ann@Example.com", "gone@example.com", "x"})
	ok(t, err)
	if len(found) != 2 || len(found["ann@example.com"]) != 2 || len(found[" Ann@Example.com"]) != 2 || found["ann@example.com"][0].Key != ann {
		t.Errorf("found by key: %+v", found)
	}
	here, err := w.RecordsOf(t.Context(), []gateway.RecordKey{ann, gone, k("Contact", "none")})
	ok(t, err)
	if len(here) != 2 || !here[gone].Deleted {
		t.Errorf("records: %+v", here)
	}
	pending, err := w.PendingOf(t.Context(), []gateway.RecordKey{ann, gone})
	ok(t, err)
	if len(pending) != 1 || pending[ann].Key != ann {
		t.Errorf("pending: %+v", pending)
	}
	behind, err := w.Changes(t.Context(), ann, 5)
	ok(t, err)
	if len(behind) != 1 || behind[0].Key != bob {
		t.Errorf("entries behind the first: %+v", behind)
	}
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		p, err := tx.LockPerson(ctx, "p2")
		if p.ExternalID != "p2" {
			t.Errorf("locked %+v", p)
		}
		return err
	})
}

// halting proves that what people decide of a connection outlives connecting
// again.
func halting(t *testing.T, s *suite) {
	w := s.workspace(t)
	c := gateway.Connection{ID: "c-halt", Workspace: w.ID(), State: gateway.StateOK}
	ok(t, w.SaveConnection(t.Context(), c))
	if got, err := w.Connection(t.Context()); err != nil || got.Halted() || got.APIReserve != 20 {
		t.Errorf("new: %+v, %v", got, err)
	}
	at := s.clock.Now()
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.SetReserve(ctx, 35); err != nil {
			return err
		}
		return tx.Halt(ctx, at, "Ada", "wrong mapping")
	})
	c.OrgName = "Renamed"
	ok(t, w.SaveConnection(t.Context(), c))
	got, err := w.Connection(t.Context())
	ok(t, err)
	if !got.Halted() || !got.HaltedAt.Equal(at) || got.HaltedBy != "Ada" || got.HaltedWhy != "wrong mapping" || got.APIReserve != 35 || got.OrgName != "Renamed" {
		t.Errorf("after connecting again: %+v", got)
	}
	tx(t, w, func(ctx context.Context, tx *store.Tx) error { return tx.Halt(ctx, time.Time{}, "", "") })
	if got, err := w.Connection(t.Context()); err != nil || got.Halted() {
		t.Errorf("let go: %+v, %v", got, err)
	}
}
