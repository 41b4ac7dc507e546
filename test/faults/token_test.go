package faults

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
)

// tokenPath is where sessions are renewed.
const tokenPath = "/services/oauth2/token"

// The session ends while changes stream in: it is renewed once, for the stream
// and the writes together, and nothing is lost.
func TestExpiredTokenIsRenewedOnce(t *testing.T) { // F-30
	for name, o := range map[string]options{"websocket": {}, "long-polling": {longPolling: true}} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, url string) {
				w := newWorld(t, url, o)
				w.anchor()
				id := w.contacts(1)[0]
				for round := range 3 {
					w.sim(http.MethodDelete, "/calls", nil, nil)
					w.fault(map[string]any{"kind": "expire_tokens"})
					w.change(map[string]any{"object": "Contact", "op": "update", "count": 20, "seed": round + 1})
					department := fmt.Sprint("Round ", round)
					w.patch(id, map[string]any{"Department": department})
					time.Sleep(1500 * time.Millisecond) // the org looks at the tokens of open streams each second
					w.change(map[string]any{"object": "Contact", "op": "update", "count": 5, "seed": round + 9})
					w.quiet()
					w.mirrorEqualsOrg()
					if got := w.truth("Contact")[id].text("Department"); got != department {
						t.Errorf("F-30: the department is %q, want %q", got, department)
					}
					if n := w.calls(http.MethodPost, tokenPath); n != 1 {
						t.Errorf("F-30: %d renewals of an expired session", n)
					}
				}
			})
		})
	}
}

// The grant is revoked: the connection says that somebody must sign in, asks
// Salesforce hardly any more, and goes on from its position afterwards.
func TestRevokedGrantWaitsForAReconnect(t *testing.T) { // F-31
	for name, restart := range map[string]bool{"running": false, "restarted": true} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, url string) { revokedGrant(t, url, restart) })
		})
	}
}

func revokedGrant(t *testing.T, url string, restart bool) {
	w := newWorld(t, url, options{unconnected: true})
	w.connectByConsent()
	w.listening()
	w.anchor()
	w.sim(http.MethodDelete, "/calls", nil, nil)
	w.fault(map[string]any{"kind": "revoke_tokens"})
	w.change(map[string]any{"object": "Contact", "op": "update", "count": 20, "seed": 1})
	eventually(t, func() string {
		if s := w.status(); s.State != string(gateway.StateNeedsReconnect) {
			return fmt.Sprintf("F-31: state %q: %s", s.State, s.Reason)
		}
		return ""
	})
	id := w.contacts(1)[0]
	if state := w.patch(id, map[string]any{"Title": "Waits for the sign-in"}); state != "queued" {
		t.Errorf("F-31: a write without a session is %s", state)
	}
	if restart {
		w.crash()
	}
	if n := w.calls(http.MethodPost, tokenPath); n < 1 || n > 5 {
		t.Errorf("F-31: %d calls for a dead grant, want 1 to 5", n)
	}
	w.connect()
	w.mirrorEqualsOrg()
	eventually(t, func() string {
		if got := w.truth("Contact")[id].text("Title"); got != "Waits for the sign-in" {
			return fmt.Sprintf("F-31: the queued write is not in the org: %q", got)
		}
		return ""
	})
	w.mirrorEqualsOrg()
	for _, l := range w.log("direction=system") {
		if strings.Contains(l.What, "Lost") {
			t.Errorf("F-31: it did not go on from its position: %s", l.What)
		}
	}
}

// browser is a person's browser as far as connecting goes.
type browser struct {
	w       *world
	cookies map[string]string
}

// ask sends a form, or reads a page without one, and returns header and body.
func (b *browser) ask(address string, form url.Values) (http.Header, string) {
	b.w.t.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.w.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, value := range b.cookies {
		req.Header.Add("Cookie", name+"="+value)
	}
	answer, err := client.Do(req)
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer answer.Body.Close()
	var body strings.Builder
	if err := answer.Write(&body); err != nil {
		b.w.t.Fatal(err)
	}
	if answer.StatusCode >= http.StatusBadRequest {
		b.w.t.Fatalf("%s %s: %s", method, address, body.String())
	}
	for _, c := range answer.Cookies() {
		b.cookies[c.Name] = c.Value
	}
	return answer.Header, body.String()
}

var requestInput = regexp.MustCompile(`name="request" value="([^"]+)"`)

const (
	adminEmail    = "ann@acme.example"
	adminPassword = "correct horse battery staple"
)

func (w *world) addAdmin() {
	w.t.Helper()
	w.withInput(adminPassword, "user", "add", "--workspace", string(workspace), "--email", adminEmail, "--role", "admin", "--password")
}

// signIn signs the admin in at the program that w speaks to.
func (w *world) signIn() *browser {
	w.t.Helper()
	b := &browser{w: w, cookies: map[string]string{}}
	b.ask(w.child.url+"/login", url.Values{"email": {adminEmail}, "password": {adminPassword}})
	return b
}

// connectByConsent connects as an admin does, over Salesforce's consent page:
// only that gives a grant that can be revoked.
func (w *world) connectByConsent() {
	w.t.Helper()
	w.consents("production")
}

// consents goes the way of one of the two buttons.
func (w *world) consents(environment string) {
	w.t.Helper()
	w.addAdmin()
	b := w.signIn()
	here := w.child.url
	header, _ := b.ask(here+"/settings/salesforce/connect/"+environment, url.Values{
		"login_url": {w.org.URL}, "client_id": {w.org.ClientID}, "client_secret": {w.org.ClientSecret},
	})
	_, target, ok := strings.Cut(header.Get("Refresh"), "url=")
	if !ok {
		w.t.Fatalf("no way to Salesforce: %v", header)
	}
	_, page := b.ask(html.UnescapeString(target), nil)
	_, page = b.ask(w.org.URL+"/services/oauth2/login", url.Values{
		"request": {inputOf(w.t, page)}, "username": {w.org.Username}, "password": {w.org.Password},
	})
	header, _ = b.ask(w.org.URL+"/services/oauth2/consent", url.Values{"request": {inputOf(w.t, page)}, "decision": {"allow"}})
	b.ask(header.Get("Location"), nil)
}

func inputOf(t testing.TB, page string) string {
	t.Helper()
	found := requestInput.FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("no form on the page: %s", page)
	}
	return found[1]
}
