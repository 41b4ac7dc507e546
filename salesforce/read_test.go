package salesforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
)

const describeTask = `{"name":"Task","label":"Task","labelPlural":"Tasks","keyPrefix":"00T","createable":true,"updateable":true,"deletable":true,
"searchable":true,"feedEnabled":false,"childRelationships":[{"childSObject":"TaskFeed","field":"ParentId","relationshipName":"Feeds"}],"fields":[
{"name":"Id","type":"id","length":18},
{"name":"Subject","label":"Subject","type":"combobox","length":255,"createable":true,"updateable":true,"nillable":true,"permissionable":true,"inlineHelpText":"What to do",
 "picklistValues":[{"active":true,"value":"Call"},{"active":false,"value":"Fax"}],"restrictedPicklist":false},
{"name":"Description","type":"textarea","length":32000,"createable":true,"updateable":true},
{"name":"WhoId","type":"reference","referenceTo":["Contact","Lead"],"createable":true},
{"name":"ActivityDate","type":"date","createable":true},
{"name":"CallDurationInSeconds","type":"int","createable":true},
{"name":"IsReminderSet","type":"boolean","createable":true},
{"name":"Score__c","type":"double","calculated":true,"createable":true,"updateable":true,"custom":true},
{"name":"Ext__c","type":"string","externalId":true,"idLookup":true,"custom":true},
{"name":"Old__c","type":"string","deprecatedAndHidden":true},
{"name":"CreatedDate","type":"datetime"},{"name":"SystemModstamp","type":"datetime"}]}`

func TestDescribeBecomesASchema(t *testing.T) {
	f := newFake(t)
	f.on("GET /services/data/v66.0/sobjects/Task/describe", 200, describeTask)
	s, err := newClient(t, f).Describe(context.Background(), "Task")
	if err != nil {
		t.Fatal(err)
	}
	if s.Object != "Task" || s.LabelPlural != "Tasks" || s.KeyPrefix != "00T" || !s.Createable || !s.Searchable || s.FeedEnabled || s.Activities {
		t.Errorf("schema %+v", s)
	}
	subject, _ := s.Field("Subject")
	if subject.Length != 255 || !subject.Updateable || !subject.Nillable || subject.Help != "What to do" || !slices.Equal(subject.Picklist, []string{"Call"}) || subject.Restricted || !subject.Permissionable {
		t.Errorf("Subject %+v", subject)
	}
	if who, _ := s.Field("WhoId"); !slices.Equal(who.ReferenceTo, []string{"Contact", "Lead"}) || who.Updateable {
		t.Errorf("WhoId %+v", who)
	}
	if score, _ := s.Field("Score__c"); score.Createable || score.Updateable || !score.Calculated || !score.Custom {
		t.Errorf("a formula is writable: %+v", score)
	}
	if ext, _ := s.Field("Ext__c"); !ext.ExternalID || !ext.IDLookup {
		t.Errorf("Ext__c %+v", ext)
	}
	if _, ok := s.Field("Old__c"); ok {
		t.Error("a hidden field is shown")
	}
}

func TestActivitiesAreSeenByTheChildRelationships(t *testing.T) {
	cases := map[string]bool{
		`[]`: false,
		`[{"childSObject":"AccountFeed","field":"ParentId","relationshipName":"Feeds"}]`:                  false,
		`[{"childSObject":"ActivityHistory","field":"AccountId","relationshipName":"ActivityHistories"}]`: true,
		`[{"childSObject":"Task","field":"WhatId","relationshipName":"Tasks"}]`:                           true,
		`[{"childSObject":"Event","field":"WhoId","relationshipName":null}]`:                              true,
		`[{"childSObject":"Task","field":"OwnerId","relationshipName":null}]`:                             false,
	}
	for relationships, want := range cases {
		f := newFake(t)
		f.on("/", 200, `{"name":"X__c","childRelationships":`+relationships+`}`)
		s, err := newClient(t, f).Describe(context.Background(), "X__c")
		if err != nil || s.Activities != want {
			t.Errorf("%s: activities %v, %v; want %v", relationships, s.Activities, err, want)
		}
	}
}

func TestDescribeGlobalListsObjects(t *testing.T) {
	f := newFake(t)
	f.on("GET /services/data/v66.0/sobjects", 200,
		`{"encoding":"UTF-8","maxBatchSize":200,"sobjects":[{"name":"Account","label":"Account","keyPrefix":"001","searchable":true,"feedEnabled":true,"queryable":true},{"name":"AccountFeed","keyPrefix":null}]}`)
	got, err := newClient(t, f).DescribeGlobal(context.Background())
	if err != nil || len(got) != 2 || !got[0].Searchable || !got[0].FeedEnabled || got[1].KeyPrefix != "" {
		t.Fatalf("DescribeGlobal = %+v, %v", got, err)
	}
}

