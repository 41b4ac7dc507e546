package simulator_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"tidegate/simulator"
	"tidegate/simulator/seed"
)

// benchRows is the size of the table; TIDEGATE_BENCH_ROWS=1000000 is the goal.
func benchRows() int {
	if n, err := strconv.Atoi(os.Getenv("TIDEGATE_BENCH_ROWS")); err == nil {
		return n
	}
	return 100_000
}

// sender calls an org as a plain HTTP client.
type sender func(method, path, body string) *http.Response

func benchOrg(b *testing.B, sizes seed.Sizes) sender {
	org, err := simulator.Start(context.Background(), simulator.Config{Quiet: true, Sizes: sizes})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := org.Close(); err != nil {
			b.Error(err)
		}
	})
	return func(method, path, body string) *http.Response {
		req, err := http.NewRequest(method, org.URL+path, strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+org.AccessToken)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		return res
	}
}

func (send sender) read(b *testing.B, method, path, body string) string {
	res := send(method, path, body)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		b.Fatalf("%s %s: %s %v %s", method, path, res.Status, err, text)
	}
	return string(text)
}

// job creates a job and returns its path.
func (send sender) job(b *testing.B, kind, body string) string {
	made := send.read(b, "POST", v+"/jobs/"+kind, body)
	_, rest, _ := strings.Cut(made, `"id":"`)
	id, _, ok := strings.Cut(rest, `"`)
	if !ok {
		b.Fatal(made)
	}
	return v + "/jobs/" + kind + "/" + id
}

func (send sender) await(b *testing.B, path string) {
	for !strings.Contains(send.read(b, "GET", path, ""), `"JobComplete"`) {
		time.Sleep(time.Millisecond)
	}
}

// BenchmarkBulkIngest creates contacts.
func BenchmarkBulkIngest(b *testing.B) {
	rows := benchRows()
	send := benchOrg(b, seed.Sizes{Accounts: 10})
	var data strings.Builder
	data.WriteString("FirstName,LastName,Email,Phone,Title\n")
	for i := range rows {
		fmt.Fprintf(&data, "Ada,Moser %d,ada.%d@people.example,+41 44 555 01 02,CTO\n", i, i)
	}
	for b.Loop() {
		began := time.Now()
		path := send.job(b, "ingest", `{"object":"Contact","operation":"insert"}`)
		send.read(b, "PUT", path+"/batches", data.String())
		send.read(b, "PATCH", path, `{"state":"UploadComplete"}`)
		send.await(b, path)
		b.ReportMetric(float64(rows)/time.Since(began).Seconds(), "rows/s")
	}
}

// BenchmarkBulkQuery reads a whole table of contacts, page by page.
func BenchmarkBulkQuery(b *testing.B) {
	rows := benchRows()
	send := benchOrg(b, seed.Sizes{Accounts: 1000, Contacts: rows})
	for b.Loop() {
		began, bytes := time.Now(), int64(0)
		path := send.job(b, "query", `{"operation":"query","query":"SELECT Id, FirstName, LastName, Email, Phone, Title, Account.Name, SystemModstamp FROM Contact"}`)
		send.await(b, path)
		for next := ""; next != "null"; {
			res := send("GET", path+"/results?locator="+next, "")
			n, err := io.Copy(io.Discard, res.Body)
			if err != nil || res.StatusCode != 200 {
				b.Fatal(res.Status, err)
			}
			res.Body.Close()
			bytes += n
			next = res.Header.Get("Sforce-Locator")
		}
		b.ReportMetric(float64(rows)/time.Since(began).Seconds(), "rows/s")
		b.ReportMetric(float64(bytes)/1e6/time.Since(began).Seconds(), "MB/s")
	}
}
