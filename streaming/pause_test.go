package streaming

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// pause pauses or resumes the contacts, and waits until that is taken up.
func (w *world) pause(paused bool) {
	w.t.Helper()
	err := w.ws.InTx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.PauseObject(ctx, "Contact", "Ann", paused)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.stands(paused)
}

// stands waits until the object's line and its continuity record say whether it
// is paused.
func (w *world) stands(paused bool) {
	w.t.Helper()
	w.eventually(func() string {
		all, err := w.ws.ObjectStatuses(w.t.Context())
		holes, open := w.pauses()
		for _, s := range all {
			if s.Object == "Contact" && (s.State == gateway.StatePaused) != paused || err != nil || open != paused || len(holes) == 0 {
				return fmt.Sprintf("%s is %s: %s, %v", s.Object, s.State, s.Reason, err)
			}
		}
		return ""
	})
}

// pauses are the continuity records of the pause, and whether one is not closed.
func (w *world) pauses() (holes []gateway.Hole, open bool) {
	w.t.Helper()
	holes, _, err := w.ws.Holes(w.t.Context(), store.HoleQuery{Cause: gateway.HolePaused, Limit: 5})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, h := range holes {
		open = open || h.State != gateway.HoleClosed
	}
	return holes, open
}

// UX 12: what changes of a paused object does not come in, also after a restart;
// resumed, what was missed is read and the gap is recorded with its repair.
func TestUX12PausedObjectStandsStillAndIsRepairedWhenResumed(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		ids := w.contacts(20)
		_, stop := w.start(nil)
		w.settled()
		w.update(ids[0], map[string]any{"Title": "Before"})
		w.settled()
		w.pause(true)
		w.update(ids[1], map[string]any{"Title": "Meanwhile"})
		w.remove(ids[2])
		stop()
		_, stop = w.start(nil)
		w.update(ids[3], map[string]any{"Title": "After the restart"})
		w.stands(true)
		w.pass(time.Minute) // so that no overlap makes up for a wrong beginning
		if r, err := w.ws.Record(t.Context(), gateway.RecordKey{Object: "Contact", ID: ids[1]}); err != nil || r.Fields["Title"] == gateway.Text("Meanwhile") {
			t.Errorf("it came in while paused: %v, %v", r.Fields["Title"], err)
		}
		w.pause(false)
		w.settled()
		holes, open := w.pauses()
		if n := holes[0].Total(); open || len(holes) != 1 || n.Changed+n.Deleted < 2 || len(holes[0].Certificate.Statement) == 0 {
			t.Errorf("recorded are %+v", holes)
		}
		stop()
	})
}
