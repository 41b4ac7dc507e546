package pubsub_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	decoder "github.com/twmb/avro"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	eventbus "tidegate/eventbus/v1"
	"tidegate/simulator/bus"
	"tidegate/simulator/cdc"
	"tidegate/simulator/fault"
	"tidegate/simulator/org"
	"tidegate/simulator/pubsub"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	goodToken = "00D000000000001!good"
	instance  = "https://harbor.my.salesforce.example"
	contacts  = "/data/ContactChangeEvent"
	prefix    = "sfdc.platform.eventbus.grpc."
)

// house is an org with a Pub/Sub server and one client connection.
type house struct {
	t      testing.TB
	engine *org.Org
	log    *bus.Log
	cdc    *cdc.Publisher
	faults *fault.Registry
	server *pubsub.Server
	client eventbus.PubSubClient

	mu sync.Mutex
	at time.Time
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *house) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

func start(t testing.TB, change func(*pubsub.Config)) *house {
	t.Helper()
	h := &house{t: t, at: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	h.faults = fault.NewRegistry(h.now)
	h.log = bus.New(bus.Config{Now: h.now})
	h.cdc = cdc.New(cdc.Config{Log: h.log, Faults: h.faults})
	h.engine = org.New(org.Config{Now: h.now, Publisher: h.cdc, Faults: h.faults})
	cfg := pubsub.Config{
		Log: h.log, Faults: h.faults, Tenant: h.engine.ID(), Layout: h.cdc.Layout,
		Authenticate: func(token string) (string, bool) { return h.engine.AdminID(), token == goodToken },
		Instance:     func(url string) bool { return strings.TrimSuffix(url, "/") == instance },
		Captured: func(object string) (cdc.Layout, bool) {
			if !h.cdc.Selects(object) {
				return cdc.Layout{}, false
			}
			return cdc.LayoutOf(h.engine.Object(object)), true
		},
	}
	if change != nil {
		change(&cfg)
	}
	h.serve(cfg)
	return h
}

func (h *house) serve(cfg pubsub.Config) {
	h.t.Helper()
	h.faults.OnArm(fault.ExpireReplayIDs, func(fault.Fault) { h.log.Expire() })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	h.server = pubsub.New(cfg)
	served := make(chan error, 1)
	go func() { served <- h.server.Serve(l) }()
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		h.t.Fatal(err)
	}
	h.client = eventbus.NewPubSubClient(conn)
	h.t.Cleanup(func() {
		_ = conn.Close()
		h.server.Close()
		h.server.Close() // a second time does nothing
		if err := <-served; err != nil {
			h.t.Errorf("serving: %v", err)
		}
	})
}

// with returns a context with the metadata of a call, changed by pairs.
func (h *house) with(pairs ...string) context.Context {
	md := map[string]string{"accesstoken": goodToken, "instanceurl": instance, "tenantid": h.engine.ID()}
	for i := 0; i+1 < len(pairs); i += 2 {
		md[pairs[i]] = pairs[i+1]
		if pairs[i+1] == "" {
			delete(md, pairs[i])
		}
	}
	return metadata.NewOutgoingContext(h.t.Context(), metadata.New(md))
}

func (h *house) transact(fn func(*org.Tx) *org.Error) {
	h.t.Helper()
	if _, err := h.engine.Transact(org.Caller{Origin: "com/salesforce/api/rest/66.0;client=tidegate"}, func(tx *org.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return nil
	}); err != nil {
		h.t.Fatal(err)
	}
}

// contact makes one contact, and so one event.
func (h *house) contact(name string) (id string) {
	h.t.Helper()
	h.transact(func(tx *org.Tx) (err *org.Error) {
		id, err = tx.Create("Contact", map[string]any{"LastName": name})
		return err
	})
	return id
}

func (h *house) contacts(n int) {
	h.t.Helper()
	for i := range n {
		h.contact(fmt.Sprint("Moor ", i))
	}
}

func (h *house) arm(s fault.Spec) {
	h.t.Helper()
	if _, err := h.faults.Arm(s); err != nil {
		h.t.Fatal(err)
	}
}

// stream is one open subscription.
type stream struct {
	h *house
	eventbus.PubSub_SubscribeClient
	hangUp context.CancelFunc
}

func (h *house) subscribe(r *eventbus.FetchRequest) *stream {
	h.t.Helper()
	ctx, cancel := context.WithCancel(h.with())
	h.t.Cleanup(cancel)
	s, err := h.client.Subscribe(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	out := &stream{h, s, cancel}
	out.send(r)
	return out
}

func (s *stream) send(r *eventbus.FetchRequest) {
	s.h.t.Helper()
	if err := s.Send(r); err != nil {
		s.h.t.Fatal(err)
	}
}

func (s *stream) next() *eventbus.FetchResponse {
	s.h.t.Helper()
	r, err := s.Recv()
	if err != nil {
		s.h.t.Fatalf("receiving: %v", err)
	}
	return r
}

// collect reads answers until n events have come.
func (s *stream) collect(n int) (events []*eventbus.ConsumerEvent, last *eventbus.FetchResponse) {
	s.h.t.Helper()
	for len(events) < n {
		last = s.next()
		events = append(events, last.GetEvents()...)
	}
	return events, last
}

// end reads until the stream ends and returns how.
func (s *stream) end() error {
	for {
		if _, err := s.Recv(); err != nil {
			return err
		}
	}
}

// refused checks status, error code and the trailers that every error has.
func (s *stream) refused(status codes.Code, code string) {
	s.h.t.Helper()
	s.h.refusal(s.end(), s.Trailer(), "Subscribe", status, code)
}

func (h *house) refusal(err error, trailer metadata.MD, method string, want codes.Code, code string) {
	h.t.Helper()
	if status.Code(err) != want {
		h.t.Errorf("%s: %v, want %s", method, err, want)
	}
	id := first(trailer, "rpc-id")
	if first(trailer, "error-code") != prefix+code || first(trailer, "type") != method || len(id) != 36 {
		h.t.Errorf("%s: trailers %v, want %s", method, trailer, code)
	}
	if !strings.HasSuffix(status.Convert(err).Message(), " rpcId: "+id) {
		h.t.Errorf("%s: message %q lacks the rpc id", method, err)
	}
}

func first(md metadata.MD, key string) string {
	if v := md.Get(key); len(v) > 0 {
		return v[0]
	}
	return ""
}

// decode reads a payload with the schema that the server gives for it.
func (h *house) decode(e *eventbus.ConsumerEvent) map[string]any {
	h.t.Helper()
	info, err := h.client.GetSchema(h.with(), &eventbus.SchemaRequest{SchemaId: e.GetEvent().GetSchemaId()})
	if err != nil {
		h.t.Fatal(err)
	}
	schema, err := decoder.Parse(info.GetSchemaJson())
	if err != nil {
		h.t.Fatal(err)
	}
	var out map[string]any
	if _, err := schema.Decode(e.GetEvent().GetPayload(), &out); err != nil {
		h.t.Fatal(err)
	}
	return out
}

func number(replay []byte) int64 { return int64(binary.BigEndian.Uint64(replay)) }

// lastNames reads the name out of each event of a contact.
func (h *house) lastNames(events []*eventbus.ConsumerEvent) (names []string) {
	h.t.Helper()
	for _, e := range events {
		name, _ := h.decode(e)["Name"].(map[string]any)
		names = append(names, fmt.Sprint(name["LastName"]))
	}
	return names
}

// until waits for something that other goroutines do.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
