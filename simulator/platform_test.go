package simulator_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/avro"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	eventbus "tidegate/eventbus/v1"
	"tidegate/simulator"
)

const orderEvent = `{"op":"object","object":"Order__e","label":"Order","fields":[
	{"name":"Number__c","type":"string","length":40,"required":true},{"name":"Amount__c","type":"double","precision":16,"scale":2},
	{"name":"Shipped__c","type":"boolean"},{"name":"Due__c","type":"date"},{"name":"Note__c","type":"textarea","length":2000}]}`

// replayed reads the events of a channel after a place, which must be n.
func (c *client) replayed(channel string, replay int64, n int) []string {
	c.t.Helper()
	l := c.listen()
	if refused := l.subscribe(channel, replay); refused != "" {
		c.t.Fatalf("subscribing to %s: %s", channel, refused)
	}
	events := l.wantEvents(make([]string, n)...)
	l.bayeux(`{"channel":"/meta/disconnect","clientId":"`+l.id+`"}`, l.cookies)
	return events
}

func TestS9PlatformEventsArePublishedByRESTAndReplayed(t *testing.T) {
	org, c := start(t, simulator.Config{})
	c.want(200, "POST", "/_sim/fields", orderEvent)
	c.made("Contact", `{"LastName":"Beside"}`)
	var done struct {
		ID      string
		Success bool
		Errors  []struct {
			StatusCode, Message string
			Fields              []string
		}
	}
	c.want(201, "POST", v+"/sobjects/Order__e", `{"Number__c":"7","Amount__c":12,"Due__c":"2026-05-01"}`).into(t, &done)
	if !done.Success || done.ID[:3] != "e00" || len(done.Errors) != 1 || done.Errors[0].StatusCode != "OPERATION_ENQUEUED" || len(done.Errors[0].Message) != 36 {
		t.Fatalf("published: %+v", done)
	}
	r := c.want(200, "POST", v+"/composite/sobjects", `{"records":[{"attributes":{"type":"Order__e"},"Number__c":"8"},{"attributes":{"type":"Order__e"}}]}`)
	if !strings.Contains(string(r.body), "OPERATION_ENQUEUED") || !strings.Contains(string(r.body), "REQUIRED_FIELD_MISSING") {
		t.Errorf("several: %s", r.body)
	}
	events := c.replayed("/event/Order__e", -2, 2)
	var event struct {
		Data struct {
			Payload json.RawMessage
			Event   struct {
				ReplayID  int64  `json:"replayId"`
				EventUUID string `json:"EventUuid"`
			}
		}
	}
	if err := json.Unmarshal([]byte(events[0]), &event); err != nil {
		t.Fatal(err)
	}
	payload, about := string(event.Data.Payload), event.Data.Event
	for _, want := range []string{`"Number__c":"7"`, `"Amount__c":12.0`, `"Shipped__c":false`, `"Due__c":"2026-05-01"`, `"Note__c":null`, `"CreatedById":"` + org.Engine.AdminID() + `"`, `"CreatedDate":"20`} {
		if !strings.Contains(payload, want) {
			t.Errorf("payload %s lacks %s", payload, want)
		}
	}
	if about.EventUUID != done.Errors[0].Message || strings.Contains(payload, "ChangeEventHeader") || strings.Contains(payload, "EventUuid") {
		t.Errorf("event %+v with %s", about, payload)
	}
	if again := c.replayed("/event/Order__e", about.ReplayID, 1); !strings.Contains(again[0], `"8"`) {
		t.Errorf("after the first: %v", again)
	}
	// The channel of all changes has none of them.
	if changes := c.replayed("/data/ChangeEvents", -2, 1); !strings.Contains(changes[0], "Beside") {
		t.Errorf("changes: %v", changes)
	}
}

