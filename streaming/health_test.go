package streaming

import (
	"context"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// TestWhatTheOutboxNotedIsNotWrittenOver: a write was refused because the org's
// calls are used up, and waits. The stream is fine and says so neither before
// the write goes through nor before a reading does (UX 13).
func TestWhatTheOutboxNotedIsNotWrittenOver(t *testing.T) {
	w := newWorld(t, "sqlite://"+t.TempDir()+"/t.db")
	c, stop := w.start(nil)
	w.settled()
	w.eventually(w.is(gateway.StateOK))
	stop()
	key := gateway.RecordKey{Object: "Contact", ID: w.create("Contact", map[string]any{"LastName": "Waits"})}
	err := w.ws.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveChange(ctx, gateway.Change{Key: key, Op: gateway.OpUpdate, State: gateway.StateWaiting, Fields: gateway.Fields{"Title": `"x"`}, Edit: 1})
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.ws.SetConnectionState(t.Context(), "c1", gateway.StateLimited, "The org has used up its API calls for now."); err != nil {
		t.Fatal(err)
	}
	c.health.set(func(h *health) { h.readAt = time.Now().Add(-time.Hour) })
	if c.isOver(t.Context(), gateway.StateOK) {
		t.Error("the refusal is taken for over while the write waits")
	}
	c.health.set(func(h *health) { h.readAt = time.Now().Add(time.Second) })
	if !c.isOver(t.Context(), gateway.StateOK) {
		t.Error("a reading went through, and the refusal still stands")
	}
}
