package simulator_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"tidegate/simulator"
	"tidegate/simulator/seed"
)

// bulkJob is what the org tells of a bulk job.
type bulkJob struct {
	ID, State, JobType, ContentURL, ErrorMessage, Object string
	APIVersion                                           float64
	NumberRecordsProcessed, NumberRecordsFailed          int
}

// job sends and decodes a job.
func (c *client) job(method, path, body string) bulkJob {
	c.t.Helper()
	var out bulkJob
	c.want(200, method, path, body).into(c.t, &out)
	return out
}

// over polls a job until it has ended.
func (c *client) over(path string) bulkJob {
	c.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if one := c.job("GET", path, ""); one.State == "JobComplete" || one.State == "Failed" || one.State == "Aborted" {
			return one
		}
	}
	c.t.Fatalf("%s does not end", path)
	return bulkJob{}
}

// query runs a bulk query to its end and returns the path of the job.
func (c *client) bulkQuery(operation, statement string) string {
	c.t.Helper()
	one := c.job("POST", v+"/jobs/query", string(mustJSON(c.t, map[string]string{"operation": operation, "query": statement})))
	if one.State != "UploadComplete" || one.JobType != "V2Query" || one.APIVersion != 66 || !strings.HasPrefix(one.ID, "750") {
		c.t.Fatalf("created %+v", one)
	}
	path := v + "/jobs/query/" + one.ID
	if one = c.over(path); one.State != "JobComplete" {
		c.t.Fatalf("ended as %+v", one)
	}
	return path
}

// ingest uploads and runs a CSV and returns the path and the ended job.
func (c *client) ingest(order, data string) (string, bulkJob) {
	c.t.Helper()
	one := c.job("POST", v+"/jobs/ingest", order)
	if one.State != "Open" || strings.HasPrefix(one.ContentURL, "/") || one.JobType != "V2Ingest" {
		c.t.Fatalf("created %+v", one)
	}
	if r := c.want(201, "PUT", "/"+one.ContentURL, data, "Content-Type", "text/csv"); len(r.body) != 0 {
		c.t.Errorf("the upload answered %q", r.body)
	}
	path := v + "/jobs/ingest/" + one.ID
	if one = c.job("PATCH", path, `{"state":"UploadComplete"}`); one.State != "UploadComplete" {
		c.t.Fatalf("closed: %+v", one)
	}
	return path, c.over(path)
}

func lines(t *testing.T, r reply) [][]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(r.body)).ReadAll()
	if err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	return rows
}

func TestR28BulkQueryIsReadPageByPage(t *testing.T) {
	_, c := start(t, simulator.Config{Sizes: seed.Sizes{Accounts: 10, Contacts: 250}})
	path := c.bulkQuery("query", "SELECT LastName, Id, Account.Name, DoNotCall, CreatedDate FROM Contact")
	seen := map[string]bool{}
	next, pages := "", 0
	for ; next != "null"; pages++ {
		r := c.want(200, "GET", path+"/results?maxRecords=100&locator="+next, "")
		rows := lines(t, r)
		if strings.Join(rows[0], ",") != "LastName,Id,Account.Name,DoNotCall,CreatedDate" || !strings.HasPrefix(string(r.body), `"LastName","Id"`) {
			t.Fatalf("header %v", rows[0])
		}
		if got := r.header.Get("Sforce-NumberOfRecords"); got != fmt.Sprint(len(rows)-1) {
			t.Errorf("%s records announced, %d sent", got, len(rows)-1)
		}
		for _, row := range rows[1:] {
			seen[row[1]] = true
		}
		// A locator can be read again.
		if again := c.want(200, "GET", path+"/results/?maxRecords=100&locator="+next, ""); !bytes.Equal(again.body, r.body) {
			t.Error("the same locator gave another page")
		}
		next = r.header.Get("Sforce-Locator")
	}
	if pages != 3 || len(seen) != 250 {
		t.Errorf("%d pages, %d records", pages, len(seen))
	}
	var told struct {
		ResultPages []struct{ ResultURL string }
		Done        bool
	}
	c.want(200, "GET", path+"/resultPages", "").into(t, &told)
	if !told.Done || len(told.ResultPages) != 1 || told.ResultPages[0].ResultURL != path+"/results" {
		t.Errorf("result pages %+v", told)
	}
}

