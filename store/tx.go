package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"tidegate/gateway"
)

// maxTries bounds how often a transaction is run again after a deadlock, a
// serialization failure or a lost race.
const maxTries = 5

// errRace makes InTx run the transaction again: what it read is stale.
var errRace = errors.New("the row was changed since it was read")

type txMark struct{}

func inTx(ctx context.Context) bool { return ctx.Value(txMark{}) != nil }

// Tx is one transaction of one workspace. It lives as long as the function
// that InTx calls.
type Tx struct {
	runner
	db  *DB
	ws  gateway.WorkspaceID
	now time.Time
	mu  sync.Mutex // guards the map, see Rewrite
	// loaded remembers what LoadRecords found, so that SaveRecords knows which
	// keys and labels changed; nil = looked for and not there.
	loaded map[gateway.RecordKey]*stored
}

// InTx runs f in one writing transaction. It commits when f returns nil and
// rolls back otherwise. After a deadlock, a serialization failure or a lost
// race it runs f again, up to five times, so f must not keep state from an
// earlier run; nothing slow belongs inside. Reads of the Workspace inside f do
// not see what the transaction has written yet. Calling InTx or a write of the
// Workspace inside f is ErrNested.
func (w *Workspace) InTx(ctx context.Context, f func(ctx context.Context, tx *Tx) error) error {
	return w.inTx(ctx, nil, f)
}

func (w *Workspace) inTx(ctx context.Context, c *calm, f func(ctx context.Context, tx *Tx) error) error {
	if inTx(ctx) {
		return ErrNested
	}
	for try := 1; ; try++ {
		err := w.try(ctx, c, f)
		if !w.db.dialect.again(err) {
			return err
		}
		if try == maxTries {
			return &gateway.Error{
				Code:    gateway.CodeUnavailable,
				Message: "Too many changes arrived at the same moment. Please try again.",
				Cause:   err,
			}
		}
	}
}

func (d *dialect) again(err error) bool {
	return err != nil && (errors.Is(err, errRace) || d.retryable(err))
}

func (w *Workspace) try(ctx context.Context, c *calm, f func(ctx context.Context, tx *Tx) error) (err error) {
	conn, raw, err := w.db.begin(ctx, c)
	if err != nil {
		return w.db.dialect.wrap(ctx, "beginning transaction", err)
	}
	defer func() {
		c.restore(ctx, conn)
		_ = conn.Close() // gives it back; a broken one is closed already
	}()
	committed := false
	defer func() {
		if committed {
			return
		}
		// Also after a panic in f. After a failed commit there is nothing left
		// to roll back, and sql says so.
		if e := raw.Rollback(); e != nil && err == nil {
			err = w.db.dialect.wrap(ctx, "rolling back", e)
		}
	}()
	tx := &Tx{
		runner: runner{dialect: w.db.dialect, on: raw, conn: conn.Conn, give: w.db.give, kept: w.db.statements},
		db:     w.db,
		ws:     w.id,
		now:    w.db.now().UTC(),
		loaded: map[gateway.RecordKey]*stored{},
	}
	if c != nil && c.inside != "" {
		if _, err := tx.exec(ctx, "beginning transaction", c.inside); err != nil {
			return err
		}
	}
	if err := f(context.WithValue(ctx, txMark{}, true), tx); err != nil {
		return err
	}
	if err := raw.Commit(); err != nil {
		return w.db.dialect.wrap(ctx, "committing", err)
	}
	committed = true
	return nil
}

// beginTries bounds the connections that are tried: as many as may lie idle
// while their server goes away, and one more.
const beginTries = 9

// begin begins a transaction on a connection that its statements can reach. As
// database/sql does, it passes over connections that have died meanwhile.
func (db *DB) begin(ctx context.Context, c *calm) (*sqlx.Conn, *sqlx.Tx, error) {
	if db.statements != nil {
		db.statements.prepare(ctx, db.writer)
	}
	for try := 1; ; try++ {
		conn, err := db.writer.Connx(ctx)
		if err != nil {
			return nil, nil, err
		}
		var raw *sqlx.Tx
		if err = c.prepare(ctx, conn); err == nil {
			raw, err = conn.BeginTxx(ctx, nil)
		}
		if err == nil {
			return conn, raw, nil
		}
		c.restore(ctx, conn)
		err = errors.Join(err, conn.Close())
		if !errors.Is(err, driver.ErrBadConn) || try == beginTries {
			return nil, nil, err
		}
	}
}

// Now returns the one moment of this transaction, UTC.
func (tx *Tx) Now() time.Time { return tx.now }

// lock makes other transactions that lock the same name wait until this one
// ends.
func (tx *Tx) lock(ctx context.Context, kind string, key gateway.RecordKey) error {
	return tx.dialect.wrap(ctx, "locking "+kind, tx.dialect.lockNames(ctx, tx.on, []string{tx.lockedName(kind, key)}))
}

func (tx *Tx) lockedName(kind string, key gateway.RecordKey) string {
	return fmt.Sprintf("%s/%s/%s/%s", kind, tx.ws, key.Object, key.ID)
}
