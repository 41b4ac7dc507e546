package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"
	"golang.org/x/sync/errgroup"

	"tidegate/config"
	"tidegate/gateway"
	"tidegate/handlers"
	"tidegate/simulator"
	"tidegate/store"
)

type demoCmd struct {
	orgFlags
	QuietOrg    bool   `help:"The org does not change by itself."`
	HTTP        string `name:"http" default:"127.0.0.1:8080" help:"Address of the gateway."`
	Org         string `default:"127.0.0.1:8081" help:"Address of the simulated org."`
	OrgGRPC     string `name:"org-grpc" help:"Address of the org's Pub/Sub API; the port after --org's, or a free one where that is taken, when left out."`
	Data        string `default:"var" help:"Folder where everything is kept."`
	Database    string `help:"Another database, such as postgres://…; SQLite in the data folder when left out."`
	Websocket   string `name:"cometd-websocket" enum:"on,off" default:"on" help:"Offer websocket at the org's /cometd."`
	Unconnected bool   `help:"Do not connect: to try the connect pages."`
	JSON        bool   `name:"json" help:"Print one JSON line when ready."`
}

// Help shows examples.
func (demoCmd) Help() string {
	return examples("",
		"tidegate demo",
		"tidegate demo --quiet-org --http 127.0.0.1:9000 --org 127.0.0.1:9001 --data /tmp/demo --json")
}

const demoWorkspace gateway.WorkspaceID = "demo"

// demoRep is the name of the rep, an account executive of the seeded org.
const demoRep = "Sofia Lindqvist"

// demoAccess is how to enter the demo. It is drawn once and kept beside the
// data, so that the next start lets the same people in.
type demoAccess struct {
	Admin  demoPerson `json:"admin"`
	Rep    demoPerson `json:"rep"`
	APIKey string     `json:"api_key"`
	Secret string     `json:"secret_key"` // seals tokens where the database is not a local file
}

type demoPerson struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// Run starts org and gateway, and fills in what a newcomer needs.
func (c demoCmd) Run(ctx context.Context, out *output) error {
	org, err := newOrg(simulator.Config{
		HTTP: c.Org, DataDir: filepath.Join(c.Data, "org"), Seed: c.Seed, Sizes: c.sizes(), Quiet: c.QuietOrg, Pace: demoPace, CometDWebsocketOff: c.Websocket == "off", Features: features(c.Features),
	}, c.OrgGRPC)
	if err != nil {
		return fmt.Errorf("starting the simulated org: %w", err)
	}
	access, err := c.access()
	if err != nil {
		return err
	}
	cfg, err := c.config(org.Ready(), access)
	if err != nil {
		return err
	}
	hint := fmt.Sprintf("Demo: sign in as %s with the password %s.", access.Admin.Email, access.Admin.Password)
	a, err := newApp(ctx, cfg, newLogger(cfg), hint)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return org.Run(ctx) })
	g.Go(func() error { return a.Run(ctx) })
	g.Go(func() error {
		if err := c.furnish(ctx, a, org.Ready(), access); err != nil {
			return err
		}
		if err := c.announce(out, a, org.Ready(), access); err != nil || c.QuietOrg || c.Unconnected {
			return err
		}
		if err := c.talk(ctx, a, access); err != nil && ctx.Err() == nil {
			a.logger.Warn("the demo has nothing that was said", "err", err) // all else is there
		}
		return nil
	})
	return g.Wait()
}

// config is the environment with the demo's own choices laid over it.
func (c demoCmd) config(org simulator.Ready, access demoAccess) (config.Config, error) {
	cfg, err := config.FromEnv()
	if err != nil {
		return cfg, err
	}
	u, err := url.Parse(org.URL)
	if err != nil {
		return cfg, fmt.Errorf("reading the org's address: %w", err)
	}
	cfg.HTTPAddr, cfg.AllowedHosts = c.HTTP, append(cfg.AllowedHosts, u.Host)
	if org.GRPC != "" {
		cfg.PubSubURL, cfg.AllowedHosts = "http://"+org.GRPC, append(cfg.AllowedHosts, org.GRPC)
	}
	cfg.DatabaseURL = "sqlite://" + filepath.Join(c.Data, "tidegate.db")
	if c.Database != "" {
		cfg.DatabaseURL = c.Database
	}
	if cfg.SecretKey == "" && !cfg.OnSQLite() {
		cfg.SecretKey = access.Secret // SQLite keeps its own beside the file, where other commands find it
	}
	if _, set := os.LookupEnv("TIDEGATE_OPS_ADDR"); !set && taken(cfg.OpsAddr) {
		cfg.OpsAddr = "127.0.0.1:0" // a second demo must not fail for its metrics
	}
	if _, set := os.LookupEnv("TIDEGATE_LOG_LEVEL"); !set {
		cfg.LogLevel = "warn" // the demo's terminal shows how to sign in
	}
	return cfg, cfg.Validate()
}

