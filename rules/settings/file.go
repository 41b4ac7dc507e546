package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"tidegate/gateway"
	"tidegate/rules/agent"
	"tidegate/rules/mapping"
)

// fileVersion is the layout of the file. A file of a later layout is refused.
const fileVersion = 1

// File is every setting of a workspace, to be kept beside the code, compared,
// and carried from a sandbox to production (UX 21). People stand in it by
// e-mail address, since ids differ between workspaces.
type File struct {
	Version  int                      `json:"tidegate"`
	Notes    gateway.NotesSettings    `json:"notes"`
	Objects  gateway.ObjectsSettings  `json:"objects"`
	Contacts gateway.ContactsSettings `json:"contacts"`
	Forecast gateway.ForecastSettings `json:"forecast"`
	Advanced gateway.AdvancedSettings `json:"advanced"`
	// Members are own Notes settings by e-mail address.
	Members map[string]gateway.NotesSettings `json:"members"`
	// Fields are the mappings by object and field.
	Fields map[string]map[string]FileField `json:"fields"`
	// Topics are by slug, Agents by their id in the product. What a file does
	// not name of them stays: neither is ever taken away.
	Topics map[string]FileTopic  `json:"topics"`
	Agents map[string]agent.Body `json:"agents"`
}

// FileField is how one field travels, as a file says it.
type FileField struct {
	Editable  bool           `json:"editable"`
	Topic     string         `json:"topic,omitempty"`
	Direction string         `json:"direction,omitempty"`
	WriteMode string         `json:"write_mode,omitempty"`
	Winner    gateway.Winner `json:"winner,omitempty"`
	// Source is the product property that fills the field where no topic does.
	Source      string `json:"source,omitempty"`
	DisplayName string `json:"display_name,omitempty"`
	Default     string `json:"default,omitempty"`
}

// NewFileField says how a mapping travels.
func NewFileField(m gateway.Mapping) FileField {
	return FileField{
		Editable: m.Editable, Topic: m.Topic, Direction: m.Direction, WriteMode: m.WriteMode, Winner: m.Winner,
		Source: m.Source, DisplayName: m.DisplayName, Default: m.Default,
	}
}

// Onto returns the mapping with what the file says of it; the rest stays.
func (f FileField) Onto(m gateway.Mapping) gateway.Mapping {
	m.Editable, m.Topic, m.Direction, m.WriteMode, m.Winner = f.Editable, f.Topic, f.Direction, f.WriteMode, f.Winner
	m.Source, m.DisplayName, m.Default = f.Source, f.DisplayName, f.Default
	return m
}

// Settings returns the organization's settings of the file.
func (f File) Settings() gateway.Settings {
	return gateway.Settings{Notes: f.Notes, Objects: f.Objects, Contacts: f.Contacts, Forecast: f.Forecast, Advanced: f.Advanced}
}

// NewFile puts a workspace's settings into a file. email gives the address of
// a member's id; a member who is gone is left out.
func NewFile(org gateway.Settings, own map[string]gateway.NotesSettings, mappings []gateway.Mapping, email map[string]string) File {
	f := File{
		Version: fileVersion, Notes: org.Notes, Objects: org.Objects, Contacts: org.Contacts, Forecast: org.Forecast, Advanced: org.Advanced,
		Members: map[string]gateway.NotesSettings{}, Fields: map[string]map[string]FileField{},
	}
	f.Notes.Pilot.Members = translate(org.Notes.Pilot.Members, email)
	for id, notes := range own {
		if address, ok := email[id]; ok {
			notes.Locked, notes.Pilot = false, gateway.PilotSettings{Members: []string{}} // the organization's alone
			f.Members[address] = notes
		}
	}
	for _, m := range mappings {
		if f.Fields[m.Object] == nil {
			f.Fields[m.Object] = map[string]FileField{}
		}
		f.Fields[m.Object][m.Field] = NewFileField(m)
	}
	return f
}

func translate(names []string, dictionary map[string]string) []string {
	out := []string{}
	for _, name := range names {
		if word, ok := dictionary[name]; ok {
			out = append(out, word)
		}
	}
	return out
}

// YAML writes the file. The same settings always give the same text.
func (f File) YAML() ([]byte, error) {
	text, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("writing settings: %w", err)
	}
	// JSON is YAML: read as such it keeps the order of the struct, and only its
	// style changes.
	var node yaml.Node
	if err := yaml.Unmarshal(text, &node); err != nil {
		return nil, fmt.Errorf("writing settings: %w", err)
	}
	plainStyle(&node)
	return yaml.Marshal(&node)
}

