package faults

import (
	"bytes"
	"errors"
	"html"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"tidegate/gateway"
)

// admin is a person who is signed in to the program, without a script.
type admin struct {
	w      *world
	cookie string
}

func (w *world) admin() *admin {
	w.t.Helper()
	const email, password = "ada@example.com", "a long enough password"
	w.withInput(password, "user", "add", "--workspace", string(workspace), "--email", email, "--role", "admin", "--password")
	a := &admin{w: w}
	answer, _ := a.post("/login", url.Values{"email": {email}, "password": {password}})
	for _, c := range answer.Cookies() {
		a.cookie = c.Name + "=" + c.Value
	}
	if a.cookie == "" {
		w.t.Fatalf("signing in: %s", answer.Status)
	}
	return a
}

func (a *admin) post(path string, form url.Values) (*http.Response, string) {
	a.w.t.Helper()
	req, err := http.NewRequest(http.MethodPost, a.w.child.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		a.w.t.Fatal(err)
	}
	return a.send(req)
}

func (a *admin) get(path string) string {
	a.w.t.Helper()
	req, err := http.NewRequest(http.MethodGet, a.w.child.url+path, nil)
	if err != nil {
		a.w.t.Fatal(err)
	}
	_, body := a.send(req)
	return body
}

func (a *admin) send(req *http.Request) (*http.Response, string) {
	a.w.t.Helper()
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Cookie", a.cookie)
	answer, err := client.Do(req)
	if err != nil {
		a.w.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		a.w.t.Fatal(err)
	}
	return answer, string(body)
}

var (
	shownSecret  = regexp.MustCompile(`<pre class="once-key" id="secret"[^>]*>([^<]+)</pre>`)
	shownAddress = regexp.MustCompile(`https?://[^/]+(/webhooks/salesforce/[a-z-]+/[A-Za-z0-9_-]+)`)
)

// hook makes a webhook and returns where to send, and its secret. The address
// is that of the process that runs now.
func (a *admin) hook(kind string) (path, secret string) {
	a.w.t.Helper()
	_, page := a.post("/settings/webhooks", url.Values{"name": {"Told by the org"}, "kind": {kind}})
	shown, address := shownSecret.FindStringSubmatch(page), shownAddress.FindStringSubmatch(page)
	if shown == nil || address == nil {
		a.w.t.Fatalf("no secret and address on the page: %.2000s", page)
	}
	secret = html.UnescapeString(shown[1])
	if _, inAddress, ok := strings.Cut(secret, "?secret="); ok {
		return address[1] + "?secret=" + inAddress, inAddress
	}
	return address[1], secret
}

// tells makes the org send what changes of an object to a hook.
func (w *world) tells(object, format, target, secret string) {
	w.t.Helper()
	order := map[string]any{"object": object, "fields": []string{"LastModifiedDate"}, "url": target, "format": format}
	if format == "json" {
		order["secret"] = secret
	} else {
		order["send_session"] = true
	}
	w.sim(http.MethodPost, "/outbound", order, nil)
}

// unstreamed takes objects out of the stream, so that nothing but a webhook
// tells of their changes until the program asks again, minutes later.
func (w *world) unstreamed(objects ...string) {
	w.t.Helper()
	for _, object := range objects {
		w.sim(http.MethodPost, "/cdc", map[string]any{"object": object, "selected": false}, nil)
	}
}

// origins are those of the newest change of each record that is in the log.
func (w *world) origins(object string, ids []string) map[string]int {
	w.t.Helper()
	seen := map[string]int{}
	for _, id := range ids {
		entries, err := w.store().History(w.t.Context(), gateway.RecordKey{Object: object, ID: id}, 1, 0)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, e := range entries {
			seen[e.Origin]++
		}
	}
	return seen
}

// The org tells by an outbound message and by a signed callout; both are
// hints, and the mirror equals the org although neither object is streamed.
// What comes twice and out of order has one effect (S-16, S-24).
func TestWebhooksKeepTheMirrorWhereNothingIsStreamed(t *testing.T) { // C26, C27, S-16, S-24
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		a := w.admin()
		soap, _ := a.hook("outbound-messages")
		signed, secret := a.hook("events")
		w.tells("Contact", "soap", w.child.url+soap, "")
		w.tells("Account", "json", w.child.url+signed, secret)
		w.unstreamed("Contact", "Account")
		for _, kind := range []string{"outbound_repeat", "outbound_reverse"} {
			w.fault(map[string]any{"kind": kind, "count": 5})
		}
		contacts := w.change(map[string]any{"object": "Contact", "op": "update", "count": 30, "seed": 3})
		accounts := w.change(map[string]any{"object": "Account", "op": "update", "count": 5, "seed": 4})
		born := w.change(map[string]any{"object": "Contact", "op": "create", "count": 3, "seed": 5})
		w.mirrorEqualsOrg()
		for object, ids := range map[string][]string{"Contact": append(contacts, born...), "Account": accounts} {
			if seen := w.origins(object, ids); seen[gateway.OriginHook] != len(ids) {
				t.Errorf("%d records of %s came by %v", len(ids), object, seen)
			}
		}
		for _, kind := range []string{"outbound-messages", "events"} {
			if n := w.metric(`tidegate_hook_deliveries_total{kind="` + kind + `",outcome="taken"}`); n == 0 {
				t.Errorf("no delivery of %s is counted", kind)
			}
		}
		page := a.get(strings.Split(strings.Replace(soap, "/webhooks/salesforce/outbound-messages", "/settings/webhooks", 1), "?")[0])
		for _, text := range []string{"Contact", "All of it is read", "It came before; it has no second effect."} {
			if !strings.Contains(page, text) {
				t.Errorf("the page of the webhook does not say %q", text)
			}
		}
	})
}

