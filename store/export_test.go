package store

import (
	"context"
	"testing"

	"github.com/jmoiron/sqlx"
)

// EndConnections lets the Postgres server end the connections of victim.
func EndConnections(t *testing.T, by, victim *DB) {
	t.Helper()
	var name string
	if err := victim.reader.GetContext(t.Context(), &name, `SELECT current_database()`); err != nil {
		t.Fatal(err)
	}
	_, err := by.writer.ExecContext(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name)
	if err != nil {
		t.Fatal(err)
	}
}

// FillDisk makes SQLite answer as on a full disk soon.
func FillDisk(t *testing.T, db *DB) {
	t.Helper()
	var pages int
	if err := db.writer.GetContext(t.Context(), &pages, `PRAGMA page_count`); err != nil {
		t.Fatal(err)
	}
	if err := db.writer.GetContext(t.Context(), &pages, `PRAGMA max_page_count = `+string(appendInt(nil, pages+10))); err != nil {
		t.Fatal(err)
	}
}

// MigrateDown undoes all migrations.
func MigrateDown(t *testing.T, db *DB) {
	t.Helper()
	provider, err := db.provider()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.DownTo(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
}

// Synchronous returns how a transaction on SQLite waits for the disk; 2 is FULL.
func Synchronous(t *testing.T, ctx context.Context, tx *Tx) (n int) { //nolint:revive // t first, as in all helpers
	t.Helper()
	if err := sqlx.GetContext(ctx, tx.on, &n, `PRAGMA synchronous`); err != nil {
		t.Error(err)
	}
	return n
}
