package faults

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"tidegate/simulator"
	"tidegate/testpg"
)

// commands are all of the program's, groups and leaves.
var commands = []string{
	"serve", "demo", "simulate", "connect", "tail", "status", "backfill", "migrate", "migrate up", "migrate status",
	"user", "user add", "user list", "user passwd", "user disable", "key", "key create", "key list", "key revoke", "version",
	"config", "config export", "config plan", "config apply", "rehearse",
}

func onSQLite(t *testing.T, extra ...string) []string {
	return environment(append(extra, "TIDEGATE_DATABASE_URL=sqlite://"+filepath.Join(t.TempDir(), "store.db"))...)
}

func TestEveryCommandExplainsItselfWithAnExample(t *testing.T) {
	t.Parallel()
	for _, c := range commands {
		out, errs, code := command(t, environment(), append(strings.Fields(c), "--help")...)
		if code != 0 || errs != "" {
			t.Errorf("%s --help exits %d: %s", c, code, errs)
		}
		_, after, ok := strings.Cut(out, "Examples:\n")
		if !ok || !strings.Contains(after, "  tidegate "+strings.Fields(c)[0]) && !strings.Contains(after, " tidegate "+strings.Fields(c)[0]) {
			t.Errorf("%s --help has no example:\n%s", c, out)
		}
	}
	top, _, code := command(t, environment(), "--help")
	for _, c := range commands {
		if group, _, _ := strings.Cut(c, " "); code != 0 || !strings.Contains(top, "\n  "+group) {
			t.Errorf("tidegate --help (exit %d) does not list %s", code, group)
		}
	}
}

func TestExitCodesTellFailureFromWrongUsage(t *testing.T) {
	t.Parallel()
	const port = "127.0.0.1:1" // nobody listens there
	for _, c := range []struct {
		line string
		env  []string
		code int
		says string
	}{
		{"version", nil, 0, ""},
		{"migrate up", nil, 0, ""},
		{"status --json", nil, 0, ""},
		{"status", nil, 1, "no workspace is connected"},
		{"user passwd --email nobody@acme.example", nil, 1, "no such member"},
		{"key revoke --workspace acme nothing", nil, 1, "tidegate: "},
		{"connect --login-url http://" + port + " --client-id a --client-secret b", []string{"TIDEGATE_ALLOWED_HOSTS=" + port}, 1, "tidegate: "},
		{"nonsense", nil, 2, "nonsense"},
		{"serve --nonsense", nil, 2, "--nonsense"},
		{"connect", nil, 2, "--login-url"},
		{"connect --login-url http://" + port + " --client-id a --client-secret b", nil, 2, "TIDEGATE_ALLOWED_HOSTS"},
		{"connect --login-url x --client-id a --client-secret b --flow magic", nil, 2, "client-credentials"},
		{"tail --url http://" + port + " --token t --replay soon", nil, 2, "--replay"},
		{"backfill --object Nothing", nil, 1, "There is no workspace yet"},
		{"user add --email nonsense", nil, 2, "nonsense"},
		{"user add --email a@acme.example --role boss", nil, 2, "admin"},
	} {
		out, errs, code := command(t, onSQLite(t, c.env...), strings.Fields(c.line)...)
		if code != c.code || !strings.Contains(errs, c.says) {
			t.Errorf("tidegate %s exits %d and says %q, want %d and %q", c.line, code, errs, c.code, c.says)
		}
		if code != 0 && (strings.Count(errs, "\n") != 1 || out != "") {
			t.Errorf("tidegate %s: an error is one line on stderr, not %q and %q", c.line, errs, out)
		}
	}
}

func TestWrongEnvironmentIsNamed(t *testing.T) {
	t.Parallel()
	for variable, value := range map[string]string{
		"TIDEGATE_HTTP_ADDR": "nowhere", "TIDEGATE_OPS_ADDR": "nowhere", "TIDEGATE_DATABASE_URL": "mysql://db/x",
		"TIDEGATE_BASE_URL": "acme", "TIDEGATE_SECRET_KEY": "short", "TIDEGATE_LOG_LEVEL": "loud",
		"TIDEGATE_LOG_FORMAT": "yaml", "TIDEGATE_MIGRATE": "perhaps",
	} {
		_, errs, code := command(t, append(onSQLite(t), variable+"="+value), "serve")
		if code != 1 || !strings.Contains(errs, variable) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s=%s: exit %d, %q", variable, value, code, errs)
		}
	}
	_, errs, code := command(t, append(onSQLite(t), "TIDEGATE_LOG_LEVEL=loud", "TIDEGATE_HTTP_ADDR=nowhere"), "serve")
	if code != 1 || !strings.Contains(errs, "TIDEGATE_LOG_LEVEL") || !strings.Contains(errs, "TIDEGATE_HTTP_ADDR") {
		t.Errorf("two wrong values: exit %d, %q", code, errs)
	}
}

