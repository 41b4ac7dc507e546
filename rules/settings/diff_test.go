package settings_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidegate/gateway"
	"tidegate/rules/settings"
)

// full is a Settings with an entry in every map and list, so that every name
// that can be saved appears.
func full() gateway.Settings {
	s := gateway.DefaultSettings()
	s.Notes.Pilot.Members = []string{"m1"}
	s.Objects.Filters = []gateway.Filter{{Object: "Lead", Source: "person.company", Op: "equals", Value: "Acme"}}
	s.Forecast.Stages = []string{"Proposal"}
	for _, t := range gateway.DataTypes {
		if s.Advanced.Conflicts == nil {
			s.Advanced.Conflicts = map[gateway.DataType]gateway.Winner{}
		}
		s.Advanced.Conflicts[t] = gateway.WinnerSalesforce
	}
	return s
}

func TestEverySettingHasALabelAndWords(t *testing.T) {
	for _, tab := range gateway.Tabs {
		body, err := settings.Encode(full(), tab)
		if err != nil {
			t.Fatal(err)
		}
		values, err := settings.Flatten(body)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range values {
			if label := settings.Label(tab, name); label == name || label == "" {
				t.Errorf("%s: %q has no label", tab, name)
			}
			if words := settings.Words(tab, name, value); strings.ContainsAny(words, `{}[]"`) {
				t.Errorf("%s: %q is said as %q", tab, name, words)
			}
			if words := settings.Words(tab, name, ""); words == "" && name != "cap_meeting" && name != "cap_hour" &&
				name != "currency_label" && !strings.HasSuffix(name, "_field") && name != "period" && name != "amount" && name != "count_by" {
				t.Errorf("%s: an empty %q is said as nothing", tab, name)
			}
		}
	}
}

func TestWordsOfValues(t *testing.T) {
	tests := []struct {
		tab               gateway.Tab
		name, value, want string
	}{
		{gateway.TabNotes, "auto_events", "true", "On"},
		{gateway.TabNotes, "auto_events", "", "Off"},
		{gateway.TabNotes, "meeting_notes", `["note","task"]`, "Note, Task"},
		{gateway.TabNotes, "meeting_notes", `[]`, "nowhere"},
		{gateway.TabObjects, "writeback.Contact", "false", "Off"},
		{gateway.TabObjects, "filters", `[{"object":"Lead","source":"answer.budget","op":"set"},{"source":"person.company","op":"contains","value":"Ltd"}]`, "Lead: answer.budget has a value and person.company contains Ltd"},
		{gateway.TabContacts, "chain", `[{"by":"email"},{"by":"field","field":"Legacy__c"}]`, "e-mail, then Legacy__c"},
		{gateway.TabContacts, "activity_object", `""`, "Default (Lead or Contact)"},
		{gateway.TabContacts, "cap_hour", "200", "200"},
		{gateway.TabAdvanced, "conflicts.ownership", `"salesforce"`, "Salesforce wins"},
		{gateway.TabAdvanced, "purposes", `[{"name":"Sales","event":"Meeting","task":""}]`, "Sales (Event: Meeting, Task: not written)"},
		{gateway.TabAdvanced, "unheard_of", `1`, "1"},
	}
	for _, tt := range tests {
		if got := settings.Words(tt.tab, tt.name, tt.value); got != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.name, tt.value, got, tt.want)
		}
	}
	if got := settings.Label(gateway.TabObjects, "writeback.Contact"); got != "Sync to Salesforce: Contact" {
		t.Errorf("label %q", got)
	}
}

