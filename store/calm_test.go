package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// What is said to be saved later must be on the disk, whatever happened to a
// transaction of a first reading before.
func TestOnlyFirstReadingsDoNotWaitForTheDisk(t *testing.T) {
	const full, normal = 2, 1
	db := storetest.Open(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), store.Options{})
	w, failed := db.In("w"), errors.New("failed")
	ended, end := context.WithCancel(t.Context())
	defer end()
	for i, want := range []error{nil, failed, context.Canceled} {
		err := w.InSnapshotTx(ended, func(ctx context.Context, tx *store.Tx) error {
			if got := store.Synchronous(t, ctx, tx); got != normal {
				t.Errorf("in a first reading synchronous is %d", got)
			}
			if want == context.Canceled {
				end()
				return ctx.Err()
			}
			return want
		})
		if !errors.Is(err, want) {
			t.Errorf("%d: it ended with %v instead of %v", i, err, want)
		}
		tx := func(ctx context.Context, tx *store.Tx) error {
			if got := store.Synchronous(t, ctx, tx); got != full {
				t.Errorf("%d: after a first reading synchronous is %d", i, got)
			}
			return nil
		}
		if err := w.InTx(t.Context(), tx); err != nil {
			t.Error(err)
		}
	}
}

// Pages are copied to the file beside the transactions, which must neither
// disturb them nor hold the log back from being begun anew.
func TestRowsOfAFirstReadingAreThereWhileTheLogIsCopied(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := storetest.Open(t, url, store.Options{}).In("w")
		for i := range 20 {
			err := w.InSnapshotTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				return tx.SaveRecords(ctx, []gateway.Record{{Key: gateway.RecordKey{Object: "Contact", ID: fmt.Sprint(i)}}})
			})
			if err != nil {
				t.Fatal(err)
			}
			if n, err := w.CountRecords(t.Context(), "Contact"); err != nil || n != i+1 {
				t.Fatalf("%d records of %d are there: %v", n, i+1, err)
			}
		}
		if err := w.EndSnapshots(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
