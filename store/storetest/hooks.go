package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

func hooks(t *testing.T, s *suite) {
	t.Run("a hook is kept whole, and found by its id alone", func(t *testing.T) {
		w, other := s.workspace(t), s.db.In("hooks-other")
		h := gateway.Hook{
			ID: "hook-a", Kind: gateway.HookEvents, Name: "Contacts", Sealed: []byte{0, 1, 0xff}, CreatedAt: s.clock.Now(), CreatedBy: "Ada",
		}
		ok(t, w.CreateHook(t.Context(), h))
		wantCode(t, other.CreateHook(t.Context(), h), gateway.CodeConflict)
		h.OldSealed, h.Sealed, h.OldUntil, h.RotatedAt, h.Disabled = h.Sealed, []byte("new"), s.clock.Now().Add(time.Hour), s.clock.Now(), true
		ok(t, w.SaveHook(t.Context(), h))
		wantCode(t, other.SaveHook(t.Context(), h), gateway.CodeNotFound)
		h.Workspace = w.ID()
		byID, err := s.db.HookByID(t.Context(), "hook-a")
		ok(t, err)
		all, err := w.Hooks(t.Context())
		ok(t, err)
		for _, got := range append(all, byID) {
			if got.Name != h.Name || got.Kind != h.Kind || got.Workspace != h.Workspace || !got.Disabled || !bytes.Equal(got.Sealed, h.Sealed) ||
				!bytes.Equal(got.OldSealed, h.OldSealed) || !got.OldUntil.Equal(h.OldUntil.Truncate(time.Microsecond)) || got.CreatedBy != "Ada" {
				t.Errorf("got %+v, want %+v", got, h)
			}
		}
		swapped := byID
		swapped.Sealed = []byte("newer")
		for n, want := range []bool{true, false} { // the second time they are others
			if done, err := w.SwapHookSecrets(t.Context(), byID, swapped); err != nil || done != want {
				t.Errorf("swap %d: %v %v", n, done, err)
			}
		}
		_, err = other.Hook(t.Context(), "hook-a")
		wantCode(t, err, gateway.CodeNotFound)
		wantCode(t, other.DeleteHook(t.Context(), "hook-a"), gateway.CodeNotFound)
		ok(t, w.DeleteHook(t.Context(), "hook-a"))
		_, err = s.db.HookByID(t.Context(), "hook-a")
		wantCode(t, err, gateway.CodeNotFound)
	})
	t.Run("messages are fresh once, for two days", func(t *testing.T) { messages(t, s) })
	t.Run("deliveries", func(t *testing.T) { deliveries(t, s) })
	t.Run("hints", func(t *testing.T) { hints(t, s) })
}

func newHook(t *testing.T, w *store.Workspace, id string) {
	t.Helper()
	ok(t, w.CreateHook(t.Context(), gateway.Hook{ID: id, Kind: gateway.HookEvents, Name: id}))
}

func messages(t *testing.T, s *suite) {
	w := s.workspace(t)
	newHook(t, w, "fresh-1")
	newHook(t, w, "fresh-2")
	fresh := func(hook string, ids ...string) (got []string) {
		t.Helper()
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			known, err := tx.FreshMessages(ctx, hook, ids)
			got = nil
			for _, id := range ids {
				if known[id] && !slices.Contains(got, id) {
					got = append(got, id)
				}
			}
			return errors.Join(err, tx.HoldHook(ctx, hook))
		})
		return got
	}
	if got := fresh("fresh-1", "a", "b", "a"); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("first: %v", got)
	}
	if got := fresh("fresh-1", "c", "a"); !slices.Equal(got, []string{"c"}) {
		t.Errorf("partly repeated: %v", got)
	}
	if got := fresh("fresh-2", "a"); !slices.Equal(got, []string{"a"}) {
		t.Errorf("another hook: %v", got)
	}
	s.clock.Advance(47 * time.Hour)
	if got := fresh("fresh-1", "a"); len(got) != 0 {
		t.Errorf("after 47 hours: %v", got)
	}
	s.clock.Advance(2 * time.Hour)
	if got := fresh("fresh-1", "a"); !slices.Equal(got, []string{"a"}) {
		t.Errorf("after 49 hours: %v", got)
	}
	wantCode(t, w.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.HoldHook(ctx, "nowhere") }), gateway.CodeNotFound)
}

