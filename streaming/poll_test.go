package streaming

import (
	"fmt"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/simulator/fault"
	"tidegate/simulator/org"
	"tidegate/store/storetest"
	"tidegate/streaming/pubsub"
)

// TestPurgedRecordIsFoundWhilePollingF38: a record leaves without event, stamp or
// trace in the recycle bin. Salesforce's list of deletions tells of it within ten
// rounds; where that does not, the ids are compared.
func TestPurgedRecordIsFoundWhilePollingF38(t *testing.T) {
	for name, listed := range map[string]bool{"by the list of deletions": true, "by its id": false} {
		t.Run(name, func(t *testing.T) {
			storetest.Engines(t, func(t *testing.T, url string) {
				w := newWorld(t, url)
				ids := w.contacts(120)
				if !listed {
					w.unlisted = ids[7]
				}
				w.start(func(c *Config) {
					w.over(Polling)(c)
					if listed {
						c.SweepEvery = time.Hour // but for the one that a start begins with
					}
				})
				w.settled()
				w.eventually(w.sweptOnce("Contact"))
				w.remove(ids[7])
				w.purge(ids[7])
				w.eventually(w.isGone(ids[7]))
				w.settled()
				if sweeps, lists := w.swept("Contact"); listed && sweeps != 1 || lists == 0 {
					t.Errorf("%d sweeps and %d lists of deletions", sweeps, lists)
				}
			})
		})
	}
}

// sweptOnce waits for the sweep that a start begins with.
func (w *world) sweptOnce(object string) func() string {
	return func() string {
		if sweeps, _ := w.swept(object); sweeps == 0 {
			return "the ids were not compared"
		}
		return ""
	}
}

// purge empties a contact out of the recycle bin.
func (w *world) purge(id string) {
	w.t.Helper()
	if err := w.org.Purge(org.Caller{Origin: org.UIOrigin}, "Contact", []string{id}); err != nil {
		w.t.Fatal(err)
	}
	w.purged = id
}

// isGone checks that a contact is a tombstone here.
func (w *world) isGone(id string) func() string {
	return func() string {
		r, err := w.ws.Record(w.t.Context(), gateway.RecordKey{Object: "Contact", ID: id})
		if err != nil || !r.Deleted {
			return fmt.Sprintf("%s is deleted here: %v, %v", id, r.Deleted, err)
		}
		return ""
	}
}

// TestPollingGoesOnAfterARestart: the place of the last reading is stored.
func TestPollingGoesOnAfterARestart(t *testing.T) {
	w := newWorld(t, "sqlite://"+t.TempDir()+"/t.db")
	ids := w.contacts(60)
	_, stop := w.start(w.over(Polling))
	w.settled()
	for n := range 5 {
		stop()
		w.update(ids[n], map[string]any{"Title": "while nobody asked"})
		w.remove(ids[10+n])
		w.mu.Lock()
		w.asked = nil
		w.mu.Unlock()
		_, stop = w.start(w.over(Polling))
		w.settled()
	}
	stop()
	for _, q := range w.asked {
		if q.Object == "Contact" && !q.IncludeDeleted && len(q.Fields) > 0 {
			t.Errorf("read from the start again: %+v", q.AfterID)
		}
	}
}

// TestObjectOutsideTheStreamIsPolled takes one object out of the stream and
// puts it back (F-36).
func TestObjectOutsideTheStreamIsPolled(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		ids := w.contacts(60)
		account := w.create("Account", map[string]any{"Name": "Acme"})
		w.start(func(c *Config) {
			w.over(WebSocket)(c)
			c.PubSub, c.AskEvery = w.pubSub(), 50*time.Millisecond
		})
		w.settled()
		w.eventually(w.is(gateway.StateOK))
		w.cdc.Capture("Contact", false)
		w.eventually(w.is(gateway.StatePolling))
		for n := range 10 {
			w.update(ids[n], map[string]any{"Title": fmt.Sprint("polled ", n)})
		}
		w.remove(ids[20])
		w.settled()
		w.eventually(w.transport("Contact", "poll"))
		w.eventually(w.transport("Account", "stream"))
		w.commit(func(tx *org.Tx) *org.Error {
			return tx.Update("Account", account, map[string]any{"Name": "Acme, streamed"})
		})
		w.settled()

		w.update(ids[30], map[string]any{"Title": "just before the stream"})
		w.cdc.Capture("Contact", true)
		w.eventually(w.is(gateway.StateOK))
		w.eventually(w.transport("Contact", "stream"))
		w.update(ids[31], map[string]any{"Title": "streamed"})
		w.settled()
	})
}

// transport checks what the health page says of an object.
func (w *world) transport(object, want string) func() string {
	return func() string {
		all, err := w.ws.ObjectStatuses(w.t.Context())
		if err != nil {
			return err.Error()
		}
		for _, s := range all {
			if s.Object == object && s.Transport == want {
				return ""
			}
		}
		return fmt.Sprintf("%s is not by %s: %+v", object, want, all)
	}
}

