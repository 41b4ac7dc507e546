package bayeux

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"tidegate/streaming/protocol"
)

func TestHandshakeWithoutAdviceCausesNoStorm(t *testing.T) {
	srv, in := newServer(t), &sink{}
	// The advice before the second handshake is "handshake", and that
	// handshake's reply has none: it must not be remembered (C3).
	srv.on(metaConnect, behaveOnce, refuse("403::Unknown client", `{"reconnect":"handshake","interval":0}`, ""))
	r := start(t, config(t, srv.url(), in))
	eventually(t, "connects", func() bool { return len(srv.sent(metaConnect)) >= 4 })
	srv.publish(topic, numbered(1, 1)...)
	in.expect(t, numbered(1, 1))
	if n := len(srv.sent(metaHandshake)); n != 2 {
		t.Errorf("%d handshakes, want 2", n)
	}
	if s := r.State(); !s.Connected || !s.Subscribed || !s.Replay || s.Transport != LongPolling || s.LastAnswer.IsZero() {
		t.Errorf("state %+v", s)
	}
}

func TestHandshakesAreRateLimited(t *testing.T) {
	srv, in := newServer(t), &sink{}
	for range 100 {
		srv.on(metaHandshake, status(http.StatusInternalServerError))
	}
	cfg := config(t, srv.url(), in)
	// A bucket that hardly refills: what is left in it can be counted without
	// measuring time.
	cfg.Handshakes = rate.NewLimiter(rate.Every(time.Hour), 3)
	r := start(t, cfg)
	eventually(t, "three handshakes", func() bool { return len(srv.sent(metaHandshake)) == 3 && r.State().Attempt == 3 })
	if err := r.ended(); err != nil {
		t.Fatal(err)
	}
	if n := len(srv.sent(metaHandshake)); n != 3 {
		t.Errorf("%d handshakes, want 3 (C7)", n)
	}
}

func TestEachSessionHasItsOwnCookies(t *testing.T) {
	srv, in := newServer(t), &sink{}
	srv.on(metaConnect, behaveOnce, refuse("403::Unknown client", "", ""))
	start(t, config(t, srv.url(), in))
	eventually(t, "second session", func() bool { return len(srv.sent(metaConnect)) >= 4 })
	for i, q := range srv.sent(metaHandshake) {
		if q.cookies != "" {
			t.Errorf("handshake %d carries cookies %q (C1)", i+1, q.cookies)
		}
	}
	if got := srv.sent(metaSubscribe)[1].cookies; !strings.Contains(got, "BAYEUX_BROWSER=client2") {
		t.Errorf("second subscribe carries cookies %q", got)
	}
}

func TestEventsLostWithACutAnswerComeAgain(t *testing.T) {
	srv, in := newServer(t), &sink{}
	srv.retain = true
	start(t, config(t, srv.url(), in))
	srv.publish(topic, numbered(1, 2)...)
	in.expect(t, numbered(1, 2))
	// The next answer drains the server's queue and breaks on the way (C6).
	srv.on(metaConnect, cut)
	srv.publish(topic, numbered(3, 4)...)
	eventually(t, "third connect", func() bool { return len(srv.sent(metaHandshake)) == 2 })
	srv.publish(topic, numbered(5, 5)...)
	in.expect(t, numbered(1, 5))
	resumed := srv.sent(metaSubscribe)[1]
	if p := position(resumed.msg, topic); p != float64(2) && p != float64(4) {
		t.Errorf("resumed from %v", p)
	}
}

func TestFailedDeliveryComesAgain(t *testing.T) {
	srv, in := newServer(t), &sink{}
	srv.retain = true
	in.fail = func(call int) error {
		if call == 2 {
			return errors.New("database is down") // F-69
		}
		return nil
	}
	cfg := config(t, srv.url(), in)
	w := watch(&cfg)
	start(t, cfg)
	srv.publish(topic, numbered(1, 1)...)
	in.expect(t, numbered(1, 1))
	srv.publish(topic, numbered(2, 3)...)
	in.expect(t, numbered(1, 3))
	if !w.sawReason("delivering events: database is down") {
		t.Error("no state tells why the session was given up")
	}
}

func TestPermanentDeliveryFailureEndsRun(t *testing.T) {
	srv, in := newServer(t), &sink{}
	fenced := errors.New("fenced")
	in.fail = func(int) error { return protocol.Permanent(fenced) }
	r := start(t, config(t, srv.url(), in))
	srv.publish(topic, numbered(1, 1)...)
	if err := r.result(); !errors.Is(err, fenced) {
		t.Fatalf("Run returned %v", err)
	}
	if len(srv.sent(metaDisconnect)) != 1 {
		t.Error("the slot on the server was not freed")
	}
}

