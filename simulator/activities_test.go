package simulator_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"tidegate/simulator"
	"tidegate/simulator/org"
)

func TestQ1ActivitiesAreListedUnderTheirParents(t *testing.T) {
	now, _ := clock() // 1 May 2026, 08:00
	_, c := start(t, simulator.Config{Now: now, Features: org.Features{Shared: true}})
	account := c.made("Account", `{"Name":"A"}`)
	contact := c.made("Contact", `{"LastName":"Moor","AccountId":"`+account+`"}`)
	other := c.made("Contact", `{"LastName":"Other"}`)
	lead := c.made("Lead", `{"LastName":"L","Company":"C"}`)
	done := c.made("Task", `{"Subject":"Done","Status":"Completed","ActivityDate":"2026-04-01","TaskSubtype":"Call","TaskWhoIds":["`+contact+`","`+other+`"]}`)
	open := c.made("Task", `{"Subject":"Open","ActivityDate":"2026-05-09","WhatId":"`+account+`"}`)
	past := c.made("Event", `{"Subject":"Past","StartDateTime":"2026-04-30T10:00:00Z","DurationInMinutes":30,"WhoId":"`+contact+`"}`)
	next := c.made("Event", `{"Subject":"Next","StartDateTime":"2026-05-02T10:00:00Z","DurationInMinutes":30,"WhatId":"`+account+`"}`)
	today := c.made("Event", `{"Subject":"Today","IsAllDayEvent":true,"StartDateTime":"2026-05-01T00:00:00Z","WhoId":"`+lead+`"}`)
	listed := func(object, id, relationship, more string) []string {
		t.Helper()
		var out struct {
			Records []map[string]struct {
				Records []struct{ ID string }
			}
		}
		q := fmt.Sprintf("SELECT (SELECT Id FROM %s %s) FROM %s WHERE Id = '%s'", relationship, more, object, id)
		c.want(200, "GET", v+"/query?q="+url.QueryEscape(q), "").into(t, &out)
		var ids []string
		for _, r := range out.Records[0][relationship].Records {
			ids = append(ids, r.ID)
		}
		return ids
	}
	for _, want := range []struct {
		object, id, relationship, more string
		ids                            []string
	}{
		{"Account", account, "ActivityHistories", "", []string{past, done}},
		{"Account", account, "OpenActivities", "", []string{next, open}},
		{"Account", account, "OpenActivities", "ORDER BY ActivityDate DESC LIMIT 1", []string{open}},
		{"Account", account, "ActivityHistories", "WHERE IsTask = true", []string{done}},
		{"Contact", other, "ActivityHistories", "", []string{done}},
		{"Contact", other, "OpenActivities", "", nil},
		{"Lead", lead, "OpenActivities", "", []string{today}},
	} {
		if got := listed(want.object, want.id, want.relationship, want.more); fmt.Sprint(got) != fmt.Sprint(want.ids) {
			t.Errorf("%s of %s %s: %v, want %v", want.relationship, want.object, want.more, got, want.ids)
		}
	}
	q := "/query?q=SELECT+Name,(SELECT+Subject,ActivityType,IsTask,Who.Name,Account.Name+FROM+ActivityHistories)+FROM+Contact+WHERE+Id='" + contact + "'"
	c.steps(
		step{"GET", q, "", 200, []string{`"type":"ActivityHistory"`, "/sobjects/ActivityHistory/" + done, `"ActivityType":"Call"`, `"ActivityType":"Meeting"`, `"Who":{`, `"Name":"Moor"`, `"Name":"A"`, `"totalSize":2`}},
		step{"GET", "/query?q=SELECT+Id+FROM+ActivityHistory", "", 400, []string{"INVALID_TYPE_FOR_OPERATION", "entity type ActivityHistory does not support query"}},
		step{"GET", "/query?q=SELECT+Id+FROM+OpenActivity", "", 400, []string{"INVALID_TYPE_FOR_OPERATION"}},
		step{"GET", "/query?q=SELECT+Id,(SELECT+Id+FROM+OpenActivities+LIMIT+501)+FROM+Account", "", 400, []string{"MALFORMED_QUERY"}},
		step{"GET", "/query?q=SELECT+Id,(SELECT+Nothing+FROM+OpenActivities)+FROM+Account", "", 400, []string{"INVALID_FIELD"}},
		step{"GET", "/query?q=SELECT+Id,(SELECT+Id+FROM+OpenActivities)+FROM+User", "", 400, []string{"INVALID_TYPE"}},
		step{"GET", "/sobjects/ActivityHistory/describe", "", 200, []string{`"queryable":false`, `"keyPrefix":null`, `"createable":false`}},
		step{"GET", "/sobjects/Account/describe", "", 200, []string{`"childSObject":"ActivityHistory"`, `"relationshipName":"OpenActivities"`}},
		step{"POST", "/sobjects/ActivityHistory", `{"Subject":"x"}`, 405, []string{"METHOD_NOT_ALLOWED"}},
	)
	c.want(200, "POST", "/_sim/fields", `{"op":"object","object":"Visit__c"}`)
	visit := c.made("Visit__c", `{"Name":"V"}`)
	c.want(400, "GET", v+"/query?q="+url.QueryEscape("SELECT Id,(SELECT Id FROM OpenActivities) FROM Visit__c"), "")
	c.want(200, "POST", "/_sim/fields", `{"op":"switches","object":"Visit__c","switches":{"activities":true}}`)
	task := c.made("Task", `{"Subject":"At the visit","ActivityDate":"`+now().Add(48*time.Hour).Format(time.DateOnly)+`","WhatId":"`+visit+`"}`)
	if got := listed("Visit__c", visit, "OpenActivities", ""); len(got) != 1 || got[0] != task {
		t.Errorf("of a custom object: %v", got)
	}
}

