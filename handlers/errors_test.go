package handlers

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
)

func TestWhatIsNotThereIsAPageWithAWayOn(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleRep)
	page := b.get("/nothing/here").want(http.StatusNotFound, "There is nothing at this address.", "Open Health", "Rita Rep")
	if contains(page.words(), "incident") {
		t.Error("a wrong address is no incident")
	}
	w.browser().get("/nothing").want(http.StatusNotFound, "Not found")
	b.send("DELETE", "/contacts", "", "").want(http.StatusMethodNotAllowed, "cannot be called this way")
	b.get("/contacts/003").want(http.StatusNotFound)
	b.get("/contacts/003550000000004AAB").want(http.StatusNotFound) // wrong checksum
}

func TestClosedDatabaseIsSaidPlainlyOnEveryPage(t *testing.T) {
	w := newWorld(t)
	text, _ := w.apiKey(home, "read", "write")
	b := w.as(home, gateway.RoleAdmin)
	b.get("/readyz").want(http.StatusOK, "ready")
	must(t, w.db.Close())
	for _, path := range []string{"/", "/contacts", annPath, settingsBase + "/notes", "/sync/log"} {
		page := b.get(path).want(http.StatusServiceUnavailable, "One moment", "Try again")
		if contains(page.words(), "sql") || contains(page.words(), "closed") {
			t.Errorf("%s tells the cause: %s", path, page.words())
		}
	}
	if links := b.get("//evil.example/x").links(); slices.ContainsFunc(links, func(u string) bool { return strings.HasPrefix(u, "//") }) {
		t.Errorf("trying again leads elsewhere: %v", links)
	}
	if again := b.get("/contacts?q=ann&part=list").links(); !slices.Contains(again, "/contacts?q=ann") {
		t.Errorf("trying again forgets the page: %v", again)
	}
	b.post(annPath, nil).want(http.StatusServiceUnavailable)
	w.product(text).get("/api/v1/status").want(http.StatusServiceUnavailable, `"code":"unavailable"`)
	b.get("/healthz").want(http.StatusOK, "alive")
	b.get("/readyz").want(http.StatusServiceUnavailable, "not ready")
	if !contains(w.log.String(), "database is closed") {
		t.Error("the cause is in no log")
	}
}

func TestPanicIsAnIncidentWithoutDetail(t *testing.T) {
	w := newWorld(t)
	const secret = "secret-detail"
	w.server.app.Get("/boom", func(*fiber.Ctx) error { panic(secret) })
	w.server.app.Get("/fail", func(*fiber.Ctx) error { return errors.New(secret) })
	w.server.app.Get("/api/v1/boom", func(*fiber.Ctx) error { panic(secret) })
	b := w.as(home, gateway.RoleRep)
	for _, path := range []string{"/boom", "/fail", "/api/v1/boom"} {
		got := b.get(path).want(http.StatusInternalServerError, "Something failed here.")
		number := regexp.MustCompile(`[0-9A-F]{8}`).FindString(got.words())
		if number == "" || !contains(w.log.String(), number) || contains(got.body, secret) || contains(got.body, ".go:") {
			t.Errorf("%s: number %q in %s", path, number, brief(got.words()))
		}
	}
	if !contains(w.log.String(), secret) {
		t.Error("the cause is not in the log")
	}
	b.get("/").want(http.StatusOK)
}

// The table of codes and statuses, as a person meets it.
func TestEveryCodeIsAnsweredWithItsStatusAndATitle(t *testing.T) {
	w := newWorld(t)
	var code gateway.Code
	w.server.app.Get("/code", func(*fiber.Ctx) error { return gateway.Errorf(code, "These words.") })
	b := w.as(home, gateway.RoleRep)
	for known, status := range statusOf {
		code = known
		page := b.get("/code").want(status, "These words.")
		if contains(page.words(), "number") || errorWords(failure{err: gateway.Errorf(code, "x")}, "/").Title == "" {
			t.Errorf("%s: %s", code, brief(page.words()))
		}
	}
	for _, ours := range []gateway.Code{gateway.CodeInternal, gateway.CodeFenced, "a new one"} {
		code = ours
		if page := b.get("/code").want(http.StatusInternalServerError, "Tell an admin this number"); contains(page.words(), "These words.") {
			t.Errorf("%s told its words", ours)
		}
	}
}