func plainStyle(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode && n.Kind != yaml.MappingNode || len(n.Content) > 0 {
		n.Style = 0 // an empty list or map stays "[]" or "{}"
	}
	for _, c := range n.Content {
		plainStyle(c)
	}
}

// ReadFile reads a file over standing, what the workspace has now: a setting
// that the file does not name stays, and what it names is whole. Errors are
// CodeInvalid and say where.
func ReadFile(text []byte, standing File) (File, error) {
	parts, err := sections(text)
	if err != nil {
		return File{}, err
	}
	var version int
	if err := json.Unmarshal(parts["tidegate"], &version); err != nil || version != fileVersion {
		return File{}, gateway.Errorf(gateway.CodeInvalid, "The file must begin with “tidegate: %d”, the layout that this version reads.", fileVersion)
	}
	s := standing.Settings()
	for _, tab := range gateway.Tabs {
		body, named := parts[string(tab)]
		if !named {
			continue
		}
		if err := Decode(&s, tab, body); err != nil {
			return File{}, unreadable(string(tab), err)
		}
		if err := Validate(s, tab); err != nil {
			return File{}, err
		}
	}
	out := File{Version: fileVersion, Notes: s.Notes, Objects: s.Objects, Contacts: s.Contacts, Forecast: s.Forecast, Advanced: s.Advanced}
	if out.Members, err = readMembers(parts["members"], standing); err != nil {
		return File{}, err
	}
	if out.Fields, err = readFields(parts["fields"], standing); err != nil {
		return File{}, err
	}
	if out.Topics, err = readTopics(parts["topics"], standing); err != nil {
		return File{}, err
	}
	out.Agents, err = readAgents(parts["agents"], standing)
	return out, err
}

// sectionNames are what a file may hold.
var sectionNames = []string{"tidegate", "notes", "objects", "contacts", "forecast", "advanced", "members", "fields", "topics", "agents"}

// sections reads YAML into the JSON of its parts.
func sections(text []byte) (map[string]json.RawMessage, error) {
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, gateway.Errorf(gateway.CodeInvalid, "The file is not YAML: %s.", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	parts := map[string]json.RawMessage{}
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		if !slices.Contains(sectionNames, name) {
			return nil, gateway.Errorf(gateway.CodeInvalid, "The file has a part %q; it may have %s.", name, strings.Join(sectionNames, ", "))
		}
		body, err := json.Marshal(tree[name])
		if err != nil {
			return nil, unreadable(name, err)
		}
		parts[name] = body
	}
	return parts, nil
}

// unreadable says which part of the file is wrong and how.
func unreadable(part string, err error) error {
	why := err.Error()
	if e, ok := errors.AsType[*gateway.Error](err); ok && e.Cause != nil {
		why = e.Cause.Error()
	}
	for _, prefix := range []string{"decoding settings: ", "json: "} {
		why = strings.TrimPrefix(why, prefix)
	}
	return gateway.Errorf(gateway.CodeInvalid, "The part %q of the file cannot be read: %s.", part, why)
}

// readMembers lays the members that the file names over those that have own
// values now.
func readMembers(body json.RawMessage, standing File) (map[string]gateway.NotesSettings, error) {
	out := maps.Clone(standing.Members)
	if body == nil {
		return out, nil
	}
	var named map[string]json.RawMessage
	if err := decodeOne(body, &named); err != nil {
		return nil, unreadable("members", err)
	}
	for _, address := range slices.Sorted(maps.Keys(named)) {
		s := standing.Settings()
		s.Notes = standing.Notes
		if own, ok := standing.Members[address]; ok {
			s.Notes = own
		}
		if err := Decode(&s, gateway.TabNotes, named[address]); err != nil {
			return nil, unreadable("members, "+address, err)
		}
		if err := Validate(s, gateway.TabNotes); err != nil {
			return nil, err
		}
		if out == nil {
			out = map[string]gateway.NotesSettings{}
		}
		out[address] = s.Notes
	}
	return out, nil
}

