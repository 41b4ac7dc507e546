package streaming

import (
	"context"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/inbound"
	"tidegate/simulator/bus"
	"tidegate/simulator/cdc"
	"tidegate/simulator/cometd"
	"tidegate/simulator/fault"
	"tidegate/simulator/org"
	simpubsub "tidegate/simulator/pubsub"
	"tidegate/store"
	"tidegate/store/storetest"
	"tidegate/streaming/bayeux"
	"tidegate/streaming/pubsub"
)

// world is a simulated org served over a socket, and a store to mirror it in.
type world struct {
	t       *testing.T
	org     *org.Org
	faults  *fault.Registry
	cdc     *cdc.Publisher
	log     *bus.Log
	url     string
	grpc    string // address of the Pub/Sub API
	db      *store.DB
	ws      *store.Workspace
	objects []string

	mu     sync.Mutex
	token  string // the one that the org accepts
	mine   string // the one that we hold
	fresh  int    // tokens refreshed
	dead   bool   // the grant is revoked
	asked  []ReadRequest
	purged string // the contact that left last
	// unlisted is the record that the list of deletions lacks.
	unlisted string
	listed   int          // times that deletions were asked for
	fields   int          // made by wildcard
	passed   atomic.Int64 // how far the virtual clocks are ahead
	// hidden is a field that describe shows and queries are refused for.
	hidden string
	// onRows is called before a page is returned, after it was read.
	onRows func(n int, q ReadRequest)
}

func newWorld(t *testing.T, url string) *world {
	t.Helper()
	return newWorldAs(t, url, true)
}

// newWorldAs is newWorld with or without websocket.
func newWorldAs(t *testing.T, url string, websocket bool) *world {
	t.Helper()
	w := &world{t: t, token: "first", mine: "first", objects: []string{"Account", "Contact"}}
	w.faults = fault.NewRegistry(time.Now)
	log := bus.New(bus.Config{Now: w.now})
	w.log = log
	w.cdc = cdc.New(cdc.Config{Log: log, Faults: w.faults})
	w.org = org.New(org.Config{Publisher: w.cdc, Faults: w.faults, Now: w.now})
	server := cometd.New(cometd.Config{
		Log: log, Faults: w.faults, Websocket: websocket, TokenCheck: 20 * time.Millisecond, Authenticate: w.authenticate,
	})
	w.servePubSub(log)
	h := httptest.NewServer(server)
	w.url = h.URL + "/cometd/66.0"
	t.Cleanup(func() {
		server.Close()
		h.Close()
	})
	w.db = storetest.Open(t, url, store.Options{Now: w.now})
	if err := w.db.CreateWorkspace(t.Context(), workspace, "Demo"); err != nil {
		t.Fatal(err)
	}
	w.ws = w.db.In(workspace)
	err := w.ws.SaveConnection(t.Context(), gateway.Connection{ID: "c1", Workspace: workspace, State: gateway.StateCatchingUp, ConnectedAt: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// authenticate is the org's check of an access token.
func (w *world) authenticate(token string) (string, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.org.AdminID(), token == w.token
}

// servePubSub serves the same log over gRPC.
func (w *world) servePubSub(log *bus.Log) {
	w.t.Helper()
	server := simpubsub.New(simpubsub.Config{
		Log: log, Faults: w.faults, Tenant: w.org.ID(), Authenticate: w.authenticate, Layout: w.cdc.Layout,
		Keepalive: 200 * time.Millisecond, Patience: 2 * time.Second,
		Captured: func(object string) (cdc.Layout, bool) {
			o := w.org.Object(object)
			if o == nil || !w.cdc.Selects(object) {
				return cdc.Layout{}, false
			}
			return cdc.LayoutOf(o), true
		},
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.grpc = "http://" + l.Addr().String()
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	w.t.Cleanup(func() {
		server.Close()
		if err := <-done; err != nil {
			w.t.Errorf("serving the Pub/Sub API: %v", err)
		}
	})
}

// pubSub is the configuration of the Pub/Sub API.
func (w *world) pubSub() *PubSub {
	return &PubSub{
		Endpoint: w.grpc,
		Credentials: func(ctx context.Context, stale bool) (pubsub.Credentials, error) {
			header, err := w.auth(ctx, stale)
			return pubsub.Credentials{
				AccessToken: strings.TrimPrefix(header, "Bearer "), InstanceURL: "https://org.example", TenantID: w.org.ID(),
			}, err
		},
		Adjust: func(c *pubsub.Config) {
			c.Backoff = func(int, bool) time.Duration { return 20 * time.Millisecond }
			c.Settle, c.Goodbye = 500*time.Millisecond, 200*time.Millisecond
		},
	}
}

// over configures a consumer for one transport.
func (w *world) over(t Transport) func(*Config) {
	return func(c *Config) {
		c.Transport = t
		if t == PubSubStream {
			c.PubSub = w.pubSub()
		}
		c.PollEvery, c.PollAfter, c.SweepEvery = 50*time.Millisecond, time.Minute, 200*time.Millisecond
	}
}

// now is the time in the org, and ours.
func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.passed.Load())) }

// pass lets time go by, for all clocks.
func (w *world) pass(d time.Duration) { w.passed.Add(int64(d)) }

// commit runs one transaction in the org.
func (w *world) commit(fn func(tx *org.Tx) *org.Error) {
	w.t.Helper()
	_, err := w.org.Transact(org.Caller{Origin: org.UIOrigin}, func(tx *org.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) create(object string, values map[string]any) (id string) {
	w.t.Helper()
	w.commit(func(tx *org.Tx) (err *org.Error) {
		id, err = tx.Create(object, values)
		return err
	})
	return id
}

func (w *world) update(id string, values map[string]any) {
	w.t.Helper()
	w.commit(func(tx *org.Tx) *org.Error { return tx.Update("Contact", id, values) })
}

func (w *world) remove(id string) {
	w.t.Helper()
	w.commit(func(tx *org.Tx) *org.Error { return tx.Delete("Contact", id) })
}

// contacts creates n contacts and returns their ids.
func (w *world) contacts(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = w.create("Contact", map[string]any{"LastName": fmt.Sprintf("Name %d", i), "FirstName": "Ada", "MailingCity": "Bern"})
	}
	return ids
}

// start runs a consumer until the returned function is called.
func (w *world) start(change func(*Config)) (c *Consumer, stop func()) {
	w.t.Helper()
	connection, err := w.ws.Connection(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	cfg := Config{
		DB: w.db, Connection: connection, Holder: "me", Objects: w.objects, Reader: w, PageSize: 50,
		Endpoint: func() string { return w.url }, Auth: w.auth, LeaseFor: 5 * time.Second, Now: w.now,
		Tick: 20 * time.Millisecond, Grace: 2 * time.Second, Overlap: 5 * time.Second,
		Backoff: func(int) time.Duration { return 20 * time.Millisecond },
		Stream: func(b *bayeux.Config) {
			b.Backoff = func(int, bool) time.Duration { return 20 * time.Millisecond }
			b.Goodbye = time.Second
		},
	}
	if change != nil {
		change(&cfg)
	}
	if c, err = New(cfg); err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("Run: %v", err)
		}
	})
	w.t.Cleanup(stop)
	return c, stop
}

func (w *world) auth(_ context.Context, stale bool) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dead {
		return "", gateway.Errorf(gateway.CodeSFAuth, "invalid_grant")
	}
	if stale {
		w.fresh++
		w.mine = w.token
	}
	return "Bearer " + w.mine, nil
}