func TestR28BulkResultsAreOfTheMomentOfTheQuery(t *testing.T) {
	_, c := start(t, simulator.Config{})
	kept := c.made("Account", `{"Name":"A \"quoted\", with comma"}`)
	gone := c.made("Account", `{"Name":"Gone"}`)
	c.want(204, "DELETE", v+"/sobjects/Account/"+gone, "")
	plain := c.bulkQuery("query", "SELECT Id, Name, Phone FROM Account")
	all := c.bulkQuery("queryAll", "SELECT Id, IsDeleted FROM Account")
	c.want(204, "PATCH", v+"/sobjects/Account/"+kept, `{"Name":"Later"}`)
	if rows := lines(t, c.want(200, "GET", plain+"/results", "")); len(rows) != 2 || rows[1][1] != `A "quoted", with comma` || rows[1][2] != "" {
		t.Errorf("query: %v", rows)
	}
	if rows := lines(t, c.want(200, "GET", all+"/results", "")); len(rows) != 3 {
		t.Errorf("queryAll: %v", rows)
	}
	empty := c.want(200, "GET", c.bulkQuery("query", "SELECT Id FROM Lead")+"/results", "")
	if string(empty.body) != "\"Id\"\n" || empty.header.Get("Sforce-Locator") != "null" || empty.header.Get("Sforce-NumberOfRecords") != "0" {
		t.Errorf("empty: %q %v", empty.body, empty.header)
	}
}

func TestR28BulkQueryRefusals(t *testing.T) {
	_, c := start(t, simulator.Config{})
	for statement, code := range map[string]string{
		"SELECT COUNT(Id) FROM Contact":                       "API_ERROR",
		"SELECT Title, COUNT(Id) FROM Contact GROUP BY Title": "API_ERROR",
		"SELECT Id FROM Contact LIMIT 5 OFFSET 2":             "API_ERROR",
		"SELECT Id, MailingAddress FROM Contact":              "API_ERROR",
		"SELECT Id, (SELECT Id FROM Contacts) FROM Account":   "API_ERROR",
		"SELECT Id FROM TaskStatus":                           "INVALIDENTITY",
		"SELECT Id FROM Nothing":                              "INVALIDENTITY",
		"SELECT Nope FROM Contact":                            "INVALID_FIELD",
		"SELECT FROM Contact":                                 "MALFORMED_QUERY",
	} {
		body := string(mustJSON(t, map[string]string{"operation": "query", "query": statement}))
		if r := c.want(400, "POST", v+"/jobs/query", body); r.code(t) != code {
			t.Errorf("%s: %s", statement, r.body)
		}
	}
	c.want(400, "POST", v+"/jobs/query", `{"operation":"insert","query":"SELECT Id FROM Contact"}`)
	path := c.bulkQuery("query", "SELECT Id FROM Contact")
	c.want(409, "GET", strings.Replace(path, "v66.0", "v60.0", 1)+"/results", "")
	for _, query := range []string{"?maxRecords=0", "?locator=nonsense", "?locator=MjoxMDAwMDA"} {
		c.want(400, "GET", path+"/results"+query, "")
	}
	c.want(404, "GET", v+"/jobs/query/750dG0000000099AAA", "")
	c.want(404, "GET", strings.Replace(path, "/query/", "/ingest/", 1), "")
}

func TestR28BulkJobsAreListedAbortedAndDeleted(t *testing.T) {
	_, c := start(t, simulator.Config{})
	c.want(201, "POST", "/_sim/faults", `{"kind":"bulk_slow","ms":600000}`)
	slow := c.job("POST", v+"/jobs/query", `{"operation":"query","query":"SELECT Id FROM Contact","columnDelimiter":"PIPE","lineEnding":"CRLF"}`)
	path := v + "/jobs/query/" + slow.ID
	if r := c.want(400, "GET", path+"/results", ""); r.code(t) != "InvalidJobState" {
		t.Errorf("early results: %s", r.body)
	}
	c.want(400, "DELETE", path, "")
	if got := c.job("PATCH", path, `{"state":"Aborted"}`); got.State != "Aborted" {
		t.Errorf("aborted: %+v", got)
	}
	c.want(400, "PATCH", path, `{"state":"Aborted"}`)
	c.want(201, "POST", "/_sim/faults", `{"kind":"bulk_fail","message":"QueryTimeout : too slow"}`)
	dead := c.job("POST", v+"/jobs/query", `{"operation":"query","query":"SELECT Id FROM Contact"}`)
	if got := c.over(v + "/jobs/query/" + dead.ID); got.State != "Failed" || got.ErrorMessage != "QueryTimeout : too slow" {
		t.Errorf("failed: %+v", got)
	}
	var list struct {
		Done    bool
		Records []bulkJob
	}
	c.want(200, "GET", v+"/jobs/query", "").into(t, &list)
	if !list.Done || len(list.Records) != 2 || list.Records[0].ID != slow.ID {
		t.Errorf("list: %+v", list)
	}
	c.want(204, "DELETE", path, "")
	c.want(404, "GET", path, "")
	c.want(201, "POST", "/_sim/faults", `{"kind":"bulk_unsupported","object":"Contact"}`)
	if r := c.want(400, "POST", v+"/jobs/query", `{"operation":"query","query":"SELECT Id FROM Contact"}`); r.code(t) != "INVALIDENTITY" {
		t.Errorf("unsupported: %s", r.body)
	}
}

