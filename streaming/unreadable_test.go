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
