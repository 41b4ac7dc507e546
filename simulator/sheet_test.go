package simulator_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	eventbus "tidegate/eventbus/v1"
	"tidegate/simulator"
	"tidegate/simulator/org"
	"tidegate/simulator/seed"
)

// The lines of the sheet that no other test of this package shows as a whole.
// Each test is named after its line; docs/simulator.md has the list.

// step is one call and what it must answer.
type step struct {
	method, path, body string
	status             int
	parts              []string // of the answer
}

func (c *client) steps(list ...step) {
	c.t.Helper()
	for _, s := range list {
		r := c.send(s.method, v+s.path, s.body)
		if r.status != s.status {
			c.t.Errorf("%s %s %s: %d, want %d: %s", s.method, s.path, s.body, r.status, s.status, r.body)
		}
		for _, part := range s.parts {
			if !strings.Contains(string(r.body), part) {
				c.t.Errorf("%s %s %s: no %s in %s", s.method, s.path, s.body, part, r.body)
			}
		}
	}
}

func TestR3TokensCarryWhatTheyShould(t *testing.T) {
	o, c := start(t, simulator.Config{})
	var answer map[string]any
	c.form("/services/oauth2/token", "grant_type", "client_credentials", "client_id", o.ClientID, "client_secret", o.ClientSecret).into(t, &answer)
	if _, ok := answer["expires_in"]; ok {
		t.Error("the answer tells when the token ends")
	}
	if at, ok := answer["issued_at"].(string); !ok || len(at) != 13 {
		t.Errorf("issued_at is %v, want milliseconds in a string", answer["issued_at"])
	}
	if token := fmt.Sprint(answer["access_token"]); !strings.HasPrefix(token, o.Engine.ID()[:15]+"!") {
		t.Errorf("the token begins with %.16s", token)
	}
}

func TestR12IDsAreLongAndChecked(t *testing.T) {
	_, c := start(t, simulator.Config{})
	account := c.made("Account", `{"Name":"Harbor"}`)
	contact := c.made("Contact", `{"LastName":"Moor","AccountId":"`+account[:15]+`"}`)
	if got := c.row("Contact", contact[:15]); len(account) != 18 || got["AccountId"] != account || got["Id"] != contact {
		t.Errorf("%v of %v", got["Id"], got["AccountId"])
	}
	wrong := contact[:17] + map[bool]string{true: "B", false: "A"}[contact[17] == 'A']
	c.steps(
		step{"PATCH", "/sobjects/Contact/" + contact[:15], `{"Title":"Pilot"}`, 204, nil},
		step{"GET", "/query?q=SELECT+Id+FROM+Contact+WHERE+Id='" + contact[:15] + "'", "", 200, []string{contact}},
		step{"PATCH", "/sobjects/Contact/" + contact, `{"AccountId":"` + contact + `"}`, 400, []string{"MALFORMED_ID", "id value of incorrect type"}},
		step{"PATCH", "/sobjects/Contact/" + contact, `{"AccountId":"001"}`, 400, []string{"MALFORMED_ID"}},
		step{"PATCH", "/sobjects/Contact/" + wrong, `{"Title":"Pilot"}`, 404, nil},
	)
}

func TestR13StampsAdvanceWithEachWrite(t *testing.T) {
	now, ahead := clock()
	_, c := start(t, simulator.Config{Now: now})
	id := c.made("Contact", `{"LastName":"Moor"}`)
	first := c.row("Contact", id)
	ahead(3 * time.Second)
	c.want(204, "PATCH", v+"/sobjects/Contact/"+id, `{"LastName":"Moor"}`) // nothing changes, and yet it is a write
	second := c.row("Contact", id)
	for field, want := range map[string]string{"CreatedDate": "2026-05-01T08:00:00.000+0000", "SystemModstamp": "2026-05-01T08:00:03.000+0000", "LastModifiedDate": "2026-05-01T08:00:03.000+0000"} {
		if second[field] != want {
			t.Errorf("%s is %v, before it was %v, want %s", field, second[field], first[field], want)
		}
	}
}

