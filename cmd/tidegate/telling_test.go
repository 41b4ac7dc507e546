package main

import (
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/hint"
	"tidegate/salesforce"
	"tidegate/vault"
)

// CONTRACT, S-13: a message carries the three headers of Standard Webhooks 1.0,
// proven by the secret; an address inside the network is not reached unless the
// operator allowed it, and a redirect leads nowhere.
func TestPosterSignsAndIsGuarded_S13(t *testing.T) {
	safe, err := vault.Open([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	var key [32]byte
	rand.Read(key[:])
	secret := hint.SigningSecret(key[:])
	proven := 0
	stub := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(rw, r, "/hook", http.StatusFound)
			return
		}
		body, _ := io.ReadAll(r.Body)
		_, err := hint.Verify([]string{secret}, hint.Signed{
			ID: r.Header.Get(hint.HeaderID), Timestamp: r.Header.Get(hint.HeaderTimestamp), Signatures: r.Header.Get(hint.HeaderSignature), Body: body,
		}, time.Now())
		if err == nil && r.Header.Get(hint.HeaderID) == "change_7" {
			proven++
		}
		rw.WriteHeader(http.StatusNoContent)
	}))
	defer stub.Close()
	s := gateway.Subscriber{ID: "s1", URL: stub.URL + "/hook"}
	s.Sealed = safe.Seal([]byte(secret), "demo", s.SealedAs())
	guards := map[bool]*salesforce.Guard{}
	for allowed := range map[bool]bool{true: true, false: true} {
		hosts := []string{}
		if allowed {
			hosts = append(hosts, strings.TrimPrefix(stub.URL, "http://"))
		}
		if guards[allowed], err = salesforce.NewPublicGuard(hosts...); err != nil {
			t.Fatal(err)
		}
	}
	status, err := newPoster(guards[true], safe).Post(t.Context(), "demo", s, "change_7", time.Now(), `{"type":"record.changed"}`)
	if err != nil || status != http.StatusNoContent || proven != 1 {
		t.Errorf("allowed: %d, %v, %d proven", status, err, proven)
	}
	if status, err := newPoster(guards[false], safe).Post(t.Context(), "demo", s, "change_7", time.Now(), "{}"); err == nil || status != 0 {
		t.Errorf("an inside address was reached: %d", status)
	}
	s.URL = stub.URL + "/away"
	if status, err := newPoster(guards[true], safe).Post(t.Context(), "demo", s, "change_7", time.Now(), "{}"); err != nil || status != http.StatusFound || proven != 1 {
		t.Errorf("a redirect: %d, %v", status, err)
	}
}
