package streaming

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/continuity"
	"tidegate/simulator/fault"
	"tidegate/simulator/org"
	"tidegate/store"
	"tidegate/store/storetest"
)

// signing configures a consumer to sign, over a transport.
func (w *world) signing(t Transport) func(*Config) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return func(c *Config) {
		w.over(t)(c)
		c.Sign = func(statement []byte) (signature, key []byte) {
			return ed25519.Sign(private, statement), private.Public().(ed25519.PublicKey)
		}
	}
}

// recorded waits for a closed continuity record of the cause, and checks that
// its certificate says what it says.
func (w *world) recorded(cause gateway.HoleCause) (h gateway.Hole) {
	w.t.Helper()
	w.eventually(func() string {
		closed, _, err := w.ws.Holes(w.t.Context(), store.HoleQuery{Cause: cause, State: gateway.HoleClosed})
		if err != nil || len(closed) == 0 {
			return fmt.Sprintf("no closed record of %s among %s, %v", cause, told(w.holes()...), err)
		}
		h = closed[0]
		return ""
	})
	if same, err := continuity.Agrees(workspace, h); err != nil || !same {
		w.t.Errorf("the certificate of %+v states something else: %s, %v", h, h.Certificate.Statement, err)
	}
	if h.Certificate.Signature != nil && len(h.Certificate.Key) > 0 && !ed25519.Verify(h.Certificate.Key, h.Certificate.Statement, h.Certificate.Signature) {
		w.t.Error("the signature does not hold")
	}
	if h.EndedAt.Before(h.StartedAt) || h.To.Before(h.From) || h.Bound == "" || h.Said == "" {
		w.t.Errorf("bounds of %+v", h)
	}
	return h
}

