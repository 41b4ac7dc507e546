package store

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"tidegate/gateway"
	"tidegate/migrations"
)

func init() {
	// sqlx does not know modernc's driver name and would leave it unknown.
	sqlx.BindDriver("sqlite", sqlx.QUESTION)
}

// dialect is the whole difference between the engines. Everything else in
// this package is written once, with `?` for parameters.
type dialect struct {
	name    string
	bind    int    // sqlx bind type
	forLock string // appended to a SELECT that is to lock its rows
	forHold string // the same, for rows that others may read so too
	skip    string // the same, passing over rows that others have locked
	// among compares a column with a list that is one parameter, made by list,
	// so that any number of ids is one statement.
	among string
	list  func(ids []string) any
	// byID reads the given columns of records by workspace, object and a list of
	// ids. With a lock (forLock, or "") it locks them in the order of the list.
	byID func(columns, lock string) string
	// listed is appended to the condition of a list by label: it lets the list
	// use records_label, and keeps everything else from using it.
	listed string
	// folded spells a column that is compared by LIKE with a text in lower case.
	folded func(column string) string
	// jsonText reads one member of the JSON text column that precedes it.
	jsonText string
	blob     string // a parameter of bytes in a SELECT list
	// history is the table for whoever looks for entries by record, and eras is
	// appended to the condition: both let SQLite use the index, see migration 0040.
	history, eras string
	// dropKeys drops keys whose kinds, values, objects and ids are four lists;
	// "" = they are dropped by multi-row VALUES.
	dropKeys  string
	maxParams int
	notifies  bool // LISTEN and NOTIFY between processes
	chunk     int  // rows in one multi-row VALUES, measured
	// copyFrom is the size from which rows that meet no conflict are better
	// copied than inserted; 0 = never.
	copyFrom int
	// columnsFrom is the size from which rows are better sent as one array a
	// column; 0 = never.
	columnsFrom int
	// rewritesIndexes: an upsert that names a column rewrites its index also
	// where the value stays.
	rewritesIndexes bool
	keepsStatements bool // see statements
	// insertAll begins the insert of rows of which none is there.
	insertAll string
	calm      calm
	code      func(error) gateway.Code
	retryable func(error) bool
	open      func(u string) (reader, writer *sqlx.DB, err error)
	provider  func(db *sqlx.DB, folder fs.FS) (*goose.Provider, error)
	// migrateTries is how often migrating is tried: goose cannot lock SQLite,
	// so of several that start at once all but one fail at each step.
	migrateTries int
	// lockNames makes other transactions that lock one of the names wait, in the
	// order given. It serializes what has no row yet.
	lockNames func(ctx context.Context, tx sqlx.ExtContext, names []string) error
	// holdName makes transactions that lock the name wait, and none that holds it
	// too. It keeps a row from being made.
	holdName func(ctx context.Context, tx sqlx.ExtContext, name string) error
	// pairs is a table of two columns, was and now, from one parameter: a JSON
	// array of arrays of two.
	pairs string
	// settled is called when the schema is up to date.
	settled func(ctx context.Context, db *sqlx.DB) error
}

// sqliteDialect: one writer, so nothing has to be locked row by row.
var sqliteDialect = &dialect{
	name:  "sqlite",
	bind:  sqlx.QUESTION,
	among: ` IN (SELECT value FROM json_each(?))`,
	list:  func(ids []string) any { return writeJSON(ids) },
	byID: func(columns, _ string) string {
		return `SELECT ` + columns + ` FROM records
			WHERE workspace_id = ? AND object = ? AND record_id IN (SELECT value FROM json_each(?))`
	},
	folded:   func(column string) string { return column }, // its LIKE folds ASCII, which lower() would do once more
	jsonText: ` ->> CAST(? AS TEXT)`,
	blob:     `?`,
	history:  `record_history INDEXED BY record_history_record`, // sorting a few by id is better than looking at all
	eras: ` AND era IN (WITH RECURSIVE eras (era) AS (SELECT (SELECT MAX(seq) FROM record_history) >> 17
		UNION ALL SELECT era - 1 FROM eras WHERE era > 0) SELECT era FROM eras)`,
	maxParams: 32000, // SQLite's own limit is 32,766
	chunk:     100,
	code:      sqliteCode,

	rewritesIndexes: true,
	keepsStatements: true,
	// Never: a writer that holds its lock from the start cannot deadlock, and
	// whoever was busy has been waited for already.
	retryable: func(error) bool { return false },
	// A statement that takes the transaction with it when it fails needs no
	// journal of its own, which took a fifth of the time.
	insertAll: `INSERT OR ROLLBACK INTO`,
	// A first reading writes all over its indexes. With what is plenty otherwise,
	// their pages are written and read again several times: at a million contacts
	// half of the time went there. Copying pages from the log to the file took a
	// third of the rest; a second connection does most of it, beside the writer,
	// which copies what remains when the log has come to 256 MB.
	calm: calm{
		before: `PRAGMA synchronous = NORMAL; PRAGMA cache_size = -131072; PRAGMA wal_autocheckpoint = 64000; PRAGMA journal_size_limit = -1`,
		after:  `PRAGMA synchronous = FULL`,
		ended:  `PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 64000000`,
		beside: `PRAGMA wal_checkpoint(PASSIVE)`, every: 4,
	},
	open: openSQLite,
	provider: func(db *sqlx.DB, folder fs.FS) (*goose.Provider, error) {
		return goose.NewProvider(goose.DialectSQLite3, db.DB, folder)
	},
	migrateTries: 20,
	lockNames:    func(context.Context, sqlx.ExtContext, []string) error { return nil },
	holdName:     func(context.Context, sqlx.ExtContext, string) error { return nil },
	pairs:        `(SELECT value ->> 0 AS was, value ->> 1 AS now FROM json_each(?))`,
	settled:      func(context.Context, *sqlx.DB) error { return nil },
}

