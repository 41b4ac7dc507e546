package outbox

import (
	"context"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/settings"
	"tidegate/store"
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
			"c3": {"+12025550100", key(0).ID, ""}, // AVC-17: her number is that of somebody identified
		} {
			_, err := w.box.SubmitCall(t.Context(), ws, gateway.Call{ExternalID: id, Direction: "inbound", From: tt.from, To: "+12025550199", StartedAt: start, Seconds: 60})
			must(t, err)
			owed, known := w.pending(gateway.RecordKey{Object: "Task", ID: gateway.LocalID(ws, gateway.KindCall, id, "task")})
			same(t, id+" becomes a Task", known, true)
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

// AVC-17, AVC-21, AVC-22: a caller whose number no record has becomes a record
// of the object that activities go to, once, however often he calls; while
// creating is off he waits, with the reason, and is made once it is on. The
// review of that switch counts him. He stays of that object when the choice
// goes back to Default.
func TestAnUnknownCallerBecomesARecordOfTheObject_AVC17(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(1)
		// A contact of Salesforce with whom nobody spoke is not looked for any more.
		w.mirror(gateway.Record{Key: key(0), Fields: gateway.Fields{"LastName": gateway.Text("Lee"), "Phone": gateway.Text("+1 202 555 0144")}})
		guest := agentSchema("Guest__c", "Name", "Mobile_Number__c", "Source__c")
		task := agentSchema("Task", "Subject", "Status", "TaskSubtype", "ActivityDate", "Description", "WhoId", "WhatId", "CallType")
		must(t, w.db.In(ws).SaveSchemas(t.Context(), []gateway.Schema{guest, task}))
		must(t, w.db.In(ws).SaveMapping(t.Context(), gateway.Mapping{Object: "Guest__c", Field: "Source__c", Imported: true, Default: "Phone"}))
		s := w.inForce()
		s.Contacts.ActivityObject, s.Contacts.PhoneField = "Guest__c", "Mobile_Number__c"
		s.Objects.Writeback["Guest__c"] = true
		w.saveTab(s, gateway.TabContacts)
		w.saveTab(s, gateway.TabObjects)
		call := func(id, from string) string {
			t.Helper()
			_, err := w.box.SubmitCall(t.Context(), ws, gateway.Call{ExternalID: id, Direction: "inbound", From: from, To: "+12025550199", StartedAt: start, Seconds: 60})
			must(t, err)
			owed, _ := w.pending(gateway.RecordKey{Object: "Task", ID: gateway.LocalID(ws, gateway.KindCall, id, "task")})
			return owed.Fields["WhatId"].String()
		}
		same(t, "while creating is off nobody is made", call("c1", "+12025550144"), "")
		said, err := w.db.In(ws).Writings(t.Context(), gateway.KindCall, "c1")
		must(t, err)
		same(t, "which is said", len(said) == 1 && strings.Contains(said[0].Omitted, "“Create when missing” is off for Guest__c"), true)
		same(t, "he is undecided", w.whoIsUndecided(gateway.UndecidedNobody), []string{"participant +12025550144"})

		s.Objects.CreateMissing["Guest__c"] = true
		seen, err := w.box.Preview(t.Context(), ws, Proposal{Settings: s})
		must(t, err)
		same(t, "the review counts him and his call", []int{seen.Created["Guest__c"], seen.Created["Task"]}, []int{1, 1})
		w.saveTab(s, gateway.TabObjects)
		must(t, w.db.In(ws).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return BeginReplan(ctx, tx, 1, "Objects settings changed", "Ada", "a")
		}))
		must(t, w.box.Replanner().look(t.Context()))
		made := w.linkOf(kind, "+12025550144").Key
		same(t, "he is made", made.Object, "Guest__c")
		created, _ := w.pending(made)
		same(t, "by his number, with what the object's fields have by default", created.Fields, gateway.Fields{
			"Name": gateway.Text("+12025550144"), "Mobile_Number__c": gateway.Text("+12025550144"), "Source__c": gateway.Text("Phone"), "Phone": gateway.Text("+12025550144"),
		})
		same(t, "a second call is on the same", call("c2", "(202) 555-0144"), made.ID)
		w.settleAll()
		numbered := w.linkOf(kind, "+12025550144").Key
		same(t, "he is numbered", numbered.Local(), false)
		same(t, "a third one is on him", call("c3", "+12025550144"), numbered.ID)

		s.Contacts.ActivityObject, s.Contacts.PhoneField = "", ""
		w.saveTab(s, gateway.TabContacts)
		same(t, "AVC-10 he stays", call("c4", "+12025550144"), numbered.ID)
		same(t, "nobody else becomes one", call("c5", "+12025550166"), "")
		w.settleAll()
		same(t, "all is sent", w.idle(), true)
	})
}