// eventually waits until check finds nothing to complain about.
func (w *world) eventually(check func() string) {
	w.t.Helper()
	var complaint string
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if complaint = check(); complaint == "" {
			return
		}
	}
	w.t.Fatalf("still: %s", complaint)
}

// settled waits until the mirror equals the org: every record, tombstones
// included, every mirrored field, and nothing left to read.
func (w *world) settled() {
	w.t.Helper()
	w.eventually(func() string {
		for _, object := range w.objects {
			if b, err := w.ws.Backfill(w.t.Context(), object); err != nil || b.State != BackfillDone {
				return fmt.Sprintf("backfill of %s: %+v %v", object, b, err)
			}
			if complaint := w.differs(object); complaint != "" {
				return complaint
			}
		}
		if marks, err := w.ws.Refetches(w.t.Context(), 1); err != nil || len(marks) > 0 {
			return fmt.Sprintf("marked %v, %v", marks, err)
		}
		return ""
	})
}

func (w *world) differs(object string) (complaint string) {
	schema, err := w.Schema(w.t.Context(), object)
	if err != nil {
		return err.Error()
	}
	w.org.Read(func(v org.View) {
		v.Scan(object, func(r org.Record) bool {
			complaint = w.differ(schema, r)
			return complaint == ""
		})
	})
	return complaint
}

func (w *world) differ(schema gateway.Schema, r org.Record) string {
	deleted, _ := r.Value("IsDeleted").(bool)
	mine, err := w.ws.Record(w.t.Context(), gateway.RecordKey{Object: schema.Object, ID: r.ID()})
	switch {
	case err != nil && deleted && gateway.CodeOf(err) == gateway.CodeNotFound:
		return "" // gone before anybody looked
	case err != nil:
		return err.Error()
	case mine.Deleted != deleted:
		return fmt.Sprintf("%s is deleted here: %v", r.ID(), mine.Deleted)
	case deleted && mine.Fields["LastName"] == "" && mine.Fields["Name"] == "":
		return "" // nobody saw it before it was gone, so there is no more than its tombstone
	case mine.Partial:
		return r.ID() + " is partial"
	}
	for _, name := range MirroredFields(schema) {
		f := r.Object().Field(name)
		if f.Calculated || inbound.Silent(gateway.Schema{})[name] {
			continue // no event carries them
		}
		if deleted && (name == "LastModifiedDate" || name == "LastModifiedById") {
			continue // a delete event has no body
		}
		here, there := mine.Fields[name], valueOf(r.Value(name))
		if here != there && (!here.Empty() || !there.Empty()) {
			return fmt.Sprintf("%s %s is %s, there %s", r.ID(), name, here, there)
		}
	}
	return ""
}

func valueOf(v any) gateway.Value {
	if d, ok := v.(org.DateTime); ok {
		return gateway.Instant(d.Time())
	}
	return gateway.Scalar(org.AppendValue(nil, v))
}

func (w *world) state() gateway.ConnectionState {
	c, err := w.ws.Connection(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return c.State
}

func (w *world) is(state gateway.ConnectionState) func() string {
	return func() string {
		if now := w.state(); now != state {
			return fmt.Sprintf("state is %s, not %s", now, state)
		}
		return ""
	}
}

func (w *world) arm(s fault.Spec) {
	w.t.Helper()
	if _, err := w.faults.Arm(s); err != nil {
		w.t.Fatal(err)
	}
}

// logged reports whether the sync log has a line with this text.
func (w *world) logged(part string) bool { return w.told(part) > 0 }

// told counts the lines of the sync log with this text.
func (w *world) told(part string) (n int) {
	page, err := w.ws.Log(w.t.Context(), store.LogQuery{Direction: "system", Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, l := range page.Entries {
		if strings.Contains(l.Entry.What, part) {
			n++
		}
	}
	return n
}
