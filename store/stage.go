package store

import (
	"context"
	"strings"
)

// upsert runs the statement for n rows in the way that is best for so many.
//
// On Postgres many rows are copied into a temporary table and go from there in
// one statement: measured at 2,000 rows, 12 µs of the server's time a row
// instead of 14 to 18, and 4 µs of ours instead of 12, because nobody numbers,
// sends and reads parameters.
func (tx *Tx) upsert(ctx context.Context, in insert, n int, fill func(args []any, i int) []any) error {
	if in.stage == "" || tx.dialect.stageFrom == 0 || n < tx.dialect.stageFrom {
		return tx.rows(ctx, in, n, fill)
	}
	switch may, err := tx.mayStage(ctx); {
	case err != nil:
		return err
	case !may:
		return tx.rows(ctx, in, n, fill)
	}
	return tx.dialect.wrap(ctx, in.doing, tx.staged(ctx, in, n, fill))
}

// staged lives as long as the connection, and is empty outside of upsert: it is
// emptied behind the upsert, because a transaction may have several.
func (tx *Tx) staged(ctx context.Context, in insert, n int, fill func(args []any, i int) []any) error {
	beside := "staged_" + in.stage
	_, err := tx.on.ExecContext(ctx, `CREATE TEMPORARY TABLE IF NOT EXISTS `+beside+` (LIKE `+in.stage+`) ON COMMIT DELETE ROWS`)
	if err != nil {
		return err
	}
	there := in
	there.head = strings.Replace(in.head, in.stage, beside, 1)
	if err := tx.copy(ctx, there, n, fill); err != nil {
		return err
	}
	columns := in.head[strings.Index(in.head, "(")+1 : strings.LastIndex(in.head, ")")]
	_, err = tx.on.ExecContext(ctx, in.head+` SELECT `+columns+` FROM `+beside+` `+in.tail+`; DELETE FROM `+beside)
	return err
}

// mayStage asks once whether this user may make temporary tables: nearly all
// may, but it can be taken from them.
func (tx *Tx) mayStage(ctx context.Context) (bool, error) {
	if known := tx.db.mayStage.Load(); known != nil {
		return *known, nil
	}
	may, _, err := one[bool](ctx, tx.runner, "asking for rights", `SELECT has_database_privilege(current_database(), 'TEMPORARY')`)
	if err == nil {
		tx.db.mayStage.Store(&may)
	}
	return may, err
}
