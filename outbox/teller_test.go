package outbox

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/tell"
	"tidegate/store"
	"tidegate/store/storetest"
)

// product is the host product's address, which follows a script.
type product struct {
	mu     sync.Mutex
	status int
	got    []string // message ids
	bodies []string
}

func (p *product) Post(_ context.Context, _ gateway.WorkspaceID, _ gateway.Subscriber, id string, _ time.Time, body string) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.status == 0 {
		return 0, gateway.Errorf(gateway.CodeUnavailable, "The address could not be reached in time.")
	}
	if p.status == 200 {
		p.got, p.bodies = append(p.got, id), append(p.bodies, body)
	}
	return p.status, nil
}

func (w *world) observed(entries ...gateway.HistoryEntry) {
	w.t.Helper()
	must(w.t, w.db.In(ws).InTx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.AppendHistory(ctx, entries) }))
}

func seen(n int, outcome gateway.Outcome) gateway.HistoryEntry {
	return gateway.HistoryEntry{
		Key: key(n), Version: gateway.Version{CommitAt: int64(1000 + n), CommitNumber: 1}, Type: gateway.Update, Outcome: outcome,
		Fields: gateway.Fields{"Title": gateway.Text("secret title")}, Before: gateway.Fields{"Title": gateway.Null}, At: time.Now(),
	}
}

// CONTRACT, outbound: the product is told of each change once it is observed,
// without values, with the same id when it is told again; what it does not take
// is tried again, by another process too; what changed nothing is not told.
func TestProductIsToldOfChanges(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.observed(seen(9, gateway.OutcomeApplied)) // before anybody wanted to know
		w.clock.forward(time.Minute)
		must(t, w.db.In(ws).CreateSubscriber(t.Context(), gateway.Subscriber{ID: "s1", Name: "Product", URL: "https://product.example/hook"}))
		must(t, w.db.In(ws).SaveLink(t.Context(), gateway.Link{Kind: "person", ExternalID: "p1", Key: key(1)}))
		w.clock.forward(time.Second)
		w.observed(seen(1, gateway.OutcomeApplied), seen(2, gateway.OutcomeStale), seen(3, gateway.OutcomeConfirmed))
		to := &product{status: 503}
		must(t, w.box.Teller(to).look(t.Context()))
		told, err := w.db.In(ws).Tellings(t.Context(), "s1", 0, 10)
		must(t, err)
		same(t, "queued", len(told), 3)
		same(t, "the newest waits", told[0].State, gateway.TellingWaiting)
		same(t, "its answer", told[0].Status, 503)

		to.status = 200
		must(t, w.box.Teller(to).look(t.Context()))
		same(t, "told before it is due", len(to.got), 0)
		w.restart()
		w.clock.forward(time.Minute)
		must(t, w.box.Teller(to).look(t.Context()))
		must(t, w.box.Teller(to).look(t.Context()))
		same(t, "told", len(to.got), 2)
		if all := strings.Join(to.bodies, "\n"); !strings.Contains(all, `"external_id":"p1"`) || !strings.Contains(all, `"fields":["Title"]`) || strings.Contains(all, "secret title") {
			t.Errorf("bodies: %s", all)
		}
		same(t, "its id", slices.Contains(to.got, tell.MessageID(told[2].ID)), true)

		// A transaction that committed late brings a lower id.
		late := seen(4, gateway.OutcomeApplied)
		late.ID = told[0].ID - 1
		w.observed(late)
		must(t, w.box.Teller(to).look(t.Context()))
		same(t, "told of the late one", len(to.got), 3)
	})
}

// A subscriber to which nothing gets through for days is disabled with a
// sentence; enabled again it is told of what happened meanwhile.
func TestSubscriberIsDisabledAfterDays(t *testing.T) {
	w := newWorld(t, sqlite(t))
	in := w.db.In(ws)
	must(t, in.CreateSubscriber(t.Context(), gateway.Subscriber{ID: "s1", Name: "Product", URL: "https://product.example/hook"}))
	w.clock.forward(time.Second)
	w.observed(seen(1, gateway.OutcomeApplied))
	to := &product{}
	teller := w.box.Teller(to)
	for range 30 {
		must(t, teller.look(t.Context()))
		w.clock.forward(7 * time.Hour)
		w.observed(seen(2, gateway.OutcomeApplied))
	}
	s, err := in.Subscriber(t.Context(), "s1")
	must(t, err)
	if !s.Disabled || !strings.Contains(s.Why, "five days") {
		t.Fatalf("after nine days: %+v", s)
	}
	first, err := in.Tellings(t.Context(), "s1", 0, 1000)
	must(t, err)
	same(t, "the first message", first[len(first)-1].State, gateway.TellingAbandoned)
	s.Disabled, s.Why, s.FailingSince = false, "", time.Time{}
	must(t, in.SaveSubscriber(t.Context(), s))
	to.status = 200
	must(t, teller.look(t.Context()))
	if len(to.got) == 0 {
		t.Error("nothing of what happened meanwhile is told")
	}
}
