package views

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/a-h/templ"
)

func TestStateChipsHaveIconWordAndTone(t *testing.T) {
	for key := range stateChips {
		c := StateChip(key)
		if c.Icon == "" || c.Text == "" || c.Tone == "" {
			t.Errorf("%s: %+v lacks icon, word or tone", key, c)
		}
	}
	if c := StateChip("brand_new"); c.Text != "brand_new" || c.Tone != Idle {
		t.Errorf("an unknown state must show itself: %+v", c)
	}
}

// The seven states are told by their names, never by a color alone.
func TestTheSevenStatesHaveTheirNames_UX08(t *testing.T) {
	for key, name := range map[string]string{
		StateOK: "OK", StateCatchingUp: "Catching up", StatePaused: "Paused", StateNeedsReconnect: "Needs reconnect",
		StateLimited: "Limited by Salesforce", StateRepairing: "Repairing a gap", StatePolling: "Degraded to polling",
	} {
		if c := StateChip(key); c.Text != name || c.Icon == "" {
			t.Errorf("%s: %+v, want %q with an icon", key, c, name)
		}
	}
}

// AVM-04: exactly five tabs in this order.
func TestSettingsHaveFiveTabsInOrder(t *testing.T) {
	var got []string
	for _, tab := range SettingsTabs("/settings/salesforce", TabContacts) {
		got = append(got, tab.Text+" "+tab.URL)
		if tab.Current != (tab.Text == "Contacts") {
			t.Errorf("%s: current = %v", tab.Text, tab.Current)
		}
	}
	want := "Notes /settings/salesforce/notes,Objects /settings/salesforce/objects,Contacts /settings/salesforce/contacts," +
		"Forecast /settings/salesforce/forecast,Advanced Settings /settings/salesforce/advanced"
	if strings.Join(got, ",") != want {
		t.Errorf("tabs = %v", got)
	}
}

func TestNavigationDrawsOnlyWhatExists(t *testing.T) {
	s := Shell{Current: NavContacts, Nav: []NavItem{{Key: NavSettings, URL: "/settings/salesforce"}, {Key: NavContacts, URL: "/contacts"}, {Key: NavLeads}}}
	groups := s.navigation()
	if len(groups) != 2 || len(groups[0]) != 1 || !groups[0][0].current || groups[1][0].text != "Settings" {
		t.Errorf("navigation = %+v", groups)
	}
}

func TestControlsWithoutAddressAreNotDrawn(t *testing.T) {
	tests := []struct {
		name string
		view templ.Component
	}{
		{"button", action(Action{Text: "Prove equality now"})},
		{"posting button", action(Action{Text: "Pause", Post: true})},
		{"link", link(Link{Text: "All 14"})},
		{"filter", filter(Filter{Button: "Filter"})},
		{"pager", pager(Pager{})},
		{"search", header(Shell{})},
		{"segments", segments(Segments{Label: "Range"})},
		{"tabs", tabs("Tabs", nil)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			html := render(t, tt.view)
			for _, control := range []string{"<button", "<form", `<a class="button`, "<a class=\"\"", "<input"} {
				if strings.Contains(html, control) {
					t.Errorf("%s drew %s", tt.name, control)
				}
			}
		})
	}
}

func TestMetaSaysDefaultAndAuthor(t *testing.T) {
	tests := []struct {
		meta Meta
		want string
	}{
		{Meta{}, ""},
		{Meta{Default: "off"}, "Default: off."},
		{Meta{Changed: "Changed by Mara Quill, 3 Nov 2026."}, "Changed by Mara Quill, 3 Nov 2026."},
		{Meta{Default: "off", Changed: "Changed by Mara Quill, 3 Nov 2026."}, "Default: off. Changed by Mara Quill, 3 Nov 2026."},
	}
	for _, tt := range tests {
		if got := tt.meta.line(); got != tt.want {
			t.Errorf("line() = %q, want %q", got, tt.want)
		}
	}
}

func TestOptionGroupsFoldNeighbors(t *testing.T) {
	groups := optionGroups([]Option{{Value: ""}, {Value: "a", Group: "Topics"}, {Value: "b", Group: "Topics"}, {Value: "c"}})
	if len(groups) != 3 || groups[1].name != "Topics" || len(groups[1].options) != 2 {
		t.Errorf("groups = %+v", groups)
	}
}

func TestSlugIsSafeInAnId(t *testing.T) {
	for in, want := range map[string]string{"Rows here": "rows-here", hostile: "script-alert-x-script-img-src-x-onerror-alert-1", "—": ""} {
		if got := slug(in); got != want {
			t.Errorf("slug(%q) = %q, want %q", in, got, want)
		}
	}
}

// A page's share of the first load; the assets' share is tested in static.
func TestPagesStaySmallOnTheWire(t *testing.T) {
	for _, p := range pages() {
		var b bytes.Buffer
		zw := gzip.NewWriter(&b)
		if _, err := zw.Write([]byte(render(t, p.view))); err != nil {
			t.Fatal(err)
		}
		if err := zw.Close(); err != nil {
			t.Fatal(err)
		}
		if b.Len() > 15_000 {
			t.Errorf("%s weighs %d bytes compressed, want at most 15,000", p.name, b.Len())
		}
	}
}
