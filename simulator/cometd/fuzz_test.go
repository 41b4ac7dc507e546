package cometd

import (
	"encoding/json"
	"testing"

	"tidegate/simulator/bus"
)

// FuzzMessages feeds arbitrary bodies to the reader of messages and everything
// but connect: whatever comes, each message gets a reply that is valid JSON.
func FuzzMessages(f *testing.F) {
	for _, seed := range []string{
		`[{"id":"1","channel":"/meta/handshake","supportedConnectionTypes":["long-polling"],"ext":{"replay":true}}]`,
		`[{"id":4,"channel":"/meta/subscribe","clientId":"x","subscription":"/data/ChangeEvents","ext":{"replay":{"/data/ChangeEvents":-2}}}]`,
		`{"channel":"/meta/disconnect"}`, `[]`, `[{"ext":{"replay":[]}}]`, `[null]`,
	} {
		f.Add([]byte(seed))
	}
	s := New(Config{
		Log:          bus.New(bus.Config{}),
		Authenticate: func(string) (string, bool) { return "005A", true },
		MaxClients:   10,
	})
	f.Fuzz(func(t *testing.T, body []byte) {
		messages, err := parse(body)
		if err != nil {
			return
		}
		c := &caller{transport: websocket, token: "token"}
		var replies []reply
		for i := range messages {
			m := &messages[i]
			if r := s.answer(c, m); r.Successful && m.Channel == metaHandshake {
				m.ClientID, m.Channel = r.ClientID, metaSubscribe
			}
			replies = append(replies, s.answer(c, m))
		}
		text, err := encode(nil, replies, nil, nil)
		if err != nil || !json.Valid(text) {
			t.Fatalf("%v: %s", err, text)
		}
	})
}
