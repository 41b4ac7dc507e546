// Package storetest proves that a store.DB keeps its promises, the same on
// every engine.
package storetest

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/testpg"
)

// Engines runs a test once on SQLite and once on Postgres, each with the URL
// of a fresh, empty database.
func Engines(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db")) })
	t.Run("postgres", func(t *testing.T) { f(t, testpg.URL(t)) })
}

// Open opens and migrates a database for a test and closes it afterwards.
func Open(t testing.TB, url string, o store.Options) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// Clock is a clock that moves only when told.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that stands at a fixed moment.
func NewClock() *Clock {
	return &Clock{now: time.Date(2026, 5, 1, 7, 25, 37, 123456000, time.UTC)}
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Run runs the conformance suite. open returns a migrated, empty store that
// uses the clock; the suite shares it and works in workspaces of its own.
func Run(t *testing.T, open func(t *testing.T, clock *Clock) *store.DB) {
	clock := NewClock()
	db := open(t, clock)
	suites := []struct {
		name string
		run  func(*testing.T, *suite)
	}{
		{"records", records},
		{"lists", lists},
		{"keys", keys},
		{"history", history},
		{"positions", positions},
		{"outbox", outbox},
		{"claims", claims},
		{"races", races},
		{"settling", settling},
		{"log", syncLog},
		{"log lines", logLines},
		{"connection", connection},
		{"secrets", secrets},
		{"people", people},
		{"settings", settings},
		{"terms", terms},
		{"together", together},
		{"topics", topics},
		{"deals", deals},
		{"wordings", wordings},
		{"deals changed", dealsChanged},
		{"agents", agents},
		{"meetings", meetings},
		{"writings", writings},
		{"conversations", conversations},
		{"custom kinds", customKinds},
		{"who", whoTakesPart},
		{"undecided", undecided},
		{"revisits", revisits},
		{"filed e-mails", filedEmails},
		{"undecided people", undecidedPeople},
		{"links", links},
		{"suspensions", suspensions},
		{"rekey", rekey},
		{"in order", inOrder},
		{"continuity", continuity},
		{"proofs", proofs},
		{"replans", replans},
		{"replans that were asked for", askedReplans},
		{"many", many},
		{"halting", halting},
		{"pausing", pausing},
		{"sight S-54", sight},
		{"rest", rest},
		{"backfills", backfills},
		{"snapshots", snapshots},
		{"hooks", hooks},
		{"transactions", transactions},
		{"answers", answers},
		{"isolation", isolation},
		{"recent", recent},
		{"rehearsals", rehearsals},
		{"parents", parents},
		{"spent", spent},     // it moves the clock on by a day
		{"traffic", traffic}, // it moves the clock far on
	}
	for _, s := range suites {
		t.Run(s.name, func(t *testing.T) { s.run(t, &suite{db: db, clock: clock}) })
	}
}

// suite is what every part of the conformance suite works with.
type suite struct {
	db    *store.DB
	clock *Clock
}

// workspace returns the handle of a workspace named after the test.
func (s *suite) workspace(t *testing.T) *store.Workspace {
	return s.db.In(gateway.WorkspaceID(t.Name()))
}

// tx runs f in a transaction that must succeed.
func tx(t *testing.T, w *store.Workspace, f func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	if err := w.InTx(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t *testing.T, err error, code gateway.Code) {
	t.Helper()
	if err == nil || gateway.CodeOf(err) != code {
		t.Fatalf("error %v, want code %s", err, code)
	}
}

func contact(id string) gateway.RecordKey { return gateway.RecordKey{Object: "Contact", ID: id} }

// save saves records of one workspace.
func save(t *testing.T, w *store.Workspace, records ...gateway.Record) {
	t.Helper()
	tx(t, w, func(ctx context.Context, tx *store.Tx) error { return tx.SaveRecords(ctx, records) })
}
