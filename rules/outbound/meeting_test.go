package outbound_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

const rita = "rita@ours.example"

func rec(object, id string, f gateway.Fields) gateway.Record {
	return gateway.Record{Key: gateway.RecordKey{Object: object, ID: id}, Fields: f}
}

// meetingOf is a calendar meeting of Rita with Ann, a contact of an account
// with one open opportunity.
func meetingOf(change func(in *outbound.MeetingInput)) outbound.MeetingInput {
	start := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	account := rec("Account", "001A", gateway.Fields{"Name": `"Acme"`})
	ann := gateway.Participant{Email: "ann@acme.example", Name: "Ann Lee"}
	in := outbound.MeetingInput{
		Meeting: gateway.Meeting{
			ExternalID: "m1", Title: "Weekly", Source: gateway.FromCalendar, Status: gateway.MeetingScheduled, StartsAt: start, EndsAt: start.Add(30 * time.Minute),
			Organizer: rita, Participants: []gateway.Participant{{Email: rita}, ann},
		},
		Surroundings: outbound.Surroundings{
			Workspace: "demo", Settings: gateway.DefaultSettings(), Member: gateway.Member{ID: "u1", Name: "Rita", Email: rita, Team: "Sales"}, OwnDomains: []string{"ours.example"},
			Attendees: []outbound.Attendee{
				{Participant: gateway.Participant{Email: rita}},
				{Participant: ann, Matches: []gateway.Record{rec("Contact", "003A", gateway.Fields{"AccountId": `"001A"`})}, Account: &account},
			},
			Opportunities: []gateway.Record{rec("Opportunity", "006A", gateway.Fields{"AccountId": `"001A"`, "CloseDate": `"2026-06-01"`, "Amount": "10"})},
			Users:         map[string]string{rita: "005R"},
			Schemas:       map[string]gateway.Schema{"ContentNote": {Object: "ContentNote"}},
			Written:       map[string]gateway.Writing{}, Gone: map[string]bool{}, URL: "https://t.example/meetings/m1",
			PublicDomain: func(d string) bool { return d == "mail.example" },
		},
	}
	if change != nil {
		change(&in)
	}
	return in
}

func owed(p outbound.SaidPlan, part string) *outbound.Owed {
	for i := range p.Owed {
		if p.Owed[i].Part == part {
			return &p.Owed[i]
		}
	}
	return nil
}

func why(p outbound.SaidPlan, part string) string {
	for _, o := range p.Omitted {
		if o.Part == part {
			return o.Why
		}
	}
	return ""
}

func complete(in *outbound.MeetingInput) {
	in.Meeting.Status, in.Meeting.Outcome, in.Meeting.RecordingURL = gateway.MeetingCompleted, "Decision made", "https://rec.example/1"
	in.Meeting.Summary, in.Meeting.Notes = "We <agreed>.", "- price"
}

