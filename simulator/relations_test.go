package simulator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tidegate/simulator"
	"tidegate/simulator/org"
)

// ids are the values of one field over a query's records.
func (c *client) ids(field, query string) []string {
	c.t.Helper()
	var out struct{ Records []map[string]any }
	c.want(200, "GET", soql(query), "").into(c.t, &out)
	list := []string{}
	for _, r := range out.Records {
		list = append(list, fmt.Sprint(r[field]))
	}
	return list
}

func (c *client) wantIDs(what string, got []string, want ...string) {
	c.t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		c.t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestR23PeopleAreInvitedByEventRelations(t *testing.T) {
	o, c := start(t, simulator.Config{})
	event := c.made("Event", `{"Subject":"Call","StartDateTime":"2026-05-04T10:00:00Z","DurationInMinutes":30}`)
	contact, admin := c.made("Contact", `{"LastName":"Moor"}`), o.Engine.AdminID()
	relation := c.made("EventRelation", `{"EventId":"`+event+`","RelationId":"`+contact+`"}`)
	c.made("EventRelation", `{"EventId":"`+event+`","RelationId":"`+admin+`","Status":"Accepted"}`)
	if got := c.row("Event", event); got["IsGroupEvent"] != true || got["GroupEventType"] != "1" || got["WhoId"] != nil {
		t.Errorf("with invitees: %v %v %v", got["IsGroupEvent"], got["GroupEventType"], got["WhoId"])
	}
	c.steps(
		step{"POST", "/sobjects/EventRelation", `{"EventId":"` + event + `"}`, 400, []string{"REQUIRED_FIELD_MISSING", "RelationId"}},
		step{"POST", "/sobjects/EventRelation", `{"EventId":"` + event + `","RelationId":"` + contact + `"}`, 400, []string{"DUPLICATE_VALUE"}},
		step{"POST", "/sobjects/EventRelation", `{"EventId":"` + event + `","RelationId":"` + event + `"}`, 400, []string{"MALFORMED_ID"}},
		step{"POST", "/sobjects/EventRelation", `{"EventId":"` + event + `","RelationId":"` + contact + `","Status":"Perhaps"}`, 400, []string{"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"}},
		step{"PATCH", "/sobjects/EventRelation/" + relation, `{"Status":"Declined","Response":"No time"}`, 204, nil},
		step{"PATCH", "/sobjects/EventRelation/" + relation, `{"RelationId":"` + admin + `"}`, 400, []string{"INVALID_FIELD_FOR_INSERT_UPDATE"}},
		step{"GET", "/query?q=SELECT+Id,(SELECT+RelationId,Status+FROM+EventRelations)+FROM+Event", "", 200, []string{contact, `"Status":"Declined"`}},
		step{"GET", "/query?q=SELECT+Relation.Type,Event.Subject+FROM+EventRelation+WHERE+RelationId='" + contact + "'", "", 200, []string{`"Type":"Contact"`, `"Subject":"Call"`}},
		step{"GET", "/query?q=SELECT+IsInvitee+FROM+EventRelation", "", 400, []string{"INVALID_FIELD"}},
		step{"POST", "/sobjects/Event", `{"EventWhoIds":["` + contact + `"]}`, 400, []string{"INVALID_FIELD"}},
		step{"GET", "/sobjects/TaskRelation/describe", "", 404, nil},
		step{"DELETE", "/sobjects/Event/" + event, "", 204, nil},
		step{"GET", "/sobjects/EventRelation/" + relation, "", 404, nil},
	)
}

func TestR22R23SharedActivitiesHaveSeveralPeople(t *testing.T) {
	_, c := start(t, simulator.Config{Features: org.Features{Shared: true}})
	account := c.made("Account", `{"Name":"A"}`)
	var who []string
	for i := range 3 {
		who = append(who, c.made("Contact", fmt.Sprintf(`{"LastName":"M%d","AccountId":"%s"}`, i, account)))
	}
	lead := c.made("Lead", `{"LastName":"L","Company":"C"}`)
	list := func(ids ...string) string { return `["` + strings.Join(ids, `","`) + `"]` }
	for _, activity := range []struct{ name, more string }{
		{"Task", ""}, {"Event", `,"StartDateTime":"2026-05-04T10:00:00Z","DurationInMinutes":30`},
	} {
		name := activity.name
		id := c.made(name, `{"Subject":"Call","WhatId":"`+account+`","`+name+`WhoIds":`+list(who[0], who[1])+activity.more+`}`)
		check := func(what, primary string, count int, people ...string) {
			t.Helper()
			got := c.row(name, id)
			if fmt.Sprint(got["WhoId"]) != primary || fmt.Sprint(got["WhoCount"]) != fmt.Sprint(count) || fmt.Sprint(got["WhatCount"]) != "1" {
				t.Errorf("%s, %s: WhoId %v, %v people, %v things; want %s, %d, 1", name, what, got["WhoId"], got["WhoCount"], got["WhatCount"], primary, count)
			}
			c.wantIDs(name+", "+what, c.ids("RelationId", "SELECT RelationId FROM "+name+"WhoRelation WHERE "+name+"Id = '"+id+"'"), people...)
			c.wantIDs(name+", "+what+", with what", c.ids("RelationId", "SELECT RelationId FROM "+name+"Relation WHERE "+name+"Id = '"+id+"'"), append(people, account)...)
		}
		path := "/sobjects/" + name + "/" + id
		check("made", who[0], 2, who[0], who[1])
		c.steps(step{"PATCH", path, `{"WhoId":"` + who[2] + `","` + name + `WhoIds":` + list(who[1]) + `}`, 204, nil})
		check("a WhoId outside the list", who[2], 2, who[1], who[2])
		c.steps(step{"PATCH", path, `{"WhoId":null}`, 204, nil})
		check("the next one moves up", who[1], 1, who[1])
		relation := c.made(name+"Relation", `{"`+name+`Id":"`+id+`","RelationId":"`+who[0]+`"`+map[bool]string{true: `,"IsParent":true`}[name == "Event"]+`}`)
		check("a relation made", who[1], 2, who[0], who[1])
		c.steps(step{"DELETE", "/sobjects/" + name + "Relation/" + relation, "", 204, nil})
		check("a relation taken away", who[1], 1, who[1])
		c.steps(
			step{"PATCH", path, `{"` + name + `WhoIds":` + list(who[0], lead) + `}`, 400, []string{"FIELD_INTEGRITY_EXCEPTION"}},
			step{"PATCH", path, `{"` + name + `WhoIds":["x"]}`, 400, []string{"MALFORMED_ID"}},
			step{"PATCH", path, `{"` + name + `WhoIds":` + list(account) + `}`, 400, []string{"INVALID_CROSS_REFERENCE_KEY"}},
			step{"PATCH", path, `{"WhoCount":5}`, 400, []string{"INVALID_FIELD_FOR_INSERT_UPDATE"}},
			step{"GET", "/sobjects/" + name + "/describe", "", 200, []string{`"junctionIdListNames":["` + name + `WhoIds"]`}},
			step{"PATCH", path, `{"` + name + `WhoIds":null}`, 204, nil},
		)
		check("nobody", "<nil>", 0)
	}
}

func TestR22DeletedPeopleLeaveTheirActivities(t *testing.T) {
	_, c := start(t, simulator.Config{Features: org.Features{Shared: true}})
	one, other := c.made("Contact", `{"LastName":"One"}`), c.made("Contact", `{"LastName":"Other"}`)
	task := c.made("Task", `{"Subject":"Call","TaskWhoIds":["`+one+`","`+other+`"]}`)
	c.want(204, "DELETE", v+"/sobjects/Contact/"+one, "")
	if got := c.row("Task", task); got["WhoId"] != other || fmt.Sprint(got["WhoCount"]) != "1" {
		t.Errorf("after one was deleted: %v of %v", got["WhoId"], got["WhoCount"])
	}
	c.want(200, "POST", "/_sim/changes", `{"object":"Contact","op":"undelete","id":"`+one+`"}`)
	c.wantIDs("after he came back", c.ids("RelationId", "SELECT RelationId FROM TaskWhoRelation WHERE TaskId = '"+task+"'"), one, other)
}

func TestR26RecipientsOfADraftMayBeReplaced(t *testing.T) {
	_, c := start(t, simulator.Config{Features: org.Features{Email: true}})
	to, cc := c.made("Contact", `{"LastName":"To","Email":"to@people.example"}`), c.made("Lead", `{"LastName":"Cc","Company":"C","Email":"cc@people.example"}`)
	const header = "<1@mail.people.example>"
	id := c.made("EmailMessage", `{"Subject":"Offer","Status":"5","MessageIdentifier":"`+header+`","FromId":"`+to+`","ToIds":["`+to+`"],"CcIds":["`+cc+`"],"ToAddress":"x@people.example; y@people.example"}`)
	relations := func() []string {
		return c.ids("RelationType", "SELECT RelationType FROM EmailMessageRelation WHERE EmailMessageId = '"+id+"'")
	}
	c.wantIDs("a new draft", relations(), "FromAddress", "ToAddress", "CcAddress")
	c.want(204, "PATCH", v+"/sobjects/EmailMessage/"+id, `{"ToIds":["`+cc+`"],"CcIds":null}`)
	c.wantIDs("changed", relations(), "FromAddress", "ToAddress")
	c.wantIDs("by its identifier", c.ids("Id", "SELECT Id FROM EmailMessage WHERE MessageIdentifier = '"+header+"'"), id)
	c.made("EmailMessageRelation", `{"EmailMessageId":"`+id+`","RelationType":"OtherAddress","RelationAddress":"who@people.example"}`)
	c.steps(
		step{"GET", "/query?q=SELECT+RelationAddress,RelationId+FROM+EmailMessageRelation+WHERE+RelationType='OtherAddress'", "", 200, []string{"who@people.example", `"RelationId":null`}},
		step{"PATCH", "/sobjects/EmailMessage/" + id, `{"Status":"3"}`, 204, nil},
		step{"PATCH", "/sobjects/EmailMessage/" + id, `{"ToIds":["` + to + `"]}`, 400, []string{"INSUFFICIENT_ACCESS_OR_READONLY"}},
		step{"POST", "/sobjects/EmailMessageRelation", `{"EmailMessageId":"` + id + `","RelationType":"Somebody"}`, 400, []string{"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"}},
		step{"GET", "/sobjects/EmailMessage/describe", "", 200, []string{`"junctionIdListNames":["ToIds","CcIds","BccIds"]`}},
	)
}

func TestR25LinksOfNotesFollowBothEnds(t *testing.T) {
	_, c := start(t, simulator.Config{})
	note := c.made("ContentNote", `{"Title":"Call","Content":"SGVsbG8="}`)
	account, contact := c.made("Account", `{"Name":"A"}`), c.made("Contact", `{"LastName":"M"}`)
	link := func(to, more string) string {
		return `{"ContentDocumentId":"` + note + `","LinkedEntityId":"` + to + `","ShareType":"V"` + more + `}`
	}
	first := c.made("ContentDocumentLink", link(account, ""))
	c.steps(
		step{"POST", "/sobjects/ContentDocumentLink", link(account, ""), 400, []string{"DUPLICATE_VALUE"}},
		step{"POST", "/sobjects/ContentDocumentLink", link(contact, `,"Visibility":"InternalUsers"`), 400, []string{"Visibility InternalUsers is not permitted for this linked record."}},
		step{"POST", "/sobjects/ContentDocumentLink", link(contact, `,"Visibility":"AllUsers"`), 201, nil},
		step{"PATCH", "/sobjects/ContentDocumentLink/" + first, `{"ShareType":"C"}`, 204, nil},
		step{"DELETE", "/sobjects/Account/" + account, "", 204, nil},
		step{"GET", "/query?q=SELECT+Id+FROM+ContentDocumentLink+WHERE+LinkedEntityId='" + account + "'", "", 200, []string{`"totalSize":0`}},
		step{"GET", "/sobjects/ContentNote/" + note, "", 200, nil},
		step{"DELETE", "/sobjects/ContentNote/" + note, "", 204, nil},
		step{"GET", "/query?q=SELECT+Id+FROM+ContentDocumentLink+WHERE+ContentDocumentId='" + note + "'", "", 200, []string{`"totalSize":0`}},
	)
}
