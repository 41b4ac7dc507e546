package faults

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"tidegate/gateway"
	"tidegate/store/storetest"
	"tidegate/testpg"
)

// newKey is exchanged for secretKey.
var newKey = base64.StdEncoding.EncodeToString([]byte("another key, nothing real either"))

// keyed starts the program anew with these keys.
func (w *world) keyed(key, also string) {
	w.t.Helper()
	if code, _ := w.terminate(); code != 0 {
		w.t.Fatalf("exit code %d", code)
	}
	w.env = append(w.env[:len(w.env):len(w.env)], "TIDEGATE_SECRET_KEY="+key, "TIDEGATE_SECRET_KEY_ALSO="+also)
	w.start()
}

// The key is exchanged in two processes, one after the other, while changes come
// in, edits go out and sessions end. The old key opens nothing afterwards.
func TestKeyIsExchangedDuringTraffic(t *testing.T) { // S-41
	t.Parallel()
	url := testpg.URL(t)
	w := newWorld(t, url, options{unconnected: true})
	w.connectByConsent()
	w.listening()
	w.anchor()
	one, two := w, w.beside()
	steps := []struct{ key, also string }{{secretKey, newKey}, {newKey, secretKey}, {newKey, ""}}
	ids := w.contacts(2 * len(steps))
	changes := 0
	for i, step := range steps {
		for j, p := range []*world{one, two} {
			var making sync.WaitGroup
			making.Go(func() {
				w.change(map[string]any{"object": "Account", "op": "update", "count": 30, "rate": 60, "seed": 2*i + j})
			})
			changes += 30
			p.keyed(step.key, step.also)
			w.fault(map[string]any{"kind": "expire_tokens"})
			for k, q := range []*world{one, two} { // both go on with the renewed session
				q.patch(ids[2*i+j], map[string]any{"Department": fmt.Sprint("Step ", i, j, k)})
			}
			making.Wait()
			one.quiet()
			if s := one.status(); s.State == string(gateway.StateNeedsReconnect) {
				t.Fatalf("S-41: step %d: %s", i, s.Reason)
			}
		}
	}
	one.mirrorEqualsOrg()
	one.once("Account", changes)
	for n, id := range ids {
		if got, want := w.truth("Contact")[id].text("Department"), fmt.Sprint("Step ", n/2, n%2, 1); got != want {
			t.Errorf("S-41: the department is %q, want %q", got, want)
		}
	}
	two.terminate()
	one.keyed(secretKey, "")
	one.failsClosed()
}

// failsClosed checks that the program sends no token that it cannot open, and
// says so.
func (w *world) failsClosed() {
	w.t.Helper()
	w.sim(http.MethodDelete, "/calls", nil, nil)
	if reason := w.needsReconnect(); !strings.Contains(reason, "cannot be opened") {
		w.t.Errorf("S-40: the reason is %s", reason)
	}
	// Another value each time: one that the record has already owes nothing.
	if state := w.patch(w.contacts(1)[0], map[string]any{"Title": "Waits " + rand.Text()[:6]}); state != "queued" {
		w.t.Errorf("S-40: an edit is %s", state)
	}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch} {
		if n := w.calls(method, "/services"); n > 0 {
			w.t.Errorf("S-40: %d calls of Salesforce by %s", n, method)
		}
	}
}

// Sealed tokens that were changed in the database, or copied from the row of
// another workspace, are not used.
func TestTamperedTokensFailClosed(t *testing.T) { // S-40
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		w.tidegate("connect", "--who-wins", "recent", "--workspace", "other", "--login-url", w.org.URL,
			"--client-id", w.org.ClientID, "--client-secret", w.org.ClientSecret, "--flow", "client-credentials")
		for _, tamper := range []string{
			`UPDATE connection_secrets SET sealed = (SELECT sealed FROM connection_secrets WHERE workspace_id = 'other') WHERE workspace_id = 'acme'`,
			flip(url),
		} {
			w.kill()
			if n := storetest.Exec(t, url, tamper); n != 1 {
				t.Fatalf("%d rows were changed", n)
			}
			storetest.Exec(t, url, `DELETE FROM connections WHERE workspace_id = 'other'`) // its calls would be counted
			w.start()
			w.failsClosed()
			w.connect()
			w.quiet()
			w.mirrorEqualsOrg()
		}
	})
}

// flip changes one byte of what is sealed.
func flip(url string) string {
	if strings.HasPrefix(url, "sqlite:") {
		return `UPDATE connection_secrets SET sealed = CAST(substr(sealed, 1, 20) || X'00' || substr(sealed, 22) AS BLOB) WHERE workspace_id = 'acme'`
	}
	return `UPDATE connection_secrets SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) WHERE workspace_id = 'acme'`
}
