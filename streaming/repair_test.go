package streaming

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/simulator/fault"
	"tidegate/store/storetest"
)

// TestRepairGoesOnInTheSameRecord: the program ends at every page of a repair
// in turn; one record is continued and closed once.
func TestRepairGoesOnInTheSameRecord(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		ids := w.contacts(230)
		signing := w.signing(WebSocket)
		_, stop := w.start(signing)
		w.settled()
		w.update(ids[0], map[string]any{"Department": "seen"})
		w.settled()
		stop()
		for i, id := range ids {
			switch i % 10 {
			case 0:
				w.remove(id)
			case 1:
				w.remove(id)
				w.purge(id)
			default:
				w.update(id, map[string]any{"Department": fmt.Sprint("nobody saw it ", i)})
			}
		}
		w.arm(fault.Spec{Kind: fault.ExpireReplayIDs})
		for try := 1; try < 7; try++ { // it has six pages
			w.endAt(signing, try)
		}
		w.start(signing)
		w.settled()
		h := w.recorded(gateway.HoleUnknown)
		if n := len(w.holes()); n != 1 {
			t.Errorf("%d records of one hole: %s", n, told(w.holes()...))
		}
		p := partIn(t, h, "Contact")
		if p.Changed != 184 || p.Deleted != 46 {
			t.Errorf("%+v, want 184 changed and 46 deleted", p)
		}
	})
}

// endAt runs a consumer until it has asked for the nth page, which it loses.
func (w *world) endAt(configure func(*Config), n int) {
	reached, released := make(chan struct{}), make(chan struct{})
	asked := 0
	w.mu.Lock()
	w.onRows = func(int, ReadRequest) {
		if asked++; asked == n {
			close(reached)
			<-released
		}
	}
	w.mu.Unlock()
	_, stop := w.start(configure)
	select {
	case <-reached:
	case <-time.After(2 * time.Second): // there are fewer pages left
	}
	ended := make(chan struct{})
	go func() {
		stop()
		close(ended)
	}()
	time.Sleep(20 * time.Millisecond) // the page comes back to somebody who is ending
	close(released)
	<-ended
	w.mu.Lock()
	w.onRows = nil
	w.mu.Unlock()
}

// TestRepairStaysInsideTheBudgetF49: with few calls left the repair waits and
// says so, the stream goes on, and it ends once calls are free again (F-18).
func TestRepairStaysInsideTheBudgetF49(t *testing.T) {
	w := newWorld(t, "sqlite://"+t.TempDir()+"/t.db")
	ids := w.contacts(230)
	used := 0
	budget := NewBudget(w.now, func(context.Context) (int, int, error) { return used, 1000, nil })
	w.start(func(c *Config) {
		w.signing(WebSocket)(c)
		c.Budget = budget
	})
	w.settled()
	w.eventually(w.is(gateway.StateOK))
	budget.Keep(20)
	budget.Saw(758, 1000) // two more for a repair, none for anything else
	w.arm(fault.Spec{Kind: fault.Overflow, Count: 1})
	w.update(ids[0], map[string]any{"Department": "one of very many"})
	w.eventually(func() string {
		conn, err := w.ws.Connection(t.Context())
		if err != nil || conn.State != gateway.StateRepairing || !strings.Contains(conn.StateReason, "Repairing waits") {
			return fmt.Sprintf("state %s: %s, %v", conn.State, conn.StateReason, err)
		}
		return ""
	})
	if seen := budget.Use().Used; seen > 760 {
		t.Errorf("%d calls were used, and 240 are not for repairs", seen)
	}
	w.update(ids[1], map[string]any{"Department": "streamed meanwhile"})
	w.eventually(func() string {
		r, err := w.ws.Record(t.Context(), gateway.RecordKey{Object: "Contact", ID: ids[1]})
		if err != nil || r.Fields["Department"] != `"streamed meanwhile"` {
			return fmt.Sprintf("the stream stands still: %v", err)
		}
		return ""
	})
	w.pass(20 * time.Minute) // it looks again and finds calls
	h := w.recorded(gateway.HoleOverflow)
	w.settled()
	if p := partIn(t, h, "Contact"); p.Read < 230 {
		t.Errorf("recorded %+v", p)
	}
	w.eventually(w.is(gateway.StateOK))
}

// TestRepairThatStandsStillSaysWhatToDo: the user lost access to the object
// while it is repaired; the record fails, and goes on with the access.
func TestRepairThatStandsStillSaysWhatToDo(t *testing.T) {
	w := newWorld(t, "sqlite://"+t.TempDir()+"/t.db")
	ids := w.contacts(60)
	refuse := &refusing{world: w}
	w.start(func(c *Config) {
		w.signing(WebSocket)(c)
		c.Reader = refuse
	})
	w.settled()
	w.eventually(w.is(gateway.StateOK))
	refuse.now.Store(true)
	w.arm(fault.Spec{Kind: fault.Overflow, Count: 1})
	w.update(ids[0], map[string]any{"Department": "one of very many"})
	w.eventually(func() string {
		unclosed, err := w.ws.UnclosedHoles(t.Context())
		if err != nil || len(unclosed) != 1 || unclosed[0].State != gateway.HoleFailed || unclosed[0].Objects[0].Problem == "" {
			return fmt.Sprintf("%+v, %v", unclosed, err)
		}
		return ""
	})
	refuse.now.Store(false)
	w.recorded(gateway.HoleOverflow)
	w.settled()
}

// TestAnyOverlapOfHolesIsClosed lets holes of all kinds come at once.
func TestAnyOverlapOfHolesIsClosed(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		ids := w.contacts(120)
		signing := w.signing(WebSocket)
		_, stop := w.start(signing)
		w.settled()
		w.update(ids[1], map[string]any{"Department": "gives a position"})
		w.settled()
		for round := range 3 {
			w.arm(fault.Spec{Kind: fault.Overflow, Count: 1})
			w.update(ids[0], map[string]any{"Department": fmt.Sprint("overflow ", round)})
			w.arm(fault.Spec{Kind: fault.GapEvents, Count: 3})
			for n := range 3 {
				w.update(ids[10+n], map[string]any{"Department": fmt.Sprint("gap ", round)})
			}
			w.wildcard()
			stop()
			w.remove(ids[20+round])
			w.arm(fault.Spec{Kind: fault.ExpireReplayIDs})
			_, stop = w.start(signing)
		}
		w.settled()
		w.eventually(func() string {
			if unclosed, err := w.ws.UnclosedHoles(t.Context()); err != nil || len(unclosed) > 0 {
				return fmt.Sprintf("unclosed %s, %v", told(unclosed...), err)
			}
			return ""
		})
		causes := map[gateway.HoleCause]bool{}
		for _, h := range w.holes() {
			causes[h.Cause] = true
			w.recorded(h.Cause)
		}
		if !causes[gateway.HoleUnknown] {
			t.Errorf("recorded %v", causes)
		}
	})
}
