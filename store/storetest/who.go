package storetest

import (
	"context"
	"slices"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
)

// customKinds proves that a kind of the product's own is known by the properties
// that were seen of it.
func customKinds(t *testing.T, s *suite) {
	w, other := s.workspace(t), s.db.In("custom-elsewhere")
	save := func(kind string, holds map[string]string) {
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.CustomKind(ctx, kind); err != nil {
				return err
			}
			return tx.SaveCustomKind(ctx, kind, holds)
		})
	}
	save("visit", nil)
	save("risk", map[string]string{"level": "text", "at": "moment"})
	save("risk", map[string]string{"level": "long"})
	all, err := w.CustomKinds(t.Context())
	ok(t, err)
	if len(all) != 2 || all[0].Kind != "risk" || all[1].Kind != "visit" || len(all[1].Properties) != 0 ||
		!slices.Equal(all[0].Properties, []gateway.CustomProperty{{Name: "at", Holds: "moment"}, {Name: "level", Holds: "long"}}) {
		t.Errorf("kinds: %+v", all)
	}
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		risk, err := tx.CustomKind(ctx, "risk")
		none, e := tx.CustomKind(ctx, "none")
		ok(t, e)
		if len(risk.Properties) != 2 || none.Kind != "none" || none.Properties != nil {
			t.Errorf("risk %+v, none %+v", risk, none)
		}
		return err
	})
	if all, err := other.CustomKinds(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("another workspace has %+v, %v", all, err)
	}
}

func participant(id string) gateway.Who { return gateway.Who{Kind: gateway.KindParticipant, ID: id} }

// whoTakesPart proves that what somebody takes part in is found by him, and by
// whoever has the same address.
func whoTakesPart(t *testing.T, s *suite) {
	w := s.workspace(t)
	met := func(id string, who ...string) {
		var all []gateway.Met
		for _, one := range who {
			all = append(all, gateway.Met{Who: participant(one)})
		}
		tx(t, w, func(ctx context.Context, tx *store.Tx) error { return tx.SaveMet(ctx, gateway.KindMeeting, id, all) })
	}
	met("m1", "ann@example.com", "bob@example.com")
	met("m2", "ann@example.com")
	met("m2", "bob@example.com") // she does not take part any more
	met("m3", "ann@example.com")
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		return tx.SavePerson(ctx, gateway.Person{ExternalID: "p1", Email: "Ann@Example.com"})
	})
	of := func(who gateway.Who, after store.SaidKey, n int) (out []string) {
		keys, err := w.SaidOfWho(t.Context(), who, after, n)
		ok(t, err)
		for _, key := range keys {
			out = append(out, key.ExternalID)
		}
		return out
	}
	person := gateway.Who{Kind: gateway.KindPerson, ID: "p1"}
	for what, got := range map[string][2][]string{
		"her own":          {of(participant("ann@example.com"), store.SaidKey{}, 9), {"m1", "m3"}},
		"the person's":     {of(person, store.SaidKey{}, 9), {"m1", "m3"}},
		"behind the first": {of(person, store.SaidKey{Kind: gateway.KindMeeting, ExternalID: "m1"}, 9), {"m3"}},
		"the first alone":  {of(person, store.SaidKey{}, 1), {"m1"}},
		"somebody else's":  {of(participant("bob@example.com"), store.SaidKey{}, 9), {"m1", "m2"}},
		"nobody's":         {of(participant("cy@example.com"), store.SaidKey{}, 9), nil},
	} {
		if !slices.Equal(got[0], got[1]) {
			t.Errorf("%s: %v, want %v", what, got[0], got[1])
		}
	}
	same, err := w.SameWho(t.Context(), person)
	ok(t, err)
	if !slices.Equal(same, []gateway.Who{participant("ann@example.com")}) {
		t.Errorf("the same: %+v", same)
	}
	if keys, err := s.db.In("who-elsewhere").SaidOfWho(t.Context(), person, store.SaidKey{}, 9); err != nil || len(keys) != 0 {
		t.Errorf("in another workspace: %v, %v", keys, err)
	}
}

