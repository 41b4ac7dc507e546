package salesforce

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
)

const expired = `[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]`

func TestExpiredSessionIsRenewedOnceAndTheCallRepeatedAtTheNewInstanceF30(t *testing.T) {
	old, moved := newFake(t), newFake(t)
	old.on("/", 401, expired)
	moved.on("GET /services/data/v66.0/limits", 200, `{"DailyApiRequests":{"Max":15000,"Remaining":14976}}`)
	tokens := &fixed{
		token: Token{Access: "a1", InstanceURL: old.URL, Generation: 1},
		next: func(stale int64) (Token, error) {
			return Token{Access: "a2", InstanceURL: moved.URL, Generation: stale + 1}, nil
		},
	}
	c := newClient(t, old, func(cfg *Config) {
		cfg.Tokens, cfg.Guard = tokens, guardFor(t, old.URL, moved.URL)
	})
	for range 2 {
		limits, err := c.Limits(context.Background())
		if err != nil || limits["DailyApiRequests"].Remaining != 14976 {
			t.Fatalf("Limits = %v, %v", limits, err)
		}
	}
	if tokens.refreshes != 1 || len(old.requests()) != 1 {
		t.Fatalf("%d renewals, %d calls at the old host; want 1 and 1", tokens.refreshes, len(old.requests()))
	}
	if got := moved.requests()[0].header.Get("Authorization"); got != "Bearer a2" {
		t.Fatalf("Authorization at the new instance: %q", got)
	}
}

func TestSessionRefusedAfterRenewalIsNotRenewedAtEveryCallF31(t *testing.T) {
	f := newFake(t)
	f.on("/", 401, expired)
	tokens := &fixed{
		token: Token{Access: "a1", InstanceURL: f.URL, Generation: 1},
		next: func(stale int64) (Token, error) {
			return Token{Access: "a", InstanceURL: f.URL, Generation: stale + 1}, nil
		},
	}
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	c := newClient(t, f, func(cfg *Config) {
		cfg.Tokens = tokens
		cfg.Now = func() time.Time { return now }
	})
	for range 60 {
		if _, err := c.Limits(context.Background()); codeOf(err) != gateway.CodeSFAuth {
			t.Fatalf("Limits = %v; want %s", err, gateway.CodeSFAuth)
		}
		now = now.Add(time.Minute)
	}
	if tokens.refreshes > 5 {
		t.Fatalf("%d renewals in one hour; want at most 5", tokens.refreshes)
	}
}

func TestPolicyBlockIsNotAnsweredWithRenewal(t *testing.T) {
	f := newFake(t)
	f.on("/", 401, `[{"message":"This session is not valid for use with the REST API","errorCode":"INVALID_SESSION_ID"}]`)
	c := newClient(t, f)
	if _, err := c.Limits(context.Background()); codeOf(err) != gateway.CodeSFPolicy {
		t.Fatalf("Limits = %v; want %s", err, gateway.CodeSFPolicy)
	}
	if n := c.cfg.Tokens.(*fixed).refreshes; n != 0 {
		t.Fatalf("%d renewals; want none", n)
	}
}

func TestDailyLimitIsNoAuthFailureF49(t *testing.T) {
	f := newFake(t)
	f.on("/", 403, `[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]`)
	c := newClient(t, f)
	if _, err := c.DescribeGlobal(context.Background()); codeOf(err) != gateway.CodeSFLimit {
		t.Fatalf("DescribeGlobal = %v; want %s", err, gateway.CodeSFLimit)
	}
}

func TestEveryCallCarriesOurNameAndTellsTheUsage(t *testing.T) {
	f := newFake(t)
	f.mux.HandleFunc("GET /services/data/v66.0/query", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Sforce-Limit-Info", "api-usage=891/15000; per-app-api-usage=17/250(appName=x)")
		reply(w, 200, `{"totalSize":7,"done":true,"records":[]}`)
	})
	var usage, calls []string
	c := newClient(t, f, func(cfg *Config) {
		cfg.OnUsage = func(used, limit int) { usage = append(usage, fmt.Sprint(used, "/", limit)) }
		cfg.OnCall = func(_ context.Context, call Call) {
			calls = append(calls, fmt.Sprint(call.Method, " ", call.Path, " ", call.Status, " ", call.Object, " ", call.Counted))
		}
	})
	n, err := c.Count(context.Background(), "Account", "Name = 'x'")
	if err != nil || n != 7 {
		t.Fatalf("Count = %d, %v", n, err)
	}
	h := f.requests()[0].header
	if h.Get("Sforce-Call-Options") != "client=tidegate" || h.Get("Authorization") != "Bearer "+accessToken {
		t.Fatalf("headers: %v", h)
	}
	if !slices.Equal(usage, []string{"891/15000"}) || !slices.Equal(calls, []string{"GET /query 200 Account true"}) {
		t.Fatalf("usage %v, calls %v", usage, calls)
	}
}

