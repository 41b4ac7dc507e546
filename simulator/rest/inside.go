package rest

import (
	"context"
	"net/http"
	"strings"

	"tidegate/simulator/oauth"
	"tidegate/simulator/org"
)

type contextKey int

const insideKey contextKey = 0

// inside marks a subrequest of a composite: authenticated and counted already.
type inside struct {
	session oauth.Session
	caller  org.Caller
	tx      *org.Tx
}

// sub serves a subrequest of this call and returns its answer.
func (c *call) sub(method, url string, body []byte, headers map[string]string) *answer {
	ctx := context.WithValue(c.r.Context(), insideKey, inside{c.session, c.caller, c.tx})
	rec := &answer{header: http.Header{}, status: http.StatusOK}
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(string(body)))
	if err != nil || !strings.HasPrefix(r.URL.Path, "/services/data/") {
		rec.status = http.StatusNotFound
		rec.body = []byte(`[{"message":"The requested resource does not exist","errorCode":"NOT_FOUND"}]`)
		return rec
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	c.ServeHTTP(rec, r)
	return rec
}

// answer keeps what a subrequest wrote.
type answer struct {
	header http.Header
	status int
	body   []byte
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { a.body = append(a.body, b...); return len(b), nil }
