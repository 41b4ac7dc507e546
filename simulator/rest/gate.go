package rest

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"sort"
	"strings"
	"sync"
	"time"

	"tidegate/simulator/fault"
	"tidegate/simulator/oauth"
)

// Ledger counts requests by method, path template and status.
type Ledger struct {
	mu    sync.Mutex
	count map[Line]int
}

// Line is one row of the ledger.
type Line struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Status int    `json:"status"`
}

// Counted is a Line with how often it happened.
type Counted struct {
	Line
	Count int `json:"count"`
}

// NewLedger returns an empty ledger.
func NewLedger() *Ledger { return &Ledger{count: map[Line]int{}} }

func (l *Ledger) add(line Line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count[line]++
}

// Lines lists what was counted since the last Clear, by path.
func (l *Ledger) Lines() []Counted {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := make([]Counted, 0, len(l.count))
	for line, n := range l.count {
		lines = append(lines, Counted{line, n})
	}
	sort.Slice(lines, func(i, j int) bool {
		a, b := lines[i], lines[j]
		if a.Path != b.Path {
			return a.Path < b.Path
		}
		if a.Method != b.Method {
			return a.Method < b.Method
		}
		return a.Status < b.Status
	})
	return lines
}

// Clear forgets everything.
func (l *Ledger) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.count)
}

var (
	idSegment      = regexp.MustCompile(`^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$`)
	versionSegment = regexp.MustCompile(`^v\d+\.\d$`)
	sobjectWords   = map[string]bool{"describe": true, "updated": true, "deleted": true}
)

// template replaces ids, versions, external keys and locators in a path, so
// that calls of one kind add up.
func template(path string) string {
	parts := strings.Split(strings.TrimSuffix(path, "/"), "/")
	for i, p := range parts {
		switch {
		case versionSegment.MatchString(p):
			parts[i] = "{version}"
		case i == 5 && parts[4] == "query" || i == 5 && parts[4] == "queryAll":
			parts[i] = "{locator}"
		case i == 6 && parts[4] == "sobjects" && !sobjectWords[p] && len(parts) == 7:
			parts[i] = "{id}"
		case i == 7 && parts[4] == "sobjects":
			parts[i] = "{value}"
		case i == 6 && parts[4] == "jobs":
			parts[i] = "{id}"
		case parts[1] == "id" && idSegment.MatchString(p):
			parts[i] = "{id}"
		}
	}
	return strings.Join(parts, "/")
}

// counter notes the status that was sent.
type counter struct {
	http.ResponseWriter
	status int
}

func (c *counter) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

// Unwrap lets ResponseController reach flushing, deadlines and hijacking.
func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// Gate lets the armed request faults happen before (and after) next serves,
// and counts every request in the ledger. The org's control passes untouched.
func Gate(next http.Handler, faults *fault.Registry, ledger *Ledger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_sim/") {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("X-SFDC-Request-Id", requestID())
		counted := &counter{w, http.StatusOK}
		defer func() {
			ledger.add(Line{r.Method, template(r.URL.Path), counted.status})
		}()
		if refused(counted, r, faults) {
			return
		}
		if strings.HasPrefix(r.URL.Path, "/cometd") && r.Header.Get("Upgrade") != "" {
			// A socket takes the connection over, so it needs the plain writer.
			counted.status = http.StatusSwitchingProtocols
			next.ServeHTTP(w, r)
			return
		}
		if _, lose := due(faults, fault.LoseResponse, r); lose {
			lost := &answer{header: http.Header{}, status: http.StatusOK}
			next.ServeHTTP(lost, r)
			counted.status = lost.status
			// What was committed stays; the caller sees only a closed connection.
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(counted, r)
	})
}

// due uses up a fault for the request. A fault without a path is meant for the
// data API only, and a lost response without a method for writes only.
func due(faults *fault.Registry, kind string, r *http.Request) (fault.Fault, bool) {
	on := fault.Subject{Path: r.URL.Path, Method: r.Method}
	f, ok := faults.Active(kind, on)
	if !ok || f.Path == "" && !strings.HasPrefix(r.URL.Path, "/services/data") {
		return f, false
	}
	if kind == fault.LoseResponse && f.Method == "" && r.Method == http.MethodGet {
		return f, false
	}
	return faults.Take(kind, on)
}

