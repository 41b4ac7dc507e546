package simulator_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/simulator"
	"tidegate/simulator/seed"
)

func TestR1VersionsAreOpenAndOldOnesGone(t *testing.T) {
	_, c := start(t, simulator.Config{})
	c.token = ""
	r := c.want(200, "GET", "/services/data", "")
	var list []struct{ Label, URL, Version string }
	r.into(t, &list)
	labels := map[string]string{}
	for _, one := range list {
		labels[one.Version] = one.Label
	}
	for version, label := range map[string]string{"63.0": "Spring '25", "64.0": "Summer '25", "65.0": "Winter '26", "66.0": "Spring '26", "67.0": "Summer '26"} {
		if labels[version] != label {
			t.Errorf("%s is %q, want %q", version, labels[version], label)
		}
	}
	if list[0].Version != "31.0" || r.header.Get("Sforce-Limit-Info") != "" {
		t.Errorf("first %v, limit header %q", list[0], r.header.Get("Sforce-Limit-Info"))
	}
	c.want(410, "GET", "/services/data/v30.0/limits", "")
	c.want(404, "GET", "/services/data/v99.0/limits", "")
}

func TestR8DescribeHasEveryRecordedKey(t *testing.T) {
	_, c := start(t, simulator.Config{})
	r := c.want(200, "GET", v+"/sobjects/Contact/describe", "")
	var d struct {
		Fields             []map[string]any
		ChildRelationships []map[string]any
		RecordTypeInfos    []map[string]any
		KeyPrefix          string
		URLs               map[string]string
	}
	r.into(t, &d)
	keys := strings.Fields("aggregatable aiPredictionField autoNumber byteLength calculated calculatedFormula cascadeDelete caseSensitive compoundFieldName controllerName createable custom defaultValue defaultValueFormula defaultedOnCreate dependentPicklist deprecatedAndHidden digits displayLocationInDecimal encrypted externalId extraTypeInfo filterable filteredLookupInfo formulaTreatNullNumberAsZero groupable highScaleNumber htmlFormatted idLookup inlineHelpText label length mask maskType name nameField namePointing nillable permissionable picklistValues polymorphicForeignKey precision queryByDistance referenceTargetField referenceTo relationshipName relationshipOrder restrictedDelete restrictedPicklist scale searchPrefilterable soapType sortable type unique updateable writeRequiresMasterRead")
	fields := map[string]map[string]any{}
	for _, f := range d.Fields {
		for _, key := range keys {
			if _, ok := f[key]; !ok {
				t.Errorf("%v lacks %s", f["name"], key)
			}
		}
		name, _ := f["name"].(string)
		fields[name] = f
	}
	if f := fields["Email"]; f["type"] != "email" || f["idLookup"] != true || f["byteLength"] != json.Number("240") {
		t.Errorf("Email: %v", f)
	}
	if f := fields["Tidegate_Id__c"]; f["externalId"] != true || f["unique"] != true || f["length"] != json.Number("80") {
		t.Errorf("external id: %v", f)
	}
	if f := fields["MailingCity"]; f["compoundFieldName"] != "MailingAddress" {
		t.Errorf("MailingCity: %v", f)
	}
	if f := fields["Account_Summary__c"]; f["calculated"] != true || f["createable"] != false {
		t.Errorf("formula: %v", f)
	}
	if d.KeyPrefix != "003" || len(d.RecordTypeInfos) != 1 || len(d.ChildRelationships) == 0 || d.URLs["uiDetailTemplate"] == "" {
		t.Errorf("object: %s %v", d.KeyPrefix, d.URLs)
	}
	c.want(304, "GET", v+"/sobjects/Contact/describe", "", "If-Modified-Since", r.header.Get("Last-Modified"))
	c.want(304, "GET", v+"/sobjects", "", "If-Modified-Since", r.header.Get("Last-Modified"))
	if r := c.want(404, "GET", v+"/sobjects/Nothing/describe", ""); r.code(t) != "NOT_FOUND" {
		t.Error("unknown object is described")
	}
}

