package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// The throw-away Postgres of this process lives until the process ends.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("tidegate/testpg.launch.func1"),
		goleak.IgnoreAnyFunction("os/exec.(*Cmd).writerDescriptor.func1"))
}

const ws gateway.WorkspaceID = "demo"

// clock is real time that a test can move forward.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) forward(d time.Duration) { c.ahead.Add(int64(d)) }

// world is a store, an org and the outboxes between them.
type world struct {
	t     testing.TB
	db    *store.DB
	org   *org
	clock *clock
	opts  Options
	box   *Outbox
}

func contactSchema(upsert bool) gateway.Schema {
	s := gateway.Schema{Object: "Contact"}
	for _, name := range []string{"FirstName", "LastName", "Title", "Email", "Phone", "Department"} {
		s.Fields = append(s.Fields, gateway.Field{
			Name: name, Label: name, Type: "string", Length: 80, Createable: true, Updateable: true, Nillable: name != "LastName",
		})
	}
	s.Fields = append(s.Fields, gateway.Field{Name: "CreatedById", Type: gateway.TypeReference})
	if upsert {
		s.Fields = append(s.Fields, gateway.Field{Name: gateway.OwnIDField, Type: "string", ExternalID: true, Createable: true})
	}
	return s
}

func newWorld(t testing.TB, url string) *world {
	t.Helper()
	w := &world{t: t, org: newOrg(), clock: &clock{}}
	w.db = storetest.Open(t, url, store.Options{Now: w.clock.now, Logger: slog.New(slog.DiscardHandler)})
	w.workspace(ws)
	w.opts = Options{
		Now: w.clock.now, Jitter: func() float64 { return 0 }, Pace: time.Nanosecond, Gather: time.Millisecond, Together: time.Nanosecond,
		Poll: 20 * time.Millisecond, Reopen: 20 * time.Millisecond, Drain: 2 * time.Second,
	}
	w.restart()
	return w
}

// workspace makes a connected workspace whose contacts may be written.
func (w *world) workspace(id gateway.WorkspaceID) {
	w.t.Helper()
	ctx := w.t.Context()
	must(w.t, w.db.CreateWorkspace(ctx, id, string(id)))
	in := w.db.In(id)
	must(w.t, in.SaveConnection(ctx, gateway.Connection{ID: "c-" + string(id), Workspace: id, State: gateway.StateOK}))
	must(w.t, in.SaveSchemas(ctx, []gateway.Schema{contactSchema(false)}))
	for _, name := range []string{"FirstName", "LastName", "Title", "Email", "Phone", "Department"} {
		must(w.t, in.SaveMapping(ctx, gateway.Mapping{Object: "Contact", Field: name, Editable: name != "Department"}))
	}
}

// restart drops the outbox as a killed process would and begins a new one.
func (w *world) restart() { w.box = New(w.db, w.org, w.opts) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func key(n int) gateway.RecordKey {
	id, _ := gateway.NormalizeID(fmt.Sprintf("003550000%06d", n))
	return gateway.RecordKey{Object: "Contact", ID: id}
}

// seed puts contacts into the org and the mirror.
func (w *world) seed(n int) {
	w.t.Helper()
	var records []gateway.Record
	for i := range n {
		fields := gateway.Fields{"LastName": gateway.Text(fmt.Sprint("L", i)), "Title": gateway.Null, "Phone": gateway.Null}
		w.org.put(key(i).ID, fields)
		records = append(records, gateway.Record{Key: key(i), Fields: fields.Clone(), Version: gateway.Version{CommitAt: 1000, CommitNumber: 1}})
	}
	must(w.t, w.db.In(ws).InTx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.SaveRecords(ctx, records) }))
}

func (w *world) submit(n int, fields gateway.Fields) Receipt {
	w.t.Helper()
	r, err := w.box.Submit(w.t.Context(), ws, Edit{Key: key(n), Fields: fields, Cause: gateway.Cause{Kind: "edit", Rule: "Edit", Name: "Rita"}})
	must(w.t, err)
	return r
}

func (w *world) deliver(r Receipt) Result {
	w.t.Helper()
	got, err := w.box.Deliver(w.t.Context(), ws, r)
	must(w.t, err)
	return got
}

func (w *world) pending(k gateway.RecordKey) (gateway.Change, bool) {
	w.t.Helper()
	c, ok, err := w.db.In(ws).Pending(w.t.Context(), k)
	must(w.t, err)
	return c, ok
}

func (w *world) line(id int64) gateway.LogEntry {
	w.t.Helper()
	l, err := w.db.In(ws).LogLineByID(w.t.Context(), id)
	must(w.t, err)
	return l.Entry
}

func (w *world) record(k gateway.RecordKey) gateway.Record {
	w.t.Helper()
	r, err := w.db.In(ws).Record(w.t.Context(), k)
	must(w.t, err)
	return r
}

// round sends everything that is due now and waits for it.
func (w *world) round() {
	w.t.Helper()
	// What gathers behind a call in flight goes with the next.
	for calls, before := w.org.callCount(), -1; calls != before; calls = w.org.callCount() {
		before = calls
		for _, loop := range w.box.Dispatcher().loops {
			must(w.t, loop.round(w.t.Context()))
			loop.workers.Wait()
		}
	}
}

