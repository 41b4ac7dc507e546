package pubsub_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	eventbus "tidegate/eventbus/v1"
	"tidegate/simulator/bus"
	"tidegate/simulator/org"
	"tidegate/simulator/pubsub"
)

func latest(topic string, n int32) *eventbus.FetchRequest {
	return &eventbus.FetchRequest{TopicName: topic, NumRequested: n}
}

func earliest(topic string, n int32) *eventbus.FetchRequest {
	return &eventbus.FetchRequest{TopicName: topic, NumRequested: n, ReplayPreset: eventbus.ReplayPreset_EARLIEST}
}

func custom(topic string, n int32, replay []byte) *eventbus.FetchRequest {
	return &eventbus.FetchRequest{TopicName: topic, NumRequested: n, ReplayPreset: eventbus.ReplayPreset_CUSTOM, ReplayId: replay}
}

func TestS14S22WritesArriveAsEvents(t *testing.T) {
	h := start(t, func(c *pubsub.Config) { c.Keepalive = 20 * time.Millisecond })
	s := h.subscribe(latest(contacts, 10))
	s.next() // a sign of life: the subscription stands
	id := h.contact("Moor")
	events, answer := s.collect(1)
	got := h.decode(events[0])
	header, _ := got["ChangeEventHeader"].(map[string]any)
	if fmt.Sprint(header["recordIds"]) != "["+id+"]" || header["changeOrigin"] != "com/salesforce/api/rest/66.0;client=tidegate" {
		t.Errorf("header %v", header)
	}
	e := events[0]
	if number(e.GetReplayId()) != h.log.Last() || number(answer.GetLatestReplayId()) != h.log.Last() || len(e.GetEvent().GetId()) != 36 {
		t.Errorf("event %v, last %d", e, h.log.Last())
	}
	if answer.GetPendingNumRequested() != 9 || len(answer.GetRpcId()) != 36 {
		t.Errorf("answer %v", answer)
	}
}

func TestS22PresetsStartWhereTheySay(t *testing.T) {
	h := start(t, func(c *pubsub.Config) { c.Keepalive = 20 * time.Millisecond })
	h.contacts(3)
	all := h.log.All()
	events, _ := h.subscribe(earliest(contacts, 10)).collect(3)
	if number(events[0].GetReplayId()) != all[0].ReplayID {
		t.Errorf("earliest starts at %d", number(events[0].GetReplayId()))
	}
	events, _ = h.subscribe(custom(contacts, 10, events[0].GetReplayId())).collect(2)
	if number(events[0].GetReplayId()) != all[1].ReplayID {
		t.Errorf("custom starts at %d", number(events[0].GetReplayId()))
	}
	empty := h.subscribe(latest(contacts, 10)).next()
	if len(empty.GetEvents()) != 0 || number(empty.GetLatestReplayId()) != h.log.Last() {
		t.Errorf("latest starts with %v", empty)
	}
}

func TestS9S22UnusableReplayIDsAreRefused(t *testing.T) { // F-07
	h := start(t, nil)
	h.contacts(1)
	issued := h.log.All()[0].ReplayID
	aged := []byte{0, 0, 0, 0, 0, 0, 0, 9}
	for _, row := range []struct {
		what   string
		replay []byte
		code   string
	}{
		{"missing", nil, "subscription.fetch.replayid.validation.failed"},
		{"digits", []byte(fmt.Sprint(issued)), "subscription.fetch.replayid.corrupted"},
		{"too short", []byte{1, 2}, "subscription.fetch.replayid.corrupted"},
		{"minus one", []byte{255, 255, 255, 255, 255, 255, 255, 255}, "subscription.fetch.replayid.corrupted"},
		{"never issued", aged, "subscription.fetch.replayid.corrupted"},
	} {
		t.Run(row.what, func(t *testing.T) {
			h.t = t
			h.subscribe(custom(contacts, 1, row.replay)).refused(codes.InvalidArgument, row.code)
		})
	}
	h.t = t
	kept := h.subscribe(earliest(contacts, 1))
	events, _ := kept.collect(1)
	h.advance(bus.Retention + time.Second)
	h.contacts(1)
	h.subscribe(custom(contacts, 1, events[0].GetReplayId())).refused(codes.InvalidArgument, "subscription.fetch.replayid.corrupted") // S10
}

