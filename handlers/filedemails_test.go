package handlers

import (
	"net/http"
	"testing"

	"tidegate/gateway"
)

// AVM-48, AVM-49, AVM-50: the switches decide which e-mails of Salesforce stand in
// the list and on the timelines, each once, and nothing of them is written.
func TestAVM48AVM49EmailsOfSalesforceAreShownAsFarAsTheyAreRead(t *testing.T) {
	w := newWorld(t)
	mail, relation, logged := key("EmailMessage", "02s", 1), key("EmailMessageRelation", "0CZ", 1), key("Task", "00T", 7)
	other := key("Task", "00T", 8)
	w.save(home,
		record(mail, gateway.Fields{
			"Subject": gateway.Text("Rollout <dates>"), "Status": gateway.Text("3"), "FromAddress": gateway.Text("ann@home.example"), "FromName": gateway.Text("Ann Example"),
			"ToAddress": gateway.Text("rep@home.example"), "HtmlBody": gateway.Text("<p>We begin in <b>January</b>.</p>"), "ActivityId": gateway.Text(logged.ID),
			"RelatedToId": gateway.Text(dealOf(home).ID), "MessageDate": gateway.Text("2026-05-03T09:00:00.000Z"), "MessageIdentifier": gateway.Text("<roll@home.example>"),
		}),
		record(relation, gateway.Fields{"EmailMessageId": gateway.Text(mail.ID), "RelationId": gateway.Text(contactOf(home).ID), "RelationType": gateway.Text("FromAddress")}),
		record(logged, gateway.Fields{"Subject": gateway.Text("Email: Rollout"), "TaskSubtype": gateway.Text("Email"), "WhoId": gateway.Text(contactOf(home).ID)}),
		record(other, gateway.Fields{
			"Subject": gateway.Text("Logged by Outlook"), "TaskSubtype": gateway.Text("Email"), "Description": gateway.Text("Thanks for the call."),
			"WhoId": gateway.Text(leadOf(home).ID), "CreatedDate": gateway.Text("2026-05-02T09:00:00.000Z"),
		}),
	)
	b := w.as(home, gateway.RoleRep)
	const task, message = "Logged by Outlook", "Rollout <dates>"
	shows := func(page string, want map[string]bool) {
		t.Helper()
		got := b.get(page).want(http.StatusOK)
		for text, is := range want {
			if contains(got.words(), text) != is {
				t.Errorf("%s shows %q: %v", page, text, !is)
			}
		}
	}
	paths := []string{"/emails", annPath, "/leads/" + leadOf(home).ID, "/deals/" + dealOf(home).ID}
	switched := func(tasks, messages bool, want [4]map[string]bool) {
		t.Helper()
		w.saveOrg(gateway.TabAdvanced, func(s *gateway.Settings) {
			s.Advanced.EmailsFromTasks, s.Advanced.EmailsFromMessages = tasks, messages
		})
		for i, page := range paths {
			shows(page, want[i])
		}
	}
	log := "Email: Rollout"
	switched(false, false, [4]map[string]bool{{task: false, message: false}, {message: false, log: false}, {task: false}, {message: false}})
	b.get("/emails/salesforce/" + mail.ID).want(http.StatusNotFound)
	switched(true, false, [4]map[string]bool{{task: true, message: false}, {message: false, log: true}, {task: true}, {message: false}})
	switched(true, true, [4]map[string]bool{{task: true, message: true, log: false}, {message: true, log: false}, {task: true}, {message: true}})
	b.get("/emails").want(http.StatusOK, "2 e-mails", "Ann Example <ann@home.example>", "From Salesforce, an EmailMessage", "From Salesforce, logged as a Task")
	b.get("/emails/salesforce/"+mail.ID).want(http.StatusOK, message, "We begin in January.", "Deal of home", "never written back", "Open in Salesforce")
	b.get("/emails/salesforce/"+other.ID).want(http.StatusOK, task, "Thanks for the call.", "Lee Lead")
	b.get(annPath).want(http.StatusOK, "From Ann Example <ann@home.example>.")
	w.as(foreign, gateway.RoleRep).get("/emails/salesforce/" + mail.ID).want(http.StatusNotFound)
	// The product tells of the same message: it stands once, as the product's.
	text, _ := w.apiKey(home, "write")
	w.product(text).json("PUT", "/api/v1/emails/e-1", `{"message_id":"<ROLL@home.example>","from":"ann@home.example","to":["rep@home.example"],"subject":"As told","text":"x","sent_at":"2026-05-03T09:00:00Z"}`).want(http.StatusOK)
	shows("/emails", map[string]bool{"As told": true, message: false, task: true})
	if n, err := w.db.In(home).PendingByObject(t.Context()); err != nil || n["EmailMessage"].Waiting != 0 {
		t.Errorf("owed: %+v, %v", n, err)
	}
}

// AVM-48, AVM-49: before saving it is said how many e-mails would be read, and
// what that costs.
func TestReviewSaysHowManyEmailsWouldBeRead_AVM49(t *testing.T) {
	w := newWorld(t)
	w.save(home, record(key("Task", "00T", 7), gateway.Fields{"Subject": gateway.Text("Logged"), "TaskSubtype": gateway.Text("Email")}))
	b := w.as(home, gateway.RoleAdmin)
	path := settingsBase + "/advanced"
	form := b.get(path).form(path)
	form.Set("emails_from_tasks", "on")
	form.Set("emails_from_messages", "on")
	b.post(path, form).want(http.StatusOK, "1 would appear here", "no API call", "2,500 would be read", "4,000 mentions of who took part", "about 8 API calls once", "at most 2,880 a day")
	w.saveOrg(gateway.TabAdvanced, func(s *gateway.Settings) {
		s.Advanced.EmailsFromTasks, s.Advanced.EmailsFromMessages = true, true
	})
	form = b.get(path).form(path)
	form.Del("emails_from_tasks")
	form.Del("emails_from_messages")
	b.post(path, form).want(http.StatusOK, "1 would be hidden here", "0 would be dropped here")
}
