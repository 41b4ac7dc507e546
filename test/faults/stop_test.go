package faults

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// drainLimit is the contract's 10 s and some for a busy machine.
const drainLimit = 15 * time.Second

// worker edits one contact again and again, and remembers the last edit that
// was confirmed to it.
type worker struct {
	id        string
	confirmed atomic.Int64 // number of the last edit that was answered with 200
	sent      int64
}

func (k *worker) edit(w *world, stop *atomic.Bool) {
	for !stop.Load() {
		k.sent++
		code, _ := w.call(http.MethodPatch, "/records/Contact/"+k.id, map[string]any{"fields": map[string]any{"Department": fmt.Sprint("Edit ", k.sent)}})
		switch code {
		case http.StatusOK:
			k.confirmed.Store(k.sent)
		case 0:
			return // the program has gone
		}
	}
}

// standing is the number of the edit that is in the org.
func (k *worker) standing(w *world) (n int64) {
	text := w.truth("Contact")[k.id].text("Department")
	_, _ = fmt.Sscanf(text, "Edit %d", &n) // 0 when there is none
	return n
}

// Told to end while edits go out and changes come in, the program ends in
// time with 0. What it confirmed is in the org in the end; nothing is lost on
// the way in.
func TestTerminatedUnderLoadItDrains(t *testing.T) { // F-72
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		w.fault(map[string]any{"kind": "latency", "ms": 150, "seconds": 3600, "method": http.MethodPatch})
		var stop atomic.Bool
		var running sync.WaitGroup
		workers := make([]*worker, 6)
		for i, id := range w.contacts(len(workers)) {
			workers[i] = &worker{id: id}
			running.Go(func() { workers[i].edit(w, &stop) })
		}
		running.Go(func() {
			w.change(map[string]any{"object": "Account", "op": "update", "count": 300, "rate": 100, "seed": 72})
		})
		eventually(t, func() string {
			for _, k := range workers {
				if k.confirmed.Load() == 0 {
					return "F-72: not everybody's first edit is confirmed"
				}
			}
			return ""
		})
		code, took := w.terminate()
		stop.Store(true)
		running.Wait()
		if code != 0 || took > drainLimit {
			t.Errorf("F-72: exit code %d after %s\n%s", code, took, w.child.log)
		}
		w.sim(http.MethodDelete, "/faults", nil, nil)
		w.start()
		w.quiet()
		w.mirrorEqualsOrg()
		for _, k := range workers {
			if got := k.standing(w); got < k.confirmed.Load() || got > k.sent {
				t.Errorf("F-72: edit %d stands in the org; %d was confirmed, %d sent", got, k.confirmed.Load(), k.sent)
			}
		}
		if n := len(w.log("direction=in&object=Account")); n != 300 {
			t.Errorf("F-72: %d lines in the log for 300 changes", n)
		}
		for _, l := range w.log("direction=out") {
			if l.State != "done" && !strings.HasPrefix(l.State, "skipped") {
				t.Errorf("F-72: a write ended as %s: %s", l.State, l.What)
			}
		}
	})
}