func TestR14DeletedRecordsAreGoneButListed(t *testing.T) {
	_, c := start(t, simulator.Config{})
	id := c.made("Contact", `{"LastName":"Moor"}`)
	path := "/sobjects/Contact/" + id
	from, to := time.Now().Add(-time.Hour).UTC(), time.Now().Add(time.Hour).UTC()
	span := fmt.Sprintf("?start=%s&end=%s", from.Format(time.RFC3339), to.Format(time.RFC3339))
	c.steps(
		step{"DELETE", path, "", 204, nil},
		step{"GET", path, "", 404, nil},
		step{"PATCH", path, `{"Title":"x"}`, 404, []string{"ENTITY_IS_DELETED", "entity is deleted"}},
		step{"DELETE", path, "", 404, []string{"ENTITY_IS_DELETED"}},
		step{"GET", "/query?q=SELECT+Id+FROM+Contact", "", 200, []string{`"totalSize":0`}},
		step{"GET", "/queryAll?q=SELECT+Id,IsDeleted+FROM+Contact", "", 200, []string{id, `"IsDeleted":true`}},
		step{"GET", "/sobjects/Contact/deleted/" + span, "", 200, []string{id, `"deletedDate"`, `"earliestDateAvailable"`, `"latestDateCovered"`}},
		step{"GET", "/sobjects/Contact/deleted?start=" + to.Format(time.RFC3339) + "&end=" + from.Format(time.RFC3339), "", 400, []string{"INVALID_REPLICATION_DATE"}},
	)
}

func TestR21StagesDriveADeal(t *testing.T) {
	_, c := start(t, simulator.Config{})
	contact := c.made("Contact", `{"LastName":"Moor"}`)
	deal := c.made("Opportunity", `{"Name":"D","StageName":"Prospecting","CloseDate":"2026-06-30","Amount":1000,"ContactId":"`+contact+`"}`)
	c.steps(
		step{"GET", "/query?q=SELECT+ContactId,IsPrimary+FROM+OpportunityContactRole", "", 200, []string{contact, `"IsPrimary":true`}},
		step{"PATCH", "/sobjects/Opportunity/" + deal, `{"ContactId":"` + contact + `"}`, 400, []string{"INVALID_FIELD_FOR_INSERT_UPDATE", `"fields":["ContactId"]`}},
		step{"PATCH", "/sobjects/Opportunity/" + deal, `{"IsWon":true,"ExpectedRevenue":5}`, 400, []string{"ExpectedRevenue, IsWon"}},
		step{"PATCH", "/sobjects/Opportunity/" + deal, `{"StageName":"Closed Won"}`, 204, nil},
	)
	got := c.row("Opportunity", deal)
	for field, want := range map[string]string{
		"Probability": "100.0", "ForecastCategory": "Closed", "ForecastCategoryName": "Closed", "IsClosed": "true", "IsWon": "true", "ExpectedRevenue": "1000.0",
	} {
		if fmt.Sprint(got[field]) != want {
			t.Errorf("%s is %v, want %s", field, got[field], want)
		}
	}
	c.want(204, "PATCH", v+"/sobjects/Opportunity/"+deal, `{"StageName":"Qualification","Probability":33}`)
	if got = c.row("Opportunity", deal); fmt.Sprintf("%v %v", got["Probability"], got["IsClosed"]) != "33.0 false" {
		t.Errorf("a probability of one's own: %v, closed %v", got["Probability"], got["IsClosed"])
	}
}