func deliveries(t *testing.T, s *suite) {
	w := s.workspace(t)
	newHook(t, w, "deliveries-1")
	newHook(t, w, "deliveries-2")
	add := func(hook string, d gateway.HookDelivery) (id int64) {
		t.Helper()
		d.HookID = hook
		tx(t, w, func(ctx context.Context, tx *store.Tx) (err error) {
			id, err = tx.AddDelivery(ctx, d)
			return err
		})
		return id
	}
	first := add("deliveries-1", gateway.HookDelivery{Outcome: gateway.HookTaken, Reason: "r", Messages: 2, Records: []gateway.RecordKey{contact("d1"), contact("d2")}, OldSecret: true})
	add("deliveries-2", gateway.HookDelivery{Outcome: gateway.HookIgnored, Messages: 1})
	list := func(hook string) []gateway.HookDelivery {
		t.Helper()
		got, err := w.HookDeliveries(t.Context(), hook, 0, 2000)
		ok(t, err)
		return got
	}
	got := list("deliveries-1")
	if len(got) != 1 || got[0].ID != first || got[0].Messages != 2 || len(got[0].Records) != 2 || !got[0].OldSecret || got[0].Waiting != 2 || got[0].Times != 1 {
		t.Errorf("deliveries %+v", got)
	}
	if all := list(""); len(all) != 2 || all[0].HookID != "deliveries-2" {
		t.Errorf("of all hooks %+v", all)
	}
	refuse := func(reason string) {
		t.Helper()
		ok(t, w.AddRefusal(t.Context(), gateway.HookDelivery{HookID: "deliveries-1", Reason: reason}))
	}
	refuse("no")
	refuse("no")
	refuse("never")
	s.clock.Advance(2 * time.Minute)
	refuse("never")
	if got := list("deliveries-1"); len(got) != 4 || got[0].Times != 1 || got[2].Times != 2 || got[2].Outcome != gateway.HookRefused {
		t.Errorf("refusals %+v", got)
	}
	wantCode(t, w.AddRefusal(t.Context(), gateway.HookDelivery{HookID: "nowhere"}), gateway.CodeNotFound)
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		for i := range 1005 {
			if _, err := tx.AddDelivery(ctx, gateway.HookDelivery{HookID: "deliveries-1", Outcome: gateway.HookRepeated, Reason: fmt.Sprint(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if got := list("deliveries-1"); len(got) != 1000 || got[0].Reason != "1004" {
		t.Errorf("%d deliveries are kept, the newest %+v", len(got), got[0])
	}
	s.clock.Advance(8 * 24 * time.Hour)
	add("deliveries-1", gateway.HookDelivery{Outcome: gateway.HookTaken})
	if got := list("deliveries-1"); len(got) != 1 {
		t.Errorf("%d deliveries after eight days", len(got))
	}
	ok(t, w.DeleteHook(t.Context(), "deliveries-1"))
	if got := list("deliveries-1"); len(got) != 0 {
		t.Errorf("deliveries of a deleted hook: %+v", got)
	}
	if marks, err := w.Refetches(t.Context(), 10); err != nil || len(marks) != 2 {
		t.Errorf("what it told of is forgotten: %v %v", marks, err)
	}
}

func hints(t *testing.T, s *suite) {
	w := s.workspace(t)
	newHook(t, w, "hints")
	tell := func(keys ...gateway.RecordKey) {
		t.Helper()
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.AddDelivery(ctx, gateway.HookDelivery{HookID: "hints", Outcome: gateway.HookTaken, Records: keys})
			return err
		})
	}
	marked := func(want ...gateway.RecordKey) {
		t.Helper()
		got, err := w.Refetches(t.Context(), 10)
		ok(t, err)
		if !slices.Equal(got, want) {
			t.Errorf("marked %v, want %v", got, want)
		}
	}
	a, b, plain := contact("h1"), contact("h2"), contact("h3")
	tell(a, b, a)
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		return tx.MarkRefetch(ctx, []gateway.RecordKey{plain, a}, "gap")
	})
	seen, err := w.Hints(t.Context(), "Contact", []string{"h1", "h2", "h3", "h4"})
	ok(t, err)
	if len(seen) != 2 || seen[a] == 0 || seen[a] != seen[b] {
		t.Fatalf("hints %v", seen)
	}
	// A reading that knows nothing of hints clears none.
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		return tx.ClearRefetch(ctx, []gateway.RecordKey{a, b, plain})
	})
	marked(a, b)
	// What is told while the record is being read stays to be read.
	tell(b)
	tx(t, w, func(ctx context.Context, tx *store.Tx) error { return tx.ClearHints(ctx, seen) })
	marked(b)
	if got, err := w.HookDeliveries(t.Context(), "hints", 0, 10); err != nil || got[0].Waiting != 1 || got[1].Waiting != 0 {
		t.Errorf("deliveries %+v %v", got, err)
	}
	if seen, err = w.Hints(t.Context(), "Contact", []string{"h2"}); err != nil {
		t.Fatal(err)
	}
	tx(t, w, func(ctx context.Context, tx *store.Tx) error { return tx.ClearHints(ctx, seen) })
	marked()
}
