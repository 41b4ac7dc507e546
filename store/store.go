package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"tidegate/gateway"
)

// Options configure a DB. The zero value is usable.
type Options struct {
	Now    func() time.Time // time.Now when nil; leases of all processes compare it
	Logger *slog.Logger     // slog.Default when nil
	Holder string           // names this process in leases and notifications
	// Give is called between the statements of a transaction that writes many
	// rows: somebody else may go first. nil = nobody.
	Give func()
	// Sealer keeps the keys of the audit chains; nil = they lie open.
	Sealer Sealer
}

// DB is one database, SQLite or Postgres. It is safe for concurrent use.
type DB struct {
	dialect    *dialect
	reader     *sqlx.DB
	writer     *sqlx.DB // the same pool as reader on Postgres
	url        string
	now        func() time.Time
	log        *slog.Logger
	holder     string
	ids        *ids
	counts     counts
	give       func()
	sealer     Sealer
	calming    calming
	statements *statements // nil on Postgres
}

// Open opens the database at url, "sqlite://path/file.db" (a relative path)
// or "sqlite:///abs/file.db", or "postgres://…". It neither connects nor
// migrates: a database that is away is found by Migrate and Ready.
func Open(_ context.Context, url string, o Options) (*DB, error) {
	var d *dialect
	switch {
	case strings.HasPrefix(url, "sqlite://") && len(url) > len("sqlite://"):
		d = sqliteDialect
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		d = postgresDialect
	default:
		return nil, gateway.Errorf(gateway.CodeInvalid, "The database must be sqlite://path or postgres://…")
	}
	reader, writer, err := d.open(url)
	if err != nil {
		return nil, fmt.Errorf("opening database: %w", err)
	}
	db := &DB{dialect: d, reader: reader, writer: writer, url: url, now: o.Now, ids: newIDs(), give: o.Give}
	if d.keepsStatements {
		db.statements = &statements{kept: map[string]*sql.Stmt{}}
	}
	if db.now == nil {
		db.now = time.Now
	}
	if db.sealer = o.Sealer; db.sealer == nil {
		db.sealer = openly{}
	}
	db.log = cmp.Or(o.Logger, slog.Default())
	db.holder = cmp.Or(o.Holder, fmt.Sprintf("process-%d", db.ids.draw(time.Now())))
	return db, nil
}

// Close closes the pools after the running statements.
func (db *DB) Close() error {
	db.counts.open.Wait()
	db.calming.running.Wait()
	if db.reader == db.writer {
		return db.writer.Close()
	}
	return errors.Join(db.reader.Close(), db.writer.Close())
}

// Engine returns "sqlite" or "postgres", for display only.
func (db *DB) Engine() string { return db.dialect.name }

// In returns the handle of one workspace. It does not check that it exists.
func (db *DB) In(ws gateway.WorkspaceID) *Workspace {
	return &Workspace{db: db, id: ws, read: db.read(), write: db.write()}
}

func (db *DB) read() runner {
	return runner{dialect: db.dialect, on: db.reader}
}

func (db *DB) write() runner {
	return runner{dialect: db.dialect, on: db.writer, pooled: true}
}

// Workspace is the handle of one tenant: every statement carries its id. Its
// writes are each one transaction and must not be called inside InTx.
type Workspace struct {
	db    *DB
	id    gateway.WorkspaceID
	read  runner
	write runner
	eyes  Eyes // nil: those of the connected user
}

// ID returns the workspace's id.
func (w *Workspace) ID() gateway.WorkspaceID { return w.id }
