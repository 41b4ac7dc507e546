package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"time"

	"tidegate/gateway"
	"tidegate/salesforce"
	"tidegate/simulator"
	"tidegate/simulator/org"
	"tidegate/simulator/seed"
	"tidegate/store"
	"tidegate/streaming"
)

// The rows of a first reading: usually, and with -long.
const (
	loadRows     = 100_000
	loadRowsLong = 1_000_000
)

// load is the first reading of many contacts by a bulk job: over HTTP, from the
// making of the job to the last row in the mirror, with its keys.
type load struct {
	Rows      int     `json:"rows"`
	PerSecond float64 `json:"rows_per_second"`
	// CPU is what a row took of all cores, of org, gateway and database together.
	CPU time.Duration `json:"cpu_ns_per_row"`
	// Filing is how long the keys of all rows took to be filed behind the last
	// one, and FilingCPU what that took of all cores for a row.
	Filing    time.Duration `json:"filing_ns"`
	FilingCPU time.Duration `json:"filing_cpu_ns_per_row"`
}

// loadOf measures one engine, in an org and a database of their own.
func loadOf(ctx context.Context, o options, open func(int) (string, error)) (l load, err error) {
	l.Rows = o.rows
	if o.long {
		l.Rows = loadRowsLong
	}
	address, err := open(2)
	if err != nil {
		return l, err
	}
	running, err := simulator.Start(ctx, simulator.Config{Quiet: true, Seed: 1, Sizes: seed.Sizes{Accounts: l.Rows / 5, Contacts: l.Rows}})
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, running.Close()) }()
	w := &world{org: running, url: address}
	if w.db, err = store.Open(ctx, address, store.Options{}); err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, w.db.Close()) }()
	w.ws = w.db.In(workspace)
	if err := errors.Join(w.db.Migrate(ctx), w.connect(ctx)); err != nil {
		return l, err
	}
	runtime.GC() // what seeding left behind
	return l, l.measure(ctx, w, o.profile)
}

func (l *load) measure(ctx context.Context, w *world, profile string) error {
	bulk, err := newBulk(w.org)
	if err != nil {
		return err
	}
	conn, err := w.ws.Connection(ctx)
	if err != nil {
		return err
	}
	consumer, err := streaming.New(streaming.Config{
		DB: w.db, Connection: conn, Holder: "bench", Objects: []string{"Contact"}, Reader: reader{w.org.Engine},
		Loading:  streaming.Loading{Bulk: bulk},
		Endpoint: func() string { return w.org.URL + "/cometd/66.0" },
		Auth:     func(context.Context, bool) (string, error) { return "Bearer " + w.org.AccessToken, nil },
		Notify:   func(gateway.WorkspaceID, []gateway.RecordKey) {},
	})
	if err != nil {
		return err
	}
	end, err := profiled(profile, "load-"+w.db.Engine())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Minute)
	defer cancel()
	done := make(chan error, 1)
	busy, err := cpuTime()
	if err != nil {
		return err
	}
	go func() { done <- consumer.Run(ctx) }()
	b, err := w.loaded(ctx)
	spent, failed := cpuTime()
	l.CPU = (spent - busy) / time.Duration(max(b.Rows, 1))
	l.PerSecond = float64(b.Rows) / b.UpdatedAt.Sub(b.BeganAt).Seconds()
	if err == nil {
		err = w.filed(ctx)
		all, unread := cpuTime()
		l.Filing, l.FilingCPU, failed = time.Since(b.UpdatedAt), (all-spent)/time.Duration(max(b.Rows, 1)), errors.Join(failed, unread)
	}
	cancel()
	if err = errors.Join(err, failed, end(), <-done); err != nil {
		return err
	}
	if b.Rows != l.Rows || b.Way != gateway.WayBulk {
		return fmt.Errorf("%d rows of %d were read, by %s", b.Rows, l.Rows, b.Way)
	}
	return w.sampled(context.WithoutCancel(ctx), l.Rows)
}

// loaded waits until all rows are read, and returns the reading as it was then.
func (w *world) loaded(ctx context.Context) (gateway.Backfill, error) {
	for {
		b, err := w.ws.Backfill(ctx, "Contact")
		if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
			return b, err
		}
		if err == nil && !b.Open() {
			return b, nil
		}
		select {
		case <-ctx.Done():
			return b, fmt.Errorf("waiting for the first reading: %w", ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// filed waits until no keys are staged.
func (w *world) filed(ctx context.Context) error {
	for {
		if staged, err := w.ws.KeysStaged(ctx); err != nil || !staged {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for keys: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// sampled compares every thousandth contact with the org's.
func (w *world) sampled(ctx context.Context, rows int) error {
	n, err := w.ws.CountRecords(ctx, "Contact")
	if err != nil || n != rows {
		return fmt.Errorf("%d rows here of %d: %w", n, rows, err)
	}
	w.org.Engine.Read(func(v org.View) {
		i := 0
		v.Scan("Contact", func(r org.Record) bool {
			if i++; i%1000 == 0 {
				w.ids = append(w.ids, r.ID())
			}
			return true
		})
	})
	return w.equal(ctx)
}

// bulk reads the org by bulk jobs, as the gateway does.
type bulk struct {
	client *salesforce.Client
	schema gateway.Schema
}

func newBulk(o *simulator.Running) (*bulk, error) {
	client, err := newClient(o)
	if err != nil {
		return nil, err
	}
	schema, err := client.Describe(context.Background(), "Contact")
	return &bulk{client, schema}, err
}

// newClient returns a client of the org, as the gateway has one.
func newClient(o *simulator.Running) (*salesforce.Client, error) {
	u, err := url.Parse(o.URL)
	if err != nil {
		return nil, err
	}
	guard, err := salesforce.NewGuard(u.Host)
	if err != nil {
		return nil, err
	}
	return salesforce.New(salesforce.Config{Tokens: session{o}, Guard: guard})
}

// session is the org's own token, which never ends.
type session struct{ org *simulator.Running }

func (s session) Token(context.Context) (salesforce.Token, error) {
	return salesforce.Token{Access: s.org.AccessToken, InstanceURL: s.org.URL, Generation: 1}, nil
}

func (s session) Refresh(ctx context.Context, _ int64) (salesforce.Token, error) { return s.Token(ctx) }

func (b *bulk) StartJob(ctx context.Context, q streaming.ReadRequest) (string, error) {
	job, err := b.client.StartBulkQuery(ctx, b.schema, salesforce.PageRequest{Columns: q.Fields, AfterID: q.AfterID})
	return job.ID, err
}

func (b *bulk) Job(ctx context.Context, id string) (streaming.JobState, error) {
	job, err := b.client.BulkQuery(ctx, id)
	return streaming.JobState{Complete: job.Complete(), Over: job.Over(), Rows: job.Rows, Said: job.Said}, err
}

func (b *bulk) Results(ctx context.Context, q streaming.ResultRequest, each func(*gateway.Table) error) (string, error) {
	return b.client.BulkResults(ctx, b.schema, salesforce.ResultPage{Job: q.Job, Locator: q.Locator, Rows: q.Rows, Skip: q.Skip, Chunk: q.Chunk}, each)
}

func (b *bulk) DropJob(ctx context.Context, id string) error { return b.client.EndBulkQuery(ctx, id) }
