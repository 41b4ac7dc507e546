package pubsub_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	eventbus "tidegate/eventbus/v1"
	"tidegate/simulator/fault"
	"tidegate/simulator/pubsub"
)

// A stream of publications on which nothing comes ends with the sweeper's code.
func TestS25IdlePublishStreamEnds(t *testing.T) {
	h := start(t, func(c *pubsub.Config) { c.PublishIdle = time.Millisecond })
	s, err := h.client.PublishStream(h.with())
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Recv()
	h.refusal(err, s.Trailer(), "PublishStream", codes.Aborted, "publish.stream.sweeper.timeout")
}

// Section 3.5: every code of the list can be had, with a status and a text.
func TestS25EveryCodeOfTheListCanBeHad(t *testing.T) {
	h := start(t, nil)
	const list = `service.unavailable service.auth.error service.auth.headers.invalid service.auth.refresh.invalid service.protection.triggered
		service.protection.stream.limit.triggered concurrent.client.limit.exceeded service.tenant.license topic.not.found topic.meta.permission
		schema.meta.permission subscription.topic.cannot.subscribe topic.api.unavailable schema.api.unavailable subscription.internal.error
		topic.validation.empty schema.validation.failed subscription.fetch.topic.mismatch subscription.fetch.request.invalid
		subscription.fetch.requested.events.invalid subscription.fetch.replayid.corrupted subscription.fetch.replayid.validation.failed
		subscription.fetch.replay.repeated subscription.fetch.overflow subscription.limit.exceeded publish.stream.sweeper.timeout
		publish.event.count.invalid publish.topic.mismatch publish.topic.validation.empty publish.auth.refresh.invalid
		managed.subscription.already.active managed.subscription.config.stopped managed.subscription.config.deleted
		managed.subscription.id.or.developer.name.empty managed.subscription.fetch.request.events.invalid managed.subscription.fetch.request.invalid
		managed.subscription.fetch.request.commit.request.restricted managed.subscription.fetch.request.auth.request.restricted
		managed.subscription.developer.name.not.found managed.subscription.subscription.id.not.found managed.subscription.subscription.id.invalid`
	for code := range strings.FieldsSeq(list) {
		h.arm(fault.Spec{Kind: pubsub.FaultError, Code: code})
		var trailer metadata.MD
		_, err := h.client.GetTopic(h.with(), &eventbus.TopicRequest{TopicName: contacts}, grpc.Trailer(&trailer))
		if err == nil || strings.Contains(err.Error(), "The request failed.") || strings.Contains(err.Error(), "%s") {
			t.Errorf("%s: %v", code, err)
		}
		if got := first(trailer, "error-code"); got != prefix+code {
			t.Errorf("%s: told %s", code, got)
		}
	}
}
