package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"tidegate/gateway"
	"tidegate/streaming/bayeux"
	"tidegate/streaming/protocol"
)

type tailCmd struct {
	URL       string `required:"" help:"Base address of the org, such as https://acme.my.salesforce.com."`
	Token     string `required:"" env:"TIDEGATE_TOKEN" help:"Access token. Better given by TIDEGATE_TOKEN."`
	Channel   string `default:"/data/ChangeEvents" help:"Channel to listen on; custom ones (/data/Sales__chn) too."`
	Replay    string `default:"-1" help:"-1 new events, -2 all that are kept, or a replay id that tail printed, to go on after."`
	Transport string `enum:"auto,websocket,long-polling,pubsub" default:"auto" help:"auto, websocket, long-polling or pubsub."`
	PubSubURL string `name:"pubsub-url" env:"TIDEGATE_PUBSUB_URL" help:"Address of the Pub/Sub API. Left out: Salesforce's own where Salesforce hosts the org, the port after --url's where this machine does."`
	Count     int    `help:"Stop after that many events; 0 goes on until interrupted."`
	Version   string `default:"66.0" help:"API version."`
}

// Help shows examples.
func (tailCmd) Help() string {
	return examples("",
		"TIDEGATE_TOKEN=00D… tidegate tail --url https://acme.my.salesforce.com --count 10",
		"tidegate tail --url http://127.0.0.1:8081 --token 00D… --channel /data/ContactChangeEvent --replay -2",
		"tidegate tail --url http://127.0.0.1:8081 --token 00D… --transport pubsub --channel /data/Sales__chn")
}

// Run prints events until it has enough or is interrupted.
func (c tailCmd) Run(ctx context.Context, out *output) error {
	at, err := parsePlace(c.Replay)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t := &tailing{tailCmd: c, out: out, at: at, stop: cancel}
	err = t.run(ctx)
	if t.enough() {
		return nil
	}
	return err
}

// tailing is one tail under way.
type tailing struct {
	tailCmd
	out     *output
	at      place // where to go on, should the stream be lost
	stop    func()
	printed int
}

func (t *tailing) enough() bool { return t.Count > 0 && t.printed >= t.Count }

// run takes the transport that was asked for. Auto takes websocket where it is
// offered, else the Pub/Sub API where it answers, else long-polling.
func (t *tailing) run(ctx context.Context) error {
	switch {
	case t.Transport == "pubsub":
		return t.pubSub(ctx)
	case t.Transport != "auto":
		return t.cometD(ctx, bayeux.Transport(t.Transport))
	case t.at.typed != nil:
		return t.pubSub(ctx) // no other transport knows the place
	case t.endpoint() == "" || t.at.named():
		return t.cometD(ctx, bayeux.Auto)
	}
	err := t.cometD(ctx, bayeux.WebSocket)
	if _, none := errors.AsType[*bayeux.TransportError](err); !none {
		return err
	}
	if err := t.probe(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "tidegate: tail: no Pub/Sub API:", err)
		return t.cometD(ctx, bayeux.LongPolling)
	}
	return t.pubSub(ctx)
}

// print writes one event as a line.
func (t *tailing) print(event []byte) {
	fmt.Fprintf(t.out.to, "%s\n", event)
	t.printed++
	if t.enough() {
		t.stop()
	}
}

var errStale = gateway.Errorf(gateway.CodeSFAuth, "the org does not accept the token; get a fresh one")

// cometD listens by the Bayeux protocol.
func (t *tailing) cometD(ctx context.Context, by bayeux.Transport) error {
	if t.at.typed != nil {
		return gateway.Errorf(gateway.CodeInvalid, "--replay names a place of the Pub/Sub API; give --transport pubsub")
	}
	client, err := bayeux.New(bayeux.Config{
		URL: strings.TrimRight(t.URL, "/") + "/cometd/" + t.Version, HTTP: &http.Client{Transport: http.DefaultTransport},
		Transport: by,
		Auth: func(_ context.Context, stale bool) (string, error) {
			if stale {
				return "", protocol.Permanent(errStale)
			}
			return "Bearer " + t.Token, nil
		},
		Subscriptions: []bayeux.Subscription{{
			Channel: t.Channel, Replay: func(context.Context) (json.RawMessage, error) { return t.at.number, nil },
		}},
		Deliver: func(_ context.Context, _ string, events []json.RawMessage) error {
			for _, e := range events {
				if t.enough() {
					break
				}
				t.print(e)
				t.at.number = after(e, t.at.number)
			}
			return nil
		},
		OnState: func(s bayeux.State) { fmt.Fprintln(os.Stderr, "tidegate: tail:", describeState(s)) },
	})
	if err != nil {
		return err
	}
	return client.Run(ctx)
}

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