func taken(addr string) bool {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return true
	}
	return l.Close() != nil
}

// access reads the kept access or draws a new one.
func (c demoCmd) access() (demoAccess, error) {
	path := filepath.Join(c.Data, "demo.json")
	var a demoAccess
	body, err := os.ReadFile(path)
	if err == nil {
		if err := json.Unmarshal(body, &a); err != nil {
			return a, fmt.Errorf("reading %s: %w; delete the folder to begin anew", path, err)
		}
		return a, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return a, err
	}
	a, err = drawAccess()
	if err != nil {
		return a, err
	}
	if body, err = json.MarshalIndent(a, "", "  "); err != nil {
		return a, err
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return a, err
	}
	return a, os.WriteFile(path, append(body, '\n'), 0o600)
}

func drawAccess() (demoAccess, error) {
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return demoAccess{}, err
	}
	word := func() string { return strings.ToLower(rand.Text()[:14]) }
	encoded, err := json.Marshal(secret) // base64 in quotes
	if err != nil {
		return demoAccess{}, err
	}
	// The rep is a user of the seeded org, so that Salesforce shows him something.
	return demoAccess{
		Admin: demoPerson{"mara@tidegate.example", word()}, Rep: demoPerson{"sofia.lindqvist@tidegate.example", word()},
		APIKey: handlers.DrawKey(), Secret: strings.Trim(string(encoded), `"`),
	}, nil
}

// furnish makes the workspace, its people, its key and its connection, each
// where it is missing.
func (c demoCmd) furnish(ctx context.Context, a *app, org simulator.Ready, access demoAccess) error {
	people := []person{
		{demoWorkspace, access.Admin.Email, "Mara Quill", "admin", "UTC", access.Admin.Password, ""},
		{demoWorkspace, access.Rep.Email, demoRep, "rep", "UTC", access.Rep.Password, "Sales"},
	}
	for _, p := range people {
		if err := keepPerson(ctx, a.db, p); err != nil {
			return err
		}
	}
	if err := c.furnishKey(ctx, a, access); err != nil {
		return err
	}
	if err := decideWinners(ctx, a.db.In(demoWorkspace), gateway.WinnerRecent, "The demo"); err != nil {
		return err
	}
	if c.Unconnected {
		return nil
	}
	return a.connectByApp(ctx, connectCmd{
		workspaceFlag: workspaceFlag{string(demoWorkspace)}, LoginURL: org.URL, ClientID: org.ClientID, ClientSecret: org.ClientSecret, Flow: "client-credentials",
	})
}

// keepPerson adds somebody, or gives him the password that is printed where he
// has another: demo.json was deleted and drawn anew, or he changed his own.
func keepPerson(ctx context.Context, db *store.DB, p person) error {
	_, err := addPerson(ctx, db, p)
	if gateway.CodeOf(err) != gateway.CodeConflict {
		return err
	}
	m, err := db.MemberByEmail(ctx, p.email)
	if err != nil {
		return err
	}
	if same, err := argon2id.ComparePasswordAndHash(p.password, m.PasswordHash); err == nil && same {
		return nil
	}
	hash, err := handlers.HashPassword(p.password)
	if err != nil {
		return err
	}
	return db.In(m.Workspace).SetPassword(ctx, m.ID, hash)
}

// furnishKey makes the API key with the value that was drawn for the demo.
func (c demoCmd) furnishKey(ctx context.Context, a *app, access demoAccess) error {
	row := handlers.KeyRow(access.APIKey, "Demo", "demo", time.Now())
	if _, err := a.db.KeyByHash(ctx, row.Hash); err == nil || gateway.CodeOf(err) != gateway.CodeNotFound {
		return err
	}
	if err := a.db.In(demoWorkspace).CreateKey(ctx, row); err != nil {
		return err
	}
	return act(ctx, a.db.In(demoWorkspace), "made the API key "+row.Name, row.ID)
}

// announce tells how to enter: one JSON line, or words.
func (c demoCmd) announce(out *output, a *app, org simulator.Ready, access demoAccess) error {
	if c.JSON {
		return out.json(map[string]any{
			"url": a.baseURL(), "admin": access.Admin, "rep": access.Rep, "api_key": access.APIKey, "workspace": demoWorkspace,
			"org": map[string]string{
				"url": org.URL, "grpc": org.GRPC, "client_id": org.ClientID, "client_secret": org.ClientSecret,
				"username": org.Username, "password": org.Password,
			},
		})
	}
	fmt.Fprintf(out.to, `
  Tidegate is running:   %s
  Sign in as admin:      %s   password %s
  Sign in as rep:        %s   password %s
  Simulated Salesforce:  %s   (its people keep changing records)
  API key:               in %s

  Open the first address, then Contacts, and watch. Stop with Ctrl-C.

`, a.baseURL(), access.Admin.Email, access.Admin.Password, access.Rep.Email, access.Rep.Password, org.URL, filepath.Join(c.Data, "demo.json"))
	return nil
}
