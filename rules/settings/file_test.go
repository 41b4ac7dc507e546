package settings_test

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tidegate/gateway"
	"tidegate/rules/settings"
)

func sampleFile(s gateway.Settings) settings.File {
	s.Notes.Pilot.Members = []string{"m1", "gone"}
	own := s.Notes
	own.CallNotes = []string{"note"}
	return settings.NewFile(s, map[string]gateway.NotesSettings{"m2": own, "gone": own}, []gateway.Mapping{
		{Object: "Contact", Field: "Title", Editable: true},
		{Object: "Opportunity", Field: "NextStep", Topic: "action-items", WriteMode: "append", Winner: gateway.WinnerProduct, Direction: "outbound"},
	}, map[string]string{"m1": "ann@example.com", "m2": "max@example.com"}).WithTopics(gateway.DefaultTopics(), gateway.DefaultAgents())
}

func TestFileIsReadableAndReadsBackTheSame_UX21(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := sampleFile(draw(t, "settings")).WithTopics(drawTopics(t), drawAgents(t))
		text, err := f.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := settings.ReadFile(text, settings.File{})
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if changes, err := settings.PlanFile(f, again); err != nil || len(changes) > 0 {
			t.Fatalf("reading back changes %v (%v)", changes, err)
		}
		twice, err := again.YAML()
		if err != nil || string(twice) != string(text) {
			t.Fatalf("written again (%v):\n%s\nfirst\n%s", err, twice, text)
		}
	})
}

func TestFileNamesPeopleByAddressAndKeepsTheOrder(t *testing.T) {
	text, err := sampleFile(gateway.DefaultSettings()).YAML()
	if err != nil {
		t.Fatal(err)
	}
	s := string(text)
	for _, want := range []string{"tidegate: 1\n", "\nnotes:\n    auto_events: true\n    meeting_notes:\n        - event\n", "- ann@example.com\n", "\n    max@example.com:\n", "    Opportunity:\n        NextStep:\n", "topic: action-items\n"} {
		if !strings.Contains(s, want) {
			t.Errorf("no %q in\n%s", want, s)
		}
	}
	if strings.Contains(s, "gone") || strings.Contains(s, `"`+"tidegate") {
		t.Errorf("file\n%s", s)
	}
	last := -1
	for _, part := range []string{"tidegate:", "\nnotes:", "\nobjects:", "\ncontacts:", "\nforecast:", "\nadvanced:", "\nmembers:", "\nfields:", "\ntopics:", "\nagents:"} {
		at := strings.Index(s, part)
		if at <= last {
			t.Errorf("%q is out of order", part)
		}
		last = at
	}
}

func TestFileLeavesAloneWhatItDoesNotName(t *testing.T) {
	standing := sampleFile(gateway.DefaultSettings())
	got, err := settings.ReadFile([]byte("tidegate: 1\nnotes:\n  auto_events: false\nfields:\n  Contact:\n    Email: {editable: true}\n"), standing)
	if err != nil {
		t.Fatal(err)
	}
	changes, err := settings.PlanFile(standing, got)
	if err != nil {
		t.Fatal(err)
	}
	want := []settings.FileChange{
		{"Notes", "Create Events automatically", "On", "Off"},
		{"Objects", "Contact.Email", "not imported", "editable"},
		{"Objects", "Contact.Title", "editable", "not imported"},
	}
	if !reflect.DeepEqual(changes, want) {
		t.Errorf("changes %v, want %v", changes, want)
	}
}

func TestBadFilesAreRefusedWithTheirPlace(t *testing.T) {
	tests := map[string]string{
		"":                              "must begin with",
		"tidegate: 2":                   "must begin with",
		"tidegate: 1\nnotes: [":         "is not YAML",
		"tidegate: 1\nnote: {}":         `a part "note"`,
		"tidegate: 1\nnotes: {auto: 1}": `The part "notes" of the file cannot be read: unknown field "auto"`,
		"tidegate: 1\nnotes: 7":         `The part "notes"`,
		"tidegate: 1\nforecast: {period: yearly}":                                    "monthly or quarterly",
		"tidegate: 1\nmembers: {ann@example.com: {meeting_notes: [fax]}}":            "Notes go to",
		"tidegate: 1\nfields: {Contact: {Title: {winner: me}}}":                      "Contact.Title: winner is \"me\"",
		"tidegate: 1\nfields: {Contact: {\"a b\": {editable: true}}}":                "is not the API name of a field",
		"tidegate: 1\nfields: {Contact: {Title: {edit: true}}}":                      `unknown field "edit"`,
		"tidegate: 1\ntopics: {Next Steps: {name: Next}}":                            "is no slug",
		"tidegate: 1\ntopics: {next: {name: \"\", order: 1}}":                        "topics, next: Give the topic a name",
		"tidegate: 1\ntopics: {next: {names: x}}":                                    `unknown field "names"`,
		"tidegate: 1\nagents: {web: {name: Web, enabled: true, objects: [Account]}}": "agents, web: Choose the Account Match Field",
		"tidegate: 1\nagents: {web: {name: Web, enabled: true, objects: [Case]}}":    "not Case",
		"tidegate: 1\nagents: {web: {nom: Web}}":                                     `unknown field "nom"`,
		"tidegate: 1\ntidegate: 1":                                                   "already defined",
	}
	for text, want := range tests {
		_, err := settings.ReadFile([]byte(text), settings.File{})
		if gateway.CodeOf(err) != gateway.CodeInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzReadFile(f *testing.F) {
	text, _ := sampleFile(gateway.DefaultSettings()).YAML()
	f.Add(text)
	f.Add([]byte("tidegate: 1\nnotes: &a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := settings.ReadFile(text, sampleFile(gateway.DefaultSettings()))
		if err != nil {
			return
		}
		if _, err := got.YAML(); err != nil {
			t.Errorf("read but not written: %v", err)
		}
	})
}

func drawTopics(t *rapid.T) []gateway.Topic {
	all := gateway.DefaultTopics()
	for i := range all {
		if rapid.Bool().Draw(t, "renamed") {
			all[i].Name += rapid.StringMatching(`[ a-zA-Z:#'-]{0,20}x`).Draw(t, "name")
		}
		all[i].Archived, all[i].Order = rapid.Bool().Draw(t, "archived"), rapid.IntRange(1, 999).Draw(t, "order")
	}
	return all
}

func drawAgents(t *rapid.T) []gateway.Agent {
	all := append(gateway.DefaultAgents(), gateway.Agent{ID: "web.1", Name: "Web"})
	for i := range all {
		a := &all[i]
		a.Objects = rapid.SampledFrom([][]string{{"Lead"}, {"Lead", "Contact"}, {"Account", "Contact", "Lead"}}).Draw(t, "objects")
		a.AccountMatchField, a.Enabled = rapid.SampledFrom([]string{"Website", "Domain__c"}).Draw(t, "match"), rapid.Bool().Draw(t, "on")
		a.Filters = rapid.SampledFrom([][]gateway.Filter{nil, {{Source: "answer.x", Op: "equals", Value: "a: b"}}}).Draw(t, "filters")
		a.Fields = map[string][]gateway.AgentField{"Lead": rapid.SampledFrom([][]gateway.AgentField{nil, {{Field: "LastName", Source: "person.last_name", Default: "# none"}}}).Draw(t, "fields")}
	}
	return all
}
