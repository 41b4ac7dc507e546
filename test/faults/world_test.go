package faults

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/simulator"
	simorg "tidegate/simulator/org"
	"tidegate/simulator/seed"
	"tidegate/store"
)

// workspace is the tenant of every test.
const workspace gateway.WorkspaceID = "acme"

// secretKey seals the tokens of the tests' databases.
var secretKey = base64.StdEncoding.EncodeToString([]byte("a key that nothing real is under"))

// small is an org that is read in no time.
var small = seed.Sizes{Accounts: 12, Contacts: 40, Leads: 8, Opportunities: 10, Events: 4, Tasks: 4}

// world is a simulated org, a database, and the program between them.
type world struct {
	t   *testing.T
	org *simulator.Running
	url string   // of the database
	env []string // of the program
	key string   // of the product API
	// calm is the state in which nothing is left to do.
	calm gateway.ConnectionState
	db   *store.Workspace
	// purged are the ids of which only the mirror's tombstones are left.
	purged map[string]bool
	// binary is the program that start starts.
	binary string
	*child
}

// options of a world; the zero value is the usual one.
type options struct {
	longPolling bool   // the org offers no websocket, as Salesforce does not
	database    string // where the program finds the database, when not at the url
	unconnected bool
	pubSub      bool           // the org's Pub/Sub API is there too, and no websocket
	env         []string       // further environment of the program
	sizes       seed.Sizes     // of the org; small when left out
	loading     bool           // do not wait for the first reading
	fault       map[string]any // in the org from before the program starts
	edition     string         // of the org; professional has no change events
	email       bool           // the org has enhanced e-mail
	shared      bool           // the org shares activities
	notesOff    bool           // the org has no enhanced notes
	calls       int            // of the org's API a day; 0 = the edition's
	ahead       time.Duration  // of the org's clock before ours
	prepare     func(w *world) // of the org and the workspace, before the program starts
}

func (o options) seed() seed.Sizes {
	if o.sizes == (seed.Sizes{}) {
		return small
	}
	return o.sizes
}

// newWorld starts an org, connects a workspace to it and serves it until its
// first reading is done.
func newWorld(t *testing.T, database string, o options) *world {
	t.Helper()
	var now func() time.Time
	if o.ahead != 0 {
		now = func() time.Time { return time.Now().Add(o.ahead) }
	}
	org, err := simulator.Start(t.Context(), simulator.Config{
		Now: now, Seed: 1, Sizes: o.seed(), Quiet: true, CometDWebsocketOff: o.longPolling || o.pubSub,
		Edition: o.edition, DailyCalls: o.calls, Features: simorg.Features{Email: o.email, Shared: o.shared, NotesOff: o.notesOff},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := org.Close(); err != nil {
			t.Errorf("closing the org: %v", err)
		}
	})
	w := &world{t: t, org: org, url: database, binary: binary(t), calm: gateway.StateOK}
	if o.edition == "professional" {
		w.calm = gateway.StatePolling
	}
	if o.database == "" {
		o.database = database
	}
	u, err := url.Parse(org.URL)
	if err != nil {
		t.Fatal(err)
	}
	w.env = environment("TIDEGATE_DATABASE_URL="+o.database, "TIDEGATE_SECRET_KEY="+secretKey, "TIDEGATE_ALLOWED_HOSTS="+u.Host+","+org.GRPC)
	if o.pubSub {
		w.env = append(w.env, "TIDEGATE_PUBSUB_URL=http://"+org.GRPC)
	}
	w.env = append(w.env, o.env...)
	w.key = strings.TrimSpace(w.tidegate("key", "create", "--workspace", string(workspace), "--name", "test"))
	if !o.unconnected {
		w.connect()
	}
	if o.fault != nil {
		w.fault(o.fault)
	}
	if o.prepare != nil {
		o.prepare(w)
	}
	w.start()
	if !o.unconnected && !o.loading {
		w.listening()
	}
	return w
}

// anchor makes a first change, so that the program has a position in the
// stream to go on from: Salesforce gives none before the first event.
func (w *world) anchor() {
	w.t.Helper()
	w.change(map[string]any{"object": "Event", "op": "update"})
	w.mirrorEqualsOrg()
}

// tidegate runs a short command that must succeed.
func (w *world) tidegate(args ...string) string {
	w.t.Helper()
	return w.withInput("", args...)
}

func (w *world) withInput(input string, args ...string) string {
	w.t.Helper()
	out, errs, code := commandWith(w.t, w.binary, w.env, input, args...)
	if code != 0 {
		w.t.Fatalf("tidegate %v exited %d: %s", args, code, errs)
	}
	return out
}

