package salesforce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tidegate/gateway"
)

// kept is a place of persistence that several "processes" share.
type kept struct {
	lock    chan struct{}
	mu      sync.Mutex
	conn    gateway.Connection
	secrets gateway.Secrets
	saves   []gateway.Secrets
	saveErr error
}

func newKept(loginURL string) *kept {
	return &kept{
		lock:    make(chan struct{}, 1),
		conn:    gateway.Connection{ID: "c1", Flow: "web", LoginURL: loginURL, InstanceURL: loginURL},
		secrets: gateway.Secrets{ClientID: "id", ClientSecret: "canary.secret", AccessToken: "a1", RefreshToken: "r1", Generation: 1},
	}
}

func (k *kept) keeper() Keeper {
	return Keeper{
		Load: func(context.Context) (gateway.Connection, gateway.Secrets, error) {
			k.mu.Lock()
			defer k.mu.Unlock()
			return k.conn, k.secrets, nil
		},
		Save: func(_ context.Context, conn gateway.Connection, secrets gateway.Secrets) error {
			k.mu.Lock()
			defer k.mu.Unlock()
			if k.saveErr != nil {
				return k.saveErr
			}
			k.conn, k.secrets = conn, secrets
			k.saves = append(k.saves, secrets)
			return nil
		},
		Lock: func(ctx context.Context) (func(), error) {
			select {
			case k.lock <- struct{}{}:
				return func() { <-k.lock }, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		},
	}
}

func newRefresher(t *testing.T, f *fake, k *kept) *Refresher {
	t.Helper()
	return newRefresherAt(t, f, k, nil)
}

func newRefresherAt(t *testing.T, f *fake, k *kept, now func() time.Time) *Refresher {
	t.Helper()
	guard := guardFor(t, f.URL)
	transport := guard.Transport()
	t.Cleanup(transport.CloseIdleConnections)
	return NewRefresher(NewOAuth(guard, transport, now), k.keeper())
}

// rotating answers refreshes as an org with token rotation on: a refresh token
// works once, and using it twice kills the grant.
func rotating(t *testing.T, f *fake) (calls *atomic.Int64) {
	t.Helper()
	calls = &atomic.Int64{}
	var mu sync.Mutex
	current, dead := "r1", false
	f.mux.HandleFunc("POST /services/oauth2/token", func(w http.ResponseWriter, r *http.Request) {
		n := calls.Add(1)
		mu.Lock()
		defer mu.Unlock()
		if r.FormValue("scope") != "" || r.FormValue("client_secret") != "canary.secret" {
			reply(w, 400, `{"error":"invalid_request"}`)
			return
		}
		if dead || r.FormValue("refresh_token") != current {
			dead = true
			reply(w, 400, `{"error":"invalid_grant","error_description":"expired access/refresh token"}`)
			return
		}
		current = fmt.Sprintf("r%d", n+1)
		reply(w, 200, fmt.Sprintf(`{"access_token":"a%d","refresh_token":%q,"instance_url":%q,"id":"https://x/id/%s/%s"}`,
			n+1, current, f.URL, testOrg, testUser))
	})
	return calls
}

func TestTwentyGoroutinesInTwoProcessesRefreshOnceF32(t *testing.T) {
	f := newFake(t)
	calls := rotating(t, f)
	k := newKept(f.URL)
	processes := []*Refresher{newRefresher(t, f, k), newRefresher(t, f, k)}
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			r := processes[i%2]
			token, err := r.Token(context.Background())
			if err == nil && token.Generation == 1 {
				token, err = r.Refresh(context.Background(), token.Generation)
			}
			if err != nil || token.Access != "a2" || token.Generation != 2 {
				t.Errorf("got %+v, %v; want generation 2", token, err)
			}
		})
	}
	group.Wait()
	if n := calls.Load(); n != 1 {
		t.Fatalf("%d refresh calls; want 1", n)
	}
	if k.secrets.RefreshToken != "r2" {
		t.Fatalf("kept refresh token %q; want the rotated one", k.secrets.RefreshToken)
	}
}

func TestRotatedTokenIsSavedBeforeItIsUsedF33(t *testing.T) {
	f := newFake(t)
	rotating(t, f)
	k := newKept(f.URL)
	r := newRefresher(t, f, k)
	k.saveErr = errors.New("disk full")
	if token, err := r.Refresh(context.Background(), 1); err == nil || token.Access != "" {
		t.Fatalf("Refresh = %+v, %v; want no token while it is not saved", token, err)
	}
	if token, err := r.Token(context.Background()); err != nil || token.Access != "a1" {
		t.Fatalf("Token = %+v, %v; want what is kept", token, err)
	}
}

