package agent_test

import (
	"slices"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/agent"
)

var schemas = agent.Schemas{"Lead": {Object: "Lead", Fields: []gateway.Field{
	{Name: "LastName", Label: "Last Name", Type: "string", Length: 80, Createable: true, Updateable: true},
	{Name: "Company", Label: "Company", Type: "string", Length: 255, Createable: true, Updateable: true},
	{Name: "NumberOfEmployees", Label: "Employees", Type: gateway.TypeInt, Createable: true, Updateable: true},
	{Name: "Rating", Label: "Rating", Type: gateway.TypePicklist, Picklist: []string{"Hot", "Cold"}, Restricted: true, Createable: true, Updateable: true},
	{Name: "CreatedDate", Label: "Created", Type: gateway.TypeDatetime},
}}}

func good() gateway.Agent {
	return gateway.Agent{ID: "web-1", Name: "Web", Enabled: true, Objects: []string{"Lead"}, Fields: map[string][]gateway.AgentField{
		"Lead": {{Field: "LastName", Source: "person.last_name"}, {Field: "Company", Source: "answer.company", Default: "unknown"}},
	}}
}

func TestDefaultAgentsAreWhole(t *testing.T) {
	for _, a := range gateway.DefaultAgents() {
		if err := agent.Check(a, gateway.Agent{}, gateway.DefaultAgents(), nil); err != nil {
			t.Errorf("%s: %v", a.ID, err)
		}
		if missing := agent.Missing(a); len(missing) != 0 || agent.Process(a) != "lead-first: Lead only" {
			t.Errorf("AIM-01 %s misses %v, is %s", a.ID, missing, agent.Process(a))
		}
	}
}

func TestWhatNoAgentCanBe(t *testing.T) {
	lead := func(lines ...gateway.AgentField) func(*gateway.Agent) {
		return func(a *gateway.Agent) { a.Fields = map[string][]gateway.AgentField{"Lead": lines} }
	}
	filter := func(f gateway.Filter) func(*gateway.Agent) {
		return func(a *gateway.Agent) { a.Filters = []gateway.Filter{f} }
	}
	for _, tt := range []struct {
		name, says string
		turn       func(*gateway.Agent)
	}{
		{"whole", "", func(*gateway.Agent) {}},
		{"no id", "product's own", func(a *gateway.Agent) { a.ID = "" }},
		{"odd id", "product's own", func(a *gateway.Agent) { a.ID = "a/b" }},
		{"step", "product's own", func(a *gateway.Agent) { a.ID = ".." }},
		{"no name", "up to 60", func(a *gateway.Agent) { a.Name = "" }},
		{"taken name", "Another agent", func(a *gateway.Agent) { a.Name = "default AGENT" }},
		{"AIM-13 no object", "at least one object", func(a *gateway.Agent) { a.Objects = nil }},
		{"off without objects", "", func(a *gateway.Agent) { a.Objects, a.Enabled = nil, false }},
		{"other object", "not Opportunity", func(a *gateway.Agent) { a.Objects = []string{"Opportunity"} }},
		{"AIM-20 Account without its match field", "Account Match Field", func(a *gateway.Agent) { a.Objects = []string{"Account", "Lead"} }},
		{"AIM-20 Account with it", "", func(a *gateway.Agent) { a.Objects, a.AccountMatchField = []string{"Account"}, "Website" }},
		{"twice", "filled twice", lead(gateway.AgentField{Field: "Company", Source: "person.company"}, gateway.AgentField{Field: "Company", Default: "x"})},
		{"neither", "neither a source nor a default", lead(gateway.AgentField{Field: "Company"})},
		{"no source", "is no source", lead(gateway.AgentField{Field: "Company", Source: "company"})},
		{"nameless answer", "is no source", lead(gateway.AgentField{Field: "Company", Source: "answer."})},
		{"AIM-09 capture", "", lead(gateway.AgentField{Field: "Company", Source: "capture.firm"})},
		{"hidden field", "not shown", lead(gateway.AgentField{Field: "Secret__c", Default: "x"})},
		{"read-only field", "may only be read", lead(gateway.AgentField{Field: "CreatedDate", Default: "x"})},
		{"other type", "cannot take", lead(gateway.AgentField{Field: "NumberOfEmployees", Source: "person.email"})},
		{"AIM-10 default", "", lead(gateway.AgentField{Field: "NumberOfEmployees", Default: "1,000"})},
		{"AIM-10 impossible default", "cannot be written", lead(gateway.AgentField{Field: "NumberOfEmployees", Default: "many"})},
		{"AIM-10 default outside the list", "cannot be written", lead(gateway.AgentField{Field: "Rating", Default: "Warm"})},
		{"AIM-08 a field of an object that was never read", "", func(a *gateway.Agent) {
			a.Fields["Contact"] = []gateway.AgentField{{Field: "Any__c", Default: "x"}}
		}},
		{"AIM-23 filter", "", filter(gateway.Filter{Source: "answer.budget", Op: "contains", Value: "k", Object: "Lead"})},
		{"AIM-23 set needs no value", "", filter(gateway.Filter{Source: "person.email", Op: "set"})},
		{"filter without source", "needs a source", filter(gateway.Filter{Op: "set"})},
		{"filter of nothing", "is no source", filter(gateway.Filter{Source: "x", Op: "set"})},
		{"filter by another op", "compares by", filter(gateway.Filter{Source: "person.email", Op: "like", Value: "x"})},
		{"filter without value", "needs a value", filter(gateway.Filter{Source: "person.email", Op: "equals"})},
		{"filter of another object", "not Task", filter(gateway.Filter{Source: "person.email", Op: "set", Object: "Task"})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := good()
			tt.turn(&a)
			err := agent.Check(a, good(), gateway.DefaultAgents(), schemas)
			if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want %q", err, tt.says)
			}
		})
	}
}

