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
		w.kill()
		w.change(map[string]any{"object": "Account", "op": "update", "count": backlogSize, "seed": 73})
		w.start()
		const applied = `tidegate_inbound_events_total{change="UPDATE",object="Account",outcome="applied"}`
		eventually(t, func() string {
			if w.metric(applied) == 0 {
				return "F-73: nothing of the backlog is applied yet"
			}
			return ""
		})
		edits, heap := 0, 0.0
		for n := 1; n < 200 && (w.metric(applied) < backlogSize/2 || edits == 0); n++ {
			title := fmt.Sprint("Pilot ", n)
			if state := w.patch(id, map[string]any{"Title": title}); state == "written" && w.metric(applied) < backlogSize {
				edits++
			}
			heap = max(heap, w.metric("go_memstats_heap_inuse_bytes"))
			if w.metric(applied) >= backlogSize {
				break
			}
		}
		if edits == 0 {
			t.Error("F-73: no edit was written before the backlog was worked off")
		}
		w.quiet()
		w.mirrorEqualsOrg()
		if heap = max(heap, w.metric("go_memstats_heap_inuse_bytes")); heap > heapLimit {
			t.Errorf("F-73: %.0f MB of heap", heap/(1<<20))
		}
		if n := w.metric("tidegate_inbound_lag_seconds_count"); n < backlogSize {
			t.Errorf("F-73: the lag of %.0f events is shown", n)
		}
	})
}