func TestMissingObjectsAreNamedByCode(t *testing.T) {
	f := newFake(t)
	f.on("/", 404, `[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]`)
	c := newClient(t, f)
	if _, err := c.Describe(context.Background(), "ContentNote"); codeOf(err) != gateway.CodeSFGone {
		t.Errorf("Describe = %v", err)
	}
	for _, name := range []string{"", "../x", "A B", "Äccount", "1x"} {
		if _, err := c.Describe(context.Background(), name); codeOf(err) != gateway.CodeInvalid {
			t.Errorf("Describe(%q) = %v", name, err)
		}
	}
}

func pages(t *testing.T, f *fake) {
	t.Helper()
	row := `{"attributes":{"type":"Account"},"Id":"001dM00003jU9Gx","Name":"N%d"}`
	f.mux.HandleFunc("GET /services/data/v66.0/{resource}", func(w http.ResponseWriter, r *http.Request) {
		reply(w, 200, `{"totalSize":3,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/0r8xx5R2yF2gs3VASQ-2","records":[`+
			fmt.Sprintf(row, 1)+`,`+fmt.Sprintf(row, 2)+`]}`)
	})
	f.on("GET /services/data/v66.0/query/0r8xx5R2yF2gs3VASQ-2", 200, `{"totalSize":3,"done":true,"records":[`+fmt.Sprintf(row, 3)+`]}`)
}

func TestQueryFollowsItsPages(t *testing.T) {
	f := newFake(t)
	pages(t, f)
	c := newClient(t, f)
	for _, deleted := range []bool{false, true} {
		var names []string
		err := c.Records(context.Background(), accountSchema, "SELECT Id,Name FROM Account WHERE Name = 'a+b & c'", deleted, func(records []gateway.Record) error {
			for _, r := range records {
				names = append(names, r.Fields["Name"].String())
			}
			return nil
		})
		if err != nil || !slices.Equal(names, []string{"N1", "N2", "N3"}) {
			t.Fatalf("Records = %v, %v", names, err)
		}
	}
	values, err := url.ParseQuery(f.requests()[0].query)
	if err != nil || values.Get("q") != "SELECT Id,Name FROM Account WHERE Name = 'a+b & c'" {
		t.Fatalf("q = %q, %v", values.Get("q"), err)
	}
	if path := f.requests()[2].path; !strings.HasSuffix(path, "/queryAll") {
		t.Fatalf("with deleted rows: %s", path)
	}
}

func TestRowsThatCannotBeReadAreNotShownS39(t *testing.T) {
	f := newFake(t)
	f.on("/", 200, `{"totalSize":1,"done":true,"records":[{"Id":"x","Email":"canary@example.com"`)
	err := newClient(t, f).Query(context.Background(), "SELECT Id FROM A", func([]json.RawMessage) error { return nil })
	if codeOf(err) != gateway.CodeSFDown || strings.Contains(err.Error(), "canary") {
		t.Fatalf("Query = %v; want %s without the row", err, gateway.CodeSFDown)
	}
}

func TestQueryStopsWithItsReader(t *testing.T) {
	f := newFake(t)
	pages(t, f)
	full := errors.New("full")
	err := newClient(t, f).Query(context.Background(), "SELECT Id FROM Account", func([]json.RawMessage) error { return full })
	if !errors.Is(err, full) || len(f.requests()) != 1 {
		t.Fatalf("Query = %v after %d calls", err, len(f.requests()))
	}
}

func TestQueryTroubles(t *testing.T) {
	cases := []struct {
		name, body string
		status     int
		soql       string
		code       gateway.Code
	}{
		{"locator expired", `[{"errorCode":"INVALID_QUERY_LOCATOR","message":"x"}]`, 400, "SELECT Id FROM A", gateway.CodeSFReplay},
		{"unfinished without next", `{"totalSize":2,"done":false,"records":[{}]}`, 200, "SELECT Id FROM A", gateway.CodeSFDown},
		{"next elsewhere", `{"totalSize":2,"done":false,"nextRecordsUrl":"https://evil.example/x","records":[{}]}`, 200, "SELECT Id FROM A", gateway.CodeSFDown},
		{"next beside the host", `{"totalSize":2,"done":false,"nextRecordsUrl":"@evil.example/x","records":[{}]}`, 200, "SELECT Id FROM A", gateway.CodeSFDown},
		{"too long for an address", ``, 200, "SELECT Id FROM A WHERE Id IN ('" + strings.Repeat("x", 13000), gateway.CodeSFRequest},
		{"hidden field", `[{"errorCode":"INVALID_FIELD","message":"No such column"}]`, 400, "SELECT X FROM A", gateway.CodeSFField},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			f.on("/", test.status, test.body)
			err := newClient(t, f).Query(context.Background(), test.soql, func([]json.RawMessage) error { return nil })
			if codeOf(err) != test.code {
				t.Fatalf("Query = %v; want %s", err, test.code)
			}
		})
	}
}