// served runs the server on a real socket and stops it with the test.
func (w *world) served() (address string, stop func()) {
	w.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(w.t, err)
	return l.Addr().String(), w.serve(l)
}

// S-25: whoever sends for ever is answered, or hung up on, when it is too much or
// takes too long: chunks without an end, a body and a header byte by byte, many
// of them at once. What waits for them ends with them, see TestMain.
func TestEndlessRequestsAreEnded_S25(t *testing.T) {
	w := newWorld(t)
	cfg := w.server.Config
	cfg.ReadTimeout = 400 * time.Millisecond
	w.server = New(cfg)
	address, stop := w.served()
	defer stop()
	// endless sends the beginning, then parts for ever, and returns the answer and
	// how much could be sent.
	endless := func(begin, part string, rest time.Duration) (answer string, sent int) {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return err.Error(), 0
		}
		defer conn.Close()
		must(t, conn.SetDeadline(time.Now().Add(time.Minute)))
		hungUp := make(chan string, 1)
		go func() {
			raw, _ := io.ReadAll(conn) // ends with the connection, one way or the other
			hungUp <- string(raw)
		}()
		_, err = io.WriteString(conn, begin)
		for err == nil {
			select {
			case answer = <-hungUp:
				return answer, sent
			case <-time.After(rest):
			}
			_, err = io.WriteString(conn, part)
			sent += len(part)
		}
		return <-hungUp, sent
	}
	const head = "POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 1<<16, strings.Repeat("x", 1<<16))
	if answer, sent := endless(head+"Transfer-Encoding: chunked\r\n\r\n", chunk, 0); sent > 4*maxBody || answer != "" && !strings.HasPrefix(answer, "HTTP/1.1 413 ") {
		t.Errorf("chunks without end: %d bytes were taken, answer %s", sent, brief(answer))
	}
	var slow sync.WaitGroup
	for i := range 30 {
		slow.Go(func() {
			begin, name := head+"Content-Length: 4000\r\n\r\n", "body"
			if i%2 == 0 {
				begin, name = head+"X-Slow: ", "header"
			}
			if answer, sent := endless(begin, "x", 20*time.Millisecond); answer != "" && !strings.HasPrefix(answer, "HTTP/1.1 408 ") {
				t.Errorf("slow %s: answered %s after %d bytes", name, brief(answer), sent)
			}
		})
	}
	slow.Wait()
	// Others are served all the while.
	resp, err := http.Get("http://" + address + "/healthz")
	must(t, err)
	must(t, resp.Body.Close())
	if resp.StatusCode != http.StatusOK {
		t.Errorf("afterwards: %d", resp.StatusCode)
	}
}

// S-25: more than a request may carry is refused with a page of ours, and with
// its headers.
func TestTooLargeBodyIsRefused_S25(t *testing.T) {
	w := newWorld(t)
	address, stop := w.served()
	defer stop()
	conn, err := net.Dial("tcp", address)
	must(t, err)
	defer conn.Close()
	must(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	_, err = fmt.Fprintf(conn, "POST /login HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n", address, maxBody+1)
	must(t, err)
	raw, err := io.ReadAll(conn)
	must(t, err)
	if got := string(raw); !strings.HasPrefix(got, "HTTP/1.1 413 ") || !contains(got, "larger than the 8 MB") || !contains(got, "Cache-Control: no-store") || !contains(got, "frame-ancestors 'none'") {
		t.Errorf("answered %s", brief(got))
	}
}
