package salesforce

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
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
	c := newClient(t, f, func(cfg *Config) { cfg.Unmodified = func(gateway.Change) time.Time { return at } })
	got := c.Deliver(context.Background(), "Contact", gateway.OpUpdate, []gateway.Change{change(gateway.OpUpdate, "Contact", testContact, title)}, "")
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

func ids(n int) (list []string) {
	for i := range n {
		id, _ := gateway.NormalizeID(fmt.Sprintf("003dM00000%05d", i))
		list = append(list, id)
	}
	return list
}

func updates(n int) (list []gateway.Change) {
	for i, id := range ids(n) {
		list = append(list, change(gateway.OpUpdate, "Contact", id, gateway.Fields{"Title": gateway.Text(fmt.Sprint("T", i))}))
	}
	return list
}

type sentRecord struct {
	Attributes struct {
		Type string `json:"type"`
	} `json:"attributes"`
	ID    string `json:"id"`
	Title string
	Key   string `json:"Tidegate_Id__c"`
}

func sentRecords(t *testing.T, body string) []sentRecord {
	t.Helper()
	var wire struct {
		AllOrNone *bool        `json:"allOrNone"`
		Records   []sentRecord `json:"records"`
	}
	if err := json.Unmarshal([]byte(body), &wire); err != nil || wire.AllOrNone == nil || *wire.AllOrNone {
		t.Fatalf("body %s: %v", body, err)
	}
	return wire.Records
}

// F-53: of 200 records 3 are refused; the order is kept.
func TestCollectionOutcomesAreThoseOfTheirRecordsF53(t *testing.T) {
	f := newFake(t)
	f.mux.HandleFunc("PATCH /services/data/v66.0/composite/sobjects", func(w http.ResponseWriter, r *http.Request) {
		var b strings.Builder
		body := new(strings.Builder)
		readAll(body, r)
		for i, record := range sentRecords(t, body.String()) {
			switch record.Title {
			case "T7", "T99", "T199":
				fmt.Fprintf(&b, `,{"success":false,"id":"003000000000000AAA","errors":[{"statusCode":"FIELD_CUSTOM_VALIDATION_EXCEPTION","message":"No %d.","fields":["Title"]}]}`, i)
			default:
				fmt.Fprintf(&b, `,{"id":%q,"success":true,"errors":[]}`, record.ID)
			}
		}
		reply(w, 200, "["+b.String()[1:]+"]")
	})
	changes := updates(450)
	got := newClient(t, f).Deliver(context.Background(), "Contact", gateway.OpUpdate, changes, "")
	if len(got) != 450 || len(f.requests()) != 3 {
		t.Fatalf("%d outcomes by %d calls; want 450 by 3", len(got), len(f.requests()))
	}
	for i, d := range got {
		refused := slices.Contains([]int{7, 99, 199}, i)
		if refused && (d.Err == nil || d.Err.Code != gateway.CodeSFValidation || d.RecordID != "" || d.Unknown ||
			d.Err.Said != fmt.Sprintf("FIELD_CUSTOM_VALIDATION_EXCEPTION: No %d.", i%200) || !slices.Equal(d.Err.Fields, []string{"Title"})) {
			t.Errorf("record %d: %+v", i, d)
		}
		if !refused && d != (gateway.Delivery{Done: true, RecordID: changes[i].Key.ID}) {
			t.Errorf("record %d: %+v", i, d)
		}
	}
	first := f.requests()[0]
	if !strings.HasPrefix(first.body, `{"allOrNone":false,"records":[{"attributes":{"type":"Contact"},"id":"003`) {
		t.Errorf("body begins %s", first.body[:90])
	}
}

func readAll(b *strings.Builder, r *http.Request) {
	buffer := make([]byte, 4096)
	for {
		n, err := r.Body.Read(buffer)
		b.Write(buffer[:n])
		if err != nil {
			return
		}
	}
}