func (w *world) connect() {
	w.t.Helper()
	w.tidegate("connect", "--who-wins", "recent", "--workspace", string(workspace), "--login-url", w.org.URL,
		"--client-id", w.org.ClientID, "--client-secret", w.org.ClientSecret, "--flow", "client-credentials")
}

// start serves; a child of before must have ended.
func (w *world) start() {
	w.t.Helper()
	w.child = launch(w.t, w.binary, w.env).serving()
}

// crash kills the program and starts it again.
func (w *world) crash() {
	w.t.Helper()
	w.kill()
	w.start()
}

// status is what the API says of the connection.
type status struct {
	State, Reason, Transport string
	// Pending and NeedsYou count what waits of any object, mirrored or not.
	Pending  int
	NeedsYou int `json:"needs_you"`
	Objects  []struct{ Object, Backfill string }
}

func (w *world) status() (s status) {
	w.t.Helper()
	w.api(http.MethodGet, "/status", nil, &s)
	return s
}

// listening waits until the first reading is done and the stream is live.
func (w *world) listening() {
	w.t.Helper()
	eventually(w.t, func() string {
		s := w.status()
		if s.State != string(w.calm) || len(s.Objects) < len(gateway.MirroredObjects) {
			return fmt.Sprintf("state %q (%s), %d objects", s.State, s.Reason, len(s.Objects))
		}
		for _, o := range s.Objects {
			if o.Backfill != "done" {
				return o.Object + " is " + o.Backfill
			}
		}
		return ""
	})
}

// api calls the product API; the status must be 200.
func (w *world) api(method, path string, in, out any) {
	w.t.Helper()
	code, body := w.call(method, path, in)
	if code != http.StatusOK {
		w.t.Fatalf("%s %s: %d %s", method, path, code, body)
	}
	if err := json.Unmarshal([]byte(body), out); err != nil {
		w.t.Fatalf("%s %s: %v: %s", method, path, err, body)
	}
}

// call calls the product API; status 0 means that nobody answered.
func (w *world) call(method, path string, in any) (int, string) {
	w.t.Helper()
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			w.t.Fatal(err)
		}
	}
	return do(w.t, method, w.child.url+"/api/v1"+path, w.key, body)
}

// sim calls the org's control.
func (w *world) sim(method, path string, in, out any) {
	w.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		w.t.Fatal(err)
	}
	code, text := do(w.t, method, w.org.URL+"/_sim"+path, "", body)
	if code >= http.StatusBadRequest || code == 0 {
		w.t.Fatalf("%s /_sim%s: %d %s", method, path, code, text)
	}
	if out != nil {
		if err := json.Unmarshal([]byte(text), out); err != nil {
			w.t.Fatalf("/_sim%s: %v: %s", path, err, text)
		}
	}
}

// change orders changes in the org, as its own users make them, and returns
// the ids of the records.
func (w *world) change(order map[string]any) []string {
	w.t.Helper()
	var done struct{ IDs []string }
	w.sim(http.MethodPost, "/changes", order, &done)
	return done.IDs
}

// set changes fields of one contact in the org.
func (w *world) set(id string, values map[string]any) {
	w.t.Helper()
	w.change(map[string]any{"object": "Contact", "op": "update", "id": id, "values": values})
}

// fault makes the org misbehave.
func (w *world) fault(spec map[string]any) {
	w.t.Helper()
	w.sim(http.MethodPost, "/faults", spec, nil)
}

// calls counts the ledger's lines by method and part of the path.
func (w *world) calls(method, path string) (n int) {
	w.t.Helper()
	var ledger struct {
		Calls []struct {
			Method, Path string
			Count        int
		}
	}
	w.sim(http.MethodGet, "/calls", nil, &ledger)
	for _, c := range ledger.Calls {
		if c.Method == method && strings.Contains(c.Path, path) {
			n += c.Count
		}
	}
	return n
}

// metric reads one series of the operations address; 0 when it is not there.
func (w *world) metric(series string) (n float64) {
	w.t.Helper()
	code, body := w.get(w.ops + "/metrics")
	if code != http.StatusOK {
		w.t.Fatalf("metrics: %d %s", code, body)
	}
	for line := range strings.Lines(body) {
		if rest, ok := strings.CutPrefix(line, series+" "); ok {
			if _, err := fmt.Sscan(rest, &n); err != nil {
				w.t.Fatalf("metric %q: %v", line, err)
			}
		}
	}
	return n
}

// store opens the database beside the program, for looking and for locks.
func (w *world) store() *store.Workspace {
	w.t.Helper()
	if w.db != nil {
		return w.db
	}
	db, err := store.Open(w.t.Context(), w.url, store.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := db.Close(); err != nil {
			w.t.Errorf("closing the store: %v", err)
		}
	})
	w.db = db.In(workspace)
	return w.db
}
