package rest

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"tidegate/simulator/org"
)

// etag names a version of an account; other objects have none.
func (c *call) etag(r org.Record) string {
	if r.Object().Name != "Account" {
		return ""
	}
	sum := sha256.Sum256(c.appendRecord(nil, r, r.Object().Fields))
	return `"` + base64.StdEncoding.EncodeToString(sum[:]) + `"`
}

// listsTag tells whether a header's list of tags has the tag, or is "*".
func listsTag(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		// Proxies and the platform mark a compressed form at the end.
		if one == "*" || strings.Replace(one, `--gzip"`, `"`, 1) == tag {
			return true
		}
	}
	return false
}

func precondition() *org.Error {
	return &org.Error{Code: "PRECONDITION_FAILED", Message: "The record has been modified", Status: http.StatusPreconditionFailed}
}

// unchangedRow answers 304 (done) or refuses with 412 where the caller's
// conditions on a row that it reads say so.
func (c *call) unchangedRow(r org.Record) (done bool, refused error) {
	h := c.r.Header
	if tag := c.etag(r); tag != "" {
		if match := h.Get("If-Match"); match != "" && !listsTag(match, tag) {
			return false, precondition()
		}
		c.w.Header().Set("ETag", tag)
		if none := h.Get("If-None-Match"); none != "" && listsTag(none, tag) {
			c.w.WriteHeader(http.StatusNotModified)
			return true, nil
		}
	}
	c.w.Header().Set("Last-Modified", modified(r).Format(http.TimeFormat))
	if since, err := http.ParseTime(h.Get("If-Modified-Since")); err == nil && !modified(r).After(since) {
		c.w.WriteHeader(http.StatusNotModified)
		return true, nil
	}
	if since, err := http.ParseTime(h.Get("If-Unmodified-Since")); err == nil && modified(r).After(since) {
		return false, precondition()
	}
	return false, nil
}

// conditions are what a caller demands of the row that it writes.
type conditions struct {
	call  *call
	limit time.Time // zero: none
}

// demands reads the conditions of a write; an unreadable date is refused.
func (c *call) demands() (conditions, error) {
	text := c.r.Header.Get("If-Unmodified-Since")
	at, err := http.ParseTime(text)
	if text != "" && err != nil {
		return conditions{}, org.Refuse("INVALID_HEADER", "If-Unmodified-Since is not a date")
	}
	return conditions{c, at}, nil
}

// met is asked inside the transaction, so that no write comes between.
func (d conditions) met(r org.Record, found bool) *org.Error {
	if !found {
		return nil // the write itself will say so
	}
	if !d.limit.IsZero() && modified(r).After(d.limit) {
		return precondition()
	}
	tag := d.call.etag(r)
	match, none := d.call.r.Header.Get("If-Match"), d.call.r.Header.Get("If-None-Match")
	if tag != "" && (match != "" && !listsTag(match, tag) || none != "" && listsTag(none, tag)) {
		return precondition()
	}
	return nil
}