func TestSharedDatabaseNeedsItsKey(t *testing.T) {
	t.Parallel()
	database := testpg.URL(t)
	env := environment("TIDEGATE_DATABASE_URL="+database, "TIDEGATE_HTTP_ADDR=127.0.0.1:0", "TIDEGATE_OPS_ADDR=127.0.0.1:0")
	if _, errs, code := command(t, env, "serve"); code != 1 || !strings.Contains(errs, "TIDEGATE_SECRET_KEY") {
		t.Errorf("serve on Postgres without a key: exit %d, %q", code, errs)
	}
	out, errs, code := command(t, append(env, "TIDEGATE_MIGRATE=off"), "migrate", "status")
	if code != 0 || strings.Contains(out, "Z\n") {
		t.Errorf("it was migrated before it was refused: exit %d, %q %q", code, out, errs)
	}
	c := launch(t, binary(t), append(env, "TIDEGATE_SECRET_KEY="+secretKey)).serving()
	if code, took := c.terminate(); code != 0 || took > drainLimit {
		t.Errorf("with the key: exit %d after %s", code, took)
	}
}

// Every --json output is JSON lines, and has what scripts look for.
func TestJSONOutputParses(t *testing.T) {
	t.Parallel()
	org, err := simulator.Start(t.Context(), simulator.Config{Seed: 1, Sizes: small, Quiet: true})
	if err != nil {
		t.Fatal(err)
	}
	defer org.Close()
	env := onSQLite(t, "TIDEGATE_ALLOWED_HOSTS="+strings.TrimPrefix(org.URL, "http://"))
	for _, c := range []struct{ line, has string }{
		{"user add --workspace acme --email ann@acme.example --role admin --json", "password"},
		{"user list --workspace acme --json", "email"},
		{"connect --workspace acme --login-url " + org.URL + " --client-id " + org.ClientID + " --client-secret " + org.ClientSecret + " --json", "org_id"},
		{"status --json", "cursor"},
		{"migrate status --json", "version"},
	} {
		linesOf(t, env, c.line, c.has)
	}
	command(t, env, "key", "create", "--workspace", "acme", "--name", "test")
	linesOf(t, env, "key list --json", "prefix") // the only workspace is meant
	if _, errs, code := command(t, env, "backfill", "--object", "Nothing"); code != 2 || !strings.Contains(errs, "Nothing is not mirrored") {
		t.Errorf("backfill of what is not mirrored: exit %d, %q", code, errs)
	}
	if _, errs, code := command(t, env, "user", "list", "--workspace", "acne"); code != 1 || !strings.Contains(errs, "there are: acme") {
		t.Errorf("a workspace that is not there: exit %d, %q", code, errs)
	}
}

func linesOf(t *testing.T, env []string, line, has string) {
	t.Helper()
	out, errs, code := command(t, env, strings.Fields(line)...)
	if code != 0 || out == "" {
		t.Errorf("tidegate %s exits %d: %s", line, code, errs)
	}
	if has == "" {
		return
	}
	for text := range strings.Lines(out) {
		var row map[string]any
		if err := json.Unmarshal([]byte(text), &row); err != nil || row[has] == nil {
			t.Errorf("tidegate %s prints %q (%v), want %q in it", line, text, err, has)
		}
	}
}

// tail reads the org's past and ends after as many events as it was asked for,
// by either transport.
func TestTailPrintsEventsAsJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.change(map[string]any{"object": "Contact", "op": "update", "count": 5})
	for _, transport := range []string{"websocket", "long-polling"} {
		line := "tail --url " + w.org.URL + " --token " + w.org.AccessToken + " --replay -2 --count 5 --transport " + transport
		out, errs, code := command(t, environment(), strings.Fields(line)...)
		if code != 0 || strings.Count(out, "\n") != 5 {
			t.Errorf("by %s: exit %d, %d lines: %s", transport, code, strings.Count(out, "\n"), errs)
		}
		for text := range strings.Lines(out) {
			var e struct{ Event struct{ ReplayID int64 } }
			if err := json.Unmarshal([]byte(text), &e); err != nil || e.Event.ReplayID == 0 {
				t.Errorf("by %s: %q: %v", transport, text, err)
			}
		}
	}
}