func TestR22TasksFollowTheirStatus(t *testing.T) {
	_, c := start(t, simulator.Config{})
	task := c.made("Task", `{"Subject":"Call"}`)
	got := c.row("Task", task)
	if fmt.Sprintf("%v, %v, %v, %v, %v", got["Status"], got["Priority"], got["TaskSubtype"], got["IsClosed"], got["CompletedDateTime"]) != "Not Started, Normal, Task, false, <nil>" {
		t.Errorf("defaults %v %v %v", got["Status"], got["Priority"], got["TaskSubtype"])
	}
	account, lead := c.made("Account", `{"Name":"A"}`), c.made("Lead", `{"LastName":"L","Company":"C"}`)
	contact := c.made("Contact", `{"LastName":"M","AccountId":"`+account+`"}`)
	c.steps(
		step{"PATCH", "/sobjects/Task/" + task, `{"Status":"Completed"}`, 204, nil},
		step{"PATCH", "/sobjects/Task/" + task, `{"TaskSubtype":"Call"}`, 400, []string{"INVALID_FIELD_FOR_INSERT_UPDATE", "TaskSubtype"}},
		step{"PATCH", "/sobjects/Task/" + task, `{"IsClosed":false}`, 400, []string{"INVALID_FIELD_FOR_INSERT_UPDATE"}},
		step{"POST", "/sobjects/Task", `{"Subject":"x","WhoId":"` + lead + `","WhatId":"` + account + `"}`, 400, []string{"FIELD_INTEGRITY_EXCEPTION"}},
		step{"POST", "/sobjects/Task", `{"Subject":"x","WhoId":"` + account + `"}`, 400, []string{"MALFORMED_ID"}},
		step{"POST", "/sobjects/Task", `{"Subject":"x","TaskSubtype":"Call","CallType":"Outbound"}`, 201, nil},
	)
	if got = c.row("Task", task); got["IsClosed"] != true || got["CompletedDateTime"] == nil {
		t.Errorf("completed: %v at %v", got["IsClosed"], got["CompletedDateTime"])
	}
	c.want(204, "PATCH", v+"/sobjects/Task/"+task, `{"Status":"Deferred","WhoId":"`+contact+`"}`)
	if got = c.row("Task", task); got["IsClosed"] != false || got["CompletedDateTime"] != nil || got["AccountId"] != account {
		t.Errorf("opened again: %v at %v of %v", got["IsClosed"], got["CompletedDateTime"], got["AccountId"])
	}
}

