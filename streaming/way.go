package streaming

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/streaming/bayeux"
	"tidegate/streaming/protocol"
	"tidegate/streaming/pubsub"
)

// way is a protocol client in use.
type way interface {
	// Run streams until ctx ends or something happens that it cannot cure.
	Run(ctx context.Context) error
	// LastAnswer is when the server was last heard.
	LastAnswer() time.Time
}

type bayeuxWay struct{ *bayeux.Client }

func (w bayeuxWay) LastAnswer() time.Time { return w.State().LastAnswer }

type pubSubWay struct{ *pubsub.Client }

func (w pubSubWay) LastAnswer() time.Time { return w.State().LastAnswer }

// flow is the state of a stream, whatever the protocol.
type flow struct {
	subscribed bool
	using      Transport // Auto while there is no session
	reason     string    // why there is no stream
	attempt    int       // since it was last healthy
}

// choice remembers what Auto learned of the transports.
type choice struct {
	mu      sync.Mutex
	refused map[Transport]refusal
}

// refusal is why a transport is not tried.
type refusal struct {
	said  string    // part of a sentence, for people
	until time.Time // zero: as long as the process lives
}

// noWebsocket is what Salesforce's own endpoint comes to: it offers long-polling
// only.
const noWebsocket = "the org offers no websocket"

// why says why Auto uses a transport, as the end of a sentence; "" where nothing
// was chosen. apart says that there is no Pub/Sub API to choose.
func (c *choice) why(using Transport, apart bool) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	socket, pubSub := cmp.Or(c.refused[WebSocket].said, noWebsocket), c.refused[PubSubStream].said
	if apart {
		pubSub = "the address of its Pub/Sub API is not known"
	}
	switch {
	case using == WebSocket:
		return "the org offers it"
	case using == PubSubStream || using == LongPolling && pubSub == "":
		return socket
	case using == LongPolling:
		return socket + ", and " + pubSub
	}
	return "" // polling: the state says why
}

// tries reports whether the transport is worth a try now.
func (c *choice) tries(t Transport, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, refused := c.refused[t]
	return !refused || !r.until.IsZero() && now.After(r.until)
}

func (c *choice) refuse(t Transport, r refusal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused[t] = r
}

// giveUpAfter is after how many attempts in vain Auto takes the next transport.
const giveUpAfter = 5

// errGivenUp ends a session whose transport comes to nothing.
var errGivenUp = errors.New("the transport came to nothing")

// transport chooses that of the next session.
func (c *Consumer) transport(ctx context.Context) Transport {
	if c.cfg.Transport != Auto || c.cfg.PubSub == nil {
		return c.cfg.Transport
	}
	switch {
	case c.choice.tries(WebSocket, c.cfg.Now()):
		return WebSocket
	case c.answers(ctx):
		return PubSubStream
	}
	return LongPolling
}

// answers asks the Pub/Sub API whether it is there for us, not too often.
func (c *Consumer) answers(ctx context.Context) bool {
	if !c.choice.tries(PubSubStream, c.cfg.Now()) {
		return false
	}
	client, err := c.pubSub(nil)
	if err == nil {
		err = client.Probe(ctx)
	}
	if err != nil {
		c.later(ctx, PubSubStream, err, "the Pub/Sub API does not answer")
	}
	return err == nil
}

// later notes that a transport is not worth a try for some time.
func (c *Consumer) later(ctx context.Context, t Transport, why error, said string) {
	c.cfg.Logger.InfoContext(ctx, "a transport is not used", "transport", t, "reason", why)
	c.choice.refuse(t, refusal{said: said, until: c.cfg.Now().Add(c.cfg.AskEvery)})
}

// better reports whether Auto should leave the transport for one that it would
// rather have.
func (c *Consumer) better(ctx context.Context, using Transport) bool {
	return c.cfg.Transport == Auto && c.cfg.PubSub != nil && using == LongPolling && c.answers(ctx)
}

