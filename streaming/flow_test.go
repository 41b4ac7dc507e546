package streaming

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"tidegate/gateway"
	"tidegate/simulator/fault"
	"tidegate/simulator/org"
	"tidegate/store"
	"tidegate/store/storetest"
)

// TestMirrorBecomesTheOrg reads an org while it changes, and then follows it,
// on both engines and over every transport.
func TestMirrorBecomesTheOrg(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		for i, transport := range []Transport{WebSocket, LongPolling, PubSubStream, Polling} {
			t.Run(string(transport), func(t *testing.T) {
				if i > 0 {
					url = freshURL(t, url)
				}
				w := newWorld(t, url)
				account := w.create("Account", map[string]any{"Name": "Acme", "BillingCity": "Bern"})
				ids := w.contacts(230)
				slices.Sort(ids)
				w.onRows = func(n int, q ReadRequest) { // the page was read, but is not stored yet
					if q.Object != "Contact" || q.IncludeDeleted || len(q.Fields) == 0 { // not of the first reading
						return
					}
					switch q.AfterID {
					case "":
						w.update(ids[3], map[string]any{"Title": "streamed before its page"}) // F-06
						w.remove(ids[4])                                                      // F-05
					case ids[149]:
						w.update(ids[0], map[string]any{"Title": "after its page"}) // F-04
						w.update(ids[220], map[string]any{"Title": "ahead of its page"})
						w.create("Contact", map[string]any{"LastName": "New"})
					}
				}
				w.start(w.over(transport))
				w.settled()
				working := gateway.StateOK
				if transport == Polling {
					working = gateway.StatePolling
				}
				w.eventually(w.is(working))

				w.update(ids[10], map[string]any{"Title": "Countess", "MailingCity": nil})              // F-19, F-20, F-21
				w.commit(func(tx *org.Tx) *org.Error { return tx.Undelete("Contact", ids[4]) })         // F-39
				w.commit(func(tx *org.Tx) *org.Error { return tx.Delete("Account", account) })          // a tombstone
				w.commit(func(tx *org.Tx) *org.Error { return w.rename(tx, ids[20:40], "Same Title") }) // F-14
				w.settled()
				if c, err := w.ws.Connection(t.Context()); err != nil || c.Transport != string(transport) {
					t.Errorf("transport %q, %v", c.Transport, err)
				}
			})
		}
	})
}

// rename changes many records alike in one transaction, which Salesforce may
// merge into one event.
func (w *world) rename(tx *org.Tx, ids []string, title string) *org.Error {
	for _, id := range ids {
		if err := tx.Update("Contact", id, map[string]any{"Title": title}); err != nil {
			return err
		}
	}
	return nil
}

// TestStreamFaultsConverge lets the stream misbehave in one way each; the
// mirror equals the org afterwards.
func TestStreamFaultsConverge(t *testing.T) {
	tests := []struct {
		name           string
		spec           fault.Spec
		change, proves string // this outcome must have been counted
		tip            bool   // no event came before, so there is no position yet
	}{
		{"F-11 duplicates", fault.Spec{Kind: fault.DuplicateEvents, Count: 40, Times: 3}, "UPDATE", "duplicate", false},
		{"F-13 reordered", fault.Spec{Kind: fault.ReorderEvents, Count: 20}, "UPDATE", "stale", false},
		{"F-16 F-17 gaps", fault.Spec{Kind: fault.GapEvents, Count: 15}, "GAP_UPDATE", "refetch", false},
		{"F-18 overflow", fault.Spec{Kind: fault.Overflow, Count: 1}, "GAP_OVERFLOW", "refetch", false},
		{"streams dropped", fault.Spec{Kind: fault.DropStreams}, "UPDATE", "applied", false},
		{"streams dropped before the first event", fault.Spec{Kind: fault.DropStreams}, "SNAPSHOT", "applied", true},
	}
	storetest.Engines(t, func(t *testing.T, url string) {
		for i, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				if i > 0 {
					url = freshURL(t, url)
				}
				w := newWorld(t, url)
				ids := w.contacts(60)
				registry := prometheus.NewRegistry()
				metrics, err := NewMetrics(registry)
				if err != nil {
					t.Fatal(err)
				}
				w.start(func(c *Config) {
					c.Metrics = metrics
					if i%2 == 1 {
						c.Transport = LongPolling
					}
				})
				w.settled()
				if !tt.tip {
					w.update(ids[0], map[string]any{"Title": "gives a position"})
					w.settled()
				}
				w.arm(tt.spec)
				for n := range 60 {
					w.update(ids[n], map[string]any{"Title": fmt.Sprint("Title ", n)})
					w.update(ids[n], map[string]any{"Title": fmt.Sprint("Better title ", n)})
					w.update(ids[n/2], map[string]any{"Phone": fmt.Sprint("+41 44 ", n)})
					switch n % 20 {
					case 5:
						w.remove(ids[n])
					case 6:
						w.commit(func(tx *org.Tx) *org.Error { return tx.Undelete("Contact", ids[n-1]) })
					case 7:
						w.contacts(1)
					}
				}
				w.settled()
				w.faults.Clear()
				if counted(t, registry, tt.change, tt.proves) == 0 {
					t.Errorf("no %s was %s: the fault did not happen", tt.change, tt.proves)
				}
			})
		}
	})
}