func TestR23EventsAgreeWithThemselves(t *testing.T) {
	_, c := start(t, simulator.Config{})
	id := c.made("Event", `{"Subject":"Call","StartDateTime":"2026-05-04T10:00:00+02:00","DurationInMinutes":30}`)
	got := c.row("Event", id)
	if got["EndDateTime"] != "2026-05-04T08:30:00.000+0000" || got["ShowAs"] != "Busy" || got["ActivityDate"] != "2026-05-04" {
		t.Errorf("end %v, shown as %v", got["EndDateTime"], got["ShowAs"])
	}
	c.want(204, "PATCH", v+"/sobjects/Event/"+id, `{"EndDateTime":"2026-05-04T09:00:00Z"}`)
	if got = c.row("Event", id); fmt.Sprint(got["DurationInMinutes"]) != "60" {
		t.Errorf("duration %v", got["DurationInMinutes"])
	}
	day := c.row("Event", c.made("Event", `{"Subject":"Off","IsAllDayEvent":true,"ActivityDate":"2026-05-04"}`))
	if fmt.Sprint(day["DurationInMinutes"]) != "1440" || day["StartDateTime"] != "2026-05-04T00:00:00.000+0000" {
		t.Errorf("all day: %v from %v", day["DurationInMinutes"], day["StartDateTime"])
	}
	account, long := c.made("Account", `{"Name":"A"}`), strings.Repeat("x", 32_001)
	c.steps(
		step{"POST", "/sobjects/Event", `{"StartDateTime":"2026-05-04T10:00:00Z"}`, 400, []string{"REQUIRED_FIELD_MISSING", `"fields":["EndDateTime"]`}},
		step{"POST", "/sobjects/Event", `{"StartDateTime":"2026-05-04T10:00:00Z","EndDateTime":"2026-05-04T11:00:00Z","DurationInMinutes":30}`, 400, []string{"FIELD_INTEGRITY_EXCEPTION"}},
		step{"POST", "/sobjects/Event", `{"StartDateTime":"2026-05-04T10:00:00Z","EndDateTime":"2026-05-04T09:00:00Z"}`, 400, []string{"FIELD_INTEGRITY_EXCEPTION"}},
		step{"POST", "/sobjects/Event", `{"StartDateTime":"2026-05-04T10:00:00Z","EndDateTime":"2026-05-19T10:00:00Z"}`, 400, []string{"FIELD_INTEGRITY_EXCEPTION"}},
		step{"POST", "/sobjects/Event", `{"StartDateTime":"2026-05-04T10:00:00Z","ActivityDate":"2026-05-05","DurationInMinutes":30}`, 400, []string{"FIELD_INTEGRITY_EXCEPTION", "ActivityDate"}},
		step{"POST", "/sobjects/Event", `{"StartDateTime":"2026-05-04T10:00:00Z","DurationInMinutes":30,"IsPrivate":true,"WhatId":"` + account + `"}`, 400, []string{"FIELD_INTEGRITY_EXCEPTION"}},
		step{"POST", "/sobjects/Event", `{"StartDateTime":"2026-05-04T10:00:00Z","DurationInMinutes":30,"Description":"` + long + `"}`, 400, []string{"STRING_TOO_LONG", "max length=32000"}},
		step{"POST", "/sobjects/Event", `{"StartDateTime":"2026-05-04T10:00:00Z","DurationInMinutes":30,"Description":"` + long[1:] + `"}`, 201, nil},
	)
}

func TestR24ConvertedLeadsRefuseUpdates(t *testing.T) {
	_, c := start(t, simulator.Config{})
	lead := c.made("Lead", `{"LastName":"L","Company":"C"}`)
	c.want(200, "POST", "/_sim/changes", `{"object":"Lead","op":"convert","id":"`+lead+`"}`)
	c.steps(
		step{"PATCH", "/sobjects/Lead/" + lead, `{"Title":"x"}`, 400, []string{"CANNOT_UPDATE_CONVERTED_LEAD"}},
		step{"GET", "/query?q=SELECT+Id+FROM+Lead+WHERE+IsConverted=true", "", 200, []string{lead}},
	)
}

func TestR25NotesTakeTheirOwnMarkupOnly(t *testing.T) {
	_, c := start(t, simulator.Config{})
	body := func(text string) string {
		return fmt.Sprintf(`{"Title":"Call <b> & more","Content":%q}`, base64.StdEncoding.EncodeToString([]byte(text)))
	}
	note := c.made("ContentNote", body("<p>Ünïcode &amp; &lt;b&gt;<br>second</p><ul><li>x</li></ul>"))
	account := c.made("Account", `{"Name":"A"}`)
	if !strings.HasPrefix(note, "069") {
		t.Errorf("the note's id is %s", note)
	}
	for _, bad := range []string{"a & b", "1 < 2", "it&apos;s", "a&nbsp;b", "<p>open", "<script>x</script>", "tab\x01", "&eacute;"} {
		c.steps(step{"POST", "/sobjects/ContentNote", body(bad), 400, []string{"FIELD_INTEGRITY_EXCEPTION", "Note can't be saved"}})
	}
	c.steps(
		step{"POST", "/sobjects/ContentDocumentLink", `{"ContentDocumentId":"` + note + `","LinkedEntityId":"` + account + `","ShareType":"V","Visibility":"AllUsers"}`, 201, nil},
		step{"GET", "/query?q=SELECT+Id+FROM+ContentDocumentLink", "", 400, []string{"MALFORMED_QUERY"}},
		step{"GET", "/query?q=SELECT+ContentDocumentId+FROM+ContentDocumentLink+WHERE+LinkedEntityId='" + account + "'", "", 200, []string{note}},
		step{"GET", "/sobjects/ContentNote/" + note + "/Content", "", 200, []string{"Ünïcode"}},
		step{"POST", "/sobjects/ContentNote", `{"Content":""}`, 400, []string{"REQUIRED_FIELD_MISSING"}},
	)
	_, off := start(t, simulator.Config{Features: org.Features{NotesOff: true}})
	off.steps(
		step{"POST", "/sobjects/ContentNote", body("x"), 404, []string{"NOT_FOUND", "The requested resource does not exist"}},
		step{"GET", "/query?q=SELECT+Id+FROM+ContentNote", "", 400, []string{"INVALID_TYPE", "sObject type 'ContentNote' is not supported."}},
	)
}

