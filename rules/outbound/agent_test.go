package outbound_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

func field(name string, kind gateway.FieldType) gateway.Field {
	return gateway.Field{Name: name, Type: kind, Length: 80, Createable: true, Updateable: true, Nillable: true}
}

func crm() map[string]gateway.Schema {
	schema := func(object string, names ...string) gateway.Schema {
		s := gateway.Schema{Object: object}
		for _, name := range names {
			s.Fields = append(s.Fields, field(name, "string"))
		}
		return s
	}
	return map[string]gateway.Schema{
		"Lead":    schema("Lead", "FirstName", "LastName", "Email", "Phone", "Company", "Title", "Budget__c"),
		"Contact": schema("Contact", "FirstName", "LastName", "Email", "Phone", "Title", "AccountId"),
		"Account": schema("Account", "Name", "Website", "Plan__c"),
	}
}

var ferrow = gateway.Person{ExternalID: "p1", Email: "ida@acme.example", FirstName: "Ida", LastName: "Ferrow", Company: "Acme", Properties: gateway.Fields{"plan": `"gold"`}}

// chat is a chat by an agent with Ida Ferrow, whom matches found.
func chat(turn func(*gateway.Agent), a outbound.Attendee) outbound.ConversationInput {
	a.Person, a.Participant = ferrow, gateway.Participant{Name: "Ida Ferrow", Email: ferrow.Email}
	in := outbound.ConversationInput{Surroundings: with(a), Conversation: gateway.Conversation{
		ExternalID: "v1", Channel: gateway.ChannelChat, Agent: "default", Person: "p1", StartedAt: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC),
		Answers: gateway.Fields{"budget": `"10k"`},
	}}
	in.Agent, in.Schemas, in.URL = gateway.DefaultAgents()[0], crm(), "https://t.example/conversations/v1"
	in.Settings.Objects.UpdateFields = map[string]bool{"Account": true, "Contact": true, "Lead": true}
	in.Settings.Objects.Writeback = maps.Clone(in.Settings.Objects.Writeback)
	in.Settings.Objects.Writeback["Account"] = true
	if turn != nil {
		turn(&in.Agent)
	}
	return in
}

func writes(objects ...string) func(*gateway.Agent) {
	return func(a *gateway.Agent) { a.Objects = objects }
}

func order(p outbound.SaidPlan) (out []string) {
	for _, o := range p.Owed {
		out = append(out, o.Key.Object)
	}
	return out
}

// AIM-02: Contacts and Accounts each need a switch of the workspace. Switched off,
// they are left out with the reason, and the other objects go on; an agent on
// which neither is chosen writes the Lead alone.
func TestContactsAndAccountsOfAgentsNeedTheirSwitch_AIM02(t *testing.T) {
	for object, part := range map[string]string{"Contact": "agent:contact", "Account": "account:acme.example"} {
		in := chat(writes("Lead", "Contact", "Account"), outbound.Attendee{})
		delete(in.Settings.Objects.Writeback, object)
		p := outbound.PlanConversation(in)
		if got := order(p); slices.Contains(got, object) || len(got) != 2 {
			t.Errorf("owed %v with %s switched off", got, object)
		}
		if reason := why(p, part); !strings.Contains(reason, "off for "+object) {
			t.Errorf("no reason for the %s: %q", object, reason)
		}
	}
	if got := order(outbound.PlanConversation(chat(writes("Lead"), outbound.Attendee{}))); !slices.Equal(got, []string{"Lead"}) {
		t.Errorf("owed %v by an agent of Leads", got)
	}
}

// AIM-02: an Account that is there is neither filled while its switch is off,
// nor does the Contact lose it (AIM-16): that write is the Contact's own.
func TestSwitchedOffAccountsStillHaveTheirContacts_AIM02(t *testing.T) {
	acme := gateway.Record{Key: gateway.RecordKey{Object: "Account", ID: "001000000000001AAA"}, Fields: gateway.Fields{"Name": gateway.Null}}
	in := chat(writes("Contact", "Account"), outbound.Attendee{Account: &acme})
	delete(in.Settings.Objects.Writeback, "Account")
	p := outbound.PlanConversation(in)
	contact := owed(p, "agent:contact")
	if got := order(p); !slices.Equal(got, []string{"Contact"}) || contact.Fields["AccountId"] != gateway.Text(acme.Key.ID) {
		t.Errorf("owed %v: %+v", got, contact)
	}
}

