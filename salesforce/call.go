package salesforce

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"tidegate/gateway"
)

// maxBody bounds one answer: describeGlobal has 3 MB, a query page of 2,000
// wide rows some 20 MB.
const maxBody = 64 << 20

// request is one call of the REST API.
type request struct {
	method string
	path   string // from the host on, with query; encoded
	shape  string // the path for OnCall
	object string // what the call is about, for OnCall; "" = as the path says
	body   []byte // nil = none
	header map[string]string
	accept []int // statuses that are success; nil = 200
	open   bool  // needs no session
	// sink takes the body of a success as it comes, instead of all of it at
	// the end. Its error becomes that of the call.
	sink func(header http.Header, body io.Reader) error
}

// answer is what came back. sent is true once any of the request may have
// left this machine: from then on a missing answer tells nothing.
type answer struct {
	status int
	header http.Header
	body   []byte
	sent   bool
}

// call makes a request, renewing the session at most once. The error is a
// *gateway.Error, or carries one where a person can act.
func (c *Client) call(ctx context.Context, r request) (answer, error) {
	token, err := c.cfg.Tokens.Token(ctx)
	if err != nil {
		return answer{}, fmt.Errorf("getting a session: %w", err)
	}
	got, err := c.attempt(ctx, token, r)
	if err == nil || !isExpiry(err) {
		return got, err
	}
	if c.pausedRenewal(token.Generation) {
		return got, err
	}
	token, err = c.cfg.Tokens.Refresh(ctx, token.Generation)
	if err != nil {
		// The refused attempt did nothing: 401 comes before any work.
		return answer{}, fmt.Errorf("renewing the session: %w", err)
	}
	// The address is built again: the instance may have moved.
	got, err = c.attempt(ctx, token, r)
	c.noteRenewal(token.Generation, err)
	return got, err
}

// isExpiry reports whether renewing the session may help. A policy that blocks
// the session is another code.
func isExpiry(err error) bool {
	e, ok := errors.AsType[*gateway.Error](err)
	return ok && e.Code == gateway.CodeSFAuth && e.Status == http.StatusUnauthorized
}

func (c *Client) pausedRenewal(generation int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refused.generation == generation && !c.refused.at.IsZero() &&
		c.cfg.Now().Sub(c.refused.at) < refusedPause
}

func (c *Client) noteRenewal(generation int64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused = refusedSession{}
	if err != nil && isExpiry(err) {
		c.refused = refusedSession{generation: generation, at: c.cfg.Now()}
	}
}

// attempt sends a request once.
func (c *Client) attempt(ctx context.Context, token Token, r request) (answer, error) {
	base, err := c.cfg.Guard.Base(token.InstanceURL)
	if err != nil {
		return answer{}, badInstance(err)
	}
	// Our own flag, because net/http's errors do not tell "never sent" from
	// "sent and no answer".
	var sent atomic.Bool
	ctx, cancel := context.WithTimeout(ctx, c.callTimeout)
	defer cancel()
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaders: func() { sent.Store(true) },
	})
	req, err := c.build(traced, base, token, r)
	if err != nil {
		return answer{}, err
	}
	began := c.cfg.Now()
	resp, err := c.http.Do(req)
	if err != nil {
		c.onCall(ctx, r, 0)
		if refusedByGuard, ok := errors.AsType[*gateway.Error](err); ok {
			return answer{}, refusedByGuard
		}
		// Only its inner error: url.Error shows the address, and a query holds
		// names and e-mail addresses.
		if outer, ok := errors.AsType[*url.Error](err); ok {
			err = outer.Err
		}
		return answer{sent: sent.Load()}, lost("calling "+r.shape, err)
	}
	defer resp.Body.Close()
	c.onCall(ctx, r, resp.StatusCode)
	c.noteUsage(resp.Header)
	c.skew.note(resp.Header, began, c.cfg.Now())
	if r.sink != nil && accepted(r, resp.StatusCode) {
		body, err := unpacked(resp.Body)
		if err != nil {
			return answer{sent: true}, lost("reading the answer of "+r.shape, err)
		}
		return answer{status: resp.StatusCode, header: resp.Header, sent: true}, r.sink(resp.Header, body)
	}
	body, err := readBody(resp.Body)
	got := answer{status: resp.StatusCode, header: resp.Header, body: body, sent: true}
	if !accepted(r, resp.StatusCode) {
		if resp.StatusCode < 300 {
			return got, unreadable(resp.StatusCode, body, errors.New("the status is not the one of this call"))
		}
		return got, errorOf(resp.StatusCode, resp.Header, body, c.cfg.Now())
	}
	if err != nil {
		return got, lost("reading the answer of "+r.shape, err)
	}
	return got, nil
}