func TestDiffNamesWhatChanged(t *testing.T) {
	before, after := gateway.DefaultSettings(), gateway.DefaultSettings()
	after.Objects.Writeback = map[string]bool{"Contact": true, "Lead": false, "Opportunity": true, "Task": false, "Event": true}
	a, b := encoded(t, before, gateway.TabObjects), encoded(t, after, gateway.TabObjects)
	got, err := settings.Diff(gateway.TabObjects, a, b)
	if err != nil {
		t.Fatal(err)
	}
	want := []settings.Difference{
		{gateway.TabObjects, "writeback.Event", "", "true"},
		{gateway.TabObjects, "writeback.Lead", "true", "false"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

type fataler interface {
	Helper()
	Fatal(args ...any)
}

func encoded(t fataler, s gateway.Settings, tab gateway.Tab) []byte {
	t.Helper()
	body, err := settings.Encode(s, tab)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestMergeOfTwoSaves_UX18(t *testing.T) {
	base := `{"auto_events":true,"meeting_notes":["event"],"call_notes":["task"],"locked":false}`
	tests := []struct {
		name, theirs, ours string
		choose             map[string]string
		want               string
		overlaps           []string
	}{
		{"different settings join", `{"auto_events":false,"meeting_notes":["event"],"call_notes":["task"],"locked":false}`, `{"auto_events":true,"meeting_notes":["note"],"call_notes":["task"],"locked":false}`, nil, `{"auto_events":false,"call_notes":["task"],"locked":false,"meeting_notes":["note"]}`, nil},
		{"the same change is none of two", `{"auto_events":false,"meeting_notes":["event"],"call_notes":["task"],"locked":false}`, `{"auto_events":false,"meeting_notes":["event"],"call_notes":["task"],"locked":false}`, nil, `{"auto_events":false,"call_notes":["task"],"locked":false,"meeting_notes":["event"]}`, nil},
		{"an overlap is asked, theirs stays", `{"auto_events":true,"meeting_notes":["task"],"call_notes":["task"],"locked":false}`, `{"auto_events":true,"meeting_notes":["note"],"call_notes":["task"],"locked":false}`, nil, `{"auto_events":true,"call_notes":["task"],"locked":false,"meeting_notes":["task"]}`, []string{"meeting_notes"}},
		{"an overlap is decided", `{"auto_events":true,"meeting_notes":["task"],"call_notes":["task"],"locked":false}`, `{"auto_events":true,"meeting_notes":["note"],"call_notes":["task"],"locked":false}`, map[string]string{"meeting_notes": "ours"}, `{"auto_events":true,"call_notes":["task"],"locked":false,"meeting_notes":["note"]}`, []string{"meeting_notes"}},
		{"what we took out goes", base, `{"auto_events":true,"meeting_notes":["event"],"locked":false}`, nil, `{"auto_events":true,"locked":false,"meeting_notes":["event"]}`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			merged, overlaps, err := settings.Merge(gateway.TabNotes, []byte(base), []byte(tt.theirs), []byte(tt.ours), tt.choose)
			if err != nil {
				t.Fatal(err)
			}
			if string(merged) != tt.want {
				t.Errorf("merged %s, want %s", merged, tt.want)
			}
			var names []string
			for _, o := range overlaps {
				names = append(names, o.Name)
			}
			if !reflect.DeepEqual(names, tt.overlaps) {
				t.Errorf("overlaps %v, want %v", names, tt.overlaps)
			}
		})
	}
}

// draw returns settings that differ from the defaults in places.
func draw(t *rapid.T, name string) gateway.Settings {
	s := gateway.DefaultSettings()
	places := rapid.SampledFrom([][]string{{}, {"note"}, {"event"}, {"note", "task"}})
	s.Notes.AutoEvents = rapid.Bool().Draw(t, name+" auto")
	s.Notes.Locked = rapid.Bool().Draw(t, name+" locked")
	s.Notes.MeetingNotes = places.Draw(t, name+" meeting")
	s.Notes.CallNotes = places.Draw(t, name+" call")
	s.Objects.Writeback = rapid.MapOf(rapid.SampledFrom([]string{"Contact", "Lead", "Task"}), rapid.Bool()).Draw(t, name+" writeback")
	s.Objects.CreateMissing = map[string]bool{}
	return s
}

func TestMergeLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, theirs, ours := draw(t, "base"), draw(t, "theirs"), draw(t, "ours")
		for _, tab := range []gateway.Tab{gateway.TabNotes, gateway.TabObjects} {
			b, th, o := encoded(t, base, tab), encoded(t, theirs, tab), encoded(t, ours, tab)
			merge := func(x, y []byte, choose map[string]string) []byte {
				m, _, err := settings.Merge(tab, b, x, y, choose)
				if err != nil {
					t.Fatal(err)
				}
				// A merged body is a body: it reads back whole.
				var s gateway.Settings
				if err := settings.Decode(&s, tab, m); err != nil {
					t.Fatalf("%s: %v", m, err)
				}
				return m
			}
			differ := func(x, y []byte) int {
				d, err := settings.Diff(tab, x, y)
				if err != nil {
					t.Fatal(err)
				}
				return len(d)
			}
			if differ(merge(th, b, nil), th) != 0 || differ(merge(b, o, nil), o) != 0 {
				t.Fatal("one side's changes alone are his values")
			}
			_, overlaps, _ := settings.Merge(tab, b, th, o, nil)
			choose := map[string]string{}
			for _, c := range overlaps {
				choose[c.Name] = "ours"
			}
			// Nothing of ours is lost once ours was chosen, and nothing else of theirs.
			if mine := merge(th, o, choose); differ(merge(o, th, nil), mine) != 0 {
				t.Fatalf("choosing ours is merging the other way round: %s", mine)
			}
		}
	})
}

