package main

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tidegate/gateway"
	"tidegate/simulator"
	"tidegate/simulator/org"
	"tidegate/simulator/seed"
	"tidegate/store"
	"tidegate/streaming"
	"tidegate/streaming/bayeux"
	"tidegate/streaming/pubsub"
)

const workspace gateway.WorkspaceID = "bench"

const (
	connection = "c1"
	// contacts is how many records the changes go round: no record is changed
	// twice within that many changes, so that no batch saves a row by folding.
	contacts = 10_000
)

// patience bounds every wait.
const patience = 60 * time.Second

// world is a simulated org, and one database to mirror it in.
type world struct {
	org   *simulator.Running
	url   string // of the database
	db    *store.DB
	ws    *store.Workspace
	watch watch
	ids   []string // of the contacts
	made  int      // changes made so far
}

func startOrg(ctx context.Context) (*simulator.Running, error) {
	return simulator.Start(ctx, simulator.Config{
		Quiet: true, Seed: 1, Sizes: seed.Sizes{Accounts: contacts / 5, Contacts: contacts, Leads: 100, Opportunities: 100},
	})
}

// newWorld opens the database with a connected workspace in it.
func newWorld(ctx context.Context, o *simulator.Running, url string) (*world, error) {
	w := &world{org: o, url: url}
	var err error
	if w.db, err = store.Open(ctx, url, store.Options{}); err != nil {
		return nil, err
	}
	w.ws = w.db.In(workspace)
	o.Engine.Read(func(v org.View) {
		v.Scan("Contact", func(r org.Record) bool {
			w.ids = append(w.ids, r.ID())
			return true
		})
	})
	if err := w.db.Migrate(ctx); err != nil {
		return nil, errors.Join(err, w.db.Close())
	}
	return w, nil
}

// connect makes the workspace and its connection, without a grant: the consumer
// of this process is told the token.
func (w *world) connect(ctx context.Context) error {
	if err := w.db.CreateWorkspace(ctx, workspace, "Bench"); err != nil {
		return err
	}
	return w.ws.SaveConnection(ctx, gateway.Connection{
		ID: connection, Workspace: workspace, State: gateway.StateDisconnected, ConnectedAt: time.Now(),
	})
}

// change commits the next change in the org: two fields of one contact, in a
// transaction of its own. before is told of the record just before it commits.
func (w *world) change(before func(id string)) error {
	id := w.ids[w.made%len(w.ids)]
	w.made++
	values := map[string]any{
		"Title": fmt.Sprint("Title ", w.made), "Phone": fmt.Sprintf("+1 415 %07d", w.made), // a new one each time: keys follow it
	}
	_, err := w.org.Engine.Transact(org.Caller{Origin: org.UIOrigin, Immune: true}, func(tx *org.Tx) error {
		if refused := tx.Update("Contact", id, values); refused != nil {
			return refused
		}
		before(id)
		return nil
	})
	return err
}

// changes makes n changes as fast as possible.
func (w *world) changes(n int) error {
	for range n {
		if err := w.change(func(string) {}); err != nil {
			return fmt.Errorf("changing a contact: %w", err)
		}
	}
	return nil
}

// start runs a consumer with the settings of production until stop is called.
func (w *world) start(transport streaming.Transport) (stop func() error, err error) {
	metrics, err := streaming.NewMetrics(prometheus.NewRegistry())
	if err != nil {
		return nil, err
	}
	conn, err := w.ws.Connection(context.Background())
	if err != nil {
		return nil, err
	}
	consumer, err := streaming.New(streaming.Config{
		DB: w.db, Connection: conn, Holder: "bench", Objects: gateway.MirroredObjects[:], Reader: reader{w.org.Engine},
		Endpoint: func() string { return w.org.URL + "/cometd/66.0" },
		Auth:     func(context.Context, bool) (string, error) { return "Bearer " + w.org.AccessToken, nil },
		Notify:   w.notify, Metrics: metrics, Transport: transport, Stream: w.watch.deliveries,
		PubSub: w.pubSub(),
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- consumer.Run(ctx) }()
	return sync.OnceValue(func() error {
		cancel()
		return <-done
	}), nil
}

// notify does what the gateway does after a commit: other processes are told.
func (w *world) notify(ws gateway.WorkspaceID, keys []gateway.RecordKey) {
	w.watch.committed(keys, time.Now())
	if err := w.db.Notify(context.Background(), ws, keys); err != nil {
		w.watch.fail(fmt.Errorf("telling other processes: %w", err))
	}
}

// settle lets a consumer read the org for the first time, and leaves a position
// to resume from.
func (w *world) settle(ctx context.Context) error {
	stop, err := w.start(streaming.WebSocket)
	if err != nil {
		return err
	}
	if err = w.read(ctx); err == nil {
		err = errors.Join(w.changes(1), w.caughtUp(ctx))
	}
	return errors.Join(err, stop())
}

// read waits until the first backfill of every object is done.
func (w *world) read(ctx context.Context) error {
	return eventually(ctx, "the first backfill", func() (bool, error) {
		for _, object := range gateway.MirroredObjects {
			b, err := w.ws.Backfill(ctx, object)
			if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
				return false, err
			}
			if b.State != streaming.BackfillDone {
				return false, nil
			}
		}
		return true, nil
	})
}