func TestR9UpsertCreatesUpdatesAndRefusesAmbiguity(t *testing.T) {
	_, c := start(t, simulator.Config{})
	key := v + "/sobjects/Contact/Tidegate_Id__c/p%2F1"
	var out struct {
		ID      string
		Created bool
	}
	c.want(201, "PATCH", key, `{"LastName":"Moser"}`).into(t, &out)
	first := out.ID
	if !out.Created || !strings.HasPrefix(first, "003") {
		t.Errorf("first: %+v", out)
	}
	c.want(200, "PATCH", key, `{"Title":"CTO"}`).into(t, &out)
	if out.Created || out.ID != first {
		t.Errorf("second: %+v", out)
	}
	if r := c.want(400, "PATCH", key, `{"Tidegate_Id__c":"x"}`); r.code(t) != "INVALID_FIELD" {
		t.Errorf("key in body: %s", r.body)
	}
	c.want(404, "PATCH", v+"/sobjects/Contact/Tidegate_Id__c/none?updateOnly=true", `{"LastName":"A"}`)
	c.want(404, "PATCH", v+"/sobjects/Contact/Title/x", `{"LastName":"A"}`)
	for range 2 {
		c.made("Contact", `{"LastName":"Twin","Email":"twin@people.example"}`)
	}
	var paths []string
	c.want(300, "PATCH", v+"/sobjects/Contact/Email/twin@people.example", `{"Title":"x"}`).into(t, &paths)
	if len(paths) != 2 || !strings.HasPrefix(paths[0], v+"/sobjects/Contact/003") {
		t.Errorf("several: %v", paths)
	}
	if r := c.want(400, "POST", v+"/sobjects/Contact", `{"LastName":"B","Tidegate_Id__c":"P/1"}`); r.code(t) != "DUPLICATE_VALUE" {
		t.Errorf("duplicate: %s", r.body)
	}
}

func TestR10R16RefusalsAreErrorArrays(t *testing.T) {
	_, c := start(t, simulator.Config{})
	var errs []map[string]any
	c.want(400, "POST", v+"/sobjects/Contact", `{}`).into(t, &errs)
	if len(errs) != 1 || errs[0]["errorCode"] != "REQUIRED_FIELD_MISSING" || fmt.Sprint(errs[0]["fields"]) != "[LastName]" {
		t.Errorf("%v", errs)
	}
	for _, row := range []struct{ method, path, body, code string }{
		{"POST", "/sobjects/Contact", `{"LastName":`, "JSON_PARSER_ERROR"},
		{"POST", "/sobjects/Nothing", `{}`, "NOT_FOUND"},
		{"GET", "/sobjects/Contact/003dG0000000099QAZ", "", "NOT_FOUND"},
		{"POST", "/sobjects/OpportunityStage", `{"MasterLabel":"x"}`, "METHOD_NOT_ALLOWED"},
		{"DELETE", "/sobjects/User/005dG0000000001", "", "METHOD_NOT_ALLOWED"},
		{"GET", "/query?q=SELECT+Id+FROM+Nothing", "", "INVALID_TYPE"},
		{"GET", "/query/0r8dG0000000001AAA-2000", "", "INVALID_QUERY_LOCATOR"},
		{"GET", "/nothing", "", "NOT_FOUND"},
	} {
		if r := c.send(row.method, v+row.path, row.body); r.code(t) != row.code {
			t.Errorf("%s %s: %s", row.method, row.path, r.body)
		}
	}
	if r := c.send("GET", v+"/query?q="+strings.Repeat("x", 17_000), ""); r.status != 414 || !strings.HasPrefix(string(r.body), "<h1>Bad Message 414</h1>") {
		t.Errorf("long URL: %d %s", r.status, r.body)
	}
}

func TestR15PagesKeepTheResultTheyBeganWith(t *testing.T) {
	_, c := start(t, simulator.Config{Sizes: seed.Sizes{Contacts: 450}})
	type page struct {
		TotalSize int
		Done      bool
		Next      string `json:"nextRecordsUrl"`
		Records   []struct{ ID, Title string }
	}
	var p page
	r := c.want(200, "GET", soql("SELECT Id, Title FROM Contact ORDER BY Id"), "", "Sforce-Query-Options", "batchSize=1")
	r.into(t, &p)
	if len(p.Records) != 200 || p.Done || p.TotalSize != 450 || !strings.HasSuffix(p.Next, "-200") {
		t.Fatalf("first page: %d rows, next %q", len(p.Records), p.Next)
	}
	c.want(200, "POST", "/_sim/changes", `{"object":"Contact","op":"update","count":100,"fields":["Title"]}`)
	c.want(200, "POST", "/_sim/changes", `{"object":"Contact","op":"delete","count":20}`)
	seen := p.Records
	for !p.Done {
		next := p.Next
		p = page{}
		r = c.want(200, "GET", next, "")
		r.into(t, &p)
		seen = append(seen, p.Records...)
	}
	if len(seen) != 450 || strings.Contains(string(r.body), "nextRecordsUrl") {
		t.Errorf("read %d rows; last page %.120s", len(seen), r.body)
	}
	for _, one := range seen {
		if strings.HasPrefix(one.Title, "Title ") {
			t.Fatalf("a change made later shows in %v", one)
		}
	}
}