// readFields lays the objects that the file names over the mappings that are
// there now; an object that it names has exactly the named fields.
func readFields(body json.RawMessage, standing File) (map[string]map[string]FileField, error) {
	out := maps.Clone(standing.Fields)
	if body == nil {
		return out, nil
	}
	var named map[string]map[string]FileField
	if err := decodeOne(body, &named); err != nil {
		return nil, unreadable("fields", err)
	}
	if out == nil {
		out = map[string]map[string]FileField{}
	}
	for _, object := range slices.Sorted(maps.Keys(named)) {
		for _, name := range slices.Sorted(maps.Keys(named[object])) {
			if err := named[object][name].check(object, name); err != nil {
				return nil, err
			}
		}
		out[object] = named[object]
	}
	return out, nil
}

func (f FileField) check(object, name string) error {
	for _, part := range []struct {
		what, value string
		allowed     []string
	}{
		{"direction", f.Direction, []string{"", mapping.Inbound, mapping.Outbound, mapping.Bidirectional}},
		{"write_mode", f.WriteMode, []string{"", mapping.Overwrite, mapping.Fill, mapping.Append, mapping.Never}},
		{"winner", string(f.Winner), []string{"", "salesforce", "product", "recent", "ask"}},
	} {
		if !slices.Contains(part.allowed, part.value) {
			return gateway.Errorf(gateway.CodeInvalid, "%s.%s: %s is %q; it may be %s.", object, name, part.what, part.value, strings.Join(part.allowed[1:], ", "))
		}
	}
	if f.Topic != "" && f.Source != "" {
		return gateway.Errorf(gateway.CodeInvalid, "%s.%s has a topic and a source; a field is filled from one of them.", object, name)
	}
	if !apiName(object) || !apiName(name) {
		return gateway.Errorf(gateway.CodeInvalid, "“%s.%s” is not the API name of a field.", object, name)
	}
	return nil
}

// FileChange is one thing that applying a file would change, in words.
type FileChange struct {
	Where, Setting, Before, After string
}

// PlanFile lists what differs between two files, in the order of the pages.
func PlanFile(from, to File) ([]FileChange, error) {
	var out []FileChange
	for _, tab := range gateway.Tabs {
		changes, err := planTab(tab, tab.Title(), from.Settings(), to.Settings())
		if err != nil {
			return nil, err
		}
		out = append(out, changes...)
	}
	for _, address := range keysOf(from.Members, to.Members) {
		a, b := from.Settings(), to.Settings()
		if own, ok := from.Members[address]; ok {
			a.Notes = own
		}
		if own, ok := to.Members[address]; ok {
			b.Notes = own
		}
		changes, err := planTab(gateway.TabNotes, "Notes of "+address, a, b)
		if err != nil {
			return nil, err
		}
		out = append(out, changes...)
	}
	for _, object := range keysOf(from.Fields, to.Fields) {
		for _, name := range keysOf(from.Fields[object], to.Fields[object]) {
			before, had := from.Fields[object][name]
			after, has := to.Fields[object][name]
			if before != after || had != has {
				out = append(out, FileChange{"Objects", object + "." + name, before.words(had), after.words(has)})
			}
		}
	}
	return append(out, planTopicsAgents(from, to)...), nil
}

func planTab(tab gateway.Tab, where string, from, to gateway.Settings) ([]FileChange, error) {
	before, err := Encode(from, tab)
	if err != nil {
		return nil, err
	}
	after, err := Encode(to, tab)
	if err != nil {
		return nil, err
	}
	differences, err := Diff(tab, before, after)
	var out []FileChange
	for _, d := range differences {
		out = append(out, FileChange{where, Label(tab, d.Name), Words(tab, d.Name, d.Before), Words(tab, d.Name, d.After)})
	}
	return out, err
}

func keysOf[V any](a, b map[string]V) []string {
	names := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(names)
	return slices.Compact(names)
}

// words say how a field travels.
func (f FileField) words(mapped bool) string {
	if !mapped {
		return "not imported"
	}
	parts := []string{"not editable"}
	if f.Editable {
		parts[0] = "editable"
	}
	for _, p := range []struct{ name, value string }{
		{"topic", f.Topic},
		{"direction", f.Direction},
		{"write mode", f.WriteMode},
		{"winner", string(f.Winner)},
		{"source", f.Source},
		{"display name", f.DisplayName},
		{"default", f.Default},
	} {
		if p.value != "" {
			parts = append(parts, p.name+" "+p.value)
		}
	}
	return strings.Join(parts, ", ")
}