func TestCollectionOfCreatesUpsertsAndDeletes(t *testing.T) {
	two := func(op gateway.Op, a, b string) []gateway.Change {
		return []gateway.Change{change(op, "Contact", a, title), change(op, "Contact", b, nil)}
	}
	rows := `[{"id":"003dM00001wBXYDQA4","success":true,"errors":[]%s},{"id":"006dM00000Mw7VtQAJ","success":true,"errors":[]%s}]`
	cases := []struct {
		name    string
		changes []gateway.Change
		key     string
		answer  string
		request string
		body    string
		created [2]bool
	}{
		{
			"create", two(gateway.OpCreate, "local:1", "local:2"), "", fmt.Sprintf(rows, "", ""), "POST /composite/sobjects?",
			`{"allOrNone":false,"records":[{"attributes":{"type":"Contact"},"Fax":null,"Title":"CTO"},{"attributes":{"type":"Contact"}}]}`,
			[2]bool{true, true},
		},
		{
			"upsert", two(gateway.OpCreate, "local:1", `local:"2`), "Tidegate_Id__c", fmt.Sprintf(rows, `,"created":true`, `,"created":false`),
			"PATCH /composite/sobjects/Contact/Tidegate_Id__c?",
			`{"allOrNone":false,"records":[{"attributes":{"type":"Contact"},"Tidegate_Id__c":"local:1","Fax":null,"Title":"CTO"},{"attributes":{"type":"Contact"},"Tidegate_Id__c":"local:\"2"}]}`,
			[2]bool{true, false},
		},
		{
			"delete", two(gateway.OpDelete, testContact, testDeal), "", fmt.Sprintf(rows, "", ""),
			"DELETE /composite/sobjects?allOrNone=false&ids=" + testContact + "," + testDeal, "",
			[2]bool{},
		},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			f.on("/", 200, test.answer)
			got := newClient(t, f).Deliver(context.Background(), "Contact", test.changes[0].Op, test.changes, test.key)
			want := []gateway.Delivery{
				{Done: true, RecordID: testContact, Created: test.created[0]}, {Done: true, RecordID: testDeal, Created: test.created[1]},
			}
			if !slices.Equal(got, want) {
				t.Fatalf("Deliver = %+v; want %+v", got, want)
			}
			r := f.requests()[0]
			if line := r.method + " " + strings.TrimPrefix(r.path, "/services/data/v66.0") + "?" + r.query; line != test.request || r.body != test.body {
				t.Errorf("sent %s\n%s", line, r.body)
			}
			if r.header.Get("Sforce-Auto-Assign") != "FALSE" || r.header.Get("Sforce-Mru") != "updateMru=false" {
				t.Errorf("headers %v", r.header)
			}
		})
	}
}

// F-54: one record makes Salesforce refuse the whole call; the others go.
func TestPoisonRecordDoesNotHoldItsNeighborsF54(t *testing.T) {
	f := newFake(t)
	f.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body := new(strings.Builder)
		readAll(body, r)
		if strings.Contains(body.String(), `"T123"`) {
			reply(w, 400, `[{"errorCode":"JSON_PARSER_ERROR","message":"Unexpected character"}]`)
			return
		}
		if r.URL.Path != "/services/data/v66.0/composite/sobjects" {
			w.WriteHeader(204)
			return
		}
		var rows []string
		for _, record := range sentRecords(t, body.String()) {
			rows = append(rows, fmt.Sprintf(`{"id":%q,"success":true,"errors":[]}`, record.ID))
		}
		reply(w, 200, "["+strings.Join(rows, ",")+"]")
	})
	got := newClient(t, f).Deliver(context.Background(), "Contact", gateway.OpUpdate, updates(200), "")
	for i, d := range got {
		if (i == 123) == d.Done {
			t.Errorf("record %d: %+v", i, d)
		}
	}
	if got[123].Err.Code != gateway.CodeSFRequest {
		t.Errorf("the poison record: %v", got[123].Err)
	}
}

func TestRefusedObjectDoesNotCostACallForEachRecord(t *testing.T) {
	f := newFake(t)
	f.on("/", 400, `[{"errorCode":"INVALID_FIELD","message":"No such column"}]`)
	got := newClient(t, f).Deliver(context.Background(), "Contact", gateway.OpUpdate, updates(200), "")
	if n := len(f.requests()); n > 1+maxExtra {
		t.Fatalf("%d calls; want at most %d", n, 1+maxExtra)
	}
	for i, d := range got {
		if d.Done || d.Err == nil || d.Err.Code != gateway.CodeSFField {
			t.Fatalf("record %d: %+v", i, d)
		}
	}
}

// F-56: collections do not say which record exists; a single call does.
func TestDuplicateInACollectionLearnsTheExistingRecordF56(t *testing.T) {
	f := newFake(t)
	f.on("POST /services/data/v66.0/composite/sobjects", 200,
		`[{"success":false,"errors":[{"statusCode":"DUPLICATES_DETECTED","message":"Use one of these records?","fields":[]}]},
		{"id":"006dM00000Mw7VtQAJ","success":true,"errors":[]}]`)
	f.on("POST /services/data/v66.0/sobjects/Contact", 400,
		`[{"duplicateResut":{"matchResults":[{"matchRecords":[{"record":{"Id":"003dM00001wBXYDQA4"}}]}]},"errorCode":"DUPLICATES_DETECTED","message":"Use one of these records?"}]`)
	changes := []gateway.Change{change(gateway.OpCreate, "Contact", "local:1", title), change(gateway.OpCreate, "Contact", "local:2", title)}
	got := newClient(t, f).Deliver(context.Background(), "Contact", gateway.OpCreate, changes, "")
	if got[0].Err == nil || got[0].Err.Code != gateway.CodeSFDuplicate || got[0].Err.RecordID != testContact || !got[1].Done {
		t.Fatalf("Deliver = %+v", got)
	}
	for _, r := range f.requests() {
		if r.header.Get("Sforce-Duplicate-Rule-Header") != "" {
			t.Fatal("the duplicate rule was overridden")
		}
	}
}

func TestCollectionWithMissingResultsIsUnknown(t *testing.T) {
	f := newFake(t)
	f.on("/", 200, `[{"id":"003dM00001wBXYDQA4","success":true,"errors":[]}]`)
	for i, d := range newClient(t, f).Deliver(context.Background(), "Contact", gateway.OpUpdate, updates(2), "") {
		if d.Done || !d.Unknown {
			t.Errorf("record %d: %+v; want unknown", i, d)
		}
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