// The answer with the rotated token never arrived: the grant cannot be saved,
// but it must be one clear state and not a loop.
func TestLostRotationAnswerEndsInReconnectWithoutLoopF33(t *testing.T) {
	f := newFake(t)
	var calls atomic.Int64
	f.mux.HandleFunc("POST /services/oauth2/token", func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			cut(w)
			return
		}
		reply(w, 400, `{"error":"invalid_grant","error_description":"expired access/refresh token"}`)
	})
	k := newKept(f.URL)
	r := newRefresher(t, f, k)
	if _, err := r.Refresh(context.Background(), 1); codeOf(err) != gateway.CodeSFDown {
		t.Fatalf("first Refresh = %v; want %s", err, gateway.CodeSFDown)
	}
	for range 20 {
		if _, err := r.Refresh(context.Background(), 1); codeOf(err) != gateway.CodeSFAuth {
			t.Fatalf("Refresh = %v; want %s", err, gateway.CodeSFAuth)
		}
	}
	if n := calls.Load(); n != 2 {
		t.Fatalf("%d refresh calls; want 2", n)
	}
}

func TestDeadGrantIsNotAskedAgainUntilReconnectedF31(t *testing.T) {
	f := newFake(t)
	calls := rotating(t, f)
	k := newKept(f.URL)
	k.secrets.RefreshToken = "revoked"
	r := newRefresher(t, f, k)
	for range 10 {
		_, err := r.Refresh(context.Background(), 1)
		if codeOf(err) != gateway.CodeSFAuth || strings.Contains(err.Error(), "canary") {
			t.Fatalf("Refresh = %v; want %s without secrets", err, gateway.CodeSFAuth)
		}
	}
	if n := calls.Load(); n != 1 {
		t.Fatalf("%d refresh calls; want 1", n)
	}
	k.mu.Lock() // A person connects again, in another process.
	k.secrets.AccessToken, k.secrets.RefreshToken, k.secrets.Generation = "b1", "s1", 2
	k.mu.Unlock()
	if token, err := r.Refresh(context.Background(), 1); err != nil || token.Access != "b1" {
		t.Fatalf("after reconnecting: %+v, %v; want the new session", token, err)
	}
}

func TestPolicyRefusalIsAskedAgainAtMostFiveTimesAnHourF31(t *testing.T) {
	f := newFake(t)
	answer := `{"error":"invalid_grant","error_description":"ip restricted"}`
	f.mux.HandleFunc("POST /services/oauth2/token", func(w http.ResponseWriter, _ *http.Request) {
		if answer == "" {
			reply(w, 200, `{"access_token":"a2"}`)
			return
		}
		reply(w, 400, answer)
	})
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	r := newRefresherAt(t, f, newKept(f.URL), func() time.Time { return now })
	for range 60 {
		if _, err := r.Refresh(context.Background(), 1); codeOf(err) != gateway.CodeSFPolicy {
			t.Fatalf("Refresh = %v; want %s", err, gateway.CodeSFPolicy)
		}
		now = now.Add(time.Minute)
	}
	if n := len(f.requests()); n > 5 {
		t.Fatalf("%d refresh calls in an hour; want at most 5", n)
	}
	answer = "" // The Salesforce admin allows the address.
	if token, err := r.Refresh(context.Background(), 1); err != nil || token.Access != "a2" {
		t.Fatalf("Refresh = %+v, %v; want the new session", token, err)
	}
}

func TestRefreshAnswers(t *testing.T) {
	page := "<html><body><h1>Down for maintenance</h1></body></html>"
	cases := []struct {
		name   string
		status int
		body   string
		code   gateway.Code // "" = success
		calls  int          // after two refreshes
	}{
		{"F-34 without instance_url keeps the old one", 200, `{"access_token":"a2"}`, "", 1},
		{"F-34 without access_token is permanent", 200, `{"instance_url":"https://acme.my.salesforce.com"}`, gateway.CodeSFAuth, 1},
		{"invalid_grant is permanent", 400, `{"error":"invalid_grant","error_description":"expired access/refresh token"}`, gateway.CodeSFAuth, 1},
		{"no description", 400, `{"error":"invalid_grant"}`, gateway.CodeSFAuth, 1},
		{"form-encoded", 400, `error=invalid_grant&error_description=expired+access%2Frefresh+token`, gateway.CodeSFAuth, 1},
		{"unknown error below 500", 400, `{"error":"brand_new_error"}`, gateway.CodeSFAuth, 1},
		{"bad secret", 401, `{"error":"invalid_client","error_description":"invalid client credentials"}`, gateway.CodeSFAuth, 1},
		{"ip restricted", 400, `{"error":"invalid_grant","error_description":"ip restricted"}`, gateway.CodeSFPolicy, 1},
		{"not approved", 400, `{"error":"invalid_grant","error_description":"user hasn't approved this consumer"}`, gateway.CodeSFPolicy, 1},
		{"too many logins", 400, `{"error":"rate_limit_exceeded"}`, gateway.CodeSFBusy, 2},
		{"503 page", 503, page, gateway.CodeSFDown, 2},
		{"500 with invalid_grant is still a server error", 500, `{"error":"invalid_grant"}`, gateway.CodeSFDown, 2},
		{"page with status 200", 200, page, gateway.CodeSFDown, 2},
		{"page with status 404", 404, page, gateway.CodeSFDown, 2},
		{"429", 429, "", gateway.CodeSFDown, 2},
		{"instance elsewhere", 200, `{"access_token":"a2","instance_url":"https://evil.example"}`, gateway.CodeSFPolicy, 1},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			f.on("POST /services/oauth2/token", test.status, test.body)
			k := newKept(f.URL)
			r := newRefresher(t, f, k)
			_, err := r.Refresh(context.Background(), 1)
			token, _ := r.Refresh(context.Background(), 1)
			if codeOf(err) != test.code {
				t.Fatalf("Refresh = %v; want %q", err, test.code)
			}
			if n := len(f.requests()); n != test.calls {
				t.Errorf("%d calls; want %d", n, test.calls)
			}
			if k.secrets.RefreshToken != "r1" {
				t.Errorf("kept refresh token %q; want the old one", k.secrets.RefreshToken)
			}
			if test.code == "" && (token.Access != "a2" || token.InstanceURL != f.URL) {
				t.Errorf("token = %+v; want a2 at the old instance", token)
			}
		})
	}
}