// run starts the dispatcher; the test stops it by calling the result.
func (w *world) run() (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.box.Dispatcher().Run(ctx) }()
	var once sync.Once
	var err error
	stop = func() error {
		once.Do(func() { cancel(); err = <-ended })
		return err
	}
	w.t.Cleanup(func() {
		if err := stop(); err != nil && !errors.Is(err, errStillFlying) {
			w.t.Error(err)
		}
	})
	return stop
}

func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	w.t.Fatalf("never: %s", what)
}

func (w *world) idle() bool {
	counts, err := w.db.In(ws).PendingByObject(w.t.Context())
	must(w.t, err)
	return total(counts) == 0
}

// org is a Salesforce that follows a script.
type org struct {
	mu      sync.Mutex
	records map[string]gateway.Fields
	made    map[string][]string // local id → the ids made for it
	calls   [][]gateway.Change
	finds   int
	reads   int
	next    int
	upsert  bool  // creates are upserts on our own id
	deaf    error // nobody answers what is read
	// alike are the records that a search for a lost create finds; nil = those
	// that were made of it.
	alike func(c gateway.Change) []string
	// answer decides about one change, before it is committed; nil = accept.
	answer func(c gateway.Change) gateway.Delivery
	// lose drops the answers of a call that has been committed.
	lose func() bool
	// during runs in the middle of a call, after the commit.
	during func(ctx context.Context)
}

func newOrg() *org { return &org{records: map[string]gateway.Fields{}, made: map[string][]string{}} }

func (o *org) put(id string, f gateway.Fields) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.records[id] = f.Clone()
}

func (o *org) get(id string) gateway.Fields {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.records[id].Clone()
}

func (o *org) callCount() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.calls)
}

func (o *org) madeFor(local string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.made[local])
}

func (o *org) Write(ctx context.Context, _ gateway.WorkspaceID, _ string, op gateway.Op, changes []gateway.Change) []gateway.Delivery {
	out := o.commit(op, changes)
	o.mu.Lock()
	during, lose := o.during, o.lose
	o.mu.Unlock()
	if during != nil {
		during(ctx)
	}
	if ctx.Err() != nil || lose != nil && lose() {
		for i := range out {
			out[i] = gateway.Delivery{Unknown: true, Err: gateway.Errorf(gateway.CodeSFDown, "Salesforce did not answer.")}
		}
	}
	return out
}

func (o *org) commit(op gateway.Op, changes []gateway.Change) []gateway.Delivery {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls = append(o.calls, changes)
	out := make([]gateway.Delivery, len(changes))
	for i, c := range changes {
		if o.answer != nil {
			if out[i] = o.answer(c); out[i].Err != nil {
				continue
			}
		}
		out[i] = o.one(op, c)
	}
	return out
}

func (o *org) one(op gateway.Op, c gateway.Change) gateway.Delivery {
	id := c.Key.ID
	if op == gateway.OpCreate {
		if made := o.made[id]; o.upsert && len(made) > 0 {
			id = made[0]
		} else {
			o.next++
			local := id
			id = key(900_000 + o.next).ID
			o.made[local] = append(o.made[local], id)
		}
	}
	if op == gateway.OpDelete {
		delete(o.records, id)
		return gateway.Delivery{Done: true, RecordID: id}
	}
	if o.records[id] == nil {
		o.records[id] = gateway.Fields{}
	}
	o.records[id] = o.records[id].Overlay(c.Fields)
	return gateway.Delivery{Done: true, RecordID: id, Created: op == gateway.OpCreate}
}

func (o *org) Read(_ context.Context, _ gateway.WorkspaceID, _ string, ids, fields []string) (map[string]gateway.Fields, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.reads++; o.deaf != nil {
		return nil, o.deaf
	}
	out := map[string]gateway.Fields{}
	for _, id := range ids {
		if r, here := o.records[id]; here {
			out[id] = gateway.Fields{}
			for _, name := range fields {
				if v, has := r[name]; has {
					out[id][name] = v
				}
			}
		}
	}
	return out, nil
}

func (o *org) Find(_ context.Context, _ gateway.WorkspaceID, c gateway.Change) ([]string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.finds++
	if o.alike == nil {
		return o.made[c.Key.ID], nil
	}
	return o.alike(c), nil
}

// script sets what the org does under its lock.
func (o *org) script(set func(o *org)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	set(o)
}

func refuse(code gateway.Code, fields ...string) gateway.Delivery {
	return gateway.Delivery{Err: &gateway.Error{Code: code, Message: "No: " + string(code), Said: "400 CODE: no", Status: 400, Fields: fields}}
}

func wantCode(t *testing.T, err error, want gateway.Code) {
	t.Helper()
	_ = codeOf(t, err, want)
}

// codeOf returns err, which must have that code.
func codeOf(t *testing.T, err error, want gateway.Code) *gateway.Error {
	t.Helper()
	e, ok := errors.AsType[*gateway.Error](err)
	if !ok || e.Code != want {
		t.Fatalf("error = %v, want %s", err, want)
	}
	return e
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}