func TestR28BulkIngestCompletesWithRowsThatFailed(t *testing.T) {
	_, c := start(t, simulator.Config{})
	path, one := c.ingest(`{"object":"Contact","operation":"insert"}`,
		"FirstName,LastName,Email\nAda,Moser,ada@people.example\nBo,,bo@people.example\nCy,Roth,bad\n\"Di \"\"D\"\"\",Vogt,\n")
	if one.State != "JobComplete" || one.NumberRecordsProcessed != 4 || one.NumberRecordsFailed != 2 {
		t.Fatalf("ended as %+v", one)
	}
	good := lines(t, c.want(200, "GET", path+"/successfulResults", ""))
	if strings.Join(good[0], ",") != "sf__Id,sf__Created,FirstName,LastName,Email" || len(good) != 3 {
		t.Fatalf("successful: %v", good)
	}
	// Not in the order of the upload.
	if good[1][2] != `Di "D"` || good[1][1] != "true" || !strings.HasPrefix(good[1][0], "003") || good[2][2] != "Ada" {
		t.Errorf("successful: %v", good)
	}
	reasons := map[string]string{}
	for _, row := range lines(t, c.want(200, "GET", path+"/failedResults/", ""))[1:] {
		reasons[row[2]] = row[0] + row[1]
	}
	if reasons["Bo"] != "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --" ||
		!strings.HasPrefix(reasons["Cy"], "INVALID_EMAIL_ADDRESS:") {
		t.Errorf("failed: %v", reasons)
	}
	for _, spelling := range []string{"unprocessedrecords", "unprocessedRecords"} {
		if rows := lines(t, c.want(200, "GET", path+"/"+spelling, "")); len(rows) != 1 || len(rows[0]) != 3 {
			t.Errorf("%s: %v", spelling, rows)
		}
	}
	c.want(204, "DELETE", path, "")
}

func TestR28BulkIngestWritesWhatTheCellsSay(t *testing.T) {
	_, c := start(t, simulator.Config{})
	boss := c.made("Contact", `{"LastName":"Boss","Email":"boss@people.example"}`)
	id := c.made("Contact", `{"LastName":"A","Title":"CTO","Department":"R&D","Phone":"1"}`)
	if path, one := c.ingest(`{"object":"Contact","operation":"update","columnDelimiter":"SEMICOLON","lineEnding":"CRLF"}`,
		"Id;Title;Department;Phone;ReportsTo.Email\r\n"+id[:15]+";;#N/A;2;boss@people.example\r\n"); one.NumberRecordsFailed != 0 {
		t.Fatalf("update: %s", c.want(200, "GET", path+"/failedResults", "").body)
	}
	var got map[string]any
	c.want(200, "GET", v+"/sobjects/Contact/"+id, "").into(t, &got)
	if got["Title"] != "CTO" || got["Department"] != nil || got["Phone"] != "2" || got["ReportsToId"] != boss {
		t.Errorf("updated to %v", got)
	}
	lead := c.made("Lead", `{"LastName":"L","Company":"C","Email":"lead@people.example"}`)
	path, one := c.ingest(`{"object":"Task","operation":"insert"}`, "Subject,Lead:Who.Email\nCall,lead@people.example\nCall,nobody@people.example\n")
	if one.NumberRecordsFailed != 1 {
		t.Fatalf("polymorphic: %+v", one)
	}
	made := lines(t, c.want(200, "GET", path+"/successfulResults", ""))[1][0]
	c.want(200, "GET", v+"/sobjects/Task/"+made, "").into(t, &got)
	if got["WhoId"] != lead {
		t.Errorf("task of %v, want %s", got["WhoId"], lead)
	}
}

