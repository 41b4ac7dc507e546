// Package config reads the environment into one value and reports everything
// that is wrong with it at once.
package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Config is everything that the environment decides. The table of the
// variables with their defaults stands in docs/operating.md.
type Config struct {
	HTTPAddr    string `env:"TIDEGATE_HTTP_ADDR" envDefault:":8080"`
	DatabaseURL string `env:"TIDEGATE_DATABASE_URL" envDefault:"sqlite://var/tidegate.db"`
	BaseURL     string `env:"TIDEGATE_BASE_URL"`
	SecretKey   string `env:"TIDEGATE_SECRET_KEY,unset"`
	// AlsoKeys open what they sealed and seal nothing, while a key is exchanged.
	AlsoKeys     []string `env:"TIDEGATE_SECRET_KEY_ALSO,unset"`
	OpsAddr      string   `env:"TIDEGATE_OPS_ADDR" envDefault:"127.0.0.1:9090"`
	LogLevel     string   `env:"TIDEGATE_LOG_LEVEL" envDefault:"info"`
	LogFormat    string   `env:"TIDEGATE_LOG_FORMAT" envDefault:"text"`
	AllowedHosts []string `env:"TIDEGATE_ALLOWED_HOSTS"`
	PubSubURL    string   `env:"TIDEGATE_PUBSUB_URL"`
	Migrate      string   `env:"TIDEGATE_MIGRATE" envDefault:"on"`
	ProveEvery   string   `env:"TIDEGATE_PROVE_EVERY" envDefault:"24h"`
	BulkFrom     int      `env:"TIDEGATE_BULK_FROM" envDefault:"20000"`
	BulkPage     int      `env:"TIDEGATE_BULK_PAGE" envDefault:"50000"`
	// Lease is how long a stream stays with a process that is not heard of any
	// more. Another one takes over after at most four thirds of it.
	Lease string `env:"TIDEGATE_LEASE" envDefault:"15s"`
	// PollEvery is how often changes of an object are asked for where Salesforce
	// does not stream it.
	PollEvery string `env:"TIDEGATE_POLL_EVERY" envDefault:"1m"`
	// SummaryURL is where a language model words the summaries of deals, "" =
	// nowhere: they are extracted here.
	SummaryURL   string `env:"TIDEGATE_SUMMARY_URL"`
	SummaryModel string `env:"TIDEGATE_SUMMARY_MODEL"`
	SummaryKey   string `env:"TIDEGATE_SUMMARY_KEY,unset"`
}

// FromEnv reads the environment. The error names every variable that is wrong
// and what is allowed.
func FromEnv() (Config, error) {
	c, err := env.ParseAs[Config]()
	if err != nil {
		return Config{}, fmt.Errorf("reading the environment: %w", err)
	}
	return c, c.Validate()
}

// Validate reports all wrong values at once, each with its variable's name.
func (c Config) Validate() error {
	return errors.Join(
		checkAddr("TIDEGATE_HTTP_ADDR", c.HTTPAddr),
		checkAddr("TIDEGATE_OPS_ADDR", c.OpsAddr),
		checkDatabase(c.DatabaseURL),
		checkBaseURL(c.BaseURL),
		checkPubSub(c.PubSubURL),
		checkKeys(c.SecretKey, c.AlsoKeys),
		checkLease(c.Lease),
		checkPoll(c.PollEvery),
		checkSummary(c.SummaryURL, c.SummaryModel, c.SummaryKey),
		checkOneOf("TIDEGATE_LOG_LEVEL", c.LogLevel, "debug", "info", "warn", "error"),
		checkOneOf("TIDEGATE_LOG_FORMAT", c.LogFormat, "text", "json"),
		checkOneOf("TIDEGATE_MIGRATE", c.Migrate, "on", "off"),
		checkProve(c.ProveEvery),
		checkBetween("TIDEGATE_BULK_FROM", c.BulkFrom, 1, 1_000_000_000),
		checkBetween("TIDEGATE_BULK_PAGE", c.BulkPage, 100, 1_000_000),
	)
}

// OnSQLite reports whether the database is a local file.
func (c Config) OnSQLite() bool { return strings.HasPrefix(c.DatabaseURL, "sqlite://") }

// Level returns the log level.
func (c Config) Level() slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return slog.LevelInfo // Validate has refused everything else
	}
	return l
}

// Key returns the 32 bytes of TIDEGATE_SECRET_KEY, or nil when it is not set.
func (c Config) Key() []byte { return decodeKey(c.SecretKey) }

// OtherKeys returns those of TIDEGATE_SECRET_KEY_ALSO, 32 bytes each.
func (c Config) OtherKeys() [][]byte {
	var keys [][]byte
	for _, raw := range c.AlsoKeys {
		keys = append(keys, decodeKey(raw))
	}
	return keys
}