func TestPositionErrors(t *testing.T) {
	srv, in := newServer(t), &sink{}
	cfg := config(t, srv.url(), in)
	calls, broken := 0, errors.New("no such row")
	cfg.Subscriptions[0].Replay = func(context.Context) (json.RawMessage, error) {
		if calls++; calls == 1 {
			return nil, errors.New("database is down")
		}
		return nil, protocol.Permanent(broken)
	}
	if err := start(t, cfg).result(); !errors.Is(err, broken) || calls != 2 {
		t.Fatalf("Run returned %v after %d calls", err, calls)
	}
}

func TestSlowDeliverKeepsTheSessionAlive(t *testing.T) {
	srv, in := newServer(t), &sink{}
	release := make(chan struct{})
	in.slow = func(context.Context) { <-release }
	cfg := config(t, srv.url(), in)
	cfg.KeepAlive = 30 * time.Millisecond
	r := start(t, cfg)
	srv.publish(topic, numbered(1, 1)...)
	eventually(t, "first batch delivered", func() bool { return len(srv.sent(metaConnect)) >= 3 })
	// While the first batch is being delivered, batches go on to be fetched at
	// the pace of KeepAlive (C4), and gather.
	for i := 2; i <= 6; i++ {
		before := len(srv.sent(metaConnect))
		srv.publish(topic, numbered(i, i)...)
		eventually(t, "connect during Deliver", func() bool { return len(srv.sent(metaConnect)) > before })
	}
	close(release)
	in.expect(t, numbered(1, 6))
	if err := r.ended(); err != nil {
		t.Fatal(err)
	}
	if n := len(srv.sent(metaHandshake)); n != 1 {
		t.Errorf("%d handshakes, want 1", n)
	}
	if len(in.calls) >= 6 {
		t.Errorf("deliveries %v: what gathered was not put together", in.calls)
	}
}

func TestReadingAheadIsBounded(t *testing.T) {
	srv, in := newServer(t), &sink{}
	started, release := make(chan struct{}, 10), make(chan struct{})
	in.slow = func(context.Context) {
		started <- struct{}{}
		<-release
	}
	cfg := config(t, srv.url(), in)
	cfg.KeepAlive, cfg.Backlog = time.Millisecond, 100
	start(t, cfg)
	big := `{"s":"` + strings.Repeat("x", 60) + `"}`
	fetched := func() bool {
		srv.mu.Lock()
		defer srv.mu.Unlock()
		return len(srv.queue) == 0
	}
	srv.publish(topic, big)
	<-started
	for range 2 { // as many as it takes to fill the backlog
		srv.publish(topic, big)
		eventually(t, "read ahead", fetched)
	}
	srv.publish(topic, big)
	time.Sleep(50 * time.Millisecond) // time to do the wrong thing
	if fetched() {
		t.Error("an event was fetched although the backlog is full (C23)")
	}
	close(release)
	in.expect(t, []string{big, big, big, big})
}

func TestSilentConnectIsKilled(t *testing.T) {
	srv, in := newServer(t), &sink{}
	silent := make(chan struct{})
	srv.on(metaConnect,
		advise(`{"reconnect":"retry","interval":0,"timeout":20}`),
		func(x *exchange, _ msg) []msg {
			<-x.r.Context().Done() // half open: never answers (C5)
			close(silent)
			return nil
		})
	cfg := config(t, srv.url(), in)
	cfg.Margin = 20 * time.Millisecond
	start(t, cfg)
	eventually(t, "watchdog", func() bool {
		select {
		case <-silent:
			return len(srv.sent(metaHandshake)) == 2
		default:
			return false
		}
	})
	srv.publish(topic, numbered(1, 1)...)
	in.expect(t, numbered(1, 1))
}

func TestGoodbyeIsBounded(t *testing.T) {
	srv, in := newServer(t), &sink{}
	srv.on(metaUnsubscribe, func(x *exchange, _ msg) []msg {
		<-x.r.Context().Done()
		return nil
	})
	cfg := config(t, srv.url(), in)
	cfg.Goodbye = 20 * time.Millisecond
	r := start(t, cfg)
	eventually(t, "subscribed", func() bool { return r.State().Subscribed })
	if err := r.ended(); err != nil {
		t.Fatal(err)
	}
}

