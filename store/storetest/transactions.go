package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

func transactions(t *testing.T, s *suite) {
	w := s.workspace(t)
	boom := errors.New("boom")
	t.Run("an error rolls back and is returned as it is", func(t *testing.T) {
		err := w.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if err := tx.SaveRecords(ctx, []gateway.Record{{Key: contact("1")}}); err != nil {
				return err
			}
			return boom
		})
		if err != boom {
			t.Errorf("error %v", err)
		}
		_, err = w.Record(t.Context(), contact("1"))
		wantCode(t, err, gateway.CodeNotFound)
	})
	t.Run("a panic rolls back", func(t *testing.T) {
		func() {
			defer func() { _ = recover() }()
			_ = w.InTx(t.Context(), func(context.Context, *store.Tx) error { panic("boom") })
		}()
		save(t, w, gateway.Record{Key: contact("2")}) // would wait for ever on SQLite
	})
	t.Run("nesting is refused, not waited for", func(t *testing.T) {
		tx(t, w, func(ctx context.Context, _ *store.Tx) error {
			if err := w.InTx(ctx, func(context.Context, *store.Tx) error { return nil }); !errors.Is(err, store.ErrNested) {
				t.Errorf("InTx in InTx: %v", err)
			}
			if err := w.EndSession(ctx, "x"); !errors.Is(err, store.ErrNested) {
				t.Errorf("write in InTx: %v", err)
			}
			_, _, err := w.AcquireLease(ctx, "c", "ch", "h", time.Second)
			if !errors.Is(err, store.ErrNested) {
				t.Errorf("lease in InTx: %v", err)
			}
			return nil
		})
	})
	t.Run("a canceled context stays one", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := w.Record(ctx, contact("1")); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a deadline is unavailable (F-69)", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 0)
		defer cancel()
		_, err := w.Record(ctx, contact("1"))
		wantCode(t, err, gateway.CodeUnavailable)
	})
}
