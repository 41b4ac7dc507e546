package outbox

import (
	"bytes"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// machine drives an outbox and an unreliable org in random steps and knows
// what the org must hold in the end.
type machine struct {
	*world
	run  int
	want map[int]gateway.Fields // record → what was last asked for
	made map[string]gateway.Fields
	said *bytesLog
}

// bytesLog keeps what the outbox logs, for the message of a failure.
type bytesLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *bytesLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *bytesLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// mood is how the org answers from now on.
var moods = map[string]func(o *org){
	"well":        func(o *org) { o.answer, o.lose = nil, nil },
	"down":        func(o *org) { o.lose, o.answer = nil, always(gateway.CodeSFDown) },
	"busy":        func(o *org) { o.lose, o.answer = nil, always(gateway.CodeSFBusy) },
	"limited":     func(o *org) { o.lose, o.answer = nil, always(gateway.CodeSFLimit) },
	"refusing":    func(o *org) { o.lose, o.answer = nil, always(gateway.CodeSFValidation) },
	"mute":        func(o *org) { o.answer, o.lose = nil, func() bool { return true } },
	"one in two":  func(o *org) { o.lose, o.answer = nil, everyOther() },
	"mute by two": func(o *org) { n := 0; o.answer, o.lose = nil, func() bool { n++; return n%2 == 0 } },
}

func always(code gateway.Code) func(gateway.Change) gateway.Delivery {
	return func(gateway.Change) gateway.Delivery { return refuse(code) }
}

func everyOther() func(gateway.Change) gateway.Delivery {
	n := 0
	return func(gateway.Change) gateway.Delivery {
		if n++; n%2 == 0 {
			return refuse(gateway.CodeSFValidation)
		}
		return gateway.Delivery{}
	}
}

const machineRecords = 4

// Whatever happens on the way, the org ends with the last edit of each field
// and with each person once.
func TestOrgEndsWithTheLastEditOfEachField(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		base := newWorld(t, url)
		run := 0
		rapid.Check(t, func(rt *rapid.T) {
			run++
			m := begin(base, run)
			rt.Repeat(map[string]func(*rapid.T){
				"edit":    m.edit,
				"person":  m.submitPerson,
				"round":   func(*rapid.T) { m.round() },
				"kill":    func(*rapid.T) { m.restart() },
				"claimed": func(*rapid.T) { m.claimAndDie() },
				"wait":    func(*rapid.T) { m.clock.forward(2 * time.Minute) },
				"mood": func(rt *rapid.T) {
					m.org.script(moods[rapid.SampledFrom([]string{"well", "down", "busy", "limited", "refusing", "mute", "one in two", "mute by two"}).Draw(rt, "mood")])
				},
			})
			m.finish(rt)
		})
	})
}

// begin makes a fresh org and fresh records in the same database.
func begin(base *world, run int) *machine {
	w := *base
	m := &machine{world: &w, run: run, want: map[int]gateway.Fields{}, made: map[string]gateway.Fields{}}
	m.org = newOrg()
	m.org.next = run * 10 // no org gives the id of another record out again
	m.opts.Patience = 50 * time.Millisecond
	m.said = &bytesLog{}
	m.opts.Logger = slog.New(slog.NewTextHandler(m.said, nil))
	m.restart()
	for n := range machineRecords {
		id := key(run*machineRecords + n)
		m.mirror(gateway.Record{Key: id, Fields: gateway.Fields{"LastName": `"L"`, "Title": gateway.Null, "Phone": gateway.Null}})
		m.want[run*machineRecords+n] = gateway.Fields{"LastName": `"L"`, "Title": gateway.Null, "Phone": gateway.Null}
	}
	return m
}

func (m *machine) edit(rt *rapid.T) {
	n := rapid.SampledFrom(slices.Sorted(maps.Keys(m.want))).Draw(rt, "record")
	field := rapid.SampledFrom([]string{"Title", "Phone", "LastName"}).Draw(rt, "field")
	value := gateway.Text(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "value"))
	r := m.submit(n, gateway.Fields{field: value})
	m.want[n] = m.want[n].Overlay(gateway.Fields{field: value})
	if r.State == Waiting && rapid.Bool().Draw(rt, "deliver") {
		m.deliver(r)
	}
}

func (m *machine) submitPerson(rt *rapid.T) {
	id := fmt.Sprintf("m%d-%d", m.run, rapid.IntRange(1, 3).Draw(rt, "person"))
	m.create(id)
	m.made[id] = gateway.Fields{"LastName": `"Lee"`, "Email": gateway.Text(id + "@example.com")}
}

// claimAndDie is a process that is killed between its claim and its call, or
// between its call and its settling.
func (m *machine) claimAndDie() {
	m.t.Helper()
	b, err := m.box.claim(m.t.Context(), ws, store.ClaimRequest{})
	must(m.t, err)
	if len(b.changes) > 1 {
		m.box.send(m.t.Context(), b)
	}
	m.restart()
}

func (m *machine) finish(rt *rapid.T) {
	m.org.script(moods["well"])
	_, err := m.db.In(ws).SetConnectionState(m.t.Context(), "c-demo", gateway.StateOK, "")
	must(m.t, err)
	m.restart()
	// A call that Deliver gave up waiting for may still be settling: on a busy
	// machine its row is locked, and passed over, for longer than twenty rounds.
	for end := time.Now().Add(time.Minute); !m.idle() && time.Now().Before(end); {
		m.clock.forward(20 * time.Minute)
		m.retryParked()
		m.round()
	}
	if !m.idle() {
		rt.Fatal("something is never written: " + m.left())
	}
	for n, want := range m.want {
		if got := m.org.get(key(n).ID); fmt.Sprint(got) != fmt.Sprint(want) {
			rt.Fatalf("record %d holds %v, want %v", n, got, want)
		}
		if got := m.record(key(n)).Fields; fmt.Sprint(got) != fmt.Sprint(want) {
			rt.Fatalf("the mirror of %d holds %v, want %v", n, got, want)
		}
	}
	for id := range m.made {
		if n := m.org.madeFor("local:" + id); n != 1 {
			rt.Fatalf("%s was made %d times", id, n)
		}
		if link := m.link(id); link.Key.ID != m.org.made["local:"+id][0] {
			rt.Fatalf("%s is linked to %s", id, link.Key.ID)
		}
	}
}

// left describes what is still owed.
func (m *machine) left() string {
	changes, err := m.db.In(ws).Changes(m.t.Context(), gateway.RecordKey{}, 100)
	must(m.t, err)
	var out []string
	for _, c := range changes {
		out = append(out, fmt.Sprintf("%s %s: %s, attempt %d, due in %v, %s", c.Op, c.Key.ID, c.State, c.Attempt, c.DueAt.Sub(m.clock.now()).Round(time.Second), c.Problem.Code))
	}
	return fmt.Sprint(out, "\n", m.said.String())
}

func (m *machine) retryParked() {
	keys := []gateway.RecordKey{}
	for n := range m.want {
		keys = append(keys, key(n))
	}
	for id := range m.made {
		keys = append(keys, m.link(id).Key)
	}
	for _, k := range keys {
		if c, ok := m.pending(k); ok && c.State == gateway.StateParked {
			must(m.t, m.box.Retry(m.t.Context(), ws, c.LogID))
		}
	}
}
