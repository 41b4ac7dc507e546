package handlers

import (
	"net/http"
	"strings"
	"testing"

	"tidegate/gateway"
)

type saidAnswer struct {
	ExternalID string `json:"external_id"`
	Salesforce struct {
		State  string     `json:"state"`
		Reason string     `json:"reason"`
		Links  []apiLink  `json:"links"`
		Writes []apiWrite `json:"writes"`
	} `json:"salesforce"`
}

func meetingBody(change ...string) string {
	body := `{"title":"Weekly","starts_at":"2026-05-04T09:00:00Z","ends_at":"2026-05-04T10:00:00+00:00","participants":[{"email":"Ann@Customer.example","name":"Ann"}]}`
	return strings.NewReplacer(change...).Replace(body)
}

// AVM-10, DEM-05
func TestMeetingIsOneEventHoweverOftenItIsPut(t *testing.T) {
	w := newWorld(t)
	text, _ := w.apiKey(home, "write")
	b := w.product(text)
	ann := record(key("Contact", "003", 56), gateway.Fields{"LastName": gateway.Text("Lee"), "Email": gateway.Text("ann@customer.example")})
	w.save(home, ann)
	var first, second saidAnswer
	b.json("PUT", "/api/v1/meetings/m-1", meetingBody()).want(http.StatusOK).decode(&first)
	if s := first.Salesforce; s.State != "written" || len(s.Links) != 1 || s.Links[0].Object != "Event" || s.Links[0].Role != "event" || strings.HasPrefix(s.Links[0].ID, "local:") {
		t.Errorf("first %+v", first)
	}
	if sent := w.caller.sent[0]; sent.Op != gateway.OpCreate || sent.Key.Object != "Event" || sent.Fields["WhoId"] != gateway.Text(ann.Key.ID) {
		t.Errorf("sent %+v", sent)
	}
	b.json("PUT", "/api/v1/meetings/m-1", meetingBody()).want(http.StatusOK).decode(&second)
	if w.caller.count() != 1 || second.Salesforce.State != "written" || second.Salesforce.Links[0].ID != first.Salesforce.Links[0].ID {
		t.Errorf("second %+v, %d sent", second, w.caller.count())
	}
}

func TestImpossibleMeetingsAreRefused(t *testing.T) {
	w := newWorld(t)
	text, _ := w.apiKey(home, "write")
	b := w.product(text)
	for body, field := range map[string]string{
		meetingBody(`"Weekly"`, `" "`):                                                    "title",
		meetingBody("09:00:00Z", "09:00"):                                                 "starts_at",
		meetingBody("T10:00", "T08:00"):                                                   "ends_at",
		meetingBody("Ann@Customer.example", "Ann"):                                        "participants",
		meetingBody(`{"title"`, `{"status":"x","title"`):                                  "status",
		meetingBody(`{"title"`, `{"source":"x","title"`):                                  "source",
		meetingBody(`{"title"`, `{"organizer_email":"x","title"`):                         "organizer_email",
		meetingBody(`{"title"`, `{"recording_url":"javascript:alert(1)","title"`):         "recording_url",
		meetingBody(`{"title"`, `{"action_items":[{"text":"a","due_on":"soon"}],"title"`): "action_items",
	} {
		b.json("PUT", "/api/v1/meetings/m-1", body).wantProblem(http.StatusUnprocessableEntity, gateway.CodeInvalid, field)
	}
	if w.caller.count() != 0 {
		t.Error("something was sent")
	}
}

// AVC-03, AIM-06: calls, chats and e-mails are put as meetings are.
func TestEverythingThatWasSaidIsPutOnce(t *testing.T) {
	w := newWorld(t)
	text, _ := w.apiKey(home, "write")
	b := w.product(text)
	ann := record(key("Contact", "003", 56), gateway.Fields{"LastName": gateway.Text("Lee"), "Email": gateway.Text("ann@customer.example"), "Phone": gateway.Text("(212) 555-0100")})
	w.save(home, ann)
	b.json("PUT", "/api/v1/people/p-9", `{"email":"ann@customer.example"}`).want(http.StatusOK)
	sent := w.caller.count()
	for _, call := range []struct{ method, path, body, object string }{
		{"PUT", "/api/v1/calls/c-1", `{"direction":"inbound","from":"+1 212 555 0100","to":"+12125550199","started_at":"2026-05-04T09:00:00Z","notes":"x"}`, "Task"},
		{"PUT", "/api/v1/conversations/v-1", `{"channel":"sms","person_external_id":"p-9","messages":[{"external_id":"1","direction":"inbound","text":"Hi","at":"2026-05-04T09:00:00Z"}]}`, "Task"},
		{"POST", "/api/v1/conversations/v-1/messages", `{"external_id":"2","direction":"outbound","text":"Hello","at":"2026-05-04T09:01:00Z"}`, "Task"},
		{"PUT", "/api/v1/emails/e-1", `{"from":"ada@home.example","to":["ann@customer.example"],"subject":"Offer","text":"Hello","sent_at":"2026-05-04T09:00:00Z"}`, "Task"},
	} {
		for range 2 {
			var got saidAnswer
			b.json(call.method, call.path, call.body).want(http.StatusOK).decode(&got)
			if got.Salesforce.State != "written" || len(got.Salesforce.Links) == 0 {
				t.Errorf("%s: %+v", call.path, got)
			}
		}
		sent++
		last := w.caller.sent[len(w.caller.sent)-1]
		if w.caller.count() != sent || last.Key.Object != call.object || last.Fields["WhoId"] != gateway.Text(ann.Key.ID) {
			t.Errorf("%s: %d sent, last %+v", call.path, w.caller.count(), last)
		}
	}
	b.json("PUT", "/api/v1/custom/risk/1", `{"properties":{"a":"b"}}`).want(http.StatusOK)
	for path, body := range map[string]string{
		"PUT /calls/c-2": `{"direction":"up"}`, "PUT /conversations/v-2": `{"channel":"fax"}`, "POST /conversations/v-1/messages": `{}`,
		"PUT /emails/e-2": `{"from":"x"}`, "PUT /custom/No%20Kind/1": `{}`, "PUT /custom/risk/2": `{"opportunity_id":"x"}`, "PUT /custom/risk/3": `{"owner_email":"x"}`,
		"PUT /custom/risk/4": `{"properties":{"":"x"}}`,
	} {
		method, path, _ := strings.Cut(path, " ")
		b.json(method, "/api/v1"+path, body).wantProblem(http.StatusUnprocessableEntity, gateway.CodeInvalid)
	}
	b.json("POST", "/api/v1/conversations/none/messages", `{"external_id":"2"}`).wantProblem(http.StatusNotFound, gateway.CodeNotFound)
}
