package salesforce

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"tidegate/gateway"
)

func change(op gateway.Op, object, id string, fields gateway.Fields) gateway.Change {
	return gateway.Change{Op: op, Key: gateway.RecordKey{Object: object, ID: id}, Fields: fields}
}

var title = gateway.Fields{"Title": gateway.Text("CTO"), "Fax": gateway.Null, "Id": gateway.Text("x")}

func TestSingleWrites(t *testing.T) {
	cases := []struct {
		name    string
		op      gateway.Op
		id, key string
		status  int
		answer  string
		method  string
		path    string
		body    string
		want    gateway.Delivery
	}{
		{
			"create", gateway.OpCreate, "local:7", "", 201, `{"id":"003dM00001wBXYDQA4","success":true,"errors":[]}`,
			"POST", "/sobjects/Contact", `{"Fax":null,"Title":"CTO"}`,
			gateway.Delivery{Done: true, RecordID: testContact, Created: true},
		},
		{
			"upsert that creates", gateway.OpCreate, "local:7/ä+b c", "Tidegate_Id__c", 201, `{"id":"003dM00001wBXYD","success":true,"errors":[],"created":true}`,
			"PATCH", "/sobjects/Contact/Tidegate_Id__c/local%3A7%2F%C3%A4%2Bb%20c", `{"Fax":null,"Title":"CTO"}`,
			gateway.Delivery{Done: true, RecordID: testContact, Created: true},
		},
		{
			"upsert that updates", gateway.OpCreate, "local:7", "Tidegate_Id__c", 200, `{"id":"003dM00001wBXYDQA4","success":true,"errors":[],"created":false}`,
			"PATCH", "/sobjects/Contact/Tidegate_Id__c/local%3A7", `{"Fax":null,"Title":"CTO"}`,
			gateway.Delivery{Done: true, RecordID: testContact},
		},
		{
			"update ignores the upsert key", gateway.OpUpdate, testContact, "Tidegate_Id__c", 204, "",
			"PATCH", "/sobjects/Contact/" + testContact, `{"Fax":null,"Title":"CTO"}`,
			gateway.Delivery{Done: true, RecordID: testContact},
		},
		{
			"delete", gateway.OpDelete, testContact[:15], "", 204, "", "DELETE", "/sobjects/Contact/" + testContact, "",
			gateway.Delivery{Done: true, RecordID: testContact},
		},
		{
			"delete of what is deleted", gateway.OpDelete, testContact, "", 404, `[{"errorCode":"ENTITY_IS_DELETED","message":"entity is deleted"}]`,
			"DELETE", "/sobjects/Contact/" + testContact, "",
			gateway.Delivery{Done: true, RecordID: testContact},
		},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			f.on("/", test.status, test.answer)
			got := newClient(t, f).Deliver(context.Background(), "Contact", test.op, []gateway.Change{change(test.op, "Contact", test.id, title)}, test.key)
			if len(got) != 1 || got[0] != test.want {
				t.Fatalf("Deliver = %+v; want %+v", got, test.want)
			}
			r := f.requests()[0]
			if r.method != test.method || r.path != "/services/data/v66.0"+test.path || r.body != test.body {
				t.Errorf("sent %s %s %s", r.method, r.path, r.body)
			}
			if r.header.Get("Sforce-Auto-Assign") != "FALSE" || r.header.Get("Sforce-Mru") != "updateMru=false" || r.header.Get("Sforce-Duplicate-Rule-Header") != "" {
				t.Errorf("headers %v", r.header)
			}
		})
	}
}

func TestUpdateCanCarryAPrecondition(t *testing.T) {
	f := newFake(t)
	f.on("/", 412, "")
	at := time.Date(2026, 5, 1, 9, 25, 37, 0, time.FixedZone("", 7200))
	c := newClient(t, f)
	guarded := change(gateway.OpUpdate, "Contact", testContact, title)
	guarded.Fills, guarded.Unmodified = []string{"Title"}, at
	got := c.Deliver(context.Background(), "Contact", gateway.OpUpdate, []gateway.Change{guarded}, "")
	if got[0].Err == nil || got[0].Err.Code != gateway.CodeSFStale || got[0].Unknown {
		t.Fatalf("Deliver = %+v; want %s", got[0], gateway.CodeSFStale)
	}
	if h := f.requests()[0].header.Get("If-Unmodified-Since"); h != "Fri, 01 May 2026 07:25:37 GMT" {
		t.Fatalf("If-Unmodified-Since: %q", h)
	}
}

