package agent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tidegate/gateway"
)

// Body is all of an agent that an admin chooses, as forms, files and the audit
// log hold it.
type Body struct {
	Name string `json:"name"`
	gateway.Agent
}

// NewBody returns what is chosen of an agent. Lists that are empty are so, and
// not absent: the same agent is always the same text.
func NewBody(a gateway.Agent) Body {
	b := Body{Name: a.Name, Agent: a}
	b.Objects = slices.DeleteFunc(slices.Clone(gateway.AgentObjects[:]), func(o string) bool { return !slices.Contains(a.Objects, o) })
	for _, object := range a.Objects { // what no agent can write is refused by Check, not lost here
		if !slices.Contains(b.Objects, object) {
			b.Objects = append(b.Objects, object)
		}
	}
	b.Filters = append([]gateway.Filter{}, a.Filters...)
	b.Fields = map[string][]gateway.AgentField{}
	for object, lines := range a.Fields {
		if len(lines) > 0 {
			b.Fields[object] = lines
		}
	}
	return b
}

// Onto returns an agent as the body says; what is not chosen stays.
func (b Body) Onto(a gateway.Agent) gateway.Agent {
	a.Name, a.Enabled, a.Objects, a.Fields = b.Name, b.Enabled, b.Objects, b.Fields
	a.Filters, a.AccountMatchField = b.Filters, b.AccountMatchField
	return a
}

// Encode writes the body as JSON.
func (b Body) Encode() ([]byte, error) {
	text, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("writing an agent: %w", err)
	}
	return text, nil
}

// Decode reads a body; CodeInvalid for anything that is none.
func Decode(text []byte) (Body, error) {
	var b Body
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil {
		e := gateway.Errorf(gateway.CodeInvalid, "The agent cannot be read: %s.", strings.TrimPrefix(err.Error(), "json: "))
		return b, e
	}
	return NewBody(b.Onto(gateway.Agent{})), nil
}

// Change is one thing that differs between two agents, in words.
type Change struct{ Setting, Before, After string }

// Changes lists what differs between two bodies, in the order of the page.
func Changes(from, to Body) []Change {
	var out []Change
	add := func(setting, before, after string) {
		if before != after {
			out = append(out, Change{setting, before, after})
		}
	}
	add("Name", from.Name, to.Name)
	add("Send its conversations to Salesforce", onOff(from.Enabled), onOff(to.Enabled))
	add("Objects it writes", listOr(from.Objects, "none"), listOr(to.Objects, "none"))
	add("Account Match Field", listOr([]string{from.AccountMatchField}, "none"), listOr([]string{to.AccountMatchField}, "none"))
	for _, object := range fieldObjects(from, to) {
		for _, name := range fieldNames(from.Fields[object], to.Fields[object]) {
			add(object+"."+name, lineWords(from.Fields[object], name), lineWords(to.Fields[object], name))
		}
	}
	add("Filters", filterWords(from.Filters), filterWords(to.Filters))
	return out
}

// fieldObjects are the objects that either has lines of: the usual first.
func fieldObjects(from, to Body) []string {
	out := slices.Clone(gateway.AgentObjects[:])
	for _, b := range [...]Body{from, to} {
		var rest []string
		for object := range b.Fields {
			if !slices.Contains(out, object) {
				rest = append(rest, object)
			}
		}
		slices.Sort(rest)
		out = append(out, rest...)
	}
	return out
}

func fieldNames(a, b []gateway.AgentField) (names []string) {
	for _, line := range slices.Concat(a, b) {
		if !slices.Contains(names, line.Field) {
			names = append(names, line.Field)
		}
	}
	return names
}

func onOff(on bool) string { return map[bool]string{true: "on", false: "off"}[on] }

func listOr(names []string, none string) string {
	if text := strings.Join(names, ", "); text != "" {
		return text
	}
	return none
}

func lineWords(lines []gateway.AgentField, name string) string {
	for _, line := range lines {
		if line.Field != name {
			continue
		}
		switch {
		case line.Default == "":
			return "from " + line.Source
		case line.Source == "":
			return "always “" + line.Default + "”"
		}
		return "from " + line.Source + ", else “" + line.Default + "”"
	}
	return "not filled"
}

func filterWords(filters []gateway.Filter) string {
	words := make([]string, len(filters))
	for i, f := range filters {
		words[i] = FilterWords(f)
	}
	if words := strings.Join(words, " and "); words != "" {
		return words
	}
	return "everything is sent"
}

// FilterWords says one filter in words: "Lead: person.company equals Acme".
func FilterWords(f gateway.Filter) string {
	op := map[string]string{"equals": " equals ", "differs": " differs from ", "contains": " contains ", "set": " has a value", "empty": " is empty"}[f.Op]
	text := f.Source + op
	if f.Op != "set" && f.Op != "empty" {
		text += f.Value
	}
	if f.Object != "" {
		text = f.Object + ": " + text
	}
	return text
}
