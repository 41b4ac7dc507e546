// Package agent decides about the product's conversation agents: what no agent
// can be, and what a conversation gives the records that its agent writes.
package agent

import (
	"slices"
	"strings"
	"unicode/utf8"

	"tidegate/gateway"
	"tidegate/rules/mapping"
)

// Bounds of an agent.
const (
	maxName    = 60  // characters
	maxID      = 100 // characters
	maxFields  = 100 // of one object
	maxFilters = 20
	// Most is how many agents a workspace has at most.
	Most = 100
)

// Open prefixes begin sources that an agent names itself: a qualification
// answer, a field of the product's Data Capture (AIM-09).
const (
	Answer  = "answer."
	Capture = "capture."
)

// Sources are what a field can be filled from, beside the open ones: the
// standard fields of a lead, and the conversation itself (AIM-09).
func Sources() []mapping.Source {
	var out []mapping.Source
	for _, s := range mapping.Sources("Lead", nil) {
		if strings.HasPrefix(s.Key, "person.") {
			out = append(out, s)
		}
	}
	return append(out,
		mapping.Source{Key: "person.domain", Label: "Domain of the e-mail", Group: "Person", Kind: mapping.KindText},
		mapping.Source{Key: "conversation.url", Label: "Link to the conversation", Group: "Conversation", Kind: mapping.KindURL},
		mapping.Source{Key: "conversation.started_at", Label: "Start", Group: "Conversation", Kind: mapping.KindMoment},
		mapping.Source{Key: "conversation.channel", Label: "Channel", Group: "Conversation", Kind: mapping.KindText})
}

// Schemas gives the describe of an object; one that was never read is empty.
type Schemas map[string]gateway.Schema

// Check refuses what no agent can be. had is the agent as it stands: a line of
// its mapping that stays is not asked of describe again, so that a field that
// went away hinders no other change. The error is CodeInvalid; its Fields name
// the control: id, name, objects, account_match_field, filters, or the object
// whose mapping is meant.
func Check(a, had gateway.Agent, all []gateway.Agent, schemas Schemas) error {
	switch {
	case !properID(a.ID):
		return gateway.InvalidField("id", "The id is the product's own of this agent: up to %d letters, digits, dots, hyphens or underscores.", maxID)
	case utf8.RuneCountInString(a.Name) == 0 || utf8.RuneCountInString(a.Name) > maxName:
		return gateway.InvalidField("name", "Give the agent a name of up to %d characters.", maxName)
	case slices.ContainsFunc(all, func(o gateway.Agent) bool { return o.ID != a.ID && strings.EqualFold(o.Name, a.Name) }):
		return gateway.InvalidField("name", "Another agent has this name already. Choose another.")
	case a.Enabled && len(a.Objects) == 0:
		return gateway.InvalidField("objects", "Choose at least one object, or switch the agent off.")
	}
	for _, object := range a.Objects {
		if !slices.Contains(gateway.AgentObjects[:], object) {
			return gateway.InvalidField("objects", "An agent writes Leads, Contacts and Accounts, not %s.", object)
		}
	}
	if slices.Contains(a.Objects, "Account") && a.AccountMatchField == "" {
		return gateway.InvalidField("account_match_field", "Choose the Account Match Field: without it nobody can tell which Account a domain belongs to.")
	}
	for _, object := range gateway.AgentObjects {
		if err := checkFields(object, a.Fields[object], had.Fields[object], schemas[object]); err != nil {
			return err
		}
	}
	return checkFilters(a.Filters)
}

func properID(id string) bool {
	for _, r := range id {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_' {
			return false
		}
	}
	return id != "" && len(id) <= maxID && strings.Trim(id, ".") != "" // "." and ".." are steps of an address
}

func checkFields(object string, fields, had []gateway.AgentField, s gateway.Schema) error {
	if len(fields) > maxFields {
		return gateway.InvalidField(object, "An agent fills up to %d fields of %s. Leave some out.", maxFields, object)
	}
	for i, line := range fields {
		if slices.ContainsFunc(fields[:i], func(o gateway.AgentField) bool { return o.Field == line.Field }) {
			return gateway.InvalidField(object, "%s.%s is filled twice. Leave one of the lines out.", object, line.Field)
		}
		if line.Source == "" && line.Default == "" {
			return gateway.InvalidField(object, "%s.%s has neither a source nor a default. Give one, or leave the line out.", object, line.Field)
		}
		if err := checkSource(line.Source); err != nil {
			return gateway.InvalidField(object, "%s.%s: %s", object, line.Field, err.Error())
		}
		if slices.Contains(had, line) {
			continue
		}
		if err := checkTarget(object, line, s); err != nil {
			return err
		}
	}
	return nil
}

// checkTarget asks describe; an object that was never read is not judged.
func checkTarget(object string, line gateway.AgentField, s gateway.Schema) error {
	if len(s.Fields) == 0 {
		return nil
	}
	f, known := s.Field(line.Field)
	switch {
	case !known:
		return gateway.InvalidField(object, "%s.%s is not shown to the connected user. Choose another field.", object, line.Field)
	case !f.Createable && !f.Updateable:
		return gateway.InvalidField(object, "%s.%s may only be read. Choose another field.", object, line.Field)
	}
	if i := slices.IndexFunc(Sources(), func(o mapping.Source) bool { return o.Key == line.Source }); i >= 0 && f.Updateable {
		if ok, _ := mapping.Takes(f, Sources()[i].Kind); !ok {
			return gateway.InvalidField(object, "%s.%s cannot take %s: its type is %s. Choose another source.", object, line.Field, line.Source, f.Type)
		}
	}
	if line.Default == "" {
		return nil
	}
	if _, err := mapping.ParseInput(f, line.Default); err != nil {
		return gateway.InvalidField(object, "The default of %s.%s cannot be written: %s", object, line.Field, err.Error())
	}
	return nil
}

