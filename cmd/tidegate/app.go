package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"tidegate/config"
	"tidegate/gateway"
	"tidegate/handlers"
	"tidegate/live"
	"tidegate/outbox"
	"tidegate/salesforce"
	"tidegate/static"
	"tidegate/store"
	"tidegate/streaming"
	"tidegate/vault"
)

// app is the gateway joined together.
type app struct {
	cfg        config.Config
	logger     *slog.Logger
	db         *store.DB
	orgs       *orgs
	rehearser  *rehearser
	outbox     *outbox.Outbox
	poster     poster
	worder     *outbox.Worder // nil = no language model
	supervisor *supervisor
	connecting connecting
	server     *handlers.Server
	hub        *live.Hub
	courtesy   *live.Courtesy
	announcer  *announcer
	metrics    *prometheus.Registry
	main, ops  net.Listener
	// through stands between the outbox and Salesforce in tests that take a guard
	// away; nil = nothing does.
	through func(outbox.Caller) outbox.Caller
	// sign signs continuity records.
	sign func(statement []byte) (signature, key []byte)
}

// grace is how long open requests and calls have to end (F-72).
const grace = 8 * time.Second

// newAppBeside builds an app for a command that works beside a running "serve"
// of the same environment. It serves nobody, so any free port does; the links
// that it would write lead to that server, as those that the server writes do.
func newAppBeside(ctx context.Context) (*app, error) {
	cfg, err := config.FromEnv()
	if err != nil {
		return nil, err
	}
	if cfg.BaseURL == "" {
		cfg.BaseURL = baseURLOf(cfg.HTTPAddr)
	}
	cfg.HTTPAddr, cfg.OpsAddr = "127.0.0.1:0", "127.0.0.1:0"
	return newApp(ctx, cfg, slog.New(slog.DiscardHandler), "")
}

// newApp opens the database, brings it to this version and joins the rooms.
// hint is what the sign-in page says about how to enter; with changes the app
// before it is joined.
func newApp(ctx context.Context, cfg config.Config, logger *slog.Logger, hint string, with ...func(*app)) (*app, error) {
	if err := static.Check(); err != nil {
		return nil, err
	}
	if err := wantKey(cfg); err != nil { // before anything is migrated
		return nil, err
	}
	a := &app{cfg: cfg, logger: logger, hub: &live.Hub{}, courtesy: &live.Courtesy{}, metrics: prometheus.NewRegistry()}
	a.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, change := range with {
		change(a)
	}
	var err error
	if a.db, err = openStore(ctx, cfg, logger, a.courtesy.Give); err != nil {
		return nil, err
	}
	if err := a.listen(); err != nil {
		return nil, errors.Join(err, a.db.Close())
	}
	if err := a.join(hint); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

// listen opens both addresses. Without one of them there is nothing to serve,
// so it comes before anything that has an effect outside.
func (a *app) listen() error {
	var err error
	if a.main, err = net.Listen("tcp", a.cfg.HTTPAddr); err != nil {
		return fmt.Errorf("TIDEGATE_HTTP_ADDR: %w", err)
	}
	if a.ops, err = net.Listen("tcp", a.cfg.OpsAddr); err != nil {
		return errors.Join(fmt.Errorf("TIDEGATE_OPS_ADDR: %w", err), a.main.Close())
	}
	return nil
}

func (a *app) close() {
	if a.orgs != nil { // it was joined
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		a.orgs.spending.keep(ctx, a.db)
		cancel()
	}
	for _, c := range []io.Closer{a.main, a.ops, a.db} {
		if err := c.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			a.logger.Warn("closing failed", "err", err)
		}
	}
}

