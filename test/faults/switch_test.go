package faults

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/testpg"
)

// An admin presses the kill switch while writes wait, in one of two processes:
// no token works or is kept any more, neither process writes to Salesforce, and
// what waits is written after somebody has connected again.
func TestKillSwitchEndsEveryTokenAndKeepsTheQueue_S52(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testpg.URL(t), options{unconnected: true})
	w.connectByConsent()
	w.listening()
	w.anchor()
	two, a := w.beside(), w.admin()
	ids := w.contacts(3)
	a.confirms("/settings/salesforce/writes", "halted")
	w.waitsFor(ids[0])
	tokens := w.secrets()
	if code, _ := w.bearer(tokens.AccessToken); code != http.StatusOK {
		t.Fatalf("S-52: the session does not work before: %d", code)
	}

	a.confirms("/settings/salesforce/disconnect", "disconnected")
	if code, body := w.bearer(tokens.AccessToken); code != http.StatusUnauthorized {
		t.Errorf("S-52: the session still opens the org: %d %s", code, body)
	}
	if code, body := w.renews(tokens); code != http.StatusBadRequest || !strings.Contains(body, "invalid_grant") {
		t.Errorf("S-52: the grant still gives a session: %d %s", code, body)
	}
	w.erased()
	w.sim(http.MethodDelete, "/calls", nil, nil)
	w.waitsFor(ids[1])
	two.waitsFor(ids[2])
	for _, method := range []string{http.MethodPost, http.MethodPatch} { // a reading may still be refused once
		if n := w.calls(method, "/services/data"); n > 0 {
			t.Errorf("S-52: %d writes by %s afterwards", n, method)
		}
	}
	if waiting, _ := w.pending(); waiting != len(ids) {
		t.Errorf("S-52: %d writes wait, want %d", waiting, len(ids))
	}

	w.connect()
	a.confirms("/settings/salesforce/writes", "unhalted")
	eventually(t, func() string {
		for _, id := range ids {
			if got := w.truth("Contact")[id].text("Department"); got != "Waits "+id {
				return "S-52: the queued write is not in the org: " + got
			}
		}
		return ""
	})
	w.mirrorEqualsOrg()

	// Salesforce does not answer at all: the tokens are gone from here all the same.
	w.fault(map[string]any{"kind": "latency", "ms": 300_000, "path": "/services/oauth2/revoke", "count": 1})
	a.confirms("/settings/salesforce/disconnect", "disconnected")
	w.erased()
	if s := w.status(); !strings.Contains(s.Reason, "did not confirm the end of access") {
		t.Errorf("S-52: unconfirmed, it says %q", s.Reason)
	}
	acts, err := w.store().AuditLog(t.Context(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	told := slices.DeleteFunc(acts, func(e gateway.AuditEntry) bool { return e.What != "disconnected Salesforce" || e.By == "" })
	if len(told) != 2 {
		t.Errorf("S-52: %d acts tell of it, want 2", len(told))
	}
	if out := w.tidegate("audit", "check", "--workspace", string(workspace)); !strings.Contains(out, "acts in the chain") {
		t.Errorf("S-56: after two processes wrote it: %s", out)
	}
}

// confirms posts what is asked for the password, and wants the word of success.
func (a *admin) confirms(path, word string) {
	a.w.t.Helper()
	answer, body := a.post(path, url.Values{"password": {"a long enough password"}, "why": {"A drill"}})
	if !strings.HasSuffix(answer.Header.Get("Location"), "?saved="+word) {
		a.w.t.Fatalf("%s: %s %.500s", path, answer.Status, body)
	}
}

// waitsFor makes an edit that may not go out now.
func (w *world) waitsFor(id string) {
	w.t.Helper()
	if state := w.patch(id, map[string]any{"Department": "Waits " + id}); state != "queued" {
		w.t.Errorf("S-52: a write is %s", state)
	}
}

// erased checks that no token is kept.
func (w *world) erased() {
	w.t.Helper()
	connection, err := w.store().Connection(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if _, _, err := w.store().SealedSecrets(w.t.Context(), connection.ID); gateway.CodeOf(err) != gateway.CodeNotFound {
		w.t.Errorf("S-52: tokens are still kept: %v", err)
	}
}

// bearer asks the org something with a token, as whoever has stolen it.
func (w *world) bearer(token string) (int, string) {
	w.t.Helper()
	req, err := http.NewRequest(http.MethodGet, w.org.URL+"/services/data/v60.0/limits", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return w.answered(client.Do(req))
}

// renews asks for a session by a refresh token.
func (w *world) renews(s gateway.Secrets) (int, string) {
	w.t.Helper()
	return w.answered(client.PostForm(w.org.URL+tokenPath, url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {s.RefreshToken}, "client_id": {s.ClientID}, "client_secret": {s.ClientSecret},
	}))
}

func (w *world) answered(answer *http.Response, err error) (int, string) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}