func (w *world) holes() []gateway.Hole {
	w.t.Helper()
	all, _, err := w.ws.Holes(w.t.Context(), store.HoleQuery{Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

func partIn(t *testing.T, h gateway.Hole, object string) gateway.HolePart {
	t.Helper()
	p := holePart(&h, object)
	if p == nil {
		t.Fatalf("%s is not in %+v", object, h)
	}
	return *p
}

// near allows for the seconds of a commit, and for the events between.
func near(t *testing.T, what string, at, want time.Time) {
	t.Helper()
	if d := at.Sub(want); d > time.Minute || d < -time.Minute {
		t.Errorf("%s is %s, want about %s", what, at, want)
	}
}

// TestAWeekOfflineIsRepairedExactly: our place is far beyond what Salesforce
// keeps (F-07). Changed, deleted, purged, restored and new records are all
// found, and the record says so.
func TestAWeekOfflineIsRepairedExactly(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		for i, transport := range []Transport{WebSocket, PubSubStream} {
			t.Run(string(transport), func(t *testing.T) {
				if i > 0 {
					url = freshURL(t, url)
				}
				w := newWorld(t, url)
				ids := w.contacts(120)
				w.remove(ids[9])
				signing := w.signing(transport)
				_, stop := w.start(signing)
				w.settled()
				w.update(ids[0], map[string]any{"Department": "seen"})
				w.remove(ids[8])
				w.settled()
				seen := w.now()
				stop()
				w.pass(3 * 24 * time.Hour)
				w.update(ids[1], map[string]any{"Department": "nobody saw it"})
				w.remove(ids[2])
				w.remove(ids[3])
				w.purge(ids[3])
				w.commit(func(tx *org.Tx) *org.Error { return tx.Undelete("Contact", ids[8]) })
				w.contacts(2)
				w.pass(4 * 24 * time.Hour)
				w.start(signing)
				w.settled()
				w.eventually(w.isGone(ids[3]))
				w.eventually(w.is(gateway.StateOK))

				h := w.recorded(gateway.HoleExpired)
				near(t, "the beginning", h.From, seen)
				near(t, "the end", h.To, w.now())
				p := partIn(t, h, "Contact")
				if p.Changed != 3 || p.Deleted != 2 || p.Restored != 1 || p.Read < 6 || p.Calls < 3 || p.Expected < 4 {
					t.Errorf("Contact: %+v, want 3 changed, 2 deleted, 1 restored", p)
				}
				if a := partIn(t, h, "Account"); a.Changed+a.Deleted+a.Restored != 0 || a.State != gateway.HoleClosed {
					t.Errorf("Account: %+v", a)
				}
				// One line when it begins, one when it is over.
				if begun, over := w.told("Lost the place"), w.told("Repaired a gap of 7 d in Account, Contact"); begun != 1 || over != 1 {
					t.Errorf("the sync log tells %d times that it began and %d times that it is over", begun, over)
				}
				w.update(ids[4], map[string]any{"Department": "streamed again"})
				w.settled()
				if n := len(w.holes()); n != 1 {
					t.Errorf("%d records of one hole", n)
				}
			})
		}
	})
}

// TestSpoiledPositionIsRepaired: a place that is no place, that of another org
// or that of another protocol never stops the stream and never jumps (C10).
func TestSpoiledPositionIsRepaired(t *testing.T) {
	for name, tt := range map[string]struct {
		transport Transport
		position  gateway.ReplayID
		cause     gateway.HoleCause
	}{
		"text over websocket":                {WebSocket, "not a number", gateway.HoleUnknown},
		"text over the Pub/Sub API":          {PubSubStream, "not a number", gateway.HoleUnknown},
		"broken base64":                      {PubSubStream, typedMark + "%%%", gateway.HoleUnknown},
		"another org over websocket":         {WebSocket, "987654321987654321", gateway.HoleUnknown},
		"another org over long-polling":      {LongPolling, "987654321987654321", gateway.HoleUnknown},
		"another org over the Pub/Sub API":   {PubSubStream, typedMark + "f/////////8=", gateway.HoleUnknown},
		"a websocket's over the Pub/Sub API": {PubSubStream, "17", gateway.HoleMoved},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "sqlite://"+t.TempDir()+"/t.db")
			ids := w.contacts(60)
			signing := w.signing(tt.transport)
			_, stop := w.start(signing)
			w.settled()
			w.update(ids[0], map[string]any{"Department": "seen"})
			w.settled()
			stop()
			w.update(ids[1], map[string]any{"Department": "nobody saw it"})
			w.remove(ids[2])
			w.spoil(tt.position)
			w.start(signing)
			w.settled()
			w.eventually(w.is(gateway.StateOK))
			if p := partIn(t, w.recorded(tt.cause), "Contact"); p.Changed != 1 || p.Deleted != 1 {
				t.Errorf("Contact: %+v, want 1 changed, 1 deleted", p)
			}
		})
	}
}

// spoil overwrites the stored position.
func (w *world) spoil(position gateway.ReplayID) {
	w.t.Helper()
	lease, ours, err := w.ws.AcquireLease(w.t.Context(), "c1", Channel, "spoiler", time.Second)
	if err != nil || !ours {
		w.t.Fatal(ours, err)
	}
	err = w.ws.InTx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.Advance(ctx, lease, position, store.AdvanceStats{})
	})
	if err == nil {
		err = w.ws.ReleaseLease(w.t.Context(), lease)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestGapsAreRecorded: events without values are holes of single records
// (F-16, F-17, C13).
func TestGapsAreRecorded(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		ids := w.contacts(30)
		w.start(w.signing(WebSocket))
		w.settled()
		w.eventually(w.is(gateway.StateOK))
		w.arm(fault.Spec{Kind: fault.GapEvents, Count: 4})
		w.update(ids[0], map[string]any{"Department": "not told"})
		w.update(ids[1], map[string]any{"Department": "not told"})
		w.remove(ids[2])
		w.contacts(1)
		w.settled()
		w.eventually(func() string {
			if unclosed, err := w.ws.UnclosedHoles(t.Context()); err != nil || len(unclosed) > 0 {
				return fmt.Sprintf("unclosed %s, %v", told(unclosed...), err)
			}
			return ""
		})
		var sum gateway.HoleCount
		expected := 0
		for _, h := range w.holes() {
			if h.Cause != gateway.HoleGap {
				t.Errorf("recorded %s", told(h))
			}
			p := partIn(t, h, "Contact")
			sum.Add(p.HoleCount)
			expected += p.Expected
		}
		if expected != 4 || sum.Read != 4 || sum.Changed != 3 || sum.Deleted != 1 {
			t.Errorf("%d named, %+v", expected, sum)
		}
	})
}

