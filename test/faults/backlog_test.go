package faults

import (
	"fmt"
	"testing"
)

// backlogSize is enough that an edit comes in the midst of it on any machine;
// `go run ./test/bench -only flood -long` does the same with 1,000,000 events.
const backlogSize = 10_000

// heapLimit is many times what the program needs at rest, and a fraction of
// what it would need to hold a backlog.
const heapLimit = 256 << 20

// What collected while the program was away does not keep people waiting: an
// edit is written before the backlog is worked off, Health shows how far behind
// it is, memory stays bounded, and afterwards the mirror equals the org.
func TestEditIsWrittenInTheMidstOfABacklog(t *testing.T) { // F-73
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		id := w.contacts(1)[0]
		// On a busy machine all of it may be applied before the first edit returns.
		written := false
		for round := 1; round <= 5 && !written; round++ {
			written = w.editInABacklog(id, round)
		}
		if !written {
			t.Error("F-73: no edit was written before the backlog was worked off")
		}
		w.quiet()
		w.mirrorEqualsOrg()
		if heap := w.metric("go_memstats_heap_inuse_bytes"); heap > heapLimit {
			t.Errorf("F-73: %.0f MB of heap", heap/(1<<20))
		}
		if n := w.metric("tidegate_inbound_lag_seconds_count"); n < backlogSize {
			t.Errorf("F-73: the lag of %.0f events is shown", n)
		}
	})
}

// editInABacklog lets a backlog collect and edits until it is worked off; it
// reports whether an edit was written before that.
func (w *world) editInABacklog(id string, round int) (written bool) {
	w.t.Helper()
	w.kill()
	w.change(map[string]any{"object": "Account", "op": "update", "count": backlogSize, "seed": 730 + round})
	w.start()
	for n := 1; n <= 500; n++ {
		state := w.patch(id, map[string]any{"Title": fmt.Sprintf("Pilot %d.%d", round, n)})
		before := w.metric("tidegate_inbound_lag_seconds_count") < backlogSize
		if written = written || state == "written" && before; !before {
			break
		}
		if heap := w.metric("go_memstats_heap_inuse_bytes"); heap > heapLimit {
			w.t.Errorf("F-73: %.0f MB of heap", heap/(1<<20))
		}
	}
	return written
}