// caughtUp waits until the stored position is the org's last one.
func (w *world) caughtUp(ctx context.Context) error {
	return eventually(ctx, "the last event", func() (bool, error) { return w.atLast(ctx) })
}

// atLast tells whether the stored position is the org's last one.
func (w *world) atLast(ctx context.Context) (bool, error) {
	p, err := w.position(ctx)
	at := string(p.Lease.Position)
	return at == w.last(streaming.WebSocket) || at == w.last(streaming.PubSubStream), err
}

// last is the place of the org's newest event, as stored with the transport.
func (w *world) last(transport streaming.Transport) string {
	last := w.org.Log.Last()
	if transport == streaming.PubSubStream {
		return "pubsub:" + base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, uint64(last)))
	}
	return strconv.FormatInt(last, 10)
}

// position returns the stored one, an empty one where there is none yet.
func (w *world) position(ctx context.Context) (store.Position, error) {
	conn, err := w.ws.Connection(ctx)
	if err != nil {
		return store.Position{}, err
	}
	p, err := w.ws.Position(ctx, conn.ID, streaming.Channel)
	if gateway.CodeOf(err) == gateway.CodeNotFound {
		err = nil
	}
	return p, err
}

// equal compares the changed fields of every contact with the org's.
func (w *world) equal(ctx context.Context) error {
	for start := 0; start < len(w.ids); start += 2000 {
		ids := w.ids[start:min(start+2000, len(w.ids))]
		mine, err := w.records(ctx, ids)
		if err != nil {
			return err
		}
		var wrong error
		w.org.Engine.Read(func(v org.View) {
			for i, id := range ids {
				there, _ := v.Get("Contact", id)
				for _, name := range []string{"Title", "Phone"} {
					if here := mine[i].Fields[name]; here != valueOf(there.Value(name)) {
						wrong = fmt.Errorf("the mirror is wrong: %s of %s is %s, there %v", name, id, here, there.Value(name))
					}
				}
			}
		})
		if wrong != nil {
			return wrong
		}
	}
	return nil
}

// records returns the mirror's rows of these contacts, in their order.
func (w *world) records(ctx context.Context, ids []string) ([]gateway.Record, error) {
	keys := make([]gateway.RecordKey, len(ids))
	for i, id := range ids {
		keys[i] = gateway.RecordKey{Object: "Contact", ID: id}
	}
	rows := make([]gateway.Record, len(keys))
	err := w.ws.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		found, err := tx.LoadRecords(ctx, keys)
		for i, key := range keys {
			rows[i] = found[key]
			rows[i].Key = key
		}
		return err
	})
	return rows, err
}

func eventually(ctx context.Context, what string, check func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		ok, err := check()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// pubSub is the way to the org's Pub/Sub API.
func (w *world) pubSub() *streaming.PubSub {
	return &streaming.PubSub{
		Endpoint: "http://" + w.org.GRPC,
		Credentials: func(context.Context, bool) (pubsub.Credentials, error) {
			return pubsub.Credentials{AccessToken: w.org.AccessToken, InstanceURL: w.org.URL, TenantID: w.org.Engine.ID()}, nil
		},
		Adjust: func(cfg *pubsub.Config) {
			deliver := cfg.Deliver
			cfg.Deliver = func(ctx context.Context, b pubsub.Batch) error {
				w.watch.delivered(time.Now())
				return deliver(ctx, b)
			}
		},
	}
}

// deliveries notes when the first event of a run was delivered.
func (w *watch) deliveries(cfg *bayeux.Config) {
	deliver := cfg.Deliver
	cfg.Deliver = func(ctx context.Context, channel string, events []json.RawMessage) error {
		w.delivered(time.Now())
		return deliver(ctx, channel, events)
	}
}