func (c *Client) build(ctx context.Context, base string, token Token, r request) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, base+r.path, body)
	if err != nil {
		return nil, fmt.Errorf("building %s: %w", r.shape, err)
	}
	if req.URL.Scheme+"://"+strings.ToLower(req.URL.Host) != base {
		return nil, refuse("the path leads to another host")
	}
	h := req.Header
	h.Set("Accept", "application/json")
	// Asked for by hand, because some answers promise gzip and are plain or
	// the other way round; readBody looks at the bytes.
	h.Set("Accept-Encoding", "gzip")
	h.Set("Sforce-Call-Options", "client="+c.cfg.ClientName)
	if r.body != nil {
		h.Set("Content-Type", "application/json; charset=UTF-8")
	}
	if !r.open {
		h.Set("Authorization", "Bearer "+token.Access)
	}
	for name, value := range r.header {
		h.Set(name, value)
	}
	return req, nil
}

func accepted(r request, status int) bool {
	if r.accept == nil {
		return status == http.StatusOK
	}
	return slices.Contains(r.accept, status)
}

func (c *Client) onCall(ctx context.Context, r request, status int) {
	if c.cfg.OnCall != nil {
		c.cfg.OnCall(ctx, Call{
			Method: r.method, Path: r.shape, Object: cmp.Or(r.object, objectOf(r.path)), Status: status,
			Counted: strings.HasPrefix(r.path, "/services/data/"),
		})
	}
}

// objectOf is the object that a path names, "" if it names none.
func objectOf(path string) string {
	_, name, _ := strings.Cut(path, "/sobjects/")
	if end := strings.IndexAny(name, "/?"); end >= 0 {
		name = name[:end]
	}
	if !validName(name) {
		return ""
	}
	return name
}

func (c *Client) noteUsage(header http.Header) {
	if used, limit, ok := parseUsage(header.Get("Sforce-Limit-Info")); ok && c.cfg.OnUsage != nil {
		c.cfg.OnUsage(used, limit)
	}
}

// unpacked unpacks an answer if its bytes are gzip's. No JSON, HTML or CSV
// begins with those two bytes.
func unpacked(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(r)
	if magic, _ := buffered.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return buffered, nil
	}
	zip, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, fmt.Errorf("unpacking: %w", err)
	}
	return zip, nil
}

// readBody reads the whole of an answer.
func readBody(r io.Reader) ([]byte, error) {
	plain, err := unpacked(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(plain, maxBody+1))
	if err == nil && len(body) > maxBody {
		return nil, fmt.Errorf("the answer is longer than %d bytes", maxBody)
	}
	return body, err
}

// get makes a GET and decodes its JSON into out.
func (c *Client) get(ctx context.Context, path, shape string, out any) error {
	return c.getOf(ctx, "", path, shape, out)
}

// getOf is get of what is about an object that the path does not name.
func (c *Client) getOf(ctx context.Context, object, path, shape string, out any) error {
	return c.json(ctx, request{method: http.MethodGet, path: path, shape: shape, object: object}, out)
}

func (c *Client) json(ctx context.Context, r request, out any) error {
	got, err := c.call(ctx, r)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(got.body, out); err != nil {
		return unreadable(got.status, got.body, err)
	}
	return nil
}

// Userinfo asks who the session belongs to.
func (c *Client) Userinfo(ctx context.Context) (Identity, error) {
	got, err := c.call(ctx, request{
		method: http.MethodGet, path: "/services/oauth2/userinfo", shape: "/services/oauth2/userinfo",
	})
	if err != nil {
		return Identity{}, err
	}
	return readIdentity(got.body)
}
