package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// inOrder proves the readings that a comparison with Salesforce makes.
func inOrder(t *testing.T, s *suite) {
	w := s.workspace(t)
	var all []gateway.Record
	for i := range 7 {
		all = append(all, gateway.Record{Key: contact(fmt.Sprintf("id%d", i)), Fields: gateway.Fields{"Title": gateway.Text(fmt.Sprint(i))}, Deleted: i == 3})
	}
	// Upper case sorts before lower case, byte by byte, whatever the locale.
	all = append(all, gateway.Record{Key: contact("ID9")}, gateway.Record{Key: gateway.RecordKey{Object: "Lead", ID: "id1"}})
	save(t, w, all...)
	save(t, s.db.In("another"), gateway.Record{Key: contact("id8")})
	t.Run("pages follow the ids, tombstones included", func(t *testing.T) {
		var ids []string
		for after := ""; ; {
			page, err := w.RecordsAfter(t.Context(), "Contact", after, 3)
			ok(t, err)
			for _, r := range page {
				ids = append(ids, r.Key.ID)
			}
			if len(page) < 3 {
				break
			}
			after = page[2].Key.ID
		}
		if got := fmt.Sprint(ids); got != "[ID9 id0 id1 id2 id3 id4 id5 id6]" {
			t.Errorf("read %s", got)
		}
	})
	t.Run("by id only what is here", func(t *testing.T) {
		got, err := w.RecordsByID(t.Context(), "Contact", []string{"id3", "id5", "id8", "nobody"})
		ok(t, err)
		if len(got) != 2 || !got["id3"].Deleted || got["id5"].Fields["Title"] != `"5"` {
			t.Errorf("read %+v", got)
		}
		none, err := w.RecordsByID(t.Context(), "Contact", nil)
		ok(t, err)
		if len(none) != 0 {
			t.Errorf("of no ids: %+v", none)
		}
	})
}

// proofs proves that cycles are kept, asked for once, and answered.
func proofs(t *testing.T, s *suite) {
	w := s.workspace(t)
	one := func(t *testing.T) gateway.ProofStatus {
		t.Helper()
		all, err := w.Proofs(t.Context())
		ok(t, err)
		if len(all) != 1 {
			t.Fatalf("%d proofs, want 1: %+v", len(all), all)
		}
		return all[0]
	}
	request := func(t *testing.T) bool {
		t.Helper()
		began, err := w.RequestProof(t.Context(), "Contact")
		ok(t, err)
		return began
	}
	p := gateway.Proof{Object: "Contact", RowsHere: 7, Covered: 0.5, Place: "003", Totalled: true}
	t.Run("asked for twice is once (F-74)", func(t *testing.T) {
		if !request(t) || request(t) {
			t.Error("the first must count, the second not")
		}
		if got := one(t); !got.RequestedAt.Equal(s.clock.Now()) || !got.Last.AsOf.IsZero() || !got.Running.BegunAt.IsZero() {
			t.Errorf("%+v", got)
		}
	})
	t.Run("progress is kept and clears a problem", func(t *testing.T) {
		ok(t, w.SaveProofProblem(t.Context(), "Contact", "Salesforce refuses."))
		if got := one(t); got.Problem != "Salesforce refuses." || got.RequestedAt.IsZero() {
			t.Errorf("%+v", got)
		}
		s.clock.Advance(time.Second)
		p.BegunAt = s.clock.Now()
		tx(t, w, func(ctx context.Context, tx *store.Tx) error { return tx.SaveProof(ctx, p) })
		if got := one(t); got.Running != p || got.Problem != "" || !got.UpdatedAt.Equal(s.clock.Now()) {
			t.Errorf("%+v, want %+v", got, p)
		}
	})
	t.Run("the end answers what was asked before the beginning", func(t *testing.T) {
		p.AsOf = s.clock.Now()
		tx(t, w, func(ctx context.Context, tx *store.Tx) error { return tx.FinishProof(ctx, p) })
		if got := one(t); got.Last != p || !got.Running.BegunAt.IsZero() || !got.RequestedAt.IsZero() {
			t.Errorf("%+v", got)
		}
		s.clock.Advance(time.Second)
		if !request(t) {
			t.Error("asked for anew, it must count")
		}
		tx(t, w, func(ctx context.Context, tx *store.Tx) error { return tx.FinishProof(ctx, p) })
		if got := one(t); got.RequestedAt.IsZero() {
			t.Error("a cycle that began before cannot answer it")
		}
	})
	t.Run("of another workspace nothing is seen", func(t *testing.T) {
		all, err := s.db.In("another").Proofs(t.Context())
		ok(t, err)
		if len(all) != 0 {
			t.Errorf("%+v", all)
		}
	})
}
