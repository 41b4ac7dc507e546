package simulator_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"tidegate/simulator"
	"tidegate/simulator/seed"
)

func (c *client) arm(spec string) {
	c.t.Helper()
	c.want(201, "POST", "/_sim/faults", spec)
}

// F-56: the answer names the record that there is already.
func TestR19DuplicateRuleAlertsOrBlocks(t *testing.T) {
	_, c := start(t, simulator.Config{})
	there := c.made("Contact", `{"LastName":"Moser","Email":"Ada@people.example"}`)
	const pass = "Sforce-Duplicate-Rule-Header"
	double, other := `{"LastName":"M","Email":"ada@people.example"}`, `{"LastName":"O","Email":"other@people.example"}`
	for _, row := range []struct {
		spec, spelling string
		passes         bool
	}{
		{`{"kind":"duplicate_rule","object":"Contact"}`, "duplicateResut", true},
		{`{"kind":"duplicate_rule","object":"Contact","mode":"block","spelling":"duplicateResult"}`, "duplicateResult", false},
	} {
		c.arm(row.spec)
		r := c.want(400, "POST", v+"/sobjects/Contact", double)
		if body := string(r.body); r.code(t) != "DUPLICATES_DETECTED" || !strings.Contains(body, `"`+row.spelling+`":{"allowSave":`+fmt.Sprint(row.passes)) ||
			!strings.Contains(body, `"Id":"`+there+`"`) {
			t.Errorf("%s: %s", row.spec, r.body)
		}
		id := c.made("Contact", other)
		c.want(400, "PATCH", v+"/sobjects/Contact/"+id, double)
		many := c.want(200, "POST", v+"/composite/sobjects", `{"records":[{"attributes":{"type":"Contact"},"LastName":"M","Email":"ada@people.example"}]}`)
		if body := string(many.body); !strings.Contains(body, `"statusCode":"DUPLICATES_DETECTED"`) || strings.Contains(body, there) {
			t.Errorf("a collection told more than it does: %s", body)
		}
		status := map[bool]int{true: 201, false: 400}[row.passes]
		r = c.want(status, "POST", v+"/sobjects/Contact", double, pass, "allowSave=true; includeRecordDetails=true")
		if !row.passes && !strings.Contains(string(r.body), `"LastName":"Moser"`) {
			t.Errorf("no details: %s", r.body)
		}
		c.want(201, "POST", v+"/sobjects/Contact", `{"LastName":"None"}`, pass, "allowSave=true")
		_, one := c.ingest(`{"object":"Contact","operation":"insert"}`, "LastName,Email\nM,ada@people.example\n")
		if one.NumberRecordsFailed != 1 {
			t.Errorf("bulk: %+v", one)
		}
		c.want(204, "DELETE", "/_sim/faults", "")
		for _, made := range idsLike(t, c, "other@people.example") {
			c.want(204, "DELETE", v+"/sobjects/Contact/"+made, "")
		}
	}
}

