package handlers

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"

	"tidegate/gateway"
)

// browser keeps cookies and sends what a browser sends, without a script.
type browser struct {
	w       *world
	cookies map[string]string
	header  map[string]string
	host    string
}

// answer is what came back.
type answered struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

func (w *world) browser() *browser {
	return &browser{w: w, cookies: map[string]string{}, header: map[string]string{"Sec-Fetch-Site": "same-origin"}, host: "tidegate.test"}
}

// as returns a browser in which a member of a workspace is signed in.
func (w *world) as(ws gateway.WorkspaceID, role gateway.Role) *browser {
	w.t.Helper()
	b := w.browser()
	if got := b.post("/login", url.Values{"email": {email(ws, role)}, "password": {password}}); got.status != http.StatusSeeOther {
		w.t.Fatalf("signing in: %d %s", got.status, got.body)
	}
	return b
}

// product is the host product, with a key.
func (w *world) product(key string) *browser {
	b := w.browser()
	b.header = map[string]string{"Authorization": "Bearer " + key}
	return b
}

func (b *browser) send(method, target, contentType, body string) answered {
	b.w.t.Helper()
	var from io.Reader
	if body != "" {
		from = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, target, from)
	r.Host = b.host
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for name, value := range b.header {
		r.Header.Set(name, value)
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	resp, err := b.w.server.App().Test(r, -1)
	must(b.w.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	must(b.w.t, err)
	for _, c := range resp.Cookies() {
		b.cookies[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return answered{t: b.w.t, status: resp.StatusCode, header: resp.Header, body: string(raw)}
}

func (b *browser) get(target string) answered {
	b.w.t.Helper()
	return b.send(http.MethodGet, target, "", "")
}

func (b *browser) post(target string, form url.Values) answered {
	b.w.t.Helper()
	return b.send(http.MethodPost, target, "application/x-www-form-urlencoded", form.Encode())
}

// review posts a form of the organization's settings and confirms the review
// that it leads to.
func (b *browser) review(target string, form url.Values) answered {
	b.w.t.Helper()
	page := b.post(target, form).want(http.StatusOK, "Nothing is saved yet.", "Save Changes & Start Syncing")
	return b.post(target, agreed(page.form(target)))
}

// agreed answers what a review of a dangerous change asks.
func agreed(form url.Values) url.Values {
	if form.Has("password") {
		form.Set("password", password)
		form.Set("confirm", "on")
	}
	return form
}

func (b *browser) json(method, target, body string) answered {
	b.w.t.Helper()
	return b.send(method, target, "application/json", body)
}

// clone is the same browser at this moment; what happens to one does not
// reach the other.
func (b *browser) clone() *browser {
	c := &browser{w: b.w, host: b.host, cookies: map[string]string{}, header: map[string]string{}}
	for k, v := range b.cookies {
		c.cookies[k] = v
	}
	for k, v := range b.header {
		c.header[k] = v
	}
	return c
}

// want fails unless the answer has the status and every text.
func (a answered) want(status int, texts ...string) answered {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("status %d, want %d:\n%s", a.status, status, brief(a.words()))
	}
	for _, text := range texts {
		if !strings.Contains(a.words(), text) {
			a.t.Errorf("the page does not say %q:\n%s", text, brief(a.words()))
		}
	}
	return a
}

func brief(text string) string {
	if len(text) > 3000 {
		return text[:3000] + "…"
	}
	return text
}

// words is the text of a page as a person reads it; other answers stay as
// they are.
func (a answered) words() string {
	if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		return a.body
	}
	var out []string
	walk(a.tree(), func(n *html.Node) {
		if n.Type == html.TextNode && strings.TrimSpace(n.Data) != "" {
			out = append(out, strings.Join(strings.Fields(n.Data), " "))
		}
	})
	return strings.Join(out, " ")
}

func (a answered) tree() *html.Node {
	a.t.Helper()
	root, err := html.Parse(strings.NewReader(a.body))
	must(a.t, err)
	return root
}

func (a answered) decode(into any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.body), into); err != nil {
		a.t.Fatalf("%v in %s", err, a.body)
	}
}

// links are the addresses of all links of a page, in order.
func (a answered) links() []string {
	a.t.Helper()
	var out []string
	walk(a.tree(), func(n *html.Node) {
		if n.Type == html.ElementNode && n.Data == "a" {
			out = append(out, attr(n, "href"))
		}
	})
	return out
}

// rel is the address of the link with that rel, "" when there is none.
func (a answered) rel(rel string) string {
	found := ""
	walk(a.tree(), func(n *html.Node) {
		if n.Type == html.ElementNode && n.Data == "a" && attr(n, "rel") == rel {
			found = attr(n, "href")
		}
	})
	return found
}

// form reads the POST form with that address as a browser would send it
// untouched: the successful controls only.
func (a answered) form(action string) url.Values {
	a.t.Helper()
	var form *html.Node
	walk(a.tree(), func(n *html.Node) {
		if n.Type == html.ElementNode && n.Data == "form" && attr(n, "method") == "post" && attr(n, "action") == action {
			form = n
		}
	})
	if form == nil {
		a.t.Fatalf("no form posts to %s:\n%s", action, brief(a.body))
	}
	out := url.Values{}
	walk(form, func(n *html.Node) {
		name := attr(n, "name")
		if n.Type != html.ElementNode || name == "" || has(n, "disabled") || has(n, "form") {
			return
		}
		switch n.Data {
		case "input":
			kind := attr(n, "type")
			if (kind == "checkbox" || kind == "radio") && !has(n, "checked") {
				return
			}
			out.Add(name, attr(n, "value"))
		case "textarea":
			out.Add(name, inner(n))
		case "select":
			out.Add(name, chosen(n))
		}
	})
	return out
}

func chosen(sel *html.Node) string {
	value, first := "", true
	walk(sel, func(n *html.Node) {
		if n.Type == html.ElementNode && n.Data == "option" && (first || has(n, "selected")) {
			value, first = attr(n, "value"), false
		}
	})
	return value
}

func inner(n *html.Node) string {
	var b strings.Builder
	walk(n, func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	})
	return b.String()
}

func walk(n *html.Node, visit func(*html.Node)) {
	visit(n)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		walk(c, visit)
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func contains(text, part string) bool { return strings.Contains(text, part) }

// syncBuffer is a log that several goroutines write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