// Killed again and again while messages come, the program loses none: what it
// acknowledged is durable, and what it did not comes again.
func TestKillsWhileWebhooksComeLoseNothing(t *testing.T) { // S-24
	engines(t, func(t *testing.T, database string) {
		w := newWorld(t, database, options{})
		w.anchor()
		soap, _ := w.admin().hook("outbound-messages")
		between := newRelay(t)
		between.to(w.child.url)
		w.tells("Contact", "soap", between.url+soap, "")
		w.unstreamed("Contact")
		for n := range 3 {
			w.change(map[string]any{"object": "Contact", "op": "update", "count": 15, "seed": 10 + n})
			w.crash()
			between.to(w.child.url)
		}
		w.mirrorEqualsOrg()
	})
}

// S-23: the session that the org sends along is nowhere afterwards.
func TestASessionThatIsSentAlongIsKeptNowhere(t *testing.T) { // S-23
	t.Parallel()
	path := filepath.Join(t.TempDir(), "t.db")
	w := newWorld(t, "sqlite://"+path, options{})
	w.anchor()
	soap, _ := w.admin().hook("outbound-messages")
	between := newRelay(t)
	between.to(w.child.url)
	w.tells("Contact", "soap", between.url+soap, "")
	w.unstreamed("Contact")
	w.change(map[string]any{"object": "Contact", "op": "update", "count": 3})
	w.mirrorEqualsOrg()
	session := regexp.MustCompile(`<SessionId>([^<]+)</SessionId>`).FindStringSubmatch(between.last())
	if session == nil {
		t.Fatalf("no session was sent: %.800s", between.last())
	}
	w.kill()
	if strings.Contains(w.child.log.String(), session[1]) {
		t.Error("the log has it")
	}
	for _, file := range []string{path, path + "-wal"} {
		body, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if strings.Contains(string(body), session[1]) {
			t.Errorf("%s has it", filepath.Base(file))
		}
	}
}

// The vault's key is exchanged under a webhook: its secret is sealed with the
// new one, and proves as before (S-41).
func TestAWebhookOutlivesTheExchangeOfTheKey(t *testing.T) { // S-41
	engines(t, func(t *testing.T, database string) {
		w := newWorld(t, database, options{})
		w.anchor()
		soap, _ := w.admin().hook("outbound-messages")
		w.keyed(newKey, secretKey)
		w.listening() // it has sealed anew by then
		w.keyed(newKey, "")
		if code, body := do(t, http.MethodPost, w.child.url+soap, "", []byte("<x/>")); code != http.StatusBadRequest || !strings.Contains(body, "no SOAP envelope") {
			t.Errorf("the secret no longer proves: %d %s", code, body)
		}
		if code, body := do(t, http.MethodPost, w.child.url+soap+"x", "", []byte("<x/>")); code != http.StatusUnauthorized {
			t.Errorf("another secret proves: %d %s", code, body)
		}
	})
}

// relay stands between the org and the program, whose address changes with
// each start, and keeps the last body that came through.
type relay struct {
	url string

	mu     sync.Mutex
	target *url.URL
	body   string
}

func newRelay(t *testing.T) *relay {
	r := &relay{}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

func (r *relay) to(address string) {
	target, _ := url.Parse(address) // of a server of ours
	r.mu.Lock()
	defer r.mu.Unlock()
	r.target = target
}

func (r *relay) last() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.body
}

// ServeHTTP passes a request on; where nobody answers it is a 502.
func (r *relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	r.mu.Lock()
	r.body = string(body)
	target := r.target
	r.mu.Unlock()
	(&httputil.ReverseProxy{
		Rewrite:      func(p *httputil.ProxyRequest) { p.SetURL(target) },
		Transport:    client.Transport,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}).ServeHTTP(w, req)
}
