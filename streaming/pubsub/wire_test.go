package pubsub

import (
	"bytes"
	"testing"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	eventbus "tidegate/eventbus/v1"
)

// TestResponseIsReadAsItsMessageIs compares the reading of a response with that
// of the generated message, field by field, whatever it holds.
func TestResponseIsReadAsItsMessageIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SliceOfN(rapid.Byte(), 0, 40)
		m := &eventbus.FetchResponse{
			LatestReplayId: some.Draw(t, "latest"), RpcId: rapid.StringMatching(`[a-z]{0,5}`).Draw(t, "rpc"),
			PendingNumRequested: rapid.Int32().Draw(t, "pending"),
		}
		for range rapid.IntRange(0, 5).Draw(t, "events") {
			e := &eventbus.ConsumerEvent{ReplayId: some.Draw(t, "replay id")}
			if rapid.Bool().Draw(t, "with event") {
				e.Event = &eventbus.ProducerEvent{
					Id: "id", SchemaId: rapid.SampledFrom([]string{"", "s1", "s2"}).Draw(t, "schema"), Payload: some.Draw(t, "payload"),
					Headers: []*eventbus.EventHeader{{Key: "k", Value: []byte("v")}},
				}
			}
			m.Events = append(m.Events, e)
		}
		text, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		r := response{events: []Event{{SchemaID: "of before", Payload: []byte("of before")}}}
		if err := newCodec().Unmarshal(mem.BufferSlice{mem.SliceBuffer(text)}, &r); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(r.latest, m.GetLatestReplayId()) || r.pending != m.GetPendingNumRequested() || len(r.events) != len(m.GetEvents()) {
			t.Fatalf("%+v, the message is %v", r, m)
		}
		for i, e := range m.GetEvents() {
			got := r.events[i]
			if got.SchemaID != e.GetEvent().GetSchemaId() || !bytes.Equal(got.Payload, e.GetEvent().GetPayload()) || !bytes.Equal(got.ReplayID, e.GetReplayId()) {
				t.Fatalf("event %d is %+v, the message has %v", i, got, e)
			}
		}
	})
}

// FuzzResponse: whatever the bytes, they are read or refused, and what the
// generated message refuses for its form is refused here.
func FuzzResponse(f *testing.F) {
	f.Add([]byte{0x0a, 0x04, 0x0a, 0x02, 0x1a, 0x00})
	f.Add([]byte{0x0a, 0x7f})
	f.Fuzz(func(t *testing.T, text []byte) {
		var r response
		err := r.read(text)
		var m eventbus.FetchResponse
		if proto.Unmarshal(text, &m) == nil && err != nil {
			t.Errorf("%x is a response: %v", text, err)
		}
	})
}
