package salesforce

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"tidegate/gateway"
)

func TestGuardRefusesEveryHostThatIsNotSalesforceS11(t *testing.T) {
	guard, err := NewGuard()
	if err != nil {
		t.Fatal(err)
	}
	refused := []string{
		"https://169.254.169.254", "http://169.254.169.254/latest/meta-data", "https://localhost", "https://[::1]",
		"https://[::ffff:127.0.0.1]", "https://127.0.0.1", "https://10.0.0.5", "https://2130706433", "https://0x7f.1",
		"https://a.salesforce.com.evil.com", "https://evil.com#.salesforce.com", "https://evil.com/.my.salesforce.com",
		"https://evil.com?.my.salesforce.com", "https://acme.my.salesforce.com@evil.com", "https://user@acme.my.salesforce.com",
		"https://acme.my.salesforce.com:8443", "https://acme.my.salesforce.com:80", "http://acme.my.salesforce.com",
		"https://аcme.my.salesforce.com", "https://acme.my.salesforсe.com", "https://xn--salesfore-x4g.com",
		"https://evilmy.salesforce.com", "https://.my.salesforce.com", "https://my.salesforce.com",
		"https://acme.my.salesforce.com.", "https://acme..my.salesforce.com", "https://evil.com\\.my.salesforce.com",
		"https://evil.com%2f.my.salesforce.com", "https://acme.lightning.force.com", "https://evillogin.salesforce.com",
		"ftp://login.salesforce.com", "javascript:alert(1)", "//login.salesforce.com", "", "https://", "login.salesforce.com",
		"https:login.salesforce.com", "https://acme.my.salesforce.com\n.evil.com",
	}
	for _, raw := range refused {
		_, err := guard.Base(raw)
		if codeOf(err) != gateway.CodeForbidden {
			t.Errorf("Base(%q) = %v; want a refusal", raw, err)
		}
	}
}

func TestGuardAllowsSalesforceHosts(t *testing.T) {
	guard, err := NewGuard()
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string]string{
		"https://login.salesforce.com":                          "https://login.salesforce.com",
		"https://test.salesforce.com/":                          "https://test.salesforce.com",
		" https://Acme.my.salesforce.com ":                      "https://acme.my.salesforce.com",
		"https://acme--uat.sandbox.my.salesforce.com":           "https://acme--uat.sandbox.my.salesforce.com",
		"https://name-dev-ed.develop.my.salesforce.com":         "https://name-dev-ed.develop.my.salesforce.com",
		"https://acme.my.salesforce.com:443":                    "https://acme.my.salesforce.com:443",
		"https://orgfarm-1234-dev-ed.develop.my.salesforce.com": "https://orgfarm-1234-dev-ed.develop.my.salesforce.com",
	}
	for raw, want := range allowed {
		if got, err := guard.Base(raw); err != nil || got != want {
			t.Errorf("Base(%q) = %q, %v; want %q", raw, got, err, want)
		}
	}
}

func TestBaseHasNothingBehindTheHost(t *testing.T) {
	guard, err := NewGuard()
	if err != nil {
		t.Fatal(err)
	}
	for _, tail := range []string{"/services", "/?x=1", "?", "?x", "#", "/#frag"} {
		got, err := guard.Base("https://acme.my.salesforce.com" + tail)
		if err == nil && got != "https://acme.my.salesforce.com" || err == nil && tail != "#" {
			t.Errorf("Base with %q = %q, %v; want a refusal", tail, got, err)
		}
	}
}

func TestGuardAllowsWhatTheOperatorAdds(t *testing.T) {
	guard, err := NewGuard(".crm.example.com", "proxy.example.com", "127.0.0.1:8081", "http://simulator:8081", "10.0.0.5:443")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]bool{
		"https://acme.crm.example.com":      true,
		"https://crm.example.com":           false,
		"https://evilcrm.example.com":       false,
		"https://proxy.example.com":         true,
		"http://proxy.example.com":          false,
		"https://sub.proxy.example.com":     false,
		"http://127.0.0.1:8081":             true,
		"http://127.0.0.1:8082":             false,
		"http://127.0.0.1":                  false,
		"http://simulator:8081":             true,
		"http://simulator:8082":             false,
		"https://10.0.0.5":                  false,
		"https://10.0.0.5:443":              true,
		"http://10.0.0.5:443":               false,
		"http://127.0.0.1:8081@evil.com":    false,
		"http://evil.com:8081#127.0.0.1":    false,
		"https://acme.my.salesforce.com":    true,
		"https://a.crm.example.com.evil.io": false,
	}
	for raw, want := range cases {
		if _, err := guard.Base(raw); (err == nil) != want {
			t.Errorf("Base(%q) = %v; want allowed = %v", raw, err, want)
		}
	}
	for _, entry := range []string{"", ".", ".com", "*", "http://x.example.com", "a b.example.com", "localhost"} {
		if _, err := NewGuard(entry); err == nil {
			t.Errorf("NewGuard(%q) took it", entry)
		}
	}
}

