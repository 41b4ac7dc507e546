package handlers

import (
	"bufio"
	"context"
	"fmt"
	"html"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tidegate/gateway"
)

// serve runs the server on l; the returned function stops it and waits.
func (w *world) serve(l net.Listener) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.server.Serve(ctx, l, 10*time.Second) }()
	return func() {
		w.t.Helper()
		cancel()
		select {
		case err := <-ended:
			must(w.t, err)
		case <-time.After(time.Minute):
			w.t.Fatal("the server does not stop")
		}
	}
}

// stream is one open page.
type stream struct {
	resp  *http.Response
	lines chan string
}

func (w *world) stream(address string, b *browser, query string) *stream {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "http://"+address+eventsPath+query, nil)
	must(w.t, err)
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: b.cookies[sessionCookie]})
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(r)
	must(w.t, err)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" || resp.Header.Get("Cache-Control") != "no-store" {
		w.t.Fatalf("opened with %d %v", resp.StatusCode, resp.Header)
	}
	s := &stream{resp: resp, lines: make(chan string, 100)}
	go func() {
		defer close(s.lines)
		for scan := bufio.NewScanner(resp.Body); scan.Scan(); {
			if scan.Text() != "" {
				s.lines <- scan.Text()
			}
		}
	}()
	if first := s.next(w.t); first != "retry: 1000" {
		w.t.Errorf("the stream begins with %q", first)
	}
	return s
}

// next is the next line, "" when the stream has ended.
func (s *stream) next(t *testing.T) string {
	t.Helper()
	select {
	case line := <-s.lines:
		return line
	case <-time.After(30 * time.Second):
		t.Fatal("the stream is silent")
		return ""
	}
}

func TestPageIsToldOfItsRecordOnly(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleRep)
	defer goleak.VerifyNone(t, append(notOurs, goleak.IgnoreCurrent())...)
	address, stop := w.served()
	defer stop()
	ann := w.stream(address, b, strings.TrimPrefix(eventsURL(contactOf(home)), eventsPath))
	contacts := w.stream(address, b, "?object=Contact")
	all := w.stream(address, b, "")
	defer ann.resp.Body.Close()
	defer contacts.resp.Body.Close()
	defer all.resp.Body.Close()

	changed := func(s *stream) {
		t.Helper()
		if event, data := s.next(t), s.next(t); event != "event: changed" || data != "data: again" {
			t.Errorf("told %q %q", event, data)
		}
	}
	w.hub.Announce(foreign, []gateway.RecordKey{contactOf(home)}) // another workspace
	w.hub.Announce(home, []gateway.RecordKey{accountOf(home)})
	changed(all)
	w.hub.Announce(home, []gateway.RecordKey{key("Contact", "003", 77)})
	changed(all)
	changed(contacts)
	if len(ann.lines) != 0 {
		t.Errorf("the page of one record was told %q", <-ann.lines)
	}
	w.hub.Announce(home, []gateway.RecordKey{contactOf(home)})
	changed(ann)
	changed(contacts)

	// An edit through a page is announced to the others.
	b.post(annPath, map[string][]string{"field": {"Title"}, "value": {"CEO"}}).want(http.StatusSeeOther)
	changed(ann)
}

// A change may come after a page was drawn and before its stream is open.
func TestPageIsToldOfWhatCameBeforeItsStreamOpened(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleRep)
	address, stop := w.served()
	defer stop()
	page := b.get(annPath).want(http.StatusOK).body
	_, attr, found := strings.Cut(page, `hx-sse:connect="`)
	if !found {
		t.Fatal("the page opens no stream")
	}
	attr, _, _ = strings.Cut(attr, `"`)
	query := strings.TrimPrefix(html.UnescapeString(attr), eventsPath)
	if since := fmt.Sprintf("since=%d", w.hub.Moment()); !strings.Contains(query, since) {
		t.Errorf("the stream asks %q, with nothing to catch up on by %s", query, since)
	}
	w.hub.Announce(home, []gateway.RecordKey{contactOf(home)})
	late := w.stream(address, b, query)
	defer late.resp.Body.Close()
	if event := late.next(t); event != "event: changed" {
		t.Errorf("told %q", event)
	}
}

