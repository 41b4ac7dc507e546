// Package handlers turns requests into the two flows and records into words.
// It is the only room that knows Fiber. A handler parses, calls the store or
// the outbox, and builds a view model; it decides nothing itself.
package handlers

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"

	"tidegate/gateway"
	"tidegate/live"
	"tidegate/outbox"
	"tidegate/store"
	"tidegate/vault"
)

// Config is what the server needs of the rest of the house.
type Config struct {
	DB     *store.DB
	Outbox *outbox.Outbox
	Hub    *live.Hub
	// Courtesy is told of readings that are being answered; nil = nobody asks.
	Courtesy *live.Courtesy
	Vault    *vault.Vault
	Org      Org
	BaseURL  string // as browsers reach us, e.g. "http://127.0.0.1:8080"
	Now      func() time.Time
	Logger   *slog.Logger
	Metrics  prometheus.Registerer
	// SignInHint is shown on the sign-in page; the demo says there how to
	// enter. Empty otherwise.
	SignInHint string
	Version    string
	// ProveEvery is the period of the proof, by which calculated fields are
	// read again; 0 = only when asked.
	ProveEvery time.Duration
	// ReadTimeout is how long a request may take to arrive; 0 = 15 s.
	ReadTimeout time.Duration
	// CheckTarget refuses an address that webhooks to the product must not go
	// to; nil = any.
	CheckTarget func(address string) error
	// Shown is told of each answer that shows fields of a record to a person or a
	// program; nil = nobody asks. It must return at once.
	Shown func(ws gateway.WorkspaceID, object string, fields []string, to string)
	// Rehearse begins a rehearsal of a workspace in the background; false when one
	// runs already. nil = pages cannot begin one.
	Rehearse func(ctx context.Context, ws gateway.WorkspaceID, by string) (began bool, err error)
	// Worder lets a language model word the summaries of deals; nil = nobody
	// does.
	Worder *outbox.Worder
}

// Org is what pages ask of the Salesforce side. cmd joins it with the client,
// so that handlers never import it.
type Org interface {
	// Begin returns the address at Salesforce to which the browser goes.
	Begin(ctx context.Context, ws gateway.WorkspaceID, g Grant) (string, error)
	// Finish exchanges the code, stores the connection and starts it.
	Finish(ctx context.Context, ws gateway.WorkspaceID, g Grant, code string) error
	// Check runs the readiness list.
	Check(ctx context.Context, ws gateway.WorkspaceID) (CheckReport, error)
	// Disconnect revokes the grant at Salesforce and erases the tokens.
	Disconnect(ctx context.Context, ws gateway.WorkspaceID) error
	// Pause stops or resumes reading from Salesforce.
	Pause(ctx context.Context, ws gateway.WorkspaceID, paused bool) error
	// ProveNow compares an object with Salesforce now; false when that was
	// asked for before and is not finished.
	ProveNow(ctx context.Context, ws gateway.WorkspaceID, object string) (bool, error)
	// RefreshSchema reads the describe of an object again.
	RefreshSchema(ctx context.Context, ws gateway.WorkspaceID, object string) error
	// Objects lists the objects of the org that the connected user can query.
	Objects(ctx context.Context, ws gateway.WorkspaceID) ([]gateway.ObjectInfo, error)
	// Candidates is Objects of a short while ago, with the describes of those that
	// may take activities in the store, as many as could be read in a moment.
	// again asks Salesforce in any case.
	Candidates(ctx context.Context, ws gateway.WorkspaceID, again bool) (Candidates, error)
	// Sight tells what a user of Salesforce may read of an object.
	Sight(ctx context.Context, ws gateway.WorkspaceID, user, object string) (gateway.ObjectSight, error)
	// Readable returns those of the records, by id, that a user may read.
	Readable(ctx context.Context, ws gateway.WorkspaceID, user string, ids []string) (map[string]bool, error)
	// Rights tells what gives the connected user a right on a field, or on an object
	// where field is "", and what else would, in three calls at most.
	Rights(ctx context.Context, ws gateway.WorkspaceID, object, field string) ([]gateway.RightSource, error)
	// Count asks how many records of an object there are, in one call.
	Count(ctx context.Context, ws gateway.WorkspaceID, object string) (int, error)
}

