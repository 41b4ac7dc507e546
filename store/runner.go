package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"tidegate/gateway"
)

// runner runs statements on a pool or in a transaction. Statements are
// written with `?`; doing is the gerund that begins an error's text.
type runner struct {
	dialect *dialect
	on      sqlx.ExtContext
	// pooled marks a runner outside any transaction: a write through it inside
	// InTx would wait for that transaction.
	pooled bool
	// conn is the connection of a transaction, nil outside of one.
	conn *sql.Conn
	// give is Options.Give of a transaction, nil outside of one.
	give func()
	// kept are the statements of full chunks on SQLite, nil elsewhere.
	kept *statements
}

// rebound caches statements in the spelling of an engine that has no `?`.
var rebound sync.Map

func (r runner) bound(query string) string {
	if r.dialect.bind == sqlx.QUESTION {
		return query
	}
	if q, ok := rebound.Load(query); ok {
		return q.(string)
	}
	q := sqlx.Rebind(r.dialect.bind, query)
	rebound.Store(query, q)
	return q
}

func (r runner) guard(ctx context.Context) error {
	if r.pooled && inTx(ctx) {
		return ErrNested
	}
	return nil
}

// exec runs a statement and returns how many rows it concerned.
func (r runner) exec(ctx context.Context, doing, query string, args ...any) (int64, error) {
	if err := r.guard(ctx); err != nil {
		return 0, err
	}
	result, err := r.on.ExecContext(ctx, r.bound(query), args...)
	if err != nil {
		return 0, r.dialect.wrap(ctx, doing, err)
	}
	n, err := result.RowsAffected()
	return n, r.dialect.wrap(ctx, doing, err)
}

// execRow runs a statement whose parameters are named after the db tags of
// row.
func (r runner) execRow(ctx context.Context, doing, query string, row any) (int64, error) {
	q, args, err := sqlx.Named(query, row)
	if err != nil {
		return 0, r.dialect.wrap(ctx, doing, err)
	}
	return r.exec(ctx, doing, q, args...)
}

// each calls scan for every row of a query.
func (r runner) each(ctx context.Context, doing string, scan func(*sql.Rows) error, query string, args ...any) error {
	if err := r.guard(ctx); err != nil {
		return err
	}
	rows, err := r.on.QueryContext(ctx, r.bound(query), args...)
	if err != nil {
		return r.dialect.wrap(ctx, doing, err)
	}
	for rows.Next() {
		if err := scan(rows); err != nil {
			return r.dialect.wrap(ctx, doing, errors.Join(err, rows.Close()))
		}
	}
	return r.dialect.wrap(ctx, doing, errors.Join(rows.Err(), rows.Close()))
}

// list reads all rows of a query into structs with db tags.
func list[T any](ctx context.Context, r runner, doing, query string, args ...any) ([]T, error) {
	if err := r.guard(ctx); err != nil {
		return nil, err
	}
	var rows []T
	err := sqlx.SelectContext(ctx, r.on, &rows, r.bound(query), args...)
	return rows, r.dialect.wrap(ctx, doing, err)
}

// one reads the first row of a query; found is false when there is none.
func one[T any](ctx context.Context, r runner, doing, query string, args ...any) (row T, found bool, err error) {
	if err := r.guard(ctx); err != nil {
		return row, false, err
	}
	err = sqlx.GetContext(ctx, r.on, &row, r.bound(query), args...)
	if errors.Is(err, sql.ErrNoRows) {
		return row, false, nil
	}
	return row, err == nil, r.dialect.wrap(ctx, doing, err)
}

// insert describes a multi-row statement: head VALUES (…),(…) tail. A delete
// can be one too.
type insert struct {
	doing string
	head  string
	tail  string
	width int // parameters of one row
	// all: a row that is not written, because of the tail, is a lost race.
	all bool
}

// wrote judges the answer to a statement for n rows.
func (in insert) wrote(result sql.Result, err error, n int) error {
	if err != nil || !in.all {
		return err
	}
	if written, err := result.RowsAffected(); err != nil || written < int64(n) {
		return cmp.Or(err, errRace)
	}
	return nil
}

