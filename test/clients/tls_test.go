package clients

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"
)

// secure puts TLS in front of a plain address, for a client that speaks nothing
// else, and returns the address to call. It ends with the test.
func secure(t *testing.T, plain string) string {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{certificate(t)}, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12,
	})
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed below
			}
			open.Go(func() { join(conn, plain) })
		}
	})
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		open.Wait()
	})
	return listener.Addr().String()
}

// join carries bytes both ways until one side ends; either end closes the other.
func join(conn net.Conn, plain string) {
	defer func() { _ = conn.Close() }() // its other end may have closed it
	behind, err := net.Dial("tcp", plain)
	if err != nil {
		return
	}
	var there sync.WaitGroup
	carry := func(to, from net.Conn) {
		_, _ = io.Copy(to, from) // ends with an error when the other direction ended first
		_ = to.Close()
	}
	there.Go(func() { carry(behind, conn) })
	carry(conn, behind)
	there.Wait()
}

// certificate signs itself and lives as long as a test run.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