func idsLike(t *testing.T, c *client, email string) []string {
	t.Helper()
	var out struct{ Records []struct{ ID string } }
	c.want(200, "GET", soql("SELECT Id FROM Contact WHERE Email = '"+email+"'"), "").into(t, &out)
	var ids []string
	for _, r := range out.Records {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestR20AssignmentRuleRunsUnlessTurnedOff(t *testing.T) {
	_, c := start(t, simulator.Config{Sizes: seed.Sizes{Accounts: 1}})
	c.arm(`{"kind":"assignment_rule"}`)
	owner := func(id string) any {
		var got map[string]any
		c.want(200, "GET", v+"/sobjects/Lead/"+id+"?fields=OwnerId", "").into(t, &got)
		return got["OwnerId"]
	}
	lead := func(headers ...string) string {
		var out struct{ ID string }
		c.want(201, "POST", v+"/sobjects/Lead", `{"LastName":"L","Company":"C"}`, headers...).into(t, &out)
		return out.ID
	}
	assigned, kept := lead(), lead("Sforce-Auto-Assign", "FALSE")
	if owner(assigned) == owner(kept) {
		t.Error("the header makes no difference")
	}
	c.want(204, "PATCH", v+"/sobjects/Lead/"+kept, `{"Title":"x"}`, "Sforce-Auto-Assign", "FALSE")
	if owner(kept) == owner(assigned) {
		t.Error("an update with FALSE reassigned")
	}
	c.want(204, "PATCH", v+"/sobjects/Lead/"+kept, `{"Title":"y"}`)
	if owner(kept) != owner(assigned) {
		t.Error("an update without the header did not reassign")
	}
}

func TestR27AccountRowsHaveTagsAndOthersNone(t *testing.T) {
	_, c := start(t, simulator.Config{})
	path := v + "/sobjects/Account/" + c.made("Account", `{"Name":"A"}`)
	tag := c.want(200, "GET", path, "").header.Get("ETag")
	if !strings.HasPrefix(tag, `"`) {
		t.Fatalf("tag %q", tag)
	}
	c.want(304, "GET", path, "", "If-None-Match", tag)
	c.want(200, "GET", path, "", "If-None-Match", `"other"`)
	c.want(412, "GET", path, "", "If-Match", `"other"`)
	c.want(204, "PATCH", path, `{"Name":"B"}`, "If-Match", tag)
	c.want(412, "PATCH", path, `{"Name":"C"}`, "If-Match", tag)
	c.want(412, "PATCH", path, `{"Name":"C"}`, "If-None-Match", "*")
	c.want(400, "PATCH", path, `{"Name":"C"}`, "If-Unmodified-Since", "yesterday")
	other := v + "/sobjects/Contact/" + c.made("Contact", `{"LastName":"A"}`)
	r := c.want(200, "GET", other, "", "If-Match", `"other"`)
	if r.header.Get("ETag") != "" {
		t.Error("a contact has a tag")
	}
	c.want(304, "GET", other, "", "If-Modified-Since", r.header.Get("Last-Modified"))
	c.want(412, "GET", other, "", "If-Unmodified-Since", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
}

func TestR29BodiesAreCompressedBothWays(t *testing.T) {
	_, c := start(t, simulator.Config{})
	r := c.want(200, "GET", v+"/sobjects", "", "Accept-Encoding", "gzip, deflate")
	zip, err := gzip.NewReader(bytes.NewReader(r.body))
	if err != nil || r.header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%v with %v", err, r.header)
	}
	if plain, err := io.ReadAll(zip); err != nil || !bytes.HasPrefix(plain, []byte(`{"encoding"`)) {
		t.Errorf("%v: %.80s", err, plain)
	}
	if r := c.want(200, "GET", v+"/sobjects", "", "Accept-Encoding", "gzip;q=0"); r.header.Get("Content-Encoding") != "" {
		t.Error("compressed for one who takes none")
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := io.WriteString(w, `{"LastName":"Zipped"}`); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	c.want(201, "POST", v+"/sobjects/Contact", packed.String(), "Content-Encoding", "gzip")
	c.want(400, "POST", v+"/sobjects/Contact", `{"LastName":"Plain"}`, "Content-Encoding", "gzip")
	c.arm(`{"kind":"gzip_mismatch"}`)
	if r := c.want(200, "GET", v+"/limits", "", "Accept-Encoding", "gzip"); r.header.Get("Content-Encoding") != "gzip" || r.body[0] != '{' {
		t.Errorf("promised: %v %.20q", r.header, r.body)
	}
	c.arm(`{"kind":"gzip_mismatch","mode":"untold"}`)
	if r := c.want(200, "GET", v+"/limits", "", "Accept-Encoding", "gzip"); r.header.Get("Content-Encoding") != "" || r.body[0] != 0x1f {
		t.Errorf("untold: %v %.20q", r.header, r.body)
	}
}

func TestR2R29DailyLimitIsToldAndHolds(t *testing.T) {
	now, ahead := clock()
	_, c := start(t, simulator.Config{Now: now, DailyCalls: 5, AppCalls: 4})
	var limits map[string]map[string]any
	r := c.want(200, "GET", v+"/limits", "")
	r.into(t, &limits)
	if got := r.header.Get("Sforce-Limit-Info"); got != "api-usage=1/5; per-app-api-usage=1/4(appName=Tidegate)" {
		t.Errorf("header %q", got)
	}
	if len(limits) < 55 || fmt.Sprint(limits["DailyApiRequests"]) != "map[Max:5 Remaining:4]" || limits["PermissionSets"]["CreateCustom"] == nil {
		t.Errorf("%d limits, %v", len(limits), limits["DailyApiRequests"])
	}
	c.want(200, "POST", v+"/composite", `{"compositeRequest":[{"method":"GET","url":"`+v+`/limits","referenceId":"a"},{"method":"GET","url":"`+v+`/limits","referenceId":"b"}]}`)
	for range 2 {
		c.want(200, "GET", v+"/limits", "")
	}
	if r := c.want(403, "GET", v+"/limits", ""); r.code(t) != "REQUEST_LIMIT_EXCEEDED" {
		t.Errorf("over the limit: %s", r.body)
	}
	c.want(200, "GET", "/services/oauth2/userinfo", "")
	// The session ends before the day does.
	for range 16 {
		ahead(90 * time.Minute)
		c.want(200, "GET", "/services/oauth2/userinfo", "")
	}
	c.want(200, "GET", v+"/limits", "")
}

func TestR29AnswersGoWrongAsTold(t *testing.T) {
	_, c := start(t, simulator.Config{})
	c.arm(`{"kind":"session_refused"}`)
	if r := c.want(401, "GET", v+"/limits", ""); !strings.Contains(string(r.body), "This session is not valid for use with the REST API") {
		t.Errorf("session: %s", r.body)
	}
	c.arm(`{"kind":"unknown_error","status":409,"code":"BRAND_NEW"}`)
	if r := c.want(409, "GET", v+"/limits", ""); r.code(t) != "BRAND_NEW" {
		t.Errorf("unknown: %s", r.body)
	}
	c.arm(`{"kind":"missing_fields"}`)
	for i, want := range []bool{false, true} {
		if r := c.want(400, "POST", v+"/sobjects/Contact", `{}`); strings.Contains(string(r.body), `"fields"`) != want {
			t.Errorf("%d: %s", i, r.body)
		}
	}
	c.arm(`{"kind":"phantom_ids"}`)
	r := c.want(200, "POST", v+"/composite/sobjects", `{"allOrNone":true,"records":[{"attributes":{"type":"Contact"},"LastName":"A"},{"attributes":{"type":"Contact"}}]}`)
	if !strings.Contains(string(r.body), `[{"id":"003`) {
		t.Errorf("phantom: %s", r.body)
	}
	for range 3 {
		c.made("Contact", `{"LastName":"A"}`)
	}
	c.arm(`{"kind":"small_pages","size":2}`)
	if r := c.want(200, "GET", soql("SELECT Id FROM Contact"), ""); strings.Count(string(r.body), `"Id"`) != 2 || !strings.Contains(string(r.body), `"totalSize":3,"done":false`) {
		t.Errorf("small page: %s", r.body)
	}
	c.want(201, "POST", v+"/sobjects/Contact/Id", `{"LastName":"In the style of an upsert"}`)
}

func TestR13LateCommitsComeToLightBehindNewerRows(t *testing.T) {
	_, c := start(t, simulator.Config{})
	c.made("Account", `{"Name":"First"}`)
	c.arm(`{"kind":"late_commit","ms":60000}`)
	c.made("Account", `{"Name":"Late"}`)
	var out struct{ Records []struct{ Name string } }
	c.want(200, "GET", soql("SELECT Name FROM Account ORDER BY SystemModstamp"), "").into(t, &out)
	if len(out.Records) != 2 || out.Records[0].Name != "Late" {
		t.Errorf("in the order of the stamps: %v", out.Records)
	}
}

func TestBulkAndSearchShowAUserWhatHeMaySee(t *testing.T) {
	org, c := start(t, simulator.Config{})
	c.made("Contact", `{"LastName":"Moser","Department":"Diver","Phone":"1"}`)
	c.want(204, "POST", "/_sim/permissions", `{"user":"`+org.Engine.AdminID()+`","object":"Contact","fields":{"Department":"hidden","Phone":"read"}}`)
	if r := c.want(400, "POST", v+"/jobs/query", `{"operation":"query","query":"SELECT Department FROM Contact"}`); r.code(t) != "INVALID_FIELD" {
		t.Errorf("hidden field: %s", r.body)
	}
	if r := c.want(200, "GET", v+"/search?q=FIND+%7BDiver%7D", ""); string(r.body) != `{"searchRecords":[]}` {
		t.Errorf("found by a hidden field: %s", r.body)
	}
	if _, one := c.ingest(`{"object":"Contact","operation":"insert"}`, "LastName,Department\nA,B\n"); one.State != "Failed" {
		t.Errorf("hidden column: %+v", one)
	}
	if _, one := c.ingest(`{"object":"Contact","operation":"insert"}`, "LastName,Phone\nA,2\n"); one.NumberRecordsFailed != 1 {
		t.Errorf("read-only column: %+v", one)
	}
	c.want(204, "POST", "/_sim/permissions", `{"user":"`+org.Engine.AdminID()+`","object":"Contact","read":false}`)
	if r := c.want(400, "POST", v+"/jobs/query", `{"operation":"query","query":"SELECT Id FROM Contact"}`); r.code(t) != "INVALIDENTITY" {
		t.Errorf("hidden object: %s", r.body)
	}
	c.want(400, "GET", soql("SELECT Who.Department FROM Task"), "")
}

func TestR2EachPartOfABatchIsACallAndACompositeIsOne(t *testing.T) {
	_, c := start(t, simulator.Config{DailyCalls: 100})
	part := `{"method":"GET","url":"v66.0/limits"}`
	c.want(200, "POST", v+"/composite/batch", `{"batchRequests":[`+part+`,`+part+`,`+part+`]}`)
	sub := func(ref string) string {
		return `{"method":"GET","url":"` + v + `/limits","referenceId":"` + ref + `"}`
	}
	c.want(200, "POST", v+"/composite", `{"compositeRequest":[`+sub("a")+`,`+sub("b")+`]}`)
	if got := c.want(200, "GET", v+"/limits", "").header.Get("Sforce-Limit-Info"); got != "api-usage=5/100" {
		t.Errorf("after a batch of three and a composite of two: %s", got)
	}
}