// TestR30NothingTellsWhenToComeBack over every refusal that could.
func TestR30NothingTellsWhenToComeBack(t *testing.T) {
	_, c := start(t, simulator.Config{})
	for _, spec := range []string{
		`{"kind":"limit_exceeded"}`, `{"kind":"http_status","status":503}`, `{"kind":"http_status","status":429}`,
		`{"kind":"http_status","status":502}`, `{"kind":"html_instead_of_json"}`,
	} {
		c.arm(spec)
		r := c.send("GET", v+"/limits", "")
		for name := range r.header {
			if strings.EqualFold(name, "Retry-After") || strings.HasPrefix(strings.ToLower(name), "ratelimit") || strings.HasPrefix(strings.ToLower(name), "x-ratelimit") {
				t.Errorf("%s: %d has %s", spec, r.status, name)
			}
		}
	}
}

func TestR2CallsAreCountedOnce(t *testing.T) {
	_, c := start(t, simulator.Config{Sizes: seed.Sizes{Contacts: 1}})
	used := func(r reply) (n, most int) {
		info := r.header.Get("Sforce-Limit-Info")
		if _, err := fmt.Sscanf(info, "api-usage=%d/%d", &n, &most); err != nil {
			t.Fatalf("limit header %q", info)
		}
		return n, most
	}
	before, most := used(c.want(200, "GET", v+"/limits", ""))
	ref := func(i int) string {
		return fmt.Sprintf(`{"method":"GET","url":"%s/limits","referenceId":"r%d"}`, v, i)
	}
	part := `{"method":"GET","url":"v66.0/limits"}`
	for _, call := range []struct {
		path, body string
		costs      int
	}{
		{"/composite", `{"compositeRequest":[` + ref(1) + `,` + ref(2) + `,` + ref(3) + `]}`, 1},
		{"/composite/batch", `{"batchRequests":[` + part + `,` + part + `]}`, 2},
	} {
		n, _ := used(c.want(200, "POST", v+call.path, call.body))
		if before+call.costs != n {
			t.Errorf("%s costs %d, want %d", call.path, n-before, call.costs)
		}
		before = n
	}
	if most < 1000 {
		t.Errorf("of %d calls", most)
	}
	if info := c.want(200, "GET", "/services/data", "").header.Get("Sforce-Limit-Info"); info != "" {
		t.Errorf("versions carry %q", info)
	}
}