// undecided proves that who is undecided is listed until he is decided, and that
// deciding asks for what waits, once.
func undecided(t *testing.T, s *suite) {
	w := s.workspace(t)
	save := func(id string, state gateway.UndecidedState, reason string) {
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			return tx.SaveUndecided(ctx, gateway.Undecided{Who: participant(id), State: state, Name: "N", Reason: reason})
		})
	}
	save("ann@example.com", gateway.UndecidedNobody, "Nobody has it.")
	since, err := w.UndecidedOf(t.Context(), participant("ann@example.com"))
	ok(t, err)
	s.clock.Advance(1_000_000)
	save("ann@example.com", gateway.UndecidedSeveral, "Two have it.")
	save("bob@example.com", gateway.UndecidedSeveral, "Two have it.")
	ann, err := w.UndecidedOf(t.Context(), participant("ann@example.com"))
	ok(t, err)
	if ann.State != gateway.UndecidedSeveral || ann.Reason != "Two have it." || !ann.At.Equal(since.At) {
		t.Errorf("undecided: %+v", ann)
	}
	list, err := w.Undecided(t.Context(), gateway.UndecidedSeveral, participant("ann@example.com"), 9)
	ok(t, err)
	counts, err := w.CountUndecided(t.Context())
	ok(t, err)
	if len(list) != 1 || list[0].ID != "bob@example.com" || counts[gateway.UndecidedSeveral] != 2 || counts[gateway.UndecidedNobody] != 0 {
		t.Errorf("behind her %+v, counts %v", list, counts)
	}
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		return tx.Decided(ctx, participant("ann@example.com"), "chosen by Rita")
	})
	_, err = w.UndecidedOf(t.Context(), participant("ann@example.com"))
	wantCode(t, err, gateway.CodeNotFound)
	asked, err := w.Revisits(t.Context(), 9)
	ok(t, err)
	if len(asked) != 1 || asked[0].Who != participant("ann@example.com") || asked[0].Reason != "chosen by Rita" {
		t.Errorf("asked for %+v", asked)
	}
}

// revisits proves that a revisit is asked for once, waits until it is done, and
// stays where it was asked for again meanwhile.
func revisits(t *testing.T, s *suite) {
	w := s.workspace(t)
	meeting := gateway.Who{Kind: gateway.KindMeeting, ID: "m1"}
	ask := func(reason string) {
		s.clock.Advance(1_000_000)
		tx(t, w, func(ctx context.Context, tx *store.Tx) error { return tx.Revisit(ctx, meeting, reason) })
	}
	waits := func() bool {
		t.Helper()
		yes, err := w.RevisitWaits(t.Context(), meeting)
		ok(t, err)
		return yes
	}
	if waits() {
		t.Error("one waits that nobody asked for")
	}
	ask("first")
	first, err := w.Revisits(t.Context(), 9)
	ok(t, err)
	ask("second")
	ok(t, w.EndRevisit(t.Context(), first[0]))
	again, err := w.Revisits(t.Context(), 9)
	ok(t, err)
	if !waits() || len(again) != 1 || again[0].Reason != "second" || again[0].Who != meeting {
		t.Errorf("asked for again: %+v", again)
	}
	all, err := s.db.Revisiting(t.Context())
	ok(t, err)
	if !slices.Contains(all, w.ID()) {
		t.Errorf("workspaces that have revisits: %v", all)
	}
	ok(t, w.EndRevisit(t.Context(), again[0]))
	if waits() {
		t.Error("one waits that is done")
	}
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		return tx.RevisitNamed(ctx, participant("x@example.com"), "Nobody.")
	})
	if waiting, err := w.Revisits(t.Context(), 9); err != nil || len(waiting) != 0 {
		t.Errorf("of who takes part in nothing: %+v, %v", waiting, err)
	}
}
