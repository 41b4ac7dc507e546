package outbound_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

func with(a ...outbound.Attendee) outbound.Surroundings {
	return outbound.Surroundings{
		Workspace: "demo", Settings: gateway.DefaultSettings(), Attendees: a, Users: map[string]string{}, Schemas: map[string]gateway.Schema{},
		Written: map[string]gateway.Writing{}, Gone: map[string]bool{}, OwnDomains: []string{"ours.example"},
	}
}

var caller = outbound.Attendee{
	Participant: gateway.Participant{Name: "Ann Lee", Phone: "+15550100"}, Matches: []gateway.Record{rec("Contact", "003A", nil)},
}

// AVC-03, AVC-08, AVM-17, AVM-18
func TestCallsBecomeClosedTasks(t *testing.T) {
	call := gateway.Call{
		ExternalID: "c1", Direction: "inbound", From: "+15550100", To: "+15550199", StartedAt: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC),
		Seconds: 125, Disposition: "Reached", Notes: "They **want** it", RecordingURL: "https://rec.example/2",
	}
	p := outbound.PlanCall(outbound.CallInput{Surroundings: with(caller), Call: call})
	task := owed(p, "task")
	for name, want := range map[string]gateway.Value{
		"Status": `"Completed"`, "TaskSubtype": `"Call"`, "CallType": `"Inbound"`, "CallDurationInSeconds": "125", "CallDisposition": `"Reached"`,
		"WhoId": `"003A"`, "ActivityDate": `"2026-05-04"`, "Subject": `"Inbound call from +15550100"`,
	} {
		if task.Fields[name] != want {
			t.Errorf("AVC-03 %s = %s, want %s", name, task.Fields[name], want)
		}
	}
	if text := task.Fields["Description"].String(); !strings.Contains(text, "They want it") || !strings.Contains(text, "Recording: https://rec.example/2") {
		t.Errorf("description = %q", text)
	}
	for name, tt := range map[string]struct {
		places      []string
		task, other string // part of the task's text; another part that must be owed
	}{
		"AVM-18 note":  {[]string{"note"}, "", "note"},
		"AVM-17 event": {[]string{"event"}, "", "event"},
		"both":         {[]string{"task", "note"}, "They want it", "note"},
	} {
		s := with(caller)
		s.Settings.Notes.CallNotes, s.Settings.Notes.MeetingNotes = tt.places, []string{"task"}
		p := outbound.PlanCall(outbound.CallInput{Surroundings: s, Call: call})
		text := owed(p, "task").Fields["Description"].String()
		if strings.Contains(text, "They want it") != (tt.task != "") || owed(p, tt.other) == nil {
			t.Errorf("%s: %+v", name, p)
		}
	}
	s := with(caller)
	s.Settings.Notes.CallNotes = nil
	if p := outbound.PlanCall(outbound.CallInput{Surroundings: s, Call: call}); owed(p, "task") == nil || !strings.Contains(why(p, "note"), "No destination") {
		t.Errorf("no destination: %+v", p)
	}
	nobody := outbound.PlanCall(outbound.CallInput{Surroundings: with(outbound.Attendee{Participant: caller.Participant}), Call: call})
	if len(nobody.Owed) != 0 || !strings.Contains(why(nobody, outbound.PartAll), "Nobody in Salesforce is recognized by +15550100") {
		t.Errorf("unknown number: %+v", nobody)
	}
}

// AIM-06, AIM-07, AVC-03
func TestConversations(t *testing.T) {
	at := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	messages := []gateway.Message{
		{ExternalID: "1", Direction: "inbound", Text: "Hi <b>", At: at}, {ExternalID: "2", Direction: "outbound", Author: "Bot", Text: "Hello", At: at.Add(time.Second)},
	}
	in := outbound.ConversationInput{Surroundings: with(caller), Conversation: gateway.Conversation{
		ExternalID: "v1", Channel: gateway.ChannelChat, Agent: "site", StartedAt: at, Answers: gateway.Fields{"budget": `"10k"`},
	}, Messages: messages}
	in.URL = "https://t.example/conversations/v1"
	body := func(p outbound.SaidPlan) string {
		b, _ := base64.StdEncoding.DecodeString(owed(p, "note").Fields["Content"].String())
		return string(b)
	}
	whole := outbound.PlanConversation(in)
	in.Messages = messages[:1]
	first := outbound.PlanConversation(in)
	if owed(first, "note").Key != owed(whole, "note").Key || owed(first, "note").Fields["Title"] != owed(whole, "note").Fields["Title"] {
		t.Error("AIM-06: another note for the next message")
	}
	for _, want := range []string{"<b>Visitor: </b>Hi &lt;b&gt;", "<b>Bot: </b>Hello", "Budget: 10k", "https://t.example/conversations/v1"} {
		if !strings.Contains(body(whole), want) {
			t.Errorf("AIM-07: no %q in %q", want, body(whole))
		}
	}
	if o := owed(whole, "note-link:person:+15550100"); o == nil || o.Fields["LinkedEntityId"] != `"003A"` {
		t.Errorf("links: %+v", whole.Owed)
	}
	in.Messages, in.Conversation.Channel = messages, gateway.ChannelSMS
	texts := outbound.PlanConversation(in)
	if o := owed(texts, "message:2"); len(texts.Owed) != 2 || o.Fields["Status"] != `"Completed"` || o.Fields["Subject"].String() != "Text to Ann Lee <+15550100>" || !strings.Contains(o.Fields["Description"].String(), "Hello") {
		t.Errorf("AVC-03 texts: %+v", texts)
	}
	in.Settings.Objects.Filters = []gateway.Filter{{Source: "answer.budget", Op: "equals", Value: "1M"}}
	if p := outbound.PlanConversation(in); len(p.Owed) != 0 || !strings.Contains(why(p, outbound.PartAll), "filter") {
		t.Errorf("AIM-23: %+v", p)
	}
	in.Settings.Objects.Filters, in.NotesOff, in.Conversation.Channel = nil, true, gateway.ChannelChat
	if p := outbound.PlanConversation(in); !strings.Contains(why(p, "note"), "Enhanced Notes are off") {
		t.Errorf("F-60: %+v", p)
	}
}

func TestEmailsBecomeClosedTasks(t *testing.T) {
	other := caller
	other.Email = "ann@acme.example"
	p := outbound.PlanEmail(outbound.EmailInput{
		Surroundings: with(outbound.Attendee{Participant: gateway.Participant{Email: "rita@ours.example"}}, other),
		Email:        gateway.Email{ExternalID: "e1", From: "rita@ours.example", To: []string{"ann@acme.example"}, Subject: "Offer", Text: "Hello", SentAt: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)},
	})
	if o := owed(p, "task"); o == nil || o.Fields["Subject"] != `"Email: Offer"` || o.Fields["TaskSubtype"] != `"Email"` || o.Fields["WhoId"] != `"003A"` {
		t.Errorf("plan = %+v", p)
	}
}
