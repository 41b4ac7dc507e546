package salesforce

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"tidegate/gateway"
)

// DefaultVersion is the API version that Tidegate is tested with (Spring '26).
const DefaultVersion = "66.0"

// Config says what a Client is made of. Tokens is required.
type Config struct {
	APIVersion string            // "66.0"; "" = DefaultVersion
	Tokens     TokenSource       // the session; its InstanceURL is where calls go
	Guard      *Guard            // nil = Salesforce hosts only
	Transport  http.RoundTripper // nil = the guard's own
	ClientName string            // in Sforce-Call-Options; "" = "tidegate"
	UserID     string            // the connected user; "" = asked when needed
	Now        func() time.Time  // nil = time.Now
	// OnUsage is told the API calls of the org's rolling day whenever an
	// answer names them. It must return at once.
	OnUsage func(used, max int)
	// OnCall is told of each finished HTTP call, under the context of whoever
	// asked for it. It must return at once. May be nil.
	OnCall func(ctx context.Context, call Call)
}

// Call is one finished HTTP call.
type Call struct {
	Method string
	Path   string // with ids and names replaced: "/sobjects/{object}/{id}"
	Object string // that it is about, "" = the org as such
	Status int    // 0 when no answer came
	// Counted: Salesforce counts it against the org's API calls of the day.
	Counted bool
}

// Client makes the calls of one connection. It is safe for concurrent use.
type Client struct {
	cfg  Config
	http *http.Client
	base string // "/services/data/v66.0"
	// callTimeout bounds one call to the last byte of its answer.
	callTimeout time.Duration

	skew    skew
	mu      sync.Mutex
	refused refusedSession
	userID  string
	schemas map[string]gateway.Schema
}

// refusedSession is the circuit of one connection: a session that was refused
// although it had just been renewed is not renewed again at once, else a
// policy of the org would make us renew at every call.
type refusedSession struct {
	generation int64
	at         time.Time
}

// refusedPause keeps renewals that do not help below five an hour (F-31).
const refusedPause = 15 * time.Minute

// callTimeout is far above what Salesforce takes for the largest answer; an
// answer that drips in for longer is given up (S-25).
const callTimeout = 10 * time.Minute

// New returns the client of one connection.
func New(cfg Config) (*Client, error) {
	if cfg.Tokens == nil {
		return nil, fmt.Errorf("salesforce: Config.Tokens is missing")
	}
	if cfg.APIVersion == "" {
		cfg.APIVersion = DefaultVersion
	}
	if !validVersion(cfg.APIVersion) {
		return nil, fmt.Errorf("salesforce: API version %q is not of the form 66.0", cfg.APIVersion)
	}
	if cfg.ClientName == "" {
		cfg.ClientName = "tidegate"
	}
	if strings.ContainsAny(cfg.ClientName, ",;\r\n") {
		return nil, fmt.Errorf("salesforce: client name %q has a separator in it", cfg.ClientName)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Guard == nil {
		guard, err := NewGuard()
		if err != nil {
			return nil, err
		}
		cfg.Guard = guard
	}
	if cfg.Transport == nil {
		cfg.Transport = cfg.Guard.Transport()
	}
	return &Client{
		cfg:    cfg,
		http:   cfg.Guard.Wrap(cfg.Transport),
		base:   "/services/data/v" + cfg.APIVersion,
		userID: cfg.UserID,

		callTimeout: callTimeout,
		schemas:     map[string]gateway.Schema{},
	}, nil
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

func validVersion(v string) bool {
	major, minor, ok := strings.Cut(v, ".")
	n, err := strconv.Atoi(major)
	return ok && minor == "0" && err == nil && n >= 31 && n < 1000
}

// validName reports whether name is an API name of an object or field. Such
// names go into paths and queries; nothing else may.
func validName(name string) bool {
	if name == "" || len(name) > 255 || !isLetter(name[0]) {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if !isLetter(c) && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// badName is the error of an object or field name that cannot be one.
func badName(what, name string) *gateway.Error {
	return gateway.Errorf(gateway.CodeInvalid, "%q is not the API name of a Salesforce %s.", clip(name, 100), what)
}

// parseUsage reads "api-usage=891/15000; per-app-api-usage=17/250(appName=x)".
func parseUsage(header string) (used, limit int, ok bool) {
	for part := range strings.SplitSeq(header, ";") {
		value, found := strings.CutPrefix(strings.TrimSpace(part), "api-usage=")
		if !found {
			continue
		}
		a, b, _ := strings.Cut(value, "/")
		used, err := strconv.Atoi(a)
		if err != nil {
			return 0, 0, false
		}
		limit, err := strconv.Atoi(b)
		return used, limit, err == nil && limit > 0
	}
	return 0, 0, false
}

// me returns the id of the connected user, asking once.
func (c *Client) me(ctx context.Context) (string, error) {
	c.mu.Lock()
	id := c.userID
	c.mu.Unlock()
	if id != "" {
		return id, nil
	}
	who, err := c.Userinfo(ctx)
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.userID = who.UserID
	return who.UserID, nil
}