func TestR9RecordsAreMadeReadAndChangedInTheirForms(t *testing.T) {
	_, c := start(t, simulator.Config{})
	r := c.want(201, "POST", v+"/sobjects/Contact", `{"LastName":"Moor"}`)
	var made map[string]any
	r.into(t, &made)
	id := fmt.Sprint(made["id"])
	if r.header.Get("Location") != v+"/sobjects/Contact/"+id || made["success"] != true || fmt.Sprint(made["errors"]) != "[]" {
		t.Errorf("created %v at %s", made, r.header.Get("Location"))
	}
	if r := c.want(204, "PATCH", v+"/sobjects/Contact/"+id, `{"Title":"Pilot"}`); len(r.body) != 0 {
		t.Errorf("an update answers %s", r.body)
	}
	if r := c.want(204, "POST", v+"/sobjects/Contact/"+id+"?_HttpMethod=PATCH", `{"Title":null}`); len(r.body) != 0 || c.row("Contact", id)["Title"] != nil {
		t.Errorf("an update in disguise answers %s", r.body)
	}
	c.steps(
		step{"PATCH", "/sobjects/Contact/Tidegate_Id__c/k1", `{"LastName":"Upserted"}`, 201, []string{`"created":true`}},
		step{"PATCH", "/sobjects/Contact/Tidegate_Id__c/k1", `{"LastName":"Again"}`, 200, []string{`"created":false`}},
		step{"GET", "/sobjects/Contact/Tidegate_Id__c/k1?fields=LastName", "", 200, []string{`{"attributes":{"type":"Contact","url":`, `"LastName":"Again"`}},
		step{"PATCH", "/sobjects/Contact/Tidegate_Id__c/k2?updateOnly=true", `{"LastName":"No"}`, 404, nil},
		step{"DELETE", "/sobjects/Contact/Tidegate_Id__c/k1", "", 204, nil},
	)
	if r := c.send("PATCH", strings.Replace(v, "66.0", "45.0", 1)+"/sobjects/Contact/Id/"+id, `{"Title":"x"}`); r.status != http.StatusNoContent {
		t.Errorf("an old version answers an upsert that updates with %d", r.status)
	}
}

func TestQ2Q6Q5SOQLLiteralsEscapesAndLimits(t *testing.T) {
	_, c := start(t, simulator.Config{})
	c.made("Contact", `{"LastName":"O'Brien \\ \"x\"","Description":"Line\nTwo"}`)
	ask := func(q string) step {
		return step{"GET", strings.TrimPrefix(soql(q), v), "", 200, []string{`"totalSize":1`}}
	}
	c.steps(
		ask(`SELECT Id FROM Contact WHERE LastName = 'o\'BRIEN \\ \"x\"'`),
		ask(`SELECT Id FROM Contact WHERE LastName LIKE 'O\'%'`),
		ask(`SELECT Id FROM Contact WHERE LastName IN ('a', 'O\u0027Brien \\ "x"')`),
		ask(`SELECT Id FROM Contact WHERE (NOT LastName = 'x') AND CreatedDate >= LAST_N_DAYS:1 ORDER BY LastName DESC NULLS LAST LIMIT 1 OFFSET 0`),
		step{"GET", strings.TrimPrefix(soql(`SELECT Id FROM Contact WHERE LastName = '`+strings.Repeat("x", 4001)+`'`), v), "", 400, nil},
		step{"GET", strings.TrimPrefix(soql(`SELECT Id FROM Contact OFFSET 2001`), v), "", 400, []string{"NUMBER_OUTSIDE_VALID_RANGE"}},
		step{"GET", "/query/?q=SELECT+Id+FROM%20Contact", "", 200, []string{`"done":true`}},
		step{"GET", "/query?q=SELECT+IsSandbox+FROM+Organization+LIMIT+1", "", 200, []string{`"IsSandbox":false`}},
	)
	var list struct{ Records []map[string]json.RawMessage }
	c.want(200, "GET", soql(`SELECT FIELDS(STANDARD) FROM Contact LIMIT 1`), "").into(t, &list)
	if _, custom := list.Records[0]["Tidegate_Id__c"]; custom || !slices.Contains(mapKeys(list.Records[0]), "LastName") {
		t.Errorf("standard fields: %v", mapKeys(list.Records[0]))
	}
}

func mapKeys(m map[string]json.RawMessage) (keys []string) {
	for key := range m {
		keys = append(keys, key)
	}
	return keys
}