func refused(w http.ResponseWriter, r *http.Request, faults *fault.Registry) bool {
	if f, ok := due(faults, fault.Latency, r); ok {
		wait(r, cmp.Or(f.Millis, 1000))
	}
	if f, ok := due(faults, fault.HoldRequests, r); ok {
		select {
		case <-f.Lifted():
		case <-r.Context().Done(): // what was sent is carried out
		}
	}
	if f, ok := due(faults, fault.HTMLInsteadOfJSON, r); ok {
		html(w, cmp.Or(f.Status, http.StatusServiceUnavailable))
		return true
	}
	if f, ok := due(faults, fault.LimitExceeded, r); ok {
		message := f.Message
		if message == "" {
			message = "TotalRequests Limit exceeded."
		}
		(&call{w: w, r: r}).json(http.StatusForbidden, []refusal{{Message: message, Code: "REQUEST_LIMIT_EXCEEDED"}})
		return true
	}
	if _, ok := due(faults, fault.SessionRefused, r); ok {
		// Refreshing does not help: the policy is about the session's kind.
		(&call{w: w, r: r}).json(http.StatusUnauthorized, []refusal{{Message: "This session is not valid for use with the REST API", Code: "INVALID_SESSION_ID"}})
		return true
	}
	if f, ok := due(faults, fault.UnknownError, r); ok {
		told := refusal{Message: f.Message, Code: f.Code}
		if told.Code == "" {
			told.Code = "SOMETHING_NEW_HAPPENED"
		}
		(&call{w: w, r: r}).json(cmp.Or(f.Status, http.StatusBadRequest), []refusal{told})
		return true
	}
	if f, ok := due(faults, fault.HTTPStatus, r); ok {
		status := cmp.Or(f.Status, http.StatusServiceUnavailable)
		if f.RetryAfter != "" {
			w.Header().Set("Retry-After", f.RetryAfter)
		}
		if status == http.StatusUnauthorized {
			(&call{w: w, r: r}).json(status, []refusal{{Message: "Session expired or invalid", Code: "INVALID_SESSION_ID"}})
			return true
		}
		if status < http.StatusInternalServerError {
			(&call{w: w, r: r}).json(status, []refusal{{Message: http.StatusText(status), Code: "UNKNOWN_EXCEPTION"}})
			return true
		}
		html(w, status)
		return true
	}
	return false
}

func wait(r *http.Request, ms int) {
	timer := time.NewTimer(time.Duration(ms) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

func html(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html;charset=UTF-8")
	w.WriteHeader(status)
	// The reader may have left.
	_, _ = io.WriteString(w, fmt.Sprintf("<html><head><title>Service unavailable</title></head><body><h1>%d %s</h1><p>We are down for maintenance.</p></body></html>", status, http.StatusText(status)))
}

// Residence refuses the data API at the old host of an org that has moved to
// another instance.
func Residence(next http.Handler, faults *fault.Registry, baseURL func() string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, moved := faults.Active(fault.MoveInstance, fault.Subject{})
		isData := strings.HasPrefix(r.URL.Path, "/services/data/") || strings.HasPrefix(r.URL.Path, "/cometd/")
		if !moved || !isData || strings.HasSuffix(oauth.MovedURL(baseURL()), "//"+r.Host) {
			next.ServeHTTP(w, r)
			return
		}
		if f.Status == statusNoRoute {
			w.Header().Set("Content-Type", "text/html;charset=UTF-8")
			w.WriteHeader(statusNoRoute)
			_, _ = io.WriteString(w, "<html><body><h1>420</h1><p>No route for host</p></body></html>") // the reader may have left
			return
		}
		(&call{w: w, r: r}).json(http.StatusUnauthorized, []refusal{{Message: "Session expired or invalid", Code: "INVALID_SESSION_ID"}})
	})
}

// statusNoRoute is what the platform's edge says for a host that it does not
// know.
const statusNoRoute = 420

// requestID is what support would ask for.
func requestID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails; see crypto/rand
	return hex.EncodeToString(b[:])
}