// TestAutoTakesTheBestTransport: websocket where it is offered, else the
// Pub/Sub API where it answers, else long-polling.
func TestAutoTakesTheBestTransport(t *testing.T) {
	tests := []struct {
		name      string
		websocket bool
		pubSub    func(w *world) *PubSub
		want      Transport
		why       string
	}{
		{"everything is there", true, (*world).pubSub, WebSocket, "the org offers it"},
		{"no websocket", false, (*world).pubSub, PubSubStream, "the org offers no websocket"},
		{"no websocket, nobody at the Pub/Sub API", false, func(w *world) *PubSub {
			p := w.pubSub()
			p.Endpoint = "http://127.0.0.1:1"
			return p
		}, LongPolling, "the org offers no websocket, and the Pub/Sub API does not answer"},
		{
			"no websocket, no Pub/Sub API", false, func(*world) *PubSub { return nil }, LongPolling,
			"the org offers no websocket, and the address of its Pub/Sub API is not known",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorldAs(t, "sqlite://"+t.TempDir()+"/t.db", tt.websocket)
			ids := w.contacts(10)
			w.start(func(c *Config) { c.PubSub = tt.pubSub(w) })
			w.settled()
			w.update(ids[0], map[string]any{"Title": "streamed"})
			w.settled()
			w.eventually(w.listens(tt.want, tt.why))
		})
	}
}

// TestPositionOfAnotherTransportIsRepaired: what one protocol knows of its
// place means nothing to the other; the hole is read.
func TestPositionOfAnotherTransportIsRepaired(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		ids := w.contacts(60)
		for n, transport := range []Transport{PubSubStream, LongPolling, PubSubStream, WebSocket} {
			_, stop := w.start(w.over(transport))
			w.update(ids[n], map[string]any{"Title": "seen by " + string(transport)})
			w.settled()
			stop()
			w.update(ids[10+n], map[string]any{"Title": "nobody saw it after " + string(transport)})
			w.remove(ids[20+n])
		}
		w.start(w.over(PubSubStream))
		w.settled()
		w.eventually(w.is(gateway.StateOK))
	})
}

// TestRefusedStreamIsPolled: an org without a stream for us is polled, and
// streamed as soon as it has one.
func TestRefusedStreamIsPolled(t *testing.T) {
	tests := []struct {
		name, code string
		change     func(*Config)
	}{
		{"no such topic", "topic.not.found", func(c *Config) { c.AskEvery = 100 * time.Millisecond }},
		{"F-37 allocation used up", "subscription.limit.exceeded", func(c *Config) { c.PollAfter = 100 * time.Millisecond }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, "sqlite://"+t.TempDir()+"/t.db")
			w.arm(fault.Spec{Kind: "pubsub_error", Code: tt.code, Seconds: 3600})
			ids := w.contacts(30)
			w.start(func(c *Config) {
				w.over(PubSubStream)(c)
				tt.change(c)
			})
			w.settled()
			w.eventually(w.is(gateway.StatePolling))
			w.eventually(w.transport("Contact", "poll"))
			w.update(ids[0], map[string]any{"Title": "polled"})
			w.remove(ids[1])
			w.settled()
			w.faults.Clear()
			w.eventually(w.is(gateway.StateOK))
			w.update(ids[2], map[string]any{"Title": "streamed"})
			w.settled()
		})
	}
}

// TestAutoLeavesATransportThatComesToNothing: the Pub/Sub API answers, but
// gives no stream; the next one is taken, and the API when it works again.
func TestAutoLeavesATransportThatComesToNothing(t *testing.T) {
	w := newWorldAs(t, "sqlite://"+t.TempDir()+"/t.db", false)
	ids := w.contacts(10)
	w.arm(fault.Spec{Kind: "pubsub_unavailable", Method: "Subscribe", Seconds: 3600})
	w.start(func(c *Config) { c.PubSub, c.AskEvery = w.pubSub(), 500*time.Millisecond })
	w.settled()
	w.eventually(w.listens(LongPolling, "the org offers no websocket, and the Pub/Sub API gives no stream"))
	w.update(ids[0], map[string]any{"Title": "over long-polling"})
	w.settled()
	w.faults.Clear()
	w.eventually(w.listens(PubSubStream, "the org offers no websocket"))
	w.update(ids[1], map[string]any{"Title": "over the Pub/Sub API"})
	w.settled()
}

// listens checks the transport of the connection, and what is said of it.
func (w *world) listens(want Transport, why string) func() string {
	return func() string {
		c, err := w.ws.Connection(w.t.Context())
		if err != nil || c.Transport != string(want) || c.TransportWhy != why {
			return fmt.Sprintf("transport %q because %q, want %q, %v", c.Transport, c.TransportWhy, want, err)
		}
		return ""
	}
}