// AVM-10 to AVM-12, AVM-53, AIM-23, DEM-07, DEM-09
func TestMeetingsThatBecomeAnEvent(t *testing.T) {
	tests := []struct {
		name   string
		change func(in *outbound.MeetingInput)
		event  bool
		part   string // where the reason stands, PartEvent when ""
		reason string // part of it
	}{
		{"AVM-10 a calendar meeting", nil, true, "", ""},
		{"AVM-10 the switch is off", func(in *outbound.MeetingInput) { in.Settings.Notes.AutoEvents = false }, false, "", "is off on the Notes tab"},
		{"AVM-11 an impromptu meeting with somebody from outside", func(in *outbound.MeetingInput) { in.Meeting.Source = gateway.Impromptu }, true, "", ""},
		{"AVM-11 an impromptu meeting among ourselves", func(in *outbound.MeetingInput) {
			in.Meeting.Source, in.Attendees = gateway.Impromptu, in.Attendees[:1]
		}, false, "", "Nobody from outside"},
		{"AVM-12 a switch does not leave an Event behind", func(in *outbound.MeetingInput) {
			in.Settings.Notes.AutoEvents = false
			in.Written[outbound.PartEvent] = gateway.Writing{Key: gateway.RecordKey{Object: "Event", ID: "00U"}}
		}, true, "", ""},
		{"an Event that was deleted there stays deleted", func(in *outbound.MeetingInput) { in.Gone[outbound.PartEvent] = true }, false, "", "deleted in Salesforce"},
		{"cancelled before", func(in *outbound.MeetingInput) { in.Meeting.Status = gateway.MeetingCancelled }, false, "", "before it had an Event"},
		{"too long for an Event", func(in *outbound.MeetingInput) { in.Meeting.EndsAt = in.Meeting.StartsAt.Add(15 * 24 * time.Hour) }, false, "", "14 days"},
		{"AVM-53 in the pilot", func(in *outbound.MeetingInput) {
			in.Settings.Notes.Pilot = gateway.PilotSettings{On: true, Members: []string{"u1"}}
		}, true, "", ""},
		{"AVM-53 outside the pilot", func(in *outbound.MeetingInput) { in.Settings.Notes.Pilot = gateway.PilotSettings{On: true} }, false, outbound.PartAll, "Rita is not in it"},
		{"AVM-53 nobody of ours", func(in *outbound.MeetingInput) {
			in.Settings.Notes.Pilot, in.Member = gateway.PilotSettings{On: true}, gateway.Member{}
		}, false, outbound.PartAll, "no member here"},
		{"AIM-23 a filter holds it back", func(in *outbound.MeetingInput) {
			in.Settings.Objects.Filters = []gateway.Filter{{Source: "meeting.title", Op: "differs", Value: "weekly"}}
		}, false, outbound.PartAll, "A filter of the Objects tab"},
		{"AIM-23 a filter about other things", func(in *outbound.MeetingInput) {
			in.Settings.Objects.Filters = []gateway.Filter{{Source: "answer.budget", Op: "set"}, {Object: "Lead", Source: "meeting.title", Op: "empty"}}
		}, true, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := outbound.PlanMeeting(meetingOf(tt.change))
			if got := owed(p, outbound.PartEvent) != nil; got != tt.event {
				t.Fatalf("event = %v: %+v", got, p)
			}
			part := tt.part
			if part == "" {
				part = outbound.PartEvent
			}
			if tt.reason != "" && !strings.Contains(why(p, part), tt.reason) {
				t.Errorf("reasons = %+v", p.Omitted)
			}
		})
	}
}

// DEM-07, DEM-09, DEM-11, AVM-15, AVM-42
func TestEventSaysWhatHappened(t *testing.T) {
	p := outbound.PlanMeeting(meetingOf(func(in *outbound.MeetingInput) {
		complete(in)
		in.Settings.Advanced.OutcomeField = gateway.ActivityPair{Event: "Outcome__c", Task: "Result__c"}
		in.Settings.Advanced.Outcomes = []gateway.ActivityValue{{Name: "Decision made", Event: "Decided"}}
	}))
	e := owed(p, outbound.PartEvent)
	for name, want := range map[string]gateway.Value{
		"Subject": `"Weekly"`, "StartDateTime": `"2026-05-04T09:00:00.000Z"`, "EndDateTime": `"2026-05-04T09:30:00.000Z"`,
		"WhoId": `"003A"`, "WhatId": `"006A"`, "OwnerId": `"005R"`, "Outcome__c": `"Decided"`,
	} {
		if e.Fields[name] != want {
			t.Errorf("%s = %s, want %s", name, e.Fields[name], want)
		}
	}
	text := e.Fields["Description"].String()
	for _, want := range []string{
		"Summary\nWe <agreed>.", "- price", "Attendees: rita@ours.example, Ann Lee <ann@acme.example>", "Duration: 30 minutes",
		"Outcome: Decision made", "Recording: https://rec.example/1", "https://t.example/meetings/m1 " + gateway.Marker(e.Key.ID),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %q", want, text)
		}
	}
	canceled := outbound.PlanMeeting(meetingOf(func(in *outbound.MeetingInput) {
		in.Meeting.Status = gateway.MeetingCancelled
		in.Written[outbound.PartEvent] = gateway.Writing{Key: e.Key}
	}))
	if got := owed(canceled, outbound.PartEvent); got == nil || got.Key != e.Key || got.Fields["Subject"] != `"Canceled: Weekly"` {
		t.Errorf("cancelled: %+v", got)
	}
}