func TestS22RequestsThatCannotBeServedAreRefused(t *testing.T) {
	h := start(t, nil)
	h.contacts(1)
	for _, row := range []struct {
		what   string
		status codes.Code
		code   string
		first  *eventbus.FetchRequest
		then   *eventbus.FetchRequest
	}{
		{"no topic", codes.InvalidArgument, "topic.validation.empty", latest("", 1), nil},
		{"unknown topic", codes.NotFound, "topic.not.found", latest("/event/AccountChangeEvent", 1), nil},
		{"not captured", codes.NotFound, "topic.not.found", latest("/data/UserChangeEvent", 1), nil},
		{"nothing asked for", codes.InvalidArgument, "subscription.fetch.requested.events.invalid", latest(contacts, 0), nil},
		{"less than nothing", codes.InvalidArgument, "subscription.fetch.requested.events.invalid", latest(contacts, 5), latest("", -1)},
		{"another topic", codes.InvalidArgument, "subscription.fetch.topic.mismatch", latest(contacts, 5), latest("/data/LeadChangeEvent", 1)},
	} {
		t.Run(row.what, func(t *testing.T) {
			h.t = t
			s := h.subscribe(row.first)
			if row.then != nil {
				s.send(row.then)
			}
			s.refused(row.status, row.code)
		})
	}
}

func TestS22CreditsBoundWhatIsSent(t *testing.T) {
	h := start(t, nil)
	h.contacts(250)
	s := h.subscribe(earliest(contacts, 3))
	_, answer := s.collect(3)
	if answer.GetPendingNumRequested() != 0 {
		t.Errorf("%d pending, want 0", answer.GetPendingNumRequested())
	}
	s.send(&eventbus.FetchRequest{NumRequested: 1_000}) // the topic may be left out
	events, answer := s.collect(100)
	if len(events) != 100 || answer.GetPendingNumRequested() != 0 {
		t.Errorf("%d events, %d pending: want 100 and 0", len(events), answer.GetPendingNumRequested())
	}
	// A replay id counts in the first request only.
	s.send(custom(contacts, 147, []byte("no id")))
	if events, _ := s.collect(100); len(events) != 100 {
		t.Errorf("%d events, want 100", len(events))
	}
	s.send(latest(contacts, 47))
	events, _ = s.collect(47)
	if number(events[46].GetReplayId()) != h.log.Last() {
		t.Errorf("last event %d, want %d", number(events[46].GetReplayId()), h.log.Last())
	}
}

func TestLargeEventsAreSpreadOverAnswers(t *testing.T) {
	h := start(t, func(c *pubsub.Config) { c.MaxBytes = 2_000 })
	h.contacts(10)
	s := h.subscribe(earliest(contacts, 10))
	answers := 0
	for n := 0; n < 10; answers++ {
		n += len(s.next().GetEvents())
	}
	if answers < 4 {
		t.Errorf("%d answers for ten events, want more", answers)
	}
}

func TestS22KeepaliveAdvancesPastOtherEvents(t *testing.T) {
	h := start(t, func(c *pubsub.Config) { c.Keepalive = 20 * time.Millisecond })
	s := h.subscribe(latest("/data/LeadChangeEvent", 5))
	before := s.next()
	if len(before.GetEvents()) != 0 || before.GetPendingNumRequested() != 5 {
		t.Errorf("answer %v", before)
	}
	h.contacts(2)
	until(t, "the place to advance", func() bool {
		return number(s.next().GetLatestReplayId()) == h.log.Last()
	})
	// That place is a valid one to come back to, and so is the very first.
	for _, replay := range [][]byte{s.next().GetLatestReplayId(), before.GetLatestReplayId()} {
		if again := h.subscribe(custom("/data/LeadChangeEvent", 5, replay)).next(); len(again.GetEvents()) != 0 {
			t.Errorf("after a keepalive's place: %v", again)
		}
	}
}

func TestS22StreamWithoutCreditsEnds(t *testing.T) {
	h := start(t, func(c *pubsub.Config) { c.Patience, c.Keepalive = 50*time.Millisecond, 10*time.Millisecond })
	h.contacts(3)
	s := h.subscribe(earliest(contacts, 1))
	s.collect(1)
	if _, err := s.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("nothing asked for: %v, want the end and no keepalive", err)
	}
	s = h.subscribe(earliest(contacts, 1))
	s.collect(1)
	s.send(latest(contacts, 1))
	s.collect(1) // asking again in time keeps the stream
}

func TestClientThatClosesGetsAnEnd(t *testing.T) { // C25
	h := start(t, nil)
	s := h.subscribe(latest(contacts, 1))
	if err := s.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if err := s.end(); !errors.Is(err, io.EOF) {
		t.Errorf("ended with %v", err)
	}
}

