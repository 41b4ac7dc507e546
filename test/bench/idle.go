package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/simulator"
	"tidegate/simulator/seed"
	"tidegate/store"
	"tidegate/vault"
)

// idlers is how many workspaces are connected, usually and with -long.
const (
	idlers     = 50
	idlersLong = 1000
)

// idle is what a process costs whose workspaces have nothing to do.
type idle struct {
	Connections int   `json:"connections"`
	Bytes       int64 `json:"resident_bytes"`
	Peak        int64 `json:"peak_resident_bytes"` // while all read their org at once
	// Goroutines is how many there were half a minute after all were connected,
	// and After how many another half minute later: a leak would show.
	Goroutines int `json:"goroutines"`
	After      int `json:"goroutines_later"`
	// Connecting is until all were connected, and Spent the processor time of
	// that; Idling is what a second of all of them takes afterwards: of the
	// program, the database and the org together.
	Connecting time.Duration `json:"connecting_ns"`
	Spent      time.Duration `json:"connecting_cpu_ns"`
	Idling     time.Duration `json:"idle_cpu_ns_per_second"`
}

// idled connects many workspaces to a small org and lets the program run them.
func idled(ctx context.Context, o options, open func(int) (string, error)) (i idle, err error) {
	i.Connections = cmp.Or(o.idlers, idlers)
	if o.idlers == 0 && o.long {
		i.Connections = idlersLong
	}
	address, err := open(4)
	if err != nil {
		return i, err
	}
	running, err := simulator.Start(ctx, simulator.Config{Quiet: true, Seed: 1, Edition: "unlimited", Sizes: seed.Sizes{Accounts: 2, Contacts: 5, Leads: 1, Opportunities: 1}})
	if err != nil {
		return i, err
	}
	defer func() { err = errors.Join(err, running.Close()) }()
	db, err := store.Open(ctx, address, store.Options{})
	if err != nil {
		return i, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Migrate(ctx); err != nil {
		return i, err
	}
	g, err := newGatewayProcess(o.bin, address, running.URL)
	if err != nil {
		return i, err
	}
	if err := g.crowd(ctx, db, running, i.Connections); err != nil {
		return i, err
	}
	ops, err := freeAddress()
	if err != nil {
		return i, err
	}
	g.env = append(g.env, "TIDEGATE_OPS_ADDR="+ops)
	return i, g.during(ctx, func(s *served) (err error) {
		start, spent := time.Now(), watchCPU()
		if err := i.allConnected(ctx, db); err != nil {
			return err
		}
		i.Connecting = time.Since(start)
		if i.Spent, err = spent(); err != nil {
			return err
		}
		for _, figure := range []*int{&i.Goroutines, &i.After} {
			start, spent = time.Now(), watchCPU()
			time.Sleep(30 * time.Second)
			busy, err := spent()
			if err != nil {
				return err
			}
			// The lesser of two: the first proofs may fall into one.
			if each := time.Duration(float64(busy) / time.Since(start).Seconds()); i.Idling == 0 || each < i.Idling {
				i.Idling = each
			}
			if *figure, err = standing(ops); err != nil {
				return err
			}
		}
		var failed error
		i.Peak, err = s.peak()
		i.Bytes, failed = s.resident()
		return errors.Join(err, failed)
	})
}

// crowd connects n workspaces: the first as people do, the others as copies of
// it, because a thousand runs of "tidegate connect" take longer than everything
// that is measured.
func (g *gatewayProcess) crowd(ctx context.Context, db *store.DB, o *simulator.Running, n int) error {
	first := *g
	first.workspace = "idle-0"
	if err := first.connect(ctx, o.URL, o.ClientID, o.ClientSecret); err != nil {
		return err
	}
	m, err := g.model(ctx, db.In("idle-0"))
	if err != nil {
		return err
	}
	for k := 1; k < n; k++ {
		if err := m.copy(ctx, db, k); err != nil {
			return fmt.Errorf("copying a connection: %w", err)
		}
	}
	return nil
}

// model is a connected workspace that others are made like.
type model struct {
	conn     gateway.Connection
	vault    *vault.Vault
	secrets  []byte
	mappings []gateway.Mapping
	schemas  []gateway.Schema
	modified []time.Time // of schemas
}

func (g *gatewayProcess) model(ctx context.Context, from *store.Workspace) (m model, err error) {
	if m.conn, err = from.Connection(ctx); err != nil {
		return m, err
	}
	if m.vault, err = vault.Open(g.key); err != nil {
		return m, err
	}
	sealed, _, err := from.SealedSecrets(ctx, m.conn.ID)
	if err != nil {
		return m, err
	}
	if m.secrets, err = m.vault.Unseal(sealed, from.ID(), m.conn.ID); err != nil {
		return m, err
	}
	if m.mappings, err = from.Mappings(ctx, ""); err != nil {
		return m, err
	}
	if m.schemas, err = from.Schemas(ctx); err != nil {
		return m, err
	}
	dates, err := from.SchemaDates(ctx)
	for _, s := range m.schemas {
		m.modified = append(m.modified, dates[s.Object].Modified)
	}
	return m, err
}

func (m *model) copy(ctx context.Context, db *store.DB, k int) error {
	conn := m.conn
	conn.Workspace, conn.ID = gateway.WorkspaceID(fmt.Sprint("idle-", k)), fmt.Sprint(m.conn.ID, "-", k)
	to := db.In(conn.Workspace)
	return errors.Join(
		db.CreateWorkspace(ctx, conn.Workspace, string(conn.Workspace)), to.SaveConnection(ctx, conn),
		to.SaveSecrets(ctx, conn.ID, m.vault.Seal(m.secrets, conn.Workspace, conn.ID), 1),
		to.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			for _, one := range m.mappings {
				err = errors.Join(err, tx.SaveMapping(ctx, one))
			}
			for i, s := range m.schemas {
				err = errors.Join(err, tx.SaveSchema(ctx, s, m.modified[i]))
			}
			return err
		}))
}

