package faults

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/streaming"
)

// once checks that every observed change of the object is in the log exactly
// as often as it was made.
func (w *world) once(object string, made int) {
	w.t.Helper()
	lines := w.log("direction=in&object=" + object)
	if len(lines) != made {
		w.t.Errorf("F-01: %d lines in the log for %d changes", len(lines), made)
	}
	for _, l := range lines {
		if l.Outcome != string(gateway.OutcomeApplied) {
			w.t.Errorf("F-01: outcome %s of %s", l.Outcome, l.RecordID)
		}
	}
}

// versions checks that the mirror stands at the org's last change of every
// record.
func (w *world) versions(object string) {
	w.t.Helper()
	here, complaint := w.mirror(object)
	if complaint != "" {
		w.t.Fatal(complaint)
	}
	for id, there := range w.truth(object) {
		if !here[id].asOf.Equal(there.asOf) {
			w.t.Errorf("%s %s is as of %s, there %s", object, id, here[id].asOf, there.asOf)
		}
	}
}

// Killed again and again while changes stream in, the program loses none and
// applies none twice.
func TestKillsDuringAStreamLoseAndRepeatNothing(t *testing.T) { // F-01
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		const changes, kills = 600, 8
		random := rand.New(rand.NewPCG(1, 1))
		var making sync.WaitGroup
		making.Go(func() {
			w.change(map[string]any{"object": "Contact", "op": "update", "count": changes, "rate": 150, "seed": 7})
		})
		for range kills {
			time.Sleep(time.Duration(random.IntN(400)) * time.Millisecond)
			w.crash()
		}
		making.Wait()
		w.mirrorEqualsOrg()
		w.once("Contact", changes)
		w.versions("Contact")
	})
}

// The mirror is written and the position is not yet: the test holds the row of
// the position, so the program waits at the last statement of its transaction
// (on SQLite at its first, because one lock covers all) and is killed there.
func TestKilledBeforeThePositionMovesItIsAllToDoAgain(t *testing.T) { // F-01
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		db := w.store()
		connection, err := db.Connection(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		before, err := db.Position(t.Context(), connection.ID, streaming.Channel)
		if err != nil {
			t.Fatal(err)
		}
		rollBack := errors.New("roll back")
		err = db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Advance(ctx, before.Lease, "", store.AdvanceStats{}); err != nil {
				return err
			}
			w.change(map[string]any{"object": "Contact", "op": "update", "count": 30, "seed": 3})
			time.Sleep(300 * time.Millisecond) // let it come to the lock; nothing depends on it
			w.kill()
			return rollBack
		})
		if !errors.Is(err, rollBack) {
			t.Fatal(err)
		}
		after, err := db.Position(t.Context(), connection.ID, streaming.Channel)
		if err != nil || after.Lease.Position != before.Lease.Position || after.Events != before.Events {
			t.Fatalf("F-01: the position moved from %v to %v (%v)", before, after, err)
		}
		if page, err := db.Log(t.Context(), store.LogQuery{Direction: "in"}); err != nil || page.Total != 1 {
			t.Fatalf("F-01: %d changes are in the log, want that of the anchor (%v)", page.Total, err)
		}
		w.start()
		w.mirrorEqualsOrg()
		w.once("Contact", 30)
		w.versions("Contact")
	})
}

// Before the first event there is no position to go on from: what happened
// meanwhile is read.
func TestKilledBeforeTheFirstEventReadsWhatItMissed(t *testing.T) { // F-01, F-05
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.kill()
		w.batch(5, 0)
		w.start()
		w.mirrorEqualsOrg()
	})
}

// seedsPerEngine and seedsPerTransport make 62 together with two engines.
const (
	seedsPerEngine    = 26
	seedsPerTransport = 5
)

func TestKilledAtARandomPointOfABatch(t *testing.T) { // F-02
	engines(t, func(t *testing.T, url string) {
		killAtRandomPoints(t, newWorld(t, url, options{}), 1, seedsPerEngine)
	})
}

func TestKilledAtARandomPointOfABatchByLongPolling(t *testing.T) { // F-02
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{longPolling: true})
		if s := w.status(); s.Transport != "long-polling" {
			t.Fatalf("transport %q", s.Transport)
		}
		killAtRandomPoints(t, w, 1001, seedsPerTransport)
	})
}

// killAtRandomPoints makes 100 changes for each seed, kills the program while
// they come in, and compares after the restart. Odd seeds kill one that was
// listening, even ones also another that was just catching up.
func killAtRandomPoints(t *testing.T, w *world, first uint64, seeds int) {
	w.anchor()
	made := 1
	for s := first; s < first+uint64(seeds); s++ {
		random := rand.New(rand.NewPCG(s, 0xf02))
		var making sync.WaitGroup
		changes := random.Uint64()
		making.Go(func() { made += w.batch(changes, s) })
		if s%3 == 0 {
			making.Wait() // the kill comes when all of it is on its way
		}
		time.Sleep(time.Duration(random.IntN(60_000)) * time.Microsecond)
		w.kill()
		making.Wait()
		if s%2 == 0 {
			w.start()
			time.Sleep(time.Duration(random.IntN(150_000)) * time.Microsecond)
			w.kill()
		}
		w.start()
		w.mirrorEqualsOrg()
		if t.Failed() {
			t.Fatalf("F-02: seed %d", s)
		}
	}
	if lines := len(w.log("direction=in")); lines != made {
		t.Errorf("F-02: %d lines in the log for %d changes", lines, made)
	}
}

// batch makes 100 changes of all kinds and returns how many records changed.
func (w *world) batch(seed, n uint64) int {
	orders := []struct {
		object, op string
		count      int
	}{
		{"Contact", "update", 40},
		{"Lead", "create", 5},
		{"Opportunity", "update", 15},
		{"Task", "create", 10},
		{"Task", "delete", 8},
		{"Account", "update", 10},
		{"Task", "undelete", 4},
		{"Lead", "update", 5},
		{"Lead", "delete", 3},
	}
	made := 0
	for i, o := range orders {
		var done struct{ Made int }
		w.sim(http.MethodPost, "/changes", map[string]any{"object": o.object, "op": o.op, "count": o.count, "seed": (seed + uint64(i)) >> 12}, &done)
		made += done.Made
	}
	if made != 100 {
		w.t.Errorf("F-02: seed %d made %d changes", n, made)
	}
	return made
}
