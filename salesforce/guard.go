package salesforce

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"tidegate/gateway"
)

// salesforceHosts may be sent a token, salesforceSuffixes with any My Domain
// in front: https://acme.my.salesforce.com, …--uat.sandbox.my.salesforce.com,
// …-dev-ed.develop.my.salesforce.com. Lightning hosts serve no API.
var (
	salesforceHosts    = []string{"login.salesforce.com", "test.salesforce.com"}
	salesforceSuffixes = []string{".my.salesforce.com"}
)

// responseWait bounds the wait for the first byte of an answer. A CometD
// connect is held for 110 s, a query may take 120 s.
const responseWait = 150 * time.Second

// Guard decides which hosts this process may talk to. It is asked twice: about
// the address text before a request is made, and about the IP address when
// the connection is opened, so that a name that resolves to an inside address
// (DNS rebinding) leads nowhere.
type Guard struct {
	hosts    map[string]bool // host, on port 443
	suffixes []string        // ".my.salesforce.com"
	exact    map[string]bool // host:port, may be an inside address
	plain    map[string]bool // host:port that may be spoken to without TLS
	any      bool            // every public https host
}

// NewGuard returns the guard for Salesforce hosts and for what allowed adds.
// An entry is ".suffix" (https hosts that end in it), "host" (https, port
// 443), "host:port" (also a private address; http only if it is this machine)
// or "http://host:port" (http wherever it is). Source: the configured
// TIDEGATE_ALLOWED_HOSTS.
func NewGuard(allowed ...string) (*Guard, error) {
	g := &Guard{hosts: map[string]bool{}, exact: map[string]bool{}, plain: map[string]bool{}, suffixes: salesforceSuffixes}
	for _, host := range salesforceHosts {
		g.hosts[host] = true
	}
	for _, entry := range allowed {
		if err := g.allow(strings.ToLower(strings.TrimSpace(entry))); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// NewPublicGuard returns a guard that lets through every public https host and
// what allowed adds, for webhook targets that a person enters.
func NewPublicGuard(allowed ...string) (*Guard, error) {
	g, err := NewGuard(allowed...)
	if err == nil {
		g.any = true
	}
	return g, err
}

func (g *Guard) allow(entry string) error {
	rest, plain := strings.CutPrefix(entry, "http://")
	if !plain {
		rest = strings.TrimPrefix(entry, "https://")
	}
	rest = strings.TrimSuffix(rest, "/")
	host, port, err := net.SplitHostPort(rest)
	switch {
	case err == nil && host != "" && port != "":
		key := net.JoinHostPort(host, port)
		g.exact[key] = true
		g.plain[key] = plain || isLoopbackName(host)
	case strings.HasPrefix(rest, ".") && strings.Count(rest, ".") >= 2 && validHost(rest[1:]):
		g.suffixes = append(g.suffixes[:len(g.suffixes):len(g.suffixes)], rest)
	case !plain && strings.Contains(rest, ".") && validHost(rest):
		g.hosts[rest] = true
	default:
		return fmt.Errorf("allowed host %q: write .suffix.example, host.example or host:port", entry)
	}
	return nil
}

// CheckURL parses an absolute address and refuses it, with CodeForbidden,
// unless its host may be talked to.
func (g *Guard) CheckURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, refuse("it cannot be read as an address")
	}
	if err := g.check(u); err != nil {
		return nil, err
	}
	return u, nil
}

