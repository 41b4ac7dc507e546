package pubsub

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"

	eventbus "tidegate/eventbus/v1"

	"tidegate/streaming/protocol"
)

// Client keeps one subscription to one topic.
type Client struct {
	cfg     Config
	running atomic.Bool

	mu        sync.Mutex // guards the fields below
	state     State
	attempts  int  // streams tried since one was last steady
	progress  bool // the server answered on the last one
	refreshes int  // tokens refreshed since it answered, because of a refusal
	stale     bool
}

// New checks the config and returns a client that does nothing until Run.
func New(cfg Config) (*Client, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Client{cfg: cfg}, nil
}

// Run keeps the subscription until ctx ends, and returns nil then. Any other
// return is a permanent error: AuthError, ReplayLostError, SubscriptionError,
// or one marked Permanent by a callback. Everything else is waited out. When
// Run has returned, no call of Deliver is under way. It may be called again
// afterwards, but not twice at a time.
func (c *Client) Run(ctx context.Context) (err error) {
	if !c.running.CompareAndSwap(false, true) {
		return errors.New("pubsub: Run is already running")
	}
	defer c.running.Store(false)
	conn, err := c.connect()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	api := eventbus.NewPubSubClient(conn)
	c.answeredNothing()
	for ctx.Err() == nil {
		err := c.attempt(ctx, api)
		c.down(ctx, err)
		if ctx.Err() != nil {
			break
		}
		if err := c.afterwards(ctx, err); err != nil {
			return err
		}
	}
	return nil
}

// Probe asks once whether the endpoint answers and lets us have the topic. The
// error is of the kinds that Run returns, or that of the network.
func (c *Client) Probe(ctx context.Context) (err error) {
	conn, err := c.connect()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	err = c.topic(ctx, eventbus.NewPubSubClient(conn), c.cfg.Topic)
	if back, ok := errors.AsType[*setback](err); ok && back.course == courseRefused {
		return &protocol.SubscriptionError{Channel: c.cfg.Topic, Text: back.text}
	}
	return err
}

// Offered asks which of the topics there are for us. An error says that it
// could not be found out.
func (c *Client) Offered(ctx context.Context, topics []string) (offered map[string]bool, err error) {
	conn, err := c.connect()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	offered = make(map[string]bool, len(topics))
	for _, name := range topics {
		err := c.topic(ctx, eventbus.NewPubSubClient(conn), name)
		if back, ok := errors.AsType[*setback](err); err != nil && (!ok || back.course != courseRefused) {
			return nil, err
		}
		offered[name] = err == nil
	}
	return offered, nil
}

func (c *Client) connect() (*grpc.ClientConn, error) {
	target, secure := c.cfg.address()
	transport := insecure.NewCredentials()
	if secure {
		transport = credentials.NewTLS(cmpTLS(c.cfg.TLS))
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: c.cfg.Ping, Timeout: 20 * time.Second}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 15 * time.Second},
			MinConnectTimeout: 10 * time.Second,
		}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(c.cfg.MaxMessage)),
		// Retrying is ours: it starts from the position as it is then.
		grpc.WithDisableRetry(), grpc.WithDisableServiceConfig(),
	}
	if dial := c.cfg.Dial; dial != nil {
		target = "passthrough:///" + target
		options = append(options, grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			return dial(ctx, address)
		}))
	}
	conn, err := grpc.NewClient(target, options...)
	if err != nil {
		return nil, fmt.Errorf("pubsub: preparing the connection: %w", err)
	}
	return conn, nil
}

func cmpTLS(given *tls.Config) *tls.Config {
	if given != nil {
		return given.Clone()
	}
	return &tls.Config{MinVersion: tls.VersionTLS12}
}