// rows runs the statement for n rows in chunks. fill appends the parameters of
// row i; it is called while the chunk before is under way. Where several chunks
// are full, their statement is prepared once: reading hundreds of placeholders
// takes as long as writing the rows.
func (r runner) rows(ctx context.Context, in insert, n int, fill func(args []any, i int) []any) (err error) {
	size := min(r.dialect.chunk, r.dialect.maxParams/in.width)
	defer func() { err = r.dialect.wrap(ctx, in.doing, err) }()
	exec := func(args []any) error {
		result, err := r.on.ExecContext(ctx, r.values(in, len(args)/in.width), args...)
		return in.wrote(result, err, len(args)/in.width)
	}
	full := exec
	if n >= 2*size {
		query := r.values(in, size)
		stmt := r.kept.in(ctx, r.on, query)
		if stmt == nil {
			if stmt, err = r.prepare(ctx, query); err != nil {
				return err
			}
		}
		defer func() { err = errors.Join(err, stmt.Close()) }()
		full = func(args []any) error {
			result, err := stmt.ExecContext(ctx, args...)
			return in.wrote(result, err, size)
		}
	}
	return r.inChunks(n, size, in.width, fill, func(args []any) error {
		if len(args) == size*in.width {
			return full(args)
		}
		return exec(args)
	})
}

// inChunks calls exec with the parameters of size rows at a time, and fills in
// those of the next rows meanwhile. Between them others may go first.
func (r runner) inChunks(n, size, width int, fill func(args []any, i int) []any, exec func(args []any) error) error {
	part := func(args []any, start int) []any {
		for i := start; i < min(start+size, n); i++ {
			args = fill(args, i)
		}
		return args
	}
	now := part(make([]any, 0, min(n, size)*width), 0)
	var next []any
	for start := 0; start < n; start += size {
		var filling sync.WaitGroup
		if following := start + size; following < n {
			filling.Go(func() { next = part(next[:0], following) })
		}
		err := exec(now)
		filling.Wait()
		if err != nil {
			return err
		}
		if r.give != nil && start+size < n {
			r.give()
		}
		now, next = next, now
	}
	return nil
}

func (r runner) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	return r.on.(sqlx.PreparerContext).PrepareContext(ctx, query)
}

// append inserts n rows that can meet no conflict; in has no tail.
func (r runner) append(ctx context.Context, in insert, n int, fill func(args []any, i int) []any) error {
	if r.dialect.copyFrom == 0 || n < r.dialect.copyFrom {
		return r.rows(ctx, in, n, fill)
	}
	return r.dialect.wrap(ctx, in.doing, r.copy(ctx, in, n, fill))
}

// values writes the statement with the parameters of n rows. Only full chunks
// come often, so only their text would be worth keeping; writing it takes a
// hundredth of what running it takes.
func (r runner) values(in insert, n int) string {
	var b strings.Builder
	b.Grow(len(in.head) + len(in.tail) + n*(in.width*7+3))
	b.WriteString(in.head)
	b.WriteString(" VALUES ")
	number := make([]byte, 0, 8)
	for row := range n {
		if row > 0 {
			b.WriteByte(',')
		}
		for column := range in.width {
			if column == 0 {
				b.WriteByte('(')
			} else {
				b.WriteByte(',')
			}
			number = r.placeholder(number[:0], row*in.width+column+1)
			b.Write(number)
		}
		b.WriteByte(')')
	}
	b.WriteByte(' ')
	b.WriteString(in.tail)
	return b.String()
}

func (r runner) placeholder(dst []byte, n int) []byte {
	if r.dialect.bind == sqlx.QUESTION {
		return append(dst, '?') // numbered ones take SQLite quadratic time
	}
	return appendInt(append(dst, '$'), n)
}

func appendInt(dst []byte, n int) []byte {
	if n >= 10 {
		dst = appendInt(dst, n/10)
	}
	return append(dst, byte('0'+n%10))
}

// perObject calls f for each object among keys with its ids, as the parameter
// of dialect.among, in the order of the keys when sorted. A batch has few
// objects.
func (r runner) perObject(keys []gateway.RecordKey, f func(object string, ids any) error) error {
	keys = sortedKeys(keys)
	for start := 0; start < len(keys); {
		end := start
		var ids []string
		for ; end < len(keys) && keys[end].Object == keys[start].Object; end++ {
			ids = append(ids, clean(keys[end].ID))
		}
		if err := f(keys[start].Object, r.dialect.list(ids)); err != nil {
			return err
		}
		start = end
	}
	return nil
}

// micros stores a time; the zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(v int64) time.Time {
	if v == 0 {
		return time.Time{}
	}
	return time.UnixMicro(v).UTC()
}

func fromMicrosDuration(v int64) time.Duration { return time.Duration(v) * time.Microsecond }