// allConnected waits until every connection has streamed with its org read. On a
// machine that does other things too, hardly ever are all of a thousand in order
// at one moment.
func (i *idle) allConnected(ctx context.Context, db *store.DB) error {
	ctx, cancel := context.WithTimeout(ctx, floodPatience)
	defer cancel()
	seen := make(map[gateway.WorkspaceID]bool, i.Connections)
	for {
		connections, err := db.Connections(ctx)
		if err != nil {
			return err
		}
		for _, c := range connections {
			if c.State == gateway.StateOK {
				seen[c.Workspace] = true
			}
		}
		if len(seen) == i.Connections {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the connections, %d of %d: %w", len(seen), i.Connections, ctx.Err())
		case <-time.After(time.Second):
		}
	}
}

// standing is how many goroutines there are at least during some seconds: the
// rounds of each connection come and go.
func standing(ops string) (least int, err error) {
	least = math.MaxInt
	for range 20 {
		now, err := goroutines(ops)
		if err != nil {
			return 0, err
		}
		least = min(least, now)
		time.Sleep(250 * time.Millisecond)
	}
	return least, nil
}

// goroutines asks the program's metrics.
func goroutines(ops string) (int, error) {
	resp, err := http.Get("http://" + ops + "/metrics")
	if err != nil {
		return 0, fmt.Errorf("reading the metrics: %w", err)
	}
	text, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(text), "\ngo_goroutines ")
	figure, _, _ := strings.Cut(after, "\n")
	return strconv.Atoi(figure)
}

// freeAddress returns one that is free for the moment.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

func (i *idle) lines() []line {
	return []line{
		{What: fmt.Sprintf("serve: resident with %d idle connections", i.Connections), Figure: mib(i.Bytes), Floor: "<= 300.0 MiB", Passed: i.Bytes <= 300<<20},
		free("serve: its peak, while all read their org", mib(i.Peak)),
		free("until all were connected, and processor time of each", fmt.Sprintf("%.0f s, %.0f ms", i.Connecting.Seconds(), float64(i.Spent.Milliseconds())/float64(i.Connections))),
		free("processor time a second of each, all processes", fmt.Sprintf("%.2f ms", i.Idling.Seconds()*1000/float64(i.Connections))),
		{
			What: "serve: goroutines of each, and half a minute later", Figure: fmt.Sprintf("%.1f %.1f", float64(i.Goroutines)/float64(i.Connections), float64(i.After)/float64(i.Connections)),
			Floor: "no more", Passed: i.After <= i.Goroutines+i.Connections/10+5,
		},
	}
}
