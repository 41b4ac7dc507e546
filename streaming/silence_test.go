package streaming

import (
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/simulator/fault"
	"tidegate/store/storetest"
)

// TestSilenceOfAnObjectIsRecorded: Change Data Capture is switched off for
// Contact, and on again (F-36). The record begins when the object was last
// streamed and survives a restart in between.
func TestSilenceOfAnObjectIsRecorded(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		ids := w.contacts(60)
		signing := w.signing(WebSocket)
		configure := func(c *Config) {
			signing(c)
			c.PubSub, c.AskEvery = w.pubSub(), 50*time.Millisecond
		}
		_, stop := w.start(configure)
		w.settled()
		w.eventually(w.is(gateway.StateOK))
		w.cdc.Capture("Contact", false)
		w.eventually(w.is(gateway.StatePolling))
		off := w.now()
		w.update(ids[0], map[string]any{"Department": "polled"})
		w.settled()
		if got := w.holes(); len(got) != 1 || got[0].State != gateway.HoleOpen || got[0].Cause != gateway.HoleUnstreamed {
			t.Errorf("while it is off: %+v", got)
		}
		stop()
		w.update(ids[1], map[string]any{"Department": "while nobody asked"})
		_, stop = w.start(configure)
		w.eventually(w.is(gateway.StatePolling)) // it is known to be missing, not taken for polled by design
		w.settled()
		w.remove(ids[2])
		w.purge(ids[2])
		w.cdc.Capture("Contact", true)
		w.eventually(w.is(gateway.StateOK))
		h := w.recorded(gateway.HoleUnstreamed)
		w.eventually(w.isGone(ids[2]))
		near(t, "the beginning", h.From, off)
		if p := partIn(t, h, "Contact"); len(h.Objects) != 1 || p.Changed != 2 || p.Deleted != 1 || p.Calls == 0 {
			t.Errorf("recorded %s", told(h))
		}
		w.settled()
		stop()
	})
}

// TestObjectThatWasNeverStreamedIsNoDegradation: an org selects few objects;
// the others are polled by design (UX 8, 9).
func TestObjectThatWasNeverStreamedIsNoDegradation(t *testing.T) {
	w := newWorld(t, "sqlite://"+t.TempDir()+"/t.db")
	w.cdc.Select("Contact")
	w.contacts(10)
	w.create("Account", map[string]any{"Name": "Acme"})
	w.start(func(c *Config) {
		w.over(WebSocket)(c)
		c.PubSub, c.AskEvery = w.pubSub(), 50*time.Millisecond
	})
	w.settled()
	w.eventually(w.transport("Account", "poll"))
	w.eventually(w.transport("Contact", "stream"))
	w.eventually(w.is(gateway.StateOK))
	all, err := w.ws.ObjectStatuses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.State != gateway.StateOK || (s.Object == "Account") != (s.Reason != "") {
			t.Errorf("%s is %s: %q", s.Object, s.State, s.Reason)
		}
	}
	if holes := w.holes(); len(holes) > 0 {
		t.Errorf("recorded %+v", holes)
	}
}

// TestUsedUpAllocationIsRecorded: all objects are polled until Salesforce
// delivers events again (F-37).
func TestUsedUpAllocationIsRecorded(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		ids := w.contacts(30)
		signing := w.signing(PubSubStream)
		configure := func(c *Config) {
			signing(c)
			c.PollAfter, c.AskEvery = 200*time.Millisecond, 100*time.Millisecond
		}
		w.start(configure)
		w.settled()
		w.update(ids[0], map[string]any{"Department": "streamed"})
		w.settled()
		w.arm(fault.Spec{Kind: "pubsub_error", Code: "subscription.limit.exceeded", Seconds: 3600})
		w.arm(fault.Spec{Kind: fault.DropStreams, Count: 1})
		w.eventually(w.is(gateway.StatePolling))
		w.update(ids[1], map[string]any{"Department": "polled"})
		w.remove(ids[2])
		w.settled()
		w.faults.Clear()
		w.eventually(w.is(gateway.StateOK))
		h := w.holes()[0]
		w.recorded(h.Cause)
		if h = w.holes()[0]; len(h.Objects) != 2 || h.Total().Changed < 1 || h.Total().Deleted != 1 {
			t.Errorf("recorded %s", told(h))
		}
		w.update(ids[3], map[string]any{"Department": "streamed"})
		w.settled()
	})
}
