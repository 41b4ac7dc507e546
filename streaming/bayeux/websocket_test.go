package bayeux

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// bothTypes makes the server offer websocket, as a simulator or a proxy does.
func bothTypes(s *server) { s.types = []string{"websocket", "long-polling"} }

// answerUpgrade refuses every upgrade with a status.
func answerUpgrade(code int) func(*server) {
	return func(s *server) {
		bothTypes(s)
		s.upgrade = func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(code)
			return true
		}
	}
}

func TestTransportIsNegotiated(t *testing.T) {
	for _, c := range []struct {
		name   string
		ask    Transport
		server func(*server)
		want   Transport
		reason bool
	}{
		{"offered and taken", Auto, bothTypes, WebSocket, false},
		{"not offered", Auto, func(*server) {}, LongPolling, false},
		{"offered, but not wished", LongPolling, bothTypes, LongPolling, false},
		{"forced", WebSocket, bothTypes, WebSocket, false},
		{"offered, upgrade answered with 405 as Salesforce does", Auto, answerUpgrade(405), LongPolling, true},
		{"offered, upgrade answered with 404", Auto, answerUpgrade(404), LongPolling, true},
		{"offered, upgrade answered with 401", Auto, answerUpgrade(401), LongPolling, false},
		{"offered, upgrade answered with 502", Auto, answerUpgrade(502), LongPolling, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv, in := newServer(t), &sink{}
			c.server(srv)
			cfg := config(t, srv.url(), in)
			cfg.Transport = c.ask
			r := start(t, cfg)
			eventually(t, "subscribed", func() bool { return r.State().Subscribed })
			srv.publish(topic, numbered(1, 20)...)
			in.expect(t, numbered(1, 20))
			s := r.State()
			if s.Transport != c.want || (s.Reason != "") != c.reason {
				t.Errorf("state %+v", s)
			}
			if err := r.ended(); err != nil {
				t.Fatal(err)
			}
			if q := srv.sent(metaConnect)[0]; q.socket != (c.want == WebSocket) || q.msg["connectionType"] != string(c.want) {
				t.Errorf("connect %v, over a websocket: %v", q.msg, q.socket)
			}
			if len(srv.sent(metaHandshake)) != 1 || len(srv.sent(metaDisconnect)) != 1 {
				t.Error("more than one session, or no goodbye")
			}
		})
	}
}

func TestSocketCarriesAuthorizationAndCookies(t *testing.T) {
	srv, in := newServer(t), &sink{}
	bothTypes(srv)
	r := start(t, config(t, srv.url(), in))
	eventually(t, "subscribed", func() bool { return r.State().Subscribed })
	q := srv.sent(metaSubscribe)[0]
	if !q.socket || q.auth != "Bearer t0" || q.cookies != "BAYEUX_BROWSER=client1; sfdc-stream=node1" {
		t.Errorf("upgrade with auth %q and cookies %q (C1)", q.auth, q.cookies)
	}
}

func TestForcedWebsocketThatIsRefused(t *testing.T) {
	srv, in := newServer(t), &sink{}
	answerUpgrade(http.StatusMethodNotAllowed)(srv)
	cfg := config(t, srv.url(), in)
	cfg.Transport = WebSocket
	err := start(t, cfg).result()
	if refused, ok := errors.AsType[*TransportError](err); !ok || refused.Transport != WebSocket {
		t.Errorf("Run returned %v", err)
	}
}

func TestForcedWebsocketGetsAFreshToken(t *testing.T) {
	srv, in := newServer(t), &sink{}
	bothTypes(srv)
	srv.upgrade = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Authorization") == "Bearer t1" {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	cfg := config(t, srv.url(), in)
	cfg.Transport = WebSocket
	watch(&cfg)
	r := start(t, cfg)
	eventually(t, "subscribed", func() bool { return r.State().Subscribed })
}

