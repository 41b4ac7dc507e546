package main

import (
	"context"
	"net"
	"net/url"
	"strings"
	"sync"

	"tidegate/salesforce"
	"tidegate/streaming"
	"tidegate/streaming/pubsub"
)

// publicPubSub is Salesforce's own Pub/Sub API. It answers on 7443 too, but
// networks let 443 through.
const publicPubSub = "https://api.pubsub.salesforce.com:443"

// pubSub says how a connection reaches the Pub/Sub API: where the operator
// says, else Salesforce's own for an org that Salesforce hosts, else not at
// all.
func (s *supervisor) pubSub(one *org) *streaming.PubSub {
	endpoint := s.app.cfg.PubSubURL
	if endpoint == "" && hosted(one.conn.InstanceURL) {
		endpoint = publicPubSub
	}
	if endpoint == "" {
		return nil
	}
	session := newSession(one)
	return &streaming.PubSub{
		Endpoint: endpoint,
		Credentials: func(ctx context.Context, stale bool) (pubsub.Credentials, error) {
			t, err := session.token(ctx, stale)
			return pubsub.Credentials{AccessToken: t.Access, InstanceURL: t.InstanceURL, TenantID: one.conn.OrgID}, err
		},
		Dial: func(ctx context.Context, address string) (net.Conn, error) {
			return s.app.orgs.guard.DialContext(ctx, "tcp", address)
		},
	}
}

// hosted reports whether an instance is Salesforce's own.
func hosted(instance string) bool {
	u, err := url.Parse(instance)
	return err == nil && strings.HasSuffix(u.Hostname(), ".salesforce.com")
}

// session gives a stream its token; a refused one is renewed once for all who
// ask.
type session struct {
	org   *org
	mu    sync.Mutex
	given int64 // generation of the token given last
}

func newSession(one *org) *session { return &session{org: one} }

func (s *session) token(ctx context.Context, stale bool) (salesforce.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.org.tokens.Token(ctx)
	if err == nil && stale && t.Generation <= s.given {
		t, err = s.org.tokens.Refresh(ctx, t.Generation)
	}
	if err != nil {
		return salesforce.Token{}, err
	}
	s.given = t.Generation
	return t, nil
}

// header is the token as CometD wants it.
func (s *session) header(ctx context.Context, stale bool) (string, error) {
	t, err := s.token(ctx, stale)
	if err != nil {
		return "", err
	}
	return "Bearer " + t.Access, nil
}
