package settings_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidegate/gateway"
	"tidegate/rules/settings"
)

var at = time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)

func row(scope, by, body string) settings.Rows {
	return settings.Rows{gateway.TabNotes: {Scope: scope, Tab: gateway.TabNotes, Body: []byte(body), By: by, At: at}}
}

func TestNotesSettingsInForceFollowOrgMemberAndLock(t *testing.T) {
	const own, org = `{"auto_events":false,"meeting_notes":["note"],"call_notes":["note"]}`, `{"auto_events":true,"meeting_notes":["task"],"call_notes":["task"],"locked":`
	tests := []struct {
		name        string
		org, member settings.Rows
		want        []string
		scope, by   string
		isDefault   bool
		locked      bool
	}{
		{"nobody saved", nil, nil, []string{"event"}, gateway.OrgScope, "", true, false},
		{"AVM-07 the organization's holds for all", row(gateway.OrgScope, "Ada", org+`false}`), nil, []string{"task"}, gateway.OrgScope, "Ada", false, false},
		{"AVM-07 a member's own wins", row(gateway.OrgScope, "Ada", org+`false}`), row("member:m1", "Max", own), []string{"note"}, "member:m1", "Max", false, false},
		{"AVM-07 a member's own wins over the default", nil, row("member:m1", "Max", own), []string{"note"}, "member:m1", "Max", false, false},
		{"AVM-09 the lock overrides a row saved before", row(gateway.OrgScope, "Ada", org+`true}`), row("member:m1", "Max", own), []string{"task"}, gateway.OrgScope, "Ada", false, true},
		{"AVM-09 unlocking brings it back", row(gateway.OrgScope, "Ada", org+`false}`), row("member:m1", "Max", own), []string{"note"}, "member:m1", "Max", false, false},
		{"a member cannot lock", nil, row("member:m1", "Max", `{"meeting_notes":["note"],"locked":true}`), []string{"note"}, "member:m1", "Max", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := settings.Effective(tt.org, tt.member)
			if err != nil {
				t.Fatal(err)
			}
			origin := got.Origins[gateway.TabNotes]
			if !slices.Equal(got.Notes.MeetingNotes, tt.want) {
				t.Errorf("meeting notes go to %v, want %v", got.Notes.MeetingNotes, tt.want)
			}
			if origin.Scope != tt.scope || origin.By != tt.by || origin.Default != tt.isDefault || origin.Locked != tt.locked {
				t.Errorf("origin = %+v", origin)
			}
			if got.Notes.Locked != tt.locked {
				t.Errorf("locked = %v, want %v", got.Notes.Locked, tt.locked)
			}
		})
	}
}