var postgresDialect = &dialect{
	name:    "postgres",
	bind:    sqlx.DOLLAR,
	forLock: " FOR UPDATE",
	forHold: " FOR SHARE",
	skip:    " FOR UPDATE SKIP LOCKED",
	// Not a subquery: without statistics Postgres then compares every row with
	// every id, which took sixty times as long as looking each up in the index.
	among: ` = ANY(CAST(? AS TEXT[]))`,
	list:  func(ids []string) any { return pq.StringArray(ids) },
	// One look-up for each id, at a place that the planner cannot move (OFFSET 0):
	// while Postgres has no statistics, as during the first backfill, it would read
	// all records of the object to find a few.
	byID: func(columns, lock string) string {
		return `SELECT ` + columns + ` FROM (SELECT CAST(? AS TEXT) AS w, CAST(? AS TEXT) AS o, unnest(CAST(? AS TEXT[])) AS id) AS k
			CROSS JOIN LATERAL (SELECT ` + columns + ` FROM records
				WHERE workspace_id = k.w AND object = k.o AND record_id = k.id OFFSET 0` + lock + `) AS found`
	},
	listed:   ` AND length(object) > 0`,
	history:  `record_history`,
	folded:   func(column string) string { return `lower(` + column + `)` },
	jsonText: `::json ->> CAST(? AS TEXT)`,
	blob:     `CAST(? AS BYTEA)`,
	// Half of what IN (VALUES …) takes. Each key is looked up by itself, at a
	// place that the planner cannot move: left to it, it sorted all keys of the
	// workspace for every batch as soon as its statistics were old.
	dropKeys: `DELETE FROM record_keys WHERE ctid = ANY (ARRAY(SELECT found.place
		FROM unnest(CAST(? AS TEXT[]), CAST(? AS TEXT[]), CAST(? AS TEXT[]), CAST(? AS TEXT[])) AS gone (k, v, o, r)
		CROSS JOIN LATERAL (SELECT ctid AS place FROM record_keys WHERE value = gone.v AND kind = gone.k
			AND object = gone.o AND record_id = gone.r AND workspace_id = ? OFFSET 0) AS found))`,
	notifies: true,
	copyFrom: 50, // measured

	columnsFrom: 10, // below, reading the statement costs as much as its parameters
	insertAll:   `INSERT INTO`,
	calm:        calm{inside: `SET LOCAL synchronous_commit = off`},
	maxParams:   65000, // the protocol counts parameters in 16 bits
	chunk:       50,
	code:        postgresCode,
	retryable: func(err error) bool {
		e, ok := errors.AsType[*pq.Error](err)
		return ok && (e.Code == "40001" || e.Code == "40P01") // serialization failure, deadlock
	},
	open:         openPostgres,
	provider:     postgresProvider,
	migrateTries: 1,
	lockNames: func(ctx context.Context, tx sqlx.ExtContext, names []string) error {
		if len(names) == 0 {
			return nil
		}
		hashes := make(pq.Int64Array, len(names))
		for i, name := range names {
			hashes[i] = lockNumber(name)
		}
		_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(h) FROM unnest(CAST($1 AS BIGINT[])) AS h`, hashes)
		return err
	},
	holdName: func(ctx context.Context, tx sqlx.ExtContext, name string) error {
		_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock_shared($1)`, lockNumber(name))
		return err
	},
	pairs:   `(SELECT value ->> 0 AS was, value ->> 1 AS now FROM json_array_elements(CAST(? AS JSON)) AS given (value))`,
	settled: gatherStatistics,
}