func TestUsageHeader(t *testing.T) {
	cases := map[string]string{
		"api-usage=891/15000":                                "891 15000 true",
		"per-app-api-usage=17/250(appName=x); api-usage=1/2": "1 2 true",
		"":                                    "0 0 false",
		"api-usage=":                          "0 0 false",
		"api-usage=1":                         "1 0 false",
		"api-usage=a/b":                       "0 0 false",
		"per-app-api-usage=17/250(appName=x)": "0 0 false",
	}
	for header, want := range cases {
		used, limit, ok := parseUsage(header)
		if got := fmt.Sprint(used, limit, ok); got != want {
			t.Errorf("%q: %s; want %s", header, got, want)
		}
	}
}

func TestAnswerIsReadByItsBytesWhateverTheEncodingSays(t *testing.T) {
	plain := []byte(`[{"label":"Spring '26","version":"66.0"}]`)
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	if _, err := zip.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, encoding string
		body           []byte
	}{
		{"gzip as promised", "gzip", packed.Bytes()},
		{"gzip not promised", "", packed.Bytes()},
		{"gzip promised, plain sent", "gzip", plain},
		{"plain", "", plain},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			f.mux.HandleFunc("GET /services/data", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if test.encoding != "" {
					w.Header().Set("Content-Encoding", test.encoding)
				}
				if _, err := w.Write(test.body); err != nil {
					t.Error(err)
				}
			})
			versions, err := newClient(t, f).Versions(context.Background())
			if err != nil || len(versions) != 1 || versions[0].Version != "66.0" {
				t.Fatalf("Versions = %v, %v", versions, err)
			}
			if got := f.requests()[0].header.Get("Authorization"); got != "" {
				t.Fatal("the open call carries the token")
			}
		})
	}
}

func TestPageInsteadOfJSONIsTransient(t *testing.T) {
	f := newFake(t)
	f.on("/", 200, "<html>Down for maintenance "+accessToken+"</html>")
	c := newClient(t, f)
	_, err := c.Describe(context.Background(), "Account")
	if codeOf(err) != gateway.CodeSFDown || strings.Contains(err.Error(), "canary") {
		t.Fatalf("Describe = %v; want %s without the token", err, gateway.CodeSFDown)
	}
}

func TestNetworkErrorIsTransientAndShowsNoSecretS39(t *testing.T) {
	f := newFake(t)
	f.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { cut(w) })
	c := newClient(t, f)
	_, err := c.Count(context.Background(), "Contact", "Email = 'canary@example.com'")
	if codeOf(err) != gateway.CodeSFDown || strings.Contains(err.Error(), "canary") {
		t.Fatalf("Count = %v; want %s without token and address", err, gateway.CodeSFDown)
	}
}

func TestBadConfigIsRefused(t *testing.T) {
	tokens := &fixed{}
	for name, cfg := range map[string]Config{
		"no tokens":   {},
		"old version": {Tokens: tokens, APIVersion: "30.0"},
		"no version":  {Tokens: tokens, APIVersion: "v66.0"},
		"path":        {Tokens: tokens, APIVersion: "66.0/../x"},
		"client name": {Tokens: tokens, ClientName: "a,defaultNamespace=b"},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: New took it", name)
		}
	}
}

func TestBestVersionIsTheNewestThatBothSpeak(t *testing.T) {
	list := func(versions ...string) (out []APIVersion) {
		for _, v := range versions {
			out = append(out, APIVersion{Version: v})
		}
		return out
	}
	cases := []struct {
		offered []APIVersion
		want    string
	}{
		{list("31.0", "60.0", "65.0"), "65.0"},
		{list("31.0", "66.0", "67.0", "68.0"), "66.0"},
		{list("31.0", "59.0"), ""},
		{list("67.0"), ""},
		{list("junk"), ""},
		{nil, ""},
	}
	for _, test := range cases {
		got, err := BestVersion(test.offered)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("BestVersion(%v) = %q, %v; want %q", test.offered, got, err, test.want)
		}
	}
}
