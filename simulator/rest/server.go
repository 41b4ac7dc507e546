// Package rest is the REST API of the simulated org: versions, limits,
// describe, records, collections, composite, query, replication.
package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"tidegate/simulator/bulk"
	"tidegate/simulator/fault"
	"tidegate/simulator/oauth"
	"tidegate/simulator/org"
	"tidegate/simulator/policy"
	"tidegate/simulator/soql"
)

const (
	// OldestVersion and NewestVersion bound what is served; older ones answer 410.
	OldestVersion, NewestVersion = 31, 67

	maxBody = 50 << 20
)

// Server answers /services/data. It is safe for concurrent use.
type Server struct {
	// Deliveries tells how many events may be delivered in 24 hours (0 where that
	// is not limited) and how many were; nil where there are no events.
	Deliveries func() (most, used int)

	org     *org.Org
	auth    *oauth.Server
	baseURL func() string
	mux     *http.ServeMux

	// EventSchemas and Tooling may be left out; then their paths are not there.
	EventSchemas EventSchemas
	Tooling      func(*soql.Query) *org.Org // nil: of no query
	Metadata     Metadata

	// Push says something on a generic streaming channel and tells which users
	// listen there; nil where there are none.
	Push func(channel string, events []PushEvent) map[string]bool

	// Limits are set before the first call, or not at all.
	Limits Limits

	used      usage
	cursors   cursors
	recents   recents
	jobs      *bulk.Jobs
	describes sync.Map // "object version schema" → JSON
}

// New returns a server for the org; baseURL is used in describe's page links.
func New(o *org.Org, auth *oauth.Server, baseURL func() string) *Server {
	s := &Server{org: o, auth: auth, baseURL: baseURL, jobs: bulk.New(o)}
	s.jobs.Saved = bulkSaved
	s.cursors.open = map[string]*cursor{}
	s.mux = s.routes()
	return s
}

// Close ends what the server does in the background.
func (s *Server) Close() { s.jobs.Close() }

// bulk is this call as the bulk API takes it.
func (c *call) bulk() bulk.Call {
	return bulk.Call{W: c.w, R: c.r, Caller: c.caller, Version: c.version}
}

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /services/data", s.versions)
	mux.HandleFunc("GET /services/data/{$}", s.versions)
	const base = "/services/data/{version}"
	add := func(pattern string, fn func(*call) error) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(strings.TrimSpace(method+" "+base+path), s.api(fn))
	}
	add("GET ", (*call).resources)
	add("GET /{$}", (*call).resources)
	add("GET /limits", (*call).limits)
	add("GET /limits/{$}", (*call).limits)
	add("GET /recent", (*call).recent)
	add("GET /recent/{$}", (*call).recent)
	addTooling(add)
	add("GET /event/eventSchema/{schema}", (*call).eventSchema)
	add("GET /sobjects/{object}/eventSchema", (*call).eventSchemaOf)
	add("GET /sobjects", (*call).describeGlobal)
	add("GET /sobjects/{$}", (*call).describeGlobal)
	add("GET /sobjects/{object}", (*call).basicInfo)
	add("GET /sobjects/{object}/{$}", (*call).basicInfo)
	add("POST /sobjects/{object}", (*call).create)
	add("POST /sobjects/{object}/{$}", (*call).create)
	add("POST /sobjects/{object}/Id", (*call).create) // an upsert without a key
	add("POST /sobjects/{object}/Id/{$}", (*call).create)
	add("GET /sobjects/{object}/describe", (*call).describe)
	add("GET /sobjects/{object}/describe/{$}", (*call).describe)
	addLayouts(add)
	addListViews(add)
	addPicklists(add)
	addEmpty(add)
	add("GET /sobjects/{object}/updated", (*call).updated)
	add("GET /sobjects/{object}/updated/{$}", (*call).updated)
	add("GET /sobjects/{object}/deleted", (*call).deleted)
	add("GET /sobjects/{object}/deleted/{$}", (*call).deleted)
	add("GET /sobjects/StreamingChannel/{id}/push", (*call).listeners)
	add("POST /sobjects/StreamingChannel/{id}/push", (*call).push)
	add("GET /sobjects/{object}/{id}", (*call).retrieve)
	add("PATCH /sobjects/{object}/{id}", (*call).update)
	add("DELETE /sobjects/{object}/{id}", (*call).remove)
	add("GET /sobjects/{object}/{field}/{value}", (*call).retrieveByKey)
	add("PATCH /sobjects/{object}/{field}/{value}", (*call).upsert)
	add("DELETE /sobjects/{object}/{field}/{value}", (*call).removeByKey)
	for _, path := range []string{"/query", "/query/{$}"} {
		add("GET "+path, func(c *call) error { return c.query(false) })
	}
	for _, path := range []string{"/queryAll", "/queryAll/{$}"} {
		add("GET "+path, func(c *call) error { return c.query(true) })
	}
	add("GET /query/{locator}", (*call).queryMore)
	add("GET /queryAll/{locator}", (*call).queryMore)
	add("POST /composite", (*call).composite)
	add("POST /composite/{$}", (*call).composite)
	add("POST /composite/batch", (*call).batch)
	add("POST /composite/tree/{object}", (*call).tree)
	add("POST /composite/tree/{object}/{$}", (*call).tree)
	add("POST /composite/graph", (*call).graph)
	add("POST /composite/graph/{$}", (*call).graph)
	add("GET /search", (*call).search)
	add("GET /search/{$}", (*call).search)
	add("GET /search/scopeOrder", (*call).searchScope)
	add("GET /search/layout", (*call).searchLayout)
	add("GET /search/layout/{$}", (*call).searchLayout)
	add("GET /parameterizedSearch", (*call).parameterizedSearch)
	add("GET /parameterizedSearch/{$}", (*call).parameterizedSearch)
	add("POST /parameterizedSearch", (*call).parameterizedSearch)
	add("POST /parameterizedSearch/{$}", (*call).parameterizedSearch)
	add("POST /composite/sobjects", (*call).insertMany)
	add("PATCH /composite/sobjects", (*call).updateMany)
	add("DELETE /composite/sobjects", (*call).deleteMany)
	add("GET /composite/sobjects/{object}", (*call).retrieveMany)
	add("POST /composite/sobjects/{object}", (*call).retrieveMany)
	add("PATCH /composite/sobjects/{object}/{field}", (*call).upsertMany)
	for _, route := range bulk.Routes() {
		fn := func(c *call) error { return route.Serve(c.jobs, c.bulk()) }
		add(route.Method+" "+route.Path, fn)
		add(route.Method+" "+route.Path+"/{$}", fn)
	}
	add("GET /composite", (*call).composites)
	add("GET /composite/{$}", (*call).composites)
	add(" /", (*call).nowhere)
	return mux
}

