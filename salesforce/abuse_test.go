package salesforce

import (
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"tidegate/gateway"
)

// An org that answers with more than anybody asked for costs bounded memory and
// ends in an error (S-25).
func TestEndlessAnswersAreBoundedS25(t *testing.T) {
	zeros := make([]byte, 1<<20)
	for name, answer := range map[string]http.HandlerFunc{
		"gzip bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			zip := gzip.NewWriter(w)
			for range 1024 { // 1 GiB unpacked
				if _, err := zip.Write(zeros); err != nil {
					return
				}
			}
			_ = zip.Close() // the client may have left
		},
		"endless body": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(zeros); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.mux.HandleFunc("GET /services/data/", answer)
			c := newClient(t, f)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			_, err := c.DescribeGlobal(context.Background())
			if codeOf(err) != gateway.CodeSFDown {
				t.Errorf("DescribeGlobal = %v; want %s", err, gateway.CodeSFDown)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			// Reading doubles its buffer; 512 MiB is far from 1 GiB and endless.
			if took := after.TotalAlloc - before.TotalAlloc; took > 512<<20 {
				t.Errorf("%d MiB were allocated", took>>20)
			}
		})
	}
}

// An org that sends a byte now and then holds up a call for no longer than the
// call may take (S-25).
func TestDrippingAnswerEndsS25(t *testing.T) {
	f := newFake(t)
	f.mux.HandleFunc("GET /services/data/", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, " "); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	})
	c := newClient(t, f)
	c.callTimeout = 200 * time.Millisecond
	if _, err := c.DescribeGlobal(context.Background()); codeOf(err) != gateway.CodeSFDown {
		t.Errorf("DescribeGlobal = %v; want %s", err, gateway.CodeSFDown)
	}
}

// certificate makes one for a host and a time, signed by itself.
func certificate(t *testing.T, host string, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// A certificate that does not prove the host gets no token (S-49).
func TestUnprovenHostGetsNoTokenS49(t *testing.T) {
	tomorrow, yesterday := time.Now().Add(24*time.Hour), time.Now().Add(-24*time.Hour)
	for _, c := range []struct {
		name    string
		host    string
		until   time.Time
		trusted bool
		ok      bool
	}{
		{"right", "127.0.0.1", tomorrow, true, true},
		{"self-signed", "127.0.0.1", tomorrow, false, false},
		{"wrong host", "acme.my.salesforce.com", tomorrow, true, false},
		{"expired", "127.0.0.1", yesterday, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked := 0
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked++
				reply(w, http.StatusOK, `{"sobjects":[]}`)
			}))
			own := certificate(t, c.host, c.until)
			server.TLS = &tls.Config{Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS12}
			server.Config.ErrorLog = nil
			server.StartTLS()
			defer server.Close()
			guard := guardFor(t, server.URL)
			transport := guard.Transport()
			defer transport.CloseIdleConnections()
			if c.trusted {
				leaf, err := x509.ParseCertificate(own.Certificate[0])
				if err != nil {
					t.Fatal(err)
				}
				roots := x509.NewCertPool()
				roots.AddCert(leaf)
				transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
			}
			client, err := New(Config{
				APIVersion: "66.0", Guard: guard, Transport: transport,
				Tokens: &fixed{token: Token{Access: accessToken, InstanceURL: server.URL}},
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.DescribeGlobal(context.Background())
			if (err == nil) != c.ok || (asked > 0) != c.ok {
				t.Errorf("DescribeGlobal = %v with %d requests; want allowed = %v", err, asked, c.ok)
			}
		})
	}
}
