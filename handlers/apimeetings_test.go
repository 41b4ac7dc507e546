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