func TestAFieldThatWentAwayHindersNoOtherChange(t *testing.T) {
	had := good()
	had.Fields["Lead"] = append(had.Fields["Lead"], gateway.AgentField{Field: "Gone__c", Default: "x"})
	a := had
	a.Name = "Renamed"
	if err := agent.Check(a, had, nil, schemas); err != nil {
		t.Error(err)
	}
	if err := agent.Check(a, good(), nil, schemas); err == nil {
		t.Error("a new line may name a field that is not there")
	}
}

func TestAConversationGivesItsSourcesElseTheDefaults_AIM10(t *testing.T) {
	a := good()
	a.Fields["Lead"] = append(a.Fields["Lead"],
		gateway.AgentField{Field: "NumberOfEmployees", Source: "answer.size"}, gateway.AgentField{Field: "Rating", Source: "answer.rating", Default: "Cold"},
		gateway.AgentField{Field: "Secret__c", Default: "x"})
	said := map[string]string{"person.last_name": " Ferrow ", "answer.size": "12 people", "answer.rating": "Hot"}
	given := agent.Fields(a, "Lead", schemas["Lead"], func(source string) string { return said[source] })
	fields, left := given.Fields, given.Left
	if !slices.Contains(given.Defaulted, "Company") || slices.Contains(given.Defaulted, "Rating") {
		t.Errorf("by default: %v", given.Defaulted)
	}
	want := gateway.Fields{"LastName": gateway.Text("Ferrow"), "Company": gateway.Text("unknown"), "Rating": gateway.Text("Hot")}
	if len(fields) != len(want) {
		t.Errorf("fields %v", fields)
	}
	for name, v := range want {
		if fields[name] != v {
			t.Errorf("%s is %s, want %s", name, fields[name], v)
		}
	}
	var names []string
	for _, o := range left {
		names = append(names, o.Field)
		if o.Reason == "" {
			t.Errorf("%s is left out without a reason", o.Field)
		}
	}
	if !slices.Equal(names, []string{"NumberOfEmployees", "Secret__c"}) {
		t.Errorf("left out %v", names)
	}
	if given := agent.Fields(a, "Contact", gateway.Schema{}, nil); len(given.Fields) != 0 {
		t.Errorf("AIM-08 a Contact got %v", given.Fields)
	}
}

func TestProcessFollowsFromTheObjects_AIM13(t *testing.T) {
	for _, tt := range []struct{ objects, want string }{
		{"Lead", "lead-first: Lead only"},
		{"Contact", "contact-based: Contact only"},
		{"Account Contact", "account-based: Account, then Contact"},
		{"Account", "Account only"},
		{"Account Lead", "Account, then Lead"},
		{"Contact Lead", "Contact, then Lead"},
		{"Lead Contact Account", "Account, then Contact, then Lead"},
		{"", "no object is chosen"},
	} {
		a := gateway.Agent{Enabled: true, Objects: strings.Fields(tt.objects)}
		if got := agent.Process(a); got != tt.want {
			t.Errorf("AIM-12 %q: %q", tt.objects, got)
		}
		a.Enabled = false
		if got := agent.Process(a); got != "nothing is sent" {
			t.Errorf("%q off: %q", tt.objects, got)
		}
	}
	if got := agent.Missing(gateway.Agent{Objects: []string{"Lead", "Account"}}); !slices.Equal(got, []string{"Account.Name", "Lead.LastName", "Lead.Company"}) {
		t.Errorf("missing %v", got)
	}
}