func decodeKey(raw string) []byte {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(raw))
	if err != nil || len(key) != 32 {
		return nil
	}
	return key
}

// LeaseFor returns the length of leases, 0 for the default.
func (c Config) LeaseFor() time.Duration { return duration(c.Lease) }

// PollPeriod returns how often polling asks, 0 for the default.
func (c Config) PollPeriod() time.Duration { return duration(c.PollEvery) }

// duration is 0 for what stands for none; Validate has refused everything else.
func duration(raw string) time.Duration {
	d, err := time.ParseDuration(raw)
	if err != nil {
		return 0
	}
	return d
}

func checkAddr(name, addr string) error {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return fmt.Errorf("%s: %q is not HOST:PORT, for example 127.0.0.1:8080 or :8080", name, addr)
	}
	return nil
}

func checkDatabase(raw string) error {
	const allowed = "sqlite://PATH or postgres://USER:PASSWORD@HOST:PORT/NAME"
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok || rest == "" || (scheme != "sqlite" && scheme != "postgres" && scheme != "postgresql") {
		// The value may hold a password, so it is not repeated.
		return fmt.Errorf("TIDEGATE_DATABASE_URL: must be %s", allowed)
	}
	return nil
}

func checkBaseURL(raw string) error {
	if raw == "" {
		return nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("TIDEGATE_BASE_URL: %q must be http://HOST or https://HOST, as browsers reach this server", raw)
	}
	return nil
}

// ProofPeriod is how long one comparison of the whole mirror with Salesforce
// may take before the next begins; 0 = it is only compared when asked.
func (c Config) ProofPeriod() time.Duration { return duration(c.ProveEvery) }

func checkProve(raw string) error {
	if d, err := time.ParseDuration(raw); raw != "" && raw != "off" && (err != nil || d < time.Minute) {
		return fmt.Errorf("TIDEGATE_PROVE_EVERY: %q is not a duration of at least 1m, such as 24h, or off", raw)
	}
	return nil
}

func checkPubSub(raw string) error {
	if raw == "" {
		return nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Port() == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("TIDEGATE_PUBSUB_URL: %q must be https://HOST:PORT, or http://HOST:PORT for a server without TLS", raw)
	}
	return nil
}

func checkKeys(current string, also []string) error {
	var wrong error
	if current != "" && decodeKey(current) == nil {
		wrong = errors.New("TIDEGATE_SECRET_KEY: must be 32 bytes in base64; make one with: openssl rand -base64 32")
	}
	for n, raw := range also {
		if decodeKey(raw) == nil {
			wrong = errors.Join(wrong, fmt.Errorf("TIDEGATE_SECRET_KEY_ALSO: key %d must be 32 bytes in base64, keys separated by commas", n+1))
		}
	}
	return wrong
}

// checkLease refuses what the renewals, each a third of it, could not keep, and
// what would leave a stream unread for longer than 30 s after a crash.
func checkLease(raw string) error {
	d, err := time.ParseDuration(raw)
	if raw != "" && (err != nil || d < time.Second || d > 22*time.Second) {
		return fmt.Errorf("TIDEGATE_LEASE: %q must be from 1s to 22s, for example 15s", raw)
	}
	return nil
}

func checkPoll(raw string) error {
	d, err := time.ParseDuration(raw)
	if raw != "" && (err != nil || d < time.Second || d > 24*time.Hour) {
		return fmt.Errorf("TIDEGATE_POLL_EVERY: %q must be from 1s to 24h, for example 1m", raw)
	}
	return nil
}

// checkSummary wants an address and a model, or nothing at all: half of it would
// leave an operator believing that it is on.
func checkSummary(raw, model, key string) error {
	if raw == "" {
		if model+key != "" {
			return errors.New("TIDEGATE_SUMMARY_URL: must be set too where TIDEGATE_SUMMARY_MODEL or TIDEGATE_SUMMARY_KEY is")
		}
		return nil
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || (u.Scheme != "http" && u.Scheme != "https"):
		return errors.New("TIDEGATE_SUMMARY_URL: must be https://HOST/v1 or, on this machine, http://127.0.0.1:PORT/v1; the key goes to TIDEGATE_SUMMARY_KEY")
	case model == "":
		return errors.New("TIDEGATE_SUMMARY_MODEL: must name the model that TIDEGATE_SUMMARY_URL offers")
	}
	return nil
}

func checkBetween(name string, value, least, most int) error {
	if value < least || value > most {
		return fmt.Errorf("%s: %d is not between %d and %d", name, value, least, most)
	}
	return nil
}

func checkOneOf(name, value string, allowed ...string) error {
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	return fmt.Errorf("%s: %q is not one of %s", name, value, strings.Join(allowed, ", "))
}