func TestMissingFieldsOfAMemberComeFromTheOrganization(t *testing.T) {
	got, err := settings.Effective(row(gateway.OrgScope, "Ada", `{"auto_events":false,"call_notes":["note"]}`), row("member:m1", "Max", `{"meeting_notes":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := gateway.NotesSettings{AutoEvents: false, MeetingNotes: []string{}, CallNotes: []string{"note"}, Pilot: gateway.PilotSettings{Members: []string{}}}
	if !reflect.DeepEqual(got.Notes, want) {
		t.Errorf("got %+v, want %+v", got.Notes, want)
	}
}

func TestOnlyNotesHaveAMemberLevel(t *testing.T) {
	member := settings.Rows{gateway.TabForecast: {Scope: "member:m1", Body: []byte(`{"period":"quarterly"}`)}}
	got, err := settings.Effective(nil, member)
	if err != nil {
		t.Fatal(err)
	}
	if got.Forecast.Period != "monthly" || got.Origins[gateway.TabForecast].Scope != gateway.OrgScope {
		t.Errorf("a member's forecast row is in force: %+v", got.Forecast)
	}
}

func TestSavedObjectListIsTheWholeList(t *testing.T) {
	s := gateway.DefaultSettings()
	if err := settings.Decode(&s, gateway.TabObjects, []byte(`{"writeback":{"Account":true}}`)); err != nil {
		t.Fatal(err)
	}
	if want := map[string]bool{"Account": true}; !reflect.DeepEqual(s.Objects.Writeback, want) {
		t.Errorf("writeback = %v, want %v", s.Objects.Writeback, want)
	}
	if err := settings.Decode(&s, gateway.TabObjects, []byte(`{}`)); err != nil || !s.Objects.Writeback["Account"] {
		t.Errorf("a body without the list changed it: %v, %v", s.Objects.Writeback, err)
	}
}

func TestUnreadableBodiesAreRefused(t *testing.T) {
	for _, body := range []string{``, `{`, `[]`, `{"auto_event":true}`, `{"auto_events":"yes"}`, `{} {}`} {
		s := gateway.DefaultSettings()
		if err := settings.Decode(&s, gateway.TabNotes, []byte(body)); gateway.CodeOf(err) != gateway.CodeInvalid {
			t.Errorf("Decode(%q) = %v, want CodeInvalid", body, err)
		}
		if _, err := settings.Effective(row(gateway.OrgScope, "Ada", body), nil); err == nil {
			t.Errorf("Effective accepts the organization's body %q", body)
		}
		if _, err := settings.Effective(nil, row("member:m1", "Max", body)); err == nil {
			t.Errorf("Effective accepts the member's body %q", body)
		}
	}
	s := gateway.DefaultSettings()
	if err := settings.Decode(&s, "other", []byte(`{}`)); gateway.CodeOf(err) != gateway.CodeInvalid {
		t.Errorf("an unknown tab is decoded: %v", err)
	}
	if _, err := settings.Encode(s, "other"); gateway.CodeOf(err) != gateway.CodeInvalid {
		t.Errorf("an unknown tab is encoded: %v", err)
	}
}

func TestEncodedTabsReadBackTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.String())
		want := gateway.DefaultSettings()
		want.Notes = gateway.NotesSettings{AutoEvents: rapid.Bool().Draw(t, "auto"), MeetingNotes: list.Draw(t, "meeting"), CallNotes: list.Draw(t, "call"), Locked: rapid.Bool().Draw(t, "locked")}
		want.Objects.Writeback = rapid.MapOf(rapid.String(), rapid.Bool()).Draw(t, "writeback")
		want.Contacts.AllowDomains = list.Draw(t, "domains")
		want.Advanced.CurrencyLabel = rapid.String().Draw(t, "label")
		got := gateway.DefaultSettings()
		for _, tab := range gateway.Tabs {
			body, err := settings.Encode(want, tab)
			if err != nil {
				t.Fatal(err)
			}
			if err := settings.Decode(&got, tab, body); err != nil {
				t.Fatal(err)
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

// AVC-06, AVC-21: a workspace begins with these, and makes records for whom none
// matches.
func TestNewWorkspaceMakesMissingLeadsAndContacts_AVC21(t *testing.T) {
	in, err := settings.Effective(nil, nil)
	if err != nil || !reflect.DeepEqual(in.Settings, gateway.DefaultSettings()) {
		t.Fatalf("%+v, %v", in, err)
	}
	for _, object := range []string{"Contact", "Lead"} {
		if !in.Objects.CreateMissing[object] || !in.Objects.Writeback[object] || !in.Objects.UpdateFields[object] {
			t.Errorf("%s is not made, written and kept up to date by default", object)
		}
	}
}

func TestMemberMaySaveOnlyUnlockedNotes(t *testing.T) {
	open, locked := gateway.DefaultSettings(), gateway.DefaultSettings()
	locked.Notes.Locked = true
	tests := []struct {
		name  string
		org   gateway.Settings
		scope string
		tab   gateway.Tab
		ok    bool
	}{
		{"AVM-08 member, open", open, "member:m1", gateway.TabNotes, true},
		{"AVM-08 member, locked", locked, "member:m1", gateway.TabNotes, false},
		{"member, other tab", open, "member:m1", gateway.TabForecast, false},
		{"organization, locked", locked, gateway.OrgScope, gateway.TabNotes, true},
	}
	for _, tt := range tests {
		err := settings.MaySave(tt.org, tt.scope, tt.tab)
		if (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err != nil && gateway.CodeOf(err) != gateway.CodeForbidden {
			t.Errorf("%s: code %s", tt.name, gateway.CodeOf(err))
		}
	}
}

// What a review says of members with values of their own (AVM-07, AVM-09).
func TestChangeOfTheOrganizationIsCountedForMembersWithOwnValues(t *testing.T) {
	with := func(change func(*gateway.NotesSettings)) gateway.Settings {
		s := gateway.DefaultSettings()
		change(&s.Notes)
		return s
	}
	own := []gateway.SettingRow{
		{Scope: "member:m1", Body: []byte(`{"auto_events":false,"meeting_notes":["note"],"call_notes":["note"]}`)},
		{Scope: "member:m2", Body: []byte(`{"meeting_notes":["note"]}`)}, // says nothing of calls
	}
	as, locked := gateway.DefaultSettings(), with(func(n *gateway.NotesSettings) { n.Locked = true })
	tests := []struct {
		name     string
		from, to gateway.Settings
		want     settings.OwnValues
	}{
		{"nothing changes", as, as, settings.OwnValues{}},
		{"AVM-07 places of meeting notes", as, with(func(n *gateway.NotesSettings) { n.MeetingNotes = nil }), settings.OwnValues{Kept: 2}},
		{"AVM-07 of call notes, which one leaves to the organization", as, with(func(n *gateway.NotesSettings) { n.CallNotes = nil }), settings.OwnValues{Kept: 1}},
		{"AVM-53 the pilot group holds for everybody", as, with(func(n *gateway.NotesSettings) { n.Pilot.On = true }), settings.OwnValues{}},
		{"AVM-09 the lock sets them aside", as, locked, settings.OwnValues{Aside: 2}},
		{"AVM-09 unlocking brings them back", locked, as, settings.OwnValues{Back: 2}},
		{"AVM-09 under the lock it holds for all", locked, with(func(n *gateway.NotesSettings) { n.Locked, n.CallNotes = true, nil }), settings.OwnValues{}},
	}
	for _, tt := range tests {
		got, err := settings.Own(tt.from, tt.to, own)
		if err != nil || got != tt.want {
			t.Errorf("%s: %+v, %v, want %+v", tt.name, got, err, tt.want)
		}
	}
	if _, err := settings.Own(as, with(func(n *gateway.NotesSettings) { n.CallNotes = nil }), []gateway.SettingRow{{Body: []byte("x")}}); err == nil {
		t.Error("an unreadable row is passed over")
	}
}

func TestValidateNamesTheSettingConcerned(t *testing.T) {
	tests := []struct {
		name   string
		tab    gateway.Tab
		change func(*gateway.Settings)
		fields []string
	}{
		{"AVM-13 none chosen is allowed", gateway.TabNotes, func(s *gateway.Settings) { s.Notes.MeetingNotes = nil }, nil},
		{"AVM-13 several chosen", gateway.TabNotes, func(s *gateway.Settings) { s.Notes.MeetingNotes = []string{"note", "event", "task"} }, nil},
		{"unknown place", gateway.TabNotes, func(s *gateway.Settings) { s.Notes.CallNotes = []string{"chat"} }, []string{"call_notes"}},
		{"both lists wrong", gateway.TabNotes, func(s *gateway.Settings) {
			s.Notes.MeetingNotes, s.Notes.CallNotes = []string{"x"}, []string{"task", "task"}
		}, []string{"meeting_notes", "call_notes"}},
		{"object name", gateway.TabObjects, func(s *gateway.Settings) { s.Objects.Writeback["A b"] = true }, []string{"writeback"}},
		{"no team", gateway.TabContacts, func(s *gateway.Settings) { s.Contacts.AutoCreate, s.Contacts.Teams = true, nil }, []string{"teams"}},
		{"nameless team", gateway.TabContacts, func(s *gateway.Settings) { s.Contacts.Teams = []string{" "} }, []string{"teams"}},
		{"domain", gateway.TabContacts, func(s *gateway.Settings) {
			s.Contacts.AllowDomains = []string{"example.com", "ann@example.com", "localhost", "a..b", "@"}
		}, []string{"allow_domains", "allow_domains", "allow_domains"}},
		{"own domain", gateway.TabContacts, func(s *gateway.Settings) { s.Contacts.OwnDomains = []string{"ann@example.com"} }, []string{"own_domains"}},
		{"S-53 no cap", gateway.TabContacts, func(s *gateway.Settings) { s.Contacts.CapHour, s.Contacts.CapMeeting = 0, 10001 }, []string{"cap_hour", "cap_meeting"}},
		{"AIM-20 accounts without a match field", gateway.TabContacts, func(s *gateway.Settings) { s.Contacts.CreateAccounts, s.Contacts.AccountMatchField = true, "" }, []string{"account_match_field"}},
		{"AVC-18 activity object without a phone field", gateway.TabContacts, func(s *gateway.Settings) { s.Contacts.ActivityObject = "Patient__c" }, []string{"phone_field"}},
		{"match chain", gateway.TabContacts, func(s *gateway.Settings) {
			s.Contacts.Chain = []gateway.MatchStep{{By: "email"}, {By: "email"}, {By: "name"}, {By: "field"}, {By: "field", Field: "Legacy__c"}}
		}, []string{"chain", "chain", "chain"}},
		{"filters", gateway.TabObjects, func(s *gateway.Settings) {
			s.Objects.Filters = []gateway.Filter{{Source: "person.company", Op: "set"}, {Source: " ", Op: "like"}}
		}, []string{"filters", "filters"}},
		{"no stage chosen", gateway.TabForecast, func(s *gateway.Settings) { s.Forecast.CountBy = "stage" }, []string{"stages"}},
		{"no category chosen", gateway.TabForecast, func(s *gateway.Settings) { s.Forecast.Categories = nil }, []string{"categories"}},
		{"who wins", gateway.TabAdvanced, func(s *gateway.Settings) { s.Advanced.Conflicts = map[gateway.DataType]gateway.Winner{"amounts": "me"} }, []string{"conflicts"}},
		{"purpose field", gateway.TabAdvanced, func(s *gateway.Settings) { s.Advanced.PurposeField.Task = "a b" }, []string{"purpose_field"}},
		{"period and amount", gateway.TabForecast, func(s *gateway.Settings) { s.Forecast = gateway.ForecastSettings{} }, []string{"period", "amount", "count_by"}},
		{"advanced", gateway.TabAdvanced, func(s *gateway.Settings) { s.Advanced = gateway.AdvancedSettings{AmountField: "1x"} }, []string{"currency_label", "amount_field", "close_date_field"}},
		{"long label", gateway.TabAdvanced, func(s *gateway.Settings) { s.Advanced.CurrencyLabel = "dollars US" }, []string{"currency_label"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := gateway.DefaultSettings()
			tt.change(&s)
			err := settings.Validate(s, tt.tab)
			if tt.fields == nil {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			bad, ok := errors.AsType[*gateway.Error](err)
			if !ok || bad.Code != gateway.CodeInvalid || bad.Message == "" || !slices.Equal(bad.Fields, tt.fields) {
				t.Errorf("got %#v, want fields %v", err, tt.fields)
			}
		})
	}
}

func TestDefaultsAreValid(t *testing.T) {
	for _, tab := range gateway.Tabs {
		if err := settings.Validate(gateway.DefaultSettings(), tab); err != nil {
			t.Errorf("%s: %v", tab, err)
		}
	}
	if err := settings.Validate(gateway.DefaultSettings(), "other"); err == nil {
		t.Error("an unknown tab is valid")
	}
}

// A member's row keeps the whole tab as it was when he saved it; the pilot ring
// in it must not bring him past the one in force.
func TestThePilotRingIsTheOrganizationsAlone_AVM53(t *testing.T) {
	body := func(change func(*gateway.NotesSettings)) []byte {
		s := gateway.DefaultSettings()
		change(&s.Notes)
		b, err := settings.Encode(s, gateway.TabNotes)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	org := settings.Rows{gateway.TabNotes: {Scope: gateway.OrgScope, Body: body(func(n *gateway.NotesSettings) { n.Pilot = gateway.PilotSettings{On: true, Members: []string{"m2"}} })}}
	own := settings.Rows{gateway.TabNotes: {Scope: "member:m1", Body: body(func(n *gateway.NotesSettings) { n.CallNotes = []string{"note"} })}}
	in, err := settings.Effective(org, own)
	if err != nil || !in.Notes.Pilot.On || !reflect.DeepEqual(in.Notes.Pilot.Members, []string{"m2"}) || !reflect.DeepEqual(in.Notes.CallNotes, []string{"note"}) {
		t.Errorf("%+v, %v", in.Notes, err)
	}
}
