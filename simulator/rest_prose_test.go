package simulator_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"tidegate/simulator"
	"tidegate/simulator/seed"
)

// What the REST sheet says beside its table, section by section, as far as no test
// of a line shows it. docs/simulator.md has the list.

func TestProseOfTheWire(t *testing.T) {
	_, c := start(t, simulator.Config{})
	id := c.made("Contact", `{"LastName":"  Trimmed  ","Title":""}`)
	c.steps(
		step{"GET", "/sobjects/Contact/" + id[:15], "", 200, []string{`"Id":"` + id + `"`, `"LastName":"Trimmed"`, `"Title":null`, `.000+0000"`}},
		step{"GET", "/sobjects/Contact/" + id + ".json", "", 404, nil},
		step{"PATCH", "/sobjects/Contact/" + id, `{"Birthdate":"2000-01-02"}`, 204, nil},
		step{"PATCH", "/sobjects/Contact/" + id, `{"Birthdate":"2000-01-02Z"}`, 400, nil},
		step{"POST", "/sobjects/Contact/" + id + "?_HttpMethod=PATCH", `{"Title":"x"}`, 204, nil},
		step{"POST", "/sobjects/Contact/" + id + "?_httpmethod=PATCH", `{"Title":"x"}`, 405, nil},
	)
	c.want(200, "GET", "/services/data/v57.0/limits.json", "")
	c.want(410, "GET", "/services/data/v30.0/limits", "")
	if r := c.want(200, "GET", v+"/limits", ""); r.header.Get("Content-Type") != "application/json;charset=UTF-8" || r.header.Get("Retry-After") != "" {
		t.Errorf("headers %v", r.header)
	}
	if r := c.want(431, "GET", v+"/limits", "", "X-Long", strings.Repeat("y", 16_400)); !strings.Contains(string(r.body), "<h1>Bad Message 431</h1>") {
		t.Errorf("%s", r.body)
	}
}