// maxURL is where the platform's front end gives up, in bytes.
const maxURL = 16_384

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if len(r.URL.RequestURI()) > maxURL {
		w.Header().Set("Content-Type", "text/html;charset=iso-8859-1")
		w.WriteHeader(http.StatusRequestURITooLong)
		_, _ = io.WriteString(w, "<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>") // the reader may have left
		return
	}
	if len(r.URL.RequestURI())+headerSize(r.Header) > maxURL {
		w.Header().Set("Content-Type", "text/html;charset=iso-8859-1")
		w.WriteHeader(http.StatusRequestHeaderFieldsTooLarge)
		_, _ = io.WriteString(w, "<h1>Bad Message 431</h1><pre>reason: Request Header Fields Too Large</pre>") // as above
		return
	}
	r = withoutSuffix(r)
	// Case matters in this one, as on the platform.
	if method := r.URL.Query().Get("_HttpMethod"); method != "" && r.Method == http.MethodPost {
		r = r.Clone(r.Context())
		r.Method = method
	}
	s.mux.ServeHTTP(w, unpack(r))
}

// headerSize is how many bytes the headers have, with the separators of their lines.
func headerSize(h http.Header) (n int) {
	for name, values := range h {
		for _, value := range values {
			n += len(name) + len(value) + len(": \r\n")
		}
	}
	return n
}

// withoutSuffix takes away the .json that addresses could end with before v58.
func withoutSuffix(r *http.Request) *http.Request {
	m := suffixForm.FindStringSubmatch(r.URL.Path)
	if m == nil {
		return r
	}
	if n, _ := strconv.Atoi(m[2]); n >= 58 {
		return r
	}
	r = r.Clone(r.Context())
	r.URL.Path, r.URL.RawPath = m[1], ""
	return r
}

var suffixForm = regexp.MustCompile(`^(/services/data/v(\d{1,2})\.0(?:/.*)?)\.json$`)

// call is one request on its way through a handler.
type call struct {
	*Server
	w       http.ResponseWriter
	r       *http.Request
	version string // "66.0"
	number  int    // 66
	session oauth.Session
	caller  org.Caller
	tx      *org.Tx // the transaction of an all-or-none composite, else nil

	duplicate *policy.Duplicate // that refused this call's write
}

var versionForm = regexp.MustCompile(`^v(\d{1,2})\.0$`)

// api wraps a handler with what every call has: version, session, counting,
// and errors as the platform's JSON array.
func (s *Server) api(fn func(*call) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{Server: s, w: w, r: r}
		if err := c.begin(); err != nil {
			c.fail(err)
			return
		}
		if err := fn(c); err != nil {
			c.fail(err)
		}
	}
}