// AVM-13 to AVM-16, AVM-05, AVM-06, F-60, DEM-09
func TestNotesGoWhereTheSettingsSay(t *testing.T) {
	to := func(places ...string) func(in *outbound.MeetingInput) {
		return func(in *outbound.MeetingInput) { complete(in); in.Settings.Notes.MeetingNotes = places }
	}
	has := func(p outbound.SaidPlan, part, text string) bool {
		o := owed(p, part)
		return o != nil && strings.Contains(o.Fields["Description"].String(), text)
	}
	t.Run("AVM-15 event", func(t *testing.T) {
		p := outbound.PlanMeeting(meetingOf(to("event")))
		if !has(p, "event", "- price") || owed(p, "task") != nil || owed(p, "note") != nil {
			t.Errorf("plan = %+v", p)
		}
	})
	t.Run("AVM-16 task", func(t *testing.T) {
		p := outbound.PlanMeeting(meetingOf(to("task")))
		task := owed(p, "task")
		if has(p, "event", "- price") || !has(p, "task", "- price") || task.Fields["Status"] != `"Completed"` || task.Fields["ActivityDate"] != `"2026-05-04"` {
			t.Errorf("plan = %+v", p)
		}
	})
	t.Run("AVM-14 note, on every record", func(t *testing.T) {
		p := outbound.PlanMeeting(meetingOf(to("note")))
		n := owed(p, "note")
		body, err := base64.StdEncoding.DecodeString(n.Fields["Content"].String())
		if err != nil || !strings.Contains(string(body), "<p>We &lt;agreed&gt;.</p>") || !strings.Contains(string(body), "<ul><li>price</li></ul>") {
			t.Errorf("body = %s, %v", body, err)
		}
		if title := n.Fields["Title"].String(); !strings.HasSuffix(title, " ["+gateway.Marker(n.Key.ID)+"]") || !strings.HasPrefix(title, "Meeting notes: Weekly, 4 May 2026") {
			t.Errorf("title = %s", title)
		}
		linked := map[string]bool{}
		for _, o := range p.Owed {
			if o.Key.Object == "ContentDocumentLink" {
				linked[o.Fields["LinkedEntityId"].String()] = o.Fields["ContentDocumentId"] == gateway.Text(n.Key.ID)
			}
		}
		if len(linked) != 3 || !linked["003A"] || !linked["006A"] || !linked["001A"] {
			t.Errorf("AVM-06 linked = %v", linked)
		}
		if has(p, "event", "- price") {
			t.Error("the Event has the notes too")
		}
	})
	t.Run("AVM-13 none", func(t *testing.T) {
		p := outbound.PlanMeeting(meetingOf(to()))
		if has(p, "event", "- price") || owed(p, "note") != nil || !strings.Contains(why(p, "note"), "No destination") {
			t.Errorf("plan = %+v", p)
		}
	})
	t.Run("F-60 Enhanced Notes are off", func(t *testing.T) {
		p := outbound.PlanMeeting(meetingOf(func(in *outbound.MeetingInput) { to("note", "event")(in); in.NotesOff = true }))
		if !has(p, "event", "- price") || owed(p, "note") != nil || !strings.Contains(why(p, "note"), "Enhanced Notes are off") {
			t.Errorf("plan = %+v", p)
		}
	})
	t.Run("AVM-54 nothing to attach to", func(t *testing.T) {
		p := outbound.PlanMeeting(meetingOf(func(in *outbound.MeetingInput) {
			to("note")(in)
			in.Attendees, in.Opportunities = in.Attendees[:1], nil
		}))
		if !strings.Contains(why(p, "note"), "nothing to attach") {
			t.Errorf("plan = %+v", p)
		}
	})
	t.Run("DEM-09 without Events a held meeting is a completed Task", func(t *testing.T) {
		p := outbound.PlanMeeting(meetingOf(func(in *outbound.MeetingInput) { to("event")(in); in.Settings.Notes.AutoEvents = false }))
		if owed(p, "event") != nil || !has(p, "task", "Duration: 30 minutes") || !strings.Contains(why(p, "note:event"), "has none") {
			t.Errorf("plan = %+v", p)
		}
	})
}

