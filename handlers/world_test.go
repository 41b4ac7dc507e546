package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"go.uber.org/goleak"

	"tidegate/gateway"
	"tidegate/live"
	"tidegate/outbox"
	"tidegate/rules/continuity"
	"tidegate/rules/mapping"
	"tidegate/rules/settings"
	"tidegate/store"
	"tidegate/store/storetest"
	"tidegate/vault"
)

func TestMain(m *testing.M) {
	PasswordParams = &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	goleak.VerifyTestMain(m, notOurs...)
}

// notOurs are goroutines that end later than the test that began them.
var notOurs = []goleak.Option{
	goleak.IgnoreAnyFunction("github.com/valyala/fasthttp/stackless.funcWorker"), // compresses; there are as many as processors
	goleak.IgnoreAnyFunction("tidegate/testpg.launch.func1"),                     // the throw-away Postgres of this process
	goleak.IgnoreAnyFunction("os/exec.(*Cmd).writerDescriptor.func1"),
	goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
	goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"), // sleeps up to ten seconds after the server
}

// The two workspaces; what is true of one must not show in the other.
const (
	home    gateway.WorkspaceID = "home"
	foreign gateway.WorkspaceID = "foreign"
)

const password = "a long enough password"

// clock is real time that a test can move forward.
type testClock struct{ ahead atomic.Int64 }

func (c *testClock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *testClock) forward(d time.Duration) { c.ahead.Add(int64(d)) }

// world is a server on a real store, a real outbox, and a Salesforce that
// follows a script.
type world struct {
	t      *testing.T
	db     *store.DB
	box    *outbox.Outbox
	hub    *live.Hub
	org    *scriptedOrg
	caller *scriptedCaller
	clock  *testClock
	server *Server
	log    *syncBuffer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"))
}

