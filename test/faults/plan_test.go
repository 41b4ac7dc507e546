package faults

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
)

// setting saves a tab of the organization's settings.
func (w *world) setting(tab gateway.Tab, body string) {
	w.t.Helper()
	saved, err := w.store().Settings(w.t.Context(), gateway.OrgScope)
	if err == nil {
		_, err = w.store().SaveSetting(w.t.Context(), gateway.SettingRow{Scope: gateway.OrgScope, Tab: tab, Body: []byte(body)}, saved[tab].Revision)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// having counts the living records of an object with that text in a field.
func (w *world) having(object, field, text string) (n int, last row) {
	w.t.Helper()
	for _, r := range w.truth(object) {
		if !r.deleted && r.text(field) == text {
			n, last = n+1, r
		}
	}
	return n, last
}

// A meeting with several people, an e-mail that is logged as a message and an
// owner who has left, each with answers that are lost on the way: everything is
// in the org once, and nothing waits.
func TestSeveralPeopleAndMessagesAreWrittenOnce(t *testing.T) { // F-51, F-62, AVM-49, DEM-05
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{email: true, env: []string{"TIDEGATE_POLL_EVERY=1s"}})
		w.anchor()
		var left, stays string
		for _, r := range w.truth("User") {
			if email := r.text("Email"); email != "" && left == "" && r.text("IsActive") == "true" {
				left = email
			} else if email != "" && email != left && r.text("IsActive") == "true" {
				stays = email
			}
		}
		w.setting(gateway.TabAdvanced, fmt.Sprintf(`{"currency_label":"$","amount_field":"Amount","close_date_field":"CloseDate","emails_from_messages":true,"fallback_owner":%q}`, stays))
		ids := w.contacts(3)
		w.fileEmail(ids[0])
		people := []map[string]any{{"email": "organizer@home.example"}}
		for _, id := range ids {
			people = append(people, map[string]any{"email": w.truth("Contact")[id].text("Email")})
		}
		for id, r := range w.truth("User") {
			if r.text("Email") == left {
				w.change(map[string]any{"object": "User", "op": "update", "id": id, "values": map[string]any{"IsActive": false}})
			}
		}
		w.fault(map[string]any{"kind": "lose_response", "method": http.MethodPost, "path": "/services/data", "count": 3})
		meeting := map[string]any{
			"title": "Kickoff with everybody", "organizer_email": left, "status": "completed", "starts_at": "2026-05-04T09:00:00Z", "ends_at": "2026-05-04T09:30:00Z", "participants": people,
		}
		email := map[string]any{
			"from": "rita@home.example", "to": []string{w.truth("Contact")[ids[0]].text("Email")}, "subject": "Offer with message id", "text": "Hello",
			"message_id": "<offer-1@home.example>", "sent_at": "2026-05-04T09:00:00Z",
		}
		for range 2 { // told twice
			w.call(http.MethodPut, "/meetings/kickoff", meeting)
			w.call(http.MethodPut, "/emails/offer", email)
		}
		w.quiet()
		w.mirrorEqualsOrg()

		n, event := w.having("Event", "Subject", "Kickoff with everybody")
		if n != 1 {
			t.Fatalf("%d Events", n)
		}
		related := map[string]int{event.text("WhoId"): 1}
		for _, r := range w.truth("EventRelation") {
			if r.text("EventId") == event.text("Id") || event.text("Id") == "" && !r.deleted {
				if id := r.text("RelationId"); id != event.text("WhoId") {
					related[id]++
				}
			}
		}
		for _, id := range ids {
			if related[id] != 1 {
				t.Errorf("%s is related to the Event %d times: %v", id, related[id], related)
			}
		}
		if _, owner := w.having("User", "Email", stays); event.text("OwnerId") == "" || owner.text("IsActive") != "true" {
			t.Errorf("F-62: the Event belongs to %q", event.text("OwnerId"))
		}
		if n, _ := w.having("EmailMessage", "MessageIdentifier", "<offer-1@home.example>"); n != 1 {
			t.Errorf("%d EmailMessages", n)
		}
		told := false
		for _, l := range w.log("direction=out&object=Event") {
			told = told || strings.Contains(l.Rule, "The owner is inactive in Salesforce")
		}
		if !told {
			t.Error("F-62: no line says why the Event has another owner")
		}
		w.readsEmails()
	})
}

// fileEmail has somebody else file an e-mail in the org.
func (w *world) fileEmail(contact string) {
	w.t.Helper()
	w.change(map[string]any{"object": "EmailMessage", "op": "create", "values": map[string]any{
		"Subject": "Filed by somebody else", "Status": "3", "MessageIdentifier": "<theirs@there.example>", "FromAddress": "them@there.example", "ToIds": []string{contact}, "TextBody": "Hello",
	}})
}

// readsEmails proves that what others filed as EmailMessages comes in and is
// listed once, beside our own e-mail, for as long as the switch is on (AVM-48,
// AVM-49): neither the Tasks that the org made of both, nor our own message.
func (w *world) readsEmails() {
	w.t.Helper()
	w.mirrorEqualsOrg() // the Tasks too
	eventually(w.t, func() string {
		page, err := w.store().EmailsWith(w.t.Context(), store.SaidQuery{}, gateway.EmailsRead{Tasks: true, Messages: true})
		var got []string
		for _, e := range page.Items {
			got = append(got, cmp.Or(e.Email.Subject, e.Filed.Subject))
		}
		if slices.Sort(got); err != nil || strings.Join(got, ", ") != "Filed by somebody else, Offer with message id" {
			return fmt.Sprintf("listed are %q, %v", got, err)
		}
		return ""
	})
	w.setting(gateway.TabAdvanced, `{"currency_label":"$","amount_field":"Amount","close_date_field":"CloseDate"}`)
	eventually(w.t, func() string {
		n, err := w.store().CountRecords(w.t.Context(), "EmailMessage")
		if n != 0 || err != nil {
			return fmt.Sprintf("%d EmailMessages are still here, %v", n, err)
		}
		return ""
	})
}
