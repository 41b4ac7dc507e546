package cometd_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tidegate/simulator/bus"
	"tidegate/simulator/cometd"
	"tidegate/simulator/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	goodToken  = "00D000000000001!good"
	otherToken = "00D000000000001!other"
)

// org is a server under test with its log, clock and faults.
type org struct {
	t      testing.TB
	log    *bus.Log
	faults *fault.Registry
	url    string

	mu    sync.Mutex
	at    time.Time
	users map[string]string
	n     int
}

func (o *org) arm(s fault.Spec) {
	o.t.Helper()
	if _, err := o.faults.Arm(s); err != nil {
		o.t.Fatal(err)
	}
}

func (o *org) now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.at
}

func (o *org) advance(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.at = o.at.Add(d)
}

func (o *org) authenticate(token string) (string, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	user, ok := o.users[token]
	return user, ok
}

func (o *org) revoke(token string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.users, token)
}

// publish appends n events of the object, each its own transaction, and returns
// the last replay id.
func (o *org) publish(object string, n int) int64 {
	var last int64
	for range n {
		o.n++
		last = o.log.Append(bus.Message{
			Object: object, Commit: int64(o.n), Schema: "V2MGwDA2aIP0yQS98S2L6Q",
			Payload: []byte(fmt.Sprintf(`{"n":%d}`, o.n)),
		})
	}
	return last
}

func start(t testing.TB, change func(*cometd.Config)) *org {
	t.Helper()
	o := &org{
		t: t, at: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC),
		users: map[string]string{goodToken: "005A", otherToken: "005B"},
	}
	o.faults = fault.NewRegistry(o.now)
	o.log = bus.New(bus.Config{Now: o.now})
	cfg := cometd.Config{
		Log: o.log, Authenticate: o.authenticate, Faults: o.faults, Now: o.now,
		Known:      func(object string) bool { return object == "Account" || object == "Contact" || object == "Visit__c" },
		TokenCheck: 10 * time.Millisecond, Websocket: true,
	}
	if change != nil {
		change(&cfg)
	}
	s := cometd.New(cfg)
	h := httptest.NewServer(s)
	o.url = h.URL
	t.Cleanup(func() {
		s.Close()
		s.Close()
		h.Close()
	})
	return o
}

// answer is a message from the server, event or reply.
type answer struct {
	ID           json.RawMessage `json:"id"`
	Channel      string          `json:"channel"`
	ClientID     string          `json:"clientId"`
	Successful   *bool           `json:"successful"`
	Error        string          `json:"error"`
	Subscription string          `json:"subscription"`
	Types        []string        `json:"supportedConnectionTypes"`
	Advice       *struct {
		Reconnect string `json:"reconnect"`
		Interval  *int   `json:"interval"`
		Timeout   int    `json:"timeout"`
	} `json:"advice"`
	Ext struct {
		SFDC struct {
			FailureReason string `json:"failureReason"`
		} `json:"sfdc"`
	} `json:"ext"`
	Data struct {
		Payload struct {
			N int `json:"n"`
		} `json:"payload"`
		Event struct {
			ReplayID int64 `json:"replayId"`
		} `json:"event"`
	} `json:"data"`
}

func (a answer) ok() bool { return a.Successful != nil && *a.Successful }

// browser is a long-polling client with cookies.
type browser struct {
	o      *org
	http   *http.Client
	header string // Authorization
	id     string // clientId
	next   int
}

func (o *org) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		o.t.Fatal(err)
	}
	tr := &http.Transport{}
	o.t.Cleanup(tr.CloseIdleConnections)
	return &browser{o: o, http: &http.Client{Jar: jar, Transport: tr, Timeout: time.Minute}, header: "Bearer " + goodToken}
}

func (b *browser) post(path, body string) (int, []byte, error) {
	r, err := http.NewRequest(http.MethodPost, b.o.url+path, bytes.NewBufferString(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if b.header != "" {
		r.Header.Set("Authorization", b.header)
	}
	resp, err := b.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, text, errors.Join(err, resp.Body.Close())
}

// try sends one message with the given members and returns the answers.
func (b *browser) try(channel, members string) ([]answer, error) {
	_, text, err := b.post("/cometd/61.0", b.message(channel, members))
	if err != nil {
		return nil, err
	}
	var out []answer
	err = json.Unmarshal(text, &out)
	return out, err
}

func (b *browser) message(channel, members string) string {
	b.next++
	return fmt.Sprintf(`[{"id":"%d","channel":%q,"clientId":%q%s}]`, b.next, channel, b.id, members)
}

func (b *browser) send(channel, members string) []answer {
	b.o.t.Helper()
	out, err := b.try(channel, members)
	if err != nil || len(out) == 0 {
		b.o.t.Fatalf("%s: %v, %d messages", channel, err, len(out))
	}
	return out
}

func (b *browser) handshake() answer {
	b.o.t.Helper()
	out := b.send("/meta/handshake", `,"version":"1.0","supportedConnectionTypes":["long-polling"],"ext":{"replay":true}`)
	b.id = out[0].ClientID
	return out[0]
}

func (b *browser) subscribe(channel string, replay int64) answer {
	b.o.t.Helper()
	return b.send("/meta/subscribe", fmt.Sprintf(`,"subscription":%q,"ext":{"replay":{%q:%d}}`, channel, channel, replay))[0]
}

func (b *browser) connect() []answer {
	b.o.t.Helper()
	return b.send("/meta/connect", `,"connectionType":"long-polling"`)
}

// ready is a browser after handshake, first connect and a subscription.
func (o *org) ready(channel string, replay int64) *browser {
	o.t.Helper()
	b := o.browser()
	if a := b.handshake(); !a.ok() {
		o.t.Fatalf("handshake: %s", a.Error)
	}
	if a := b.connect(); !a[0].ok() {
		o.t.Fatalf("first connect: %s", a[0].Error)
	}
	if a := b.subscribe(channel, replay); !a.ok() {
		o.t.Fatalf("subscribe: %s", a.Error)
	}
	return b
}

// eventually waits for a condition that another goroutine brings about.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for range 3000 {
		if condition() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never came true: %s", what)
}

func numbers(list []answer) []int {
	var out []int
	for _, a := range list {
		if a.Data.Payload.N != 0 {
			out = append(out, a.Data.Payload.N)
		}
	}
	return out
}