func newWorldOn(t *testing.T, url string) *world {
	t.Helper()
	w := &world{t: t, hub: &live.Hub{}, org: &scriptedOrg{}, caller: &scriptedCaller{}, clock: &testClock{}, log: &syncBuffer{}}
	w.db = storetest.Open(t, url, store.Options{Now: w.clock.now, Logger: slog.New(slog.DiscardHandler)})
	w.org.db = w.db
	w.box = outbox.New(w.db, w.caller, outbox.Options{
		Now: w.clock.now, Jitter: func() float64 { return 0 }, Pace: time.Nanosecond,
		Announce: func(_ context.Context, ws gateway.WorkspaceID, keys []gateway.RecordKey) { w.hub.Announce(ws, keys) },
	})
	safe, err := vault.Open([]byte("0123456789abcdef0123456789abcdef"))
	must(t, err)
	w.server = New(Config{
		DB: w.db, Outbox: w.box, Hub: w.hub, Vault: safe, Org: w.org, BaseURL: "http://tidegate.test", Now: w.clock.now,
		Logger: slog.New(slog.NewTextHandler(w.log, nil)), Version: "test",
	})
	w.workspace(home)
	w.workspace(foreign)
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// workspace makes a connected workspace with an admin and a rep, schemas,
// default mappings and a few records.
func (w *world) workspace(id gateway.WorkspaceID) {
	w.t.Helper()
	ctx := w.t.Context()
	must(w.t, w.db.CreateWorkspace(ctx, id, string(id)))
	in := w.db.In(id)
	hash, err := HashPassword(password)
	must(w.t, err)
	for _, role := range []gateway.Role{gateway.RoleAdmin, gateway.RoleRep} {
		must(w.t, in.CreateMember(ctx, gateway.Member{
			ID: string(id) + "-" + string(role), Workspace: id, Email: email(id, role), Name: names[role], Role: role, PasswordHash: hash,
		}))
	}
	must(w.t, in.SaveConnection(ctx, gateway.Connection{
		ID: "c-" + string(id), Workspace: id, OrgID: orgOf(id), State: gateway.StateOK, Environment: gateway.Production, OrgName: "Org of " + string(id),
		InstanceURL: "https://org.my.salesforce.com", Username: "integration@example.com", LoginURL: "https://login.salesforce.com",
	}))
	must(w.t, in.SaveSchemas(ctx, schemas))
	w.hook(id, gateway.HookOutbound)
	w.hook(id, gateway.HookEvents)
	for _, s := range schemas {
		for _, m := range mapping.DefaultMappings(s) {
			must(w.t, in.SaveMapping(ctx, m))
		}
	}
	w.save(id,
		record(contactOf(id), gateway.Fields{
			"Name": gateway.Text("Ann Example"), "FirstName": gateway.Text("Ann"), "LastName": gateway.Text("Example"),
			"Title": gateway.Text("Buyer"), "Email": gateway.Text("ann@" + string(id) + ".example"), "Phone": gateway.Text("+1 202 555 0101"),
			"AccountId": gateway.Text(accountOf(id).ID), "Department": gateway.Null, "DoNotCall": gateway.Bool(false),
		}),
		record(accountOf(id), gateway.Fields{"Name": gateway.Text("Acme of " + string(id)), "Phone": gateway.Null}),
		record(dealOf(id), gateway.Fields{
			"Name": gateway.Text("Deal of " + string(id)), "AccountId": gateway.Text(accountOf(id).ID), "Amount": gateway.Number("48000.5"),
			"CloseDate": gateway.Text("2026-12-01"), "StageName": gateway.Text("Prospecting"),
		}),
		record(userOfRep(id), gateway.Fields{"Name": gateway.Text(names[gateway.RoleRep]), "Username": gateway.Text(email(id, gateway.RoleRep)), "IsActive": gateway.Bool(true)}),
		record(leadOf(id), gateway.Fields{"Name": gateway.Text("Lee Lead"), "LastName": gateway.Text("Lead"), "Company": gateway.Text("Leadco")}),
	)
}

var names = map[gateway.Role]string{gateway.RoleAdmin: "Ada Admin", gateway.RoleRep: "Rita Rep"}

func email(ws gateway.WorkspaceID, role gateway.Role) string {
	return string(role) + "@" + string(ws) + ".example"
}

func key(object, prefix string, n int) gateway.RecordKey {
	id, _ := gateway.NormalizeID(fmt.Sprintf("%s550000%06d", prefix, n))
	return gateway.RecordKey{Object: object, ID: id}
}

func numberOf(ws gateway.WorkspaceID) int { return len(ws) } // differs between the two

func contactOf(ws gateway.WorkspaceID) gateway.RecordKey { return key("Contact", "003", numberOf(ws)) }

func accountOf(ws gateway.WorkspaceID) gateway.RecordKey { return key("Account", "001", numberOf(ws)) }

func dealOf(ws gateway.WorkspaceID) gateway.RecordKey {
	return key("Opportunity", "006", numberOf(ws))
}

// userOfRep is who the rep is in Salesforce (S-54).
func userOfRep(ws gateway.WorkspaceID) gateway.RecordKey { return key("User", "005", 70+numberOf(ws)) }

func leadOf(ws gateway.WorkspaceID) gateway.RecordKey { return key("Lead", "00Q", numberOf(ws)) }

func record(k gateway.RecordKey, f gateway.Fields) gateway.Record {
	return gateway.Record{Key: k, Fields: f, Version: gateway.Version{CommitAt: 1_750_000_000_000, CommitNumber: 1}}
}

func (w *world) save(ws gateway.WorkspaceID, records ...gateway.Record) {
	w.t.Helper()
	must(w.t, w.db.In(ws).InTx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.SaveRecords(ctx, records) }))
}

