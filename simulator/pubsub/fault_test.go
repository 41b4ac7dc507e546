package pubsub_test

import (
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	eventbus "tidegate/eventbus/v1"
	"tidegate/simulator/cometd"
	"tidegate/simulator/fault"
	"tidegate/simulator/org"
	"tidegate/simulator/pubsub"
)

func short(c *pubsub.Config) { c.Keepalive = 20 * time.Millisecond }

func TestS25FaultsEndOpenStreams(t *testing.T) {
	h := start(t, short)
	for _, row := range []struct {
		spec   fault.Spec
		status codes.Code
		code   string
	}{
		{fault.Spec{Kind: pubsub.FaultUnauthorized}, codes.Unauthenticated, "service.auth.error"},
		{fault.Spec{Kind: pubsub.FaultUnavailable, Method: "Subscribe"}, codes.Internal, "service.unavailable"},
		{fault.Spec{Kind: pubsub.FaultError, Code: "subscription.limit.exceeded", Channel: contacts}, codes.ResourceExhausted, "subscription.limit.exceeded"},
		{fault.Spec{Kind: pubsub.FaultError, Code: prefix + "made.up", Status: 14, Message: "no"}, codes.Unavailable, "made.up"},
	} {
		t.Run(row.code, func(t *testing.T) {
			h.t = t
			s := h.subscribe(latest(contacts, 5))
			s.next()
			h.arm(row.spec)
			s.refused(row.status, row.code)
			h.subscribe(latest(contacts, 5)).next() // once only
		})
	}
}

func TestS25StreamIsResetWithoutAnErrorCode(t *testing.T) {
	h := start(t, short)
	s := h.subscribe(latest(contacts, 5))
	s.next()
	h.arm(fault.Spec{Kind: pubsub.FaultError, Code: "none"})
	if err := s.end(); status.Code(err) != codes.Unavailable || len(s.Trailer()["error-code"]) > 0 {
		t.Errorf("ended with %v, trailer %v", err, s.Trailer())
	}
}

func TestStormOfUnavailabilityEndsAfterItsCount(t *testing.T) {
	h := start(t, short)
	h.arm(fault.Spec{Kind: pubsub.FaultUnavailable, Method: "GetTopic", Count: 3})
	for range 3 {
		var trailer metadata.MD
		_, err := h.client.GetTopic(h.with(), &eventbus.TopicRequest{TopicName: contacts}, grpc.Trailer(&trailer))
		h.refusal(err, trailer, "GetTopic", codes.Internal, "service.unavailable")
	}
	if _, err := h.client.GetTopic(h.with(), &eventbus.TopicRequest{TopicName: contacts}); err != nil {
		t.Errorf("after the storm: %v", err)
	}
}

func TestDroppedStreamsBreakOff(t *testing.T) { // F-05
	h := start(t, short)
	s := h.subscribe(latest(contacts, 5))
	s.next()
	h.arm(fault.Spec{Kind: fault.DropStreams})
	if err := s.end(); status.Code(err) != codes.Unavailable || first(s.Trailer(), "error-code") != "" {
		t.Errorf("ended with %v, trailer %v", err, s.Trailer())
	}
	again := h.subscribe(latest(contacts, 5))
	again.next()
	if armed := h.faults.Armed(); len(armed) != 0 {
		t.Errorf("still armed: %v", armed)
	}
}

func TestDropWithoutOpenStreamsCutsTheNextDelivery(t *testing.T) { // F-05
	h := start(t, short)
	h.contacts(1)
	h.arm(fault.Spec{Kind: fault.DropStreams})
	s := h.subscribe(earliest(contacts, 5))
	if r, err := s.Recv(); err == nil {
		t.Errorf("delivered %v", r)
	}
	h.subscribe(earliest(contacts, 5)).collect(1)
}

func TestExpiredReplayIDsAreLost(t *testing.T) { // F-07
	h := start(t, short)
	h.contacts(1)
	events, _ := h.subscribe(earliest(contacts, 5)).collect(1)
	h.arm(fault.Spec{Kind: fault.ExpireReplayIDs})
	h.subscribe(custom(contacts, 5, events[0].GetReplayId())).refused(codes.InvalidArgument, "subscription.fetch.replayid.corrupted")
	if r := h.subscribe(earliest(contacts, 5)).next(); len(r.GetEvents()) != 0 {
		t.Errorf("earliest still delivers %v", r)
	}
}