func TestS23ChannelOfAllObjectsMixesSchemas(t *testing.T) {
	h := start(t, nil)
	h.contact("Moor")
	h.transact(func(tx *org.Tx) *org.Error {
		_, err := tx.Create("Account", map[string]any{"Name": "Harbor Works"})
		return err
	})
	events, _ := h.subscribe(earliest(bus.Everything, 10)).collect(2)
	if a, b := events[0].GetEvent().GetSchemaId(), events[1].GetEvent().GetSchemaId(); a == b {
		t.Errorf("one schema for both: %s", a)
	}
	if got := h.decode(events[1]); got["Name"] != "Harbor Works" {
		t.Errorf("second event %v", got)
	}
}

func TestS23EventsOfOldAndNewSchemaReplayTogether(t *testing.T) {
	h := start(t, nil)
	h.contact("Before")
	if err := h.engine.Alter(org.Alteration{Op: "add", Object: "Contact", Field: org.FieldSpec{Name: "Berth__c", Type: org.TypeString, Length: 40}}); err != nil {
		t.Fatal(err)
	}
	h.transact(func(tx *org.Tx) *org.Error {
		_, err := tx.Create("Contact", map[string]any{"LastName": "After", "Berth__c": "7"})
		return err
	})
	events, _ := h.subscribe(earliest(contacts, 10)).collect(2)
	if events[0].GetEvent().GetSchemaId() == events[1].GetEvent().GetSchemaId() {
		t.Error("the schema id did not change with the field")
	}
	older, newer := h.decode(events[0]), h.decode(events[1])
	if _, known := older["Berth__c"]; known || newer["Berth__c"] != "7" {
		t.Errorf("older %v, newer %v", older, newer["Berth__c"])
	}
	if names := h.lastNames(events); !slices.Equal(names, []string{"Before", "After"}) {
		t.Errorf("names %v", names)
	}
	info, err := h.client.GetTopic(h.with(), &eventbus.TopicRequest{TopicName: contacts})
	if err != nil || info.GetSchemaId() != events[1].GetEvent().GetSchemaId() || !strings.Contains(info.GetTenantGuid(), h.engine.ID()) {
		t.Errorf("topic %v, %v", info, err)
	}
}

// BenchmarkBacklog reports how many events a second one subscriber gets that asks
// for more as soon as half of what it may ask for has come.
func BenchmarkBacklog(b *testing.B) {
	const events = 20_000
	h := start(b, nil)
	for range events / 1000 {
		h.transact(func(tx *org.Tx) *org.Error {
			for i := range 1000 {
				if _, err := tx.Create("Contact", map[string]any{"LastName": fmt.Sprint("Moor ", i), "MailingCity": "Bern", "Email": "a@harbor.example"}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	b.ResetTimer()
	began := time.Now()
	for range b.N {
		s := h.subscribe(earliest(contacts, 100))
		for got := 0; got < events; {
			n := len(s.next().GetEvents())
			got += n
			s.send(latest(contacts, int32(n)))
		}
		s.hangUp()
	}
	b.ReportMetric(float64(events*b.N)/time.Since(began).Seconds(), "events/s")
}

// BenchmarkLive reports how many events a second one subscriber gets while they
// are made: writing the records, capturing and delivering are all in the figure.
func BenchmarkLive(b *testing.B) {
	const events, batch = 20_000, 200
	h := start(b, nil)
	var ids []string
	for range batch {
		ids = append(ids, h.contact("Moor"))
	}
	s := h.subscribe(earliest(contacts, 100))
	s.collect(100)
	s.send(latest(contacts, 100))
	s.collect(100)
	s.send(latest(contacts, 100))
	b.ResetTimer()
	began := time.Now()
	for n := range b.N {
		go func() {
			for i := range events / batch {
				h.transact(func(tx *org.Tx) *org.Error {
					for k, id := range ids {
						if err := tx.Update("Contact", id, map[string]any{"Phone": fmt.Sprint(n, i, k), "MailingCity": fmt.Sprint("Bern ", i+k)}); err != nil {
							return err
						}
					}
					return nil
				})
			}
		}()
		for got := 0; got < events; {
			n := len(s.next().GetEvents())
			got += n
			s.send(latest(contacts, int32(n)))
		}
	}
	b.ReportMetric(float64(events*b.N)/time.Since(began).Seconds(), "events/s")
}
