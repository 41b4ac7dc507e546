package pubsub

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/proto"

	eventbus "tidegate/eventbus/v1"
	"tidegate/simulator/bus"
)

// TestAnswerIsThatOfTheMessages reads with the generated messages what is
// written without them.
func TestAnswerIsThatOfTheMessages(t *testing.T) {
	const schema = "abcdefghijklmnopqrstuv"
	for _, size := range []int{0, 1, 127, 128, 300, 70_000} {
		datum := bytes.Repeat([]byte{7}, size)
		answer := encoded{}.event(&bus.Event{ReplayID: 258, Commit: 3}, schema, datum).event(&bus.Event{ReplayID: 1 << 40}, schema, nil).
			end(replayID(1<<40), "rpc", 98)
		var m eventbus.FetchResponse
		if err := proto.Unmarshal(answer, &m); err != nil {
			t.Fatal(err)
		}
		if len(m.GetEvents()) != 2 || !bytes.Equal(m.GetLatestReplayId(), replayID(1<<40)) || m.GetRpcId() != "rpc" || m.GetPendingNumRequested() != 98 {
			t.Fatalf("%d bytes: %v", size, &m)
		}
		first := m.GetEvents()[0]
		if e := first.GetEvent(); !bytes.Equal(first.GetReplayId(), replayID(258)) || e.GetSchemaId() != schema || !bytes.Equal(e.GetPayload(), datum) || len(e.GetId()) != uuidLength {
			t.Errorf("%d bytes: %v", size, first)
		}
	}
}
