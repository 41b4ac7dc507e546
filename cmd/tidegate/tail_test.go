package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"tidegate/simulator"
	"tidegate/simulator/seed"
)

// tailed is what a line of tail says, whatever the transport.
type tailed struct {
	Payload map[string]json.RawMessage `json:"payload"`
	Event   struct {
		ReplayID json.RawMessage `json:"replayId"`
	} `json:"event"`
}

func tailOrg(t *testing.T, cfg simulator.Config) *simulator.Running {
	t.Helper()
	cfg.Quiet, cfg.Sizes = true, seed.Sizes{Accounts: 3, Contacts: 5}
	o, err := simulator.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close() })
	return o
}

func change(t *testing.T, o *simulator.Running, path, body string) {
	t.Helper()
	answer, err := http.Post(o.URL+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		t.Fatalf("%s %s answers %d", path, body, answer.StatusCode)
	}
}

// tailLines runs tail to its count and reads its lines.
func tailLines(t *testing.T, o *simulator.Running, c tailCmd) []tailed {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	out, err := os.CreateTemp(t.TempDir(), "tail")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	c.URL, c.Token, c.Version = o.URL, o.AccessToken, "66.0"
	if c.PubSubURL == "" && o.GRPC != "" {
		c.PubSubURL = "http://" + o.GRPC
	}
	if c.Channel == "" {
		c.Channel = "/data/ChangeEvents"
	}
	if err := c.Run(ctx, &output{to: out}); err != nil {
		t.Fatalf("tail by %s: %v", c.Transport, err)
	}
	printed, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	var lines []tailed
	for text := range strings.Lines(string(printed)) {
		var l tailed
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("tail by %s printed no JSON: %s", c.Transport, text)
		}
		lines = append(lines, l)
	}
	if len(lines) != c.Count {
		t.Fatalf("tail by %s printed %d lines, want %d", c.Transport, len(lines), c.Count)
	}
	return lines
}

func TestTailSaysTheSameByEveryTransport(t *testing.T) {
	o := tailOrg(t, simulator.Config{})
	change(t, o, "/_sim/changes", `{"object":"Contact","op":"update","count":2,"fields":["MailingCity","Phone"],"seed":3}`)
	change(t, o, "/_sim/changes", `{"object":"Account","op":"create","count":1}`)
	change(t, o, "/_sim/changes", `{"object":"Contact","op":"delete","count":1}`)
	want := tailLines(t, o, tailCmd{Transport: "long-polling", Replay: "-2", Count: 4})
	for _, transport := range []string{"websocket", "pubsub"} {
		for i, got := range tailLines(t, o, tailCmd{Transport: transport, Replay: "-2", Count: 4}) {
			for name, value := range want[i].Payload {
				if name != eventHeader && string(got.Payload[name]) != string(value) && !sameMembers(got.Payload[name], value) {
					t.Errorf("line %d by %s: %s is %s, want %s", i, transport, name, got.Payload[name], value)
				}
			}
			if len(got.Payload) != len(want[i].Payload) {
				t.Errorf("line %d by %s has %d members, want %d", i, transport, len(got.Payload), len(want[i].Payload))
			}
			if transport == "pubsub" && !holds(got.Payload[eventHeader], want[i].Payload[eventHeader]) {
				t.Errorf("line %d: header %s, want %s", i, got.Payload[eventHeader], want[i].Payload[eventHeader])
			}
		}
	}
}

// holds reports whether the object has every member of another.
func holds(object, other json.RawMessage) bool {
	var a, b map[string]json.RawMessage
	if json.Unmarshal(object, &a) != nil || json.Unmarshal(other, &b) != nil {
		return false
	}
	for name := range b {
		if string(a[name]) != string(b[name]) {
			return false
		}
	}
	return true
}

func sameMembers(a, b json.RawMessage) bool { return holds(a, b) && holds(b, a) }

func TestTailGoesOnAfterAReplayIDThatItPrinted(t *testing.T) {
	o := tailOrg(t, simulator.Config{})
	change(t, o, "/_sim/changes", `{"object":"Contact","op":"update","count":3}`)
	for _, transport := range []string{"long-polling", "pubsub"} {
		all := tailLines(t, o, tailCmd{Transport: transport, Replay: "-2", Count: 3})
		second := strings.Trim(string(all[1].Event.ReplayID), `"`)
		rest := tailLines(t, o, tailCmd{Transport: transport, Replay: second, Count: 1})
		if string(rest[0].Event.ReplayID) != string(all[2].Event.ReplayID) {
			t.Errorf("by %s: after %s comes %s, want %s", transport, second, rest[0].Event.ReplayID, all[2].Event.ReplayID)
		}
	}
}

func TestTailOfACustomChannelCarriesWhatItIsEnrichedWith(t *testing.T) {
	o := tailOrg(t, simulator.Config{})
	change(t, o, "/_sim/channels", `{"name":"/data/Sales__chn","members":{"Contact":["Email"]}}`)
	change(t, o, "/_sim/changes", `{"object":"Account","op":"update","count":1,"fields":["Phone"]}`)
	change(t, o, "/_sim/changes", `{"object":"Contact","op":"update","count":1,"fields":["Phone"]}`)
	for _, transport := range []string{"long-polling", "websocket", "pubsub"} {
		got := tailLines(t, o, tailCmd{Transport: transport, Channel: "/data/Sales__chn", Replay: "-2", Count: 1})
		if len(got[0].Payload["Email"]) < 3 {
			t.Errorf("by %s: no Email in %v", transport, got[0].Payload)
		}
	}
}

// TestTailAutoTakesWhatThereIs: websocket where it is offered, else the Pub/Sub
// API, else long-polling. The replay id tells which it was.
func TestTailAutoTakesWhatThereIs(t *testing.T) {
	for _, c := range []struct {
		name      string
		off       bool
		endpoint  string
		wantTyped bool
	}{
		{"websocket", false, "", false},
		{"pubsub", true, "", true},
		{"long-polling", true, "http://127.0.0.1:1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := tailOrg(t, simulator.Config{CometDWebsocketOff: c.off})
			change(t, o, "/_sim/changes", `{"object":"Contact","op":"update","count":1}`)
			got := tailLines(t, o, tailCmd{Transport: "auto", PubSubURL: c.endpoint, Replay: "-2", Count: 1})
			if typed := got[0].Event.ReplayID[0] == '"'; typed != c.wantTyped {
				t.Errorf("replay id %s", got[0].Event.ReplayID)
			}
		})
	}
}

func TestTailRefusesAPlaceOfTheOtherTransport(t *testing.T) {
	for transport, replay := range map[string]string{"pubsub": "12345", "websocket": "AAAAAAJCX5g="} {
		c := tailCmd{URL: "http://127.0.0.1:1", Token: "t", Channel: "/data/ChangeEvents", Transport: transport, Replay: replay}
		if err := c.Run(t.Context(), &output{}); err == nil || !strings.Contains(err.Error(), "--replay") {
			t.Errorf("--transport %s --replay %s: %v", transport, replay, err)
		}
	}
}

func TestTailFindsThePubSubAPIOfAnOrgOnThisMachine(t *testing.T) {
	for url, want := range map[string]string{
		"http://127.0.0.1:8081": "http://127.0.0.1:8082", "https://acme.my.salesforce.com": publicPubSub,
		"https://org.example": "", "http://127.0.0.1": "",
	} {
		if got := (&tailing{tailCmd: tailCmd{URL: url}}).endpoint(); got != want {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
	}
}