// Who saves what the first connect set as it is has decided it (DEM-17).
func TestWhatTheFirstConnectSetIsConfirmedBySavingIt_DEM17(t *testing.T) {
	standard, err := settings.Encode(gateway.DefaultSettings(), gateway.TabAdvanced)
	if err != nil {
		t.Fatal(err)
	}
	s := gateway.DefaultSettings()
	s.Advanced.Conflicts = map[gateway.DataType]gateway.Winner{}
	for _, kind := range gateway.DataTypes {
		s.Advanced.Conflicts[kind] = gateway.WinnerAsk
	}
	asked, err := settings.Encode(s, gateway.TabAdvanced)
	if err != nil {
		t.Fatal(err)
	}
	s.Advanced.CurrencyLabel = "CHF"
	other, err := settings.Encode(s, gateway.TabAdvanced)
	if err != nil {
		t.Fatal(err)
	}
	first, unrelated, same := gateway.SettingRow{Revision: 1, Body: asked, By: settings.FirstConnect}, gateway.SettingRow{Revision: 2, Body: other, By: "Ada"}, gateway.SettingRow{Revision: 3, Body: other, By: "Ben"}
	for _, tt := range []struct {
		name    string
		history []gateway.SettingRow // newest first
		preset  bool
		by      string
	}{
		{"the first connect alone", []gateway.SettingRow{first}, true, settings.FirstConnect},
		{"something else was changed", []gateway.SettingRow{unrelated, first}, true, settings.FirstConnect},
		{"saved as it is", []gateway.SettingRow{same, unrelated, first}, false, "Ben"},
	} {
		got, err := settings.LastChanges(gateway.TabAdvanced, standard, tt.history)
		if err != nil || settings.Preset(got) != tt.preset || got["conflicts.people"].By != tt.by {
			t.Errorf("%s: %v, %v", tt.name, got["conflicts.people"], err)
		}
	}
}

func TestLastChangesOfEachSetting_UX15(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 5, d, 9, 0, 0, 0, time.UTC) }
	standard := encoded(t, gateway.DefaultSettings(), gateway.TabObjects)
	history := []gateway.SettingRow{ // newest first
		{Revision: 3, By: "Max", At: day(3), Body: []byte(`{"writeback":{"Contact":true,"Lead":false,"Opportunity":true},"create_missing":{}}`)},
		{Revision: 2, By: "Ada", At: day(2), Body: []byte(`{"writeback":{"Contact":true,"Lead":false,"Opportunity":true}}`)},
		{Revision: 1, By: "Old", At: day(1), Body: []byte(`{"writeback":{"Contact":true,"Lead":true,"Opportunity":true}}`)},
	}
	got, err := settings.LastChanges(gateway.TabObjects, standard, history)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]settings.Change{
		"writeback.Lead": {"Ada", day(2)}, "create_missing.Contact": {"Max", day(3)}, "create_missing.Lead": {"Max", day(3)},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestUnreadableBodiesAreNotCompared(t *testing.T) {
	for _, bad := range []string{``, `[`, `1`, `{"a":`} {
		if _, err := settings.Diff(gateway.TabNotes, []byte(bad), []byte(`{}`)); gateway.CodeOf(err) != gateway.CodeInvalid {
			t.Errorf("Diff(%q) = %v", bad, err)
		}
		if _, _, err := settings.Merge(gateway.TabNotes, []byte(`{}`), []byte(`{}`), []byte(bad), nil); err == nil {
			t.Errorf("Merge(%q) passes", bad)
		}
		if _, err := settings.LastChanges(gateway.TabNotes, []byte(`{}`), []gateway.SettingRow{{Body: []byte(bad)}}); err == nil {
			t.Errorf("LastChanges(%q) passes", bad)
		}
	}
}
