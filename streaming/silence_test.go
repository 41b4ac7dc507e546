package streaming

import (
	"context"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/simulator/fault"
	"tidegate/simulator/org"
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

// captured tells which objects are selected, as the Tooling API does.
func (w *world) captured(context.Context) ([]string, error) {
	var objects []string
	for _, object := range w.objects {
		if w.cdc.Selects(object) {
			objects = append(objects, object)
		}
	}
	return objects, nil
}

// TestSwitchedOffObjectIsNoticedWithoutThePubSubAPI: the org's list of selected
// objects tells where GetTopic cannot be asked, or does not answer (F-36).
func TestSwitchedOffObjectIsNoticedWithoutThePubSubAPI(t *testing.T) {
	for name, pubSub := range map[string]func(w *world) *PubSub{
		"there is none": func(*world) *PubSub { return nil },
		"nobody answers": func(w *world) *PubSub {
			p := w.pubSub()
			p.Endpoint = "http://127.0.0.1:1"
			return p
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "sqlite://"+t.TempDir()+"/t.db")
			ids := w.contacts(60)
			w.start(func(c *Config) {
				w.over(LongPolling)(c)
				c.PubSub, c.Captured, c.AskEvery = pubSub(w), w.captured, 50*time.Millisecond
			})
			w.settled()
			w.eventually(w.is(gateway.StateOK))
			w.cdc.Capture("Contact", false)
			w.eventually(w.is(gateway.StatePolling))
			w.update(ids[0], map[string]any{"Department": "polled"})
			w.settled()
			w.cdc.Capture("Contact", true)
			w.eventually(w.is(gateway.StateOK))
			w.recorded(gateway.HoleUnstreamed)
			w.update(ids[1], map[string]any{"Department": "streamed"})
			w.settled()
		})
	}
}

// TestObjectSelectedWhileNobodyListenedIsAskedOnceMore: what changed between
// the last asking and the selection is in no stream (F-36).
func TestObjectSelectedWhileNobodyListenedIsAskedOnceMore(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.cdc.Select("Contact")
		ids := w.contacts(10)
		account := w.create("Account", map[string]any{"Name": "Acme"})
		configure := func(c *Config) {
			w.over(WebSocket)(c)
			c.Captured = w.captured
		}
		_, stop := w.start(configure)
		w.settled()
		w.update(ids[0], map[string]any{"Department": "gives a position"})
		w.settled()
		w.eventually(w.transport("Account", "poll"))
		stop()
		w.commit(func(tx *org.Tx) *org.Error {
			return tx.Update("Account", account, map[string]any{"Name": "Acme before it was selected"})
		})
		w.cdc.Select("Contact", "Account")
		w.start(configure)
		w.settled()
		w.eventually(w.is(gateway.StateOK))
	})
}

// TestLostPlaceIsNoHoleOfPolledObjects: an object that was never in the stream
// has lost nothing with it.
func TestLostPlaceIsNoHoleOfPolledObjects(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.cdc.Select("Contact")
		ids := w.contacts(60)
		account := w.create("Account", map[string]any{"Name": "Acme"})
		configure := func(c *Config) {
			w.over(WebSocket)(c)
			c.Captured = w.captured
		}
		_, stop := w.start(configure)
		w.settled()
		w.update(ids[0], map[string]any{"Department": "gives a position"})
		w.settled()
		w.eventually(w.transport("Account", "poll"))
		stop()
		w.update(ids[1], map[string]any{"Department": "nobody saw it"})
		w.commit(func(tx *org.Tx) *org.Error {
			return tx.Update("Account", account, map[string]any{"Name": "Acme, polled"})
		})
		w.arm(fault.Spec{Kind: fault.ExpireReplayIDs})
		w.start(configure)
		w.settled()
		h := w.recorded(gateway.HoleUnknown)
		if len(h.Objects) != 1 || h.Objects[0].Object != "Contact" || h.Objects[0].Changed != 1 {
			t.Errorf("recorded %s", told(h))
		}
	})
}

// TestUsedUpAllocationIsRecorded: all objects are polled until Salesforce
// delivers events again (F-37), whatever the protocol says it by.
func TestUsedUpAllocationIsRecorded(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		for i, transport := range []Transport{PubSubStream, LongPolling} {
			t.Run(string(transport), func(t *testing.T) {
				if i > 0 {
					url = freshURL(t, url)
				}
				usedUpAllocation(t, url, transport)
			})
		}
	})
}

func usedUpAllocation(t *testing.T, url string, transport Transport) {
	w := newWorld(t, url)
	ids := w.contacts(30)
	signing := w.signing(transport)
	w.start(func(c *Config) {
		signing(c)
		c.PollAfter, c.AskEvery = 200*time.Millisecond, 100*time.Millisecond
	})
	w.settled()
	w.update(ids[0], map[string]any{"Department": "streamed"})
	w.settled()
	w.log.Quota().SetMax(1) // which is used already
	w.arm(fault.Spec{Kind: fault.DropStreams, Count: 1})
	w.eventually(w.is(gateway.StatePolling))
	w.update(ids[1], map[string]any{"Department": "polled"})
	w.remove(ids[2])
	w.settled()
	w.log.Quota().SetMax(0)
	w.eventually(w.is(gateway.StateOK))
	h := w.holes()[0]
	w.recorded(h.Cause)
	if h = w.holes()[0]; len(h.Objects) != 2 || h.Total().Changed < 1 || h.Total().Deleted != 1 {
		t.Errorf("recorded %s", told(h))
	}
	w.update(ids[3], map[string]any{"Department": "streamed"})
	w.settled()
}
