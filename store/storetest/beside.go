package storetest

import (
	"database/sql"
	"strings"
	"testing"
)

// Beside opens the database at url past the store, for tests that do what an
// administrator, an attacker or a disk does. Connections are not kept.
func Beside(t testing.TB, url string) *sql.DB {
	t.Helper()
	driver, address := "postgres", url
	if path, ok := strings.CutPrefix(url, "sqlite://"); ok {
		driver, address = "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxIdleConns(0)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("closing the database: %v", err)
		}
	})
	return db
}

// Exec runs one statement past the store and returns how many rows it touched.
func Exec(t testing.TB, url, statement string, args ...any) int64 {
	t.Helper()
	done, err := Beside(t, url).ExecContext(t.Context(), statement, args...)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	n, err := done.RowsAffected()
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return n
}

// Number reads one number past the store.
func Number(t testing.TB, url, query string, args ...any) (n int64) {
	t.Helper()
	if err := Beside(t, url).QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}