// gatherStatistics analyzes what was never analyzed, as after a restore, and
// the outbox: a table that was empty at the last ANALYZE gets plans that are
// ten times slower. Not everything, because a start must not take seconds.
func gatherStatistics(ctx context.Context, db *sqlx.DB) error {
	var tables []string
	err := db.SelectContext(ctx, &tables, `SELECT quote_ident(relname) FROM pg_class
		WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND (reltuples < 0 OR relname = 'outbox')`)
	if err != nil || len(tables) == 0 {
		return err
	}
	_, err = db.ExecContext(ctx, `ANALYZE `+strings.Join(tables, ", "))
	return err
}

func postgresProvider(db *sqlx.DB, folder fs.FS) (*goose.Provider, error) {
	// Of several processes that start at once, one migrates and the others wait.
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db.DB, folder, goose.WithSessionLocker(locker))
}

// writerPragmas suit transactions of some thousand rows. With the usual 2 MB of
// cache the pages of one batch are written to the log early, and those of
// statements that can fail half-way to a temporary file. Both together took a
// sixth of a batch's time. A checkpoint every 16 MB instead of 4 writes pages
// once that several batches change.
const writerPragmas = "&_pragma=cache_size(-16000)&_pragma=temp_store(MEMORY)&_pragma=wal_autocheckpoint(4000)"

// openSQLite opens two pools on one file: a single connection that writes and
// several that only read. With one writer per process nothing waits inside
// SQLite; other processes wait in busy_timeout.
func openSQLite(address string) (reader, writer *sqlx.DB, err error) {
	path := strings.TrimPrefix(address, "sqlite://")
	if dir := filepath.Dir(path); dir != "." {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return nil, nil, err
		}
	}
	// synchronous stays FULL: "saved" has been said to somebody.
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)"
	if writer, err = sqlx.Open("sqlite", dsn+"&_txlock=immediate"+writerPragmas); err != nil {
		return nil, nil, err
	}
	if reader, err = sqlx.Open("sqlite", dsn+"&_pragma=query_only(ON)"); err != nil {
		return nil, nil, errors.Join(err, writer.Close())
	}
	writer.SetMaxOpenConns(1)
	readers := max(4, runtime.NumCPU())
	reader.SetMaxOpenConns(readers)
	reader.SetMaxIdleConns(readers)
	return reader, writer, nil
}

// idleInTransaction ends a transaction whose process does not go on with it.
// A process that is stopped, or a machine that is gone, would else hold its
// rows for as long as the kernel keeps the connection, the lease among them,
// and nobody could take over (F-68). Ours never wait for anybody.
const idleInTransaction = "idle_in_transaction_session_timeout"

func openPostgres(address string) (reader, writer *sqlx.DB, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, nil, errors.New("the address of the database is not a URL") // err would show the password
	}
	query := u.Query()
	if !query.Has("application_name") {
		query.Set("application_name", "tidegate")
	}
	if !query.Has("connect_timeout") {
		query.Set("connect_timeout", "5")
	}
	// A statement and its parameters travel together: one round trip each instead
	// of two. And runner.columns sends arrays in binary form, so nobody may choose
	// otherwise.
	query.Set("binary_parameters", "yes")
	if !query.Has(idleInTransaction) {
		query.Set(idleInTransaction, "15000") // milliseconds
	}
	u.RawQuery = query.Encode()
	db, err := sqlx.Open("postgres", u.String())
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(8)
	// After a failover the former server may live on, read-only, and a session
	// with it would never end by itself (F-70).
	db.SetConnMaxLifetime(30 * time.Second)
	return db, db, nil
}

// folder returns the migrations of this engine.
func (d *dialect) folder() (fs.FS, error) { return fs.Sub(migrations.Files, d.name) }

// sqlitePrimary returns SQLite's primary result code, 0 for other errors.
func sqlitePrimary(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

func sqliteCode(err error) gateway.Code {
	switch sqlitePrimary(err) {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
		sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL:
		return gateway.CodeUnavailable
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok &&
		(e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY) {
		return gateway.CodeConflict
	}
	return ""
}

// postgresCode classifies by SQLSTATE. Class 08 is the connection, 53 is disk,
// memory and connection slots, 57P is a server going down or coming up, 58 is
// the system below it. A read-only server, after a failover say, answers a
// write with 25006 and the start of our transactions with 0A000.
func postgresCode(err error) gateway.Code {
	if e, ok := errors.AsType[*pq.Error](err); ok {
		switch {
		case e.Code == "23505":
			return gateway.CodeConflict
		case e.Code.Class() == "08", e.Code.Class() == "53", e.Code.Class() == "58",
			strings.HasPrefix(string(e.Code), "57P"), e.Code == "25006", e.Code == "0A000", e.Code == "55P03":
			return gateway.CodeUnavailable
		}
		return ""
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, driver.ErrBadConn) {
		return gateway.CodeUnavailable
	}
	return ""
}

// lockNumber is the number by which Postgres knows a name that is locked.
func lockNumber(name string) int64 {
	sum := sha256.Sum256([]byte(name))
	return int64(binary.LittleEndian.Uint64(sum[:8]))
}