func TestR28BulkUpsertAndDelete(t *testing.T) {
	_, c := start(t, simulator.Config{})
	order := `{"object":"Contact","operation":"upsert","externalIdFieldName":"Tidegate_Id__c"}`
	data := "Tidegate_Id__c,LastName\nk1,One\nk2,Two\n"
	for _, created := range []string{"true", "false"} {
		path, _ := c.ingest(order, data)
		for _, row := range lines(t, c.want(200, "GET", path+"/successfulResults", ""))[1:] {
			if row[1] != created {
				t.Errorf("created %s, want %s", row[1], created)
			}
		}
	}
	id := c.made("Contact", `{"LastName":"Gone"}`)
	path, one := c.ingest(`{"object":"Contact","operation":"delete"}`, "Id\n"+id+"\n"+id+"\nnonsense\n")
	if one.NumberRecordsFailed != 2 {
		t.Errorf("delete: %+v %s", one, c.want(200, "GET", path+"/failedResults", "").body)
	}
	c.want(404, "GET", v+"/sobjects/Contact/"+id, "")
	hard := c.made("Contact", `{"LastName":"Gone for good"}`)
	c.ingest(`{"object":"Contact","operation":"hardDelete"}`, "Id\n"+hard+"\n")
	if truth := string(c.want(200, "GET", "/_sim/truth/Contact", "").body); strings.Contains(truth, hard) || !strings.Contains(truth, id) {
		t.Errorf("after a hard delete: %s", truth)
	}
}

func TestR28BulkIngestRefusals(t *testing.T) {
	_, c := start(t, simulator.Config{})
	for _, order := range []string{
		`{"object":"Contact","operation":"paint"}`, `{"object":"Contact","operation":"upsert","externalIdFieldName":"Title"}`,
		`{"object":"Nothing","operation":"insert"}`, `{"object":"Contact","operation":"insert","columnDelimiter":"DOT"}`, `{`,
	} {
		c.want(400, "POST", v+"/jobs/ingest", order)
	}
	one := c.job("POST", v+"/jobs/ingest", `{"object":"Contact","operation":"insert"}`)
	path := v + "/jobs/ingest/" + one.ID
	c.want(415, "PUT", path+"/batches", "{}", "Content-Type", "application/json")
	c.want(201, "PUT", path+"/batches", "LastName\nA\n", "Content-Type", "text/csv")
	c.want(400, "PUT", path+"/batches", "LastName\nA\n", "Content-Type", "text/csv")
	c.job("PATCH", path, `{"state":"Aborted"}`)
	if rows := lines(t, c.want(200, "GET", path+"/unprocessedrecords", "")); len(rows) != 2 || rows[1][0] != "A" {
		t.Errorf("unprocessed: %v", rows)
	}
	c.want(400, "PATCH", path, `{"state":"UploadComplete"}`)
	if _, one := c.ingest(`{"object":"Contact","operation":"insert"}`, "Nope\nA\n"); one.State != "Failed" || one.ErrorMessage != "InvalidBatch : Field name not found : Nope" {
		t.Errorf("unknown column: %+v", one)
	}
}

func TestR28BulkIngestTakesOrderAndDataTogether(t *testing.T) {
	_, c := start(t, simulator.Config{})
	body := "--b\r\nContent-Type: application/json\r\nContent-Disposition: form-data; name=\"job\"\r\n\r\n" +
		`{"object":"Contact","operation":"insert","contentType":"CSV"}` +
		"\r\n--b\r\nContent-Type: text/csv\r\nContent-Disposition: form-data; name=\"content\"; filename=\"content\"\r\n\r\nLastName\nMoser\n\r\n--b--\r\n"
	var one bulkJob
	c.want(http.StatusOK, "POST", v+"/jobs/ingest", body, "Content-Type", "multipart/form-data; boundary=b").into(t, &one)
	if one = c.over(v + "/jobs/ingest/" + one.ID); one.State != "JobComplete" || one.NumberRecordsProcessed != 1 || one.NumberRecordsFailed != 0 {
		t.Errorf("ended as %+v", one)
	}
}