func TestManySubscriptionsTravelInFewRequests(t *testing.T) {
	srv, in := newServer(t), &sink{}
	cfg := config(t, srv.url(), in)
	cfg.Subscriptions = nil
	for i := range 120 {
		channel := fmt.Sprintf("/data/Object%d__ChangeEvent", i)
		cfg.Subscriptions = append(cfg.Subscriptions, Subscription{Channel: channel, Replay: func(context.Context) (json.RawMessage, error) {
			return json.RawMessage(fmt.Sprint(9007199254740993 + int64(i))), nil
		}})
	}
	filtered := "/topic/Deals?StageName=Won&IsClosed=true"
	cfg.Subscriptions = append(cfg.Subscriptions, Subscription{Channel: filtered, Replay: in.replay(topic)}, Subscription{Channel: "/u/Plain"})
	r := start(t, cfg)
	eventually(t, "subscribed", func() bool { return r.State().Subscribed })
	sent := srv.sent(metaSubscribe)
	if len(sent) != 122 {
		t.Fatalf("%d subscribes, want 122", len(sent))
	}
	for i, q := range sent[:120] {
		channel, _ := q.msg["subscription"].(string)
		if ext := q.msg["ext"].(map[string]any)["replay"].(map[string]any); len(ext) != 1 || ext[channel] == nil {
			t.Errorf("subscribe %d: replay map %v for %s (C8)", i, ext, channel)
		}
	}
	if sent[120].msg["subscription"] != filtered || position(sent[120].msg, "/topic/Deals") != float64(-1) {
		t.Errorf("filtered subscribe: %v", sent[120].msg)
	}
	if sent[121].msg["ext"] != nil {
		t.Errorf("subscribe without replay: %v", sent[121].msg)
	}
}

func TestCompressedSingleAndNumericAnswersAreRead(t *testing.T) {
	srv, in := newServer(t), &sink{}
	srv.on(metaHandshake, func(x *exchange, q msg) []msg {
		// A single object instead of an array, a number as id (C15).
		_, _ = fmt.Fprintf(x.w, `{"channel":"/meta/handshake","id":%s,"clientId":"c9","successful":true}`, q["id"])
		return nil
	})
	const exact = `{"commitNumber":12345678901234567890,"replayId":9007199254740993}`
	srv.on(metaConnect, behaveOnce, func(x *exchange, _ msg) []msg {
		if !strings.Contains(x.r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("no compression asked for")
		}
		x.w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(x.w)
		// No id in the reply: matched by its channel.
		_, _ = fmt.Fprintf(z, `[{"data":%s,"channel":%q},{"channel":"/meta/connect","successful":true}]`, exact, topic)
		_ = z.Close()
		return nil
	})
	start(t, config(t, srv.url(), in))
	in.expect(t, []string{exact})
}

func TestOversizedAnswerIsNotRead(t *testing.T) {
	srv, in := newServer(t), &sink{}
	srv.on(metaConnect, behaveOnce, raw(`[{"channel":"/x","data":"`+strings.Repeat("x", 5000)+`"}]`))
	cfg := config(t, srv.url(), in)
	cfg.MaxMessage = 1000
	w := watch(&cfg)
	start(t, cfg)
	eventually(t, "second handshake", func() bool { return len(srv.sent(metaHandshake)) == 2 })
	if !w.sawReason("larger than 1000 bytes") {
		t.Error("no state gives the reason")
	}
}

func TestOneAnswerIsOneDelivery(t *testing.T) {
	srv, in := newServer(t), &sink{}
	srv.publish("/data/A", numbered(1, 3)...)
	srv.publish("/data/B", numbered(4, 4)...)
	srv.publish("/data/A", numbered(5, 5)...)
	start(t, config(t, srv.url(), in))
	// By channel, in order within each.
	in.expect(t, slices.Concat(numbered(1, 3), numbered(5, 5), numbered(4, 4)))
	if !slices.Equal(in.calls, []int{4, 1}) {
		t.Errorf("deliveries %v", in.calls)
	}
}

func TestRunIsNotStartedTwiceButAgain(t *testing.T) {
	srv, in := newServer(t), &sink{}
	r := start(t, config(t, srv.url(), in))
	eventually(t, "subscribed", func() bool { return r.State().Subscribed })
	if err := r.Run(context.Background()); err == nil {
		t.Error("a second Run at a time is allowed")
	}
	if err := r.ended(); err != nil {
		t.Fatal(err)
	}
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.Run(stopped); err != nil {
		t.Errorf("Run with an ended context returned %v", err)
	}
}
