package pubsub

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http/httptest"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	eventbus "tidegate/eventbus/v1"
)

// TestTLSIsVerified: https needs a certificate that the roots vouch for.
func TestTLSIsVerified(t *testing.T) {
	// The test server of net/http has a certificate for 127.0.0.1 and the root
	// to check it by.
	lender := httptest.NewUnstartedServer(nil)
	lender.StartTLS()
	defer lender.Close()
	certificate := lender.TLS.Certificates[0]
	roots := x509.NewCertPool()
	roots.AddCert(lender.Certificate())

	s := &server{t: t, schemas: map[string]int{}}
	s.subscribe = func(_ int, _ *eventbus.FetchRequest, stream serverStream) error {
		if err := send(stream, 1, 1); err != nil {
			return err
		}
		return park(stream)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := grpc.NewServer(grpc.Creds(credentials.NewServerTLSFromCert(&certificate)))
	eventbus.RegisterPubSubServer(g, s)
	done := make(chan error, 1)
	go func() { done <- g.Serve(l) }()
	defer func() {
		g.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	s.endpoint = "https://" + l.Addr().String()

	c := start(t, s, func(c *client, cfg *Config) {
		cfg.TLS = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
		cfg.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		}
	})
	eventually(t, "an event over TLS", func() bool { return c.events() == 1 })
	c.stop()

	stranger, err := New(Config{
		Endpoint: s.endpoint, Topic: "/data/ChangeEvents", Auth: c.auth, Deliver: c.take, RequestTimeout: 5 * time.Second,
		Position: func(context.Context) (Start, error) { return Start{}, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := stranger.Probe(t.Context()); err == nil {
		t.Error("a certificate that nobody vouches for is accepted")
	}
}
