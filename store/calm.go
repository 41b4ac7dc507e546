package store

import (
	"context"
	"database/sql/driver"
	"sync"
	"sync/atomic"

	"github.com/jmoiron/sqlx"
)

// calm are the statements that make the transactions of a first reading
// cheaper. Nobody is told "saved" after one of them, and the place in the
// reading commits with its rows: a machine that loses power reads the last of
// them again. So none of them waits for the disk. "" = nothing.
type calm struct {
	before string // on the transaction's connection, before it begins
	inside string // as its first statement
	after  string // on its connection, when it ended
	ended  string // when nothing is read any more
	// beside is run beside the transactions, once after so many of them.
	beside string
	every  int64
}

// calming is the state of what runs beside.
type calming struct {
	committed atomic.Int64
	busy      atomic.Bool
	running   sync.WaitGroup
}

// InSnapshotTx is InTx for the rows of a first reading: they are in the
// database, for everybody to see and in their order, when it returns, but after
// a loss of power the last of these transactions may be gone. Whatever another
// transaction commits later takes all of them with it to the disk.
func (w *Workspace) InSnapshotTx(ctx context.Context, f func(ctx context.Context, tx *Tx) error) error {
	err := w.inTx(ctx, &w.db.dialect.calm, f)
	if err == nil {
		w.db.calmed()
	}
	return err
}

// EndSnapshots gives back the memory that first readings took.
func (w *Workspace) EndSnapshots(ctx context.Context) error {
	if w.db.dialect.calm.ended == "" {
		return nil
	}
	_, err := w.write.exec(ctx, "ending a snapshot", w.db.dialect.calm.ended)
	return err
}

// prepare changes the connection for one transaction.
func (c *calm) prepare(ctx context.Context, conn *sqlx.Conn) error {
	if c == nil || c.before == "" {
		return nil
	}
	_, err := conn.ExecContext(ctx, c.before)
	return err
}

// restore undoes prepare. A connection that cannot be restored is closed: what
// is promised about later transactions depends on it.
func (c *calm) restore(ctx context.Context, conn *sqlx.Conn) {
	if c == nil || c.after == "" {
		return
	}
	if _, err := conn.ExecContext(context.WithoutCancel(ctx), c.after); err != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
}

// calmed counts transactions of first readings, and runs what is to be run
// beside them. Its failure is no one's: the writer does the same later.
func (db *DB) calmed() {
	c := &db.dialect.calm
	if c.beside == "" || db.calming.committed.Add(1)%c.every != 0 || !db.calming.busy.CompareAndSwap(false, true) {
		return
	}
	db.calming.running.Go(func() {
		defer db.calming.busy.Store(false)
		if _, err := db.reader.Exec(c.beside); err != nil {
			db.log.Debug("a checkpoint beside a first reading failed", "error", err)
		}
	})
}