func TestR17R18CapsHold(t *testing.T) {
	_, c := start(t, simulator.Config{})
	alternate := func(n int) string {
		rows := make([]string, n)
		for i := range rows {
			rows[i] = `{"attributes":{"type":"` + []string{"Contact", "Lead"}[i%2] + `"},"LastName":"A","Company":"B"}`
		}
		return `{"records":[` + strings.Join(rows, ",") + `]}`
	}
	parts := func(n int, url string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf(`{"method":"GET","url":%q,"referenceId":"r%d"}`, v+url, i)
		}
		return `{"compositeRequest":[` + strings.Join(list, ",") + `]}`
	}
	query := "/query?q=SELECT+Id+FROM+Contact"
	c.steps(
		step{"POST", "/composite/sobjects", alternate(11), 400, nil},
		step{"POST", "/composite", parts(25, "/limits"), 200, nil},
		step{"POST", "/composite", parts(26, "/limits"), 400, nil},
		step{"POST", "/composite", parts(5, query), 200, []string{`"httpStatusCode":200`}},
		step{"POST", "/composite", parts(6, query), 400, nil},
		step{"POST", "/composite", strings.Replace(parts(1, "/limits"), "r0", "r-0", 1), 400, nil},
		step{"POST", "/composite", `{"compositeRequest":[{"method":"POST","url":"` + v + `/sobjects/Contact","referenceId":"a","body":{}},
			{"method":"GET","url":"` + v + `/sobjects/Contact/@{a.id}","referenceId":"b"}]}`, 200, []string{"REQUIRED_FIELD_MISSING", "PROCESSING_HALTED"}},
	)
}

func TestR28JobsHaveTheirForm(t *testing.T) {
	_, c := start(t, simulator.Config{Sizes: seed.Sizes{Contacts: 3}})
	var job map[string]any
	c.want(200, "POST", v+"/jobs/ingest", `{"object":"Contact","operation":"insert"}`).into(t, &job)
	if job["state"] != "Open" || job["contentUrl"] != fmt.Sprintf("services/data/v66.0/jobs/ingest/%v/batches", job["id"]) || !strings.HasPrefix(fmt.Sprint(job["id"]), "750") {
		t.Errorf("a new job: %v", job)
	}
	one := c.job("POST", v+"/jobs/query", `{"operation":"query","query":"SELECT Id FROM Contact"}`)
	one = c.over(v + "/jobs/query/" + one.ID)
	r := c.want(200, "GET", v+"/jobs/query/"+one.ID+"/results", "")
	if r.header.Get("Sforce-Locator") != "null" || r.header.Get("Sforce-NumberOfRecords") != "3" {
		t.Errorf("results with locator %q of %q rows", r.header.Get("Sforce-Locator"), r.header.Get("Sforce-NumberOfRecords"))
	}
	c.want(409, "GET", strings.Replace(v, "66.0", "65.0", 1)+"/jobs/query/"+one.ID+"/results", "")
}

func TestS17ThresholdOfOverflowIsSet(t *testing.T) {
	o, c := start(t, simulator.Config{})
	c.want(200, "POST", "/_sim/cdc", `{"overflow_at":3}`)
	at := o.Log.Last()
	record := `{"attributes":{"type":"Contact"},"LastName":"A%d"}`
	var rows []string
	for i := range 5 {
		rows = append(rows, fmt.Sprintf(record, i))
	}
	c.want(200, "POST", v+"/composite/sobjects", `{"allOrNone":true,"records":[`+strings.Join(rows, ",")+`]}`)
	events := toldAfter(t, o, at)
	last := events[len(events)-1].header()
	if len(events) != 4 || last.ChangeType != "GAP_OVERFLOW" || last.RecordIDs[0] != "000000000000000AAA" {
		t.Errorf("%d events, the last %+v", len(events), last)
	}
	c.want(400, "POST", "/_sim/cdc", `{"overflow_at":-1}`)
}