// F-58: 5 MB
func TestLongNotesAreCutWhereEverybodySeesIt(t *testing.T) {
	p := outbound.PlanMeeting(meetingOf(func(in *outbound.MeetingInput) {
		complete(in)
		in.Meeting.Notes = strings.Repeat("word ", 1_000_000)
		in.Settings.Notes.MeetingNotes = []string{"event", "note"}
	}))
	text := owed(p, "event").Fields["Description"].String()
	if utf8.RuneCountInString(text) > 32000 || !strings.Contains(text, "[Cut here; the whole text is in the note") || !strings.Contains(text, "tg-") {
		t.Errorf("%d characters end in %q", utf8.RuneCountInString(text), text[len(text)-300:])
	}
	body, _ := base64.StdEncoding.DecodeString(owed(p, "note").Fields["Content"].String())
	if len(body) < 5_000_000 {
		t.Errorf("the note has %d bytes", len(body))
	}
}

// DEM-07, DEM-08
func TestOneOfSeveralOpportunitiesGetsTheMeeting(t *testing.T) {
	several := []gateway.Record{
		rec("Opportunity", "006A", gateway.Fields{"CloseDate": `"2026-06-01"`, "Amount": "10"}),
		rec("Opportunity", "006B", gateway.Fields{"CloseDate": `"2026-05-20"`, "Amount": "5"}),
		rec("Opportunity", "006C", gateway.Fields{"CloseDate": `"2026-07-01"`, "Amount": "200"}),
	}
	several[0].Version.CommitAt = 9
	for rule, want := range map[string]gateway.Value{
		gateway.OpportunityClosing: `"006B"`, gateway.OpportunityRecent: `"006A"`, gateway.OpportunityLargest: `"006C"`, gateway.OpportunityNone: "",
	} {
		p := outbound.PlanMeeting(meetingOf(func(in *outbound.MeetingInput) {
			in.Opportunities, in.Settings.Advanced.OpportunityRule = several, rule
		}))
		if got := owed(p, "event").Fields["WhatId"]; got != want {
			t.Errorf("%q: WhatId = %s, want %s", rule, got, want)
		}
	}
	lead := outbound.PlanMeeting(meetingOf(func(in *outbound.MeetingInput) {
		in.Attendees[1].Matches, in.Attendees[1].Account = []gateway.Record{rec("Lead", "00QA", nil)}, nil
	}))
	if e := owed(lead, "event"); e.Fields["WhoId"] != `"00QA"` || e.Fields["WhatId"] != "" {
		t.Errorf("a lead forbids WhatId: %v", e.Fields)
	}
	both := outbound.PlanMeeting(meetingOf(func(in *outbound.MeetingInput) {
		in.Attendees[1].Matches = append(in.Attendees[1].Matches, rec("Contact", "003B", nil))
	}))
	if e := owed(both, "event"); e.Fields["WhoId"] != "" || !strings.Contains(why(both, "people:ann@acme.example"), "2 records") {
		t.Errorf("guessed: %v, %v", e.Fields, both.Omitted)
	}
}