// open makes the protocol client of a session.
func (c *Consumer) open(t Transport, endpoint string, p *pipeline) (way, error) {
	if t == PubSubStream {
		if c.cfg.PubSub == nil {
			return nil, errors.New("opening the stream: the address of the Pub/Sub API is not known")
		}
		client, err := c.pubSub(p)
		return pubSubWay{client}, err
	}
	cfg := bayeux.Config{
		URL: endpoint, HTTP: c.cfg.HTTP, Auth: c.auth, Transport: bayeux.Transport(t),
		Subscriptions: []bayeux.Subscription{{Channel: Channel, Replay: p.replay}},
		Deliver:       p.deliver, Logger: c.cfg.Logger, Now: c.cfg.Now,
		OnState: func(s bayeux.State) {
			c.onState(p, t, flow{subscribed: s.Subscribed, using: Transport(s.Transport), reason: s.Reason, attempt: s.Attempt})
		},
	}
	if c.cfg.Stream != nil {
		c.cfg.Stream(&cfg)
	}
	client, err := bayeux.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("opening the stream: %w", err)
	}
	return bayeuxWay{client}, nil
}

// pubSub makes a client of the Pub/Sub API, without a pipeline one that only
// asks.
func (c *Consumer) pubSub(p *pipeline) (*pubsub.Client, error) {
	cfg := pubsub.Config{
		Endpoint: c.cfg.PubSub.Endpoint, Dial: c.cfg.PubSub.Dial, Topic: Channel, Schemas: c.schemas,
		Auth: c.credentials, Logger: c.cfg.Logger, Now: c.cfg.Now,
		Position: func(context.Context) (pubsub.Start, error) { return pubsub.Start{}, nil },
		Deliver:  func(context.Context, pubsub.Batch) error { return nil },
	}
	if p != nil {
		cfg.Position, cfg.Deliver = p.start, p.deliverTyped
		cfg.OnState = func(s pubsub.State) {
			f := flow{subscribed: s.Subscribed, reason: s.Reason, attempt: s.Attempt}
			if s.Subscribed {
				f.using = PubSubStream
			}
			c.onState(p, PubSubStream, f)
		}
	}
	if c.cfg.PubSub.Adjust != nil {
		c.cfg.PubSub.Adjust(&cfg)
	}
	client, err := pubsub.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("opening the stream: %w", err)
	}
	return client, nil
}

func (c *Consumer) credentials(ctx context.Context, stale bool) (pubsub.Credentials, error) {
	cred, err := c.cfg.PubSub.Credentials(ctx, stale)
	if gateway.CodeOf(err) == gateway.CodeSFAuth && err != nil {
		return cred, protocol.Permanent(err)
	}
	return cred, err
}

// onState notes how the stream is, and lets Auto give up a transport that does
// not work.
func (c *Consumer) onState(p *pipeline, tried Transport, f flow) {
	c.health.set(func(h *health) {
		h.stream, h.ever = f, h.ever || f.subscribed
		if f.subscribed {
			h.unstreamed = ""
		}
	})
	if f.subscribed {
		p.worked.Store(true)
		c.poke()
		return
	}
	choosing := c.cfg.Transport == Auto && c.cfg.PubSub != nil && tried != LongPolling
	if choosing && f.attempt > giveUpAfter && !p.worked.Load() {
		said := map[Transport]string{WebSocket: "its websocket comes to nothing", PubSubStream: "the Pub/Sub API gives no stream"}[tried]
		c.later(p.ctx, tried, fmt.Errorf("%w: %s", errGivenUp, f.reason), said)
		p.end()
	}
}

// topicOf names the topic of one object's changes: Contact → ContactChangeEvent,
// Asset__c → Asset__ChangeEvent.
func topicOf(object string) string {
	if base, ok := strings.CutSuffix(object, "__c"); ok {
		return "/data/" + base + "__ChangeEvent"
	}
	return "/data/" + object + "ChangeEvent"
}
