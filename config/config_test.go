package config

import (
	"strings"
	"testing"
)

func TestDefaultsAreValid(t *testing.T) {
	c, err := FromEnv()
	if err != nil {
		t.Fatal(err)
	}
	if c.HTTPAddr != ":8080" || !c.OnSQLite() || c.OpsAddr != "127.0.0.1:9090" {
		t.Errorf("defaults are %+v", c)
	}
}

func TestEveryWrongValueIsNamedAtOnce(t *testing.T) {
	for name, value := range map[string]string{
		"TIDEGATE_HTTP_ADDR": "nine", "TIDEGATE_OPS_ADDR": "x", "TIDEGATE_DATABASE_URL": "mysql://root:hunter2@db/x",
		"TIDEGATE_BASE_URL": "ftp://x", "TIDEGATE_SECRET_KEY": "short", "TIDEGATE_LOG_LEVEL": "loud",
		"TIDEGATE_PUBSUB_URL": "pubsub", "TIDEGATE_LEASE": "5m", "TIDEGATE_SECRET_KEY_ALSO": "short,AAAA",
		"TIDEGATE_BULK_FROM": "0", "TIDEGATE_BULK_PAGE": "10", "TIDEGATE_POLL_EVERY": "10ms",
		"TIDEGATE_SUMMARY_URL": "https://key@host/v1", "TIDEGATE_LOG_FORMAT": "xml", "TIDEGATE_MIGRATE": "maybe",
	} {
		t.Setenv(name, value)
	}
	_, err := FromEnv()
	if err == nil {
		t.Fatal("wrong values were accepted")
	}
	for _, name := range []string{
		"TIDEGATE_HTTP_ADDR", "TIDEGATE_OPS_ADDR", "TIDEGATE_DATABASE_URL", "TIDEGATE_BASE_URL",
		"TIDEGATE_SECRET_KEY", "TIDEGATE_LOG_LEVEL", "TIDEGATE_LOG_FORMAT", "TIDEGATE_MIGRATE", "TIDEGATE_PUBSUB_URL", "TIDEGATE_LEASE", "TIDEGATE_SECRET_KEY_ALSO",
		"TIDEGATE_BULK_FROM", "TIDEGATE_BULK_PAGE", "TIDEGATE_SUMMARY_URL", "TIDEGATE_POLL_EVERY",
	} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in %q", name, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "short") {
		t.Error("the error repeats a secret")
	}
}

func TestKeyIsDecoded(t *testing.T) {
	t.Setenv("TIDEGATE_SECRET_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	c, err := FromEnv()
	if err != nil || len(c.Key()) != 32 {
		t.Fatalf("key of %d bytes, %v", len(c.Key()), err)
	}
}

// AVM-46: the language model is off by default, and half of its setting is
// refused.
func TestLanguageModelIsSetAsAWhole_AVM46(t *testing.T) {
	for _, c := range []struct{ url, model, key, names string }{
		{"", "", "", ""},
		{"https://api.example.com/v1", "small", "sk-canary", ""},
		{"http://127.0.0.1:11434/v1", "small", "", ""},
		{"https://api.example.com/v1", "", "sk-canary", "TIDEGATE_SUMMARY_MODEL"},
		{"", "small", "", "TIDEGATE_SUMMARY_URL"},
		{"", "", "sk-canary", "TIDEGATE_SUMMARY_URL"},
		{"api.example.com", "small", "sk-canary", "TIDEGATE_SUMMARY_URL"},
	} {
		t.Setenv("TIDEGATE_SUMMARY_URL", c.url)
		t.Setenv("TIDEGATE_SUMMARY_MODEL", c.model)
		t.Setenv("TIDEGATE_SUMMARY_KEY", c.key)
		got, err := FromEnv()
		if (err == nil) != (c.names == "") || err != nil && (!strings.Contains(err.Error(), c.names) || strings.Contains(err.Error(), "canary")) {
			t.Errorf("%+v: %v", c, err)
		}
		if err == nil && got.SummaryURL != c.url {
			t.Errorf("%+v became %q", c, got.SummaryURL)
		}
	}
}
