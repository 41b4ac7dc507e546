package rest

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"tidegate/simulator/org"
)

const (
	maxParts      = 25
	maxHeavyParts = 5 // queries and collections
)

type part struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Ref     string            `json:"referenceId"`
	Body    json.RawMessage   `json:"body"`
	Headers map[string]string `json:"httpHeaders"`
}

type partAnswer struct {
	Body    json.RawMessage   `json:"body"`
	Headers map[string]string `json:"httpHeaders"`
	Status  int               `json:"httpStatusCode"`
	Ref     string            `json:"referenceId"`
}

var (
	refForm  = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
	refUse   = regexp.MustCompile(`@\{([A-Za-z0-9_]+)\.([^}]+)\}`)
	errHalts = errors.New("composite failed")
)

// composite runs up to 25 subrequests in order; the answer is always 200.
func (c *call) composite() error {
	var in struct {
		AllOrNone bool   `json:"allOrNone"`
		Parts     []part `json:"compositeRequest"`
	}
	if err := c.body(&in); err != nil {
		return err
	}
	if err := checkParts(in.Parts); err != nil {
		return err
	}
	if !in.AllOrNone {
		answers, _ := c.runParts(in.Parts, false)
		return c.answerParts(answers)
	}
	answers, _, err := c.atomic(in.Parts)
	if err != nil {
		return err
	}
	return c.answerParts(answers)
}

func (c *call) answerParts(answers []partAnswer) error {
	c.json(http.StatusOK, map[string]any{"compositeResponse": answers})
	return nil
}

func checkParts(parts []part) error {
	if len(parts) == 0 || len(parts) > maxParts {
		return org.Refuse("LIMIT_EXCEEDED", "The composite request must have between 1 and 25 subrequests")
	}
	heavy := 0
	seen := map[string]bool{}
	for _, p := range parts {
		if !refForm.MatchString(p.Ref) || seen[p.Ref] {
			return org.Refuse("JSON_PARSER_ERROR", "Invalid or duplicate referenceId: "+p.Ref)
		}
		seen[p.Ref] = true
		if strings.Contains(p.URL, "/composite") && !strings.Contains(p.URL, "/composite/sobjects") || strings.Contains(p.URL, "/jobs/") {
			return org.Refuse("INVALID_URI", "The subrequest URL is not supported in a composite request: "+p.URL)
		}
		if strings.Contains(p.URL, "/query") || strings.Contains(p.URL, "/composite/sobjects") {
			heavy++
		}
	}
	if heavy > maxHeavyParts {
		return org.Refuse("LIMIT_EXCEEDED", "Cannot have more than 5 query or collection operations in a composite request")
	}
	return nil
}

// runParts answers each part; false when one failed under allOrNone. Then
// every other answer becomes a 400.
func (c *call) runParts(parts []part, allOrNone bool) ([]partAnswer, bool) {
	answers := make([]partAnswer, len(parts))
	results := map[string]any{}
	failed := -1
	for i, p := range parts {
		if failed >= 0 && allOrNone {
			answers[i] = halted(p.Ref)
			continue
		}
		answers[i] = c.runPart(p, results)
		if answers[i].Status >= http.StatusBadRequest && failed < 0 {
			failed = i
		}
	}
	if failed < 0 || !allOrNone {
		return answers, true
	}
	for i := range answers {
		if i != failed {
			answers[i] = halted(parts[i].Ref)
		}
	}
	return answers, false
}

func halted(ref string) partAnswer {
	body := `[{"errorCode":"PROCESSING_HALTED","message":"The transaction was rolled back since another operation in the same transaction failed."}]`
	return partAnswer{Body: json.RawMessage(body), Headers: map[string]string{}, Status: http.StatusBadRequest, Ref: ref}
}

func (c *call) runPart(p part, results map[string]any) partAnswer {
	url, ok := fillIn(p.URL, results)
	body, bodyOK := fillIn(string(p.Body), results)
	if !ok || !bodyOK {
		refused := `[{"errorCode":"PROCESSING_HALTED","message":"Invalid reference specified. No value for a referenced subrequest was found."}]`
		return partAnswer{Body: json.RawMessage(refused), Headers: map[string]string{}, Status: http.StatusBadRequest, Ref: p.Ref}
	}
	got := c.sub(p.Method, strings.ReplaceAll(url, " ", "+"), []byte(body), p.Headers)
	a := partAnswer{Body: got.body, Headers: map[string]string{}, Status: got.status, Ref: p.Ref}
	if location := got.header.Get("Location"); location != "" {
		a.Headers["Location"] = location
	}
	if !json.Valid(got.body) {
		a.Body = json.RawMessage("null")
	}
	if got.status < http.StatusBadRequest {
		var value any
		if json.Unmarshal(got.body, &value) == nil {
			results[p.Ref] = value
		}
	}
	return a
}

// fillIn replaces @{ref.path}; false when one leads nowhere.
func fillIn(text string, results map[string]any) (string, bool) {
	ok := true
	filled := refUse.ReplaceAllStringFunc(text, func(use string) string {
		m := refUse.FindStringSubmatch(use)
		value, found := results[m[1]]
		for step := range strings.FieldsFuncSeq(m[2], func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
			value = into(value, step)
		}
		s, isText := value.(string)
		ok = ok && found && isText
		return s
	})
	return filled, ok
}

func into(value any, step string) any {
	switch v := value.(type) {
	case map[string]any:
		return v[step]
	case []any:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(v) {
			return v[i]
		}
	}
	return nil
}

// batch runs up to 25 independent subrequests; each counts as a call.
func (c *call) batch() error {
	var in struct {
		HaltOnError bool `json:"haltOnError"`
		Parts       []struct {
			Method string          `json:"method"`
			URL    string          `json:"url"`
			Input  json.RawMessage `json:"richInput"`
		} `json:"batchRequests"`
	}
	if err := c.body(&in); err != nil {
		return err
	}
	if len(in.Parts) == 0 || len(in.Parts) > maxParts {
		return org.Refuse("LIMIT_EXCEEDED", "The batch request must have between 1 and 25 subrequests")
	}
	type result struct {
		Status int             `json:"statusCode"`
		Result json.RawMessage `json:"result"`
	}
	results := make([]result, len(in.Parts))
	failed := false
	for i, p := range in.Parts {
		if failed && in.HaltOnError {
			results[i] = result{http.StatusPreconditionFailed, json.RawMessage(`[{"errorCode":"BATCH_PROCESSING_HALTED","message":"Batch processing halted per request"}]`)}
			continue
		}
		url := "/services/data/" + strings.TrimPrefix(strings.TrimPrefix(p.URL, "/services/data"), "/")
		got := c.sub(p.Method, strings.ReplaceAll(url, " ", "+"), p.Input, nil)
		results[i] = result{got.status, got.body}
		if !json.Valid(got.body) {
			results[i].Result = json.RawMessage("null")
		}
		if i > 0 {
			used := c.used.add(c.org.Now(), 1) // the first is the call itself
			c.w.Header().Set("Sforce-Limit-Info", c.limitInfo(used))
		}
		failed = failed || got.status >= http.StatusBadRequest
	}
	c.json(http.StatusOK, map[string]any{"hasErrors": failed, "results": results})
	return nil
}
