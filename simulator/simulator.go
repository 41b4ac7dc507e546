// Package simulator is a Salesforce org to develop and test against: OAuth,
// REST, change data capture over CometD, faults on demand, and the truth about
// what it holds. It is written from public descriptions of the platform and
// shares no code with the client.
package simulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"tidegate/simulator/bus"
	"tidegate/simulator/cdc"
	"tidegate/simulator/cometd"
	"tidegate/simulator/control"
	"tidegate/simulator/disk"
	"tidegate/simulator/fault"
	"tidegate/simulator/oauth"
	"tidegate/simulator/org"
	"tidegate/simulator/outbound"
	"tidegate/simulator/pubsub"
	"tidegate/simulator/rest"
	"tidegate/simulator/seed"
	"tidegate/simulator/team"
	"tidegate/simulator/topic"
)

// Config is what an org is started with. The zero value is an org without
// records, with a working team, on a free loopback port.
type Config struct {
	HTTP    string // listen address; "" = 127.0.0.1:0
	GRPC    string // listen address of the Pub/Sub API; "" = 127.0.0.1:0
	BaseURL string // public address; "" = http:// and the listen address
	Edition string // developer, professional, enterprise or unlimited; "" = enterprise

	Features org.Features // notes, e-mail and products

	DataDir string // kept there across restarts; "" = in memory only

	Seed  uint64
	Sizes seed.Sizes // zero = no records but the org's own; seed.Default for the usual ones

	Quiet bool          // no working sales team
	Pace  time.Duration // mean time between two of the team's changes; 0 = 3 s

	CometDWebsocketOff bool          // as Salesforce: long-polling only
	CometDTimeout      time.Duration // how long a connect is parked; 0 = 110 s

	PubSubKeepalive time.Duration // silence before an answer without events; 0 = 60 s
	PubSubPatience  time.Duration // until a stream that is asked for nothing ends; 0 = 65 s

	ClientID, ClientSecret string   // "" = the well-known ones
	Password               string   // of every user; "" = the well-known one
	Callbacks              []string // registered redirect addresses; none = any loopback one
	SessionTimeout         time.Duration
	RefreshLife            time.Duration // of a refresh token that is not used; 0 = for ever
	AppKey                 []byte        // PEM of the app's public key, for the JWT bearer flow; nil = none

	DailyCalls int // API calls in 24 hours; 0 = the edition's
	AppCalls   int // of those, by this app, and told in the limit header; 0 = neither

	Now func() time.Time // clock; nil = time.Now
}