func TestS9PlatformEventsOfRefusedTransactions(t *testing.T) {
	_, c := start(t, simulator.Config{})
	c.want(200, "POST", "/_sim/fields", orderEvent)
	c.want(200, "POST", "/_sim/fields", `{"op":"object","object":"Audit__e","publish_behavior":"PublishImmediately","fields":[{"name":"What__c","type":"string"}]}`)
	c.want(200, "POST", v+"/composite/sobjects", `{"allOrNone":true,"records":[{"attributes":{"type":"Order__e"},"Number__c":"1"},
		{"attributes":{"type":"Audit__e"},"What__c":"tried"},{"attributes":{"type":"Contact"}}]}`)
	c.want(201, "POST", v+"/sobjects/Order__e", `{"Number__c":"2"}`)
	if got := c.replayed("/event/Order__e", -2, 1)[0]; !strings.Contains(got, `"Number__c":"2"`) {
		t.Errorf("after commit: %s", got)
	}
	c.replayed("/event/Audit__e", -2, 1)
}

func TestS22PlatformEventsArePublishedOverPubSub(t *testing.T) {
	org, c := start(t, simulator.Config{})
	c.want(200, "POST", "/_sim/fields", orderEvent)
	client, ctx := dialPubSub(t, org)
	topic, err := client.GetTopic(ctx, &eventbus.TopicRequest{TopicName: "/event/Order__e"})
	if err != nil || !topic.GetCanPublish() || !topic.GetCanSubscribe() {
		t.Fatalf("topic %v: %v", topic, err)
	}
	info, err := client.GetSchema(ctx, &eventbus.SchemaRequest{SchemaId: topic.GetSchemaId()})
	if err != nil {
		t.Fatal(err)
	}
	schema, err := avro.Parse(info.GetSchemaJson())
	if err != nil {
		t.Fatalf("%v in %s", err, info.GetSchemaJson())
	}
	datum := func(number string) []byte {
		b, err := schema.Encode(map[string]any{
			"CreatedDate": int64(1772446542000), "CreatedById": org.Engine.AdminID(), "Number__c": number, "Amount__c": 12.5,
			"Shipped__c": true, "Due__c": int64(1777593600000), "Note__c": nil,
		})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	const uuid = "0f8fad5b-d9cb-469f-a165-70867728950e"
	done, err := client.Publish(ctx, &eventbus.PublishRequest{TopicName: "/event/Order__e", Events: []*eventbus.ProducerEvent{
		{Id: uuid, SchemaId: topic.GetSchemaId(), Payload: datum("A")},
		{Id: "second", SchemaId: "nowhere", Payload: datum("B")},
		{Id: "third", SchemaId: topic.GetSchemaId(), Payload: []byte{1}},
		{Id: "fourth", SchemaId: topic.GetSchemaId(), Payload: datum(strings.Repeat("x", 41))},
	}})
	if err != nil || len(done.GetResults()) != 4 || done.GetSchemaId() != topic.GetSchemaId() {
		t.Fatalf("published %v: %v", done, err)
	}
	for i, r := range done.GetResults() {
		if (r.GetError() == nil) != (i == 0) || (len(r.GetReplayId()) == 8) != (i == 0) || r.GetError() != nil && r.GetError().GetCode() != eventbus.ErrorCode_PUBLISH {
			t.Errorf("result %d: %v", i, r)
		}
	}
	if done.GetResults()[1].GetCorrelationKey() != "second" {
		t.Errorf("correlation key %q", done.GetResults()[1].GetCorrelationKey())
	}
	stream, err := client.PublishStream(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"/event/Order__e", ""} {
		if err := stream.Send(&eventbus.PublishRequest{TopicName: name, Events: []*eventbus.ProducerEvent{{SchemaId: topic.GetSchemaId(), Payload: datum(fmt.Sprint("S", i))}}}); err != nil {
			t.Fatal(err)
		}
		if r, err := stream.Recv(); err != nil || len(r.GetResults()) != 1 || r.GetResults()[0].GetError() != nil {
			t.Fatalf("stream: %v, %v", r, err)
		}
	}
	s, err := client.Subscribe(ctx)
	if err == nil {
		err = s.Send(&eventbus.FetchRequest{TopicName: "/event/Order__e", ReplayPreset: eventbus.ReplayPreset_EARLIEST, NumRequested: 3})
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Recv()
	if err != nil || len(r.GetEvents()) != 3 || r.GetEvents()[0].GetEvent().GetId() != uuid {
		t.Fatalf("received %v: %v", r, err)
	}
	var got map[string]any
	if _, err := schema.Decode(r.GetEvents()[0].GetEvent().GetPayload(), &got); err != nil || got["Number__c"] != "A" || got["Amount__c"] != 12.5 || got["CreatedDate"] != int64(1772446542000) || got["Due__c"] != int64(1777593600000) || got["Note__c"] != nil {
		t.Errorf("decoded %v: %v", got, err)
	}
	event := c.replayed("/event/Order__e", -2, 3)[0]
	if !strings.Contains(event, uuid) || !strings.Contains(event, `"CreatedDate":"2026-03-02T10:15:42.000Z"`) {
		t.Errorf("by CometD: %s", event)
	}
}

func TestS25RefusedPublications(t *testing.T) {
	org, c := start(t, simulator.Config{})
	c.want(200, "POST", "/_sim/fields", orderEvent)
	client, ctx := dialPubSub(t, org)
	event := []*eventbus.ProducerEvent{{Id: "a"}}
	for _, want := range []struct {
		topic  string
		events []*eventbus.ProducerEvent
		code   codes.Code
	}{
		{"", event, codes.InvalidArgument},
		{"/event/Order__e", nil, codes.InvalidArgument},
		{"/event/Nothing__e", event, codes.NotFound},
		{"/event/order__e", event, codes.NotFound},
		{"/data/ContactChangeEvent", event, codes.PermissionDenied},
	} {
		if _, err := client.Publish(ctx, &eventbus.PublishRequest{TopicName: want.topic, Events: want.events}); status.Code(err) != want.code || !strings.Contains(err.Error(), " rpcId: ") {
			t.Errorf("%s: %v", want.topic, err)
		}
	}
	stream, err := client.PublishStream(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c.want(200, "POST", "/_sim/fields", `{"op":"object","object":"Other__e"}`)
	for _, name := range []string{"/event/Order__e", "/event/Other__e"} {
		if err := stream.Send(&eventbus.PublishRequest{TopicName: name, Events: event}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); status.Code(err) != codes.InvalidArgument || stream.Trailer().Get("error-code")[0] != "sfdc.platform.eventbus.grpc.publish.topic.mismatch" {
		t.Errorf("another topic: %v %v", err, stream.Trailer())
	}
	user := org.Engine.AdminID()
	c.want(204, "POST", "/_sim/permissions", `{"user":"`+user+`","object":"Order__e","create":false}`)
	c.want(403, "POST", v+"/sobjects/Order__e", `{"Number__c":"1"}`)
	if _, err := client.Publish(ctx, &eventbus.PublishRequest{TopicName: "/event/Order__e", Events: event}); status.Code(err) != codes.PermissionDenied {
		t.Errorf("without the right: %v", err)
	}
	c.want(204, "POST", "/_sim/permissions", `{"user":"`+user+`","object":"Order__e","read":false}`)
	if info, err := client.GetTopic(ctx, &eventbus.TopicRequest{TopicName: "/event/Order__e"}); err != nil || info.GetCanSubscribe() {
		t.Errorf("hidden: %v, %v", info, err)
	}
}

func TestR8PlatformEventsAreDescribed(t *testing.T) {
	_, c := start(t, simulator.Config{})
	c.want(200, "POST", "/_sim/fields", orderEvent)
	c.tooled("CustomField", "Order__e.Extra__c", `{"type":"Text","length":20,"label":"Extra"}`)
	c.steps(
		step{"GET", "/sobjects", "", 200, []string{`"name":"Order__e"`}},
		step{"GET", "/sobjects/Order__e/describe", "", 200, []string{`"queryable":false`, `"createable":true`, `"updateable":false`, `"EventUuid"`, `"ReplayId"`, `"Extra__c"`, `"keyPrefix":"e00"`}},
		step{"GET", "/sobjects/Order__e/eventSchema?payloadFormat=COMPACT", "", 200, []string{`"name":"Order__e"`, `"Extra__c"`, `"CreatedBy:EntityId"`}},
		step{"GET", "/sobjects/Order__e/eventSchema", "", 200, []string{`"EventUuid"`}},
		step{"GET", "/query?q=SELECT+ReplayId+FROM+Order__e", "", 400, []string{"INVALID_TYPE_FOR_OPERATION"}},
		step{"GET", "/sobjects/Order__e/updated?start=2026-05-01T00:00:00Z&end=2026-05-02T00:00:00Z", "", 400, []string{"INVALID_TYPE_FOR_OPERATION"}},
		step{"PATCH", "/sobjects/Order__e/e00000000000001", `{"Number__c":"2"}`, 405, []string{"METHOD_NOT_ALLOWED"}},
		step{"POST", "/sobjects/Order__e", `{"Number__c":"2","Nothing__c":1}`, 400, []string{"INVALID_FIELD"}},
		step{"POST", "/sobjects/Order__e", `{"Number__c":"2","EventUuid":"x"}`, 400, []string{"INVALID_FIELD_FOR_INSERT_UPDATE"}},
		step{"POST", "/sobjects/Order__e", `{"Number__c":"` + strings.Repeat("9", 41) + `"}`, 400, []string{"STRING_TOO_LONG"}},
		step{"POST", "/sobjects/Missing__e", `{}`, 404, []string{"NOT_FOUND"}},
	)
	for _, bad := range []string{
		`{"op":"add","object":"Order__e","field":{"name":"Kind__c","type":"picklist"}}`,
		`{"op":"object","object":"Bad__e","publish_behavior":"Later"}`,
		`{"op":"object","object":"Order__e"}`,
	} {
		c.want(400, "POST", "/_sim/fields", bad)
	}
}

func TestS20ChannelsOfPlatformEvents(t *testing.T) {
	_, c := start(t, simulator.Config{})
	c.want(200, "POST", "/_sim/fields", orderEvent)
	c.want(200, "POST", "/_sim/fields", `{"op":"object","object":"Other__e"}`)
	c.tooled("PlatformEventChannel", "Orders__chn", `{"channelType":"event","label":"Orders"}`)
	c.tooled("PlatformEventChannelMember", "Orders_Order_e", `{"eventChannel":"Orders__chn","selectedEntity":"Order__e"}`)
	c.made("Contact", `{"LastName":"Beside"}`)
	c.want(201, "POST", v+"/sobjects/Other__e", `{}`)
	c.want(201, "POST", v+"/sobjects/Order__e", `{"Number__c":"1"}`)
	if got := c.replayed("/event/Orders__chn", -2, 1)[0]; !strings.Contains(got, `"Number__c":"1"`) {
		t.Errorf("on the channel: %s", got)
	}
	c.want(400, "POST", "/_sim/channels", `{"name":"/event/Wrong__chn","members":{"Contact":[]}}`)
}

func TestS9PlatformEventsOutliveARestart(t *testing.T) {
	cfg := simulator.Config{DataDir: t.TempDir()}
	org, c := start(t, cfg)
	c.want(200, "POST", "/_sim/fields", orderEvent)
	c.want(201, "POST", v+"/sobjects/Order__e", `{"Number__c":"1"}`)
	before := c.replayed("/event/Order__e", -2, 1)
	if err := org.Close(); err != nil {
		t.Fatal(err)
	}
	_, c = start(t, cfg)
	c.want(201, "POST", v+"/sobjects/Order__e", `{"Number__c":"2"}`)
	if after := c.replayed("/event/Order__e", -2, 2); after[0] != before[0] {
		t.Errorf("before %s, after %s", before[0], after[0])
	}
}

func TestS9FlowsPublishWhatRecordsDo(t *testing.T) {
	cfg := simulator.Config{DataDir: t.TempDir()}
	o, c := start(t, cfg)
	c.want(200, "POST", "/_sim/fields", orderEvent)
	c.want(200, "POST", "/_sim/flows", `{"name":"Won","object":"Opportunity","on":"save","event":"Order__e",
		"values":{"Number__c":"{!$Record.NextStep}","Amount__c":"{!$Record.Amount}","Shipped__c":"{!$Record.IsWon}","Due__c":"{!$Record.CloseDate}","Note__c":"Deal {!$Record.Name} at {!$Record.StageName}"}}`)
	deal := c.made("Opportunity", `{"Name":"D","StageName":"Prospecting","CloseDate":"2026-06-01","Amount":5,"NextStep":"7"}`)
	c.want(204, "PATCH", v+"/sobjects/Opportunity/"+deal, `{"StageName":"Closed Won"}`)
	events := c.replayed("/event/Order__e", -2, 2)
	for i, want := range []string{`"Shipped__c":false`, `"Shipped__c":true`} {
		for _, part := range []string{want, `"Number__c":"7"`, `"Amount__c":5.0`, `"Due__c":"2026-06-01"`, `"Note__c":"Deal D at `} {
			if !strings.Contains(events[i], part) {
				t.Errorf("event %d: no %s in %s", i, part, events[i])
			}
		}
	}
	// Without the value that the event must have, the flow fails and the record with it.
	c.steps(step{"PATCH", "/sobjects/Opportunity/" + deal, `{"NextStep":null,"Amount":6}`, 400, []string{"CANNOT_EXECUTE_FLOW_TRIGGER", "Won", "REQUIRED_FIELD_MISSING"}})
	if got := fmt.Sprint(c.row("Opportunity", deal)["Amount"]); got != "5.0" && got != "5" {
		t.Errorf("the amount is %s", got)
	}
	for _, bad := range []string{
		`{"name":"","object":"Contact","on":"save","event":"Order__e"}`, `{"name":"x","object":"Nothing","on":"save","event":"Order__e"}`,
		`{"name":"x","object":"Contact","on":"undo","event":"Order__e"}`, `{"name":"x","object":"Contact","on":"save","event":"Contact"}`,
		`{"name":"x","object":"Contact","on":"save","event":"Order__e","values":{"Nothing__c":1}}`,
		`{"name":"x","object":"Contact","on":"save","event":"Order__e","values":{"Number__c":"{!$Record.Nothing}"}}`,
	} {
		c.want(400, "POST", "/_sim/flows", bad)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	_, c = start(t, cfg)
	c.want(204, "PATCH", v+"/sobjects/Opportunity/"+deal, `{"Amount":8}`)
	c.replayed("/event/Order__e", -2, 3)
	c.want(204, "DELETE", "/_sim/flows", "")
	c.want(204, "PATCH", v+"/sobjects/Opportunity/"+deal, `{"Amount":9}`)
	c.replayed("/event/Order__e", -2, 3)
}

func TestR28PlatformEventsArePublishedInBulk(t *testing.T) {
	_, c := start(t, simulator.Config{})
	c.want(200, "POST", "/_sim/fields", orderEvent)
	_, done := c.ingest(`{"object":"Order__e","operation":"insert"}`, "Number__c,Amount__c\n1,2.5\n,3\n2,\n")
	if done.NumberRecordsProcessed != 3 || done.NumberRecordsFailed != 1 {
		t.Errorf("the job: %+v", done)
	}
	if events := c.replayed("/event/Order__e", -2, 2); !strings.Contains(events[0], `"Amount__c":2.5`) {
		t.Errorf("published %v", events)
	}
}
