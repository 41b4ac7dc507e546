package store

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/testpg"
)

// TestHotQueriesUseTheirIndex guards the shape of the queries that run often
// or over much: SQLite once chose to walk over all records, and over all
// history, for two of them.
func TestHotQueriesUseTheirIndex(t *testing.T) {
	db, err := Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "store.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	cases := []struct{ name, query, step string }{
		{"records of a batch", `SELECT fields FROM records WHERE workspace_id = 'w' AND object = 'o' AND record_id IN (SELECT value FROM json_each('[]')) ORDER BY record_id`, "autoindex_records_1 (workspace_id=? AND object=? AND record_id=?)"},
		{"list of records", `SELECT fields FROM records WHERE workspace_id = 'w' AND object = 'o' AND NOT deleted AND (label, record_id) > ('a', 'b') ORDER BY label, record_id LIMIT 5`, "records_label (workspace_id=? AND object=? AND (label,record_id)>(?,?))"},
		{"count of records", strings.ReplaceAll(countLiving, "?", "'w'"), "autoindex_records_1 (workspace_id=? AND object=?)"},
		{"count of tombstones", strings.ReplaceAll(countLiving, "?", "'w'"), "INDEX records_deleted (workspace_id=? AND object=?)"},
		{"records by key", `SELECT fields FROM (SELECT DISTINCT object AS o, record_id AS i FROM record_keys WHERE workspace_id = 'w' AND kind = 'k' AND value = 'v') AS found JOIN records ON records.workspace_id = 'w' AND records.object = found.o AND records.record_id = found.i`, "autoindex_records_1 (workspace_id=? AND object=? AND record_id=?)"},
		{"history of a record", `SELECT COUNT(*) FROM ` + sqliteDialect.history + ` WHERE workspace_id = 'w' AND object = 'o' AND record_id = 'r' AND id < 9` + sqliteDialect.eras, "record_history_record (era=? AND workspace_id=? AND object=? AND record_id=? AND id<?)"},
		{"entries that get their id", `UPDATE record_history SET record_id = m.now FROM ` + strings.ReplaceAll(sqliteDialect.pairs, "?", "'[]'") + ` AS m WHERE workspace_id = 'w' AND object = 'o' AND record_id = m.was` + strings.ReplaceAll(amongPairs(sqliteDialect), "?", "'[]'") + sqliteDialect.eras, "record_history_record (era=? AND workspace_id=? AND object=? AND record_id=?)"},
		{"entries that are dropped", `DELETE FROM record_history WHERE workspace_id = 'w' AND object = 'o' AND record_id IN (SELECT value FROM json_each('[]'))` + sqliteDialect.eras, "record_history_record (era=? AND workspace_id=? AND object=? AND record_id=?)"},
		{"newest of the log", `SELECT fields FROM record_history WHERE workspace_id = 'w' AND id > 0 ORDER BY id DESC LIMIT 5`, "autoindex_record_history_1 (workspace_id=? AND id>?)"},
		{"open refetches of the log", `SELECT fields FROM record_history WHERE workspace_id = 'w' AND ` + rareOutcome + ` AND ` + openRefetch + ` AND id > 0 ORDER BY id DESC LIMIT 5`, "record_history_rare (workspace_id=? AND id>?)"},
		{"what was written to a record", `SELECT fields FROM sync_log WHERE workspace_id = 'w' AND object = 'o' AND record_id = 'r' AND direction = 'out' AND state = 'done' ORDER BY id DESC LIMIT 9`, "sync_log_written (workspace_id=? AND object=? AND record_id=?)"},
		{"object of a record that has lines", strings.ReplaceAll(strings.ReplaceAll(objectsWith, "$table", "sync_log"), "?", "'w'"), "INDEX sync_log_record (workspace_id=? AND object=? AND record_id=?)"},
		{"object of a record of the mirror", strings.ReplaceAll(strings.ReplaceAll(objectsWith, "$table", "records"), "?", "'w'"), "autoindex_records_1 (workspace_id=? AND object=? AND record_id=?)"},
		{"lines of a meeting", `SELECT fields FROM sync_log WHERE workspace_id = 'w' AND cause_kind = 'meeting' AND cause_ref = 'm' AND cause_ref <> '' AND id > 0 ORDER BY id DESC LIMIT 5`, "sync_log_cause (workspace_id=? AND cause_kind=? AND cause_ref=? AND id>?)"},
		{"lines of a cause", `SELECT fields FROM sync_log WHERE workspace_id = 'w' AND problem_code = 'c' AND problem_code <> '' AND id > 0 ORDER BY id DESC LIMIT 5`, "sync_log_problem (workspace_id=? AND problem_code=? AND id>?)"},
		{"due changes", `SELECT fields FROM outbox WHERE state <> 'parked' AND due_at <= 5 ORDER BY lane, due_at LIMIT 1`, "outbox_due"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var steps []struct {
				ID      int    `db:"id"`
				Parent  int    `db:"parent"`
				NotUsed int    `db:"notused"`
				Detail  string `db:"detail"`
			}
			if err := db.reader.SelectContext(t.Context(), &steps, "EXPLAIN QUERY PLAN "+c.query); err != nil {
				t.Fatal(err)
			}
			var plan strings.Builder
			for _, s := range steps {
				plan.WriteString(s.Detail + "\n")
			}
			if !strings.Contains(plan.String(), c.step) || strings.Contains(plan.String(), "TEMP B-TREE") {
				t.Errorf("plan:\n%s", plan.String())
			}
		})
	}
}

// TestPostgresUsesTheRightIndexBeforeItHasStatistics guards what a first
// backfill meets: nothing was analyzed since the tables were empty.
func TestPostgresUsesTheRightIndexBeforeItHasStatistics(t *testing.T) {
	db, err := Open(t.Context(), testpg.URL(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	records := make([]gateway.Record, 2000)
	for i := range records {
		records[i] = benchRecord(i)
	}
	w := db.In("w")
	err = w.InTx(t.Context(), func(ctx context.Context, tx *Tx) error { return tx.SaveRecords(ctx, records) })
	if err != nil {
		t.Fatal(err)
	}
	page, err := w.recordFilter(t.Context(), RecordQuery{Object: "Contact"})
	if err != nil {
		t.Fatal(err)
	}
	two := db.dialect.list([]string{records[1].Key.ID, records[2].Key.ID})
	cases := []struct {
		name, query, index string
		args               []any
	}{
		{"records of a page", db.dialect.byID(recordColumns, ""), "records_pkey", []any{"w", "Contact", two}},
		{
			"records of a batch", db.dialect.byID(recordColumns, db.dialect.forLock), "records_pkey",
			[]any{"w", "Contact", two},
		},
		{
			"keys of a batch", db.dialect.dropKeys, "record_keys_value",
			[]any{db.dialect.list([]string{"email"}), db.dialect.list([]string{"v"}), db.dialect.list([]string{"o"}), db.dialect.list([]string{"r"}), "w"},
		},
		{"list of records", `SELECT fields FROM records WHERE ` + page.String() + ` ORDER BY label, record_id LIMIT 5`, "records_label", page.args},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			lines, err := list[string](t.Context(), w.read, "explaining", "EXPLAIN "+c.query, c.args...)
			if err != nil {
				t.Fatal(err)
			}
			if plan := strings.Join(lines, "\n"); !strings.Contains(plan, "Index Scan using "+c.index) {
				t.Errorf("plan:\n%s", plan)
			}
		})
	}
}
