package store

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"

	"tidegate/gateway"
)

const migratePause = 25 * time.Millisecond

// Migrate brings the schema up to date. Several processes may call it at
// once: one migrates, and the others wait or find it done. A database that a
// newer program has changed is refused, see NotNewer.
func (db *DB) Migrate(ctx context.Context) error {
	if err := db.NotNewer(ctx); err != nil {
		return err
	}
	provider, err := db.provider()
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		_, err := provider.Up(ctx)
		if err == nil {
			break
		}
		if try >= db.dialect.migrateTries || ctx.Err() != nil {
			return db.dialect.wrap(ctx, "migrating", err)
		}
		time.Sleep(migratePause) // somebody else is ahead: let him
	}
	return db.dialect.wrap(ctx, "gathering statistics", db.dialect.settled(ctx, db.writer))
}

// lowest is the version below which there is no queue to keep.
const lowest = 3

// NotNewer refuses a database that a newer program has changed (F-76): this
// one does not know what it would leave out of the rows that it writes. A
// database that cannot be asked is not refused.
func (db *DB) NotNewer(ctx context.Context) error {
	wanted, err := db.newestMigration()
	if err != nil {
		return err
	}
	if applied, known := db.version(ctx); known && applied > wanted {
		return gateway.Errorf(gateway.CodeConflict,
			"The database is at version %d and this program knows versions up to %d. Start the newer program again, or let it bring the database back first: tidegate migrate down --to %d", applied, wanted, wanted)
	}
	return nil
}

// version returns the newest migration that is applied.
func (db *DB) version(ctx context.Context) (applied int64, known bool) {
	applied, _, err := one[int64](ctx, db.read(), "reading schema version", `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`)
	return applied, err == nil
}

// MigrateDown takes back the migrations above a version, before an older
// program is started on the database. What waits for Salesforce is kept.
func (db *DB) MigrateDown(ctx context.Context, to int64) error {
	newest, err := db.newestMigration()
	if err != nil {
		return err
	}
	if to < lowest || to > newest {
		return gateway.InvalidField("to", "The version must be from %d to %d.", lowest, newest)
	}
	if err := db.NotNewer(ctx); err != nil {
		return err
	}
	provider, err := db.provider()
	if err != nil {
		return err
	}
	_, err = provider.DownTo(ctx, to)
	return db.dialect.wrap(ctx, "taking migrations back", err)
}

// Migrations lists the migrations in order, applied or not.
func (db *DB) Migrations(ctx context.Context) ([]MigrationStatus, error) {
	provider, err := db.provider()
	if err != nil {
		return nil, err
	}
	statuses, err := provider.Status(ctx)
	if err != nil {
		return nil, db.dialect.wrap(ctx, "reading migrations", err)
	}
	out := make([]MigrationStatus, 0, len(statuses))
	for _, s := range statuses {
		out = append(out, MigrationStatus{Version: s.Source.Version, Name: path.Base(s.Source.Path), AppliedAt: s.AppliedAt})
	}
	return out, nil
}

func (db *DB) provider() (*goose.Provider, error) {
	folder, err := db.dialect.folder()
	if err != nil {
		return nil, fmt.Errorf("reading migrations: %w", err)
	}
	provider, err := db.dialect.provider(db.writer, folder)
	if err != nil {
		return nil, fmt.Errorf("reading migrations: %w", err)
	}
	return provider, nil
}

// Ready reports whether the database can be reached and written and has the
// schema of this program; otherwise the error is CodeUnavailable. It really
// writes: a full disk and a read-only server answer reads as before (F-70).
func (db *DB) Ready(ctx context.Context) error {
	applied, _, err := one[int64](ctx, db.read(), "reading schema version",
		`SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`)
	if err != nil {
		return unready(err)
	}
	wanted, err := db.newestMigration()
	if err != nil {
		return unready(err)
	}
	if applied != wanted {
		return unready(fmt.Errorf("the schema is at version %d and the program at %d: run tidegate migrate up, or the newer program", applied, wanted))
	}
	_, err = db.write().exec(ctx, "writing readiness", `UPDATE readiness SET at = ? WHERE id = 1`, micros(db.now()))
	return unready(err)
}

// newestMigration returns the version that this program was built for.
func (db *DB) newestMigration() (int64, error) {
	folder, err := db.dialect.folder()
	if err != nil {
		return 0, fmt.Errorf("reading migrations: %w", err)
	}
	names, err := fs.Glob(folder, "*.sql")
	if err != nil || len(names) == 0 {
		return 0, fmt.Errorf("reading migrations: none found: %w", err)
	}
	number, _, _ := strings.Cut(slices.Max(names), "_")
	return strconv.ParseInt(number, 10, 64)
}

func unready(err error) error {
	if err == nil || gateway.CodeOf(err) == gateway.CodeUnavailable {
		return err
	}
	return &gateway.Error{
		Code:    gateway.CodeUnavailable,
		Message: "Tidegate's database is not ready yet. Please try again in a moment.",
		Cause:   err,
	}
}