func (a *app) join(hint string) error {
	key, err := vaultKey(a.cfg)
	if err != nil {
		return err
	}
	sealer, err := openVault(a.cfg)
	if err != nil {
		return err
	}
	signer, err := vault.NewSigner(key)
	if err != nil {
		return err
	}
	a.sign = signer.Sign
	guard, err := salesforce.NewGuard(a.cfg.AllowedHosts...)
	if err != nil {
		return fmt.Errorf("TIDEGATE_ALLOWED_HOSTS: %w", err)
	}
	targets, err := salesforce.NewPublicGuard(a.cfg.AllowedHosts...)
	if err != nil {
		return fmt.Errorf("TIDEGATE_ALLOWED_HOSTS: %w", err)
	}
	a.poster = newPoster(targets, sealer)
	a.orgs = newOrgs(a.db, sealer, guard)
	a.metrics.MustRegister(a.orgs.calls, a.orgs.usage)
	outMetrics := outbox.NewMetrics()
	inMetrics, err := streaming.NewMetrics(a.metrics)
	if err != nil {
		return err
	}
	a.metrics.MustRegister(outMetrics)
	a.announcer = newAnnouncer(a.hub, a.db, a.logger)
	a.supervisor = newSupervisor(a, inMetrics)
	a.connecting = connecting{orgs: a.orgs, supervisor: a.supervisor, candidates: &candidates{}}
	var salesforce outbox.Caller = caller{a.orgs}
	if a.through != nil {
		salesforce = a.through(salesforce)
	}
	a.outbox = outbox.New(a.db, salesforce, outbox.Options{
		Holder: a.supervisor.holder, Logger: a.logger, Metrics: outMetrics,
		PublicDomain: static.PublicDomain, BaseURL: a.baseURL(), Describe: a.connecting.RefreshSchema,
		Announce: func(_ context.Context, ws gateway.WorkspaceID, keys []gateway.RecordKey) {
			a.announcer.announce(ws, keys)
		},
		Drifted: func(ctx context.Context, ws gateway.WorkspaceID, object string) {
			if err := a.connecting.RefreshSchema(ctx, ws, object); err != nil {
				a.logger.Warn("reading a describe again failed", "object", object, "err", err)
			}
		},
	})
	a.rehearser = newRehearser(a)
	if smith, host, err := newWordsmith(a.cfg); err != nil {
		return err
	} else if smith != nil {
		a.worder = a.outbox.Worder(smith, host, a.cfg.SummaryModel)
	}
	a.server = handlers.New(handlers.Config{
		DB: a.db, Outbox: a.outbox, Hub: a.hub, Courtesy: a.courtesy, Vault: sealer, Org: a.connecting, BaseURL: a.baseURL(),
		Logger: a.logger, Metrics: a.metrics, SignInHint: hint, Version: version, ProveEvery: a.cfg.ProofPeriod(), Worder: a.worder, Shown: a.orgs.spending.Shown, Rehearse: a.rehearser.begin,
		CheckTarget: func(address string) error { _, err := targets.CheckURL(address); return err },
	})
	return nil
}

func (a *app) baseURL() string {
	if a.cfg.BaseURL != "" {
		return strings.TrimRight(a.cfg.BaseURL, "/")
	}
	return baseURLOf(a.main.Addr().String())
}

// baseURLOf is where a browser on this machine finds what listens there.
func baseURLOf(listening string) string {
	host, port, err := net.SplitHostPort(listening)
	if err != nil || host == "" || host == "0.0.0.0" || host == "::" {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// Run serves until ctx ends, then drains: no new requests, calls in flight
// end, leases are given back.
func (a *app) Run(ctx context.Context) error {
	defer a.close()
	a.logger.Info("serving", "address", a.main.Addr().String(), "operations", a.ops.Addr().String(), "database", a.db.Engine())
	a.inheritClaims(ctx)
	a.orgs.reseal(ctx, a.logger)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return a.server.Serve(ctx, a.main, grace) })
	g.Go(func() error { return serveOps(ctx, a.ops, a.metrics) })
	g.Go(func() error { return a.outbox.Dispatcher().Run(ctx) })
	g.Go(func() error { return a.outbox.Replanner().Run(ctx) })
	g.Go(func() error { return a.outbox.Teller(a.poster).Run(ctx) })
	if a.worder != nil {
		g.Go(func() error { return a.worder.Run(ctx) })
	}
	g.Go(func() error { return a.supervisor.Run(ctx) })
	g.Go(func() error { return a.orgs.Run(ctx) })
	g.Go(func() error { return a.announcer.Run(ctx) })
	g.Go(func() error { return a.rehearser.Run(ctx) })
	g.Go(func() error {
		return a.db.Notifications(ctx, a.announcer.heard)
	})
	err := g.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// inheritClaims gives back what killed processes of this machine held. Where
// that fails it runs out by itself, and the database may be back by then.
func (a *app) inheritClaims(ctx context.Context) {
	gone := func(holder string) bool { return departed(holder, a.supervisor.holder) }
	_, err := a.db.ReleaseClaims(ctx, gone)
	if err := errors.Join(err, a.db.ReleaseRefreshes(ctx, gone)); err != nil {
		a.logger.Warn("claims of an ended process could not be given back", "err", err)
	}
}

// openStore opens the database and migrates it unless that is switched off.
func openStore(ctx context.Context, cfg config.Config, logger *slog.Logger, give func()) (*store.DB, error) {
	if path, ok := strings.CutPrefix(cfg.DatabaseURL, "sqlite://"); ok {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("making the database's folder: %w", err)
		}
	}
	db, err := store.Open(ctx, cfg.DatabaseURL, store.Options{Logger: logger, Holder: holderName(), Give: give, Sealer: newLazyVault(cfg)})
	if err != nil {
		return nil, err
	}
	prepare := db.NotNewer
	if cfg.Migrate == "on" {
		prepare = db.Migrate
	}
	if err := prepare(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func wantKey(cfg config.Config) error {
	if cfg.Key() == nil && !cfg.OnSQLite() {
		return errors.New("TIDEGATE_SECRET_KEY is not set; make one with: openssl rand -base64 32")
	}
	return nil
}

// vaultKey is the key of the environment, or on SQLite that of the file beside
// the database. A shared database without a key of its own would leave other
// processes unable to open what this one seals.
func vaultKey(cfg config.Config) ([]byte, error) {
	if key := cfg.Key(); key != nil {
		return key, nil
	}
	if err := wantKey(cfg); err != nil {
		return nil, err
	}
	return vault.LoadOrCreate(strings.TrimPrefix(cfg.DatabaseURL, "sqlite://") + ".key")
}