// AIM-01, AIM-05, AIM-12, AIM-13, AIM-16, AIM-24: which records an agent makes
// of somebody nobody knows, and in which order.
// AIM-03, AIM-04
func TestAnAgentMakesTheObjectsItWrites_AIM12(t *testing.T) {
	for name, tt := range map[string]struct {
		objects []string
		want    []string
	}{
		"AIM-01 lead-first":     {[]string{"Lead"}, []string{"Lead"}},
		"contact-based":         {[]string{"Contact"}, []string{"Contact"}},
		"account-based":         {[]string{"Contact", "Account"}, []string{"Account", "Contact"}},
		"AIM-12 all in order":   {[]string{"Lead", "Contact", "Account"}, []string{"Account", "Contact", "Lead"}},
		"the account alone":     {[]string{"Account"}, []string{"Account"}},
		"account and then lead": {[]string{"Lead", "Account"}, []string{"Account", "Lead"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := outbound.PlanConversation(chat(writes(tt.objects...), outbound.Attendee{}))
			if got := order(p); !slices.Equal(got, tt.want) {
				t.Fatalf("owed %v, want %v: %+v", got, tt.want, p.Omitted)
			}
			contact, account := owed(p, "agent:contact"), owed(p, "account:acme.example")
			if account != nil && (account.Fields["Website"] != `"acme.example"` || account.Fields["Name"] != `"Acme"`) {
				t.Errorf("AIM-05 account %v", account.Fields)
			}
			if contact != nil && account != nil && contact.Fields["AccountId"] != gateway.Text(account.Key.ID) {
				t.Errorf("AIM-16 contact %v is not of %v", contact.Fields, account.Key)
			}
			linked := 0
			for _, o := range p.Owed {
				if o.Link != nil {
					linked++
				}
			}
			if person := slices.Contains(tt.want, "Contact") || slices.Contains(tt.want, "Lead"); person != (linked == 1) {
				t.Errorf("%d records are who the person is", linked)
			}
		})
	}
}

// AIM-09, AIM-10, AVC-25, AIM-11: sources, defaults, and what is only filled.
// AIM-03
func TestAnAgentsMappingFillsTheRecord_AIM09(t *testing.T) {
	in := chat(func(a *gateway.Agent) {
		a.Fields["Lead"] = append(a.Fields["Lead"], gateway.AgentField{Field: "Budget__c", Source: "answer.budget"})
		a.Fields["Lead"][5] = gateway.AgentField{Field: "Title", Source: "capture.plan", Default: "unknown"}
	}, outbound.Attendee{})
	lead := owed(outbound.PlanConversation(in), "agent:lead")
	for name, want := range map[string]gateway.Value{"LastName": `"Ferrow"`, "Company": `"Acme"`, "Budget__c": `"10k"`, "Title": `"gold"`, "Email": `"ida@acme.example"`} {
		if lead.Fields[name] != want {
			t.Errorf("%s = %s, want %s", name, lead.Fields[name], want)
		}
	}
	if !slices.Contains(lead.Fills, "LastName") || slices.Contains(lead.Fills, "Budget__c") {
		t.Errorf("AVC-25, AVC-28 only filled: %v", lead.Fills)
	}
	// Salesforce has a name, and an older budget.
	here := rec("Lead", "00QA", gateway.Fields{"LastName": `"Else"`, "Budget__c": `"1k"`, "Company": `"[not provided]"`, "Email": gateway.Null})
	in.Attendees[0].Matches = []gateway.Record{here}
	lead = owed(outbound.PlanConversation(in), "agent:lead")
	plan, omitted := outbound.PlanOwed(outbound.OwedInput{Owed: *lead, Record: here, Schema: crm()["Lead"]})
	if omitted != "" || plan.Change == nil {
		t.Fatalf("nothing is owed: %q", omitted)
	}
	for name, want := range map[string]gateway.Value{"LastName": "", "Budget__c": `"10k"`, "Company": `"Acme"`, "Email": `"ida@acme.example"`} {
		if got := plan.Change.Fields[name]; got != want {
			t.Errorf("%s is written as %q, want %q", name, got, want)
		}
	}
}