func TestR17CollectionsKeepOrderAndReportEachRow(t *testing.T) {
	_, c := start(t, simulator.Config{})
	type row struct {
		ID      string
		Success bool
		Errors  []struct {
			StatusCode string
			Fields     []string
		}
	}
	record := func(s string) string { return `{"attributes":{"type":"Contact"},` + s + `}` }
	body := func(allOrNone bool, rows ...string) string {
		return fmt.Sprintf(`{"allOrNone":%v,"records":[%s]}`, allOrNone, strings.Join(rows, ","))
	}
	path := v + "/composite/sobjects"
	var rows []row
	c.want(200, "POST", path, body(false, record(`"LastName":"A"`), record(`"FirstName":"B"`), `{"LastName":"C"}`, record(`"LastName":"D"`))).into(t, &rows)
	if !rows[0].Success || rows[1].Errors[0].StatusCode != "REQUIRED_FIELD_MISSING" || rows[2].Errors[0].StatusCode != "JSON_PARSER_ERROR" || !rows[3].Success {
		t.Fatalf("insert: %+v", rows)
	}
	a, d := rows[0].ID, rows[3].ID
	c.want(200, "PATCH", path, body(true, record(`"id":"`+a+`","Title":"x"`), record(`"id":"`+d+`","Email":"bad"`))).into(t, &rows)
	if rows[0].Errors[0].StatusCode != "ALL_OR_NONE_OPERATION_ROLLED_BACK" || rows[1].Errors[0].StatusCode != "INVALID_EMAIL_ADDRESS" {
		t.Errorf("update: %+v", rows)
	}
	var got map[string]any
	c.want(200, "GET", v+"/sobjects/Contact/"+a+"?fields=Title", "").into(t, &got)
	if got["Title"] != nil {
		t.Error("a rolled-back row was written")
	}
	c.want(200, "PATCH", path+"/Contact/Tidegate_Id__c", body(false, record(`"Tidegate_Id__c":"k1","LastName":"K"`), record(`"Tidegate_Id__c":"k1","Title":"T"`))).into(t, &rows)
	if !rows[0].Success || !rows[1].Success || rows[0].ID != rows[1].ID {
		t.Errorf("upsert: %+v", rows)
	}
	var read []map[string]any
	c.want(200, "POST", path+"/Contact", `{"ids":["`+d+`","003dG0000009999AAA","`+a[:15]+`"],"fields":["Id","LastName"]}`).into(t, &read)
	if len(read) != 3 || read[0]["LastName"] != "D" || read[1] != nil || read[2]["LastName"] != "A" {
		t.Errorf("retrieve: %v", read)
	}
	c.want(200, "DELETE", path+"?ids="+a+",003dG0000009999AAA&allOrNone=false", "").into(t, &rows)
	if !rows[0].Success || rows[1].Success {
		t.Errorf("delete: %+v", rows)
	}
	many := make([]string, 201)
	for i := range many {
		many[i] = record(`"LastName":"X"`)
	}
	if r := c.want(400, "POST", path, body(false, many...)); r.code(t) != "EXCEEDED_ID_LIMIT" {
		t.Errorf("201 rows: %s", r.body)
	}
}

