package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tidegate/store/storetest"
)

// next is the version after every real one.
const next = "0999_next.sql"

// addsColumn is what the next version does, with the rows that wait in hand.
const addsColumn = `-- +goose Up
ALTER TABLE outbox ADD COLUMN added TEXT NOT NULL DEFAULT 'by the next version';

-- +goose Down
ALTER TABLE outbox DROP COLUMN added;
`

// nextProgram builds the program with one migration more.
var nextProgram = sync.OnceValues(func() (string, error) {
	return variant("tidegate-next", map[string]string{
		filepath.Join("migrations", "sqlite", next): addsColumn, filepath.Join("migrations", "postgres", next): addsColumn,
	})
})

// newest is the version of the program as it is.
func newest(t *testing.T, w *world) string {
	t.Helper()
	lines := strings.Fields(w.tidegate("migrate", "status", "--json"))
	var last struct{ Version int64 }
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(last.Version)
}

// pending counts what waits, and what needs somebody.
func (w *world) pending() (waiting, needs int) {
	w.t.Helper()
	s := w.status()
	return s.Pending, s.NeedsYou
}

// Edits wait while the program is upgraded, and while it is brought back: none
// is lost and none is sent twice. The older program refuses a database that the
// newer one has changed, and says what to do.
func TestUpgradeAndDowngradeKeepTheQueue(t *testing.T) { // F-76
	later, err := nextProgram()
	if err != nil {
		t.Fatal(err)
	}
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		version := newest(t, w)
		const edits = 6
		ids := w.contacts(edits + 1)
		refused := ids[edits]
		w.fault(map[string]any{"kind": "validation_rule", "object": "Contact", "count": 1})
		edit := map[string]any{"fields": map[string]any{"Department": "Refused"}}
		if code, body := w.call(http.MethodPatch, "/records/Contact/"+refused, edit); code != http.StatusUnprocessableEntity {
			t.Fatalf("the refused edit gives %d %s", code, body)
		}
		w.fault(map[string]any{"kind": "http_status", "status": 503, "path": "/services/data", "method": http.MethodPatch, "seconds": 600})
		for i, id := range ids[:edits] {
			if state := w.patch(id, map[string]any{"Department": fmt.Sprint("Waits ", i)}); state != "queued" {
				t.Fatalf("an edit without Salesforce is %s", state)
			}
		}
		steps := []struct{ name, binary string }{{"upgraded", later}, {"back", binary(t)}, {"upgraded again", later}}
		for _, step := range steps {
			if code, _ := w.terminate(); code != 0 {
				t.Fatalf("F-76: exit code %d", code)
			}
			if step.name == "back" {
				w.refusesNewer(version)
				w.binary = later
				_, said, code := commandWith(t, later, w.env, "", "migrate", "down", "--to", "1")
				if code == 0 || !strings.Contains(said, "must be from") {
					t.Errorf("F-76: going back below the queue exits %d: %s", code, said)
				}
				w.tidegate("migrate", "down", "--to", version)
			}
			w.binary = step.binary
			w.start()
			if waiting, needs := w.pending(); waiting != edits || needs != 1 {
				t.Errorf("F-76: %s: %d wait and %d need somebody, want %d and 1", step.name, waiting, needs, edits)
			}
		}
		if n := storetest.Number(t, url, `SELECT COUNT(*) FROM outbox WHERE added = 'by the next version'`); n != edits+1 {
			t.Errorf("F-76: %d entries are in the next version's shape", n)
		}
		w.sim(http.MethodDelete, "/faults", nil, nil)
		// They would go out by themselves, after as long as the outage has been.
		storetest.Exec(t, url, `UPDATE outbox SET due_at = 0 WHERE state <> 'parked'`)
		w.crash()
		w.patch(refused, map[string]any{"Department": "Accepted"})
		w.quiet()
		w.mirrorEqualsOrg()
		for i, id := range ids[:edits] {
			if got := w.truth("Contact")[id].text("Department"); got != fmt.Sprint("Waits ", i) {
				t.Errorf("F-76: the department of %s is %q", id, got)
			}
			w.sentOnce(id)
		}
		if got := w.truth("Contact")[refused].text("Department"); got != "Accepted" {
			t.Errorf("F-76: the department is %q", got)
		}
	})
}

// refusesNewer checks that the program as it is does not touch the database of
// the next version, with and without migrating.
func (w *world) refusesNewer(version string) {
	w.t.Helper()
	for _, migrate := range []string{"on", "off"} {
		_, said, code := command(w.t, append(w.env, "TIDEGATE_MIGRATE="+migrate, "TIDEGATE_HTTP_ADDR=127.0.0.1:0", "TIDEGATE_OPS_ADDR=127.0.0.1:0"), "serve")
		if code == 0 || !strings.Contains(said, "tidegate migrate down --to "+version) {
			w.t.Errorf("F-76: the older program exits %d: %s", code, said)
		}
	}
}
