// Package testpg starts a throw-away Postgres from installed binaries, for
// tests and benchmarks. The server listens on 127.0.0.1 only, runs as a user
// who is not root, and ends with the program that started it, even when that
// is killed.
package testpg

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"

	_ "github.com/lib/pq" // the driver by which databases are made
)

// EnvURL names the variable that holds the URL of a Postgres to use instead;
// its user must be allowed to create databases.
const EnvURL = "TIDEGATE_TEST_DATABASE_URL"

var shared = sync.OnceValues(func() (string, error) {
	if given := os.Getenv(EnvURL); given != "" {
		return given, nil
	}
	server, err := Start(Options{})
	if err != nil {
		return "", err
	}
	return server.URL, nil // it ends with this process
})

// URL returns the URL of a fresh, empty database. It is dropped when the test
// ends. All tests of a process share one server.
func URL(t testing.TB) string {
	t.Helper()
	base, err := shared()
	if err != nil {
		t.Fatalf("starting Postgres: %v", err)
	}
	name, address, err := create(t.Context(), base)
	if err != nil {
		t.Fatalf("creating a test database: %v", err)
	}
	t.Cleanup(func() {
		if err := run(context.Background(), base, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`); err != nil {
			t.Errorf("dropping the test database: %v", err)
		}
	})
	return address
}

// NewDatabase creates a fresh, empty database on the server and returns its
// URL. It is dropped with the server.
func (s *Server) NewDatabase(ctx context.Context) (string, error) {
	_, address, err := create(ctx, s.URL)
	return address, err
}

// create makes a database of a random name next to the one at base.
func create(ctx context.Context, base string) (name, address string, err error) {
	u, err := url.Parse(base)
	if err != nil {
		return "", "", errors.New("the address of the test database is not a URL")
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // documented never to fail
	name = "tidegate_test_" + hex.EncodeToString(b[:])
	if err := run(ctx, base, `CREATE DATABASE `+name); err != nil {
		return "", "", err
	}
	u.Path = "/" + name
	return name, u.String(), nil
}

func run(ctx context.Context, base, statement string) (err error) {
	db, err := sql.Open("postgres", base)
	if err != nil {
		return fmt.Errorf("opening: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("running %q: %w", statement, err)
	}
	return nil
}
