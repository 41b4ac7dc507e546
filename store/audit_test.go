package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// lockbox is a vault as far as a chain knows one: what it did not seal, it does
// not open.
type lockbox struct{}

func (lockbox) Seal(plain []byte, ws gateway.WorkspaceID, name string) ([]byte, error) {
	return append([]byte(string(ws)+"/"+name+"/"), plain...), nil
}

func (lockbox) Unseal(sealed []byte, ws gateway.WorkspaceID, name string) ([]byte, error) {
	prefix := string(ws) + "/" + name + "/"
	if len(sealed) < len(prefix) || string(sealed[:len(prefix)]) != prefix {
		return nil, errors.New("not sealed here")
	}
	return sealed[len(prefix):], nil
}

// Whoever changes the audit log in the database is found out (S-56).
func TestAuditLogThatIsEditedIsFoundOut_S56(t *testing.T) {
	cases := []struct {
		name  string
		query string
		want  []gateway.AuditBreakKind
	}{
		{name: "as it was written"},
		{"a text is changed", `UPDATE audit SET what = 'nothing' WHERE workspace_id = ? AND n = 3`, []gateway.AuditBreakKind{gateway.AuditChanged}},
		{"a time is changed", `UPDATE audit SET at = at - 1 WHERE workspace_id = ? AND n = 3`, []gateway.AuditBreakKind{gateway.AuditChanged}},
		{"text moves to the next column", `UPDATE audit SET what = what || target, target = '' WHERE workspace_id = ? AND n = 3`, []gateway.AuditBreakKind{gateway.AuditChanged}},
		{"an act is removed", `DELETE FROM audit WHERE workspace_id = ? AND n = 3`, []gateway.AuditBreakKind{gateway.AuditMissing}},
		{"the newest act is removed", `DELETE FROM audit WHERE workspace_id = ? AND n = 6`, []gateway.AuditBreakKind{gateway.AuditMissing}},
		{"the whole log is removed", `DELETE FROM audit WHERE workspace_id = ? AND n > 0`, []gateway.AuditBreakKind{gateway.AuditMissing}},
		{"two acts change places", `UPDATE audit SET n = 7 - n WHERE workspace_id = ? AND n IN (3, 4)`, []gateway.AuditBreakKind{gateway.AuditChanged, gateway.AuditChanged, gateway.AuditChanged}},
		{"an act is copied behind the end", copyAct(7), []gateway.AuditBreakKind{gateway.AuditAdded}},
		{"an act is copied into the chain", copyAct(4), []gateway.AuditBreakKind{gateway.AuditAdded}},
		{"an act is hidden before the chain", `UPDATE audit SET n = 0 WHERE workspace_id = ? AND n = 3`, []gateway.AuditBreakKind{gateway.AuditOlder, gateway.AuditMissing}},
		{"an older act is changed", `UPDATE audit SET by_name = 'x' WHERE workspace_id = ? AND n = 0`, []gateway.AuditBreakKind{gateway.AuditOlder}},
		{"another workspace's log is changed", `UPDATE audit SET what = 'x' WHERE workspace_id = 'b' || ?`, nil},
		{"the key is exchanged", `UPDATE audit_heads SET sealed = mac WHERE workspace_id = ?`, append([]gateway.AuditBreakKind{gateway.AuditKey}, slices.Repeat([]gateway.AuditBreakKind{gateway.AuditChanged}, 6)...)},
	}
	storetest.Engines(t, func(t *testing.T, url string) {
		db := storetest.Open(t, url, store.Options{Sealer: lockbox{}})
		for i, c := range cases {
			a, b := fmt.Sprint("a", i), fmt.Sprint("ba", i)
			w := db.In(gateway.WorkspaceID(a))
			storetest.Exec(t, url, on(`INSERT INTO audit (workspace_id, id, at, by_name, what, target, before_text, after_text, ip)
				VALUES (?, 1, 1, 'Ann', 'an act of an older version', '', '', '', '')`, a)) // as before the migration
			for range 6 {
				act(t, w)
			}
			act(t, db.In(gateway.WorkspaceID(b)))
			if c.query != "" {
				storetest.Exec(t, url, on(c.query, a))
			}
			found, err := w.CheckAudit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []gateway.AuditBreakKind
			for _, broken := range found.Broken {
				got = append(got, broken.Kind)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("S-56: %s: found %v, want %v", c.name, found.Broken, c.want)
			}
		}
	})
}

// on puts the workspace's name where a statement has its mark.
func on(statement, ws string) string { return strings.ReplaceAll(statement, "?", "'"+ws+"'") }

// copyAct copies the third act to another place, as an act of its own.
func copyAct(n int) string {
	return fmt.Sprintf(`INSERT INTO audit (workspace_id, id, at, by_name, what, target, before_text, after_text, ip, n, mac)
		SELECT workspace_id, id + 1000000000, at, by_name, what, target, before_text, after_text, ip, %d, mac FROM audit WHERE workspace_id = ? AND n = 3`, n)
}

func act(t *testing.T, w *store.Workspace) {
	t.Helper()
	if err := w.Audit(t.Context(), gateway.AuditEntry{By: "Ann", What: "changed notes settings", Target: "org", Before: "a", After: "b", IP: "127.0.0.1"}); err != nil {
		t.Fatal(err)
	}
}

// Acts that are removed together with the end of the chain are found out by
// whoever noted an end elsewhere (S-56).
func TestAuditLogThatIsCutOffMissesTheNotedEnd_S56(t *testing.T) {
	url := "sqlite://" + t.TempDir() + "/store.db"
	db := storetest.Open(t, url, store.Options{Sealer: lockbox{}})
	w := db.In("a")
	act(t, w)
	act(t, w)
	noted, err := w.CheckAudit(t.Context())
	if err != nil || !noted.Holds() || noted.Acts != 2 {
		t.Fatalf("%+v, %v", noted, err)
	}
	act(t, w)
	if later, err := w.CheckAudit(t.Context(), noted.End); err != nil || !later.Holds() {
		t.Fatalf("S-56: with the end noted before the last act: %+v, %v", later, err)
	}
	storetest.Exec(t, url, `DELETE FROM audit WHERE n > 1`)
	storetest.Exec(t, url, `UPDATE audit_heads SET n = 1, mac = (SELECT mac FROM audit WHERE n = 1)`)
	cut, err := w.CheckAudit(t.Context(), noted.End)
	if err != nil || cut.Holds() || cut.Broken[0].Kind != gateway.AuditEnd {
		t.Errorf("S-56: cut off: %+v, %v", cut, err)
	}
}

// Many who act at once make one chain, in whichever process, and a check that
// runs meanwhile finds nothing wrong (S-56).
func TestActsAtOnceMakeOneChain_S56(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		first := storetest.Open(t, url, store.Options{Sealer: lockbox{}})
		second := storetest.Open(t, url, store.Options{Sealer: lockbox{}})
		const each = 25
		var all sync.WaitGroup
		for _, db := range []*store.DB{first, second} {
			all.Go(func() {
				for range each {
					if err := db.In("a").Audit(t.Context(), gateway.AuditEntry{By: "Ann", What: "act"}); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for range 5 {
			if found, err := first.In("a").CheckAudit(t.Context()); err != nil || !found.Holds() {
				t.Errorf("S-56: while acts are written: %+v, %v", found, err)
			}
		}
		all.Wait()
		found, err := first.In("a").CheckAudit(t.Context())
		if err != nil || !found.Holds() || found.Acts != 2*each {
			t.Errorf("S-56: %+v, %v", found, err)
		}
	})
}
