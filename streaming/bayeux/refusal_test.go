package bayeux

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tidegate/streaming/protocol"
)

// witness notes what a client asks of its surroundings.
type witness struct {
	mu     sync.Mutex
	stale  int // fresh tokens asked for
	slow   int // long waits
	states []State
}

// watch hooks a witness into the config.
func watch(cfg *Config) *witness {
	w := &witness{}
	cfg.Auth = func(_ context.Context, stale bool) (string, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if stale {
			w.stale++
		}
		return fmt.Sprintf("Bearer t%d", w.stale), nil
	}
	cfg.Backoff = func(_ int, slow bool) time.Duration {
		w.mu.Lock()
		defer w.mu.Unlock()
		if slow {
			w.slow++
		}
		return time.Millisecond
	}
	cfg.OnState = func(s State) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.states = append(w.states, s)
	}
	return w
}

func (w *witness) counts() (stale, slow int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stale, w.slow
}

// sawReason tells whether a state gave a reason with this text.
func (w *witness) sawReason(text string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.states, func(s State) bool { return strings.Contains(s.Reason, text) })
}

// raw answers with these bytes, whatever they are.
func raw(body string) step {
	return func(x *exchange, _ msg) []msg {
		_, _ = x.w.Write([]byte(body))
		return nil
	}
}

// cut sends the beginning of an answer and closes the connection.
func cut(x *exchange, _ msg) []msg {
	x.w.Header().Set("Content-Length", "1000")
	_, _ = x.w.Write([]byte(`[{"channel":"/data/ChangeEvents","data":{"n":1}},`))
	if f, ok := x.w.(http.Flusher); ok {
		f.Flush()
	}
	panic(http.ErrAbortHandler)
}

// killed is what Salesforce sends when it ends a session: a disconnect that
// nobody asked for beside the refused connect.
func killed(x *exchange, q msg) []msg {
	refused := refuse("403::Unknown client", `{"reconnect":"none","interval":0}`, "")(x, q)
	return append([]msg{{"channel": metaDisconnect, "successful": true}}, refused...)
}

// advise makes a successful connect reply with advice.
func advise(advice string) step {
	return func(_ *exchange, q msg) []msg {
		return []msg{{"channel": q.channel(), "id": q["id"], "successful": true, "advice": rawJSON(advice)}}
	}
}

func TestTroubleInConnectIsOvercome(t *testing.T) {
	const handshakeAdvice, noneAdvice = `{"reconnect":"handshake","interval":0}`, `{"reconnect":"none","interval":0}`
	for _, c := range []struct {
		name       string
		trouble    step
		handshakes int
		stale      int
		slow       bool
	}{
		{"unknown client: routine, no new token (C7)", refuse("403::Unknown client", handshakeAdvice, ""), 2, 0, false},
		{"unknown client, legacy code", refuse("402::Unknown client", handshakeAdvice, ""), 2, 0, false},
		{"unknown client, CometD's words", refuse("402::session_unknown", handshakeAdvice, ""), 2, 0, false},
		{"unknown client without advice", refuse("403::Unknown client", "", ""), 2, 0, false},
		{"F-30 token expired", refuse("401::Authentication invalid", noneAdvice, ""), 2, 1, false},
		{"session killed, advice none (C7)", killed, 2, 1, false},
		{"503 masked as 401: token kept (C2)", refuse("401::Authentication invalid", noneAdvice, "503::Server is too busy. Please try your request again later."), 2, 0, true},
		{"daily limit", refuse("403::Organization total events daily limit exceeded", noneAdvice, ""), 2, 0, true},
		{"cookie lost", refuse("400::Client x has established a session, but no BAYEUX_BROWSER cookie present", noneAdvice, ""), 2, 0, false},
		{"other user's session", refuse("400::Authenticated user id does not match the session's user id", handshakeAdvice, ""), 2, 0, false},
		{"new error, advice retry: same client id", refuse("500::odd", `{"reconnect":"retry","interval":1}`, ""), 1, 0, false},
		{"new error, advice handshake", refuse("500::odd", handshakeAdvice, ""), 2, 0, false},
		{"new error, advice none", refuse("500::odd", noneAdvice, ""), 2, 1, false},
		{"no error text at all", refuse("", "", ""), 2, 0, false},
		{"success, advice handshake", advise(`{"reconnect":"handshake"}`), 2, 0, false},
		{"success, advice none", advise(`{"reconnect":"none"}`), 2, 1, false},
		{"success, unreadable advice", advise(`"soon"`), 1, 0, false},
		{"success, negative and fractional advice", advise(`{"interval":-5,"timeout":1.5}`), 1, 0, false},
		{"F-29 gateway timeout", status(http.StatusGatewayTimeout), 2, 0, false},
		{"F-29 service unavailable", status(http.StatusServiceUnavailable, "Retry-After: 0"), 2, 0, false},
		{"bare HTTP 403: not the token", status(http.StatusForbidden), 2, 0, true},
		{"bare HTTP 401", status(http.StatusUnauthorized), 2, 1, false},
		{"redirect is not followed", status(http.StatusFound, "Location: /login"), 2, 0, false},
		{"answer cut in the middle (C6)", cut, 2, 0, false},
		{"empty array", raw(`[]`), 2, 0, false},
		{"no body", raw(``), 2, 0, false},
		{"a page instead of messages", raw(`<html>down</html>`), 2, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv, in := newServer(t), &sink{}
			srv.retain = true
			srv.on(metaConnect, behaveOnce, c.trouble)
			cfg := config(t, srv.url(), in)
			w := watch(&cfg)
			r := start(t, cfg)
			eventually(t, "recovery", func() bool {
				return len(srv.sent(metaConnect)) > c.handshakes+1 && r.State().Subscribed
			})
			srv.publish(topic, numbered(1, 3)...)
			in.expect(t, numbered(1, 3))
			if err := r.ended(); err != nil {
				t.Fatalf("Run returned %v", err)
			}
			if n := len(srv.sent(metaHandshake)); n != c.handshakes {
				t.Errorf("%d handshakes, want %d", n, c.handshakes)
			}
			if n := len(srv.sent(metaSubscribe)); n != c.handshakes {
				t.Errorf("%d subscribes, want one for each handshake", n)
			}
			if stale, slow := w.counts(); stale != c.stale || (slow > 0) != c.slow {
				t.Errorf("%d fresh tokens and %d long waits, want %d and %v", stale, slow, c.stale, c.slow)
			}
		})
	}
}