func TestTroubleOnTheSocketIsOvercome(t *testing.T) {
	hangUp := func(x *exchange, _ msg) []msg {
		x.srv.forget(x.conn)
		return nil
	}
	garbage := func(x *exchange, _ msg) []msg {
		x.srv.writing.Lock()
		defer x.srv.writing.Unlock()
		_ = x.conn.WriteMessage(websocket.TextMessage, []byte("[{"))
		return nil
	}
	leave := func(x *exchange, _ msg) []msg { return []msg{{"channel": metaDisconnect}} }
	for _, c := range []struct {
		name    string
		trouble step
		stale   int
	}{
		{"socket lost", hangUp, 0},
		{"unreadable frame", garbage, 0},
		{"unknown client", refuse("402::session_unknown", `{"reconnect":"handshake"}`, ""), 0},
		{"F-30 token expired", refuse("401::Authentication invalid", `{"reconnect":"none"}`, ""), 1},
		{"disconnected by the server", leave, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv, in := newServer(t), &sink{}
			bothTypes(srv)
			srv.retain = true
			srv.on(metaConnect, behaveOnce, behaveOnce)
			cfg := config(t, srv.url(), in)
			w := watch(&cfg)
			r := start(t, cfg)
			eventually(t, "parked connect", func() bool { return len(srv.sent(metaConnect)) == 2 })
			srv.publish(topic, numbered(1, 3)...)
			in.expect(t, numbered(1, 3))
			srv.on(metaConnect, c.trouble)
			srv.wakeConnect()
			eventually(t, "second session", func() bool { return len(srv.sent(metaHandshake)) >= 2 && r.State().Subscribed })
			srv.publish(topic, numbered(4, 6)...)
			in.expect(t, numbered(1, 6))
			if p := position(srv.sent(metaSubscribe)[1].msg, topic); p != float64(3) {
				t.Errorf("resumed from %v, want 3 (C6)", p)
			}
			if stale, _ := w.counts(); stale != c.stale {
				t.Errorf("%d fresh tokens, want %d", stale, c.stale)
			}
			if s := r.State(); s.Transport != WebSocket {
				t.Errorf("transport %q", s.Transport)
			}
		})
	}
}

func TestServerThatWantsTheHandshakeOnTheSocket(t *testing.T) {
	srv, in := newServer(t), &sink{}
	bothTypes(srv)
	unknown := refuse("402::session_unknown", `{"reconnect":"handshake"}`, "")
	srv.on(metaSubscribe, unknown)
	r := start(t, config(t, srv.url(), in))
	eventually(t, "subscribed", func() bool { return r.State().Subscribed })
	h := srv.sent(metaHandshake)
	if len(h) != 2 || h[0].socket || !h[1].socket {
		t.Errorf("handshakes %v", h)
	}
}

func TestSocketThatNeverWorksIsGivenUp(t *testing.T) {
	srv, in := newServer(t), &sink{}
	bothTypes(srv)
	srv.upgrade = func(w http.ResponseWriter, r *http.Request) bool {
		if c, err := (&websocket.Upgrader{}).Upgrade(w, r, nil); err == nil {
			_ = c.Close() // a proxy that lets the upgrade pass and nothing else
		}
		return true
	}
	r := start(t, config(t, srv.url(), in))
	eventually(t, "subscribed", func() bool { return r.State().Subscribed && r.State().Transport == LongPolling })
	srv.publish(topic, numbered(1, 2)...)
	in.expect(t, numbered(1, 2))
}

// blast opens a link to a server that does nothing but send this frame so many
// times.
func blast(tb testing.TB, frame []byte, times int, in *inbox, keepAlive time.Duration) {
	tb.Helper()
	finished := make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := (&websocket.Upgrader{WriteBufferSize: 64 << 10}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		for i := 0; i < times && err == nil; i++ {
			err = c.WriteMessage(websocket.TextMessage, frame)
		}
		<-finished
		_ = c.Close()
	}))
	tb.Cleanup(func() {
		close(finished)
		web.Close()
	})
	cfg, err := Config{URL: web.URL, Deliver: in.deliver, Subscriptions: []Subscription{{Channel: topic}}}.withDefaults()
	if err != nil {
		tb.Fatal(err)
	}
	cfg.KeepAlive = keepAlive
	conn, err := dial(tb.Context(), &cfg, "", nil)
	if err != nil {
		tb.Fatal(err)
	}
	l := newSocketLink(tb.Context(), conn, &cfg, in, func(int) {}, func(error) {})
	tb.Cleanup(func() {
		in.close(true)
		_ = l.close()
	})
}

