package rest

import (
	"encoding/json"
	"io"
	"net/http"

	"tidegate/simulator/org"
)

// What clients ask for and this org has nothing of: it says so in the form that
// they read.

func addEmpty(add func(string, func(*call) error)) {
	answer := func(body any) func(*call) error {
		return func(c *call) error {
			c.json(http.StatusOK, body)
			return nil
		}
	}
	for path, body := range map[string]any{
		"/quickActions":      []any{},
		"/tabs":              []any{},
		"/theme":             map[string]any{"themeItems": []any{}},
		"/process/rules":     map[string]any{"rules": map[string]any{}},
		"/process/approvals": map[string]any{"approvals": map[string]any{}},
	} {
		add("GET "+path, answer(body))
		add("GET "+path+"/{$}", answer(body))
	}
	of := func(body any) func(*call) error {
		return func(c *call) error {
			if _, err := c.object(); err != nil {
				return err
			}
			c.json(http.StatusOK, body)
			return nil
		}
	}
	add("GET /sobjects/{object}/quickActions", of([]any{}))
	add("GET /sobjects/{object}/describe/approvalLayouts", of(map[string]any{"approvalLayouts": []any{}}))
	add("GET /tooling/executeAnonymous", (*call).executeAnonymous)
	add("GET /tooling/sobjects", (*call).toolingGlobal)
	add("GET /tooling/sobjects/{$}", (*call).toolingGlobal)
	add("GET /tooling/sobjects/{object}/describe", (*call).toolingDescribe)
	add("GET /tooling/sobjects/{object}/describe/{$}", (*call).toolingDescribe)
}

// executeAnonymous refuses Apex the way that a compiler does.
func (c *call) executeAnonymous() error {
	c.json(http.StatusOK, map[string]any{
		"line": 1, "column": 1, "compiled": false, "success": false, "compileProblem": "This org runs no Apex.",
		"exceptionStackTrace": nil, "exceptionMessage": nil,
	})
	return nil
}

// toolingObjects are the objects that the Tooling API answers queries of.
func (c *call) toolingObjects() []*org.Object {
	if c.Tooling == nil {
		return nil
	}
	return c.Tooling(nil).Objects()
}

func (c *call) toolingGlobal() error {
	list := []any{}
	for _, o := range c.toolingObjects() {
		list = append(list, entry(o, c.base()+"/tooling"))
	}
	c.json(http.StatusOK, map[string]any{"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": list})
	return nil
}

func (c *call) toolingDescribe() error {
	for _, o := range c.toolingObjects() {
		if o.Name == c.r.PathValue("object") {
			c.json(http.StatusOK, fullDescribe(nil, o, nil, c.base()+"/tooling", c.baseURL()))
			return nil
		}
	}
	return org.NotFound("The requested resource does not exist")
}

// NoApex answers /services/apexrest/: no class of this org has such an address.
func NoApex(w http.ResponseWriter, r *http.Request) {
	(&call{w: w, r: r}).json(http.StatusNotFound, []refusal{{Message: "Could not find a match for URL", Code: "NOT_FOUND"}})
}

// NoBulk1 answers /services/async/: the Bulk API before 2.0 is switched off here.
// Its clients read XML, unless they sent JSON.
func NoBulk1(w http.ResponseWriter, r *http.Request) {
	const code, message = "FeatureNotEnabled", "This org has Bulk API 2.0 only."
	if r.Header.Get("Content-Type") == "application/json" {
		body, err := json.Marshal(map[string]string{"exceptionCode": code, "exceptionMessage": message})
		if err == nil {
			(&call{w: w, r: r}).raw(http.StatusBadRequest, body)
		}
		return
	}
	w.Header().Set("Content-Type", "application/xml;charset=UTF-8")
	w.WriteHeader(http.StatusBadRequest)
	// The reader may have left.
	_, _ = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?><error xmlns="http://www.force.com/2009/06/asyncapi/dataload"><exceptionCode>`+
		code+`</exceptionCode><exceptionMessage>`+message+`</exceptionMessage></error>`)
}