func TestS19GeolocationsAndTimesOfDay(t *testing.T) {
	o, c := start(t, simulator.Config{})
	c.want(200, "POST", "/_sim/fields", `{"op":"object","object":"Berth__c","fields":[{"name":"Spot__c","type":"location"},{"name":"Opens__c","type":"time"}]}`)
	c.want(200, "POST", "/_sim/cdc", `{"object":"Berth__c","selected":true}`)
	at := o.Log.Last()
	id := c.made("Berth__c", `{"Name":"One","Spot__Latitude__s":46.95,"Spot__Longitude__s":7.44,"Opens__c":"08:30"}`)
	got := c.row("Berth__c", id)
	if fmt.Sprint(got["Spot__c"]) != "map[latitude:46.95 longitude:7.44]" || got["Opens__c"] != "08:30:00.000Z" {
		t.Errorf("read as %v, %v", got["Spot__c"], got["Opens__c"])
	}
	c.want(204, "PATCH", v+"/sobjects/Berth__c/"+id, `{"Spot__Latitude__s":47}`)
	c.steps(
		step{"PATCH", "/sobjects/Berth__c/" + id, `{"Spot__c":{"latitude":1}}`, 400, nil},
		step{"PATCH", "/sobjects/Berth__c/" + id, `{"Opens__c":"late"}`, 400, []string{"JSON_PARSER_ERROR"}},
		step{"GET", "/sobjects/Berth__c/describe", "", 200, []string{`"compoundFieldName":"Spot__c"`, `"type":"location"`, `"type":"time"`}},
	)
	events := toldAfter(t, o, at)
	if len(events) != 2 || string(events[0].Payload["Spot__c"]) != `{"Latitude":46.95,"Longitude":7.44}` || string(events[0].Payload["Opens__c"]) != `"08:30:00.000Z"` {
		t.Fatalf("told %v", events)
	}
	if string(events[1].Payload["Spot__c"]) != `{"Latitude":47.0,"Longitude":7.44}` || !slices.Equal(events[1].header().ChangedFields, []string{"LastModifiedDate", "Spot__c.Latitude"}) {
		t.Errorf("an update tells %s of %v", events[1].Payload["Spot__c"], events[1].header().ChangedFields)
	}
	client, ctx := dialPubSub(t, o)
	topic, err := client.GetTopic(ctx, &eventbus.TopicRequest{TopicName: "/data/Berth__ChangeEvent"})
	if err != nil {
		t.Fatal(err)
	}
	schema, err := client.GetSchema(ctx, &eventbus.SchemaRequest{SchemaId: topic.GetSchemaId()})
	if err != nil || !strings.Contains(schema.GetSchemaJson(), `"name":"Location"`) || !strings.Contains(schema.GetSchemaJson(), "TimeOnly") {
		t.Errorf("schema %v, %v", schema, err)
	}
	c.want(200, "POST", "/_sim/fields", `{"op":"remove","object":"Berth__c","field":{"name":"Spot__c"}}`)
	if _, there := c.row("Berth__c", id)["Spot__Latitude__s"]; there {
		t.Error("a part stayed when the field went")
	}
}

func TestR10UnreadableBodiesAreToldWhere(t *testing.T) {
	_, c := start(t, simulator.Config{})
	for _, body := range []string{`["a"]`, `{"LastName":`, `{"LastName" "x"}`, ``} {
		r := c.want(400, "POST", v+"/sobjects/Contact", body)
		if r.code(t) != "JSON_PARSER_ERROR" || strings.Contains(string(r.body), "json:") || strings.Contains(string(r.body), "Go ") {
			t.Errorf("%s: %s", body, r.body)
		}
	}
	if r := c.want(200, "GET", v+"/limits", "", "X-PrettyPrint", "1"); !strings.HasPrefix(string(r.body), "{\n  \"") || r.header.Get("X-SFDC-Request-Id") == "" {
		t.Errorf("pretty: %.20s, request id %q", r.body, r.header.Get("X-SFDC-Request-Id"))
	}
}
