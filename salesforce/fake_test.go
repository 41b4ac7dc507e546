package salesforce

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tidegate/gateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testUser    = "005dM00000awSFJQA2"
	testOrg     = "00DdM00000vfgTuUAI"
	testAccount = "001dM00003jU9GxQAK"
	testContact = "003dM00001wBXYDQA4"
	testDeal    = "006dM00000Mw7VtQAJ"
	accessToken = "00DdM00000vfgTu!AQ0AQ.canary.access"
)

// seen is one request that a fake org received.
type seen struct {
	method, path, query, body string
	header                    http.Header
}

// fake is an HTTP server that plays back what a test scripts. It knows nothing
// of Salesforce: each test writes the answers down from the documentation.
type fake struct {
	*httptest.Server
	mux  *http.ServeMux
	mu   sync.Mutex
	seen []seen
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{mux: http.NewServeMux()}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading a request: %v", err)
		}
		f.mu.Lock()
		f.seen = append(f.seen, seen{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, string(body), r.Header.Clone()})
		f.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		f.mux.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *fake) requests() []seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]seen(nil), f.seen...)
}

// on answers a pattern always the same.
func (f *fake) on(pattern string, status int, body string) {
	f.mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) { reply(w, status, body) })
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

// cut ends the connection without an answer.
func cut(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

func hostOf(t *testing.T, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

func guardFor(t *testing.T, servers ...string) *Guard {
	t.Helper()
	var hosts []string
	for _, s := range servers {
		hosts = append(hosts, hostOf(t, s))
	}
	g, err := NewGuard(hosts...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// fixed is a TokenSource whose refreshes are scripted and counted.
type fixed struct {
	mu        sync.Mutex
	token     Token
	refreshes int
	next      func(stale int64) (Token, error)
}

func (f *fixed) Token(context.Context) (Token, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.token, nil
}

func (f *fixed) Refresh(_ context.Context, stale int64) (Token, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refreshes++
	if f.next == nil {
		return Token{}, gateway.Errorf(gateway.CodeSFAuth, "no refresh expected")
	}
	token, err := f.next(stale)
	if err == nil {
		f.token = token
	}
	return token, err
}

func newClient(t *testing.T, f *fake, change ...func(*Config)) *Client {
	t.Helper()
	cfg := Config{
		APIVersion: "66.0",
		Tokens:     &fixed{token: Token{Access: accessToken, InstanceURL: f.URL, Generation: 1}},
		Guard:      guardFor(t, f.URL),
		UserID:     testUser,
		Now:        func() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) },
	}
	for _, apply := range change {
		apply(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func codeOf(err error) gateway.Code {
	if err == nil {
		return ""
	}
	return gateway.CodeOf(err)
}
