package bayeux

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// httpLink exchanges messages by POST. It belongs to one session and has that
// session's cookies: a load balancer's route and the server's browser mark.
type httpLink struct {
	url    string
	client *http.Client
	auth   func(context.Context) (string, error)
	max    int64
	inbox  *inbox
	met    func(events int)
}

func newHTTPLink(cfg *Config, auth func(context.Context) (string, error), in *inbox, met func(int)) (*httpLink, error) {
	cookies, err := newJar()
	if err != nil {
		return nil, err
	}
	return &httpLink{
		url: cfg.URL,
		client: &http.Client{
			Transport: cfg.HTTP.Transport,
			Jar:       cookies,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			},
		},
		auth:  auth,
		max:   cfg.MaxMessage,
		inbox: in,
		met:   met,
	}, nil
}

func (l *httpLink) transport() Transport { return LongPolling }

// exchange posts the messages together and returns their replies in the same
// order. Events in the answer go to the inbox, also when a reply is missing:
// what could be read was sent in order.
func (l *httpLink) exchange(ctx context.Context, out []*request) ([]message, error) {
	status, header, body, err := l.post(ctx, out)
	if err != nil {
		return nil, err
	}
	// Whether refusals come with 200 or with 4xx differs by server; an array
	// of messages counts whatever the status says.
	answer, err := splitAnswer(body)
	if err != nil {
		return nil, httpSetback(status, header, err)
	}
	l.met(l.inbox.put(answer))
	replies, err := match(out, answer)
	if err != nil {
		return nil, httpSetback(status, header, err)
	}
	for i := range replies {
		if status == http.StatusUnauthorized && !replies[i].successful && replies[i].errText == "" {
			replies[i].errText = "401::HTTP status 401"
		}
	}
	return replies, nil
}

func (l *httpLink) post(ctx context.Context, out []*request) (int, http.Header, []byte, error) {
	body, err := encode(out)
	if err != nil {
		return 0, nil, nil, fmt.Errorf("encoding messages: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, fmt.Errorf("making a request: %w", err)
	}
	token, err := l.auth(ctx)
	if err != nil {
		return 0, nil, nil, err
	}
	if token != "" {
		req.Header.Set("Authorization", token)
	}
	req.Header.Set("Content-Type", "application/json;charset=UTF-8")
	req.Header.Set("Accept", "application/json")
	// Asked for by name, so that it also works through a round tripper that
	// does not do it by itself.
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := l.client.Do(req)
	if err != nil {
		return 0, nil, nil, broken("sending to the server", err)
	}
	defer resp.Body.Close()
	answer, err := readAnswer(resp, l.max)
	if err != nil {
		return 0, nil, nil, broken("reading the server's answer", err)
	}
	return resp.StatusCode, resp.Header, answer, nil
}

// readAnswer reads at most max bytes, counted after decompression.
func readAnswer(resp *http.Response, most int64) ([]byte, error) {
	var from io.Reader = resp.Body
	if strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		unzipped, err := gzip.NewReader(resp.Body)
		if err != nil {
			return nil, err
		}
		from = unzipped
	}
	var buf bytes.Buffer
	if n := resp.ContentLength; n > 0 && n <= most {
		buf.Grow(int(n) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(io.LimitReader(from, most+1))
	if err != nil {
		return nil, err
	}
	if n > most {
		return nil, fmt.Errorf("answer larger than %d bytes", most)
	}
	return buf.Bytes(), nil
}

// httpSetback judges an answer that is not Bayeux, by its status.
func httpSetback(status int, header http.Header, err error) error {
	text := fmt.Sprintf("HTTP status %d without a usable answer", status)
	switch status {
	case http.StatusUnauthorized:
		return &setback{course: courseAuth, text: text}
	case http.StatusForbidden:
		// A firewall or an address range, not the token: Bayeux would say so.
		return &setback{course: courseBusy, text: text}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return &setback{course: courseHandshake, text: text, wait: retryAfter(header)}
	}
	return broken(text, err)
}

// retryAfter reads the header in its form of seconds, up to ten minutes.
func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, 10*time.Minute)
}

var errNoReply = errors.New("a reply is missing")

// match finds the reply to each request: by id, or by channel where a server
// leaves the id out.
func match(out []*request, answer []message) ([]message, error) {
	replies := make([]message, len(out))
	for i, q := range out {
		found := -1
		for j := range answer {
			m := &answer[j]
			if m.channel != q.Channel {
				continue
			}
			if m.id == q.ID || (m.id == "" && m.subscription == q.Subscription && found < 0) {
				found = j
			}
			if m.id == q.ID {
				break
			}
		}
		if found < 0 {
			return nil, errNoReply
		}
		replies[i] = answer[found]
	}
	return replies, nil
}

// jar is a session's cookies. As browsers do, it trusts the loopback address
// with cookies marked Secure: a server under test sets the same ones as a real
// one.
type jar struct{ *cookiejar.Jar }

func newJar() (*jar, error) {
	j, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("making a cookie jar: %w", err)
	}
	return &jar{j}, nil
}

func (j *jar) Cookies(u *url.URL) []*http.Cookie {
	if ip := net.ParseIP(u.Hostname()); u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback()) {
		secure := *u
		secure.Scheme = "https"
		return j.Jar.Cookies(&secure)
	}
	return j.Jar.Cookies(u)
}