func TestPageWatchesWhatItsAddressNames(t *testing.T) {
	ann, bob, acme := contactOf(home), key("Contact", "003", 77), accountOf(home)
	tests := []struct {
		object, id      string
		ann, bob, other bool
	}{
		{"Contact", ann.ID, true, false, false},
		{"Contact", "", true, true, false},
		{"Account", ann.ID, false, false, false},
		{"", "", true, true, true},
	}
	for _, tt := range tests {
		watches := watched(tt.object, tt.id)
		if watches == nil { // the hub takes it for all
			watches = func(gateway.RecordKey) bool { return true }
		}
		if watches(ann) != tt.ann || watches(bob) != tt.bob || watches(acme) != tt.other {
			t.Errorf("%q %q: %v %v %v", tt.object, tt.id, watches(ann), watches(bob), watches(acme))
		}
	}
}

func TestClosedPageFreesItsStream(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleRep)
	address, stop := w.served()
	defer stop()
	s := w.stream(address, b, "")
	if w.hub.Open() != 1 {
		t.Errorf("%d streams are open", w.hub.Open())
	}
	s.resp.Body.Close()
	eventually(t, "the stream is freed", func() bool {
		w.hub.Announce(home, nil) // a write notices that the reader has gone
		return w.hub.Open() == 0
	})
}

func TestStreamEndsWithTheServer(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleRep)
	address, stop := w.served()
	s := w.stream(address, b, "")
	defer s.resp.Body.Close()
	stop()
	for line := s.next(t); line != ""; line = s.next(t) {
		t.Logf("after the stop: %s", line)
	}
	if w.hub.Open() != 0 {
		t.Error("a subscription is left")
	}
}

func TestSilentStreamBeatsAndEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent []string
		start := time.Now()
		follow(nil, nil, func(text string) bool {
			sent = append(sent, text)
			return true
		})
		if time.Since(start) != streamLife {
			t.Errorf("it lasted %s, want %s", time.Since(start), streamLife)
		}
		beats := 0
		for _, text := range sent[1:] {
			if text == ": still here\n\n" {
				beats++
			}
		}
		if sent[0] != streamRetry || beats < int(streamLife/heartbeat)-1 {
			t.Errorf("%d beats in %s", beats, streamLife)
		}
	})
}

func TestStreamIsLetGoWhenItsReaderIs(t *testing.T) {
	changes := make(chan struct{}, 1)
	changes <- struct{}{}
	n := 0
	follow(changes, nil, func(string) bool { n++; return n < 2 })
	if n != 2 {
		t.Errorf("%d writes to a reader that has gone", n)
	}
	follow(changes, nil, func(string) bool { return false })
}

func TestNobodyGetsAStream(t *testing.T) {
	w := newWorld(t)
	w.browser().get(eventsPath).want(http.StatusSeeOther)
	if w.hub.Open() != 0 {
		t.Error("a stranger subscribed")
	}
}

// What a page weighs on the wire decides how soon it stands on a phone; the
// stream must not wait for a block to be full.
func TestPagesAreCompressedAndTheStreamIsNot(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleRep)
	ask := func(path string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+t.Name()+path, nil)
		must(t, err)
		r.Header.Set("Accept-Encoding", "gzip, br")
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: b.cookies[sessionCookie]})
		resp, err := w.server.App().Test(r, -1)
		must(t, err)
		return resp
	}
	page := ask(annPath)
	defer page.Body.Close()
	if got := page.Header.Get("Content-Encoding"); got != "br" || !strings.Contains(page.Header.Get("Vary"), "Accept-Encoding") {
		t.Errorf("a page is encoded as %q, varies by %q", got, page.Header.Get("Vary"))
	}
	plain := b.get(annPath)
	if page.ContentLength <= 0 || int(page.ContentLength)*3 > len(plain.body) {
		t.Errorf("a page of %d bytes weighs %d", len(plain.body), page.ContentLength)
	}
}