func TestTroubleInHandshakeIsOvercome(t *testing.T) {
	denied := func(reason string) step { return refuse("403::Handshake denied", `{"reconnect":"none"}`, reason) }
	for _, c := range []struct {
		name    string
		trouble step
		stale   int
		slow    bool
	}{
		{"F-30 token expired, cause nested", denied("401::Authentication invalid"), 1, false},
		{"denied without a cause", denied(""), 1, false},
		{"too many connections", denied("403::To protect all customers from excessive use and Denial of Service attacks, we limit the number of simultaneous connections per server."), 0, true},
		{"too many clients", denied("403::Organization concurrent user limit exceeded"), 0, true},
		{"too busy", denied("503::Server is too busy. Please try your request again later."), 0, true},
		{"bare HTTP 500", status(http.StatusInternalServerError), 0, false},
		{"success without a client id", advise(`{}`), 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv, in := newServer(t), &sink{}
			srv.on(metaHandshake, c.trouble)
			cfg := config(t, srv.url(), in)
			w := watch(&cfg)
			r := start(t, cfg)
			eventually(t, "recovery", func() bool { return r.State().Subscribed })
			if n := len(srv.sent(metaHandshake)); n != 2 {
				t.Errorf("%d handshakes, want 2", n)
			}
			if stale, slow := w.counts(); stale != c.stale || (slow > 0) != c.slow {
				t.Errorf("%d fresh tokens and %d long waits, want %d and %v", stale, slow, c.stale, c.slow)
			}
		})
	}
}

func TestDeadTokenIsGivenUpAfterTwoRefreshes(t *testing.T) {
	refused := refuse("403::Handshake denied", `{"reconnect":"none"}`, "401::Authentication invalid")
	for _, c := range []struct {
		name string
		step step
	}{{"F-31 in the message", refused}, {"F-31 as HTTP status", status(http.StatusUnauthorized)}} {
		t.Run(c.name, func(t *testing.T) {
			srv, in := newServer(t), &sink{}
			srv.on(metaHandshake, c.step, c.step, c.step, c.step)
			cfg := config(t, srv.url(), in)
			w := watch(&cfg)
			err := start(t, cfg).result()
			if _, ok := errors.AsType[*protocol.AuthError](err); !ok {
				t.Fatalf("Run returned %v", err)
			}
			if stale, _ := w.counts(); stale != 2 {
				t.Errorf("%d fresh tokens, want 2", stale)
			}
			var used []string
			for _, q := range srv.sent(metaHandshake) {
				used = append(used, q.auth)
			}
			if want := []string{"Bearer t0", "Bearer t1", "Bearer t2"}; !slices.Equal(used, want) {
				t.Errorf("tokens %v, want %v", used, want)
			}
		})
	}
}

func TestAuthorizationThatCannotBeHadEndsRun(t *testing.T) {
	srv, in := newServer(t), &sink{}
	cfg := config(t, srv.url(), in)
	calls := 0
	gone := errors.New("invalid_grant")
	cfg.Auth = func(context.Context, bool) (string, error) {
		if calls++; calls == 1 {
			return "", errors.New("token endpoint is down")
		}
		return "", protocol.Permanent(gone)
	}
	err := start(t, cfg).result()
	if auth, ok := errors.AsType[*protocol.AuthError](err); !ok || !errors.Is(auth, gone) {
		t.Fatalf("Run returned %v", err)
	}
}