// Base returns the scheme and host of an address that may be talked to
// ("https://acme.my.salesforce.com"). An address with a path, a query, a user
// or a fragment is refused.
func (g *Guard) Base(raw string) (string, error) {
	u, err := g.CheckURL(strings.TrimSpace(raw))
	if err != nil {
		return "", err
	}
	if (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.ForceQuery {
		return "", refuse("it has more than scheme and host")
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}

func (g *Guard) check(u *url.URL) error {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	key := net.JoinHostPort(host, port)
	switch {
	case u.User != nil || u.Opaque != "" || u.Fragment != "" || host == "":
		return refuse("it is not a plain host address")
	case u.Scheme == "http" && !g.plain[key]:
		return refuse("only https is allowed")
	case u.Scheme != "https" && u.Scheme != "http":
		return refuse("only https is allowed")
	case g.exact[key]:
		return nil
	case port != "" && port != "443":
		return refuse("the port is not allowed")
	case !g.publicName(host):
		return refuse("the host is not one of Salesforce")
	}
	return nil
}

func (g *Guard) publicName(host string) bool {
	if !validHost(host) {
		return false
	}
	if g.hosts[host] || g.any && !isInsideName(host) {
		return true
	}
	for _, suffix := range g.suffixes {
		if strings.HasSuffix(host, suffix) && len(host) > len(suffix) {
			return true
		}
	}
	return false
}

// validHost reports whether host is a plain ASCII DNS name, no IP address and
// without trailing dot. Look-alike letters of other scripts are not ASCII.
func validHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil || host == "" || len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	// "0x7f.1" and "2130706433" are addresses to some resolvers.
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last[0] >= 'a' && last[0] <= 'z'
}

func isLoopbackName(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

func isInsideName(host string) bool {
	return !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost") ||
		strings.HasSuffix(host, ".local") || strings.HasSuffix(host, ".internal")
}

func refuse(why string) *gateway.Error {
	return gateway.Errorf(gateway.CodeForbidden,
		"Tidegate does not connect to this address: %s. Enter the My Domain address of the org, for example https://acme.my.salesforce.com.", why)
}

// badInstance is the error of an org whose address the guard refuses. It is
// CodeSFPolicy, so that changes wait until somebody has allowed the address.
func badInstance(cause error) *gateway.Error {
	e := gateway.Errorf(gateway.CodeSFPolicy,
		"The address of the Salesforce org is not one that Tidegate may send a token to. A Tidegate operator must allow it, or an admin must connect again with the right org.")
	e.Cause = cause
	return e
}

// errInside says that a name resolved to an address inside a network.
var errInside = errors.New("the host resolves to a private, loopback or link-local address")

// DialContext opens a connection to host:port if the guard lets it. A
// websocket dialer can use it as it stands.
func (g *Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	host, port, err := net.SplitHostPort(strings.ToLower(address))
	if err != nil {
		return nil, refuse("it has no port")
	}
	if !g.exact[net.JoinHostPort(host, port)] {
		if port != "443" || !g.publicName(host) {
			return nil, refuse("the host or port is not allowed")
		}
		// Control runs after name resolution, for each address tried.
		dialer.ControlContext = func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
			return checkPublic(resolved)
		}
	}
	return dialer.DialContext(ctx, network, address)
}

var insideRanges = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // carrier-grade NAT, cloud metadata of some providers
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), // NAT64: carries any IPv4 address
	netip.MustParsePrefix("2002::/16"),    // 6to4: the same
}

func checkPublic(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return errInside
	}
	ip := at.Addr().Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
		return errInside
	}
	for _, inside := range insideRanges {
		if inside.Contains(ip) {
			return errInside
		}
	}
	return nil
}

// Transport returns a transport whose connections the guard allows. It uses no
// proxy: a proxy would resolve names where the guard cannot look.
func (g *Guard) Transport() *http.Transport {
	return &http.Transport{
		DialContext:         g.DialContext,
		MaxIdleConnsPerHost: 16,
		// Two goroutines and 12 KB each: most workspaces are idle most of the time.
		IdleConnTimeout:       30 * time.Second,
		TLSHandshakeTimeout:   15 * time.Second,
		ResponseHeaderTimeout: responseWait,
		ForceAttemptHTTP2:     true,
	}
}

// Client returns an HTTP client over Transport that also checks the address
// of every request and follows no redirect: the answer 3xx is returned.
func (g *Guard) Client() *http.Client {
	return g.Wrap(g.Transport())
}

// Wrap returns an HTTP client as Client does, over another transport.
func (g *Guard) Wrap(next http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     guarded{g, next},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type guarded struct {
	guard *Guard
	next  http.RoundTripper
}

func (t guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := t.guard.check(r.URL); err != nil {
		if r.Body != nil {
			return nil, errors.Join(err, r.Body.Close())
		}
		return nil, err
	}
	return t.next.RoundTrip(r)
}

// Unwrap tells by which transport allowed requests go, so that a websocket is
// dialed as guardedly.
func (t guarded) Unwrap() http.RoundTripper { return t.next }

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (t guarded) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