// Grant is one attempt to connect, from the button to the way back. It is
// bound to the session and the workspace that began it.
type Grant struct {
	Environment  gateway.Environment
	LoginURL     string // https://login.salesforce.com, a My Domain, or the simulated org
	ClientID     string // empty: the ones of the stored connection
	ClientSecret string
	RedirectURL  string
	State        string
	Verifier     string // PKCE
	By           string // display name of who connects
}

// Candidates are the objects of an org among which the target of activities is
// chosen (AVC-16).
type Candidates struct {
	Objects []gateway.ObjectInfo
	Left    int // of those that may take activities, how many are not described yet
}

// CheckReport is the outcome of the readiness list.
type CheckReport struct {
	At     time.Time
	Took   time.Duration
	Checks []Check
}

// Check is one line of the readiness list.
type Check struct {
	Title string
	Text  string // why it passed or failed, one sentence
	Pass  bool
	Warn  bool     // works with a limit
	Setup []string // what to click in Salesforce Setup
	// SetupPath is the Setup page below the instance URL, "" when there is none;
	// Page the page here on which it is set.
	SetupPath, Page string
}

// Server is the gateway's HTTP side.
type Server struct {
	Config
	app     *fiber.App
	guard   *originGuard
	limiter *attempts
	// tripwire notices who carries records away.
	tripwire *tripwire
	// sights are what Salesforce said lately of who sees what.
	sights *sights
	// rights are what it said lately of what gives a right.
	rights  rights
	metrics *httpMetrics
	grants  once // states of OAuth that came back

	refusals refusals
	prefixes prefixes
	traffic  trafficCounts
	noSecret string // what a request at no hook is checked against
}

// Timeouts and limits of the server.
const (
	requestDeadline = 20 * time.Second
	readTimeout     = 15 * time.Second // also ends slow headers and bodies (S-25)
	idleTimeout     = 90 * time.Second
	maxBody         = 8 << 20  // bytes; a transcript fits
	maxHeader       = 16 << 10 // bytes; cookies of other programs on the same host come along
)

// New builds the server; Serve starts it.
func New(cfg Config) *Server {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.ReadTimeout == 0 {
		cfg.ReadTimeout = readTimeout
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{Config: cfg, guard: newOriginGuard(), limiter: newAttempts(cfg.Now), tripwire: newTripwire(cfg.Now), sights: newSights(cfg.Now), metrics: newHTTPMetrics(cfg.Metrics), noSecret: newHookSecret()}
	s.app = fiber.New(fiber.Config{
		AppName:                 "Tidegate",
		Immutable:               true, // strings outlive the handler in the outbox and in streams
		DisableStartupMessage:   true,
		StrictRouting:           false,
		CaseSensitive:           true,
		BodyLimit:               maxBody,
		ReadBufferSize:          maxHeader,
		ReadTimeout:             cfg.ReadTimeout,
		IdleTimeout:             idleTimeout,
		EnableTrustedProxyCheck: true,
		ErrorHandler:            s.fail,
		ServerHeader:            "",
	})
	// The deadline comes first: the error page reads the store too.
	s.app.Use(s.deadline, s.instrument, s.recoverPanic, s.secure, shrink)
	s.routes() // no route behind them: Fiber then tells 405 from 404
	return s
}

// Serve answers requests on l until ctx ends, then drains within the grace
// time and returns.
func (s *Server) Serve(ctx context.Context, l net.Listener, grace time.Duration) error {
	failed := make(chan error, 1)
	go func() { failed <- s.app.Listener(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	// Listener returns before Shutdown has finished, so Shutdown is what we
	// wait for.
	err := s.app.ShutdownWithTimeout(grace)
	l.Close() // told to end before it began, the app would listen for ever
	return errors.Join(err, <-failed)
}

// App returns the Fiber application, for tests that need no socket.
func (s *Server) App() *fiber.App { return s.app }

// https reports whether browsers reach us over TLS.
func (s *Server) https() bool { return strings.HasPrefix(s.BaseURL, "https://") }

func (s *Server) deadline(c *fiber.Ctx) error {
	// Fiber's UserContext is context.Background() and outlives the request;
	// without a deadline a slow statement would hold its worker for ever.
	ctx, cancel := context.WithTimeout(context.Background(), requestDeadline)
	defer cancel()
	c.SetUserContext(ctx)
	if c.Method() == fiber.MethodGet { // a write waits for the very work that would wait for it
		defer s.Courtesy.Enter()()
	}
	return c.Next()
}
