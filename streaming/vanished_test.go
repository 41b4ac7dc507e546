package streaming

import (
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/simulator/fault"
	"tidegate/store/storetest"
)

// What was deleted in a hole and has left the recycle bin is found in
// Salesforce's list of deletions, in one call; where that does not reach back
// to the beginning of the hole, all ids are compared (F-07, F-38).
func TestDeletionsOfAHoleAreListedOrSweptF07(t *testing.T) {
	for name, tt := range map[string]struct {
		away  time.Duration
		spoil func(w *world)
		swept bool
	}{
		"a week":                  {7 * 24 * time.Hour, nil, false},
		"twenty days":             {20 * 24 * time.Hour, nil, true},
		"the list was cut short":  {24 * time.Hour, func(w *world) { w.arm(fault.Spec{Kind: fault.ForgetDeletions}) }, true},
		"the list lacks a record": {24 * time.Hour, func(w *world) { w.unlisted = w.purged }, true},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Engines(t, func(t *testing.T, url string) {
				w := newWorld(t, url)
				ids := w.contacts(160)
				_, stop := w.start(nil)
				w.settled()
				w.update(ids[0], map[string]any{"Title": "gives a position"})
				w.settled()
				stop()
				w.pass(tt.away / 2)
				w.remove(ids[3])
				w.purge(ids[3])
				w.remove(ids[4])
				w.pass(tt.away / 2)
				if tt.spoil != nil {
					tt.spoil(w)
				}
				w.arm(fault.Spec{Kind: fault.ExpireReplayIDs})
				w.start(nil)
				w.settled()
				w.eventually(w.isGone(ids[3]))
				w.eventually(w.is(gateway.StateOK))
				p := partIn(t, w.holes()[0], "Contact")
				if p.Deleted < 2 || p.State != gateway.HoleClosed {
					t.Errorf("recorded %+v", p)
				}
				if sweeps, lists := w.swept("Contact"); (sweeps > 0) != tt.swept || lists == 0 && tt.away < 15*24*time.Hour {
					t.Errorf("%d sweeps and %d lists of deletions, swept: want %v", sweeps, lists, tt.swept)
				}
			})
		})
	}
}