// With rotation on, the new refresh token is the only one that works, however
// wrong the rest of the answer is.
func TestRotatedTokenOfABadAnswerIsKeptF34(t *testing.T) {
	for _, rest := range []string{`"access_token":"a2","instance_url":"https://evil.example"`, `"scope":"api"`} {
		f := newFake(t)
		f.on("POST /services/oauth2/token", 200, `{"refresh_token":"r2",`+rest+`}`)
		k := newKept(f.URL)
		r := newRefresher(t, f, k)
		for range 3 {
			if token, err := r.Refresh(context.Background(), 1); err == nil || token.Access != "" {
				t.Fatalf("Refresh = %+v, %v; want an error", token, err)
			}
		}
		if k.secrets.RefreshToken != "r2" || k.secrets.AccessToken != "a1" || k.secrets.Generation != 1 || k.conn.InstanceURL != f.URL {
			t.Errorf("kept %+v at %s", k.secrets, k.conn.InstanceURL)
		}
		if n := len(f.requests()); n != 1 {
			t.Errorf("%d calls; want 1", n)
		}
	}
}

func TestRenewalGoesOnWhenItsCallerLeaves(t *testing.T) {
	f := newFake(t)
	release, asked := make(chan struct{}), make(chan struct{})
	f.mux.HandleFunc("POST /services/oauth2/token", func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-release
		reply(w, 200, `{"access_token":"a2","refresh_token":"r2"}`)
	})
	k := newKept(f.URL)
	r := newRefresher(t, f, k)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-asked
		cancel()
	}()
	if _, err := r.Refresh(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Fatalf("Refresh = %v; want to leave with the context", err)
	}
	close(release)
	token, err := r.Refresh(context.Background(), 1)
	if err != nil || token.Access != "a2" || k.secrets.RefreshToken != "r2" {
		t.Fatalf("token %+v, %v, kept %q; the rotated token must be kept", token, err, k.secrets.RefreshToken)
	}
	if n := len(f.requests()); n != 1 {
		t.Fatalf("%d refresh calls; want 1", n)
	}
}

func TestFlowsWithoutRefreshTokenAskForASessionAnew(t *testing.T) {
	f := newFake(t)
	var forms []url.Values
	f.mux.HandleFunc("POST /services/oauth2/token", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		forms = append(forms, r.PostForm)
		reply(w, 200, fmt.Sprintf(`{"access_token":"a%d","instance_url":%q}`, len(forms), f.URL))
	})
	k := newKept(f.URL)
	k.conn.Flow = "client-credentials"
	k.secrets = gateway.Secrets{ClientID: "id", ClientSecret: "s"}
	r := newRefresher(t, f, k)
	token, err := r.Token(context.Background())
	if err != nil || token.Access != "a1" || token.Generation != 1 {
		t.Fatalf("Token = %+v, %v", token, err)
	}
	if token, err = r.Refresh(context.Background(), 1); err != nil || token.Access != "a2" || token.Generation != 2 {
		t.Fatalf("Refresh = %+v, %v", token, err)
	}
	if forms[0].Get("grant_type") != "client_credentials" || forms[0].Get("client_secret") != "s" {
		t.Fatalf("asked with %v", forms[0])
	}
}

func TestWebFlowWithoutRefreshTokenNeedsReconnect(t *testing.T) {
	f := newFake(t)
	k := newKept(f.URL)
	k.secrets.RefreshToken = ""
	if _, err := newRefresher(t, f, k).Refresh(context.Background(), 1); codeOf(err) != gateway.CodeSFAuth {
		t.Fatalf("Refresh = %v; want %s", err, gateway.CodeSFAuth)
	}
}

func TestForgottenSessionIsLoadedAgain(t *testing.T) {
	f := newFake(t)
	k := newKept(f.URL)
	r := newRefresher(t, f, k)
	if token, err := r.Token(context.Background()); err != nil || token.Access != "a1" {
		t.Fatalf("Token = %+v, %v", token, err)
	}
	k.secrets.AccessToken, k.secrets.Generation = "z", 1
	r.Forget()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if token, err := r.Token(ctx); err != nil || token.Access != "z" {
		t.Fatalf("Token after Forget = %+v, %v; want what is kept now", token, err)
	}
}