func TestRetrieveKeepsTheOrderAndMarksTheMissing(t *testing.T) {
	f := newFake(t)
	f.on("POST /services/data/v66.0/composite/sobjects/Account", 200,
		`[{"attributes":{"type":"Account"},"Id":"001dM00003jU9GxQAK","Name":"A"},null]`)
	c := newClient(t, f)
	got, err := c.Retrieve(context.Background(), accountSchema, []string{testAccount, "001000000000000AAA"}, []string{"Id", "Name"})
	if err != nil || len(got) != 2 || got[0].Fields["Name"].String() != "A" || got[1] != nil {
		t.Fatalf("Retrieve = %v, %v", got, err)
	}
	if body := f.requests()[0].body; body != `{"fields":["Id","Name"],"ids":["001dM00003jU9GxQAK","001000000000000AAA"]}` {
		t.Fatalf("body %s", body)
	}
	if got, err := c.Retrieve(context.Background(), accountSchema, nil, nil); err != nil || got != nil {
		t.Errorf("Retrieve of nothing = %v, %v", got, err)
	}
	if _, err := c.Retrieve(context.Background(), accountSchema, make([]string, MaxRetrieve+1), nil); err == nil {
		t.Error("Retrieve took too many ids")
	}
	if _, err := c.Retrieve(context.Background(), accountSchema, []string{testAccount}, nil); err == nil {
		t.Error("Retrieve took two rows for one id")
	}
	if _, err := c.Retrieve(context.Background(), accountSchema, []string{testAccount}, []string{"Owner.Name"}); codeOf(err) != gateway.CodeInvalid {
		t.Errorf("Retrieve took a field that is none: %v", err)
	}
}

func TestDeletedSaysHowFarItCanBeTrusted(t *testing.T) {
	from := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	cases := []struct {
		earliest string
		reliable bool
	}{
		{"2026-04-20T00:00:00.000+0000", true},
		{"2026-05-01T00:00:00.000+0000", true},
		{"2026-05-01T06:00:00.000+0000", false},
		{"", false},
	}
	for _, test := range cases {
		f := newFake(t)
		f.on("GET /services/data/v66.0/sobjects/Account/deleted/", 200,
			`{"deletedRecords":[{"id":"001dM00003jU9Gx","deletedDate":"2026-05-01T07:25:37.000+0000"}],"earliestDateAvailable":"`+test.earliest+`","latestDateCovered":"2026-05-01T11:59:00.000+0000"}`)
		list, through, reliable, err := newClient(t, f).Deleted(context.Background(), "Account", from, from.Add(12*time.Hour))
		if err != nil || len(list) != 1 || list[0].ID != testAccount || reliable != test.reliable || through.Hour() != 11 {
			t.Errorf("earliest %q: %v, %v, %v, %v", test.earliest, list, through, reliable, err)
		}
		if q := f.requests()[0].query; q != "end=2026-05-01T12%3A00%3A00Z&start=2026-05-01T00%3A00%3A00Z" {
			t.Errorf("asked with %s", q)
		}
	}
}

// F-36: which objects an admin selected, where no Pub/Sub API tells.
func TestSelectedObjectsAreReadF36(t *testing.T) {
	f := newFake(t)
	f.on("GET /services/data/v66.0/tooling/query", 200,
		`{"totalSize":2,"done":true,"records":[{"SelectedEntity":"ContactChangeEvent"},{"SelectedEntity":"Berth__ChangeEvent"}]}`)
	got, err := newClient(t, f).Captured(context.Background())
	if err != nil || !slices.Equal(got, []string{"Contact", "Berth__c"}) {
		t.Errorf("%v, %v", got, err)
	}
	if q := f.requests()[0].query; !strings.Contains(q, "FROM+PlatformEventChannelMember+WHERE+EventChannel+%3D+%27ChangeEvents%27") {
		t.Errorf("asked with %s", q)
	}
}

func TestLimitsOfAnyShapeAreRead(t *testing.T) {
	f := newFake(t)
	f.on("/", 200, `{"DailyApiRequests":{"Max":15000,"Remaining":14976},"PermissionSets":{"Max":1500,"Remaining":1498,"CreateCustom":{"Max":1000,"Remaining":998}},"Odd":"x","Zero":{"Max":0,"Remaining":0}}`)
	used := 0
	c := newClient(t, f, func(cfg *Config) { cfg.OnUsage = func(u, _ int) { used = u } })
	got, err := c.Limits(context.Background())
	if err != nil || len(got) != 2 || got["PermissionSets"].Remaining != 1498 || used != 24 {
		t.Fatalf("Limits = %v, %v, used %d", got, err, used)
	}
}

