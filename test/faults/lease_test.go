package faults

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
	"tidegate/streaming"
	"tidegate/testpg"
)

// takeover is how long a stream may be without a reader after a crash; the
// lease of the killed holder has to run out before.
const takeover = 30 * time.Second

// beside starts another process on the same database, and speaks to that one.
func (w *world) beside() *world {
	w.t.Helper()
	other := *w
	other.child = launch(w.t, w.binary, w.env).serving()
	return &other
}

// holder names who holds the stream, "" while nobody does.
func (w *world) holder() string {
	w.t.Helper()
	p := w.position()
	if !p.Lease.Until.After(time.Now()) {
		return ""
	}
	return p.Lease.Holder
}

// position is the stream's, with its lease.
func (w *world) position() store.Position {
	w.t.Helper()
	db := w.store()
	connection, err := db.Connection(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := db.Position(w.t.Context(), connection.ID, streaming.Channel)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// holds reports whether the child is the one that a lease names.
func (c *child) holds(holder string) bool {
	return strings.Contains(holder, fmt.Sprintf("/%d@", c.cmd.Process.Pid))
}

// handover waits until a process other than before holds the stream.
func (w *world) handover(before string, others ...*world) (next *world) {
	w.t.Helper()
	eventually(w.t, func() string {
		now := w.holder()
		for _, o := range others {
			if now != before && o.child.holds(now) {
				next = o
				return ""
			}
		}
		return fmt.Sprintf("F-67: nobody took over from %s; the lease is with %q", before, now)
	})
	return next
}

// Three processes on one database: one of them reads the stream, all of them
// write; when the reader is killed another one goes on from its position. Every
// change comes in once and every edit goes out once. The lease is the one that
// the program has without being told.
func TestOneOfSeveralProcessesReadsAndAnotherTakesOver(t *testing.T) { // F-67
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		all := []*world{w, w.beside(), w.beside()}
		const changes, edits = 300, 12
		ids := w.contacts(edits)
		var making sync.WaitGroup
		making.Go(func() {
			w.change(map[string]any{"object": "Account", "op": "update", "count": changes, "rate": 60, "seed": 67})
		})
		for i, id := range ids { // two processes send at the same time
			making.Go(func() { all[1+i%2].patch(id, map[string]any{"Department": fmt.Sprint("Edit ", i)}) })
		}
		eventually(t, func() string { // in the midst of them
			if n := len(w.log("direction=in&object=Account")); n == 0 {
				return "no change has come in"
			}
			return ""
		})
		first := w.holder()
		if !w.child.holds(first) {
			t.Fatalf("F-67: the stream is with %q", first)
		}
		w.kill()
		if left := time.Until(w.position().Lease.Until); left > takeover {
			t.Errorf("F-67: the lease of the killed process runs for another %s", left)
		}
		next := w.handover(first, all[1], all[2])
		making.Wait()
		next.quiet()
		next.mirrorEqualsOrg()
		next.once("Account", changes)
		next.versions("Account")
		for _, id := range ids {
			next.sentOnce(id)
		}
		if now := w.holder(); !next.child.holds(now) {
			t.Errorf("F-67: the stream went on from %s to %s", next.holder(), now)
		}
	})
}

// impatience is the lease of impatient, a tenth of what the program has by itself.
const impatience = 2 * time.Second

// impatient makes leases, and transactions that nobody goes on with, end soon.
func impatient(url string) options {
	return options{
		database: url + "&idle_in_transaction_session_timeout=2000",
		env:      []string{"TIDEGATE_LEASE=" + impatience.String()},
	}
}

// stop halts a process without ending it.
func (c *child) stop() { c.signal(syscall.SIGSTOP) }

// resume lets a halted process go on.
func (c *child) resume() { c.signal(syscall.SIGCONT) }

func (c *child) signal(s syscall.Signal) {
	c.t.Helper()
	if err := c.cmd.Process.Signal(s); err != nil {
		c.t.Fatal(err)
	}
}

// fenced waits until the program has written that somebody else reads now.
func (w *world) fenced() {
	w.t.Helper()
	eventually(w.t, func() string {
		if !strings.Contains(w.child.log.String(), "is read by another process now") {
			return "F-68: the former holder does not know that it is one"
		}
		return ""
	})
}

