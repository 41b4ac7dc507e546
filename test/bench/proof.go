package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"time"

	"tidegate/gateway"
	"tidegate/simulator"
	"tidegate/simulator/seed"
	"tidegate/store"
)

// damagedCells is how many single values are spoiled before a mirror is proven.
const damagedCells = 7

// proven is one cycle of "tidegate verify" over contacts of whom some values were
// damaged behind everybody's back.
type proven struct {
	Rows     int           `json:"rows"`
	Found    int           `json:"cells_found"`
	Repaired int           `json:"repaired"`
	Calls    int           `json:"calls"`
	Took     time.Duration `json:"took_ns"`
}

// provenOf measures one engine, in an org and a database of their own. The mirror
// is filled by the first proof, which finds every contact missing.
func provenOf(ctx context.Context, o options, open func(int) (string, error)) (p proven, err error) {
	p.Rows = o.rows
	address, err := open(6)
	if err != nil {
		return p, err
	}
	running, err := simulator.Start(ctx, simulator.Config{Quiet: true, Seed: 1, Sizes: seed.Sizes{Accounts: p.Rows / 5, Contacts: p.Rows}})
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, running.Close()) }()
	db, err := store.Open(ctx, address, store.Options{})
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Migrate(ctx); err != nil {
		return p, err
	}
	g, err := newGatewayProcess(o.bin, address, running.URL)
	if err != nil {
		return p, err
	}
	if err := g.connect(ctx, running.URL, running.ClientID, running.ClientSecret); err != nil {
		return p, err
	}
	if _, err := g.verify(ctx); err != nil {
		return p, err
	}
	if err := damage(ctx, db.In(gateway.WorkspaceID(g.workspace))); err != nil {
		return p, err
	}
	began := time.Now()
	found, err := g.verify(ctx)
	p.Took = time.Since(began)
	p.Found, p.Repaired, p.Calls = found.Cells+found.Silent, found.Repaired, found.Calls
	return p, err
}

// verify runs "tidegate verify" over the contacts.
func (g *gatewayProcess) verify(ctx context.Context) (found gateway.Proof, err error) {
	ctx, cancel := context.WithTimeout(ctx, floodPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, g.bin, "verify", "--workspace", g.workspace, "--object", "Contact", "--json")
	cmd.Env, cmd.Stderr = g.env, os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return found, fmt.Errorf("verifying: %w", err)
	}
	return found, json.Unmarshal(text, &found)
}

// damage spoils one value of some records, without anybody being told.
func damage(ctx context.Context, ws *store.Workspace) error {
	all, err := ws.RecordsAfter(ctx, "Contact", "", 1_000_000)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(7, 7))
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	spoiled := all[:min(damagedCells, len(all))]
	for i := range spoiled {
		names := spoiled[i].Fields.Names()
		spoiled[i].Fields = spoiled[i].Fields.Overlay(gateway.Fields{names[r.IntN(len(names))]: gateway.Text("damaged")})
	}
	return ws.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.SaveRecords(ctx, spoiled) })
}

func (p *proven) lines() []line {
	return []line{
		{
			What: fmt.Sprintf("verify: of %d damaged cells in %d rows, found and repaired in one cycle", damagedCells, p.Rows), Figure: fmt.Sprintf("%d %d", p.Found, p.Repaired),
			Floor: fmt.Sprint("all ", damagedCells), Passed: p.Found == damagedCells && p.Repaired == damagedCells,
		},
		free("verify: its time and calls to Salesforce", fmt.Sprintf("%.1f s, %d", p.Took.Seconds(), p.Calls)),
	}
}
