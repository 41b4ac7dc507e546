package faults

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store/storetest"
)

// canaries are texts that may be nowhere, by what they are.
type canaries map[string]string

// add keeps a text that is long enough to be found by itself.
func (c canaries) add(what, text string) {
	if len(text) >= 8 {
		c[what] = text
	}
}

// search looks for every canary as it is and as it may have been written.
func (c canaries) search(t *testing.T, where string, text []byte) {
	t.Helper()
	for what, canary := range c {
		for _, spelled := range []string{
			canary, url.QueryEscape(canary), hex.EncodeToString([]byte(canary)),
			base64.StdEncoding.EncodeToString([]byte(canary))[:8*len(canary)/6-2], // without the end, which depends on what follows
		} {
			if at := bytes.Index(text, []byte(spelled)); at >= 0 {
				before := text[max(0, at-60):at]
				t.Errorf("S-39: %s is in %s, after %q", what, where, before)
				break
			}
		}
	}
}

// whole is everything that a child has written so far.
func (j *journal) whole() []byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	return bytes.Clone(j.text.Bytes())
}

var pageLink = regexp.MustCompile(`href="(/[^"#]*)"`)

// crawl reads every page that can be reached by links, at most so many.
func (b *browser) crawl(most int, see func(path string, page []byte)) int {
	b.w.t.Helper()
	queue, seen := []string{"/"}, map[string]bool{"/": true}
	read := 0
	for ; len(queue) > 0 && read < most; read++ {
		path := queue[0]
		queue = queue[1:]
		req, err := http.NewRequest(http.MethodGet, b.w.child.url+path, nil)
		if err != nil {
			b.w.t.Fatal(err)
		}
		for name, value := range b.cookies {
			req.Header.Add("Cookie", name+"="+value)
		}
		answer, err := client.Do(req)
		if err != nil {
			b.w.t.Fatal(err)
		}
		var page bytes.Buffer
		err = answer.Write(&page)
		answer.Body.Close()
		if err != nil {
			b.w.t.Fatal(err)
		}
		see(path, page.Bytes())
		for _, link := range append(pageLink.FindAllSubmatch(page.Bytes(), -1), nil) {
			if link == nil {
				continue
			}
			next := strings.ReplaceAll(string(link[1]), "&amp;", "&")
			if !seen[next] && !strings.HasPrefix(next, "/static") && !strings.HasPrefix(next, "/events") && !strings.HasPrefix(next, "/logout") {
				seen[next] = true
				queue = append(queue, next)
			}
		}
		if to := answer.Header.Get("Location"); strings.HasPrefix(to, "/") && !seen[to] {
			seen[to] = true
			queue = append(queue, to)
		}
	}
	return read
}

// dump is everything that the database holds.
func dump(t *testing.T, address string) (all []byte) {
	t.Helper()
	if path, ok := strings.CutPrefix(address, "sqlite://"); ok {
		files, err := filepath.Glob(path + "*")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, ".key") {
				continue
			}
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, text...)
		}
		return all
	}
	db := storetest.Beside(t, address)
	var names []string
	tables, err := db.QueryContext(t.Context(), `SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()`)
	if err != nil {
		t.Fatal(err)
	}
	defer tables.Close()
	for tables.Next() {
		var name string
		if err := tables.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := tables.Err(); err != nil || len(names) < 10 {
		t.Fatalf("%d tables, %v", len(names), err)
	}
	for _, name := range names {
		var text *string
		if err := db.QueryRowContext(t.Context(), `SELECT string_agg(row_to_json(r)::text, E'\n') FROM `+name+` r`).Scan(&text); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if text != nil {
			all = append(all, *text...)
		}
	}
	return all
}

// live are the secrets of now.
func (w *world) live(secret canaries, round string) {
	w.t.Helper()
	s := w.secrets()
	secret.add("the access token "+round, s.AccessToken)
	secret.add("the refresh token "+round, s.RefreshToken)
	secret.add("the secret of the app", s.ClientSecret)
}