// AVM-31 to AVM-34, DEM-06
func TestParticipantsBecomeContactsByTheRules(t *testing.T) {
	newcomer := func(email string, change func(in *outbound.MeetingInput)) func(in *outbound.MeetingInput) {
		return func(in *outbound.MeetingInput) {
			in.Settings.Contacts.AutoCreate = true
			in.Attendees = []outbound.Attendee{{Participant: gateway.Participant{Email: email, Name: "Bo van Dyk"}}}
			in.Opportunities = nil
			if change != nil {
				change(in)
			}
		}
	}
	tests := []struct {
		name   string
		change func(in *outbound.MeetingInput)
		made   bool
	}{
		{"AVM-31 external", newcomer("bo@new.example", nil), true},
		{"AVM-31 off", newcomer("bo@new.example", func(in *outbound.MeetingInput) { in.Settings.Contacts.AutoCreate = false }), false},
		{"AVM-31 internal", newcomer("bo@ours.example", nil), false},
		{"AVM-32 another team", newcomer("bo@new.example", func(in *outbound.MeetingInput) { in.Member.Team = "Support" }), false},
		{"AVM-33 public domain", newcomer("bo@mail.example", nil), false},
		{"AVM-33 allowed all the same", newcomer("bo@mail.example", func(in *outbound.MeetingInput) { in.Settings.Contacts.AllowDomains = []string{"bo@mail.example"} }), true},
		{"S-53 the cap of the hour", newcomer("bo@new.example", func(in *outbound.MeetingInput) { in.ContactsInHour = 200 }), false},
		{"a cancelled meeting", newcomer("bo@new.example", func(in *outbound.MeetingInput) { in.Meeting.Status = gateway.MeetingCancelled }), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := meetingOf(tt.change)
			p := outbound.PlanMeeting(in)
			c := owed(p, "contact:"+in.Attendees[0].Email)
			if (c != nil) != tt.made {
				t.Fatalf("plan = %+v", p)
			}
			if c == nil {
				return
			}
			if c.Fields["FirstName"] != `"Bo van"` || c.Fields["LastName"] != `"Dyk"` || !c.Key.Local() {
				t.Errorf("contact = %+v", c)
			}
			if e := owed(p, "event"); e.Fields["WhoId"] != gateway.Text(c.Key.ID) {
				t.Errorf("the Event does not name him: %v", e.Fields)
			}
		})
	}
	p := outbound.PlanMeeting(meetingOf(newcomer("bo@new.example", func(in *outbound.MeetingInput) { in.Settings.Contacts.CreateAccounts = true })))
	a := owed(p, "account:new.example")
	if a == nil || owed(p, "contact:bo@new.example").Fields["AccountId"] != gateway.Text(a.Key.ID) || p.Owed[0].Part != a.Part {
		t.Errorf("DEM-06: %+v", p.Owed)
	}
}

