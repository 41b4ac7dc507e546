package salesforce

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tidegate/gateway"
)

// maxSaid bounds what we keep of Salesforce's words, in bytes.
const maxSaid = 2000

// wireError is one error of an answer. Single calls name the code errorCode,
// collections statusCode; the duplicate key is misspelled by some versions.
type wireError struct {
	ErrorCode  string     `json:"errorCode"`
	StatusCode string     `json:"statusCode"`
	Message    string     `json:"message"`
	Fields     []string   `json:"fields"`
	Duplicates *duplicate `json:"duplicateResult"`
	Misspelled *duplicate `json:"duplicateResut"`
}

// duplicate is the part of a duplicate result that names the existing records.
type duplicate struct {
	MatchResults []struct {
		MatchRecords []struct {
			Record struct {
				ID string `json:"Id"`
			} `json:"record"`
		} `json:"matchRecords"`
	} `json:"matchResults"`
}

func (e wireError) code() string {
	if e.ErrorCode != "" {
		return e.ErrorCode
	}
	return e.StatusCode
}

// duplicateID matches "duplicates value on record with id: 001…".
var duplicateID = regexp.MustCompile(`record with id: ([A-Za-z0-9]{15,18})`)

// named match the fields in messages whose fields list is left out, which is
// often: "No such column 'foo' on sobject of type Bar", "Unable to
// create/update fields: A, B. Please …", "Required fields are missing: [Name]".
var named = map[string]*regexp.Regexp{
	"INVALID_FIELD":                   regexp.MustCompile(`No such column '(\w+)' on`),
	"INVALID_FIELD_FOR_INSERT_UPDATE": regexp.MustCompile(`fields: ([\w, ]+)\.`),
	"REQUIRED_FIELD_MISSING":          regexp.MustCompile(`missing: \[([\w, ]+)\]`),
}

// concerned returns the fields that the error is about, from its message if
// it does not list them.
func (e wireError) concerned() []string {
	pattern := named[e.code()]
	if len(e.Fields) > 0 || pattern == nil {
		return e.Fields
	}
	found := pattern.FindStringSubmatch(e.Message)
	if found == nil {
		return nil
	}
	return strings.FieldsFunc(found[1], func(r rune) bool { return r == ',' || r == ' ' })
}

// existing returns the 18-character id of the record that a duplicate error
// names, or "".
func (e wireError) existing() string {
	for _, d := range []*duplicate{e.Duplicates, e.Misspelled} {
		if d == nil {
			continue
		}
		for _, result := range d.MatchResults {
			for _, match := range result.MatchRecords {
				if id, ok := gateway.NormalizeID(match.Record.ID); ok {
					return id
				}
			}
		}
	}
	if found := duplicateID.FindStringSubmatch(e.Message); found != nil {
		if id, ok := gateway.NormalizeID(found[1]); ok {
			return id
		}
	}
	return ""
}

// errorOf turns an answer that is no success into an Error. The body may be a
// JSON array, one object, HTML or text; only an excerpt of it is kept.
func errorOf(status int, header http.Header, body []byte, now time.Time) *gateway.Error {
	e := errorFrom(status, strconv.Itoa(status)+" ", decodeErrors(body))
	e.RetryAfter = retryAfter(header.Get("Retry-After"), now)
	if e.Said == "" {
		e.Said = clip(strings.TrimSpace(strconv.Itoa(status)+" "+http.StatusText(status)+": "+plainText(body)), maxSaid)
	}
	if id := requestID(header); id != "" {
		e.Cause = errors.New("salesforce request id " + id)
	}
	return e
}

// errorFrom joins the errors of one record. The first names the code: the
// others usually follow from it.
func errorFrom(status int, prefix string, list []wireError) *gateway.Error {
	e := &gateway.Error{Status: status}
	var said []string
	for _, w := range list {
		said = append(said, prefix+w.code()+": "+w.Message)
		e.Fields = append(e.Fields, w.concerned()...)
		if e.RecordID == "" {
			e.RecordID = w.existing()
		}
	}
	e.Said = clip(strings.Join(said, "; "), maxSaid)
	first := wireError{}
	if len(list) > 0 {
		first = list[0]
	}
	e.Code, e.Message = judge(status, first.code(), first.Message)
	return e
}

// decodeErrors reads the errors of a body, none when it has no such shape.
func decodeErrors(body []byte) []wireError {
	body = bytes.TrimSpace(body)
	var list []wireError
	switch {
	case bytes.HasPrefix(body, []byte("[")):
		if json.Unmarshal(body, &list) != nil {
			return nil
		}
	case bytes.HasPrefix(body, []byte("{")):
		var one wireError
		if json.Unmarshal(body, &one) != nil {
			return nil
		}
		list = []wireError{one}
	}
	coded := list[:0]
	for _, e := range list {
		if e.code() != "" {
			coded = append(coded, e)
		}
	}
	return coded
}

// retryAfter reads seconds or an HTTP date. Salesforce sends neither, proxies
// in front of it do.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 86400)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil && at.After(now) {
		return min(at.Sub(now), 24*time.Hour)
	}
	return 0
}

func requestID(header http.Header) string {
	for _, name := range []string{"X-Sfdc-Request-Id", "X-Request-Id"} {
		if id := header.Get(name); id != "" {
			return clip(id, 100)
		}
	}
	return ""
}

var (
	unseen   = regexp.MustCompile(`(?is)<(script|style)\b.*?</(script|style)>|<!--.*?-->`)
	markup   = regexp.MustCompile(`<[^>]*>`)
	blank    = regexp.MustCompile(`[\s\p{Cc}]+`)
	tokenish = regexp.MustCompile(`\b00D[A-Za-z0-9]{12}![A-Za-z0-9._]+|\b5Aep[A-Za-z0-9._]+|\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]+`)
)

// plainText makes an excerpt of a page or text readable in one line. What
// looks like a token is cut out: a proxy may print the request.
func plainText(body []byte) string {
	text := string(body[:min(len(body), 16<<10)])
	text = unseen.ReplaceAllString(text, " ")
	text = markup.ReplaceAllString(text, " ")
	text = tokenish.ReplaceAllString(text, "[removed]")
	return clip(strings.TrimSpace(blank.ReplaceAllString(text, " ")), 300)
}

// clip cuts text to at most n bytes of whole characters.
func clip(text string, n int) string {
	text = strings.ToValidUTF8(text, "�")
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + "…"
}

// lost is the error of a request that got no answer.
func lost(what string, err error) *gateway.Error {
	return &gateway.Error{
		Code:    gateway.CodeSFDown,
		Message: "Salesforce could not be reached. Tidegate tries again; nobody needs to act.",
		Cause:   fmt.Errorf("%s: %w", what, err),
	}
}
