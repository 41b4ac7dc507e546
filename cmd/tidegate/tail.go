package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"

	"tidegate/gateway"
	"tidegate/streaming/bayeux"
)

type tailCmd struct {
	URL       string `required:"" help:"Base address of the org, such as https://acme.my.salesforce.com."`
	Token     string `required:"" env:"TIDEGATE_TOKEN" help:"Access token. Better given by TIDEGATE_TOKEN."`
	Channel   string `default:"/data/ChangeEvents" help:"Channel to listen on."`
	Replay    string `default:"-1" help:"-1 new events, -2 all that are kept, or a replay id to go on after."`
	Transport string `enum:"auto,websocket,long-polling" default:"auto" help:"auto, websocket or long-polling."`
	Count     int    `help:"Stop after that many events; 0 goes on until interrupted."`
	Version   string `default:"66.0" help:"API version."`
}

// Help shows examples.
func (tailCmd) Help() string {
	return examples("",
		"TIDEGATE_TOKEN=00D… tidegate tail --url https://acme.my.salesforce.com --count 10",
		"tidegate tail --url http://127.0.0.1:8081 --token 00D… --channel /data/ContactChangeEvent --replay -2")
}

// enough ends the stream when the wished number of events was printed.
type enough struct{}

func (enough) Error() string { return "enough" }

// Run prints events until it has enough or is interrupted.
func (c tailCmd) Run(ctx context.Context, out *output) error {
	replay := json.RawMessage(c.Replay)
	if _, err := strconv.ParseInt(c.Replay, 10, 64); err != nil {
		return gateway.Errorf(gateway.CodeInvalid, "--replay must be -1, -2 or the replay id of an event")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	printed := 0
	client, err := bayeux.New(bayeux.Config{
		URL: strings.TrimRight(c.URL, "/") + "/cometd/" + c.Version, HTTP: &http.Client{Transport: http.DefaultTransport},
		Transport: tailTransports[c.Transport],
		Auth: func(_ context.Context, stale bool) (string, error) {
			if stale {
				return "", bayeux.Permanent(gateway.Errorf(gateway.CodeSFAuth, "the org does not accept the token; get a fresh one"))
			}
			return "Bearer " + c.Token, nil
		},
		Subscriptions: []bayeux.Subscription{{Channel: c.Channel, Replay: func(context.Context) (json.RawMessage, error) { return replay, nil }}},
		Deliver: func(_ context.Context, _ string, events []json.RawMessage) error {
			for _, e := range events {
				if c.Count > 0 && printed == c.Count {
					return bayeux.Permanent(enough{})
				}
				fmt.Fprintf(out.to, "%s\n", e)
				printed++
				replay = after(e, replay)
			}
			if c.Count > 0 && printed == c.Count {
				cancel()
			}
			return nil
		},
		OnState: func(s bayeux.State) { fmt.Fprintln(os.Stderr, "tidegate: tail:", describeState(s)) },
	})
	if err != nil {
		return err
	}
	err = client.Run(ctx)
	if c.Count > 0 && printed >= c.Count {
		return nil
	}
	return err
}

var tailTransports = map[string]bayeux.Transport{"auto": bayeux.Auto, "websocket": bayeux.WebSocket, "long-polling": bayeux.LongPolling}

// after is the position behind an event, so that a lost stream goes on there.
func after(event, before json.RawMessage) json.RawMessage {
	var e struct {
		Event struct {
			ReplayID json.RawMessage `json:"replayId"`
		} `json:"event"`
	}
	if json.Unmarshal(event, &e) != nil || len(e.Event.ReplayID) == 0 {
		return before
	}
	return e.Event.ReplayID
}
