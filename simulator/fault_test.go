package simulator_test

import (
	"strings"
	"testing"

	"tidegate/simulator"
	"tidegate/simulator/fault"
)

func TestR29RequestFaultsHappenAsOftenAsTold(t *testing.T) {
	_, c := start(t, simulator.Config{})
	for _, row := range []struct {
		spec, method, path, body string
		status                   int
		contains                 string
	}{
		{`{"kind":"http_status","status":502}`, "GET", v + "/limits", "", 502, "<html>"},
		{`{"kind":"http_status","status":503,"path":"/services/oauth2/userinfo"}`, "GET", "/services/oauth2/userinfo", "", 503, "<html>"},
		{`{"kind":"http_status","status":420,"method":"GET"}`, "GET", v + "/limits", "", 420, "UNKNOWN_EXCEPTION"},
		{`{"kind":"limit_exceeded"}`, "GET", v + "/limits", "", 403, "REQUEST_LIMIT_EXCEEDED"},
		{`{"kind":"html_instead_of_json","status":200}`, "GET", v + "/limits", "", 200, "maintenance"},
		{`{"kind":"lock_rows","object":"Contact"}`, "POST", v + "/sobjects/Contact", `{"LastName":"A"}`, 400, "UNABLE_TO_LOCK_ROW"},
		{`{"kind":"validation_rule","object":"Contact","field":"Title","message":"No."}`, "POST", v + "/sobjects/Contact", `{"LastName":"A"}`, 400, `"message":"No.","errorCode":"FIELD_CUSTOM_VALIDATION_EXCEPTION","fields":["Title"]`},
	} {
		c.want(201, "POST", "/_sim/faults", row.spec)
		if row.path != "/services/oauth2/userinfo" {
			c.want(200, "GET", "/services/oauth2/userinfo", "") // not meant by the fault
		}
		r := c.send(row.method, row.path, row.body)
		if r.status != row.status || !strings.Contains(string(r.body), row.contains) {
			t.Errorf("%s: %d %s", row.spec, r.status, r.body)
		}
		if r := c.send(row.method, row.path, row.body); r.status >= 300 {
			t.Errorf("%s happened twice: %d %s", row.spec, r.status, r.body)
		}
	}
}

// Salesforce never says when to come back (R30); something in front of it may.
func TestR29AnswersMaySayWhenToComeBack(t *testing.T) {
	_, c := start(t, simulator.Config{})
	for _, want := range []string{"7", "Fri, 01 May 2026 12:00:30 GMT"} {
		c.want(201, "POST", "/_sim/faults", `{"kind":"http_status","status":429,"retry_after":"`+want+`"}`)
		if r := c.send("GET", v+"/limits", ""); r.status != 429 || r.header.Get("Retry-After") != want {
			t.Errorf("%d, Retry-After %q, want %q", r.status, r.header.Get("Retry-After"), want)
		}
	}
}

// A held request is served when the faults are cleared, and what a caller sent
// who left meanwhile is carried out.
func TestR29HeldRequestsAreServedInTheEnd(t *testing.T) {
	_, c := start(t, simulator.Config{})
	c.want(201, "POST", "/_sim/faults", `{"kind":"hold_requests","method":"POST","path":"`+v+`/sobjects/*","after":1,"seconds":600}`)
	c.want(201, "POST", v+"/sobjects/Task", `{"Subject":"passes"}`)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		if r := c.send("POST", v+"/sobjects/Task", `{"Subject":"waits"}`); r.status != 201 {
			t.Errorf("in the end: %d %s", r.status, r.body)
		}
	}()
	c.want(200, "GET", v+"/limits", "")
	select {
	case <-answered:
		t.Error("a held request was served")
	default:
	}
	c.want(204, "DELETE", "/_sim/faults", "")
	<-answered
}

// F-51: the write is in the org, the answer is not.
func TestR29LostResponseHasCommitted(t *testing.T) {
	_, c := start(t, simulator.Config{})
	c.want(201, "POST", "/_sim/faults", `{"kind":"lose_response","path":"`+v+`/sobjects/Task"}`)
	// A request without GetBody cannot be repeated by the transport.
	if r, err := c.do("POST", v+"/sobjects/Task", `{"Subject":"Call"}`); err == nil {
		t.Fatalf("there was an answer: %d %s", r.status, r.body)
	}
	if n := strings.Count(string(c.want(200, "GET", "/_sim/truth/Task", "").body), "\n"); n != 1 {
		t.Errorf("%d tasks, want the one that was committed", n)
	}
}

func TestUnknownFaultsAreRefused(t *testing.T) {
	_, c := start(t, simulator.Config{})
	for _, spec := range []string{`{"kind":"earthquake"}`, `{"kind":"lock_rows","status":5}`, `{"kind":"latency","count":-1}`, `{"kind":"latency","nope":1}`, `{`} {
		c.want(400, "POST", "/_sim/faults", spec)
	}
	body := string(c.want(200, "GET", "/_sim/faults", "").body)
	for _, kind := range fault.Kinds {
		if !strings.Contains(body, `"kind":"`+kind.Name+`"`) {
			t.Errorf("%s is not listed", kind.Name)
		}
	}
	c.want(201, "POST", "/_sim/faults", `{"kind":"limit_exceeded","seconds":3600}`)
	c.want(403, "GET", v+"/limits", "")
	c.want(403, "GET", v+"/limits", "")
	c.want(204, "DELETE", "/_sim/faults", "")
	c.want(200, "GET", v+"/limits", "")
}

func TestLedgerCountsByTemplate(t *testing.T) {
	_, c := start(t, simulator.Config{})
	id := c.made("Contact", `{"LastName":"A"}`)
	c.want(204, "DELETE", "/_sim/calls", "")
	for range 3 {
		c.want(200, "GET", v+"/sobjects/Contact/"+id, "")
	}
	c.want(404, "GET", v+"/sobjects/Contact/003dG0000009999AAA", "")
	var out struct {
		Total int
		Calls []struct {
			Method, Path  string
			Status, Count int
		}
	}
	c.want(200, "GET", "/_sim/calls", "").into(t, &out)
	if out.Total != 4 || len(out.Calls) != 2 || out.Calls[0].Count != 3 || out.Calls[0].Path != "/services/data/{version}/sobjects/Contact/{id}" {
		t.Errorf("%+v", out)
	}
}
