package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The heap may grow by collectPercent of what is in use before it is collected,
// and by collectRoom at most: events are short-lived garbage over a small heap,
// and marking was a quarter of our processor time of a backlog on Postgres, a
// tenth on SQLite. With 200 % the resident memory came too near to the 100 MiB
// that we promise at 1,000 events a second, and without a bound a thousand idle
// connections would keep more garbage than memory in use.
const (
	collectPercent = 150
	collectLeast   = 50 // percent; below, marking takes more than it gives
	collectRoom    = 64 << 20
	collectEvery   = 10 * time.Second
)

// spareGarbageCollection steers the collector until ctx ends, unless GOGC says
// otherwise.
func spareGarbageCollection(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	percent := collectPercent
	debug.SetGCPercent(percent)
	tick := time.NewTicker(collectEvery)
	defer tick.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		metrics.Read(live)
		if next := collectAt(live[0].Value.Uint64()); next != percent {
			percent = next
			debug.SetGCPercent(percent)
		}
	}
}

// collectAt returns the percentage for so many bytes in use, in steps of ten:
// each change stops all goroutines for a moment.
func collectAt(live uint64) int {
	percent := collectPercent
	if live > 0 {
		percent = int(min(collectRoom*100/live, collectPercent))
	}
	return max(percent/10*10, collectLeast)
}
