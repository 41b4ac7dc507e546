package outbound_test

import (
	"reflect"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

func schema(object string, names ...string) gateway.Schema {
	s := gateway.Schema{Object: object}
	for _, name := range names {
		f := gateway.Field{Name: name, Type: "string", Createable: true, Updateable: true, Nillable: true}
		if name == "Email" {
			f.Type = gateway.TypeEmail
		}
		s.Fields = append(s.Fields, f)
	}
	return s
}

func TestPersonBecomesARecordWithDefaults(t *testing.T) {
	contact := schema("Contact", "FirstName", "LastName", "Email", "Phone", "Topping__c")
	lead := schema("Lead", "FirstName", "LastName", "Email", "Company", "Rating")
	readOnly := contact
	readOnly.Fields = append([]gateway.Field{{Name: "Title", Type: "string"}}, contact.Fields...)
	tests := []struct {
		name    string
		person  gateway.Person
		schema  gateway.Schema
		want    gateway.Fields
		skipped []string
	}{
		{
			"complete contact",
			gateway.Person{FirstName: " Ann ", LastName: "Lee", Email: "ann@example.com", Company: "Example", Properties: gateway.Fields{"Topping__c": `"Avocado"`, "Empty__c": gateway.Null}},
			contact,
			gateway.Fields{"FirstName": `"Ann"`, "LastName": `"Lee"`, "Email": `"ann@example.com"`, "Topping__c": `"Avocado"`},
			nil,
		},
		{"no name", gateway.Person{Email: "ann@example.com"}, contact, gateway.Fields{"LastName": `"ann"`, "Email": `"ann@example.com"`}, nil},
		{"nothing at all", gateway.Person{}, contact, gateway.Fields{"LastName": `"[not provided]"`}, nil},
		{"lead with a company", gateway.Person{Kind: "lead", LastName: "Lee", Company: "Example", Rating: "Hot"}, lead, gateway.Fields{"LastName": `"Lee"`, "Company": `"Example"`, "Rating": `"Hot"`}, nil},
		{"lead without company", gateway.Person{Kind: "lead", Email: "ann@example.com"}, lead, gateway.Fields{"LastName": `"ann"`, "Company": `"example.com"`, "Email": `"ann@example.com"`}, nil},
		{"lead with a phone only", gateway.Person{Kind: "lead"}, lead, gateway.Fields{"LastName": `"[not provided]"`, "Company": `"[not provided]"`}, nil},
		{"impossible, unknown and read-only values", gateway.Person{LastName: "Lee", Email: "nowhere", Title: "CEO", MobilePhone: "1"}, readOnly, gateway.Fields{"LastName": `"Lee"`}, []string{"Email", "MobilePhone", "Title"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.person.ExternalID = "p-1"
			object := outbound.PersonObject(tt.person)
			p := outbound.PlanCreate(outbound.CreateInput{Person: tt.person, Object: object, Schema: tt.schema, Now: now})
			if p.Change == nil || !reflect.DeepEqual(p.Change.Fields, tt.want) {
				t.Fatalf("change = %+v, want %v", p.Change, tt.want)
			}
			if p.Change.Key != (gateway.RecordKey{Object: object, ID: "local:p-1"}) || p.Change.Op != gateway.OpCreate {
				t.Errorf("key = %v", p.Change.Key)
			}
			var skipped []string
			for _, s := range p.Skipped {
				skipped = append(skipped, s.Field)
				if s.Reason == "" || !strings.Contains(p.Log.Rule, s.Field) {
					t.Errorf("%s is left out silently: %q", s.Field, p.Log.Rule)
				}
			}
			if !reflect.DeepEqual(skipped, tt.skipped) {
				t.Errorf("skipped %v, want %v", skipped, tt.skipped)
			}
		})
	}
}

// AIM-02: each object has its switch in each workspace.
func TestSwitchedOffObjectCreatesNothingAndSaysSo(t *testing.T) {
	p := outbound.PlanCreate(outbound.CreateInput{Person: gateway.Person{ExternalID: "p"}, Object: "Contact", Schema: schema("Contact", "LastName"), Refused: outbound.RefuseCreate(gateway.ObjectsSettings{}, "Contact"), Now: now})
	if p.Change != nil || p.Log.State != gateway.LogSkipped || !strings.Contains(p.Log.What, "is off for Contact") {
		t.Errorf("plan = %+v", p)
	}
}

// AVC-23, AVC-24, AVC-25, AVC-26, AVC-27, AVC-28: what is empty is filled, an e-mail address too, and
// a mapped custom field is overwritten.
func TestPersonFillsOnlyWhatIsEmpty(t *testing.T) {
	record := gateway.Record{
		Key: ann, Fields: gateway.Fields{"Email": `"old@example.com"`, "Phone": gateway.Null, "LastName": `"Lee"`, "Topping__c": `"Avocado"`, "Title": `"CTO"`},
	}
	person := gateway.Person{
		Email: "new@example.com", Phone: "1", LastName: "Lee", MobilePhone: "2", Title: "CEO",
		Properties: gateway.Fields{"Topping__c": `"Hamburger"`, "Long__c": `"abcdef"`},
	}
	s := schema("Contact", "Email", "Phone", "LastName", "Title", "Topping__c", "MobilePhone")
	s.Fields = append(s.Fields, gateway.Field{Name: "Long__c", Type: "string", Length: 3, Updateable: true})
	in := outbound.FillInput{
		Person: person, Record: record, Schema: s, Updates: true,
		Mapping:  func(field string) gateway.Mapping { return gateway.Mapping{Field: field} },
		Writable: func(field string) (bool, string) { return field != "Title", "Editable is off for this field." },
	}
	edit, skipped := outbound.PlanFill(in)
	want := gateway.Fields{"Phone": `"1"`, "MobilePhone": `"2"`, "Topping__c": `"Hamburger"`}
	if !reflect.DeepEqual(edit, want) {
		t.Errorf("AVC-25, AVC-28: edit = %v, want %v", edit, want)
	}
	if got := outbound.Omissions(skipped, nil); !strings.Contains(got, "Email (It has a value") || !strings.Contains(got, "Title (Editable is off") || !strings.Contains(got, "Long__c (") || strings.Contains(got, "LastName") {
		t.Errorf("reasons: %q", got)
	}

	in.Record.Partial, in.Record.Version.CommitAt = true, 7
	in.Pending = &gateway.Change{Cause: gateway.Cause{Kind: "edit"}, Fields: gateway.Fields{"Phone": `"9"`}}
	edit, _ = outbound.PlanFill(in)
	if want := (gateway.Fields{"Topping__c": `"Hamburger"`}); !reflect.DeepEqual(edit, want) {
		t.Errorf("partly known record with an edit waiting: %v, want %v", edit, want)
	}
	in.Pending, in.Record.Version = nil, gateway.Version{}
	if edit, _ = outbound.PlanFill(in); edit["MobilePhone"] != `"2"` {
		t.Errorf("a record that we created ourselves is not filled: %v", edit)
	}
	if line := outbound.Withheld(record, gateway.Cause{Rule: "why"}, skipped, now); line == nil || line.State != gateway.LogSkipped || line.Rule != "why" || line.Key != ann {
		t.Errorf("line = %+v", line)
	}
	if line := outbound.Withheld(record, gateway.Cause{}, nil, now); line != nil {
		t.Errorf("line about nothing: %+v", line)
	}
	if got := outbound.Omissions(nil, nil); got != "" {
		t.Errorf("Omissions(nil) = %q", got)
	}
}

// AIM-23: what an agent's filters ask of a person keeps him from becoming a record
// also when he is told of by himself: those of the agent that captured him, of a
// lead of none those of the default one. What they ask of a conversation does not.
func TestFiltersOfAnAgentKeepAPerson_AIM23(t *testing.T) {
	standard, chat, off := gateway.DefaultAgents()[0], gateway.Agent{ID: "chat", Name: "Web chat", Enabled: true}, gateway.Agent{ID: "off", Name: "Old"}
	standard.Filters = []gateway.Filter{{Source: "person.company", Op: "differs", Value: "Rival"}, {Source: "answer.budget", Op: "set"}}
	chat.Filters = []gateway.Filter{{Object: "Lead", Source: "capture.color", Op: "equals", Value: "Blue"}}
	agents := []gateway.Agent{standard, chat, off}
	rival := gateway.Person{Kind: "lead", Company: "Rival"}
	with := func(kind, company, agent, color string) gateway.Person {
		return gateway.Person{Kind: kind, Company: company, Agent: agent, Properties: gateway.Fields{"color": gateway.Text(color)}}
	}
	for name, tt := range map[string]struct {
		p      gateway.Person
		object string
		keeps  string
	}{
		"a lead of no agent":               {rival, "Lead", "A filter of the agent “Default agent”"},
		"a lead of none that is listed":    {with("lead", "Rival", "gone", ""), "Lead", "A filter of the agent “Default agent”"},
		"a lead that passes":               {with("lead", "Newco", "", ""), "Lead", ""},
		"a contact of no agent":            {with("contact", "Rival", "", ""), "Contact", ""},
		"of another agent, by its name":    {with("lead", "Rival", "web CHAT", "Red"), "Lead", "A filter of the agent “Web chat”"},
		"of another agent, passes":         {with("lead", "Rival", "chat", "Blue"), "Lead", ""},
		"of another agent, another object": {with("contact", "Rival", "chat", "Red"), "Contact", ""},
		"of one that is switched off":      {with("contact", "Newco", "off", ""), "Contact", "The agent “Old” is switched off"},
	} {
		if why := outbound.AgentKeeps(agents, tt.p, tt.object); !strings.HasPrefix(why, tt.keeps) || (why == "") != (tt.keeps == "") {
			t.Errorf("%s: %q", name, why)
		}
	}
}
