package simulator_test

import (
	"encoding/json"
	"testing"

	"tidegate/simulator"
	"tidegate/simulator/org"
)

func (c *client) row(object, id string) map[string]any {
	c.t.Helper()
	var got map[string]any
	c.want(200, "GET", v+"/sobjects/"+object+"/"+id, "").into(c.t, &got)
	return got
}

func TestR8ObjectsOfFeaturesThatAreOffAreNotThere(t *testing.T) {
	_, c := start(t, simulator.Config{Features: org.Features{NotesOff: true}})
	for _, name := range []string{"ContentNote", "EmailMessage", "OpportunityLineItem"} {
		c.want(404, "GET", v+"/sobjects/"+name+"/describe", "")
		c.want(404, "POST", v+"/sobjects/"+name, `{}`)
		if r := c.want(400, "GET", soql("SELECT Id FROM "+name), ""); r.code(t) != "INVALID_TYPE" {
			t.Errorf("%s: %s", name, r.body)
		}
	}
	c.want(404, "GET", v+"/sobjects/ContentNote/069dG0000000001/Content", "")
	_, on := start(t, simulator.Config{Features: org.Features{Email: true, Products: true}})
	for _, name := range []string{"ContentNote", "EmailMessage", "EmailMessageRelation", "OpportunityLineItem"} {
		on.want(200, "GET", v+"/sobjects/"+name+"/describe", "")
	}
}

func TestR26SentEmailIsLoggedRelatedAndFixed(t *testing.T) {
	_, c := start(t, simulator.Config{Features: org.Features{Email: true}})
	contact := c.made("Contact", `{"LastName":"Moser","Email":"m@people.example"}`)
	account := c.made("Account", `{"Name":"Acme"}`)
	id := c.made("EmailMessage", `{"Subject":"Offer","Status":"3","TextBody":"Hello","ToIds":["`+contact+`"],"ToAddress":"x@people.example","RelatedToId":"`+account+`"}`)
	task := c.row("Task", c.row("EmailMessage", id)["ActivityId"].(string))
	if task["TaskSubtype"] != "Email" || task["WhoId"] != contact || task["WhatId"] != account || task["IsClosed"] != true {
		t.Errorf("task %v", task)
	}
	var relations struct{ Records []map[string]any }
	c.want(200, "GET", soql("SELECT RelationId, RelationType, RelationAddress, RelationObjectType FROM EmailMessageRelation WHERE EmailMessageId = '"+id+"'"), "").into(t, &relations)
	if len(relations.Records) != 1 || relations.Records[0]["RelationType"] != "ToAddress" || relations.Records[0]["RelationObjectType"] != "Contact" ||
		relations.Records[0]["RelationAddress"] != "m@people.example" {
		t.Errorf("relations %v", relations.Records)
	}
	path := v + "/sobjects/EmailMessage/"
	for _, row := range []struct {
		start, change string
		status        int
	}{
		{`"Status":"3"`, `{"Subject":"Other"}`, 400},
		{`"Status":"3"`, `{"IsExternallyVisible":true}`, 204},
		{`"Status":"0","Incoming":true`, `{"Status":"1"}`, 204},
		{`"Status":"0","Incoming":true`, `{"Status":"2"}`, 400},
		{`"Status":"5"`, `{"Subject":"Other","Status":"3"}`, 204},
	} {
		c.want(row.status, "PATCH", path+c.made("EmailMessage", `{"Subject":"S",`+row.start+`}`), row.change)
	}
	for _, body := range []string{`{"Subject":"No status"}`, `{"Status":"3","ToIds":["003dG0000009999AAA"]}`, `{"Status":"3","ToIds":["x"]}`, `{"Status":"3","ToIds":"x"}`} {
		c.want(400, "POST", v+"/sobjects/EmailMessage", body)
	}
}

func TestR21ProductsDecideTheAmountOfADeal(t *testing.T) {
	_, c := start(t, simulator.Config{Features: org.Features{Products: true}})
	deal := c.made("Opportunity", `{"Name":"Big","StageName":"Prospecting","CloseDate":"2026-12-31","Amount":5}`)
	amount := func(want string, has bool) {
		t.Helper()
		if got := c.row("Opportunity", deal); got["Amount"] != json.Number(want) || got["HasOpportunityLineItem"] != has {
			t.Errorf("amount %v, has products: %v; want %s, %v", got["Amount"], got["HasOpportunityLineItem"], want, has)
		}
	}
	item := c.made("OpportunityLineItem", `{"OpportunityId":"`+deal+`","Quantity":3,"UnitPrice":100}`)
	c.made("OpportunityLineItem", `{"OpportunityId":"`+deal+`","Quantity":1,"UnitPrice":50.5}`)
	amount("350.5", true)
	// The write succeeds and changes nothing but the other field.
	c.want(204, "PATCH", v+"/sobjects/Opportunity/"+deal, `{"Amount":999,"NextStep":"Call"}`)
	amount("350.5", true)
	if got := c.row("Opportunity", deal); got["NextStep"] != "Call" || got["ExpectedRevenue"] != json.Number("35.05") {
		t.Errorf("deal %v", got)
	}
	c.want(204, "PATCH", v+"/sobjects/OpportunityLineItem/"+item, `{"Quantity":1}`)
	amount("150.5", true)
	c.want(204, "DELETE", v+"/sobjects/OpportunityLineItem/"+item, "")
	amount("50.5", true)
}

func TestR8AnObjectsSwitchesShowInItsDescribe(t *testing.T) {
	_, c := start(t, simulator.Config{})
	account := c.made("Account", `{"Name":"Acme"}`)
	read := func(object string) (searchable, feed, activities bool) {
		var d struct {
			Searchable, FeedEnabled bool
			ChildRelationships      []struct{ ChildSObject string }
		}
		c.want(200, "GET", v+"/sobjects/"+object+"/describe", "").into(t, &d)
		for _, r := range d.ChildRelationships {
			activities = activities || r.ChildSObject == "OpenActivity"
		}
		return d.Searchable, d.FeedEnabled, activities
	}
	if s, f, a := read("Account"); !s || !f || !a {
		t.Errorf("at first: %v %v %v", s, f, a)
	}
	c.want(200, "POST", "/_sim/fields", `{"op":"switches","object":"Account","switches":{"searchable":false,"feed_tracking":false,"activities":false}}`)
	if s, f, a := read("Account"); s || f || a {
		t.Errorf("switched off: %v %v %v", s, f, a)
	}
	if r := c.want(400, "POST", v+"/sobjects/Task", `{"Subject":"Call","WhatId":"`+account+`"}`); r.code(t) != "MALFORMED_ID" {
		t.Errorf("a task about an object without activities: %s", r.body)
	}
	if r := c.want(400, "GET", v+"/search?q=FIND+%7Bacme%7D+RETURNING+Account", ""); r.code(t) != "INVALID_SEARCH" {
		t.Errorf("search: %s", r.body)
	}
	c.want(200, "POST", "/_sim/fields", `{"op":"object","object":"Room__c"}`)
	c.want(200, "POST", "/_sim/fields", `{"op":"switches","object":"Room__c","switches":{"activities":true}}`)
	room := c.made("Room__c", `{"Name":"Blue"}`)
	if task := c.row("Task", c.made("Task", `{"Subject":"Clean","WhatId":"`+room+`"}`)); task["WhatId"] != room {
		t.Errorf("task %v", task["WhatId"])
	}
	if _, _, a := read("Room__c"); !a {
		t.Error("the custom object shows no activities")
	}
}
