package storetest

import (
	"context"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

func positions(t *testing.T, s *suite) {
	w := s.workspace(t)
	const ttl = 30 * time.Second
	advance := func(t *testing.T, lease gateway.Lease, to gateway.ReplayID) error {
		return w.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			r := gateway.Record{Key: contact("at" + string(to)), Fields: gateway.Fields{}}
			if err := tx.SaveRecords(ctx, []gateway.Record{r}); err != nil {
				return err
			}
			return tx.Advance(ctx, lease, to, store.AdvanceStats{Events: 2, LastEventAt: tx.Now(), Lag: 1500 * time.Millisecond})
		})
	}
	_, err := w.Position(t.Context(), "c", "/data/ChangeEvents")
	wantCode(t, err, gateway.CodeNotFound)
	a, got, err := w.AcquireLease(t.Context(), "c", "/data/ChangeEvents", "a", ttl)
	ok(t, err)
	if !got || a.Epoch != 1 || a.Position != "" || !a.Until.Equal(s.clock.Now().Add(ttl)) {
		t.Fatalf("first lease %+v %v", a, got)
	}
	ok(t, advance(t, a, "17"))

	t.Run("one holder per channel (F-67)", func(t *testing.T) {
		standing, got, err := w.AcquireLease(t.Context(), "c", "/data/ChangeEvents", "b", ttl)
		ok(t, err)
		if got || standing.Holder != "a" {
			t.Errorf("b got %v, standing %+v", got, standing)
		}
		again, got, err := w.AcquireLease(t.Context(), "c", "/data/ChangeEvents", "a", ttl)
		ok(t, err)
		if !got || again.Epoch != 1 || again.Position != "17" {
			t.Errorf("a again: %+v %v", again, got)
		}
	})
	t.Run("a renewed lease is kept", func(t *testing.T) {
		s.clock.Advance(20 * time.Second)
		ok(t, w.RenewLease(t.Context(), a, ttl))
		s.clock.Advance(20 * time.Second)
		_, got, err := w.AcquireLease(t.Context(), "c", "/data/ChangeEvents", "b", ttl)
		ok(t, err)
		if got {
			t.Error("b took a lease that was renewed")
		}
	})
	t.Run("an expired lease is taken over and its holder fenced (F-68)", func(t *testing.T) {
		s.clock.Advance(ttl + time.Second)
		b, got, err := w.AcquireLease(t.Context(), "c", "/data/ChangeEvents", "b", ttl)
		ok(t, err)
		if !got || b.Epoch != 2 || b.Position != "17" {
			t.Fatalf("b: %+v %v", b, got)
		}
		wantCode(t, advance(t, a, "99"), gateway.CodeFenced)
		_, err = w.Record(t.Context(), contact("at99"))
		wantCode(t, err, gateway.CodeNotFound) // rolled back with it
		wantCode(t, w.RenewLease(t.Context(), a, ttl), gateway.CodeFenced)
		wantCode(t, w.ReleaseLease(t.Context(), a), gateway.CodeFenced)
		ok(t, advance(t, b, "18"))
		ok(t, advance(t, b, ""))
		p, err := w.Position(t.Context(), "c", "/data/ChangeEvents")
		ok(t, err)
		want := store.Position{Lease: b, UpdatedAt: s.clock.Now(), LastEventAt: s.clock.Now(), Lag: 1500 * time.Millisecond, Events: 6}
		want.Lease.Position = "18"
		if p != want {
			t.Errorf("got  %+v\nwant %+v", p, want)
		}
		ok(t, w.ReleaseLease(t.Context(), b))
		_, got, err = w.AcquireLease(t.Context(), "c", "/data/ChangeEvents", "a", ttl)
		ok(t, err)
		if !got {
			t.Error("a released lease is not free")
		}
	})
}
