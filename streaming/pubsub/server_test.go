package pubsub

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	eventbus "tidegate/eventbus/v1"

	"tidegate/streaming/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type serverStream = grpc.BidiStreamingServer[eventbus.FetchRequest, eventbus.FetchResponse]

// server is a scripted Pub/Sub server.
type server struct {
	eventbus.UnimplementedPubSubServer
	t        *testing.T
	endpoint string
	// subscribe is called for stream n (1, 2, …) with its first request.
	subscribe func(n int, first *eventbus.FetchRequest, stream serverStream) error
	// schema answers the nth call of GetSchema.
	schema func(n int, id string) (string, error)

	mu      sync.Mutex
	streams int
	open    int
	most    int // streams open at once
	schemas map[string]int
	calls   int
	tokens  []string // of streams
	starts  []*eventbus.FetchRequest
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, schemas: map[string]int{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.endpoint = "http://" + l.Addr().String()
	g := grpc.NewServer()
	eventbus.RegisterPubSubServer(g, s)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = g.Serve(l) // ends with Stop
	}()
	t.Cleanup(func() {
		g.Stop()
		<-done
	})
	return s
}

func (s *server) GetTopic(ctx context.Context, r *eventbus.TopicRequest) (*eventbus.TopicInfo, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	for _, key := range []string{"accesstoken", "instanceurl", "tenantid"} {
		if first(md, key) == "" {
			return nil, refuse(ctx, codes.Unauthenticated, "service.auth.headers.invalid")
		}
	}
	return &eventbus.TopicInfo{TopicName: r.GetTopicName(), CanSubscribe: true}, nil
}

func (s *server) GetSchema(_ context.Context, r *eventbus.SchemaRequest) (*eventbus.SchemaInfo, error) {
	s.mu.Lock()
	s.calls++
	n := s.calls
	s.schemas[r.GetSchemaId()]++
	s.mu.Unlock()
	text := plain
	if s.schema != nil {
		var err error
		if text, err = s.schema(n, r.GetSchemaId()); err != nil {
			return nil, err
		}
	}
	return &eventbus.SchemaInfo{SchemaId: r.GetSchemaId(), SchemaJson: text}, nil
}

func (s *server) Subscribe(stream serverStream) error {
	request, err := stream.Recv()
	if err != nil {
		return err
	}
	md, _ := metadata.FromIncomingContext(stream.Context())
	s.mu.Lock()
	s.streams++
	s.open++
	s.most = max(s.most, s.open)
	n := s.streams
	s.tokens = append(s.tokens, first(md, "accesstoken"))
	s.starts = append(s.starts, request)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.open--
		s.mu.Unlock()
	}()
	return s.subscribe(n, request, stream)
}

// refuse is an error as the platform sends it. ctx is that of a unary call, or
// nil for a stream, whose trailer is set by fail.
func refuse(ctx context.Context, c codes.Code, code string) error {
	if err := grpc.SetTrailer(ctx, metadata.Pairs("error-code", prefix+code, "rpc-id", "rpc-1")); err != nil {
		return err
	}
	return status.Error(c, "Something happened. rpcId: rpc-1")
}

func fail(stream serverStream, c codes.Code, code string) error {
	if code != "" {
		stream.SetTrailer(metadata.Pairs("error-code", prefix+code, "rpc-id", "rpc-1"))
	}
	return status.Error(c, "Something happened. rpcId: rpc-1")
}

const plain = `{"type":"record","name":"E","fields":[{"name":"n","type":"long"}]}`

// place is a replay id as the platform makes them.
func place(n int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

func number(replayID []byte) int { return int(binary.BigEndian.Uint64(replayID)) }

func event(n int, schema string) *eventbus.ConsumerEvent {
	return &eventbus.ConsumerEvent{
		Event:    &eventbus.ProducerEvent{SchemaId: schema, Payload: binary.AppendVarint(nil, int64(n))},
		ReplayId: place(n),
	}
}

// send sends the events from..to in one response.
func send(stream serverStream, from, to int) error {
	r := &eventbus.FetchResponse{LatestReplayId: place(1000 + to), PendingNumRequested: 50}
	for n := from; n <= to; n++ {
		r.Events = append(r.Events, event(n, "s1"))
	}
	return stream.Send(r)
}

// park waits until the client is gone.
func park(stream serverStream) error {
	for {
		if _, err := stream.Recv(); err != nil {
			return nil
		}
	}
}

// client runs a Client and remembers what it delivered.
type client struct {
	t    *testing.T
	mu   sync.Mutex
	seen []int // by decoded payload
	at   Start
	// deliver, if set, is asked before a batch is taken.
	deliver func(b Batch) error
	fresh   int
	stop    func()
	done    chan error
	*Client
}

func start(t *testing.T, s *server, change func(*client, *Config)) *client {
	t.Helper()
	c := &client{t: t, done: make(chan error, 1)}
	cfg := Config{
		Endpoint: s.endpoint, Topic: "/data/ChangeEvents", Auth: c.auth, Deliver: c.take,
		Position: func(context.Context) (Start, error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.at, nil
		},
		Backoff: func(int, bool) time.Duration { return time.Millisecond }, Settle: 20 * time.Millisecond, Goodbye: 50 * time.Millisecond,
	}
	if change != nil {
		change(c, &cfg)
	}
	var err error
	if c.Client, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { c.done <- c.Run(ctx) }()
	c.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-c.done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return c
}

func (c *client) auth(_ context.Context, stale bool) (Credentials, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if stale {
		c.fresh++
	}
	return Credentials{AccessToken: fmt.Sprint("token ", c.fresh), InstanceURL: "https://org.example", TenantID: "00D000000000001AAA"}, nil
}

func (c *client) take(_ context.Context, b Batch) error {
	if c.deliver != nil {
		if err := c.deliver(b); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range b.Events {
		v, err := e.Decode()
		if err != nil {
			return protocol.Permanent(err)
		}
		c.seen = append(c.seen, int(v.Field("n").Int()))
	}
	c.at = Start{ReplayID: b.Position}
	return nil
}

func (c *client) events() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.seen)
}

// inOrder checks that everything from 1 to n came, once and in order.
func (c *client) inOrder(n int) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, got := range c.seen {
		if got != i+1 {
			c.t.Fatalf("event %d is number %d", got, i+1)
		}
	}
	if len(c.seen) != n {
		c.t.Fatalf("%d events, want %d", len(c.seen), n)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

// errInvalid refuses for good without a code in the trailers.
var errInvalid = status.Error(codes.InvalidArgument, "The schema id is wrong.")