// park leaves a write in the outbox of a workspace that needs a person, and
// returns its line in the log.
func (w *world) park(ws gateway.WorkspaceID, value string) int64 {
	w.t.Helper()
	w.caller.script(func(gateway.Change) gateway.Delivery { return refuse(gateway.CodeSFValidation, "Title") })
	defer w.caller.script(nil)
	receipt, err := w.box.Submit(w.t.Context(), ws, outbox.Edit{
		Key: contactOf(ws), Fields: gateway.Fields{"Title": gateway.Text(value)}, Cause: gateway.Cause{Kind: "edit", Rule: "Edit", Name: names[gateway.RoleRep]},
	})
	must(w.t, err)
	got, err := w.box.Deliver(w.t.Context(), ws, receipt)
	must(w.t, err)
	if got.State != outbox.NeedsYou {
		w.t.Fatalf("the write is %+v, want parked", got)
	}
	return receipt.LogID
}

// apiKey makes an API key of a workspace.
func (w *world) apiKey(ws gateway.WorkspaceID, scopes ...string) (string, gateway.APIKey) {
	w.t.Helper()
	text, row := NewKey("recorder", "Ada Admin", w.clock.now())
	row.Scopes = scopes
	must(w.t, w.db.In(ws).CreateKey(w.t.Context(), row))
	return text, row
}

func (w *world) pending(k gateway.RecordKey) (gateway.Change, bool) {
	w.t.Helper()
	c, ok, err := w.db.In(home).Pending(w.t.Context(), k)
	must(w.t, err)
	return c, ok
}

func (w *world) settings(scope string, tab gateway.Tab) gateway.SettingRow {
	w.t.Helper()
	rows, err := w.db.In(home).Settings(w.t.Context(), scope)
	must(w.t, err)
	return rows[tab]
}

// audited reports whether a line of the audit of a workspace contains text.
func (w *world) audited(ws gateway.WorkspaceID, text string) bool {
	w.t.Helper()
	entries, err := w.db.In(ws).AuditLog(w.t.Context(), 0, 500)
	must(w.t, err)
	for _, e := range entries {
		if contains(e.By+" "+e.What+" "+e.Target, text) {
			return true
		}
	}
	return false
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

// saveOrg saves a tab of the organization's settings as an admin did earlier.
func (w *world) saveOrg(tab gateway.Tab, change func(*gateway.Settings)) {
	w.t.Helper()
	w.saveOrgBy("Otto Other", tab, change)
}

func (w *world) saveOrgBy(by string, tab gateway.Tab, change func(*gateway.Settings)) {
	w.t.Helper()
	before := w.settings(gateway.OrgScope, tab)
	s := gateway.DefaultSettings()
	if before.Revision > 0 {
		must(w.t, settings.Decode(&s, tab, before.Body))
	}
	change(&s)
	body, err := settings.Encode(s, tab)
	must(w.t, err)
	_, err = w.db.In(home).SaveSetting(w.t.Context(), gateway.SettingRow{
		Scope: gateway.OrgScope, Tab: tab, Body: body, By: by, ByID: "other",
	}, before.Revision)
	must(w.t, err)
}

// hole writes a closed continuity record and returns its id.
func (w *world) hole(ws gateway.WorkspaceID, said string) string {
	w.t.Helper()
	now := w.clock.now()
	h := gateway.Hole{
		Cause: gateway.HoleExpired, Said: said, Bound: said, From: now.Add(-3 * time.Hour), To: now, StartedAt: now, EndedAt: now.Add(time.Minute),
		State: gateway.HoleClosed,
		Objects: []gateway.HolePart{{
			Object: "Contact", Means: gateway.MeansChanges, State: gateway.HoleClosed, Expected: 1900,
			HoleCount: gateway.HoleCount{Read: 1912, Changed: 398, Deleted: 3, Restored: 1, Calls: 28},
		}},
	}
	err := w.db.In(ws).InTx(w.t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		h.ID = tx.NewID()
		if h.Certificate.Statement, err = continuity.Certify(ws, h); err != nil {
			return err
		}
		h.Certificate.Signature, h.Certificate.Key = []byte("signature"), []byte("key")
		_, err = tx.SaveHole(ctx, h)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return strconv.FormatInt(h.ID, 10)
}