func TestR18CompositeRefersBackAndRollsBack(t *testing.T) {
	org, c := start(t, simulator.Config{})
	run := func(allOrNone bool, linkTo string) []int {
		body := fmt.Sprintf(`{"allOrNone":%v,"compositeRequest":[
			{"method":"POST","url":"%s/sobjects/Account","referenceId":"acc","body":{"Name":"Acme"}},
			{"method":"POST","url":"%s/sobjects/ContentNote","referenceId":"note","body":{"Title":"Call","Content":"PGI+SGk8L2I+"}},
			{"method":"POST","url":"%s/sobjects/ContentDocumentLink","referenceId":"link","body":{"ContentDocumentId":"@{note.id}","LinkedEntityId":"%s","ShareType":"V"}},
			{"method":"GET","url":"%s/sobjects/Account/@{acc.id}?fields=Name","referenceId":"read"}]}`, allOrNone, v, v, v, linkTo, v)
		var out struct {
			CompositeResponse []struct {
				HTTPStatusCode int `json:"httpStatusCode"`
			}
		}
		c.want(200, "POST", v+"/composite", body).into(t, &out)
		var got []int
		for _, one := range out.CompositeResponse {
			got = append(got, one.HTTPStatusCode)
		}
		return got
	}
	if got := run(true, "@{acc.id}"); !slices.Equal(got, []int{201, 201, 201, 200}) {
		t.Fatalf("composite: %v", got)
	}
	if got := run(true, org.Engine.ID()); !slices.Equal(got, []int{400, 400, 400, 400}) {
		t.Errorf("failing composite: %v", got)
	}
	if got := run(false, "@{nothing.id}"); !slices.Equal(got, []int{201, 201, 400, 200}) {
		t.Errorf("dangling reference: %v", got)
	}
	for object, want := range map[string]int{"Account": 2, "ContentNote": 2} {
		if n := strings.Count(string(c.want(200, "GET", "/_sim/truth/"+object, "").body), "\n"); n != want {
			t.Errorf("%s: %d, want %d", object, n, want)
		}
	}
}

func TestR14ReplicationListsWhatChanged(t *testing.T) {
	_, c := start(t, simulator.Config{})
	kept := c.made("Account", `{"Name":"Kept"}`)
	gone := c.made("Account", `{"Name":"Gone"}`)
	c.want(204, "DELETE", v+"/sobjects/Account/"+gone, "")
	at := func(d time.Duration) string { return url.QueryEscape(time.Now().UTC().Add(d).Format(time.RFC3339)) }
	window := "?start=" + at(-time.Hour) + "&end=" + at(time.Hour)
	var up struct{ IDs []string }
	c.want(200, "GET", v+"/sobjects/Account/updated/"+window, "").into(t, &up)
	var del struct{ DeletedRecords []struct{ ID string } }
	c.want(200, "GET", v+"/sobjects/Account/deleted/"+window, "").into(t, &del)
	if !slices.Equal(up.IDs, []string{kept}) || len(del.DeletedRecords) != 1 || del.DeletedRecords[0].ID != gone {
		t.Errorf("updated %v, deleted %v", up, del)
	}
	// Emptying the recycle bin takes nothing off the list; it ends elsewhere.
	c.want(200, "POST", "/_sim/changes", `{"object":"Account","op":"purge","id":"`+gone+`"}`)
	var purged struct {
		DeletedRecords        []struct{ ID string }
		EarliestDateAvailable string
	}
	c.want(200, "GET", v+"/sobjects/Account/deleted/"+window, "").into(t, &purged)
	if len(purged.DeletedRecords) != 1 || purged.DeletedRecords[0].ID != gone {
		t.Errorf("after emptying the recycle bin: %v", purged)
	}
	c.want(201, "POST", "/_sim/faults", `{"kind":"forget_deletions"}`)
	before := purged.EarliestDateAvailable
	c.want(200, "GET", v+"/sobjects/Account/deleted/"+window, "").into(t, &purged)
	if len(purged.DeletedRecords) != 0 || purged.EarliestDateAvailable <= before {
		t.Errorf("after very many deletions: %v", purged)
	}
	if r := c.want(400, "GET", v+"/sobjects/Account/deleted/?start="+at(-16*24*time.Hour)+"&end="+at(0), ""); r.code(t) != "INVALID_REPLICATION_DATE" {
		t.Errorf("too far back: %s", r.body)
	}
}

// F-65: the conditional update is decided inside the transaction.
func TestR27StaleConditionalUpdateIsRefused(t *testing.T) {
	now, ahead := clock()
	_, c := start(t, simulator.Config{Now: now})
	id := c.made("Contact", `{"LastName":"A"}`)
	path := v + "/sobjects/Contact/" + id
	seen := c.want(200, "GET", path, "").header.Get("Last-Modified")
	c.want(204, "PATCH", path, `{"Title":"x"}`, "If-Unmodified-Since", seen)
	ahead(2 * time.Second)
	c.want(204, "PATCH", path, `{"Title":"y"}`)
	c.want(412, "PATCH", path, `{"Title":"z"}`, "If-Unmodified-Since", seen)
}