func TestProseOfDescribe(t *testing.T) {
	_, c := start(t, simulator.Config{})
	c.steps(
		step{"GET", "", "", 200, []string{`"sobjects"`, `"query"`, `"queryAll"`, `"search"`, `"composite"`, `"limits"`, `"recent"`, `"jobs"`}},
		step{"GET", "/limits", "", 200, []string{
			`"DailyApiRequests"`, `"DailyBulkApiBatches"`, `"DailyBulkV2QueryJobs"`, `"DailyBulkV2QueryFileStorageMB"`, `"ConcurrentAsyncGetReportInstances"`,
			`"DataStorageMB"`, `"FileStorageMB"`, `"ContentPublicationLimit"`, `"CreateCustom"`,
		}},
		step{"GET", "/sobjects", "", 200, []string{`"encoding":"UTF-8"`, `"maxBatchSize":200`}},
		step{"GET", "/sobjects/TaskStatus", "", 200, []string{`"keyPrefix":null`}},
		step{"GET", "/sobjects/LeadStatus", "", 200, []string{`"keyPrefix":"01J"`}},
		step{"GET", "/sobjects/User", "", 200, []string{`"deletable":false`}},
	)
	account := c.described("Account")
	for _, row := range []struct {
		field, key string
		want       any
	}{
		{"Name", "byteLength", 765},
		{"Id", "byteLength", 18},
		{"CreatedDate", "length", 0},
		{"BillingAddress", "length", 0},
		{"NumberOfEmployees", "digits", 8},
		{"AnnualRevenue", "precision", 18},
		{"Type", "restrictedPicklist", false},
		{"BillingCity", "compoundFieldName", "BillingAddress"},
		{"BillingAddress", "updateable", false},
		{"Description", "filterable", false},
	} {
		if got := account[row.field][row.key]; fmt.Sprint(got) != fmt.Sprint(row.want) {
			t.Errorf("%s.%s is %v, want %v", row.field, row.key, got, row.want)
		}
	}
	for name, future := range map[string]string{"describe": "/sobjects/Account/describe", "global": "/sobjects"} {
		if r := c.send("GET", v+future, "", "If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"); r.status != 304 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
}

func TestProseOfRecordsAndErrors(t *testing.T) {
	_, c := start(t, simulator.Config{})
	account, contact := c.made("Account", `{"Name":"Acme"}`), c.made("Contact", `{"LastName":"K","Tidegate_Id__c":"k/1"}`)
	const none = "001000000000000AAA"
	c.steps(
		step{"PATCH", "/sobjects/Account/" + account, `{"Id":"` + account + `"}`, 400, []string{`"INVALID_FIELD"`, "The Id field should not be specified in the sobject data."}},
		step{"GET", "/sobjects/Account/" + none, "", 404, []string{`"NOT_FOUND"`}},
		step{"GET", "/sobjects/Nope/" + none, "", 404, []string{"The requested resource does not exist"}},
		step{"POST", "/sobjects/Account/Id", `{"Name":"N"}`, 201, nil},
		step{"GET", "/sobjects/Contact/Tidegate_Id__c/k%2F1", "", 200, []string{contact}},
		step{"PATCH", "/sobjects/Contact/Tidegate_Id__c/k%2F1", `{"LastName":"K","Tidegate_Id__c":"k/1"}`, 400, nil},
		step{"PATCH", "/sobjects/Contact/Tidegate_Id__c/none?updateOnly=true", `{"LastName":"K"}`, 404, nil},
		step{"DELETE", "/sobjects/Contact/Tidegate_Id__c/k%2F1", "", 204, nil},
		step{"DELETE", "/sobjects/Contact/" + contact, "", 404, []string{`"ENTITY_IS_DELETED"`, `"entity is deleted"`}},
		step{"POST", "/sobjects/Account", `{}`, 400, []string{`"Required fields are missing: [Name]"`, `"fields":["Name"]`}},
		step{"POST", "/sobjects/Contact", `{"LastName":"x","foo":1}`, 400, []string{"No such column 'foo' on sobject of type Contact"}},
		step{"POST", "/sobjects/Contact", `{"LastName":"x","Email":"bad"}`, 400, []string{`"Email: invalid email address: bad"`, `"fields":["Email"]`}},
		step{"POST", "/sobjects/Contact", `{"LastName":"x","FirstName":"` + strings.Repeat("y", 41) + `"}`, 400, []string{"First Name: data value too large: ", "(max length=40)"}},
		step{"POST", "/sobjects/Contact", `{"LastName":"x","AccountId":"` + contact + `"}`, 400, []string{"Account ID: id value of incorrect type: " + contact}},
		step{"POST", "/sobjects/Contact", `{"LastName":`, 400, []string{`"JSON_PARSER_ERROR"`}},
		step{"PUT", "/sobjects/Contact/" + contact, `{}`, 405, []string{`"METHOD_NOT_ALLOWED"`}},
		step{"POST", "/sobjects/Event", `{"Subject":"e","StartDateTime":"2026-05-01T10:00:00Z"}`, 400, nil},
		step{"POST", "/sobjects/Event", `{"Subject":"e","StartDateTime":"2026-05-01T10:00:00Z","DurationInMinutes":60,"IsPrivate":true,"WhatId":"` + account + `"}`, 400, nil},
	)
	tag := c.want(200, "GET", v+"/sobjects/Account/"+account, "").header.Get("ETag")
	for status, header := range map[int][]string{304: {"GET", "If-None-Match", tag}, 412: {"PATCH", "If-Match", `"other"`}, 400: {"PATCH", "If-Unmodified-Since", "yesterday"}} {
		body := ""
		if header[0] == "PATCH" {
			body = `{"Site":"1"}`
		}
		if r := c.send(header[0], v+"/sobjects/Account/"+account, body, header[1], header[2]); r.status != status {
			t.Errorf("%v: %d, want %d", header, r.status, status)
		}
	}
	if raw := c.want(200, "GET", v+"/sobjects/Opportunity/"+c.made("Opportunity", `{"Name":"o","StageName":"Negotiation/Review","CloseDate":"2026-12-01","Amount":100}`), "").body; !strings.Contains(string(raw), `"Amount":100.0`) {
		t.Errorf("numbers lack their point: %s", raw)
	}
}

func TestProseOfQueriesAndReplication(t *testing.T) {
	_, c := start(t, simulator.Config{})
	account := c.made("Account", `{"Name":"Acme"}`)
	c.made("Contact", `{"LastName":"Alone"}`)
	query := func(soql string) string { return "/query?q=" + url.QueryEscape(soql) }
	window := func(which string, from, to time.Duration) string {
		at := func(d time.Duration) string {
			return url.QueryEscape(time.Now().UTC().Add(d).Format("2006-01-02T15:04:05+00:00"))
		}
		return "/sobjects/Account/" + which + "/?start=" + at(from) + "&end=" + at(to)
	}
	const day = 24 * time.Hour
	c.steps(
		step{"GET", query("SELECT Id FROM Nope"), "", 400, []string{`"INVALID_TYPE"`}},
		step{"GET", query("SELECT Foo FROM Contact"), "", 400, []string{"No such column 'Foo' on entity 'Contact'"}},
		step{"GET", query("SELECT Id FROM Contact OFFSET 2001"), "", 400, []string{`"NUMBER_OUTSIDE_VALID_RANGE"`}},
		step{"GET", query("SELECT FIELDS(ALL) FROM Contact"), "", 400, nil},
		step{"GET", query("SELECT Id FROM Contact WHERE Name = '" + strings.Repeat("x", 4001) + "'"), "", 400, nil},
		step{"GET", query("SELECT Id FROM Contact WHERE Description = 'x'"), "", 400, []string{"can not be filtered in a query call"}},
		step{"GET", query("SELECT Id FROM Account WHERE Id IN (SELECT WhatId FROM Task)"), "", 400, nil},
		step{"GET", query(`SELECT Id FROM Contact WHERE Name = '\q'`), "", 400, []string{`"MALFORMED_QUERY"`}},
		step{"GET", query(`SELECT Id FROM Contact WHERE Name = '\n\r\t\b\f\"\'\\\u0041'`), "", 200, nil},
		step{"GET", query("SELECT COUNT() FROM Contact"), "", 200, []string{`"totalSize":1`, `"records":[]`, `"done":true`}},
		step{"GET", query("SELECT COUNT(Id), MAX(CreatedDate) m FROM Contact"), "", 200, []string{`"AggregateResult"`, `"expr0":1`, `"m":"`}},
		step{"GET", query("SELECT Id, (SELECT Id FROM Contacts) FROM Account"), "", 200, []string{`"Contacts":null`}},
		step{"GET", query("SELECT Id, Account.Name FROM Contact"), "", 200, []string{`"Account":null`}},
		step{"GET", query("SELECT Id FROM Account WHERE Name = 'ACME'"), "", 200, []string{account}},
		step{"GET", query("SELECT Id FROM ContentDocumentLink"), "", 400, nil},
		step{"GET", "/query/0r8xx0000000001AAA-2000", "", 400, []string{`"INVALID_QUERY_LOCATOR"`}},
		step{"GET", "/search?q=" + url.QueryEscape("FIND {Acme*} IN ALL FIELDS RETURNING Account(Id,Name LIMIT 5),Contact"), "", 200, []string{`"searchRecords"`, account}},
		step{"GET", "/search?q=FIND+Acme", "", 400, []string{`"MALFORMED_SEARCH"`}},
		step{"GET", "/parameterizedSearch?q=Acme&sobject=Account&Account.fields=Id,Name", "", 200, []string{`"searchRecords"`, account}},
		step{"POST", "/parameterizedSearch", `{"q":"Acme","fields":["Id"],"sobjects":[{"name":"Account","limit":3}],"in":"ALL","overallLimit":5}`, 200, []string{account}},
		step{"GET", window("updated", -time.Hour, time.Minute), "", 200, []string{`"ids":["` + account + `"]`, `"latestDateCovered"`}},
		step{"GET", window("deleted", -time.Hour, time.Minute), "", 200, []string{`"deletedRecords":[]`, `"earliestDateAvailable"`, `"latestDateCovered"`}},
		step{"GET", window("updated", 0, -time.Hour), "", 400, []string{`"INVALID_REPLICATION_DATE"`}},
		step{"GET", window("updated", -31*day, 0), "", 400, []string{`"INVALID_REPLICATION_DATE"`}},
		step{"GET", window("deleted", -16*day, 0), "", 400, []string{`"INVALID_REPLICATION_DATE"`}},
	)
	if r := c.want(200, "GET", "/services/data/v36.0/search?q="+url.QueryEscape("FIND {Acme*} IN ALL FIELDS RETURNING Account(Id)"), ""); r.body[0] != '[' {
		t.Errorf("before v37 a search answers a bare list: %s", r.body)
	}
}

func TestProseOfCompositeCalls(t *testing.T) {
	_, c := start(t, simulator.Config{})
	account := c.made("Account", `{"Name":"Acme"}`)
	part := func(method, path, ref, body string) string {
		return fmt.Sprintf(`{"method":%q,"url":%q,"referenceId":%q,"body":%s}`, method, v+path, ref, body)
	}
	composite := func(all bool, parts ...string) string {
		return fmt.Sprintf(`{"allOrNone":%v,"compositeRequest":[%s]}`, all, strings.Join(parts, ","))
	}
	contact := func(more string) string { return `{"attributes":{"type":"Contact"}` + more + `}` }
	c.steps(
		step{"POST", "/composite", composite(
			false, part("POST", "/sobjects/Account", "ref", `{"Name":"C"}`), part("GET", "/sobjects/Account/@{ref.id}", "got", "null"),
			part("POST", "/sobjects/Contact", "bad", "{}"), part("GET", "/sobjects/Contact/@{bad.id}", "halted", "null"),
		), 200, []string{`"Location":"` + v + `/sobjects/Account/`, `"httpStatusCode":200,"referenceId":"got"`, `"REQUIRED_FIELD_MISSING"`, `"PROCESSING_HALTED"`}},
		step{"POST", "/composite", composite(true, part("POST", "/sobjects/Account", "a", `{"Name":"C"}`), part("POST", "/sobjects/Contact", "b", "{}")), 200, []string{`"httpStatusCode":400,"referenceId":"a"`}},
		step{"POST", "/composite", composite(false, part("GET", "/limits", "a-b", "null")), 400, nil},
		step{"POST", "/composite/batch", `{"haltOnError":true,"batchRequests":[{"method":"GET","url":"v66.0/sobjects/Nope"},{"method":"GET","url":"v66.0/limits"}]}`, 200, []string{`"hasErrors":true`, `"statusCode":412`, `"BATCH_PROCESSING_HALTED"`}},
		step{"POST", "/composite/tree/Account", `{"records":[{"attributes":{"type":"Account","referenceId":"t1"},"Name":"T"},{"attributes":{"type":"Account","referenceId":"t2"}}]}`, 400, []string{`"results":[{"referenceId":"t2"`, `"statusCode":"REQUIRED_FIELD_MISSING"`}},
		step{"PATCH", "/composite/sobjects", `{"records":[` + contact(`,"id":"003000000000000AAA","LastName":"x"`) + `]}`, 200, []string{`[{"success":false,"errors":[{"statusCode":"INVALID_CROSS_REFERENCE_KEY","message":"invalid cross reference id","fields":[]}]}]`}},
		step{"POST", "/composite/sobjects", `{"allOrNone":true,"records":[` + contact("") + `,` + contact(`,"LastName":"y"`) + `]}`, 200, []string{`"ALL_OR_NONE_OPERATION_ROLLED_BACK"`}},
		step{"POST", "/composite/sobjects", `{"records":[{"LastName":"y"}]}`, 200, []string{`"JSON_PARSER_ERROR"`, "Nested object for polymorphic foreign key must have an attributes field before any other fields."}},
		step{"POST", "/composite/sobjects/Account", `{"ids":["` + account + `","001000000000000AAA"],"fields":["Name"]}`, 200, []string{`"Name":"Acme"`, `,null]`}},
		step{"GET", "/composite/sobjects/Account?ids=" + account + "&fields=Nope", "", 400, nil},
		step{"POST", "/composite/graph", `{"graphs":[{"graphId":"1","compositeRequest":[` + part("POST", "/sobjects/Account", "a1", `{"Name":"G"}`) + `]}]}`, 200, []string{`"graphId":"1"`, `"graphResponse":{"compositeResponse":[`, `"isSuccessful":true`}},
	)
}

func TestProseOfBulkAndNotes(t *testing.T) {
	_, c := start(t, simulator.Config{Seed: 1, Sizes: seed.Sizes{Contacts: 3}})
	for _, soql := range []string{"SELECT COUNT(Id) FROM Contact", "SELECT Id FROM Contact OFFSET 1", "SELECT MailingAddress FROM Contact", "SELECT Id, (SELECT Id FROM Contacts) FROM Account"} {
		c.want(400, "POST", v+"/jobs/query", `{"operation":"query","query":"`+soql+`"}`)
	}
	c.steps(
		step{"POST", "/jobs/query", `{"operation":"query","query":"SELECT Id FROM TaskStatus"}`, 400, []string{`"INVALIDENTITY"`, "Entity 'TaskStatus' is not supported by the Bulk API."}},
		step{"POST", "/jobs/query", `{"operation":"query","query":"SELECT Id FROM Contact"}`, 200, []string{`"state":"UploadComplete"`, `"concurrencyMode":"Parallel"`, `"apiVersion":66`}},
		step{"GET", "/jobs/query", "", 200, []string{`"done":true`, `"nextRecordsUrl":null`, `"records":[`}},
		step{"POST", "/jobs/ingest", `{"object":"Contact","operation":"insert"}`, 200, []string{`"state":"Open"`, `"contentUrl":"services/data/v66.0/jobs/ingest/750`}},
	)
	note := func(body string) string {
		return `{"Title":"Call","Content":"` + base64.StdEncoding.EncodeToString([]byte(body)) + `"}`
	}
	for _, body := range []string{"a & b", "a &apos; b", "<b>x", "<script>x</script>", "a\x01b"} {
		if r := c.want(400, "POST", v+"/sobjects/ContentNote", note(body)); !strings.Contains(string(r.body), "Note can't be saved because it contains HTML tags or unescaped characters") {
			t.Errorf("%q: %s", body, r.body)
		}
	}
	id, account := c.made("ContentNote", note("a<br>&amp;")), c.made("Account", `{"Name":"Acme"}`)
	link := `{"ContentDocumentId":"` + id + `","LinkedEntityId":"` + account + `","ShareType":"V","Visibility":"`
	c.steps(
		step{"GET", "/sobjects/ContentNote/" + id, "", 200, []string{`/Content"`, `"FileType":"SNOTE"`, `"FileExtension":"snote"`}},
		step{"GET", "/sobjects/ContentNote/" + id + "/Content", "", 200, []string{"a<br>&amp;"}},
		step{"POST", "/sobjects/ContentNote", `{"Title":"","Content":""}`, 400, nil},
		step{"POST", "/sobjects/ContentDocumentLink", link + `InternalUsers"}`, 400, []string{"Visibility InternalUsers is not permitted for this linked record."}},
		step{"POST", "/sobjects/ContentDocumentLink", link + `AllUsers"}`, 201, nil},
	)
}

func TestProseOfOAuth(t *testing.T) {
	o, c := start(t, simulator.Config{})
	app := []string{"client_id", o.ClientID, "client_secret", o.ClientSecret}
	for _, row := range []struct {
		pairs []string
		want  string
	}{
		{append([]string{"grant_type", "x"}, app...), `"unsupported_grant_type"`},
		{append([]string{"grant_type", "refresh_token", "refresh_token", "x"}, app...), `"invalid_grant"`},
		{append([]string{"grant_type", "authorization_code", "code", "x", "redirect_uri", "http://127.0.0.1/cb"}, app...), `"invalid_grant"`},
		{[]string{"grant_type", "client_credentials", "client_id", o.ClientID, "client_secret", "y"}, `"invalid_client"`},
	} {
		if r := c.form("/services/oauth2/token", row.pairs...); r.status != 400 || !strings.Contains(string(r.body), row.want) || !strings.Contains(string(r.body), `"error_description"`) {
			t.Errorf("%v: %d %s", row.pairs[:2], r.status, r.body)
		}
	}
	if r := c.form("/services/oauth2/revoke", "token", "nonsense"); r.status < 400 || !strings.HasPrefix(string(r.body), "error=") {
		t.Errorf("a refused revocation is form-encoded: %d %s", r.status, r.body)
	}
	who := string(c.want(200, "GET", "/services/oauth2/userinfo", "").body)
	for _, key := range strings.Fields("sub user_id organization_id preferred_username nickname name email email_verified given_name family_name zoneinfo photos profile address urls active user_type language locale utcOffset updated_at is_salesforce_integration_user custom_domain") {
		if !strings.Contains(who, `"`+key+`":`) {
			t.Errorf("userinfo lacks %s", key)
		}
	}
}