func TestPublicGuardRefusesInsideTargetsS13(t *testing.T) {
	guard, err := NewPublicGuard()
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]bool{
		"https://hooks.example.com/in?x=1": true,
		"http://hooks.example.com":         false,
		"https://hooks.example.com:8443":   false,
		"https://localhost":                false,
		"https://db.internal":              false,
		"https://printer.local":            false,
		"https://127.0.0.1":                false,
		"https://[fd00::1]":                false,
		"https://u:p@hooks.example.com":    false,
	}
	for raw, want := range cases {
		if _, err := guard.CheckURL(raw); (err == nil) != want {
			t.Errorf("CheckURL(%q) = %v; want allowed = %v", raw, err, want)
		}
	}
}

func TestInsideAddressesAreRefusedWhenDialedS11(t *testing.T) {
	cases := map[string]bool{
		"127.0.0.1:443": false, "[::1]:443": false, "10.1.2.3:443": false, "172.16.0.1:443": false,
		"192.168.1.1:443": false, "169.254.169.254:443": false, "100.100.100.200:443": false, "0.0.0.0:443": false,
		"[::]:443": false, "[fe80::1%eth0]:443": false, "[fd00:ec2::254]:443": false, "[::ffff:10.0.0.1]:443": false,
		"[64:ff9b::7f00:1]:443": false, "[2002:7f00:1::]:443": false, "224.0.0.1:443": false, "255.255.255.255:443": false,
		"garbage": false, "13.110.1.1:443": true, "[2606:4700::1]:443": true, "100.63.255.255:443": true,
	}
	for address, want := range cases {
		if err := checkPublic(address); (err == nil) != want {
			t.Errorf("checkPublic(%q) = %v; want public = %v", address, err, want)
		}
	}
}

// A name that is allowed but resolves to this machine is DNS rebinding.
func TestAllowedNameThatResolvesInsideIsNotDialedS11(t *testing.T) {
	guard, err := NewGuard()
	if err != nil {
		t.Fatal(err)
	}
	guard.hosts["localhost"] = true
	conn, err := guard.DialContext(context.Background(), "tcp", "localhost:443")
	if !errors.Is(err, errInside) {
		t.Fatalf("DialContext = %v, %v; want errInside", conn, err)
	}
	for _, address := range []string{"127.0.0.1:443", "evil.example:443", "acme.my.salesforce.com:8443", "nonsense"} {
		if _, err := guard.DialContext(context.Background(), "tcp", address); codeOf(err) != gateway.CodeForbidden {
			t.Errorf("DialContext(%q) = %v; want a refusal", address, err)
		}
	}
}

func TestRedirectIsNotFollowedAndNoTokenLeavesS12(t *testing.T) {
	thief, org := newFake(t), newFake(t)
	thief.on("/", 200, `[]`)
	org.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, thief.URL+r.URL.Path, http.StatusTemporaryRedirect)
	})
	// The thief is even an allowed host: a redirect is still not followed.
	c := newClient(t, org, func(cfg *Config) { cfg.Guard = guardFor(t, org.URL, thief.URL) })
	_, err := c.DescribeGlobal(context.Background())
	if codeOf(err) != gateway.CodeSFDown {
		t.Errorf("DescribeGlobal = %v; want %s", err, gateway.CodeSFDown)
	}
	oauth := NewOAuth(c.cfg.Guard, c.cfg.Transport, nil)
	if _, err := oauth.Refresh(context.Background(), App{LoginURL: org.URL}, "5Aep.refresh"); codeOf(err) != gateway.CodeSFDown {
		t.Errorf("Refresh = %v; want %s", err, gateway.CodeSFDown)
	}
	if got := thief.requests(); len(got) != 0 {
		t.Fatalf("the other host received %v", got)
	}
}

func TestTokenIsNotSentToAMovedInstanceOutsideS11(t *testing.T) {
	org, thief := newFake(t), newFake(t)
	c := newClient(t, org, func(cfg *Config) {
		cfg.Tokens = &fixed{token: Token{Access: accessToken, InstanceURL: thief.URL}}
	})
	_, err := c.Limits(context.Background())
	if codeOf(err) != gateway.CodeSFPolicy || len(thief.requests()) != 0 {
		t.Fatalf("Limits = %v with %d requests at the other host; want a refusal and none", err, len(thief.requests()))
	}
	if strings.Contains(err.Error(), "canary") {
		t.Fatalf("the error shows the token: %v", err)
	}
}

func TestGuardedClientChecksEveryRequestS13(t *testing.T) {
	other := newFake(t)
	guard, err := NewGuard()
	if err != nil {
		t.Fatal(err)
	}
	client := guard.Client()
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, other.URL, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err == nil {
		resp.Body.Close()
	}
	if codeOf(err) != gateway.CodeForbidden || len(other.requests()) != 0 {
		t.Fatalf("Do = %v; want a refusal before anything is sent", err)
	}
}

// S-11: who dials by himself, as a websocket does, finds the guard's dialer.
func TestGuardedClientTellsItsTransportS11(t *testing.T) {
	guard, err := NewGuard()
	if err != nil {
		t.Fatal(err)
	}
	base := guard.Transport()
	if u, ok := guard.Wrap(base).Transport.(interface{ Unwrap() http.RoundTripper }); !ok || u.Unwrap() != base {
		t.Error("a websocket would be dialed past the guard")
	}
}
