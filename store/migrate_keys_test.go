package store_test

import (
	"context"
	"errors"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// TestKeysOutliveTheirNewIndex takes 0016 back and applies it again: records
// are found by what they were found by before, and their keys still follow.
func TestKeysOutliveTheirNewIndex(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		db := storetest.Open(t, url, store.Options{})
		w := db.In("w")
		ann := gateway.Record{Key: gateway.RecordKey{Object: "Contact", ID: "003000000000001AAA"}}
		save := func(mail string) {
			t.Helper()
			ann.Fields = gateway.Fields{"Email": gateway.Text(mail), "AccountId": gateway.Text("001000000000001AAA")}
			err := w.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				return tx.SaveRecords(ctx, []gateway.Record{ann})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		found := func(kind, value string, want int) {
			t.Helper()
			records, err := w.RecordsByKey(t.Context(), kind, value)
			if err != nil || len(records) != want {
				t.Errorf("%s: %d records, wanted %d: %v", kind, len(records), want, err)
			}
		}
		save("ann@acme.example")
		if err := errors.Join(db.MigrateDown(t.Context(), 15), db.Migrate(t.Context())); err != nil {
			t.Fatal(err)
		}
		found(store.KeyEmail, "ann@acme.example", 1)
		found("AccountId", "001000000000001AAA", 1)
		save("ann@new.example")
		found(store.KeyEmail, "ann@acme.example", 0)
		found(store.KeyEmail, "ann@new.example", 1)
	})
}