func TestRefusedVersionEndsRun(t *testing.T) {
	for _, text := range []string{
		"400::API version in the URI is mandatory. URI format: '/cometd/66.0'",
		"400::Unsupported API version. Only API versions '37.0' and later are supported. URI format: '/cometd/66.0'",
	} {
		srv, in := newServer(t), &sink{}
		srv.on(metaHandshake, refuse(text, `{"reconnect":"none"}`, ""))
		err := start(t, config(t, srv.url(), in)).result()
		if v, ok := errors.AsType[*VersionError](err); !ok || v.Text != text {
			t.Errorf("Run returned %v", err)
		}
	}
}

func TestRefusedSubscriptionEndsRun(t *testing.T) {
	lost := "400::The replayId {42} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events."
	for _, c := range []struct {
		name string
		text string
		want error
	}{
		{"F-07 position too old", lost, &protocol.ReplayLostError{Channel: topic, Text: lost}},
		{"wrong key in the map is not a lost position", "400::The replayId for channel {X} wasn't found using the provided replay ID map {{}}. Ensure that the channel name you provided in the replay map is valid and matches the channel name used for subscribing.", &protocol.SubscriptionError{Channel: topic}},
		{"no such channel", "400::The channel you requested to subscribe to doesn't exist {/data/X}", &protocol.SubscriptionError{Channel: topic}},
		{"not allowed", "403::User not allowed to subscribe CDC without View All Data permissions", &protocol.SubscriptionError{Channel: topic}},
		{"denied by policy", "403:denied_by_security_policy:subscribe_denied", &protocol.SubscriptionError{Channel: topic}},
		{"words nobody knows", "404::gone fishing", &protocol.SubscriptionError{Channel: topic}},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv, in := newServer(t), &sink{}
			srv.on(metaSubscribe, refuse(c.text, "", ""))
			err := start(t, config(t, srv.url(), in)).result()
			if fmt.Sprintf("%T", err) != fmt.Sprintf("%T", c.want) || !strings.Contains(err.Error(), c.text) || !strings.Contains(err.Error(), topic) {
				t.Errorf("Run returned %v", err)
			}
			if n := len(srv.sent(metaSubscribe)); n != 1 {
				t.Errorf("%d subscribes, want 1: the same id must not be tried again (C10)", n)
			}
			if len(srv.sent(metaDisconnect)) != 1 {
				t.Error("the slot on the server was not freed")
			}
		})
	}
}

func TestPassingTroubleInSubscribeIsOvercome(t *testing.T) {
	for _, c := range []struct {
		name    string
		trouble step
		slow    bool
	}{
		{"503 masked as denied (C2)", refuse("403:denied_by_security_policy:subscribe_denied", `{"reconnect":"none"}`, "503::Server is too busy. Please try your request again later."), true},
		{"quota used up", refuse("403::Organization total events daily limit exceeded", "", ""), true},
		{"topic is full", refuse("403::Subscription limit exceeded for this topic", "", ""), true},
		{"client id from before an outage", refuse("403::Unknown client", `{"reconnect":"handshake"}`, ""), false},
		{"server error", refuse("500::odd", "", ""), true},
		{"connection cut", cut, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv, in := newServer(t), &sink{}
			srv.on(metaSubscribe, c.trouble)
			cfg := config(t, srv.url(), in)
			w := watch(&cfg)
			r := start(t, cfg)
			eventually(t, "recovery", func() bool { return r.State().Subscribed })
			if stale, slow := w.counts(); stale != 0 || (slow > 0) != c.slow {
				t.Errorf("%d fresh tokens and %d long waits", stale, slow)
			}
		})
	}
}

func TestRefusedChannelCanBeLeftOut(t *testing.T) {
	srv, in := newServer(t), &sink{}
	srv.on(metaSubscribe, refuse("403::Restricted channel", "", ""))
	srv.on(metaConnect, behaveOnce, refuse("403::Unknown client", `{"reconnect":"handshake"}`, ""))
	cfg := config(t, srv.url(), in)
	cfg.Subscriptions = append([]Subscription{{Channel: "/data/Secret__ChangeEvent"}}, cfg.Subscriptions...)
	var refused []string
	cfg.OnRefused = func(channel string, _ error) bool {
		refused = append(refused, channel)
		return true
	}
	r := start(t, cfg)
	eventually(t, "second session", func() bool { return len(srv.sent(metaConnect)) > 3 && r.State().Subscribed })
	srv.publish(topic, numbered(1, 1)...)
	in.expect(t, numbered(1, 1))
	if err := r.ended(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(refused, []string{"/data/Secret__ChangeEvent"}) {
		t.Errorf("refused %v", refused)
	}
	if n := len(srv.sent(metaSubscribe)); n != 3 {
		t.Errorf("%d subscribes, want 3: a refused channel is not asked for again", n)
	}
}

func TestNoChannelLeftEndsRun(t *testing.T) {
	srv, in := newServer(t), &sink{}
	srv.on(metaSubscribe, refuse("403::Restricted channel", "", ""))
	cfg := config(t, srv.url(), in)
	cfg.OnRefused = func(string, error) bool { return true }
	if _, ok := errors.AsType[*protocol.SubscriptionError](start(t, cfg).result()); !ok {
		t.Error("Run did not end with the refusal")
	}
}
