package streaming

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/simulator/org"
	"tidegate/store"
	"tidegate/store/storetest"
)

// hinted is a world whose mirror learns of changes by hints alone: nothing is
// streamed, and the next poll is far away.
type hinted struct {
	*world
	mu     sync.Mutex
	asked  [][]string // ids of each call
	before func()     // called before a call returns, after the records were read
	refuse error
}

// Retrieve is the world's, with what the test wants to happen in between.
func (h *hinted) Retrieve(ctx context.Context, object string, ids []string) ([]gateway.ChangeEvent, []string, error) {
	found, missing, err := h.world.Retrieve(ctx, object, ids)
	h.mu.Lock()
	h.asked = append(h.asked, slices.Clone(ids))
	before, refuse := h.before, h.refuse
	h.before = nil
	h.mu.Unlock()
	if before != nil {
		before()
	}
	if refuse != nil {
		return nil, nil, refuse
	}
	return found, missing, err
}

func (h *hinted) calls() [][]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.asked)
}

func newHinted(t *testing.T, url string) *hinted {
	h := &hinted{world: newWorld(t, url)}
	if err := h.ws.CreateHook(t.Context(), gateway.Hook{ID: "hook", Kind: gateway.HookEvents}); err != nil {
		t.Fatal(err)
	}
	return h
}

// begin starts a consumer that only hints make read.
func (h *hinted) begin() (stop func()) {
	_, stop = h.start(func(c *Config) {
		c.Transport, c.Reader = Polling, h
		c.PollEvery, c.SweepEvery = time.Hour, time.Hour
	})
	return stop
}

// tell is what a delivery leaves behind.
func (h *hinted) tell(ids ...string) {
	h.t.Helper()
	keys := make([]gateway.RecordKey, 0, len(ids))
	for _, id := range ids {
		keys = append(keys, gateway.RecordKey{Object: "Contact", ID: id})
	}
	err := h.ws.InTx(h.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AddDelivery(ctx, gateway.HookDelivery{HookID: "hook", Outcome: gateway.HookTaken, Records: keys})
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *hinted) newest(id string) gateway.HistoryEntry {
	h.t.Helper()
	entries, err := h.ws.History(h.t.Context(), gateway.RecordKey{Object: "Contact", ID: id}, 1, 0)
	if err != nil || len(entries) == 0 {
		h.t.Fatalf("history of %s: %v, %v", id, entries, err)
	}
	return entries[0]
}

func TestAHintMakesTheRecordRead(t *testing.T) { // C26, C27
	storetest.Engines(t, func(t *testing.T, url string) {
		h := newHinted(t, url)
		ids := h.contacts(6)
		h.begin()
		h.settled()

		h.update(ids[0], map[string]any{"Title": "Captain"})
		h.remove(ids[1])
		h.remove(ids[2])
		h.purge(ids[2])
		born := h.create("Contact", map[string]any{"LastName": "Born"})
		never := h.create("Contact", map[string]any{"LastName": "Never seen"})
		h.remove(never)
		h.purge(never)
		h.tell(ids[0], ids[1], ids[2], ids[3], born, never, "003000000000009AAA")
		h.settled()

		for id, want := range map[string]gateway.Outcome{
			ids[0]: gateway.OutcomeApplied, ids[1]: gateway.OutcomeDeleted, ids[2]: gateway.OutcomeDeleted, born: gateway.OutcomeApplied,
		} {
			if e := h.newest(id); e.Origin != gateway.OriginHook || e.Outcome != want {
				t.Errorf("%s: outcome %q through %q, want %q through a webhook", id, e.Outcome, e.Origin, want)
			}
		}
		if entries, err := h.ws.History(t.Context(), gateway.RecordKey{Object: "Contact", ID: ids[3]}, 1, 0); err != nil || len(entries) != 0 {
			t.Errorf("S-24: a record without a difference has a line: %+v %v", entries, err)
		}
		// An undelete is told as any other change.
		h.commit(func(tx *org.Tx) *org.Error { return tx.Undelete("Contact", ids[1]) })
		h.tell(ids[1])
		h.settled()
		if e := h.newest(ids[1]); e.Outcome != gateway.OutcomeRestored {
			t.Errorf("outcome %q of a record that is back", e.Outcome)
		}
	})
}

// Many hints about one record are one reading of it, whatever brought them.
func TestHintsOfOneRecordAreOneReading(t *testing.T) { // S-24
	storetest.Engines(t, func(t *testing.T, url string) {
		h := newHinted(t, url)
		ids := h.contacts(3)
		stop := h.begin()
		h.settled()
		stop()
		h.update(ids[0], map[string]any{"Title": "Captain"})
		for range 50 {
			h.tell(ids[0], ids[1])
		}
		// All were there before the process began: a crash loses none.
		h.begin()
		h.settled()
		if calls := h.calls(); len(calls) != 1 || len(calls[0]) != 2 {
			t.Errorf("records were read in %v", calls)
		}
		if entries, err := h.ws.History(t.Context(), gateway.RecordKey{Object: "Contact", ID: ids[0]}, 10, 0); err != nil || len(entries) != 1 {
			t.Errorf("S-24: %d effects, %v", len(entries), err)
		}
	})
}

// What is told while the record is being read may not be in what is read.
func TestAHintDuringAReadingIsNotLost(t *testing.T) { // S-24
	storetest.Engines(t, func(t *testing.T, url string) {
		h := newHinted(t, url)
		ids := h.contacts(2)
		h.begin()
		h.settled()
		h.mu.Lock()
		h.before = func() {
			h.update(ids[0], map[string]any{"Title": "Later"})
			h.tell(ids[0])
		}
		h.mu.Unlock()
		h.update(ids[0], map[string]any{"Title": "Sooner"})
		h.tell(ids[0], ids[1])
		h.settled()
	})
}

// An object that Salesforce refuses to read stops no other.
func TestHintsOfAnUnreadableObjectWait(t *testing.T) {
	h := newHinted(t, "sqlite://"+t.TempDir()+"/t.db")
	ids := h.contacts(2)
	h.begin()
	h.settled()
	h.mu.Lock()
	h.refuse = gateway.Errorf(gateway.CodeSFPermission, "INSUFFICIENT_ACCESS")
	h.mu.Unlock()
	h.update(ids[0], map[string]any{"Title": "Captain"})
	h.tell(ids[0])
	h.eventually(func() string {
		if marks, err := h.ws.Refetches(t.Context(), 10); err != nil || len(marks) != 0 {
			return "the mark is still due"
		}
		return ""
	})
	if came, err := h.ws.HookDeliveries(t.Context(), "hook", 0, 1); err != nil || came[0].Waiting != 1 {
		t.Errorf("nothing waits: %+v %v", came, err)
	}
}