func TestEventsAreRepeatedAndSwapped(t *testing.T) { // F-13, F-14
	h := start(t, short)
	h.contacts(4)
	h.arm(fault.Spec{Kind: fault.ReorderEvents, Count: 1, Channel: contacts})
	h.arm(fault.Spec{Kind: fault.DuplicateEvents, Count: 1, Times: 3})
	events, answer := h.subscribe(earliest(contacts, 5)).collect(5)
	if names := h.lastNames(events); !slices.Equal(names, []string{"Moor 1", "Moor 1", "Moor 1", "Moor 0", "Moor 2"}) {
		t.Errorf("order %v", names)
	}
	if events[0].GetEvent().GetId() != events[1].GetEvent().GetId() || answer.GetPendingNumRequested() != 0 {
		t.Errorf("repeated events %v", events[:2])
	}
}

func TestLoneTransactionWaitsForANeighborToSwapWith(t *testing.T) { // F-14
	h := start(t, short)
	s := h.subscribe(latest(contacts, 5))
	s.next()
	h.arm(fault.Spec{Kind: fault.ReorderEvents, Count: 1})
	h.contacts(2)
	events, _ := s.collect(2)
	if names := h.lastNames(events); !slices.Equal(names, []string{"Moor 1", "Moor 0"}) {
		t.Errorf("order %v", names)
	}
}

func TestS17GapAndOverflowArriveWithoutABody(t *testing.T) { // F-16, F-18
	h := start(t, short)
	h.arm(fault.Spec{Kind: fault.GapEvents, Object: "Contact", Count: 1})
	h.contact("Gap")
	h.arm(fault.Spec{Kind: fault.Overflow, Object: "Contact"})
	h.contact("Flood")
	events, _ := h.subscribe(earliest(contacts, 5)).collect(2)
	var kinds []string
	for _, e := range events {
		got := h.decode(e)
		header, _ := got["ChangeEventHeader"].(map[string]any)
		kinds = append(kinds, fmt.Sprint(header["changeType"]))
		if got["Name"] != nil {
			t.Errorf("%s with a body", kinds)
		}
	}
	if !slices.Equal(kinds, []string{"GAP_CREATE", "GAP_OVERFLOW"}) {
		t.Errorf("kinds %v", kinds)
	}
}

func TestStallHoldsEventsBackAndKeepsTheStream(t *testing.T) {
	h := start(t, short)
	s := h.subscribe(latest("/data/LeadChangeEvent", 5))
	place := number(s.next().GetLatestReplayId())
	h.arm(fault.Spec{Kind: cometd.FaultStall, Seconds: 60})
	h.transact(func(tx *org.Tx) *org.Error {
		_, err := tx.Create("Lead", map[string]any{"LastName": "Moor", "Company": "Harbor Works"})
		return err
	})
	for range 3 {
		if r := s.next(); len(r.GetEvents()) != 0 || number(r.GetLatestReplayId()) != place {
			t.Errorf("stalled stream answers %v", r)
		}
	}
	h.advance(time.Minute)
	s.collect(1)
}

func TestHalfOpenStreamFallsSilent(t *testing.T) { // F-04
	h := start(t, short)
	s := h.subscribe(latest(contacts, 5))
	s.next()
	h.arm(fault.Spec{Kind: pubsub.FaultHalfOpen})
	until(t, "the stream to fall silent", func() bool { return len(h.faults.Armed()) == 0 })
	h.contacts(1)
	answered := make(chan error, 1)
	go func() {
		for {
			r, err := s.Recv()
			if err != nil || len(r.GetEvents()) > 0 {
				answered <- err
				return
			}
		}
	}()
	select {
	case err := <-answered:
		t.Errorf("the silent stream said %v", err)
	case <-time.After(100 * time.Millisecond): // five keepalives
	}
	s.hangUp()
	if err := <-answered; status.Code(err) != codes.Canceled {
		t.Errorf("hanging up: %v", err)
	}
}

func TestSlowConsumerIsCutOff(t *testing.T) {
	h := start(t, short)
	h.contacts(1)
	h.arm(fault.Spec{Kind: fault.SlowConsumer, Channel: contacts})
	h.subscribe(earliest(contacts, 5)).refused(codes.ResourceExhausted, "service.protection.triggered")
}

func TestSlowAnswersComeInTheEnd(t *testing.T) {
	h := start(t, nil)
	h.contacts(1)
	h.arm(fault.Spec{Kind: pubsub.FaultSlow, Millis: 30, Count: 2, Method: "Subscribe"})
	h.subscribe(earliest(contacts, 5)).collect(1)
	if armed := h.faults.Armed(); len(armed) != 0 {
		t.Errorf("still armed: %v", armed)
	}
}

func TestClosingTheServerEndsStreams(t *testing.T) {
	h := start(t, short)
	s := h.subscribe(latest(contacts, 5))
	s.next()
	h.server.Close()
	if err := s.end(); err == io.EOF || err == nil {
		t.Errorf("ended with %v", err)
	}
}
