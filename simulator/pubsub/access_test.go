package pubsub_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	eventbus "tidegate/eventbus/v1"
	"tidegate/simulator/bus"
	"tidegate/simulator/cdc"
	"tidegate/simulator/cometd"
	"tidegate/simulator/fault"
	"tidegate/simulator/org"
	"tidegate/simulator/pubsub"
)

func TestS21AccessDecidesWhoSubscribes(t *testing.T) {
	access := map[string]pubsub.Access{contacts: pubsub.Denied, "/data/LeadChangeEvent": pubsub.Missing}
	h := start(t, func(c *pubsub.Config) {
		c.Access = func(_, topic string) pubsub.Access { return access[topic] }
	})
	info, err := h.client.GetTopic(h.with(), &eventbus.TopicRequest{TopicName: contacts})
	if err != nil || info.GetCanSubscribe() {
		t.Errorf("topic that is denied: %v, %v", info, err)
	}
	h.subscribe(latest(contacts, 1)).refused(codes.PermissionDenied, "subscription.topic.cannot.subscribe")
	h.subscribe(latest("/data/LeadChangeEvent", 1)).refused(codes.NotFound, "topic.not.found")
}

func TestS21WhatAUserMayNotSeeIsWithheld(t *testing.T) {
	h := start(t, func(c *pubsub.Config) {
		short(c)
		c.See = func(_ string, e *bus.Event) (*bus.Event, bool) { return e, e.Object != "Contact" }
	})
	s := h.subscribe(latest(bus.Everything, 5))
	s.next()
	h.contacts(3)
	h.transact(func(tx *org.Tx) *org.Error {
		_, err := tx.Create("Account", map[string]any{"Name": "Harbor Works"})
		return err
	})
	events, answer := s.collect(1)
	if h.decode(events[0])["Name"] != "Harbor Works" || answer.GetPendingNumRequested() != 4 {
		t.Errorf("answer %v", answer)
	}
	h.contacts(1)
	until(t, "the place to pass what is withheld", func() bool { return number(s.next().GetLatestReplayId()) == h.log.Last() })
}

func TestS21HiddenFieldsAreNullOverAvroToo(t *testing.T) {
	var h *house
	h = start(t, func(c *pubsub.Config) {
		c.See = func(user string, e *bus.Event) (*bus.Event, bool) { return cdc.See(h.engine, user, e) }
	})
	id := h.contact("Moor")
	h.transact(func(tx *org.Tx) *org.Error {
		return tx.Update("Contact", id, map[string]any{"Phone": "1", "Title": "Captain", "MailingCity": "Bern"})
	})
	if err := h.engine.Permit(org.Permission{
		User: h.engine.AdminID(), Object: "Contact", Fields: map[string]string{"Phone": "hidden", "MailingCity": "hidden"},
	}); err != nil {
		t.Fatal(err)
	}
	events, _ := h.subscribe(earliest(contacts, 5)).collect(2)
	got := h.decode(events[1])
	header, _ := got["ChangeEventHeader"].(map[string]any)
	if got["Phone"] != nil || got["MailingAddress"] != nil || got["Title"] != "Captain" {
		t.Errorf("body %v", got)
	}
	if changed, _ := header["changedFields"].([]any); len(changed) != 1 {
		t.Errorf("changedFields %v, want the top level alone", changed)
	}
}

func TestS20CustomChannelsAreTopics(t *testing.T) {
	h := start(t, nil)
	const channel = "/data/Harbor__chn"
	h.subscribe(latest(channel, 1)).refused(codes.NotFound, "topic.not.found")
	if err := h.log.Define(bus.Channel{Name: channel, Members: map[string][]string{"Contact": nil}}); err != nil {
		t.Fatal(err)
	}
	h.transact(func(tx *org.Tx) *org.Error {
		_, err := tx.Create("Account", map[string]any{"Name": "Harbor Works"})
		return err
	})
	h.contacts(1)
	if events, _ := h.subscribe(earliest(channel, 5)).collect(1); h.decode(events[0])["Name"] == nil {
		t.Errorf("event %v", events[0])
	}
}

func TestS26DeliveryAllocationIsShared(t *testing.T) {
	h := start(t, short)
	h.contacts(3)
	h.log.Quota().SetMax(4)
	h.subscribe(earliest(contacts, 5)).collect(3)
	if _, used := h.log.Quota().Used(); used != 3 {
		t.Errorf("%d deliveries counted, want 3", used)
	}
	s := h.subscribe(earliest(contacts, 5))
	s.collect(3) // replays count again
	h.contacts(1)
	s.refused(codes.ResourceExhausted, "subscription.limit.exceeded")
	h.subscribe(latest(contacts, 5)).refused(codes.ResourceExhausted, "subscription.limit.exceeded")
	h.log.Quota().SetMax(0)
	h.subscribe(latest(contacts, 5)).next()
	h.arm(fault.Spec{Kind: cometd.FaultQuota, Seconds: 60})
	h.subscribe(latest(contacts, 5)).refused(codes.ResourceExhausted, "subscription.limit.exceeded")
}

func TestS20EnrichedEventsAreSplitUnderOneReplayID(t *testing.T) {
	h := start(t, nil)
	const channel = "/data/Harbor__chn"
	if err := h.log.Define(bus.Channel{Name: channel, Members: map[string][]string{"Contact": {"Department"}}}); err != nil {
		t.Fatal(err)
	}
	h.log.EnrichBy(func(e *bus.Event, fields []string) []*bus.Event { return cdc.Enrich(h.engine, e, fields) })
	ids := []string{h.contact("Ada"), h.contact("Eve")}
	h.transact(func(tx *org.Tx) *org.Error {
		return tx.Update("Contact", ids[1], map[string]any{"Department": "Sales"})
	})
	h.transact(func(tx *org.Tx) *org.Error {
		for _, id := range ids {
			if err := tx.Update("Contact", id, map[string]any{"Title": "Captain"}); err != nil {
				return err
			}
		}
		return nil
	})
	events, _ := h.subscribe(earliest(channel, 5)).collect(5)
	first, second := events[3], events[4]
	if number(first.GetReplayId()) != number(second.GetReplayId()) {
		t.Errorf("replay ids %d and %d, want one", number(first.GetReplayId()), number(second.GetReplayId()))
	}
	if a, b := h.decode(first), h.decode(second); a["Department"] != nil || b["Department"] != "Sales" || b["Title"] != "Captain" {
		t.Errorf("enriched with %v and %v", a["Department"], b["Department"])
	}
}

func TestS19LongTextsArriveAsDifferences(t *testing.T) {
	h := start(t, nil)
	id := h.contact("Moor")
	text := strings.Repeat("a line of a long note\n", 100)
	h.transact(func(tx *org.Tx) *org.Error { return tx.Update("Contact", id, map[string]any{"Description": text}) })
	h.transact(func(tx *org.Tx) *org.Error {
		return tx.Update("Contact", id, map[string]any{"Description": text + "and one more"})
	})
	events, _ := h.subscribe(earliest(contacts, 5)).collect(3)
	got := h.decode(events[2])
	header, _ := got["ChangeEventHeader"].(map[string]any)
	diff, _ := got["Description"].(string)
	flags, _ := header["diffFields"].([]any)
	if !strings.HasPrefix(diff, "--- \n+++ ") || len(diff) >= len(text) || len(flags) != 1 {
		t.Errorf("description %.80q, diffFields %v", diff, flags)
	}
}
