package simulator_test

import (
	"strings"
	"testing"

	"tidegate/simulator"
	"tidegate/simulator/seed"
)

func TestR8ListViewsTellTheirRecords(t *testing.T) {
	_, c := start(t, simulator.Config{Seed: 1, Sizes: seed.Sizes{Accounts: 30, Contacts: 5}})
	var views struct {
		Size      int
		ListViews []struct{ ID, DeveloperName, DescribeURL, ResultsURL, URL string }
	}
	c.want(200, "GET", v+"/sobjects/Account/listviews", "").into(t, &views)
	if views.Size != 2 || views.ListViews[0].DeveloperName != "AllAccounts" || views.ListViews[1].DeveloperName != "MyAccounts" {
		t.Fatalf("views %+v", views)
	}
	all, mine := views.ListViews[0], views.ListViews[1]
	c.made("Account", `{"Name":"AAA Mine"}`)
	for path, want := range map[string][]string{
		all.URL:                               {`"label":"All Accounts"`, `"soqlCompatible":true`},
		all.DescribeURL:                       {`"query":"SELECT Name, `, `USING SCOPE everything`, `"sobjectType":"Account"`},
		all.ResultsURL:                        {`"size":25`, `"done":false`, `{"fieldNameOrPath":"Name","value":"AAA Mine"}`, `"fieldNameOrPath":"CreatedDate","value":"20`},
		all.ResultsURL + "?limit=2000":        {`"size":31`, `"done":true`},
		mine.ResultsURL:                       {`"AAA Mine"`},
		v + "/query?explain=" + all.ID:        {`"sobjectType":"Account"`, `"sobjectCardinality":31`, `"sourceQuery":"SELECT Name`},
		soqlExplain("SELECT Id FROM Contact"): {`"cardinality":5`, `"leadingOperationType":"TableScan"`},
	} {
		body := string(c.want(200, "GET", path, "").body)
		for _, part := range want {
			if !strings.Contains(body, part) {
				t.Errorf("%s lacks %s: %.400s", path, part, body)
			}
		}
	}
	c.steps(
		step{"GET", "/sobjects/Account/listviews/00B000000000000AAA", "", 404, []string{"NOT_FOUND"}},
		step{"GET", "/sobjects/EventRelation/listviews", "", 404, []string{"NOT_FOUND"}},
		step{"GET", strings.TrimPrefix(all.ResultsURL, v) + "?limit=-1", "", 400, []string{"NUMBER_OUTSIDE_VALID_RANGE"}},
		step{"GET", "/query?explain=SELECT+Nope+FROM+Contact", "", 400, []string{"INVALID_FIELD"}},
	)
}

func soqlExplain(statement string) string {
	return strings.Replace(soql(statement), "?q=", "?explain=", 1)
}

func TestR8PicklistsDependOnTheRecordType(t *testing.T) {
	dir := t.TempDir()
	o, c := start(t, simulator.Config{DataDir: dir})
	c.want(400, "POST", "/_sim/fields", `{"object":"Account","op":"record_type","record_type":{"name":"X","picklists":{"Industry":["Nope"]}}}`)
	c.want(400, "POST", "/_sim/fields", `{"object":"Account","op":"record_type","record_type":{"name":"X","picklists":{"Phone":["Hot"]}}}`)
	c.want(200, "POST", "/_sim/fields", `{"object":"Account","op":"add","field":{"name":"Tier__c","type":"picklist","values":["*Gold","Silver","Tin"],"restricted":true}}`)
	c.want(200, "POST", "/_sim/fields", `{"object":"Account","op":"record_type","record_type":{"name":"Partner","picklists":{"Tier__c":["Gold","Silver"],"Rating":["Hot"]}}}`)
	partner := c.ids("Id", "SELECT Id FROM RecordType WHERE DeveloperName = 'Partner'")[0]
	check := func() {
		t.Helper()
		c.steps(
			step{"GET", "/ui-api/object-info/Account/picklist-values/" + partner, "", 200, []string{`"Rating":{"controllerValues":{},"defaultValue":null`, `"values":[{"attributes":null,"label":"Hot","validFor":[],"value":"Hot"}]`}},
			step{"GET", "/ui-api/object-info/Account/picklist-values/" + partner + "/Tier__c", "", 200, []string{`"defaultValue":{"attributes":null,"label":"Gold"`, "Silver"}},
			step{"GET", "/ui-api/object-info/Account/picklist-values/012000000000000AAA/Tier__c", "", 200, []string{"Tin"}},
			step{"GET", "/ui-api/object-info/Account/picklist-values/" + partner + "/Name", "", 404, nil},
			step{"GET", "/ui-api/object-info/Contact/picklist-values/" + partner, "", 404, nil},
			step{"POST", "/sobjects/Account", `{"Name":"A","RecordTypeId":"` + partner + `","Tier__c":"Tin"}`, 400, []string{"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", `"fields":["Tier__c"]`}},
			step{"POST", "/sobjects/Account", `{"Name":"A","RecordTypeId":"` + partner + `","Tier__c":"Silver","Rating":"Cold"}`, 201, nil},
			step{"POST", "/sobjects/Account", `{"Name":"A","Tier__c":"Tin"}`, 201, nil},
		)
		body := string(c.want(200, "GET", v+"/sobjects/Account/describe/layouts", "").body)
		_, mapping, _ := strings.Cut(body, `"recordTypeMappings"`)
		if n := strings.Count(mapping, `"value":"Tin"`); n != 1 {
			t.Errorf("the value of one type of two is listed %d times", n)
		}
	}
	check()
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	_, c = start(t, simulator.Config{DataDir: dir})
	check()
}

func TestR8WhatThereIsNoneOfIsSaid(t *testing.T) {
	_, c := start(t, simulator.Config{})
	for path, want := range map[string]string{
		"/quickActions": "[]", "/sobjects/Account/quickActions": "[]", "/tabs": "[]", "/theme": `{"themeItems":[]}`,
		"/process/rules": `{"rules":{}}`, "/process/approvals": `{"approvals":{}}`,
		"/sobjects/Account/describe/approvalLayouts": `{"approvalLayouts":[]}`,
	} {
		if got := string(c.want(200, "GET", v+path, "").body); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
	c.steps(
		step{"GET", "/tooling/executeAnonymous?anonymousBody=x", "", 200, []string{`"compiled":false`, "no Apex"}},
		step{"GET", "/tooling/sobjects", "", 200, []string{`"name":"CustomField"`}},
		step{"GET", "/tooling/sobjects/CustomField/describe", "", 200, []string{`"name":"DeveloperName"`}},
		step{"GET", "/tooling/sobjects/ApexClass/describe", "", 404, []string{"NOT_FOUND"}},
		step{"GET", "/analytics/reports", "", 404, []string{"NOT_FOUND"}},
		step{"GET", "/chatter/users/me", "", 404, []string{"NOT_FOUND"}},
	)
	if r := c.want(404, "GET", "/services/apexrest/Anything", ""); !strings.Contains(string(r.body), "Could not find a match for URL") {
		t.Errorf("Apex REST: %s", r.body)
	}
	if r := c.want(400, "POST", "/services/async/66.0/job", "", "Content-Type", "application/xml"); !strings.Contains(string(r.body), "<exceptionCode>FeatureNotEnabled") {
		t.Errorf("the older Bulk API: %s", r.body)
	}
}