func TestQ1WhoSeesNotAllAsksForTheActivitiesOfOneRecord(t *testing.T) {
	o, admin := start(t, simulator.Config{})
	c, user := admin.another(o)
	account := admin.made("Account", `{"Name":"A","OwnerId":"`+user+`"}`)
	own := admin.made("Task", `{"Subject":"Own","Status":"Completed","ActivityDate":"2026-04-01","WhatId":"`+account+`","OwnerId":"`+user+`"}`)
	admin.made("Task", `{"Subject":"Of another","Status":"Completed","ActivityDate":"2026-04-02","WhatId":"`+account+`"}`)
	admin.made("Account", `{"Name":"B","OwnerId":"`+user+`"}`)
	const order = "ORDER BY ActivityDate DESC NULLS LAST, LastModifiedDate DESC"
	query := func(inner, where string) string {
		return v + "/query?q=" + url.QueryEscape("SELECT Id, (SELECT Id FROM ActivityHistories "+inner+") FROM Account "+where)
	}
	one := "WHERE Id = '" + account + "'"
	c.want(200, "GET", query("", ""), "")
	admin.permit(user, "Task", `"view_all":false`)
	for _, refused := range []struct{ inner, where, text string }{
		{order + " LIMIT 10", "", "single parent record"},
		{order, one, "only allows security evaluation for non-admin users when LIMIT is specified and at most 500"},
		{"LIMIT 10", one, "ordered by"},
		{"ORDER BY ActivityDate ASC, LastModifiedDate DESC LIMIT 10", one, "ordered by"},
		{"WHERE IsTask = true " + order + " LIMIT 10", one, "WHERE"},
	} {
		if r := c.want(400, "GET", query(refused.inner, refused.where), ""); r.code(t) != "MALFORMED_QUERY" || !strings.Contains(string(r.body), refused.text) {
			t.Errorf("%s %s: %s", refused.inner, refused.where, r.body)
		}
	}
	var out struct {
		Records []struct {
			ActivityHistories struct{ Records []struct{ ID string } }
		}
	}
	c.want(200, "GET", query(order+" LIMIT 500", one), "").into(t, &out)
	if got := out.Records[0].ActivityHistories.Records; len(got) != 1 || got[0].ID != own {
		t.Errorf("who owns one task is told of %v", got)
	}
	c.want(200, "GET", v+"/query?q="+url.QueryEscape("SELECT Id, (SELECT Id FROM OpenActivities ORDER BY ActivityDate ASC NULLS LAST, LastModifiedDate DESC LIMIT 5) FROM Account "+one), "")
	admin.want(200, "GET", query("", ""), "")
}