func (c *call) begin() error {
	m := versionForm.FindStringSubmatch(c.r.PathValue("version"))
	if m == nil {
		return org.NotFound("The requested resource does not exist")
	}
	c.number, _ = strconv.Atoi(m[1]) // digits by the pattern
	c.version = strings.TrimPrefix(c.r.PathValue("version"), "v")
	switch {
	case c.number < OldestVersion:
		return &org.Error{Code: "UNSUPPORTED_API_VERSION", Message: "API version " + c.version + " is no longer supported", Status: http.StatusGone}
	case c.number > NewestVersion:
		return org.NotFound("The requested resource does not exist")
	}
	if in, ok := c.r.Context().Value(insideKey).(inside); ok {
		c.session, c.caller, c.tx = in.session, in.caller, in.tx
		return nil
	}
	header := c.r.Header.Get("Authorization")
	session, ok := c.auth.Check(header)
	switch {
	case header == "":
		return &org.Error{Code: "INVALID_AUTH_HEADER", Message: "INVALID_JWT_FORMAT", Status: http.StatusUnauthorized}
	case !ok:
		return &org.Error{Code: "INVALID_SESSION_ID", Message: "Session expired or invalid", Status: http.StatusUnauthorized}
	}
	c.session = session
	c.caller = org.Caller{UserID: session.UserID, Origin: c.origin()}
	used := c.used.add(c.org.Now(), 1)
	c.w.Header().Set("Sforce-Limit-Info", c.limitInfo(used))
	if c.exhausted(used) {
		return &org.Error{Code: "REQUEST_LIMIT_EXCEEDED", Message: "TotalRequests Limit exceeded.", Status: http.StatusForbidden}
	}
	return nil
}

// origin is the changeOrigin of what this call writes.
func (c *call) origin() string {
	origin := "com/salesforce/api/rest/" + c.version
	for part := range strings.SplitSeq(c.r.Header.Get("Sforce-Call-Options"), ",") {
		if name, client, ok := strings.Cut(strings.TrimSpace(part), "="); ok && name == "client" {
			origin += ";client=" + client
		}
	}
	return origin
}

// base is the path prefix of this call's version.
func (c *call) base() string { return "/services/data/v" + c.version }

// read and write use the composite's transaction where there is one.
func (c *call) read(fn func(org.View)) {
	if c.tx != nil {
		fn(c.tx.For(c.caller.UserID))
		return
	}
	c.org.ReadAs(c.caller.UserID, fn)
}

func (c *call) write(fn func(*org.Tx) error) error {
	if c.tx == nil {
		_, err := c.org.Transact(c.caller, fn)
		return err
	}
	mark := c.tx.Mark()
	err := fn(c.tx)
	if err != nil {
		c.tx.Rollback(mark)
	}
	return err
}

// refusal is one element of an error body. fields is absent where the error is
// about none.
type refusal struct {
	Message string   `json:"message"`
	Code    string   `json:"errorCode"`
	Fields  []string `json:"fields,omitempty"`
}

func (c *call) fail(err error) {
	var refused *org.Error
	if !errors.As(err, &refused) {
		refused = &org.Error{Code: "UNKNOWN_EXCEPTION", Message: "An unexpected error occurred.", Status: http.StatusInternalServerError}
	}
	if c.duplicate != nil && refused.Code == "DUPLICATES_DETECTED" {
		c.failDuplicate(c.duplicate)
		return
	}
	told := refusal{refused.Message, refused.Code, refused.Fields}
	if c.Server != nil && len(told.Fields) > 0 {
		if _, hide := due(c.org.Faults(), fault.MissingFields, c.r); hide {
			told.Fields = nil
		}
	}
	c.json(refused.Status, []refusal{told})
}

func (c *call) json(status int, body any) {
	encoded, err := json.Marshal(body)
	if err != nil {
		status, encoded = http.StatusInternalServerError, []byte("[]")
	}
	c.raw(status, encoded)
}

func (c *call) raw(status int, body []byte) {
	c.w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	if c.r.Header.Get("X-PrettyPrint") == "1" {
		var pretty bytes.Buffer
		if json.Indent(&pretty, body, "", "  ") == nil {
			body = pretty.Bytes()
		}
	}
	body = c.pack(body)
	c.w.WriteHeader(status)
	_, _ = c.w.Write(body) // the reader may have left
}

// body decodes the JSON body into v, numbers kept as they were written.
func (c *call) body(v any) error {
	d := json.NewDecoder(http.MaxBytesReader(c.w, c.r.Body, maxBody))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		var tooBig *http.MaxBytesError
		if errors.As(err, &tooBig) {
			return &org.Error{Code: "REQUEST_TOO_LARGE", Message: "request body is too large", Status: http.StatusRequestEntityTooLarge}
		}
		return org.Refuse("JSON_PARSER_ERROR", unreadable(err))
	}
	return nil
}

// unreadable says where a body cannot be read, in the platform's words.
func unreadable(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "Unexpected end-of-input in VALUE_NULL"
	case errors.As(err, &syntax):
		return fmt.Sprintf("Unexpected character at [line:1, column:%d]", syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Sprintf("Cannot deserialize instance of the requested type from %s value at [line:1, column:%d]", kind.Value, kind.Offset)
	}
	return "The HTTP entity body is required, but this request has no entity body."
}

// object finds the object named in the path.
func (c *call) object() (*org.Object, error) {
	if o := c.org.ObjectFor(c.caller.UserID, c.r.PathValue("object")); o != nil {
		return o, nil
	}
	return nil, org.NotFound("The requested resource does not exist")
}
