package store

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"tidegate/gateway"
	"tidegate/testpg"
)

// Whoever looks records up while the keys of a first reading are staged, and
// after each step of filing them, finds what he would find without: by address,
// number and lookup field, alone and many at once, and in lists. A key that a
// record lost meanwhile finds it no more (F-06).
func TestStagedKeysAreFoundLikeOthers_F06(t *testing.T) {
	from, pieces := stageKeysFrom, filedPieces
	t.Cleanup(func() { stageKeysFrom, filedPieces = from, pieces })
	for engine, url := range map[string]string{"sqlite": "sqlite://" + filepath.Join(t.TempDir(), "store.db"), "postgres": testpg.URL(t)} {
		t.Run(engine, func(t *testing.T) {
			filedPieces = 4
			db := stagedDB(t, url)
			staged, plain := db.In("staged"), db.In("plain")
			for _, w := range []*Workspace{staged, plain} {
				if stageKeysFrom = 1; w == plain {
					stageKeysFrom = 1_000_000
				}
				loadStaged(t, w, 0, 150)
				loadStaged(t, w, 150, 300)
			}
			stageKeysFrom = 1
			change := func(i int, email string) {
				for _, w := range []*Workspace{staged, plain} {
					stagedTx(t, w, func(ctx context.Context, tx *Tx) error {
						r := stagedRecord(i)
						r.Fields["Email"] = gateway.Text(email)
						return tx.SaveRecords(ctx, []gateway.Record{r})
					})
				}
			}
			change(5, "new@x.example")
			change(6, "new@x.example")
			change(6, "p6@x.example") // and back
			steps := 0
			for more := true; more; steps++ {
				sameFound(t, staged, plain)
				change(7+steps, "late@x.example")
				sameFound(t, staged, plain)
				var err error
				if more, err = staged.FileKeys(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			sameFound(t, staged, plain)
			if steps < 3 {
				t.Errorf("filed in %d steps", steps)
			}
			keys := func(w *Workspace) []string {
				out, err := list[string](t.Context(), w.read, "reading keys", `SELECT DISTINCT kind || ' ' || value || ' ' || record_id AS k FROM record_keys WHERE workspace_id = ? ORDER BY k`, w.id)
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			if got, want := keys(staged), keys(plain); !slices.Equal(got, want) || len(want) < 600 {
				t.Errorf("%d keys are filed, %d are there", len(got), len(want))
			}
			for _, table := range []string{"staged_keys", "unstaged_keys"} {
				if n, _, err := one[int](t.Context(), staged.read, "counting", `SELECT COUNT(*) FROM `+table); err != nil || n != 0 {
					t.Errorf("%d rows are left in %s: %v", n, table, err)
				}
			}
		})
	}
}

// What is dropped while its keys are staged and read again is found again, once.
func TestStagedKeysOfWhatIsReadAgain_F06(t *testing.T) {
	from := stageKeysFrom
	t.Cleanup(func() { stageKeysFrom = from })
	stageKeysFrom = 1
	for engine, url := range map[string]string{"sqlite": "sqlite://" + filepath.Join(t.TempDir(), "store.db"), "postgres": testpg.URL(t)} {
		t.Run(engine, func(t *testing.T) {
			w := stagedDB(t, url).In("w")
			loadStaged(t, w, 0, 20)
			stagedTx(t, w, func(ctx context.Context, tx *Tx) error {
				_, err := tx.dropRecords(ctx, "Contact")
				return err
			})
			found := func(want int) {
				t.Helper()
				if r, err := w.RecordsByKey(t.Context(), KeyEmail, "p3@x.example"); err != nil || len(r) != want {
					t.Errorf("%d records are found: %v", len(r), err)
				}
			}
			found(0)
			loadStaged(t, w, 0, 20)
			found(1)
			// One that is in the index already, whoever put it there, is no obstacle.
			loadStaged(t, w, 20, 40)
			_, err := w.write.exec(t.Context(), "adding a key", `INSERT INTO record_keys (workspace_id, kind, value, object, record_id) VALUES (?, ?, ?, ?, ?)`,
				w.id, KeyEmail, "p25@x.example", "Contact", stagedRecord(25).Key.ID)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.FileKeys(t.Context()); err != nil {
				t.Fatal(err)
			}
			found(1)
			if r, err := w.RecordsByKey(t.Context(), KeyEmail, "p25@x.example"); err != nil || len(r) != 1 {
				t.Errorf("%d records have the key that was there: %v", len(r), err)
			}
			if staged, err := w.KeysStaged(t.Context()); err != nil || staged {
				t.Errorf("keys are left: %v", err)
			}
		})
	}
}

func stagedDB(t *testing.T, url string) *DB {
	t.Helper()
	db, err := Open(t.Context(), url, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

func stagedTx(t *testing.T, w *Workspace, f func(ctx context.Context, tx *Tx) error) {
	t.Helper()
	if err := w.InTx(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func stagedRecord(i int) gateway.Record {
	return gateway.Record{Key: gateway.RecordKey{Object: "Contact", ID: fmt.Sprintf("003%012dAAA", i)}, Fields: gateway.Fields{
		"LastName": gateway.Text(fmt.Sprint("P", i)), "Email": gateway.Text(fmt.Sprintf("p%d@x.example", i)),
		"Phone": gateway.Text(fmt.Sprintf("+1415555%04d", i%100)), "AccountId": gateway.Text(fmt.Sprintf("001%012dAAA", i%7)),
	}}
}

func loadStaged(t *testing.T, w *Workspace, from, to int) {
	t.Helper()
	table := &gateway.Table{Object: "Contact", Columns: []string{"AccountId", "Email", "LastName", "Phone"}}
	var rows []int
	for i := from; i < to; i++ {
		r := stagedRecord(i)
		row := gateway.TableRow{ID: r.Key.ID}
		for _, c := range table.Columns {
			row.Values = append(row.Values, r.Fields[c])
		}
		table.Rows, rows = append(table.Rows, row), append(rows, i-from)
	}
	stagedTx(t, w, func(ctx context.Context, tx *Tx) error {
		return tx.InsertSnapshot(ctx, Snapshot{Table: table, Rows: rows, First: func(row int) gateway.Record {
			return gateway.Record{Key: gateway.RecordKey{Object: "Contact", ID: table.Rows[row].ID}}
		}})
	})
}

// sameFound asks both workspaces whatever can be asked by keys.
func sameFound(t *testing.T, got, want *Workspace) {
	t.Helper()
	for name, ask := range map[string]func(w *Workspace) ([]gateway.Record, error){
		"lost": func(w *Workspace) ([]gateway.Record, error) {
			return w.RecordsByKey(t.Context(), KeyEmail, "p5@x.example")
		},
		"given": func(w *Workspace) ([]gateway.Record, error) {
			return w.RecordsByKey(t.Context(), KeyEmail, "New@x.example")
		},
		"back": func(w *Workspace) ([]gateway.Record, error) {
			return w.RecordsByKey(t.Context(), KeyEmail, "p6@x.example")
		},
		"late": func(w *Workspace) ([]gateway.Record, error) {
			return w.RecordsByKey(t.Context(), KeyEmail, "late@x.example")
		},
		"number": func(w *Workspace) ([]gateway.Record, error) {
			return w.RecordsByKey(t.Context(), KeyPhone, "(415) 555-0042")
		},
		"many": func(w *Workspace) ([]gateway.Record, error) {
			found, err := w.RecordsByKeys(t.Context(), KeyEmail, []string{"p7@x.example", "p8@x.example", "p299@x.example", "none@x.example"})
			return slices.Concat(found["p7@x.example"], found["p8@x.example"], found["p299@x.example"], found["none@x.example"]), err
		},
		"under": func(w *Workspace) ([]gateway.Record, error) {
			return w.RecordsUnder(t.Context(), "Contact", "AccountId", "001000000000003AAA", 5)
		},
		"list": func(w *Workspace) ([]gateway.Record, error) {
			page, err := w.Records(t.Context(), RecordQuery{Object: "Contact", Where: map[string]string{"AccountId": "001000000000003AAA"}})
			return page.Records, err
		},
		"search": func(w *Workspace) ([]gateway.Record, error) {
			page, err := w.Records(t.Context(), RecordQuery{Object: "Contact", Search: "P11"})
			return page.Records, err
		},
		"search address": func(w *Workspace) ([]gateway.Record, error) {
			page, err := w.Records(t.Context(), RecordQuery{Object: "Contact", Search: "p7@X"})
			return page.Records, err
		},
		"search number": func(w *Workspace) ([]gateway.Record, error) {
			page, err := w.Records(t.Context(), RecordQuery{Object: "Contact", Search: "+1 415 555 0042"})
			return page.Records, err
		},
	} {
		ids := func(w *Workspace) (out []string) {
			records, err := ask(w)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, r := range records {
				out = append(out, r.Key.ID)
			}
			return out
		}
		if a, b := ids(got), ids(want); !slices.Equal(a, b) {
			t.Errorf("%s: found %v, not %v", name, a, b)
		}
	}
}