// The holder is stopped while the stream goes on reaching its socket, another
// process takes over and applies the same changes, and then the first one goes
// on: what it commits late is rejected, and nothing is there twice.
func TestStoppedHolderThatGoesOnIsFenced(t *testing.T) { // F-68
	t.Parallel()
	for _, transport := range []string{"websocket", "long-polling", "pubsub"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			url := testpg.URL(t)
			o := impatient(url)
			o.longPolling, o.pubSub = transport == "long-polling", transport == "pubsub"
			w := newWorld(t, url, o)
			w.anchor()
			if s := w.status(); s.Transport != transport {
				t.Fatalf("transport %q", s.Transport)
			}
			other := w.beside()
			const changes = 80
			w.change(map[string]any{"object": "Contact", "op": "update", "count": changes / 2, "seed": 1})
			before := w.holder()
			w.child.stop()
			stopped := time.Now()
			w.change(map[string]any{"object": "Contact", "op": "update", "count": changes / 2, "seed": 2})
			other.handover(before, other)
			other.mirrorEqualsOrg()
			eventually(t, func() string { // three leases long, as 60 s are of the usual 20 s
				if until := other.position().Lease.Until; until.Before(stopped.Add(4 * impatience)) {
					return fmt.Sprintf("F-68: the lease is renewed until %s only", until)
				}
				return ""
			})
			w.child.resume()
			w.fenced()
			w.mirrorEqualsOrg()
			other.once("Contact", changes)
			other.versions("Contact")
			if now := w.holder(); !other.child.holds(now) {
				t.Errorf("F-68: the stream is with %s again", now)
			}
		})
	}
}

// The holder is stopped between the last statement of its transaction and the
// commit, when it holds the row of the lease itself: the database ends that
// transaction, so that another process can take over.
func TestHolderStoppedInsideItsTransactionIsFenced(t *testing.T) { // F-68
	t.Parallel()
	url := testpg.URL(t)
	o := impatient(url)
	o.database = url + "&idle_in_transaction_session_timeout=8000" // long enough to be seen on a busy machine
	w := newWorld(t, url, o)
	w.anchor()
	other := w.beside()
	before := w.holder()
	held, err := storetest.Beside(t, url).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Rollback() }() // it is over by then, unless the test has failed
	if _, err := held.Exec(`SELECT 1 FROM positions FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	w.change(map[string]any{"object": "Contact", "op": "update", "count": 10, "seed": 68})
	waiting := func(state string) int64 {
		return storetest.Number(t, url, `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND `+state)
	}
	eventually(t, func() string {
		// Halted first and looked at then: a holder that still ran could give up
		// its statement between the look and the halt.
		w.child.stop()
		if waiting(`query LIKE 'UPDATE positions SET%replay_id%' AND wait_event_type = 'Lock'`) == 0 {
			w.child.resume()
			return "F-68: the holder has not come to its last statement"
		}
		return ""
	})
	if err := held.Rollback(); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string {
		if waiting(`query LIKE 'UPDATE positions SET%replay_id%' AND state = 'idle in transaction'`) == 0 {
			return "F-68: the holder is not inside its transaction"
		}
		return ""
	})
	other.handover(before, other)
	other.mirrorEqualsOrg()
	w.child.resume()
	w.fenced()
	w.mirrorEqualsOrg()
	other.once("Contact", 10)
	other.versions("Contact")
}

// stream opens the page's stream of events and gives every line of it.
func (b *browser) stream(query string) <-chan string {
	b.w.t.Helper()
	req, err := http.NewRequestWithContext(b.w.t.Context(), http.MethodGet, b.w.child.url+"/events"+query, nil)
	if err != nil {
		b.w.t.Fatal(err)
	}
	for name, value := range b.cookies {
		req.Header.Add("Cookie", name+"="+value)
	}
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		b.w.t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		b.w.t.Fatalf("the page's stream: %s", answer.Status)
	}
	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		defer answer.Body.Close()
		for in := bufio.NewScanner(answer.Body); in.Scan(); {
			lines <- in.Text()
		}
	}()
	return lines
}

// toldToLook waits until a page is told to look again.
func (w *world) toldToLook(lines <-chan string, who string) {
	w.t.Helper()
	patient := time.After(patience)
	for {
		select {
		case line, open := <-lines:
			if !open {
				w.t.Fatalf("%s: the stream ended", who)
			}
			if strings.HasPrefix(line, "event:") {
				return
			}
		case <-patient:
			w.t.Fatalf("%s is not told to look again", who)
		}
	}
}

// A change that one process takes in shows on the pages of the others, and so
// does an edit; also after the connection by which they tell each other broke.
func TestPagesOfEveryProcessStayLive(t *testing.T) { // F-67
	t.Parallel()
	url := testpg.URL(t)
	w := newWorld(t, url, options{})
	w.anchor()
	w.addAdmin()
	other := w.beside()
	id := w.contacts(1)[0]
	query := "?object=Contact&id=" + id
	here, there := w.signIn().stream(query), other.signIn().stream(query)
	look := func(what string) {
		t.Helper()
		w.toldToLook(here, "the page of the holder, "+what)
		other.toldToLook(there, "the page of the other process, "+what)
	}
	w.set(id, map[string]any{"Title": "Seen by all"})
	look("after a change in Salesforce")
	w.mirrorEqualsOrg()
	if state := other.patch(id, map[string]any{"Department": "Seen by all"}); state != string(gateway.LogDone) && state != "written" {
		t.Errorf("the edit is %s", state)
	}
	look("after an edit")

	storetest.Exec(t, url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%'`)
	look("told that something may have been missed")
	w.set(id, map[string]any{"Title": "Seen again"})
	look("after the connection broke")
}