// AIM-23 and every other reason why an agent leaves something alone: it is
// told, and nothing else of it goes wrong.
func TestWhatAnAgentLeavesAloneIsTold(t *testing.T) {
	contact := rec("Contact", "003A", gateway.Fields{"LastName": `"Ferrow"`})
	for name, tt := range map[string]struct {
		turn func(*outbound.ConversationInput)
		part string
		says string
		owed []string
	}{
		"off": {turn: func(in *outbound.ConversationInput) { in.Agent.Enabled = false }, part: outbound.PartAll, says: "is switched off"},
		"AIM-23 filter": {turn: func(in *outbound.ConversationInput) {
			in.Agent.Filters = []gateway.Filter{{Source: "answer.budget", Op: "equals", Value: "20k"}}
		}, part: outbound.PartAll, says: "answer.budget equals 20k"},
		"AIM-23 filter of a person": {turn: func(in *outbound.ConversationInput) {
			in.Agent.Filters = []gateway.Filter{{Source: "person.company", Op: "differs", Value: "acme"}}
		}, part: outbound.PartAll, says: "person.company differs from acme"},
		"filter of one object": {turn: func(in *outbound.ConversationInput) {
			in.Agent.Objects, in.Agent.Filters = []string{"Lead", "Account"}, []gateway.Filter{{Object: "Lead", Source: "answer.size", Op: "set"}}
		}, part: "agent:lead", says: "Lead: answer.size has a value", owed: []string{"Account"}},
		"filter of the Objects tab": {turn: func(in *outbound.ConversationInput) {
			in.Settings.Objects.Filters = []gateway.Filter{{Object: "Lead", Source: "person.company", Op: "equals", Value: "Other"}}
		}, part: "agent:lead", says: "A filter of the Objects tab"},
		"AVC-22 not created":             {turn: func(in *outbound.ConversationInput) { in.Settings.Objects.CreateMissing = nil }, part: "agent:lead", says: "“Create when missing” is off for Lead"},
		"AIM-24 known as another object": {turn: func(in *outbound.ConversationInput) { in.Attendees[0].Matches = []gateway.Record{contact} }, part: "agent:lead", says: "is a Contact already"},
		"AIM-24 told of the Contact too": {turn: func(in *outbound.ConversationInput) { in.Attendees[0].Matches = []gateway.Record{contact} }, part: "agent:contact", says: "does not write a Contact"},
		"AVC-30 no updates": {turn: func(in *outbound.ConversationInput) {
			in.Agent.Objects, in.Attendees[0].Matches, in.Settings.Objects.UpdateFields = []string{"Contact"}, []gateway.Record{contact}, nil
		}, part: "agent:contact", says: "“Sync updates to object fields” is off"},
		"unlinked by hand": {turn: func(in *outbound.ConversationInput) { in.Attendees[0].Held = "Somebody unlinked this person." }, part: "agent:person", says: "unlinked"},
		"several accounts": {turn: func(in *outbound.ConversationInput) {
			in.Agent.Objects, in.Attendees[0].Unsure = []string{"Account", "Lead"}, "2 accounts have acme.example in Website, so none is chosen."
		}, part: "account:acme.example", says: "none is chosen", owed: []string{"Lead"}},
		"public domain": {turn: func(in *outbound.ConversationInput) {
			in.Agent.Objects, in.PublicDomain = []string{"Account", "Lead"}, func(string) bool { return true }
		}, part: "agent:account", says: "no e-mail address whose domain", owed: []string{"Lead"}},
		"nobody yet": {turn: func(in *outbound.ConversationInput) {
			in.Attendees[0].Person, in.Attendees[0].Participant = gateway.Person{}, gateway.Participant{}
		}, part: "agent:lead", says: "Nobody knows yet who it is"},
		"a field that went away": {turn: func(in *outbound.ConversationInput) {
			in.Agent.Fields["Lead"] = append(in.Agent.Fields["Lead"], gateway.AgentField{Field: "Gone__c", Default: "x"})
		}, part: "agent:lead.Gone__c", says: "does not show this field", owed: []string{"Lead"}},
		"never": {turn: func(in *outbound.ConversationInput) {
			in.Agent.Objects, in.Attendees[0].Matches = []string{"Contact"}, []gateway.Record{contact}
			in.Mappings = []gateway.Mapping{{Object: "Contact", Field: "Email", WriteMode: "never"}}
		}, part: "agent:contact.Email", says: "“never”", owed: []string{"Contact"}},
	} {
		t.Run(name, func(t *testing.T) {
			in := chat(nil, outbound.Attendee{})
			tt.turn(&in)
			p := outbound.PlanConversation(in)
			if got := why(p, tt.part); !strings.Contains(got, tt.says) {
				t.Errorf("said %q, want %q; all %+v", got, tt.says, p.Omitted)
			}
			if got := order(p); !slices.Equal(got, tt.owed) {
				t.Errorf("owed %v, want %v", got, tt.owed)
			}
		})
	}
}

