package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
	"tidegate/testpg"
)

func wantUnavailable(t *testing.T, doing string, err error) {
	t.Helper()
	if gateway.CodeOf(err) != gateway.CodeUnavailable {
		t.Errorf("%s: %v, want unavailable", doing, err)
	}
}

// saveOne tries to save a record.
func saveOne(t *testing.T, db *store.DB) error {
	return db.In("w").InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveRecords(ctx, []gateway.Record{{Key: gateway.RecordKey{Object: "Contact", ID: "1"}}})
	})
}

func TestStoppedPostgresIsUnavailableAndItsReturnIsNoticed(t *testing.T) { // F-69
	server, err := testpg.Start(testpg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	db := storetest.Open(t, server.URL, store.Options{})
	if err := errors.Join(db.Ready(t.Context()), saveOne(t, db)); err != nil {
		t.Fatal(err)
	}
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	wantUnavailable(t, "Ready", db.Ready(t.Context()))
	wantUnavailable(t, "InTx", saveOne(t, db))
	_, err = db.In("w").Record(t.Context(), gateway.RecordKey{Object: "Contact", ID: "1"})
	wantUnavailable(t, "Record", err)
	_, err = db.Claim(t.Context(), store.ClaimRequest{Lease: "l", For: time.Minute})
	wantUnavailable(t, "Claim", err)
}

func TestPostgresThatEndedOurConnectionsIsUsedAgain(t *testing.T) { // F-69
	db := storetest.Open(t, testpg.URL(t), store.Options{})
	other := storetest.Open(t, testpg.URL(t), store.Options{})
	for _, d := range []*store.DB{db, other} {
		if err := saveOne(t, d); err != nil {
			t.Fatal(err)
		}
	}
	store.EndConnections(t, other, db)
	deadline := time.Now().Add(time.Minute)
	for err := saveOne(t, db); err != nil; err = saveOne(t, db) {
		wantUnavailable(t, "InTx", err)
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func TestReadOnlyPostgresIsUnavailable(t *testing.T) { // F-70
	address := testpg.URL(t)
	storetest.Open(t, address, store.Options{})
	db, err := store.Open(t.Context(), address+"&default_transaction_read_only=on", store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	wantUnavailable(t, "Ready", db.Ready(t.Context()))
	wantUnavailable(t, "a single write", db.CreateWorkspace(t.Context(), "w", "W"))
}

func TestFullSQLiteIsUnavailable(t *testing.T) { // F-70
	db := storetest.Open(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), store.Options{})
	store.FillDisk(t, db)
	var err error
	for i := 0; err == nil && i < 100; i++ {
		err = db.In("w").InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.SaveRecords(ctx, []gateway.Record{{
				Key:    gateway.RecordKey{Object: "Contact", ID: fmt.Sprint(i)},
				Fields: gateway.Fields{"Description": gateway.Text(strings.Repeat("x", 20_000))},
			}})
		})
	}
	wantUnavailable(t, "InTx", err)
}

func TestSQLiteWithoutItsFolderIsUnavailable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	db, err := store.Open(t.Context(), "sqlite://"+filepath.Join(dir, "store.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	wantUnavailable(t, "Ready", db.Ready(t.Context()))
}

func TestUnmigratedDatabaseIsNotReady(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		db, err := store.Open(t.Context(), url, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		wantUnavailable(t, "Ready", db.Ready(t.Context()))
		statuses, err := db.Migrations(t.Context())
		if err != nil || len(statuses) < 3 || !statuses[0].AppliedAt.IsZero() {
			t.Errorf("migrations %v: %v", statuses, err)
		}
	})
}

func TestRacingStartersMigrateOnce(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				db, err := store.Open(t.Context(), url, store.Options{})
				if err != nil {
					t.Error(err)
					return
				}
				if err := errors.Join(db.Migrate(t.Context()), db.Ready(t.Context()), db.Close()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

func TestMigrationsCanBeUndone(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		db := storetest.Open(t, url, store.Options{})
		store.MigrateDown(t, db)
		wantUnavailable(t, "Ready", db.Ready(t.Context()))
		if err := errors.Join(db.Migrate(t.Context()), db.Ready(t.Context()), saveOne(t, db)); err != nil {
			t.Error(err)
		}
	})
}

func TestOpenRefusesOtherAddressesWithoutShowingThem(t *testing.T) {
	for _, address := range []string{"", "sqlite://", "mysql://u:secret@h/db", "postgres://u:secret@h:bad port/db"} {
		_, err := store.Open(t.Context(), address, store.Options{})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestSQLitePathMayHoldAnyCharacter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c#d%20é", "store.db")
	db := storetest.Open(t, "sqlite://"+path, store.Options{})
	if err := db.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
