package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"tidegate/gateway"
)

// rawChunk is the number of rows in one statement: larger ones gain nothing on
// either engine.
const rawChunk = 250

// rawColumns are those of the mirror's rows, all of which every event rewrites.
const rawColumns = `workspace_id, object, record_id, fields, commit_at, commit_number, sequence,
	read_at, deleted, partial, observed_at, label`

const rawWidth = 12

// RawUpsert rewrites the mirror's rows of the given records, and nothing else,
// over a connection of its own: prepared multi-row upserts, size rows in one
// transaction, as durable as the store's. No record may be twice among size
// neighbors. It returns how long writing took: what an engine can do at most,
// for benchmarks to read other rates against. The fields come out as they
// were; observed_at becomes one.
func RawUpsert(ctx context.Context, url string, ws gateway.WorkspaceID, records []gateway.Record, size int) (took time.Duration, err error) {
	driver, address, mark := "postgres", url, func(n int) string { return fmt.Sprint("$", n) }
	if path, ok := strings.CutPrefix(url, "sqlite://"); ok {
		driver, mark = "sqlite", func(int) string { return "?" }
		address = "file:" + path + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		return 0, fmt.Errorf("opening the database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	rows := make([][]any, len(records))
	for i := range records {
		rows[i] = rawRow(ws, &records[i])
	}
	full, err := db.PrepareContext(ctx, rawStatement(rawChunk, mark))
	if err != nil {
		return 0, fmt.Errorf("preparing: %w", err)
	}
	defer func() { err = errors.Join(err, full.Close()) }()
	start := time.Now()
	for len(rows) > 0 {
		n := min(size, len(rows))
		if err := rawBatch(ctx, db, full, mark, rows[:n]); err != nil {
			return 0, fmt.Errorf("upserting: %w", err)
		}
		rows = rows[n:]
	}
	return time.Since(start), nil
}

func rawRow(ws gateway.WorkspaceID, r *gateway.Record) []any {
	return []any{
		string(ws), r.Key.Object, r.Key.ID, string(r.Fields.JSON()), r.Version.CommitAt, r.Version.CommitNumber,
		r.Version.Sequence, r.ReadAt, r.Deleted, r.Partial, int64(1), strings.ToLower(r.Label()),
	}
}

func rawBatch(ctx context.Context, db *sql.DB, full *sql.Stmt, mark func(int) string, rows [][]any) (err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	stmt := tx.StmtContext(ctx, full)
	defer func() { err = errors.Join(err, stmt.Close()) }()
	args := make([]any, 0, rawChunk*rawWidth)
	for len(rows) > 0 {
		n := min(rawChunk, len(rows))
		args = args[:0]
		for _, row := range rows[:n] {
			args = append(args, row...)
		}
		if n == rawChunk {
			_, err = stmt.ExecContext(ctx, args...)
		} else {
			_, err = tx.ExecContext(ctx, rawStatement(n, mark), args...)
		}
		if err != nil {
			return err
		}
		rows = rows[n:]
	}
	return tx.Commit()
}

func rawStatement(rows int, mark func(int) string) string {
	var b strings.Builder
	b.WriteString(`INSERT INTO records (` + rawColumns + `) VALUES `)
	for i := range rows * rawWidth {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%rawWidth == 0:
			b.WriteString("),(")
		default:
			b.WriteByte(',')
		}
		b.WriteString(mark(i + 1))
	}
	b.WriteString(`) ON CONFLICT (workspace_id, object, record_id) DO UPDATE SET
		fields = excluded.fields, commit_at = excluded.commit_at, commit_number = excluded.commit_number,
		sequence = excluded.sequence, read_at = excluded.read_at, deleted = excluded.deleted,
		partial = excluded.partial, observed_at = excluded.observed_at, label = excluded.label`)
	return b.String()
}
