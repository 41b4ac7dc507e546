package salesforce

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
)

func TestPageIsReadByKeyset(t *testing.T) {
	since := time.Date(2026, 5, 1, 7, 25, 37, 0, time.UTC)
	cases := []struct {
		name string
		req  PageRequest
		path string
		soql string // "" = refused
	}{
		{"from the start", PageRequest{Columns: []string{"Name"}}, "/query", "SELECT Id,SystemModstamp,IsDeleted,Name FROM Account ORDER BY Id LIMIT 2000"},
		{
			"onwards",
			PageRequest{Columns: []string{"Id", "Name"}, AfterID: testAccount, ChangedSince: since, Deleted: true, Limit: 10},
			"/queryAll",
			"SELECT Id,SystemModstamp,IsDeleted,Name FROM Account WHERE Id > '001dM00003jU9GxQAK' AND SystemModstamp >= 2026-05-01T07:25:37.000Z ORDER BY Id LIMIT 10",
		},
		{"no id", PageRequest{AfterID: "' OR Id != '"}, "", ""},
		{"no field", PageRequest{Columns: []string{"Name FROM User"}}, "", ""},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			f.on("/", 200, `{"totalSize":1,"done":true,"records":[{"Id":"001dM00003jU9Gx","Name":"A","IsDeleted":true}]}`)
			got, err := newClient(t, f).Page(context.Background(), accountSchema, test.req)
			if test.soql == "" {
				if codeOf(err) != gateway.CodeInvalid || len(f.requests()) != 0 {
					t.Fatalf("Page = %v, %v; want a refusal", got, err)
				}
				return
			}
			if err != nil || len(got) != 1 || got[0].Key.ID != testAccount || !got[0].Deleted {
				t.Fatalf("Page = %v, %v", got, err)
			}
			r := f.requests()[0]
			values, err := url.ParseQuery(r.query)
			if err != nil || values.Get("q") != test.soql || !strings.HasSuffix(r.path, test.path) {
				t.Errorf("asked %s %s", r.path, values.Get("q"))
			}
		})
	}
}

// Orgs have objects with 800 fields, whose names do not fit into an address
// (414 above 16,384 bytes).
func TestObjectWithVeryManyFieldsIsReadInTwoSteps(t *testing.T) {
	schema := gateway.Schema{Object: "Account", Fields: accountSchema.Fields}
	for i := range 800 {
		schema.Fields = append(schema.Fields, gateway.Field{Name: fmt.Sprintf("A_rather_long_field_name_%d__c", i), Type: "string"})
	}
	a, b, c := ids(3)[0], ids(3)[1], ids(3)[2]
	f := newFake(t)
	f.mux.HandleFunc("GET /services/data/v66.0/queryAll", func(w http.ResponseWriter, r *http.Request) {
		if len(r.URL.RawQuery) > 16000 {
			w.WriteHeader(414)
			return
		}
		reply(w, 200, fmt.Sprintf(`{"totalSize":3,"done":true,"records":[{"Id":%q,"IsDeleted":false},{"Id":%q,"IsDeleted":true},{"Id":%q,"IsDeleted":false}]}`, a, b, c))
	})
	f.on("POST /services/data/v66.0/composite/sobjects/Account", 200, fmt.Sprintf(`[{"Id":%q,"Name":"A","A_rather_long_field_name_7__c":"x"},null]`, a))
	got, err := newClient(t, f).Page(context.Background(), schema, PageRequest{Deleted: true})
	if err != nil || len(got) != 3 || got[0].Fields["Name"].String() != "A" || got[1].Key.ID != b || !got[1].Deleted || got[2].Key.ID != c || !got[2].Deleted {
		t.Fatalf("Page = %v, %v", got, err)
	}
	if body := f.requests()[1].body; !strings.Contains(body, a) || strings.Contains(body, b) {
		t.Errorf("the second step asks for %s", body[len(body)-120:])
	}
}
