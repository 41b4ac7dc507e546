package salesforce

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tidegate/gateway"
)

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
