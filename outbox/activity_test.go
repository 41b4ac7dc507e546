package outbox

import (
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/settings"
	"tidegate/store/storetest"
)

// AVC-10, AVC-11, AVC-17, AVC-18, AVC-20, AVC-21: with an activity object,
// who is identified stays where he is; everybody else is found and made there
// by the one phone field, and activities go there.
func TestActivitiesGoToTheChosenObject_AVC11(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(1)
		guest := agentSchema("Guest__c", "Name", "Mobile_Number__c")
		task := agentSchema("Task", "Subject", "Status", "TaskSubtype", "ActivityDate", "Description", "WhoId", "WhatId", "CallType")
		must(t, w.db.In(ws).SaveSchemas(t.Context(), []gateway.Schema{guest, task}))
		w.mirror(gateway.Record{Key: key(0), Fields: gateway.Fields{"LastName": gateway.Text("Lee"), "Email": gateway.Text("ann@example.com"), "Phone": gateway.Text("+1 202 555 0100")}},
			gateway.Record{Key: gateway.RecordKey{Object: "Guest__c", ID: "a00000000000001AAA"}, Fields: gateway.Fields{"Name": gateway.Text("Bo"), "Mobile_Number__c": gateway.Text("(202) 555-0111")}})
		ann := gateway.Person{ExternalID: "ann", Email: "ann@example.com", Phone: "+12025550100", LastName: "Lee"}
		w.person(ann)
		same(t, "identified before", w.link("ann").Key.Object, "Contact")

		s := w.inForce()
		s.Contacts.ActivityObject, s.Contacts.PhoneField = "Guest__c", "Mobile_Number__c"
		s.Objects.Writeback["Guest__c"], s.Objects.CreateMissing["Guest__c"] = true, true
		for _, tab := range []gateway.Tab{gateway.TabContacts, gateway.TabObjects} {
			body, err := settings.Encode(s, tab)
			must(t, err)
			_, err = w.db.In(ws).SaveSetting(t.Context(), gateway.SettingRow{Scope: gateway.OrgScope, Tab: tab, Body: body}, 0)
			must(t, err)
		}
		w.person(ann)
		w.person(gateway.Person{ExternalID: "bo", Email: "ann@example.com", MobilePhone: "+12025550111", LastName: "Berg"})
		w.person(gateway.Person{ExternalID: "cy", MobilePhone: "+12025550122", FirstName: "Cy", LastName: "Dahl"})
		same(t, "AVC-10, AVC-17 identified ones stay", w.link("ann").Key.Object, "Contact")
		same(t, "AVC-18 found by the chosen field alone, in any notation", w.link("bo").Key.ID, "a00000000000001AAA")
		made := w.link("cy").Key
		same(t, "AVC-11 new ones are made there", made.Object, "Guest__c")
		c, _ := w.pending(made)
		same(t, "AVC-21 with number and name", c.Fields, gateway.Fields{
			"Name": gateway.Text("Cy Dahl"), "Mobile_Number__c": gateway.Text("+12025550122"),
			"FirstName": gateway.Text("Cy"), "LastName": gateway.Text("Dahl"),
		})
		w.round()

		for id, tt := range map[string]struct{ from, who, what string }{
			"c1": {"+12025550111", "", "a00000000000001AAA"},
			"c2": {"+12025550122", "", w.link("cy").Key.ID},
			"c3": {"+12025550100", "", ""}, // the contact's number is not looked for any more
		} {
			_, err := w.box.SubmitCall(t.Context(), ws, gateway.Call{ExternalID: id, Direction: "inbound", From: tt.from, To: "+12025550199", StartedAt: start, Seconds: 60})
			must(t, err)
			owed, known := w.pending(gateway.RecordKey{Object: "Task", ID: gateway.LocalID(ws, gateway.KindCall, id, "task")})
			same(t, id+" becomes a Task", known, tt.what != "")
			same(t, id+" is on", owed.Fields["WhatId"].String(), tt.what)
			same(t, id+" is on nobody", owed.Fields["WhoId"].String(), tt.who)
		}
		_, err := w.box.SubmitConversation(t.Context(), ws, gateway.Conversation{ExternalID: "s1", Channel: gateway.ChannelSMS, Person: "ann", StartedAt: start},
			[]gateway.Message{{ExternalID: "1", Direction: "inbound", Text: "Hi", At: start}})
		must(t, err)
		owed, _ := w.pending(gateway.RecordKey{Object: "Task", ID: gateway.LocalID(ws, gateway.KindConversation, "s1", "message:1")})
		same(t, "AVC-17 a text of somebody identified stays on him", owed.Fields["WhoId"].String(), key(0).ID)
		w.clock.forward(time.Minute)
		w.round()
		same(t, "all is sent", w.idle(), true)
	})
}