// A whole thread with every kind of trouble, and then a search for each secret
// in everything that comes out of the program: log, pages, API, database,
// metrics, profiles, and what it writes when it crashes. Names and addresses of
// people may be in the database and on pages, but in no log.
func TestNoSecretIsAnywhere(t *testing.T) { // S-39
	engines(t, func(t *testing.T, address string) {
		w := newWorld(t, address, options{unconnected: true, env: []string{
			"TIDEGATE_LOG_LEVEL=debug", "TIDEGATE_SUMMARY_URL=http://127.0.0.1:9/v1", "TIDEGATE_SUMMARY_MODEL=small", "TIDEGATE_SUMMARY_KEY=sk-canary-of-the-language-model",
		}})
		secret, personal := canaries{"the API key": w.key, "the password": adminPassword, "the key": secretKey, "the language model's key": "sk-canary-of-the-language-model"}, canaries{}
		raw, err := base64.StdEncoding.DecodeString(secretKey)
		if err != nil {
			t.Fatal(err)
		}
		secret.add("the key's bytes", string(raw))
		w.connectByConsent()
		w.listening()
		w.anchor()
		w.live(secret, "at first")
		b := w.signIn()
		for name, value := range b.cookies {
			secret.add("the cookie "+name, value)
		}
		w.trouble(secret, personal)
		pages := b.crawl(60, func(path string, page []byte) { secret.search(t, "the page "+path, withoutCookies(page)) })
		if pages < 15 {
			t.Errorf("S-39: only %d pages were found", pages)
		}
		for _, path := range []string{"/status", "/log?limit=500", "/records/Contact?limit=500"} {
			_, body := w.call(http.MethodGet, path, nil)
			secret.search(t, "the API's "+path, []byte(body))
		}
		for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/goroutine?debug=2", "/debug/pprof/heap?debug=1", "/debug/pprof/allocs?debug=1"} {
			code, body := w.get(w.ops + path)
			if code != http.StatusOK || len(body) < 100 {
				t.Errorf("S-39: %s gives %d %q", path, code, body)
			}
			secret.search(t, path, []byte(body))
			personal.search(t, path, []byte(body))
		}
		w.notOutside()
		rows := dump(t, address)
		secret.search(t, "the database", rows)
		if !bytes.Contains(rows, []byte("quintessa@canary.example")) {
			t.Error("S-39: not all of the database was searched")
		}
		w.signal(syscall.SIGQUIT) // Go's way to crash, with all stacks
		<-w.child.done
		crash := w.child.log.whole()
		if !bytes.Contains(crash, []byte("\ngoroutine 1 ")) {
			t.Error("S-39: it did not crash")
		}
		secret.search(t, "log and crash output", crash)
		personal.search(t, "log and crash output", crash)
		secret.search(t, "the database after the crash", dump(t, address))
	})
}

// withoutCookies is an answer without the header that sets them.
func withoutCookies(page []byte) []byte {
	return regexp.MustCompile(`(?m)^Set-Cookie:.*$`).ReplaceAll(page, nil)
}

// trouble makes everything go wrong that may write a secret somewhere.
func (w *world) trouble(secret, personal canaries) {
	w.t.Helper()
	id := w.contacts(1)[0]
	personal.add("a name", "Quintessa Canaryworth")
	personal.add("an address", "quintessa@canary.example")
	person := map[string]any{"email": "quintessa@canary.example", "first_name": "Quintessa", "last_name": "Quintessa Canaryworth"}
	w.fault(map[string]any{"kind": "rotate_refresh_tokens"})
	w.fault(map[string]any{"kind": "expire_tokens"})
	w.person("canary-1", person)
	w.quiet()
	w.live(secret, "after a renewal")
	for _, f := range []map[string]any{
		{"kind": "html_instead_of_json", "count": 2},
		{"kind": "lose_response", "method": http.MethodPatch, "path": "/services/data"},
		{"kind": "unknown_error", "method": http.MethodPatch},
		{"kind": "validation_rule", "object": "Contact"},
		{"kind": "lock_rows", "object": "Contact"},
		{"kind": "http_status", "status": 503, "method": http.MethodPatch},
		{"kind": "duplicate_rule", "object": "Contact", "mode": "block", "seconds": 2},
	} {
		w.fault(f)
		w.call(http.MethodPatch, "/records/Contact/"+id, map[string]any{"fields": map[string]any{"Title": "Quintessa Canaryworth"}})
		w.call(http.MethodPut, "/people/canary-2", person)
	}
	w.fault(map[string]any{"kind": "expire_tokens"})
	w.fault(map[string]any{"kind": "html_instead_of_json", "path": tokenPath})
	w.fault(map[string]any{"kind": "token_answer", "field": "instance_url"})
	w.change(map[string]any{"object": "Contact", "op": "update", "count": 10, "seed": 39})
	w.mirrorEqualsOrg()
	w.live(secret, "after trouble")
	do(w.t, http.MethodGet, w.child.url+"/settings/salesforce/callback?code=canary-code-1234567&state=canary-state-1234567", "", nil)
	secret["a foreign code"] = "canary-code-1234567"
	do(w.t, http.MethodGet, w.child.url+"/api/v1/status", "canary-key-that-is-wrong", nil)
	secret["a wrong API key"] = "canary-key-that-is-wrong"
	w.fault(map[string]any{"kind": "revoke_tokens"})
	w.fault(map[string]any{"kind": "expire_tokens"})
	if reason := w.needsReconnect(); reason == "" {
		w.t.Error("no reason is given")
	}
	time.Sleep(300 * time.Millisecond) // let it log what follows
	if s := w.status(); s.State != string(gateway.StateNeedsReconnect) {
		w.t.Errorf("state %s", s.State)
	}
}

// notOutside checks that metrics and profiles are not served where browsers
// come, and that the operations address serves nothing else.
func (w *world) notOutside() { // S-48
	w.t.Helper()
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/cmdline", "/debug/vars"} {
		if code, body := w.get(w.child.url + path); code == http.StatusOK {
			w.t.Errorf("S-48: %s is served outside: %.80s", path, body)
		}
	}
	for _, path := range []string{"/", "/api/v1/status", "/debug/pprof/cmdline"} {
		if code, body := w.get(w.ops + path); code == http.StatusOK {
			w.t.Errorf("S-48: %s is served inside: %.80s", path, body)
		}
	}
}
