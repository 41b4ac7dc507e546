package handlers

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// said saves a meeting and a conversation of that id.
func (w *world) said(id gateway.WorkspaceID, external string) {
	w.t.Helper()
	must(w.t, w.db.In(id).InTx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := tx.SaveMeeting(ctx, gateway.Meeting{ExternalID: external, Title: "Weekly", Status: gateway.MeetingScheduled, StartsAt: w.clock.now(), EndsAt: w.clock.now().Add(time.Hour)}); err != nil {
			return err
		}
		if err := tx.SaveCall(ctx, gateway.Call{ExternalID: external, Direction: "outbound", To: "+1 415 555 0134", StartedAt: w.clock.now()}); err != nil {
			return err
		}
		if err := tx.SaveEmail(ctx, gateway.Email{ExternalID: external, From: "rita@example.com", Subject: "Prices", SentAt: w.clock.now()}); err != nil {
			return err
		}
		if err := tx.SaveCustomRecord(ctx, gateway.CustomRecord{Kind: "visit", ExternalID: external}); err != nil {
			return err
		}
		return tx.SaveConversation(ctx, gateway.Conversation{ExternalID: external, Channel: gateway.ChannelChat, StartedAt: w.clock.now()}, nil)
	}))
}

// UX 43, AVM-54: the page of a meeting says what was written and why not.
func TestMeetingPageSaysWhatWasWrittenAndWhy(t *testing.T) {
	w := newWorld(t)
	text, _ := w.apiKey(home, "write")
	product := w.product(text)
	w.save(home, record(key("Contact", "003", 56), gateway.Fields{"LastName": gateway.Text("Lee"), "Email": gateway.Text("ann@customer.example")}))
	body := meetingBody(`{"title"`, `{"status":"completed","notes":"# Pain\n- <b>exports</b>","recording_url":"https://rec.example/1","title"`)
	product.json("PUT", "/api/v1/meetings/crm%2F7", body).want(http.StatusOK)
	product.json("PUT", "/api/v1/meetings/m-2", meetingBody("Weekly", "Other", "Ann@Customer.example", "who@nowhere.example")).want(http.StatusOK)
	product.json("PUT", "/api/v1/conversations/v-1", `{"messages":[{"external_id":"1","direction":"inbound","text":"Hi <i>","at":"2026-05-04T09:00:00Z"}]}`).want(http.StatusOK)

	b := w.as(home, gateway.RoleRep)
	b.get("/meetings").want(http.StatusOK, "2 meetings", "Weekly", "Other", "1 written", "Held")
	for target, want := range map[string]string{
		"/meetings?q=nowhere.ex": "m-2", "/meetings?q=zzz": "", "/meetings?status=completed": "crm/7", "/meetings?status=cancelled": "",
	} {
		if got := strings.Join(b.get(target).want(http.StatusOK).rows(), " "); got != want {
			t.Errorf("%s: rows %q, want %q", target, got, want)
		}
	}
	b.get("/meetings?q=zzz").want(http.StatusOK, "Nothing found")
	b.get("/meetings/crm%2F7").want(http.StatusOK, "Weekly", "Written", "A meeting of the calendar becomes an Event.", "exports", "Open the recording", "Meeting notes go to Event.")
	b.get("/sync/log?meeting=crm%2F7").want(http.StatusOK, "Done") // UX 39
	b.get("/sync/log?call=crm%2F7").want(http.StatusOK, "Nothing found")
	for _, page := range []*browser{b, w.as(home, gateway.RoleAdmin)} {
		body := page.get("/meetings/crm%2F7").want(http.StatusOK).body
		if !contains(body, `href="/sync/log?meeting=crm%2F7"`) || contains(body, `href="/sync/undo?meeting=crm%2F7"`) != (page != b) {
			t.Error("the meeting's page does not lead to its lines, or offers an undo to whom it is refused")
		}
	}
	b.get("/meetings/m-2").want(http.StatusOK, "Left out", "Creating contacts from meetings is off", "None of its participants from outside was recognized")
	if part := b.get("/meetings/m-2?part=said").want(http.StatusOK, "What we wrote").words(); contains(part, "Sync log") {
		t.Error("the part is the whole page")
	}
	b.get("/conversations/v-1").want(http.StatusOK, "Chat", "Hi <i>", "Nobody in Salesforce is recognized")
	b.get("/conversations").want(http.StatusOK, "1 conversation", "Chat", "In Salesforce")
	b.get("/meetings/none").want(http.StatusNotFound)
	w.as(foreign, gateway.RoleRep).get("/meetings/m-2").want(http.StatusNotFound)
}

// AVM-13, AVM-14: calls and e-mails have lists as meetings have, and pages.
func TestCallsAndEmailsAreListedWithWhatTheyBecame(t *testing.T) {
	w := newWorld(t)
	text, _ := w.apiKey(home, "write")
	product := w.product(text)
	product.json("PUT", "/api/v1/calls/c-1", `{"direction":"inbound","from":"+1 415 555 0134","to":"+1 415 555 0100","started_at":"2026-05-04T09:00:00Z","duration_seconds":90,"disposition":"Connected","notes":"Wants <b>prices</b>"}`).want(http.StatusOK)
	product.json("PUT", "/api/v1/emails/e-1", `{"from":"rita@example.com","to":["ann@customer.example"],"subject":"Prices <i>","text":"As promised.","sent_at":"2026-05-04T09:00:00Z"}`).want(http.StatusOK)
	b := w.as(home, gateway.RoleRep)
	b.get("/calls").want(http.StatusOK, "1 call", "Call from +1 415 555 0134", "Received", "Connected", "E-mails")
	b.get("/calls?status=outbound").want(http.StatusOK, "Nothing found")
	b.get("/calls?q=0134").want(http.StatusOK, "Call from")
	b.get("/calls/c-1").want(http.StatusOK, "Call from +1 415 555 0134", "1m30s", "Connected", "prices")
	b.get("/emails").want(http.StatusOK, "1 e-mail", "Prices <i>", "rita@example.com")
	b.get("/emails/e-1").want(http.StatusOK, "Prices <i>", "As promised.", "ann@customer.example")
	for _, path := range []string{"/calls/none", "/emails/none"} {
		b.get(path).want(http.StatusNotFound)
	}
	foreigner := w.as(foreign, gateway.RoleRep)
	foreigner.get("/calls/c-1").want(http.StatusNotFound)
	foreigner.get("/emails").want(http.StatusOK, "E-mails will appear here")
}

func TestEveryPartOfAMeetingHasWords(t *testing.T) {
	if to := linked(gateway.Writing{Part: "note-link:opportunity:006000000000001AAA"}); to != (gateway.RecordKey{Object: "Opportunity", ID: "006000000000001AAA"}) {
		t.Errorf("a note is linked to %v", to)
	}
	for part, want := range map[string]string{
		"event": "Event", "note-link:person:ann@example.com": "Link of the note", "action:1": "Action item", "contact:a@example.com": "Contact",
		"topics:Opportunity": "Topics", "message:7": "Text", "people:x": "Participant", "account:x": "Account", "all": "All of it", "task": "Completed Task",
	} {
		if to := linked(gateway.Writing{Part: part}); to.ID != "" {
			t.Errorf("%s is linked to %v", part, to)
		}
		if got, _ := writtenAs(gateway.Writing{Part: part}); got != want || strings.Contains(got, ":") {
			t.Errorf("%s is said as %q", part, got)
		}
	}
}