// F-51: before a create is sent again the org is asked for its record.
func TestCreatedRecordIsFoundAgainF51(t *testing.T) {
	sent := time.Date(2026, 5, 1, 7, 25, 37, 0, time.UTC)
	long := "First line\nsecond line "
	wanted := gateway.Change{
		Op: gateway.OpCreate, Key: gateway.RecordKey{Object: "Task", ID: "local:1"}, FirstSentAt: sent,
		Fields: gateway.Fields{
			"Subject": gateway.Text("O'Brien's 50%"), "Description": gateway.Text(long), "WhoId": gateway.Text(testContact),
			"ActivityDate": gateway.Text("2026-05-02"), "CallDurationInSeconds": "90", "IsReminderSet": "false", "Gone__c": "1", "Ext__c": gateway.Null,
		},
	}
	row := func(id, text string) string {
		return fmt.Sprintf(`{"attributes":{"type":"Task"},"Id":%q,"Description":%s}`, id, string(gateway.Text(text)))
	}
	cases := []struct {
		name string
		rows []string
		want []string
	}{
		{"found", []string{row("00TdM00000000AA", "First line\r\nsecond line")}, []string{"00TdM00000000AA"}},
		{"other text", []string{row("00TdM00000000AA", "Something else")}, nil},
		{"all that fit", []string{row("00TdM00000000AA", "x"), row("00TdM00000000AB", long), row("00TdM00000000AC", long)}, []string{"00TdM00000000AB", "00TdM00000000AC"}},
		{"none", nil, nil},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			f.on("GET /services/data/v66.0/sobjects/Task/describe", 200, describeTask)
			f.on("GET /services/data/v66.0/query", 200, `{"totalSize":0,"done":true,"records":[`+strings.Join(test.rows, ",")+`]}`)
			got, err := newClient(t, f).Find(context.Background(), wanted)
			for i, id := range test.want {
				test.want[i], _ = gateway.NormalizeID(id)
			}
			if err != nil || !slices.Equal(got, test.want) {
				t.Fatalf("Find = %q, %v; want %q", got, err, test.want)
			}
			values, _ := url.ParseQuery(f.requests()[1].query)
			soql := `SELECT Id,Description FROM Task WHERE CreatedById = '005dM00000awSFJQA2' AND CreatedDate >= 2026-05-01T07:20:37.000Z` +
				` AND ActivityDate = 2026-05-02 AND CallDurationInSeconds = 90 AND IsReminderSet = false AND Subject = 'O\'Brien\'s 50%'` +
				` AND WhoId = '003dM00001wBXYDQA4' ORDER BY CreatedDate, Id LIMIT 2000`
			if values.Get("q") != soql {
				t.Errorf("asked %s\nwant  %s", values.Get("q"), soql)
			}
		})
	}
}

func TestFindAsksWhoWeAreAndReadsDescribeAgainWhenAFieldIsGone(t *testing.T) {
	f := newFake(t)
	described := 0
	f.mux.HandleFunc("GET /services/data/v66.0/sobjects/Task/describe", func(w http.ResponseWriter, _ *http.Request) {
		described++
		if described == 1 {
			reply(w, 200, describeTask)
			return
		}
		reply(w, 200, strings.ReplaceAll(describeTask, `"WhoId"`, `"Other__c"`))
	})
	f.on("GET /services/oauth2/userinfo", 200, `{"user_id":"005dM00000awSFJ","organization_id":"00DdM00000vfgTu","preferred_username":"u"}`)
	f.mux.HandleFunc("GET /services/data/v66.0/query", func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Query().Get("q"), "WhoId") {
			reply(w, 400, `[{"errorCode":"INVALID_FIELD","message":"No such column 'WhoId'"}]`)
			return
		}
		reply(w, 200, `{"totalSize":1,"done":true,"records":[{"Id":"00TdM00000000AA"}]}`)
	})
	c := newClient(t, f, func(cfg *Config) { cfg.UserID = "" })
	ids, err := c.Find(context.Background(), gateway.Change{
		Key: gateway.RecordKey{Object: "Task", ID: "local:1"}, FirstSentAt: time.Unix(1, 0), Fields: gateway.Fields{"WhoId": gateway.Text(testContact)},
	})
	if err != nil || len(ids) != 1 || described != 2 {
		t.Fatalf("Find = %q, %v after %d describes", ids, err, described)
	}
}

func TestChangeThatWasNeverSentIsNotLookedFor(t *testing.T) {
	f := newFake(t)
	if ids, err := newClient(t, f).Find(context.Background(), gateway.Change{Key: gateway.RecordKey{Object: "Task"}}); len(ids) > 0 || err != nil {
		t.Fatalf("Find = %q, %v", ids, err)
	}
	if len(f.requests()) != 0 {
		t.Fatal("the org was asked")
	}
}