// F-51: which outcomes of a create are unknown decides whether the org is
// asked before the create is sent again.
func TestOutcomeIsUnknownExactlyWhenTheWriteMayHaveHappenedF51(t *testing.T) {
	answerWith := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { reply(w, status, body) }
	}
	cases := []struct {
		name    string
		handler http.HandlerFunc
		code    gateway.Code
		unknown bool
	}{
		{"connection cut", func(w http.ResponseWriter, _ *http.Request) { cut(w) }, gateway.CodeSFDown, true},
		{"answer cut in its body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(201)
			fmt.Fprint(w, `{"id":"00T`)
		}, gateway.CodeSFDown, true},
		{"page with status 200", answerWith(200, "<html>"), gateway.CodeSFDown, true},
		{"page with status 201", answerWith(201, "<html>"), gateway.CodeSFDown, true},
		{"success without id", answerWith(201, `{"success":true}`), gateway.CodeSFDown, true},
		{"502 page", answerWith(502, "<html>Bad gateway</html>"), gateway.CodeSFDown, true},
		{"504", answerWith(504, ""), gateway.CodeSFDown, true},
		{"UNKNOWN_EXCEPTION", answerWith(500, `[{"errorCode":"UNKNOWN_EXCEPTION","message":"x"}]`), gateway.CodeSFDown, true},
		{"408", answerWith(408, ""), gateway.CodeSFDown, true},
		{"redirect", answerWith(302, ""), gateway.CodeSFDown, false},
		{"420 no such host", answerWith(420, ""), gateway.CodeSFDown, false},
		{"429", answerWith(429, ""), gateway.CodeSFBusy, false},
		{"row lock with status 500", answerWith(500, `[{"errorCode":"UNABLE_TO_LOCK_ROW","message":"x"}]`), gateway.CodeSFBusy, false},
		{"validation rule", answerWith(400, `[{"errorCode":"FIELD_CUSTOM_VALIDATION_EXCEPTION","message":"No.","fields":["Subject"]}]`), gateway.CodeSFValidation, false},
		{"daily limit", answerWith(403, `[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"TotalRequests Limit exceeded."}]`), gateway.CodeSFLimit, false},
		{"dead session", answerWith(401, expired), gateway.CodeSFAuth, false},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			f.mux.HandleFunc("/", test.handler)
			c := newClient(t, f)
			for _, n := range []int{1, 3} {
				changes := make([]gateway.Change, n)
				for i := range changes {
					changes[i] = change(gateway.OpCreate, "Task", "local:1", gateway.Fields{"Subject": gateway.Text("x")})
				}
				for _, d := range c.Deliver(context.Background(), "Task", gateway.OpCreate, changes, "") {
					if d.Done || d.Err == nil || d.Err.Code != test.code && d.Err.Code != gateway.CodeSFDown || d.Unknown != test.unknown {
						t.Fatalf("%d changes: %+v (%v); want %s, unknown %v", n, d, d.Err, test.code, test.unknown)
					}
				}
			}
		})
	}
}

func TestNothingIsUnknownWhenTheHostCannotBeReached(t *testing.T) {
	f := newFake(t)
	c := newClient(t, f)
	f.Close()
	d := c.Deliver(context.Background(), "Task", gateway.OpCreate, []gateway.Change{change(gateway.OpCreate, "Task", "local:1", title)}, "")[0]
	if d.Err == nil || d.Err.Code != gateway.CodeSFDown || d.Unknown {
		t.Fatalf("Deliver = %+v; want %s and not unknown", d, gateway.CodeSFDown)
	}
}

func TestDeadlineDuringTheCallLeavesTheOutcomeUnknownF51(t *testing.T) {
	f := newFake(t)
	arrived := make(chan struct{})
	f.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	})
	c := newClient(t, f)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-arrived
		cancel()
	}()
	d := c.Deliver(ctx, "Task", gateway.OpCreate, []gateway.Change{change(gateway.OpCreate, "Task", "local:1", title)}, "")[0]
	if d.Err == nil || !d.Unknown {
		t.Fatalf("Deliver = %+v; want an unknown outcome", d)
	}
}

func TestExpiredSessionDoesNotWriteTwiceF30(t *testing.T) {
	f := newFake(t)
	f.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer a2" {
			reply(w, 201, `{"id":"003dM00001wBXYDQA4","success":true}`)
			return
		}
		reply(w, 401, expired)
	})
	c := newClient(t, f)
	c.cfg.Tokens.(*fixed).next = func(int64) (Token, error) { return Token{Access: "a2", InstanceURL: f.URL, Generation: 2}, nil }
	d := c.Deliver(context.Background(), "Contact", gateway.OpCreate, []gateway.Change{change(gateway.OpCreate, "Contact", "local:1", title)}, "")[0]
	if !d.Done || d.RecordID != testContact || len(f.requests()) != 2 {
		t.Fatalf("Deliver = %+v after %d calls", d, len(f.requests()))
	}
}

// Nothing was sent while a renewal was awaited, and waiting longer may help.
func TestDeadlineWhileWaitingForASessionIsTransient(t *testing.T) {
	f := newFake(t)
	f.on("/", 401, expired)
	c := newClient(t, f)
	c.cfg.Tokens.(*fixed).next = func(int64) (Token, error) { return Token{}, fmt.Errorf("waiting: %w", context.DeadlineExceeded) }
	d := c.Deliver(context.Background(), "Task", gateway.OpCreate, []gateway.Change{change(gateway.OpCreate, "Task", "local:1", title)}, "")[0]
	if d.Err == nil || d.Err.Code != gateway.CodeSFDown || d.Unknown {
		t.Fatalf("Deliver = %+v; want %s and not unknown", d, gateway.CodeSFDown)
	}
}

func TestBadNamesAndIdsAreNotSent(t *testing.T) {
	f := newFake(t)
	c := newClient(t, f)
	cases := []struct {
		object, id, key string
		op              gateway.Op
	}{
		{"Contact/../User", testContact, "", gateway.OpUpdate},
		{"Contact", "local:1", "", gateway.OpUpdate},
		{"Contact", "003dM00001wBXYDQA5", "", gateway.OpDelete},
		{"Contact", "local:1", "Id/x", gateway.OpCreate},
		{"Contact", testContact, "", "merge"},
	}
	for _, test := range cases {
		d := c.Deliver(context.Background(), test.object, test.op, []gateway.Change{change(test.op, test.object, test.id, title)}, test.key)
		if len(d) != 1 || d[0].Err == nil || d[0].Unknown {
			t.Errorf("%+v: %+v", test, d)
		}
	}
	if n := len(f.requests()); n != 0 {
		t.Fatalf("%d calls were made", n)
	}
	if got := c.Deliver(context.Background(), "Contact", gateway.OpUpdate, nil, ""); len(got) != 0 {
		t.Fatalf("Deliver of nothing = %v", got)
	}
}