// A record that an agent made stays that record, whatever is known later; a
// line that is taken out of the mapping empties nothing.
func TestAnAgentsRecordStaysTheSame(t *testing.T) {
	in := chat(writes("Lead", "Contact"), outbound.Attendee{})
	first := outbound.PlanConversation(in)
	for _, o := range first.Owed {
		in.Written[o.Part] = gateway.Writing{Part: o.Part, Key: o.Key, Wanted: o.Fields}
	}
	in.Attendees[0].Matches = []gateway.Record{{Key: owed(first, "agent:contact").Key}} // linked by now
	in.Agent.Fields["Lead"] = in.Agent.Fields["Lead"][:3]
	then := outbound.PlanConversation(in)
	for _, part := range []string{"agent:contact", "agent:lead"} {
		if owed(then, part) == nil || owed(then, part).Key != owed(first, part).Key {
			t.Errorf("%s: %+v", part, owed(then, part))
		}
	}
	if got := owed(then, "agent:lead"); got.Fields["Email"] != owed(first, "agent:lead").Fields["Email"] || got.Link != nil {
		t.Errorf("the line that was taken out: %+v", got)
	}
}

// A call or a meeting goes by an agent only where the product names one.
func TestCallsAndMeetingsGoByTheirAgent(t *testing.T) {
	surroundings := chat(writes("Lead"), outbound.Attendee{}).Surroundings
	call := outbound.CallInput{Surroundings: surroundings, Call: gateway.Call{ExternalID: "c1", Direction: "inbound", From: "+15550100", StartedAt: time.Unix(1_800_000_000, 0)}}
	p := outbound.PlanCall(call)
	if got := order(p); !slices.Equal(got, []string{"Lead", "Task"}) || owed(p, "task").Fields["WhoId"] != gateway.Text(owed(p, "agent:lead").Key.ID) {
		t.Errorf("a call by an agent: %v %+v", got, p.Omitted)
	}
	call.Agent = gateway.Agent{}
	if got := order(outbound.PlanCall(call)); len(got) != 0 {
		t.Errorf("a call by nobody: %v", got)
	}
	meeting := outbound.MeetingInput{Surroundings: surroundings, Meeting: gateway.Meeting{
		ExternalID: "m1", Title: "Demo", Source: gateway.FromCalendar, Status: gateway.MeetingScheduled, StartsAt: time.Unix(1_800_000_000, 0), EndsAt: time.Unix(1_800_003_600, 0),
	}}
	meeting.Attendees = append(meeting.Attendees, outbound.Attendee{Participant: gateway.Participant{Email: "bo@two.example", Name: "Bo Lund"}})
	meeting.Agent.Filters = []gateway.Filter{{Source: "person.email", Op: "contains", Value: "two.example"}}
	p = outbound.PlanMeeting(meeting)
	if got := order(p); !slices.Equal(got, []string{"Lead", "Event"}) || owed(p, "agent:lead:bo@two.example").Fields["LastName"] != `"Lund"` {
		t.Errorf("a meeting by an agent: %v %+v", got, p.Omitted)
	}
	if got := why(p, "agent:lead:ida@acme.example"); !strings.Contains(got, "person.email contains two.example") {
		t.Errorf("each is asked for himself: %q of %+v", got, p.Omitted)
	}
}
