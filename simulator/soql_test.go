package simulator_test

import (
	"strings"
	"testing"

	"tidegate/simulator"
	"tidegate/simulator/org"
)

func TestQ5WhatOnlyApexMayAskIsRefused(t *testing.T) {
	_, c := start(t, simulator.Config{})
	for query, code := range map[string]string{
		"SELECT Id FROM Contact ALL ROWS":                               "MALFORMED_QUERY",
		"SELECT Id FROM Contact FOR UPDATE":                             "MALFORMED_QUERY",
		"SELECT Id FROM Account WHERE Id IN (SELECT WhatId FROM Task)":  "MALFORMED_QUERY",
		"SELECT Id FROM Account WHERE Id IN (SELECT WhatId FROM Event)": "MALFORMED_QUERY",
		"SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) AND Id IN (SELECT AccountId FROM Opportunity) AND Id IN (SELECT ParentId FROM Account)": "MALFORMED_QUERY",
		"SELECT Id FROM Contact USING SCOPE team":         "MALFORMED_QUERY",
		"SELECT Id FROM User USING SCOPE mine":            "MALFORMED_QUERY",
		"SELECT convertCurrency(Amount) FROM Opportunity": "MALFORMED_QUERY",
		"SELECT TaskWhoIds FROM Task":                     "INVALID_FIELD",
	} {
		if r := c.want(400, "GET", soql(query), ""); r.code(t) != code {
			t.Errorf("%s: %s", query, r.body)
		}
	}
}

func TestQ4ScopeMineIsWhatTheReaderOwns(t *testing.T) {
	o, c := start(t, simulator.Config{})
	other := c.ids("Id", "SELECT Id FROM User WHERE Username != 'admin@tidegate.example' AND IsActive = true LIMIT 1")[0]
	mine := c.made("Account", `{"Name":"Mine"}`)
	c.made("Account", `{"Name":"Theirs","OwnerId":"`+other+`"}`)
	c.wantIDs("mine", c.ids("Id", "SELECT Id FROM Account USING SCOPE mine WHERE Name IN ('Mine', 'Theirs')"), mine)
	if n := len(c.ids("Id", "SELECT Id FROM Account USING SCOPE everything WHERE Name IN ('Mine', 'Theirs')")); n != 2 {
		t.Errorf("everything is %d of %s", n, o.Engine.AdminID())
	}
}

func TestQ1R22ListsOfIDsAreSelected(t *testing.T) {
	_, c := start(t, simulator.Config{Features: org.Features{Shared: true, Email: true}})
	a, b := c.made("Contact", `{"LastName":"A"}`), c.made("Contact", `{"LastName":"B"}`)
	c.made("Task", `{"Subject":"Call","TaskWhoIds":["`+a+`","`+b+`"]}`)
	c.made("Event", `{"Subject":"Alone","StartDateTime":"2026-05-04T10:00:00Z","DurationInMinutes":30}`)
	c.made("EmailMessage", `{"Subject":"Mail","Status":"3","ToIds":["`+b+`"],"CcIds":["`+a+`"]}`)
	c.steps(
		step{"GET", "/query?q=SELECT+Id,TaskWhoIds,WhoCount+FROM+Task+WHERE+Subject='Call'", "", 200, []string{`"TaskWhoIds":["` + a + `","` + b + `"],"WhoCount":2`}},
		step{"GET", "/query?q=SELECT+EventWhoIds+FROM+Event", "", 200, []string{`"EventWhoIds":null`}},
		step{"GET", "/query?q=SELECT+ToIds,CcIds,BccIds+FROM+EmailMessage", "", 200, []string{`"ToIds":["` + b + `"],"CcIds":["` + a + `"],"BccIds":null`}},
		step{"GET", "/query?q=SELECT+Id+FROM+Task+WHERE+TaskWhoIds='" + a + "'", "", 400, []string{"INVALID_FIELD"}},
		// The primary one is checked like any lookup, whatever the list says.
		step{"POST", "/sobjects/Task", `{"Subject":"x","WhoId":"` + c.made("Account", `{"Name":"No person"}`) + `"}`, 400, []string{"MALFORMED_ID", `"fields":["WhoId"]`}},
		step{"POST", "/sobjects/Task", `{"Subject":"x","TaskSubtype":"Cadence"}`, 400, []string{"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"}},
	)
}

func TestQ1AmountsAreConvertedToTheReadersCurrency(t *testing.T) {
	o, c := start(t, simulator.Config{Features: org.Features{Currencies: true}})
	deal := c.made("Opportunity", `{"Name":"D","StageName":"Prospecting","CloseDate":"2026-12-31","Amount":100,"CurrencyIsoCode":"EUR"}`)
	ask := func() string {
		return string(c.want(200, "GET", soql("SELECT Name, convertCurrency(Amount), CurrencyIsoCode FROM Opportunity WHERE Id = '"+deal+"'"), "").body)
	}
	rate := c.ids("ConversionRate", "SELECT ConversionRate FROM CurrencyType WHERE IsoCode = 'EUR'")
	if got := ask(); !strings.Contains(got, `"CurrencyIsoCode":"EUR"`) || strings.Contains(got, `"Amount":100.0`) {
		t.Errorf("in the corporate currency, at %v: %s", rate, got)
	}
	c.want(204, "PATCH", v+"/sobjects/User/"+o.Engine.AdminID(), `{"DefaultCurrencyIsoCode":"EUR"}`)
	if got := ask(); !strings.Contains(got, `"Amount":100.0`) {
		t.Errorf("in the reader's own currency: %s", got)
	}
	for query, code := range map[string]string{
		"SELECT convertCurrency(Name) FROM Opportunity":                                            "MALFORMED_QUERY",
		"SELECT StageName, convertCurrency(Amount), COUNT(Id) FROM Opportunity GROUP BY StageName": "MALFORMED_QUERY",
	} {
		if r := c.want(400, "GET", soql(query), ""); r.code(t) != code {
			t.Errorf("%s: %s", query, r.body)
		}
	}
}

func TestR15PagesOfSeveralLongTextsAreShort(t *testing.T) {
	_, c := start(t, simulator.Config{})
	for _, name := range []string{"Story__c", "Plot__c"} {
		c.want(200, "POST", "/_sim/fields", `{"op":"add","object":"Account","field":{"name":"`+name+`","type":"textarea","length":32000}}`)
	}
	c.want(200, "POST", "/_sim/changes", `{"object":"Account","op":"create","count":250}`)
	page := func(query string) (n int, done bool) {
		var p struct {
			Done    bool
			Records []any
		}
		c.want(200, "GET", soql(query), "").into(t, &p)
		return len(p.Records), p.Done
	}
	if n, done := page("SELECT Id, Story__c FROM Account"); n < 250 || !done {
		t.Errorf("with one long text a page has %d rows", n)
	}
	if n, done := page("SELECT Id, Story__c, Plot__c FROM Account"); n != 200 || done {
		t.Errorf("with two long texts a page has %d rows", n)
	}
}