// TestTypedStreamFaultsConverge lets the Pub/Sub API misbehave in one way each.
func TestTypedStreamFaultsConverge(t *testing.T) {
	tests := []struct {
		name string
		spec fault.Spec
	}{
		{"F-29 unavailable", fault.Spec{Kind: "pubsub_unavailable", Count: 5}},
		{"F-30 one bad token", fault.Spec{Kind: "pubsub_unauthorized", Count: 1}},
		{"F-23 schemas away", fault.Spec{Kind: "pubsub_unavailable", Method: "GetSchema", Count: 10}},
		{"half open", fault.Spec{Kind: "pubsub_half_open", Count: 1}},
		{"F-11 duplicates", fault.Spec{Kind: fault.DuplicateEvents, Count: 40, Times: 3}},
		{"F-13 reordered", fault.Spec{Kind: fault.ReorderEvents, Count: 20}},
		{"F-16 gaps", fault.Spec{Kind: fault.GapEvents, Count: 15}},
		{"F-18 overflow", fault.Spec{Kind: fault.Overflow, Count: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, "sqlite://"+t.TempDir()+"/t.db")
			ids := w.contacts(60)
			w.start(func(c *Config) {
				w.over(PubSubStream)(c)
				adjust := c.PubSub.Adjust
				c.PubSub.Adjust = func(p *pubsub.Config) {
					adjust(p)
					p.Watchdog = 2 * time.Second
				}
			})
			w.settled()
			if tt.spec.Method == "" {
				w.update(ids[0], map[string]any{"Title": "gives a position"})
				w.settled()
			}
			w.arm(tt.spec)
			for n := range 60 {
				w.update(ids[n], map[string]any{"Title": fmt.Sprint("Title ", n), "MailingCity": nil})
				w.update(ids[n], map[string]any{"Title": fmt.Sprint("Better title ", n)})
				if n%20 == 15 { // after the gaps, which would hide its last values
					w.remove(ids[n])
				}
			}
			w.settled()
			w.eventually(w.is(gateway.StateOK))
			w.eventually(func() string {
				for _, f := range w.faults.Armed() {
					if f.Left > 0 {
						return fmt.Sprintf("the fault did not happen: %+v", f)
					}
				}
				return ""
			})
		})
	}
}

// TestNewFieldComesMidStream: the schema changes under the stream, also between
// events that are replayed together (F-25, C22).
func TestNewFieldComesMidStream(t *testing.T) {
	w := newWorld(t, "sqlite://"+t.TempDir()+"/t.db")
	ids := w.contacts(20)
	_, stop := w.start(w.over(PubSubStream))
	w.settled()
	w.update(ids[0], map[string]any{"Title": "gives a position"})
	w.settled()
	stop()
	w.update(ids[1], map[string]any{"MailingCity": "Basel", "Title": "by the old schema"})
	err := w.org.Alter(org.Alteration{Op: "add", Object: "Contact", Field: org.FieldSpec{Name: "Aaa_Score__c", Label: "Score", Type: "double", Precision: 6, Scale: 2}})
	if err != nil {
		t.Fatal(err)
	}
	w.update(ids[2], map[string]any{"MailingCity": "Chur", "Aaa_Score__c": 12.5})
	w.start(w.over(PubSubStream))
	for n, want := range map[int]string{1: `"Basel"`, 2: `"Chur"`} {
		w.eventually(func() string {
			r, err := w.ws.Record(t.Context(), gateway.RecordKey{Object: "Contact", ID: ids[n]})
			if err != nil || string(r.Fields["MailingCity"]) != want || (n == 2 && r.Fields["Aaa_Score__c"] != "12.5") {
				return fmt.Sprintf("record %d: %s %v", n, r.Fields.JSON(), err)
			}
			return ""
		})
	}
	if q, err := w.ws.Quarantine(t.Context(), 10); err != nil || len(q) > 0 {
		t.Errorf("in quarantine: %+v, %v", q, err)
	}
}

// TestEveryTransportTellsTheSame: texts, times, numbers and parts of compounds
// in JSON and in Avro.
func TestEveryTransportTellsTheSame(t *testing.T) {
	w := newWorld(t, "sqlite://"+t.TempDir()+"/t.db")
	for _, transport := range []Transport{WebSocket, PubSubStream} {
		_, stop := w.start(w.over(transport))
		w.settled()
		id := w.create("Contact", map[string]any{
			"LastName": "Byron \"<&>\" ü", "FirstName": "Ada", "MailingCity": "Bern", "MailingStreet": "a\nb",
			"MailingLatitude": 46.948, "Birthdate": "1815-12-10", "DoNotCall": true,
		})
		w.settled()
		w.update(id, map[string]any{"MailingCity": nil, "FirstName": nil, "Birthdate": nil, "Email": "ada@example.com"}) // F-19, F-20, F-21
		w.settled()
		stop()
	}
}