func TestLostPositionIsRepaired(t *testing.T) { // F-07
	storetest.Engines(t, func(t *testing.T, url string) {
		for i, transport := range []Transport{WebSocket, PubSubStream} {
			t.Run(string(transport), func(t *testing.T) {
				if i > 0 {
					url = freshURL(t, url)
				}
				w := newWorld(t, url)
				ids := w.contacts(120)
				_, stop := w.start(w.over(transport))
				w.settled()
				w.update(ids[0], map[string]any{"Title": "seen"}) // gives a position
				w.settled()
				stop()
				w.update(ids[1], map[string]any{"Title": "nobody saw it"})
				w.remove(ids[2])
				w.remove(ids[3])
				w.purge(ids[3])
				w.arm(fault.Spec{Kind: fault.ExpireReplayIDs})
				w.start(w.over(transport))
				w.settled()
				w.eventually(w.isGone(ids[3]))
				w.eventually(w.is(gateway.StateOK))
				w.eventually(func() string {
					if !w.logged("Lost the place") || !w.logged("Repaired a gap of") {
						return "the sync log does not tell of the gap"
					}
					return ""
				})
			})
		}
	})
}

func TestExpiredTokenIsRefreshedOnce(t *testing.T) { // F-30
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		ids := w.contacts(5)
		w.start(nil)
		w.settled()
		w.mu.Lock()
		w.token = "another"
		w.mu.Unlock()
		for n := range 20 {
			w.update(ids[n%5], map[string]any{"Title": fmt.Sprint(n)})
		}
		w.eventually(func() string {
			w.mu.Lock()
			defer w.mu.Unlock()
			return map[bool]string{false: fmt.Sprintf("%d refreshes, want 1", w.fresh)}[w.fresh == 1]
		})
		w.settled()
	})
}

// alerts are the lines of the log on the connection itself, oldest first.
func (w *world) alerts() (lines []string) {
	w.t.Helper()
	page, err := w.ws.Log(w.t.Context(), store.LogQuery{Direction: "system", Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, l := range slices.Backward(page.Entries) {
		if l.Entry.Label == "Connection" {
			lines = append(lines, l.Entry.What)
		}
	}
	return lines
}

func TestRevokedGrantWaitsForAPerson(t *testing.T) { // F-31, UX 13
	w := newWorld(t, "sqlite://"+t.TempDir()+"/t.db")
	ids := w.contacts(5)
	w.start(nil)
	w.settled()
	w.mu.Lock()
	w.token, w.dead = "", true
	w.mu.Unlock()
	w.eventually(w.is(gateway.StateNeedsReconnect))
	w.update(ids[0], map[string]any{"Title": "meanwhile"})
	w.mu.Lock()
	w.token, w.dead = "again", false
	w.mu.Unlock()
	c, err := w.ws.Connection(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.ConnectedAt = c.ConnectedAt.Add(1e9)
	if err := w.ws.SaveConnection(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	w.settled()
	w.eventually(w.is(gateway.StateOK))
	w.eventually(func() string {
		lines := w.alerts()
		told := strings.Join(lines, "\n")
		if strings.Count(told, "Not in sync: Salesforce needs a new sign-in") == 0 || !strings.HasPrefix(lines[len(lines)-1], "In sync again after ") {
			return "the log tells " + told
		}
		return ""
	})
	if lines := w.alerts(); strings.Count(lines[0], "sign-in") != 1 || len(lines) > 3 {
		t.Errorf("alerts %q, want one when it began, one when it was over, and the repair between", lines)
	}
	w.recorded(gateway.HoleSignedOut)
}
