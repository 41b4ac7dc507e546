package gateway

import (
	"strings"
	"time"
)

// DefaultAgent is the id of the agent that every workspace has. What a
// conversation names no known agent for goes by it.
const DefaultAgent = "default"

// AgentObjects are the objects that an agent may write, in the order in which
// they are written: a Contact needs its Account, a Lead comes last (AIM-12).
var AgentObjects = [...]string{"Account", "Contact", "Lead"}

// Agent is one of the product's conversation agents, with what becomes of its
// conversations in Salesforce (AIM-19). Two agents may differ in everything.
type Agent struct {
	ID      string `json:"-"` // the product's own id of it
	Name    string `json:"-"`
	Enabled bool   `json:"enabled"` // false: nothing of its conversations is sent
	// Objects are those of AgentObjects that it writes; Lead alone by default
	// (AIM-01).
	Objects []string `json:"objects"`
	// Fields are the mappings by object; each object has its own (AIM-08).
	Fields map[string][]AgentField `json:"fields"`
	// Filters must all hold, else nothing is sent (AIM-23).
	Filters []Filter `json:"filters"`
	// AccountMatchField is the field of Account that is compared with the
	// domain of the lead's e-mail; needed where Account is written (AIM-20).
	AccountMatchField string    `json:"account_match_field"`
	Revision          int64     `json:"-"` // 0 = as the product brings it, never saved here
	By                string    `json:"-"`
	At                time.Time `json:"-"`
}

// AgentField is one line of an agent's mapping.
type AgentField struct {
	Field string `json:"field"` // API name in Salesforce
	// Source names a value of the conversation: "person.email", "answer.budget",
	// "capture.plan"; "" = always Default.
	Source string `json:"source"`
	// Default is written where the source is empty (AIM-10), as text that fits
	// the field's type; "" = none.
	Default string `json:"default"`
}

// Writes reports whether the agent writes an object.
func (a Agent) Writes(object string) bool {
	for _, o := range a.Objects {
		if o == object {
			return a.Enabled
		}
	}
	return false
}

// DefaultAgents returns the agents that every workspace begins with: one that
// writes Leads from what leads are known by.
func DefaultAgents() []Agent {
	person := func(pairs ...string) []AgentField {
		var out []AgentField
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, AgentField{Field: pairs[i], Source: "person." + pairs[i+1]})
		}
		return out
	}
	lead := person("FirstName", "first_name", "LastName", "last_name", "Email", "email", "Phone", "phone", "Company", "company", "Title", "title")
	lead[4].Default = "[not provided]" // Salesforce requires it of a Lead
	return []Agent{{
		ID: DefaultAgent, Name: "Default agent", Enabled: true, Objects: []string{"Lead"}, Filters: []Filter{}, AccountMatchField: "Website",
		Fields: map[string][]AgentField{
			"Lead":    lead,
			"Contact": person("FirstName", "first_name", "LastName", "last_name", "Email", "email", "Phone", "phone", "Title", "title"),
			"Account": person("Name", "company", "Website", "domain"),
		},
	}}
}

// AgentNamed returns the agent with an id, else the one with that name in any
// case, else the zero Agent.
func AgentNamed(agents []Agent, name string) Agent {
	var found Agent
	for _, a := range agents {
		if a.ID == name {
			return a
		}
		if name != "" && strings.EqualFold(a.Name, name) {
			found = a
		}
	}
	return found
}

// AgentOf returns the agent with an id or name, else the default one, else the
// zero Agent.
func AgentOf(agents []Agent, name string) Agent {
	if a := AgentNamed(agents, name); a.ID != "" {
		return a
	}
	return AgentNamed(agents, DefaultAgent)
}