// Ready is what a caller needs to use the org, and the line that the simulate
// command prints.
type Ready struct {
	URL          string `json:"url"`
	GRPC         string `json:"grpc,omitempty"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Username     string `json:"username"`
	Password     string `json:"password"`
	AccessToken  string `json:"access_token"`
}

// Credentials of an org that is not told others. They open nothing else.
const (
	DefaultClientID     = "3MVG9tidegate.simulated.connected.app"
	DefaultClientSecret = "simulated-client-secret"
	DefaultPassword     = "simulated-password"
)

// Org is a simulated org with its listener open; Run serves it.
type Org struct {
	Engine *org.Org
	Faults *fault.Registry
	Ledger *rest.Ledger
	Log    *bus.Log
	CDC    *cdc.Publisher
	Auth   *oauth.Server
	Topics *topic.Set

	cfg      Config
	disk     *disk.Disk // nil when nothing is kept
	listener net.Listener
	grpc     net.Listener
	handler  http.Handler
	cometd   *cometd.Server
	outbound *outbound.Sender
	pubsub   *pubsub.Server
	api      *rest.Server
	keepErr  atomic.Pointer[error] // last grants that could not be kept
	ready    Ready
}

// New builds and seeds an org and opens its listener.
func New(cfg Config) (*Org, error) {
	fill(&cfg)
	listener, err := net.Listen("tcp", cfg.HTTP)
	if err != nil {
		return nil, fmt.Errorf("opening the org's listener: %w", err)
	}
	if cfg.BaseURL == "" {
		cfg.BaseURL = "http://" + reachable(listener.Addr())
	}
	pubSub, err := net.Listen("tcp", cfg.GRPC)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the org's Pub/Sub listener: %w", err), listener.Close())
	}
	o := &Org{cfg: cfg, listener: listener, grpc: pubSub, Ledger: rest.NewLedger(), Faults: fault.NewRegistry(cfg.Now)}
	if err := o.fillEngine(); err != nil {
		return nil, errors.Join(err, listener.Close(), pubSub.Close())
	}
	if err := o.compose(); err != nil {
		return nil, errors.Join(err, listener.Close(), pubSub.Close())
	}
	return o, nil
}

// fillEngine makes the org from what was kept, else from the seed.
func (o *Org) fillEngine() error {
	var publisher org.Publisher
	var keep, keepTopics func([]*bus.Event, int64)
	if o.cfg.DataDir != "" {
		kept, err := disk.Open(o.cfg.DataDir)
		if err != nil {
			return err
		}
		o.disk, publisher, keep, keepTopics = kept, kept, kept.KeepEvents, kept.KeepTopics
	}
	o.Log = bus.New(bus.Config{Now: o.cfg.Now, Keep: keep})
	o.Log.EnrichBy(o.enrich)
	o.CDC = cdc.New(cdc.Config{Log: o.Log, Faults: o.Faults})
	o.outbound = o.newOutbound()
	o.Topics = topic.New(bus.New(bus.Config{Now: o.cfg.Now, Retention: topic.Retention, Keep: keepTopics, Wakes: o.Log}), o.cfg.Now)
	told := tell{o.CDC, o.outbound, o.Topics}
	if o.disk != nil {
		o.disk.KeepAlso(o.Topics.Log())
		o.disk.PassTo(told)
	} else {
		publisher = told
	}
	o.Engine = org.New(org.Config{Now: o.cfg.Now, Publisher: publisher, Faults: o.Faults, Edition: o.cfg.Edition, Features: o.cfg.Features, Checks: checks})
	if o.disk == nil {
		return seed.Fill(o.Engine, o.cfg.Seed, o.cfg.Sizes)
	}
	found, err := o.disk.Load(o.Engine, o.Log)
	if err == nil && !found {
		err = seed.Fill(o.Engine, o.cfg.Seed, o.cfg.Sizes)
	}
	if err != nil {
		return err
	}
	o.Engine.Read(o.Topics.Load)
	o.Engine.KeepBy(o.disk)
	return o.disk.Begin(o.Engine, o.Log)
}

// reachable is the host and port to call; an org on all addresses is called on
// the loopback one.
func reachable(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", tcp.Port)
	}
	return addr.String()
}

func fill(cfg *Config) {
	text := func(v *string, otherwise string) {
		if *v == "" {
			*v = otherwise
		}
	}
	text(&cfg.HTTP, "127.0.0.1:0")
	text(&cfg.GRPC, "127.0.0.1:0")
	text(&cfg.ClientID, DefaultClientID)
	text(&cfg.ClientSecret, DefaultClientSecret)
	text(&cfg.Password, DefaultPassword)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
}

// compose joins the parts behind one handler.
func (o *Org) compose() error {
	base := func() string { return o.cfg.BaseURL }
	var keep func([]byte)
	if o.disk != nil {
		keep = o.keepGrants
	}
	o.Auth = oauth.New(o.Engine, oauth.Config{
		ClientID: o.cfg.ClientID, ClientSecret: o.cfg.ClientSecret, Password: o.cfg.Password,
		Callbacks: o.cfg.Callbacks, BaseURL: base, SessionTimeout: o.cfg.SessionTimeout, Keep: keep,
		RefreshLife: o.cfg.RefreshLife,
	})
	if o.cfg.AppKey != nil {
		if err := o.Auth.SetKey(o.cfg.AppKey); err != nil {
			return err
		}
	}
	if err := o.loadGrants(); err != nil {
		return err
	}
	o.cometd = cometd.New(cometd.Config{
		Log: o.Log, Faults: o.Faults, Now: o.cfg.Now, Websocket: !o.cfg.CometDWebsocketOff, ConnectTimeout: o.cfg.CometDTimeout,
		Authenticate: func(token string) (string, bool) {
			session, ok := o.Auth.Check(token)
			return session.UserID, ok
		},
		Known:      o.knows,
		Refuse:     o.refuseChannel,
		Eyes:       o.eyes,
		Topic:      o.topic,
		MaxClients: o.maxClients(),
	})
	o.pubsub = o.newPubSub()
	mux := http.NewServeMux()
	o.api = rest.New(o.Engine, o.Auth, base)
	o.api.Deliveries = o.Log.Quota().Used
	o.api.EventSchemas = rest.EventSchemas{ByID: o.eventSchema, Of: func(object string) string {
		return cdc.LayoutOf(o.Engine.Object(object)).Schema
	}}
	o.api.Tooling = o.tooling
	o.api.Metadata = metadataWriter{o}
	o.api.Push = o.push
	o.api.Limits = rest.Limits{Daily: o.cfg.DailyCalls, App: o.cfg.AppCalls, AppName: "Tidegate"}
	mux.Handle("/services/data", o.api)
	mux.Handle("/services/data/", o.api)
	mux.HandleFunc("/services/apexrest/", rest.NoApex)
	mux.HandleFunc("/services/async/", rest.NoBulk1)
	mux.Handle("/cometd/", o.cometd)
	o.Auth.Register(mux)
	o.outbound.Register(mux)
	o.pubsub.Register(mux)
	(&control.Server{Org: o.Engine, Ledger: o.Ledger, LastReplayID: o.Log.Last, CDC: o.CDC, Log: o.Log}).Register(mux)
	if err := o.loadSettings(); err != nil {
		return err
	}
	o.handler = o.dated(rest.Gate(rest.Residence(o.keeping(mux), o.Faults, base), o.Faults, o.Ledger))
	o.ready = Ready{
		URL: o.cfg.BaseURL, GRPC: reachable(o.grpc.Addr()), ClientID: o.cfg.ClientID, ClientSecret: o.cfg.ClientSecret,
		Username: org.AdminUsername, Password: o.cfg.Password, AccessToken: o.Auth.NewAccessToken(),
	}
	return nil
}

// dated tells the org's time in the Date of each answer, which need not be that
// of the machine: by it others measure how far apart the clocks are.
func (o *Org) dated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", o.cfg.Now().UTC().Format(http.TimeFormat))
		next.ServeHTTP(w, r)
	})
}

func (o *Org) loadGrants() error {
	if o.disk == nil {
		return nil
	}
	encoded, err := o.disk.LoadGrants()
	if err != nil || encoded == nil {
		return err
	}
	return o.Auth.Load(encoded)
}

func (o *Org) keepGrants(encoded []byte) {
	if err := o.disk.SaveGrants(encoded); err != nil {
		o.keepErr.Store(&err)
	}
}

// Ready tells how the org is reached.
func (o *Org) Ready() Ready { return o.ready }

// Handler is the org's whole HTTP surface.
func (o *Org) Handler() http.Handler { return o.handler }

// Run serves the org, and lets its team work unless it is quiet, until ctx
// ends. Then it closes what is open and returns nil. It is called once.
func (o *Org) Run(ctx context.Context) error {
	server := &http.Server{Handler: o.handler, ReadHeaderTimeout: 10 * time.Second}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	start := func(what string, run func() error) {
		running.Go(func() {
			if err := run(); err != nil {
				cancel(fmt.Errorf("%s: %w", what, err))
			}
		})
	}
	start("serving the org", func() error {
		if err := server.Serve(o.listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	start("serving the org", func() error { return o.pubsub.Serve(o.grpc) })
	start("sending messages", func() error { return o.outbound.Run(ctx) })
	if !o.cfg.Quiet {
		sales := &team.Team{Org: o.Engine, Seed: o.cfg.Seed, Pace: o.cfg.Pace}
		start("letting the team work", func() error { return sales.Run(ctx) })
	}
	<-ctx.Done()
	cause := context.Cause(ctx)
	err := o.close(server)
	running.Wait()
	err = errors.Join(err, o.closeDisk())
	if !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		return errors.Join(cause, err)
	}
	return err
}

// closeDisk tells what could not be kept.
func (o *Org) closeDisk() error {
	if o.disk == nil {
		return nil
	}
	err := o.disk.Close()
	if failed := o.keepErr.Load(); failed != nil {
		err = errors.Join(err, *failed)
	}
	return err
}

// close releases parked connects first: they would hold a shutdown up.
func (o *Org) close(server *http.Server) error {
	grace, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	o.cometd.Close()
	o.pubsub.Close()
	o.api.Close()
	if err := server.Shutdown(grace); err != nil {
		return server.Close()
	}
	return nil
}

// Running is an org served in the background, for tests.
type Running struct {
	*Org
	Ready

	cancel context.CancelFunc
	done   chan error
	once   sync.Once
	err    error
}

// Start builds an org and serves it until Close or until ctx ends.
func Start(ctx context.Context, cfg Config) (*Running, error) {
	o, err := New(cfg)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &Running{Org: o, Ready: o.ready, cancel: cancel, done: make(chan error, 1)}
	go func() { r.done <- o.Run(ctx) }()
	return r, nil
}

// Close stops the org and waits for it. It may be called more than once.
func (r *Running) Close() error {
	r.once.Do(func() {
		r.cancel()
		r.err = <-r.done
	})
	return r.err
}
