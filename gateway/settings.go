package gateway

import "time"

// Tab names one of the five settings tabs; it is also the last part of the
// tab's address.
type Tab string

// The five tabs in their order.
const (
	TabNotes    Tab = "notes"
	TabObjects  Tab = "objects"
	TabContacts Tab = "contacts"
	TabForecast Tab = "forecast"
	TabAdvanced Tab = "advanced"
)

// Tabs lists the tabs in the order of the page.
var Tabs = [...]Tab{TabNotes, TabObjects, TabContacts, TabForecast, TabAdvanced}

// Title returns the words on the tab.
func (t Tab) Title() string {
	switch t {
	case TabNotes:
		return "Notes"
	case TabObjects:
		return "Objects"
	case TabContacts:
		return "Contacts"
	case TabForecast:
		return "Forecast"
	case TabAdvanced:
		return "Advanced Settings"
	}
	return ""
}

// Settings is everything that an admin steers, as typed values. The zero
// value is not the default; see DefaultSettings.
type Settings struct {
	Notes    NotesSettings    `json:"notes"`
	Objects  ObjectsSettings  `json:"objects"`
	Contacts ContactsSettings `json:"contacts"`
	Forecast ForecastSettings `json:"forecast"`
	Advanced AdvancedSettings `json:"advanced"`
}

// NotesSettings say where what was said is written. They exist for the
// organization and for single members.
type NotesSettings struct {
	AutoEvents   bool     `json:"auto_events"`   // AVM-10
	MeetingNotes []string `json:"meeting_notes"` // of "note", "event", "task"
	CallNotes    []string `json:"call_notes"`
	Locked       bool     `json:"locked"` // organization only
}

// ObjectsSettings hold what belongs to an object as a whole. What belongs to
// one field is a Mapping.
type ObjectsSettings struct {
	Writeback map[string]bool `json:"writeback"` // object → "Sync to Salesforce"
}

// ContactsSettings say when a person becomes a record.
type ContactsSettings struct {
	AutoCreate           bool     `json:"auto_create"` // AVM-31
	Teams                []string `json:"teams"`       // AVM-32
	ExcludePublicDomains bool     `json:"exclude_public_domains"`
	AllowDomains         []string `json:"allow_domains"`
	LeadsFirst           bool     `json:"leads_first"`
}

// ForecastSettings say how pipeline is shown; they never write to Salesforce.
type ForecastSettings struct {
	Period string `json:"period"` // "monthly" or "quarterly"
	Amount string `json:"amount"` // "total" or "weighted"
}

// AdvancedSettings hold the rest.
type AdvancedSettings struct {
	CurrencyLabel   string `json:"currency_label"`
	AmountField     string `json:"amount_field"`
	CloseDateField  string `json:"close_date_field"`
	SummarizeTopics bool   `json:"summarize_topics"`
}

// DefaultSettings returns what a new workspace begins with.
func DefaultSettings() Settings {
	return Settings{
		Notes: NotesSettings{
			AutoEvents:   true,
			MeetingNotes: []string{"event"},
			CallNotes:    []string{"task"},
		},
		Objects: ObjectsSettings{Writeback: map[string]bool{"Contact": true, "Lead": true, "Opportunity": true}},
		Contacts: ContactsSettings{
			Teams:                []string{"Sales", "Customer Success"},
			ExcludePublicDomains: true,
			LeadsFirst:           true,
		},
		Forecast: ForecastSettings{Period: "monthly", Amount: "total"},
		Advanced: AdvancedSettings{CurrencyLabel: "$", AmountField: "Amount", CloseDateField: "CloseDate"},
	}
}

// OrgScope is the scope of the organization's settings; a member's own are
// kept under "member:" and his id.
const OrgScope = "org"

// SettingRow is one saved state of one tab in one scope. Every save is a new
// revision; older ones stay.
type SettingRow struct {
	Scope    string
	Tab      Tab
	Revision int64  // 1 for the first save
	Body     []byte // JSON of the tab's struct
	By       string // display name of who saved
	ByID     string
	At       time.Time
}

// Mapping is how one Salesforce field travels.
type Mapping struct {
	Object    string
	Field     string
	Editable  bool   // a rep may change it here (STA-09)
	Topic     string // mapped topic slug, "" when none
	Direction string // chosen "inbound", "outbound", "bidirectional"; "" = by the rules
	WriteMode string // "overwrite", "fill", "append", "never"; "" = overwrite
	Winner    Winner
	Imported  bool
	By        string // who imported it, display name
	At        time.Time
	Revision  int64
}
