package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"tidegate/simulator"
	simorg "tidegate/simulator/org"
	"tidegate/simulator/seed"
)

// orgFlags are the org's flags that simulate has.
type orgFlags struct {
	Seed          uint64   `default:"1" help:"The same seed gives the same org."`
	Accounts      int      `default:"500" help:"Accounts to begin with."`
	Contacts      int      `default:"1500" help:"Contacts to begin with."`
	Leads         int      `default:"400" help:"Leads to begin with."`
	Opportunities int      `default:"600" help:"Opportunities to begin with."`
	Features      []string `enum:"persons,email,products,shared-activities,currencies,no-notes" help:"Parts of the org beyond the usual: persons (person accounts), email, products, shared-activities, currencies, no-notes."`
}

func (f orgFlags) sizes() seed.Sizes {
	n := seed.Default
	n.Accounts, n.Contacts, n.Leads, n.Opportunities = f.Accounts, f.Contacts, f.Leads, f.Opportunities
	return n
}

type simulateCmd struct {
	orgFlags
	HTTP      string `name:"http" default:"127.0.0.1:8081" help:"Address to serve on."`
	GRPC      string `name:"grpc" help:"Address of the Pub/Sub API; the port after --http's, or a free one where that is taken, when left out."`
	Edition   string `enum:"developer,professional,enterprise,unlimited" default:"enterprise" help:"developer, professional, enterprise or unlimited."`
	Websocket string `name:"cometd-websocket" enum:"on,off" default:"on" help:"Offer websocket at /cometd; off answers an upgrade with 405, as Salesforce does."`
	Quiet     bool   `help:"No sales team that keeps changing records."`
	Data      string `help:"Folder to keep the org in across restarts; in memory only when left out."`
}

// Help shows examples.
func (simulateCmd) Help() string {
	return examples("",
		"tidegate simulate --seed 7 --contacts 10000 --quiet",
		"tidegate simulate --http 127.0.0.1:8081 --cometd-websocket off")
}

// features are those that were named.
func features(names []string) simorg.Features {
	has := func(name string) bool { return slices.Contains(names, name) }
	return simorg.Features{NotesOff: has("no-notes"), Email: has("email"), Products: has("products"), Persons: has("persons"), Shared: has("shared-activities"), Currencies: has("currencies")}
}

// memoryGoal is where the collector begins to work harder, in bytes: an org of a
// million records, which takes half of it, should not take three times as much
// while it is made.
const memoryGoal = 2 << 30

// Run serves the org until the process is told to stop.
func (c simulateCmd) Run(ctx context.Context, out *output) error {
	debug.SetMemoryLimit(memoryGoal)
	simulated, err := newOrg(simulator.Config{
		HTTP: c.HTTP, DataDir: c.Data, Edition: c.Edition, Seed: c.Seed, Sizes: c.sizes(), Quiet: c.Quiet, CometDWebsocketOff: c.Websocket == "off", Features: features(c.Features),
	}, c.GRPC)
	if err != nil {
		return err
	}
	if err := out.json(simulated.Ready()); err != nil {
		return err
	}
	kept := "in memory only"
	if c.Data != "" {
		kept = "in " + c.Data
	}
	fmt.Fprintf(os.Stderr, "tidegate: simulated org at %s, its records are kept %s\n", simulated.Ready().URL, kept)
	return simulated.Run(ctx)
}

// demoPace is how often the demo's sales team changes something: often enough
// that a newcomer sees it happen, seldom enough to read it.
const demoPace = 4 * time.Second