// TestWholeObjectIsRecorded: an overflow event, and a wildcard, make the
// object be read while the stream goes on (F-15, F-18).
func TestWholeObjectIsRecorded(t *testing.T) {
	for name, tt := range map[string]struct {
		cause gateway.HoleCause
		raise func(w *world, ids []string)
	}{
		"F-18 overflow": {gateway.HoleOverflow, func(w *world, ids []string) {
			w.arm(fault.Spec{Kind: fault.Overflow, Count: 1})
			w.update(ids[5], map[string]any{"Department": "one of very many"})
		}},
		"F-15 wildcard": {gateway.HoleWildcard, func(w *world, _ []string) { w.wildcard() }},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Engines(t, func(t *testing.T, url string) {
				w := newWorld(t, url)
				ids := w.contacts(130)
				w.start(w.signing(WebSocket))
				w.settled()
				w.eventually(w.is(gateway.StateOK))
				live := false // an event that came in while the object was read
				w.mu.Lock()
				w.onRows = func(n int, q ReadRequest) {
					if q.Object == "Contact" && q.AfterID != "" && !live {
						live = true
						w.update(ids[0], map[string]any{"Phone": "+41 44 1"})
					}
				}
				w.mu.Unlock()
				tt.raise(w, ids)
				h := w.recorded(tt.cause)
				w.settled()
				if p := partIn(t, h, "Contact"); len(h.Objects) != 1 || p.Means != gateway.MeansWhole || p.Read < 130 || p.Expected < 130 {
					t.Errorf("recorded %s", told(h))
				}
				if _, err := w.ws.Record(t.Context(), gateway.RecordKey{Object: "Contact", ID: "003*"}); gateway.CodeOf(err) != gateway.CodeNotFound {
					t.Errorf("a record with a wildcard for an id: %v", err)
				}
			})
		})
	}
}

// TestRecordsKeepTheirTextThroughJSON: what is exported can be read by anybody.
func TestRecordsKeepTheirTextThroughJSON(t *testing.T) {
	text, err := continuity.Certify("w", gateway.Hole{ID: 1 << 60, Said: "<said> & \u2028"})
	if err != nil {
		t.Fatal(err)
	}
	var s map[string]any
	if err := json.Unmarshal(text, &s); err != nil || s["said"] != "<said> & \u2028" || s["record"] != "1152921504606846976" {
		t.Errorf("%s, %v", text, err)
	}
	if !slices.Contains([]any{continuity.FormatV1}, s["format"]) {
		t.Errorf("format %v", s["format"])
	}
}

// wildcard makes an event for all contacts: a field's type changes so that
// values are lost.
func (w *world) wildcard() {
	w.t.Helper()
	w.mu.Lock()
	w.fields++
	name := fmt.Sprintf("Berth%d__c", w.fields)
	w.mu.Unlock()
	err := w.org.Alter(org.Alteration{Op: "add", Object: "Contact", Field: org.FieldSpec{Name: name, Type: org.TypeString, Length: 40}})
	if err == nil {
		w.create("Contact", map[string]any{"LastName": "Sailor", name: "no number"})
		err = w.org.Alter(org.Alteration{Op: "change", Object: "Contact", Field: org.FieldSpec{Name: name, Type: "double"}})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// told is what matters of holes.
func told(holes ...gateway.Hole) string {
	var b strings.Builder
	for _, h := range holes {
		fmt.Fprintf(&b, "[%s %s %s..%s %+v]", h.Cause, h.State, h.From, h.To, h.Objects)
	}
	return b.String()
}