func TestBurstIsPutTogetherAndBounded(t *testing.T) {
	const total = 2*burstEvents + 500 // the first delivery takes up to a burst
	begun, gate, calls, got := make(chan struct{}, total), make(chan struct{}), []int{}, make(chan int, total)
	in := newInbox(func(_ context.Context, _ string, events []json.RawMessage) error {
		begun <- struct{}{}
		<-gate
		calls = append(calls, len(events))
		got <- len(events)
		return nil
	})
	go func() { _ = in.run(t.Context()) }()
	blast(t, []byte(`[{"channel":"/a","data":{}}]`), total, in, time.Minute)
	<-begun
	// While the first batch is being delivered, a full burst gathers and no
	// more: the rest stays in the socket.
	eventually(t, "a full burst", func() bool {
		in.mu.Lock()
		defer in.mu.Unlock()
		return in.gathered.count == burstEvents
	})
	close(gate)
	for sum := 0; sum < total; {
		sum += <-got
	}
	if calls[1] != burstEvents {
		t.Errorf("deliveries %v, want the second to be the burst (C23)", calls)
	}
}

func TestFullBurstIsReadPastAfterPatience(t *testing.T) {
	begun, gate := make(chan struct{}, 10), make(chan struct{})
	in := newInbox(func(context.Context, string, []json.RawMessage) error {
		begun <- struct{}{}
		<-gate
		return nil
	})
	go func() { _ = in.run(t.Context()) }()
	// The reply that keeps a session alive may come after all of these (C4):
	// once patience has ended, they are not waited for one by one.
	blast(t, []byte(`[{"channel":"/a","data":{}}]`), 4*burstEvents, in, 100*time.Millisecond)
	<-begun
	eventually(t, "reading past the burst", func() bool {
		in.mu.Lock()
		defer in.mu.Unlock()
		return in.gathered.count > burstEvents+1000
	})
	close(gate)
}

// BenchmarkWebsocket measures one event of about 600 bytes, from the socket to
// Deliver, one event a frame, as the slowest server sends them.
func BenchmarkWebsocket(b *testing.B) {
	frame := fmt.Appendf(nil, `[{"channel":%q,"data":{"schema":"abc","payload":{"Name":"%0500d"},"event":{"replayId":12345678}}}]`, topic, 1)
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	got, all := 0, make(chan struct{})
	in := newInbox(func(_ context.Context, _ string, events []json.RawMessage) error {
		if got += len(events); got == b.N {
			close(all)
		}
		return nil
	})
	go func() { _ = in.run(b.Context()) }()
	blast(b, frame, b.N, in, time.Minute)
	<-all
}

// wrapped is a round tripper over another, as the guard of tokens is.
type wrapped struct{ http.RoundTripper }

func (w wrapped) Unwrap() http.RoundTripper { return w.RoundTripper }

// S-11: the websocket is dialed as HTTP is, also where the client's transport is
// wrapped; the token goes to no address that the dialer refuses.
func TestSocketIsDialedAsGuardedAsHTTP_S11(t *testing.T) {
	srv := newServer(t)
	bothTypes(srv)
	refused := errors.New("not this address")
	guarded := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, refused }}
	for _, rt := range []http.RoundTripper{guarded, wrapped{guarded}, wrapped{wrapped{guarded}}} {
		cfg := config(t, srv.url(), &sink{})
		cfg.HTTP.Transport = rt
		if conn, err := dial(t.Context(), &cfg, "Bearer t0", nil); !errors.Is(err, refused) {
			t.Errorf("%T: %v, %v", rt, conn, err)
		}
	}
}
