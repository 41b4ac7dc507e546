package streaming

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// A worker of which nothing is to be read rests, and still takes up what others
// leave: a mark, one whose time comes later, a reading that another process
// begins.
func TestRestingWorkerTakesUpWhatOthersLeave(t *testing.T) {
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "idle.db"))
	ids := w.contacts(3)
	c, stop := w.start(nil)
	defer stop()
	rests := func(then func() string) {
		t.Helper()
		w.settled()
		w.eventually(func() string {
			if !c.calm.Load() {
				return "the worker does not rest"
			}
			return then()
		})
	}
	mark := func(until time.Duration) {
		t.Helper()
		keys := []gateway.RecordKey{{Object: "Contact", ID: ids[0]}}
		err := w.ws.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if err := tx.MarkRefetch(ctx, keys, "Another process wants it."); err != nil || until == 0 {
				return err
			}
			return tx.DeferRefetch(ctx, keys, tx.Now().Add(until))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	marked := func(want int) func() string {
		return func() string {
			n := 0
			err := w.ws.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
				_, n, err = tx.Unread(ctx, "Contact")
				return err
			})
			if err != nil || n != want {
				return "there is another number of marks"
			}
			return ""
		}
	}
	rests(marked(0))
	mark(0)
	rests(marked(0))
	mark(time.Hour)
	rests(marked(1))
	w.pass(time.Hour)
	rests(marked(0))
	if err := w.ws.SaveBackfill(t.Context(), gateway.Backfill{Object: "Contact", State: BackfillRunning, Total: -1, StartedAt: w.now()}); err != nil {
		t.Fatal(err)
	}
	rests(func() string {
		if b, err := w.ws.Backfill(t.Context(), "Contact"); err != nil || b.State != BackfillDone {
			return "the reading that another process began is " + b.State
		}
		return ""
	})
}
