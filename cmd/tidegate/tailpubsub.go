package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/streaming/protocol"
	"tidegate/streaming/pubsub"
)

// place is where tail begins: for CometD a number, for the Pub/Sub API a preset
// or bytes, which are printed as base64.
type place struct {
	number json.RawMessage // -1, -2 or a replay id of CometD; nil for typed
	typed  []byte
}

// named reports whether the place is a replay id of CometD.
func (p place) named() bool {
	return p.typed == nil && string(p.number) != "-1" && string(p.number) != "-2"
}

// replayBytes is how long a replay id of the Pub/Sub API is at least.
const replayBytes = 8

func parsePlace(text string) (place, error) {
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		return place{number: json.RawMessage(text)}, nil
	}
	if typed, err := base64.StdEncoding.DecodeString(text); err == nil && len(typed) >= replayBytes {
		return place{typed: typed}, nil
	}
	return place{}, gateway.Errorf(gateway.CodeInvalid, "--replay must be -1, -2 or the replay id of an event, as tail prints it")
}

// start is the place as the Pub/Sub API takes it.
func (p place) start() pubsub.Start {
	return pubsub.Start{ReplayID: p.typed, Earliest: p.typed == nil && string(p.number) == "-2"}
}

// endpoint is the address of the Pub/Sub API, "" where it is not known.
func (t *tailing) endpoint() string {
	u, err := url.Parse(t.URL)
	switch {
	case t.PubSubURL != "" || err != nil:
		return t.PubSubURL
	case hosted(t.URL):
		return publicPubSub
	case u.Scheme == "http" && net.ParseIP(u.Hostname()).IsLoopback() && besides(u.Host) != "":
		return "http://" + besides(u.Host)
	}
	return ""
}

// pubSub listens by the Pub/Sub API.
func (t *tailing) pubSub(ctx context.Context) error {
	if t.at.named() {
		return gateway.Errorf(gateway.CodeInvalid, "--replay names a place of CometD; the Pub/Sub API knows -1, -2 and its own replay ids")
	}
	client, err := t.pubSubClient(ctx)
	if err != nil {
		return err
	}
	return client.Run(ctx)
}

// probe asks whether the Pub/Sub API is there and has the channel.
func (t *tailing) probe(ctx context.Context) error {
	client, err := t.pubSubClient(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	return client.Probe(ctx)
}

func (t *tailing) pubSubClient(ctx context.Context) (*pubsub.Client, error) {
	if t.endpoint() == "" {
		return nil, gateway.Errorf(gateway.CodeInvalid, "give the address of the Pub/Sub API with --pubsub-url")
	}
	tenant, err := t.tenant(ctx)
	if err != nil {
		return nil, err
	}
	return pubsub.New(pubsub.Config{
		Endpoint: t.endpoint(), Topic: t.Channel,
		Auth: func(_ context.Context, stale bool) (pubsub.Credentials, error) {
			if stale {
				return pubsub.Credentials{}, protocol.Permanent(errStale)
			}
			return pubsub.Credentials{AccessToken: t.Token, InstanceURL: strings.TrimRight(t.URL, "/"), TenantID: tenant}, nil
		},
		Position: func(context.Context) (pubsub.Start, error) { return t.at.start(), nil },
		Deliver:  t.deliver,
		OnState:  func(s pubsub.State) { fmt.Fprintln(os.Stderr, "tidegate: tail:", describeTopic(s)) },
	})
}

// deliver prints a burst; the place moves on with each event.
func (t *tailing) deliver(_ context.Context, b pubsub.Batch) error {
	for _, e := range b.Events {
		if t.enough() {
			return nil
		}
		line, err := typedLine(e)
		if err != nil {
			return protocol.Permanent(err)
		}
		t.print(line)
		t.at.typed = e.ReplayID
	}
	if len(b.Position) > 0 {
		t.at.typed = b.Position
	}
	return nil
}

// tenant is the org's 18-character id. Opaque tokens begin with it; where this
// one does not, the org is asked.
func (t *tailing) tenant(ctx context.Context) (string, error) {
	if id, _, ok := strings.Cut(t.Token, "!"); ok {
		if full, ok := gateway.NormalizeID(id); ok {
			return full, nil
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(t.URL, "/")+"/services/oauth2/userinfo", nil)
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+t.Token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	var user struct {
		Org string `json:"organization_id"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&user); err != nil || user.Org == "" {
		return "", errStale
	}
	return user.Org, nil
}

func describeTopic(s pubsub.State) string {
	switch {
	case s.Subscribed:
		return "listening by pubsub"
	case s.Reason != "":
		return "not connected: " + s.Reason
	}
	return "connecting"
}
