package simulator_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	eventbus "tidegate/eventbus/v1"
	"tidegate/simulator"
	"tidegate/simulator/seed"
)

func dialPubSub(t testing.TB, org *simulator.Running) (eventbus.PubSubClient, context.Context) {
	t.Helper()
	conn, err := grpc.NewClient(org.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	ctx := metadata.AppendToOutgoingContext(t.Context(), "accesstoken", org.AccessToken, "instanceurl", org.URL, "tenantid", org.Engine.ID())
	return eventbus.NewPubSubClient(conn), ctx
}

func TestS22S23WriteArrivesOverPubSub(t *testing.T) {
	org, c := start(t, simulator.Config{Sizes: seed.Sizes{Contacts: 3}, PubSubKeepalive: 20 * time.Millisecond})
	client, ctx := dialPubSub(t, org)
	topic, err := client.GetTopic(ctx, &eventbus.TopicRequest{TopicName: "/data/ContactChangeEvent"})
	if err != nil {
		t.Fatal(err)
	}
	// The schema can be had before any event was published with it.
	if _, err := client.GetSchema(ctx, &eventbus.SchemaRequest{SchemaId: topic.GetSchemaId()}); err != nil {
		t.Fatal(err)
	}
	s, err := client.Subscribe(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(&eventbus.FetchRequest{TopicName: topic.GetTopicName(), NumRequested: 5}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Recv(); err != nil {
		t.Fatal(err)
	}
	c.want(201, "POST", v+"/sobjects/Contact", `{"LastName":"Streamed"}`)
	for {
		r, err := s.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if len(r.GetEvents()) == 0 {
			continue
		}
		if e := r.GetEvents()[0].GetEvent(); e.GetSchemaId() != topic.GetSchemaId() || len(e.GetPayload()) == 0 {
			t.Errorf("event %v", e)
		}
		break
	}
	// Ended tokens leave the stream alone and refuse the next call.
	c.want(201, "POST", "/_sim/faults", `{"kind":"expire_tokens"}`)
	if _, err := s.Recv(); err != nil {
		t.Errorf("after expire_tokens the stream ended: %v", err)
	}
	if _, err := client.GetTopic(ctx, &eventbus.TopicRequest{TopicName: topic.GetTopicName()}); status.Code(err) != codes.Unauthenticated {
		t.Errorf("call with an ended token: %v", err)
	}
	c.want(200, "POST", "/_sim/managed_subscriptions", `{"developer_name":"Harbor","topic_name":"/data/ChangeEvents"}`)
}

func TestS23EventsOfEarlierSchemasAreReadableAfterARestart(t *testing.T) {
	cfg := simulator.Config{DataDir: t.TempDir()}
	org, c := start(t, cfg)
	add := func(name string) {
		c.want(200, "POST", "/_sim/fields", `{"op":"add","object":"Contact","field":{"name":"`+name+`","type":"string","length":40}}`)
	}
	c.want(201, "POST", v+"/sobjects/Contact", `{"LastName":"First"}`)
	add("Berth__c")
	c.want(201, "POST", v+"/sobjects/Contact", `{"LastName":"Second","Berth__c":"7"}`)
	add("Pier__c")
	if err := org.Close(); err != nil {
		t.Fatal(err)
	}
	org, _ = start(t, cfg)
	client, ctx := dialPubSub(t, org)
	s, err := client.Subscribe(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(&eventbus.FetchRequest{TopicName: "/data/ChangeEvents", ReplayPreset: eventbus.ReplayPreset_EARLIEST, NumRequested: 2}); err != nil {
		t.Fatal(err)
	}
	r, err := s.Recv()
	if err != nil || len(r.GetEvents()) != 2 {
		t.Fatalf("events of earlier schemas: %v, %v", r, err)
	}
	for i, e := range r.GetEvents() {
		info, err := client.GetSchema(ctx, &eventbus.SchemaRequest{SchemaId: e.GetEvent().GetSchemaId()})
		if err != nil || strings.Contains(info.GetSchemaJson(), "Berth__c") != (i == 1) {
			t.Errorf("schema of event %d: %v", i, err)
		}
	}
}

func TestS26EditionWithoutCaptureHasNoTopics(t *testing.T) {
	org, _ := start(t, simulator.Config{Edition: "professional"})
	client, ctx := dialPubSub(t, org)
	for _, topic := range []string{"/data/ChangeEvents", "/data/ContactChangeEvent"} {
		if _, err := client.GetTopic(ctx, &eventbus.TopicRequest{TopicName: topic}); status.Code(err) != codes.NotFound {
			t.Errorf("%s: %v", topic, err)
		}
	}
}
