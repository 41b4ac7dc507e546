package streaming

import (
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"tidegate/gateway"
	"tidegate/simulator/fault"
	"tidegate/simulator/org"
	"tidegate/store"
	"tidegate/store/storetest"
)

// TestUnreadableEventsAreKeptAndMadeUpFor lets events come that cannot be read,
// alone and of several records, with and without a header that says whose they
// are: the stream goes on, they are kept raw, the log says so, and the mirror
// equals the org.
func TestUnreadableEventsAreKeptAndMadeUpFor(t *testing.T) { // F-24
	storetest.Engines(t, func(t *testing.T, url string) {
		n := 0
		for _, transport := range []Transport{WebSocket, LongPolling, PubSubStream} {
			for _, mode := range []string{"body", "header"} {
				t.Run(string(transport)+" "+mode, func(t *testing.T) {
					if n++; n > 1 {
						url = freshURL(t, url)
					}
					garbledEvents(t, url, transport, mode)
				})
			}
		}
	})
}

func garbledEvents(t *testing.T, url string, transport Transport, mode string) {
	w := newWorld(t, url)
	ids := w.contacts(60)
	registry := prometheus.NewRegistry()
	metrics, err := NewMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	w.start(func(c *Config) {
		w.over(transport)(c)
		c.Metrics = metrics
	})
	w.settled()
	w.update(ids[0], map[string]any{"Title": "gives a position"})
	w.settled()
	const garbled = 4
	w.arm(fault.Spec{Kind: fault.GarbleEvents, Count: garbled, Mode: mode})
	w.commit(func(tx *org.Tx) *org.Error { return w.rename(tx, ids[10:30], "Merged into one event") })
	w.update(ids[1], map[string]any{"Title": "not read"})
	w.remove(ids[2])
	w.create("Contact", map[string]any{"LastName": "Not read either"})
	for i := 40; i < 50; i++ {
		w.update(ids[i], map[string]any{"Title": "read"})
	}
	w.settled()
	w.eventually(func() string {
		kept, err := w.ws.Quarantine(t.Context(), 100)
		if err != nil || len(kept) != garbled || len(kept[0].Raw) == 0 {
			return fmt.Sprintf("%d events in quarantine, %v", len(kept), err)
		}
		page, err := w.ws.Log(t.Context(), store.LogQuery{Direction: "system", State: string(gateway.LogSkipped), Limit: 100})
		if err != nil || page.Total < garbled {
			return fmt.Sprintf("%d lines in the log, %v", page.Total, err)
		}
		return ""
	})
	if n := counted(t, registry, "", "unreadable"); n == 0 {
		t.Error("the metrics do not count what could not be read")
	}
	w.eventually(w.is(gateway.StateOK))
}

// TestEventDamagedOnTheWayIsAskedForAgain lets events come that cannot be read
// the first two times: the third time they are, and nothing is kept aside.
func TestEventDamagedOnTheWayIsAskedForAgain(t *testing.T) { // F-24
	for _, transport := range []Transport{WebSocket, LongPolling, PubSubStream} {
		t.Run(string(transport), func(t *testing.T) {
			w := newWorld(t, "sqlite://"+t.TempDir()+"/t.db")
			ids := w.contacts(3)
			w.start(w.over(transport))
			w.settled()
			w.update(ids[0], map[string]any{"Title": "gives a position"})
			w.settled()
			w.arm(fault.Spec{Kind: fault.GarbleEvents, Count: 2, Times: triesToRead - 1})
			for _, id := range ids {
				w.update(id, map[string]any{"Title": "read in the end"})
			}
			w.settled()
			if kept, err := w.ws.Quarantine(t.Context(), 100); err != nil || len(kept) != 0 {
				t.Errorf("in quarantine: %+v, %v", kept, err)
			}
			for _, id := range ids { // by the stream: nobody read the records
				r, err := w.ws.Record(t.Context(), gateway.RecordKey{Object: "Contact", ID: id})
				if err != nil || r.Fields["Title"].String() != "read in the end" {
					t.Errorf("%+v, %v", r, err)
				}
			}
		})
	}
}

func TestUnreadEventIsTriedThreeTimes(t *testing.T) { // F-24
	bad := func(ids ...gateway.ReplayID) (list []gateway.Quarantined) {
		for _, id := range ids {
			list = append(list, gateway.Quarantined{ReplayID: id})
		}
		return list
	}
	var tries unreadTries
	for i, step := range []struct {
		come []gateway.Quarantined
		want bool
	}{
		{bad(), false},
		{bad("1"), true},
		{bad("1", "2"), true},
		{bad("1", "2"), true}, // 1 for the third time, 2 for the second
		{bad("1", "2"), false},
		{bad(""), false}, // cannot be told from another
		{bad("", "3"), true},
	} {
		if got := tries.again(step.come); got != step.want {
			t.Errorf("step %d: %v", i, got)
		}
	}
}

// However many cannot be read, and whoever joins them each time, the stream goes on.
func TestUnreadEventsDoNotHoldTheStreamForEver(t *testing.T) { // F-24
	var tries unreadTries
	var batch []gateway.Quarantined
	for n := range 2 * rememberedTries {
		batch = append(batch, gateway.Quarantined{ReplayID: gateway.ReplayID(fmt.Sprint(n))})
	}
	for n := 0; tries.again(batch); n++ {
		if n > mostInARow {
			t.Fatal("the stream stands still")
		}
		batch = append(batch, gateway.Quarantined{ReplayID: gateway.ReplayID(fmt.Sprint("late ", n))})
	}
}
