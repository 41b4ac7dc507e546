package pubsub_test

import (
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	eventbus "tidegate/eventbus/v1"
	"tidegate/simulator/bus"
)

func TestS22S25CallsNeedValidMetadata(t *testing.T) {
	h := start(t, nil)
	for _, row := range []struct {
		what string
		with []string
		code string
	}{
		{"no token", []string{"accesstoken", ""}, "service.auth.headers.invalid"},
		{"no instance", []string{"instanceurl", ""}, "service.auth.headers.invalid"},
		{"instance without scheme", []string{"instanceurl", "harbor.my.salesforce.example"}, "service.auth.headers.invalid"},
		{"no tenant", []string{"tenantid", ""}, "service.auth.headers.invalid"},
		{"unknown token", []string{"accesstoken", "00D000000000001!other"}, "service.auth.error"},
		{"token with a scheme", []string{"accesstoken", "Bearer " + goodToken}, "service.auth.error"},
		{"another org", []string{"tenantid", "00D000000000009AAA"}, "service.auth.error"},
		{"another instance", []string{"instanceurl", "https://pier.my.salesforce.example"}, "service.auth.error"},
	} {
		t.Run(row.what, func(t *testing.T) {
			h.t = t
			var trailer metadata.MD
			_, err := h.client.GetTopic(h.with(row.with...), &eventbus.TopicRequest{TopicName: contacts}, grpc.Trailer(&trailer))
			h.refusal(err, trailer, "GetTopic", codes.Unauthenticated, row.code)
			s, err := h.client.Subscribe(h.with(row.with...))
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Recv()
			h.refusal(err, s.Trailer(), "Subscribe", codes.Unauthenticated, row.code)
		})
	}
	h.t = t
	for _, with := range [][]string{{"tenantid", h.engine.ID()[:15]}, {"instanceurl", instance + "/"}, {"x-client-trace-id", "6f0e0b0e-54a1-4b3c-9f8a-0c4e4f4c9a11"}} {
		if _, err := h.client.GetTopic(h.with(with...), &eventbus.TopicRequest{TopicName: contacts}); err != nil {
			t.Errorf("%v: %v", with, err)
		}
	}
}

func TestS23TopicsAreTheChannels(t *testing.T) {
	h := start(t, nil)
	info, err := h.client.GetTopic(h.with(), &eventbus.TopicRequest{TopicName: contacts})
	if err != nil {
		t.Fatal(err)
	}
	if info.GetTopicName() != contacts || !info.GetCanSubscribe() || info.GetCanPublish() || len(info.GetSchemaId()) != 22 ||
		info.GetTenantGuid() != "CORE/prod/"+h.engine.ID() || len(info.GetRpcId()) != 36 {
		t.Errorf("topic %v", info)
	}
	if info, err = h.client.GetTopic(h.with(), &eventbus.TopicRequest{TopicName: bus.Everything}); err != nil || !info.GetCanSubscribe() || info.GetSchemaId() != "" {
		t.Errorf("channel of everything: %v, %v", info, err)
	}
	for topic, code := range map[string]string{
		"": "topic.validation.empty", "/data/contactChangeEvent": "topic.not.found", "/data/UserChangeEvent": "topic.not.found", "AccountChangeEvent": "topic.not.found",
	} {
		want := codes.NotFound
		if topic == "" {
			want = codes.InvalidArgument
		}
		var trailer metadata.MD
		_, err := h.client.GetTopic(h.with(), &eventbus.TopicRequest{TopicName: topic}, grpc.Trailer(&trailer))
		h.refusal(err, trailer, "GetTopic", want, code)
	}
}

func TestS23UnknownSchemasAreRefused(t *testing.T) {
	h := start(t, nil)
	var trailer metadata.MD
	_, err := h.client.GetSchema(h.with(), &eventbus.SchemaRequest{SchemaId: "V2MGwDA2aIP0yQS98S2L6Q"}, grpc.Trailer(&trailer))
	h.refusal(err, trailer, "GetSchema", codes.InvalidArgument, "schema.validation.failed")
}

func TestChangeEventsCannotBePublished(t *testing.T) {
	h := start(t, nil)
	var trailer metadata.MD
	_, err := h.client.Publish(h.with(), &eventbus.PublishRequest{TopicName: contacts}, grpc.Trailer(&trailer))
	h.refusal(err, trailer, "Publish", codes.PermissionDenied, "topic.meta.permission")
	s, err := h.client.PublishStream(h.with())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(&eventbus.PublishRequest{TopicName: contacts}); err != nil {
		t.Fatal(err)
	}
	_, err = s.Recv()
	h.refusal(err, s.Trailer(), "PublishStream", codes.PermissionDenied, "topic.meta.permission")
}
