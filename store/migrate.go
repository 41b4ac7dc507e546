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
// once: one migrates, and the others wait or find it done.
func (db *DB) Migrate(ctx context.Context) error {
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
		return unready(fmt.Errorf("schema version %d, program needs %d: run migrate", applied, wanted))
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