// checkSource accepts a known source, or an open one with a name.
func checkSource(source string) error {
	if source == "" || slices.ContainsFunc(Sources(), func(s mapping.Source) bool { return s.Key == source }) {
		return nil
	}
	for _, open := range [...]string{Answer, Capture} {
		if name, ok := strings.CutPrefix(source, open); ok && name != "" && len(source) <= maxID {
			return nil
		}
	}
	return gateway.Errorf(gateway.CodeInvalid, "“%s” is no source. Use one of the list, “answer.” and the name of a qualification answer, or “capture.” and the name of a captured field.", source)
}

func checkFilters(filters []gateway.Filter) error {
	if len(filters) > maxFilters {
		return gateway.InvalidField("filters", "An agent has up to %d filters. Leave some out.", maxFilters)
	}
	for _, f := range filters {
		switch err := checkSource(f.Source); {
		case err != nil:
			return gateway.InvalidField("filters", "Filter: %s", err.Error())
		case f.Source == "":
			return gateway.InvalidField("filters", "A filter needs a source, such as “answer.budget”.")
		case !slices.Contains(gateway.FilterOps[:], f.Op):
			return gateway.InvalidField("filters", "A filter compares by one of %s.", strings.Join(gateway.FilterOps[:], ", "))
		case f.Object != "" && !slices.Contains(gateway.AgentObjects[:], f.Object):
			return gateway.InvalidField("filters", "A filter concerns Leads, Contacts, Accounts or all of them, not %s.", f.Object)
		case f.Value == "" && f.Op != "set" && f.Op != "empty":
			return gateway.InvalidField("filters", "The filter on %s needs a value to compare with.", f.Source)
		}
	}
	return nil
}

// Omission is a mapped field that cannot take what a conversation gives it,
// with the reason.
type Omission struct{ Field, Reason string }

// Given is what a conversation gives a record.
type Given struct {
	Fields gateway.Fields
	// Defaulted are those of the fields whose source said nothing (AIM-10).
	Defaulted []string
	Left      []Omission
}

// Fields returns what a conversation gives an object by its agent's mapping:
// the source's value, else the default (AIM-10). value gives the text of a
// source, "" when the conversation has none. What Salesforce would refuse is
// left out with its reason. An object that was never read is not judged.
func Fields(a gateway.Agent, object string, s gateway.Schema, value func(source string) string) Given {
	g := Given{Fields: gateway.Fields{}}
	for _, line := range a.Fields[object] {
		text := ""
		if line.Source != "" {
			text = strings.TrimSpace(value(line.Source))
		}
		defaulted := text == ""
		if defaulted {
			text = line.Default
		}
		if text == "" {
			continue
		}
		v, why := taken(s, line.Field, text)
		if why != "" {
			g.Left = append(g.Left, Omission{line.Field, why})
			continue
		}
		g.Fields[line.Field] = v
		if defaulted {
			g.Defaulted = append(g.Defaulted, line.Field)
		}
	}
	return g
}

// taken reads a text as a value of a field; why says why it cannot be one.
func taken(s gateway.Schema, field, text string) (v gateway.Value, why string) {
	if len(s.Fields) == 0 {
		return gateway.Text(text), ""
	}
	f, known := s.Field(field)
	if !known {
		return "", "Salesforce does not show this field to the connected user."
	}
	if f.Type == gateway.TypeDate && len(text) > len("2006-01-02") && text[len("2006-01-02")] == 'T' {
		text = text[:len("2006-01-02")]
	}
	v, err := mapping.ParseInput(f, text)
	if err != nil {
		return "", err.Error()
	}
	return v, ""
}

// required are the fields without which Salesforce creates no record.
var required = map[string][]string{"Lead": {"LastName", "Company"}, "Contact": {"LastName"}, "Account": {"Name"}}

// Missing lists required fields of the objects that an agent writes which
// neither a source nor a default fills, as "Lead.Company".
func Missing(a gateway.Agent) []string {
	var out []string
	for _, object := range gateway.AgentObjects {
		if !slices.Contains(a.Objects, object) {
			continue
		}
		for _, name := range required[object] {
			if !slices.ContainsFunc(a.Fields[object], func(l gateway.AgentField) bool { return l.Field == name }) {
				out = append(out, object+"."+name)
			}
		}
	}
	return out
}

// Process names how an agent's conversations become records, in a sentence's
// middle (AIM-13).
func Process(a gateway.Agent) string {
	lead, contact, account := a.Writes("Lead"), a.Writes("Contact"), a.Writes("Account")
	switch {
	case !a.Enabled:
		return "nothing is sent"
	case account && contact && lead:
		return "Account, then Contact, then Lead"
	case account && contact:
		return "account-based: Account, then Contact"
	case account && lead:
		return "Account, then Lead"
	case account:
		return "Account only"
	case contact && lead:
		return "Contact, then Lead"
	case contact:
		return "contact-based: Contact only"
	case lead:
		return "lead-first: Lead only"
	default:
		return "no object is chosen"
	}
}
