package settings_test

import (
	"reflect"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/rules/settings"
)

func bodyOf(t *testing.T, b settings.ObjectBody) []byte {
	t.Helper()
	text, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Import, removal and change of a field are told apart, and two people's
// changes of one object are brought together (AVM-30, UX 18).
func TestAnObjectsPageIsComparedAndMergedFieldByField_UX18(t *testing.T) {
	mappings := map[string]gateway.Mapping{
		"NextStep": {Field: "NextStep", Editable: true, Topic: "next-steps", By: "Ann", Revision: 4},
		"Amount":   {Field: "Amount"}, // nothing chosen, yet imported
	}
	base := settings.NewObjectBody("Opportunity", gateway.ObjectsSettings{Writeback: map[string]bool{"Opportunity": true}}, mappings)
	ours := settings.NewObjectBody("Opportunity", gateway.ObjectsSettings{}, mappings)
	delete(ours.Fields, "Amount")
	ours.Fields["Type"] = settings.BodyField{Imported: true, Product: "meeting.title"}
	theirs := settings.NewObjectBody("Opportunity", gateway.ObjectsSettings{Writeback: map[string]bool{"Opportunity": true}}, mappings)
	theirs.Fields["NextStep"] = settings.BodyField{Imported: true, Editable: true, Product: "topic:pain", Winner: gateway.WinnerAsk}

	merged, overlaps, err := settings.Merge(gateway.TabObjects, bodyOf(t, base), bodyOf(t, theirs), bodyOf(t, ours), nil)
	if err != nil || len(overlaps) > 0 {
		t.Fatalf("%v %v", overlaps, err)
	}
	got, err := settings.DecodeObject(merged)
	if err != nil {
		t.Fatal(err)
	}
	want := settings.ObjectBody{Fields: map[string]settings.BodyField{"NextStep": theirs.Fields["NextStep"], "Type": ours.Fields["Type"]}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("merged %+v", got)
	}

	differences, err := settings.Diff(gateway.TabObjects, bodyOf(t, base), bodyOf(t, got))
	if err != nil {
		t.Fatal(err)
	}
	schema := gateway.Schema{Fields: []gateway.Field{{Name: "NextStep", Label: "Next Step"}}}
	sources := mapping.Sources("Opportunity", []gateway.Topic{{Slug: "pain", Name: "Pain Points"}})
	var told []string
	for _, d := range differences {
		told = append(told, settings.ObjectLabel(d.Name, schema)+": "+settings.ObjectWords(d.Name, d.Before, sources)+" → "+settings.ObjectWords(d.Name, d.After, sources))
	}
	if want := []string{
		"Amount › Imported: yes → no",
		"Next Step › Product Property: next-steps → Pain Points",
		"Next Step › Conflict winner: Not chosen → Ask a person",
		"Type › Imported: no → yes",
		"Type › Product Property: Not mapped → Title",
		"Sync to Salesforce: on → off",
	}; !reflect.DeepEqual(told, want) {
		t.Errorf("told %q", told)
	}
	if m := got.Fields["NextStep"].Onto(mappings["NextStep"]); m.Topic != "pain" || m.Winner != gateway.WinnerAsk || m.By != "Ann" || m.Revision != 4 || !m.Imported {
		t.Errorf("onto %+v", m)
	}
	if _, err := settings.DecodeObject([]byte(`{"fields":[]}`)); gateway.CodeOf(err) != gateway.CodeInvalid {
		t.Errorf("a broken body is %v", err)
	}
}

func TestEveryPartOfAFieldHasWords(t *testing.T) {
	before := settings.ObjectBody{Fields: map[string]settings.BodyField{"X": {Imported: true}}}
	after := settings.ObjectBody{Fields: map[string]settings.BodyField{"X": {
		Imported: true, Editable: true, Product: "meeting.title", Direction: mapping.Outbound, WriteMode: mapping.Fill,
		Winner: gateway.WinnerRecent, DisplayName: "Ex", Default: "1",
	}}, Switches: settings.ObjectSwitches{Writeback: true, CreateMissing: true, UpdateFields: true}}
	differences, err := settings.Diff(gateway.TabObjects, bodyOf(t, before), bodyOf(t, after))
	if err != nil || len(differences) != 10 {
		t.Fatalf("%d differences, %v", len(differences), err)
	}
	sources := mapping.Sources("Opportunity", nil)
	for _, d := range differences {
		for _, words := range []string{settings.ObjectLabel(d.Name, gateway.Schema{}), settings.ObjectWords(d.Name, d.Before, sources), settings.ObjectWords(d.Name, d.After, sources)} {
			if words == "" || words[len(words)-1] == ' ' {
				t.Errorf("%s has no words", d.Name)
			}
		}
	}
}
