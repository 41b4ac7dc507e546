package faults

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store/storetest"
	"tidegate/testpg"
	"tidegate/vault"
)

// rotating is a world whose org gives a new refresh token at every refresh and
// ends the grant when an old one is used.
func rotating(t *testing.T, database string, o options) *world {
	t.Helper()
	o.unconnected = true
	w := newWorld(t, database, o)
	w.connectByConsent()
	w.listening()
	w.anchor()
	w.fault(map[string]any{"kind": "rotate_refresh_tokens"})
	w.sim(http.MethodDelete, "/calls", nil, nil)
	return w
}

// secrets opens what the program has sealed.
func (w *world) secrets() (s gateway.Secrets) {
	w.t.Helper()
	key, err := base64.StdEncoding.DecodeString(secretKey)
	if err != nil {
		w.t.Fatal(err)
	}
	v, err := vault.Open(key)
	if err != nil {
		w.t.Fatal(err)
	}
	connection, err := w.store().Connection(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	sealed, generation, err := w.store().SealedSecrets(w.t.Context(), connection.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	plain, err := v.Unseal(sealed, workspace, connection.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := json.Unmarshal(plain, &s); err != nil {
		w.t.Fatal(err)
	}
	s.Generation = generation
	return s
}

// needsReconnect waits for that state and returns its reason.
func (w *world) needsReconnect() (reason string) {
	w.t.Helper()
	eventually(w.t, func() string {
		s := w.status()
		reason = s.Reason
		if s.State != string(gateway.StateNeedsReconnect) {
			return fmt.Sprintf("state %q: %s", s.State, s.Reason)
		}
		return ""
	})
	return reason
}

// Forty edits in two processes, and the stream, find the session expired at the
// same moment: it is renewed once, and everything arrives.
func TestTwoProcessesRenewARotatingSessionOnce(t *testing.T) { // F-32
	t.Parallel()
	w := rotating(t, testpg.URL(t), options{})
	other := w.beside()
	const each = 20
	ids := w.contacts(2 * each)
	for round := range 3 {
		w.sim(http.MethodDelete, "/calls", nil, nil)
		w.fault(map[string]any{"kind": "expire_tokens"})
		department := fmt.Sprint("Round ", round)
		var editing sync.WaitGroup
		for i, id := range ids {
			editing.Go(func() { []*world{w, other}[i%2].patch(id, map[string]any{"Department": department}) })
		}
		editing.Wait()
		w.quiet()
		w.mirrorEqualsOrg()
		for _, id := range ids {
			if got := w.truth("Contact")[id].text("Department"); got != department {
				t.Errorf("F-32: the department of %s is %q", id, got)
			}
		}
		if n := w.calls(http.MethodPost, tokenPath); n != 1 {
			t.Errorf("F-32: round %d: %d renewals", round, n)
		}
	}
	for _, id := range ids {
		if lines := w.log("direction=out&record=" + id); len(lines) != 3 {
			t.Errorf("F-32: %d outbound lines of %s, want one a round", len(lines), id)
		}
	}
	if s := w.status(); s.State != string(gateway.StateOK) {
		t.Errorf("F-32: state %q: %s", s.State, s.Reason)
	}
}

// Killed with the rotated token stored and not yet used, it is used after the
// restart: the edit that needed it arrives, and nobody has to sign in.
func TestKilledBeforeTheRotatedTokenIsUsed(t *testing.T) { // F-33
	engines(t, func(t *testing.T, url string) {
		w := rotating(t, url, options{})
		id, before := w.contacts(1)[0], w.secrets()
		w.fault(map[string]any{"kind": "expire_tokens"})
		w.fault(map[string]any{"kind": "latency", "ms": 30_000, "path": "/services/data", "method": http.MethodPatch, "count": 2})
		var asking sync.WaitGroup
		asking.Go(func() {
			w.call(http.MethodPatch, "/records/Contact/"+id, map[string]any{"fields": map[string]any{"Department": "After the kill"}})
		})
		eventually(t, func() string {
			if w.secrets().Generation == before.Generation {
				return "F-33: nothing was renewed"
			}
			return ""
		})
		w.kill()
		asking.Wait()
		after := w.secrets()
		if after.RefreshToken == before.RefreshToken {
			t.Error("F-33: the session was renewed and the new refresh token is not kept")
		}
		w.sim(http.MethodDelete, "/faults", nil, nil)
		w.fault(map[string]any{"kind": "rotate_refresh_tokens"})
		w.start()
		w.quiet()
		w.mirrorEqualsOrg()
		if got := w.truth("Contact")[id].text("Department"); got != "After the kill" {
			t.Errorf("F-33: the department is %q", got)
		}
		if n := w.calls(http.MethodPost, tokenPath); n != 1 {
			t.Errorf("F-33: %d renewals, want the one before the kill", n)
		}
	})
}

// reconnects checks what comes after a rotated token was lost: one clear state
// with hardly a call, and after a sign-in everything as it should be.
func (w *world) reconnects(id, department string) {
	w.t.Helper()
	reason := w.needsReconnect()
	for _, words := range []string{"possible theft", "Login History", "Connected Apps OAuth Usage"} {
		if !strings.Contains(reason, words) {
			w.t.Errorf("S-51: the reason does not speak of %q: %s", words, reason)
		}
	}
	w.patch(id, map[string]any{"Department": department})
	time.Sleep(2 * time.Second) // a loop would show
	if n := w.calls(http.MethodPost, tokenPath); n < 2 || n > 5 {
		w.t.Errorf("F-33: %d calls for a grant that is dead, want 2 to 5", n)
	}
	w.connect()
	w.quiet()
	w.mirrorEqualsOrg()
	if got := w.truth("Contact")[id].text("Department"); got != department {
		w.t.Errorf("F-33: the department is %q", got)
	}
}

// The answer with the rotated token is lost on the way.
func TestLostRotationNeedsASignInWithoutALoop(t *testing.T) { // F-33, S-51
	engines(t, func(t *testing.T, url string) {
		w := rotating(t, url, options{})
		w.rotate()
		w.fault(map[string]any{"kind": "lose_response", "method": http.MethodPost, "path": tokenPath})
		w.fault(map[string]any{"kind": "expire_tokens"})
		w.change(map[string]any{"object": "Contact", "op": "update", "count": 20, "seed": 33})
		w.reconnects(w.contacts(1)[0], "After a lost answer")
	})
}

// rotate lets the program renew its session once, so that it knows that its
// refresh token changes.
func (w *world) rotate() {
	w.t.Helper()
	before := w.secrets()
	w.fault(map[string]any{"kind": "expire_tokens"})
	w.patch(w.contacts(1)[0], map[string]any{"Department": "Rotates"})
	w.quiet()
	if s := w.secrets(); !s.Rotates || s.RefreshToken == before.RefreshToken {
		w.t.Fatal("the session was not renewed by rotation")
	}
	w.sim(http.MethodDelete, "/calls", nil, nil)
}

// The program has received the rotated token and is killed before it is stored:
// the database holds it up there. What it knew of the grant is dead.
func TestKilledBeforeTheRotatedTokenIsStored(t *testing.T) { // F-33
	t.Parallel()
	url := testpg.URL(t)
	w := rotating(t, url, options{})
	w.rotate()
	id := w.contacts(1)[0]
	held, err := storetest.Beside(t, url).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Rollback() }() // it is over by then, unless the test has failed
	if _, err := held.Exec(`SELECT 1 FROM connection_secrets FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	w.fault(map[string]any{"kind": "expire_tokens"})
	var asking sync.WaitGroup
	asking.Go(func() {
		w.call(http.MethodPatch, "/records/Contact/"+id, map[string]any{"fields": map[string]any{"Title": "Waits"}})
	})
	eventually(t, func() string {
		if storetest.Number(t, url, `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()
			AND query LIKE 'INSERT INTO connection_secrets%' AND wait_event_type = 'Lock'`) == 0 {
			return "F-33: no rotated token is about to be stored"
		}
		return ""
	})
	w.kill()
	asking.Wait()
	// The server would still carry out the statement that it was given.
	storetest.Exec(t, url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND query LIKE 'INSERT INTO connection_secrets%'`)
	if err := held.Rollback(); err != nil {
		t.Fatal(err)
	}
	w.start()
	w.reconnects(id, "After the kill")
	if got := w.truth("Contact")[id].text("Title"); got != "Waits" {
		t.Errorf("F-33: the edit before the kill is lost: title %q", got)
	}
}

// A thief uses a copy of the refresh token: Salesforce gives him the next one,
// and ends the grant when ours is used.
func TestStolenRefreshTokenIsNamed(t *testing.T) { // S-51
	engines(t, func(t *testing.T, url string) {
		w := rotating(t, url, options{})
		w.rotate()
		mine := w.secrets()
		form := formOf(map[string]string{
			"grant_type": "refresh_token", "refresh_token": mine.RefreshToken, "client_id": mine.ClientID, "client_secret": mine.ClientSecret,
		})
		answer, err := client.PostForm(w.org.URL+tokenPath, form)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("the thief is given nothing: %v", err)
		}
		answer.Body.Close()
		w.fault(map[string]any{"kind": "expire_tokens"})
		w.reconnects(w.contacts(1)[0], "After the theft")
	})
}

// Answers of the token endpoint that lack something: without the address the
// old one is kept; without the token itself only a person can help, and the
// rotated refresh token that came along is kept all the same.
func TestIncompleteTokenAnswers(t *testing.T) { // F-34
	engines(t, func(t *testing.T, url string) {
		w := rotating(t, url, options{})
		id := w.contacts(1)[0]
		instance := w.instance()
		w.fault(map[string]any{"kind": "token_answer", "field": "instance_url"})
		w.fault(map[string]any{"kind": "expire_tokens"})
		w.patch(id, map[string]any{"Department": "No address"})
		w.quiet()
		w.mirrorEqualsOrg()
		if now := w.instance(); now != instance {
			t.Errorf("F-34: the instance is %q, was %q", now, instance)
		}
		if n := w.calls(http.MethodPost, tokenPath); n != 1 {
			t.Errorf("F-34: %d renewals", n)
		}
		before := w.secrets()
		w.fault(map[string]any{"kind": "token_answer", "field": "access_token"})
		w.fault(map[string]any{"kind": "expire_tokens"})
		w.patch(id, map[string]any{"Department": "No token"})
		w.needsReconnect()
		if after := w.secrets(); after.RefreshToken == before.RefreshToken || after.Generation != before.Generation {
			t.Errorf("F-34: the rotated token is not kept (generation %d, was %d)", after.Generation, before.Generation)
		}
		w.connect()
		w.quiet()
		w.mirrorEqualsOrg()
		if got := w.truth("Contact")[id].text("Department"); got != "No token" {
			t.Errorf("F-34: the department is %q", got)
		}
	})
}

func (w *world) instance() string {
	w.t.Helper()
	c, err := w.store().Connection(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return c.InstanceURL
}

func formOf(values map[string]string) url.Values {
	form := url.Values{}
	for name, value := range values {
		form.Set(name, value)
	}
	return form
}