// DEM-27
func TestActionItemsBecomeOpenTasks(t *testing.T) {
	items := func(texts ...string) func(in *outbound.MeetingInput) {
		return func(in *outbound.MeetingInput) {
			for _, text := range texts {
				in.Meeting.ActionItems = append(in.Meeting.ActionItems, gateway.ActionItem{Text: text, DueOn: "2026-05-09"})
			}
			for part, subject := range map[string]gateway.Value{"action:1": `"Send it"`, "action:2": `"Call"`} {
				in.Written[part] = gateway.Writing{Key: gateway.RecordKey{Object: "Task", ID: "00T" + part}, Wanted: gateway.Fields{"Subject": subject}}
			}
		}
	}
	subjects := func(p outbound.SaidPlan) map[string]string {
		out := map[string]string{}
		for _, o := range p.Owed {
			if strings.HasPrefix(o.Part, "action:") {
				out[o.Part] = o.Fields["Subject"].String()
			}
		}
		return out
	}
	tests := []struct {
		name  string
		texts []string
		want  map[string]string
	}{
		{"the same", []string{"Send it", "Call"}, map[string]string{"action:1": "Send it", "action:2": "Call"}},
		{"in another order", []string{"Call", "Send it"}, map[string]string{"action:1": "Send it", "action:2": "Call"}},
		{"a corrected word", []string{"Send it today", "Call"}, map[string]string{"action:1": "Send it today", "action:2": "Call"}},
		{"a new one first", []string{"New", "Send it", "Call"}, map[string]string{"action:1": "Send it", "action:2": "Call", "action:3": "New"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := outbound.PlanMeeting(meetingOf(items(tt.texts...)))
			if got := subjects(p); len(got) != len(tt.want) {
				t.Fatalf("got %v", got)
			} else {
				for part, want := range tt.want {
					if got[part] != want {
						t.Errorf("got %v, want %v", got, tt.want)
					}
				}
			}
			if o := owed(p, "action:1"); o.Fields["Status"] != `"Not Started"` || o.Fields["ActivityDate"] != `"2026-05-09"` || o.Fields["WhoId"] != `"003A"` {
				t.Errorf("task = %v", o.Fields)
			}
		})
	}
}

// AVM-26, AVC-30
func TestTopicsGoToTheFieldsThatAreMapped(t *testing.T) {
	with := func(m gateway.Mapping, f gateway.Field, has gateway.Value) outbound.SaidPlan {
		return outbound.PlanMeeting(meetingOf(func(in *outbound.MeetingInput) {
			in.Meeting.Topics = map[string][]gateway.TopicNote{"next-steps": {{Text: "Send it"}, {Text: "Call"}}}
			m.Object, m.Field = "Opportunity", "NextStep"
			in.Mappings = []gateway.Mapping{m}
			in.Schemas["Opportunity"] = gateway.Schema{Object: "Opportunity", Fields: []gateway.Field{f}}
			in.Opportunities[0].Fields["NextStep"] = has
		}))
	}
	writable := gateway.Field{Name: "NextStep", Type: "string", Length: 255, Updateable: true, Nillable: true}
	readOnly := gateway.Field{Name: "NextStep", Type: "string", Length: 255}
	topic := gateway.Mapping{Topic: "next-steps"}
	if o := owed(with(topic, writable, ""), "topics:Opportunity"); o == nil || o.Fields["NextStep"] != `"Send it\nCall"` || o.Key.ID != "006A" {
		t.Errorf("AVM-26: %+v", o)
	}
	for name, p := range map[string]outbound.SaidPlan{
		"Salesforce does not take": with(topic, readOnly, ""),
		"The connected user":       with(topic, readOnly, ""),
		"It is inbound":            with(gateway.Mapping{Topic: "next-steps", Direction: "inbound"}, writable, ""),
		"only filled while empty":  with(gateway.Mapping{Topic: "next-steps", WriteMode: "fill"}, writable, `"x"`),
		"write mode is “never”":    with(gateway.Mapping{Topic: "next-steps", WriteMode: "never"}, writable, ""),
	} {
		if owed(p, "topics:Opportunity") != nil || len(p.Omitted) == 0 {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if o := owed(with(gateway.Mapping{Topic: "next-steps", WriteMode: "append"}, writable, `"x"`), "topics:Opportunity"); o.Fields["NextStep"] != `"x\nSend it\nCall"` {
		t.Errorf("append: %+v", o)
	}
	if o := owed(with(gateway.Mapping{Topic: "next-steps", WriteMode: "append"}, writable, `"x\nSend it\nCall"`), "topics:Opportunity"); o.Fields["NextStep"] != `"x\nSend it\nCall"` {
		t.Errorf("appended twice: %+v", o)
	}
}