// attempt keeps one stream.
func (c *Client) attempt(ctx context.Context, api eventbus.PubSubClient) error {
	c.mu.Lock()
	c.attempts++
	c.progress = false
	n := c.attempts
	c.mu.Unlock()
	c.change(func(st *State) { st.Attempt, st.NextTry = n, time.Time{} })
	// A wrong topic name would only be silence on some servers.
	if err := c.topic(ctx, api, c.cfg.Topic); err != nil {
		return err
	}
	began := c.cfg.Now()
	err := c.session(ctx, api)
	c.mu.Lock()
	if c.progress && c.cfg.Now().Sub(began) > steady {
		c.attempts = 0
	}
	c.mu.Unlock()
	return err
}

// steady is how long a stream must have lived to count as healthy: one that
// ends again and again after an event would else be asked for without a pause.
const steady = 30 * time.Second

// hurried is the highest attempt that is waited for after a stream that did
// give something: what it gives is not to wait for a minute.
const hurried = 5

// turn is the attempt by which the next wait is measured.
func (c *Client) turn() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.progress {
		return max(min(c.attempts, hurried), 1)
	}
	return max(c.attempts, 1)
}

func (c *Client) topic(ctx context.Context, api eventbus.PubSubClient, name string) error {
	var trailer metadata.MD
	ctx, cancel := context.WithTimeout(ctx, c.cfg.RequestTimeout)
	defer cancel()
	ctx, err := c.authorize(ctx)
	if err != nil {
		return err
	}
	info, err := api.GetTopic(ctx, &eventbus.TopicRequest{TopicName: name}, grpc.Trailer(&trailer))
	if err != nil {
		return judge(err, trailer)
	}
	if !info.GetCanSubscribe() {
		return &setback{course: courseRefused, text: "the user may not subscribe to " + name}
	}
	return nil
}

// afterwards decides what follows a stream's end: a permanent error is
// returned, a setback is waited out.
func (c *Client) afterwards(ctx context.Context, err error) error {
	back, ok := errors.AsType[*setback](err)
	switch {
	case !ok:
		return err
	case protocol.IsPermanent(err):
		return fmt.Errorf("pubsub: %s: %w", back.text, back.err)
	case back.course == courseReplayLost:
		return &protocol.ReplayLostError{Channel: c.cfg.Topic, Text: back.text}
	case back.course == courseRefused:
		return &protocol.SubscriptionError{Channel: c.cfg.Topic, Text: back.text}
	case back.course == courseAuth && !c.mayRefresh():
		return &protocol.AuthError{Text: back.text}
	}
	wait := c.cfg.Backoff(c.turn(), back.course == courseBusy)
	next := c.cfg.Now().Add(wait)
	c.change(func(st *State) { st.NextTry = next })
	c.cfg.Logger.WarnContext(ctx, "stream ended, will try again", "reason", back.Error(), "wait", wait)
	rest(ctx, wait)
	return nil
}

// mostRefreshes is how many refreshed tokens are tried before giving up.
const mostRefreshes = 2

func (c *Client) mayRefresh() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refreshes == mostRefreshes {
		return false
	}
	c.refreshes++
	c.stale = true
	return true
}

// authorize returns the context of one call with the credentials in it.
func (c *Client) authorize(ctx context.Context) (context.Context, error) {
	c.mu.Lock()
	stale := c.stale
	c.mu.Unlock()
	cred, err := c.cfg.Auth(ctx, stale)
	if err != nil {
		if protocol.IsPermanent(err) {
			return nil, &protocol.AuthError{Err: err}
		}
		return nil, &setback{text: "asking for authorization", err: err}
	}
	if stale {
		c.mu.Lock()
		c.stale = false
		c.mu.Unlock()
	}
	return metadata.AppendToOutgoingContext(ctx,
		"accesstoken", cred.AccessToken, "instanceurl", cred.InstanceURL, "tenantid", cred.TenantID), nil
}

// down makes known that there is no stream, and why.
func (c *Client) down(ctx context.Context, why error) {
	reason := ""
	if why != nil && ctx.Err() == nil {
		reason = why.Error()
	}
	c.change(func(st *State) { st.Subscribed, st.Reason = false, reason })
}

func (c *Client) answeredNothing() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.attempts, c.refreshes, c.stale = 0, 0, false
}

// rest waits for d or until ctx ends.
func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
