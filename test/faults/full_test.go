package faults

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tidegate/store/storetest"
	"tidegate/testpg"
)

// fullDisk lets SQLite's file grow no further than it is when it is opened: the
// engine then answers as on a full disk.
const fullDisk = `package main

import (
	"context"

	"modernc.org/sqlite"
)

func init() {
	sqlite.RegisterConnectionHook(func(conn sqlite.ExecQuerierContext, _ string) error {
		_, err := conn.ExecContext(context.Background(), "PRAGMA max_page_count = 1", nil)
		return err
	})
}
`

var fullProgram = sync.OnceValues(func() (string, error) {
	return variant("tidegate-full", map[string]string{filepath.Join("cmd", "tidegate", "fulldisk.go"): fullDisk})
})

// edits tries to edit contacts while nothing can be stored, and returns which
// were confirmed: some may fit into what is left of a disk, not all.
func (w *world) edits(ids []string) (confirmed map[string]bool) {
	w.t.Helper()
	confirmed = map[string]bool{}
	for _, id := range ids {
		edit := map[string]any{"fields": map[string]any{"Title": strings.Repeat("Meanwhile ", 12)}}
		code, body := w.call(http.MethodPatch, "/records/Contact/"+id, edit)
		switch {
		case code == http.StatusOK:
			confirmed[id] = true
		case code != http.StatusServiceUnavailable || !strings.Contains(body, `"code":"unavailable"`):
			w.t.Errorf("F-70: an edit that cannot be stored gives %d: %s", code, body)
		}
	}
	if len(confirmed) == len(ids) {
		w.t.Error("F-70: every edit could be stored")
	}
	return confirmed
}

// onlyConfirmed checks that what was confirmed is in the org, and nothing else.
func (w *world) onlyConfirmed(ids []string, confirmed map[string]bool) {
	w.t.Helper()
	w.quiet()
	truth := w.truth("Contact")
	for _, id := range ids {
		if is := strings.HasPrefix(truth[id].text("Title"), "Meanwhile"); is != confirmed[id] {
			w.t.Errorf("F-70: the edit of %s was confirmed: %v, and is in the org: %v", id, confirmed[id], is)
		}
		if lines := w.log("direction=out&record=" + id); !confirmed[id] && len(lines) > 0 {
			w.t.Errorf("F-70: an edit that was refused is in the log: %+v", lines)
		}
	}
}

// The disk is full: the stream waits where it is, an edit is not confirmed, and
// when there is room again everything goes on without a restart.
func TestFullDiskStoresNothingAndConfirmsNothing(t *testing.T) { // F-70
	t.Parallel()
	full, err := fullProgram()
	if err != nil {
		t.Fatal(err)
	}
	database := "sqlite://" + filepath.Join(t.TempDir(), "store.db")
	w := newWorld(t, database, options{})
	w.anchor()
	ids := w.contacts(30)
	storetest.Exec(t, database, `CREATE TABLE filler (b BLOB)`)
	storetest.Exec(t, database, `INSERT INTO filler SELECT zeroblob(4000) FROM records, (SELECT 1 FROM records LIMIT 20)`)
	if code, _ := w.terminate(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	w.binary = full
	w.start()
	before := w.child
	const created = 60
	w.change(map[string]any{"object": "Account", "op": "create", "count": created, "seed": 70, "values": map[string]any{
		"Name": "Large", "Description": strings.Repeat("So much to tell. ", 1500),
	}})
	eventually(t, func() string {
		if s := w.status(); !strings.Contains(s.Reason, "cannot be stored") {
			return fmt.Sprintf("F-70: state %q: %s", s.State, s.Reason)
		}
		return ""
	})
	confirmed := w.edits(ids)
	storetest.Exec(t, database, `DELETE FROM filler`)
	w.recovered(before)
	// What was sent and could not be settled is sent again after a minute.
	storetest.Exec(t, database, `UPDATE outbox SET due_at = 0`)
	w.onlyConfirmed(ids, confirmed)
	w.once("Account", created)
}

// fillPostgres lets every table answer to writes as Postgres does when it
// cannot extend a file; a server with a full disk of its own cannot be had
// everywhere.
const fillPostgres = `
	CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
	END $$;
	DO $$ DECLARE t name; BEGIN
		FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
			EXECUTE format('CREATE TRIGGER disk_full BEFORE INSERT OR UPDATE OR DELETE ON %I EXECUTE FUNCTION disk_full()', t);
		END LOOP;
	END $$;`

// Postgres's disk is full: the same.
func TestFullPostgresStoresNothingAndConfirmsNothing(t *testing.T) { // F-70
	t.Parallel()
	database := testpg.URL(t)
	w := newWorld(t, database, options{})
	w.anchor()
	before, ids := w.child, w.contacts(5)
	storetest.Exec(t, database, fillPostgres)
	w.missed()
	w.unready()
	confirmed := w.edits(ids)
	if len(confirmed) > 0 {
		t.Errorf("F-70: confirmed without a place to store it: %v", confirmed)
	}
	if code, body := w.page("/login"); code != http.StatusOK && !inWords(body) {
		t.Errorf("F-70: a page gives %d: %s", code, body)
	}
	storetest.Exec(t, database, `DROP FUNCTION disk_full CASCADE`)
	w.recovered(before)
	w.onlyConfirmed(ids, confirmed)
	w.once("Contact", changesAway)
}
