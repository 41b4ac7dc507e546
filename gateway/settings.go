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
	AutoEvents   bool          `json:"auto_events"`   // AVM-10
	MeetingNotes []string      `json:"meeting_notes"` // of "note", "event", "task"
	CallNotes    []string      `json:"call_notes"`
	Locked       bool          `json:"locked"` // organization only
	Pilot        PilotSettings `json:"pilot"`  // organization only
}

// PilotSettings limit syncing to a few members before everybody takes part
// (AVM-53). It is asked before the lock: who is outside the ring syncs
// nothing, whatever his settings say.
type PilotSettings struct {
	On      bool     `json:"on"`
	Members []string `json:"members"` // member ids
}

// ObjectsSettings hold what belongs to an object as a whole. What belongs to
// one field is a Mapping.
type ObjectsSettings struct {
	Writeback     map[string]bool `json:"writeback"`      // object → "Sync to Salesforce" (STA-08)
	CreateMissing map[string]bool `json:"create_missing"` // object → create where no record matches (AVC-21)
	UpdateFields  map[string]bool `json:"update_fields"`  // object → "Sync updates to object fields" (AVC-30)
	Filters       []Filter        `json:"filters"`        // all must hold (AIM-23)
	Added         []string        `json:"added"`          // objects beside the standard ones, in the order of their adding (DEM-04)
}

// Mirrored returns the objects that are mirrored: those of every workspace,
// then the added ones.
func (s ObjectsSettings) Mirrored() []string {
	out := append([]string{}, MirroredObjects[:]...)
	for _, object := range s.Added {
		known := false
		for _, o := range out {
			known = known || o == object
		}
		if !known {
			out = append(out, object)
		}
	}
	return out
}

// ConfigurableObjects are the objects that every workspace has on its Objects
// tab (AVM-19), in its order.
var ConfigurableObjects = [...]string{"Opportunity", "Lead", "Contact", "Account", "Event", "Task"}

// Configurable returns the objects of the Objects tab.
func (s ObjectsSettings) Configurable() []string {
	return append(append([]string{}, ConfigurableObjects[:]...), s.Added...)
}

// Filter is one condition on what is sent. Source names a value of the host
// product, such as "person.company" or "answer.budget"; Object limits it to
// what becomes that object, "" = all.
type Filter struct {
	Object string `json:"object"`
	Source string `json:"source"`
	Op     string `json:"op"` // one of FilterOps
	Value  string `json:"value"`
}

// FilterOps are the comparisons of a filter.
var FilterOps = [...]string{"equals", "differs", "contains", "set", "empty"}

// ContactsSettings say when a person becomes a record, and how he is
// recognized before.
type ContactsSettings struct {
	AutoCreate           bool     `json:"auto_create"`            // AVM-31
	Teams                []string `json:"teams"`                  // AVM-32
	ExcludePublicDomains bool     `json:"exclude_public_domains"` // AVM-33
	AllowDomains         []string `json:"allow_domains"`          // domains or whole addresses
	OwnDomains           []string `json:"own_domains"`            // whose people are never external
	LeadsFirst           bool     `json:"leads_first"`            // AVM-34
	CapMeeting           int      `json:"cap_meeting"`            // created at most, per meeting
	CapHour              int      `json:"cap_hour"`               // and per hour (S-53)
	CreateAccounts       bool     `json:"create_accounts"`        // DEM-06, AIM-05

	Chain             []MatchStep `json:"chain"`               // first hit wins and stays
	AccountMatchField string      `json:"account_match_field"` // of Account, "Website" (AIM-20)
	PhoneRegion       string      `json:"phone_region"`        // of numbers without a country code: "GB"; "" = that of the connected user
	ActivityObject    string      `json:"activity_object"`     // "" = Lead or Contact (AVC-11)
	PhoneField        string      `json:"phone_field"`         // of ActivityObject (AVC-18)
}

// ActivityStep is how records of the activity object are found: by the one
// phone field that was chosen (AVC-18, AVC-20).
func (s ContactsSettings) ActivityStep() MatchStep {
	return MatchStep{By: "phone", Field: s.ActivityObject + "." + s.PhoneField}
}

// MatchStep is one way to recognize a person.
type MatchStep struct {
	By    string `json:"by"`    // "email", "phone", "domain" or "field"
	Field string `json:"field"` // API name on Lead and Contact, for By "field"; "Object.Field" of the activity object for By "phone"
}

// ForecastSettings say how pipeline is shown; they never write to Salesforce.
type ForecastSettings struct {
	Period     string   `json:"period"`     // "monthly" or "quarterly"
	Amount     string   `json:"amount"`     // "total" or "weighted"
	CountBy    string   `json:"count_by"`   // "category" or "stage" (AVM-37)
	Categories []string `json:"categories"` // API values that count, by "category"
	Stages     []string `json:"stages"`     // API values that count, by "stage"
	Teams      []string `json:"teams"`      // who sees it; none = every team (AVM-38)
	Roles      []string `json:"roles"`      // and every role
}

// AdvancedSettings hold the rest.
type AdvancedSettings struct {
	CurrencyLabel      string              `json:"currency_label"`
	AmountField        string              `json:"amount_field"`
	CloseDateField     string              `json:"close_date_field"`
	SummarizeTopics    bool                `json:"summarize_topics"`
	EmailsFromTasks    bool                `json:"emails_from_tasks"`    // AVM-48
	EmailsFromMessages bool                `json:"emails_from_messages"` // AVM-49
	PurposeField       ActivityPair        `json:"purpose_field"`        // API names (AVM-42, AVM-43)
	OutcomeField       ActivityPair        `json:"outcome_field"`
	Purposes           []ActivityValue     `json:"purposes"`
	Outcomes           []ActivityValue     `json:"outcomes"`
	Conflicts          map[DataType]Winner `json:"conflicts"` // DEM-17
	// FallbackOwner is the e-mail address of the Salesforce user who gets what
	// belongs to an inactive one (F-62); "" = it waits for a person.
	FallbackOwner string `json:"fallback_owner"`
	// OwnSight lets reps see of Salesforce only what it shows each of them (S-54);
	// else they see what the connected user sees. A new workspace begins with it.
	OwnSight bool `json:"own_sight"`
	// OpportunityRule chooses among several open opportunities (DEM-08).
	OpportunityRule string `json:"opportunity_rule"`
}

// The rules by which one of several open opportunities gets a meeting.
const (
	OpportunityClosing = "closing" // the one that closes first
	OpportunityRecent  = "recent"  // the one that changed last
	OpportunityLargest = "largest" // the one with the largest amount
	OpportunityNone    = "none"    // none
)

// ActivityPair is one thing as it is on an Event and on a Task; "" = not
// written there.
type ActivityPair struct {
	Event string `json:"event"`
	Task  string `json:"task"`
}

// ActivityValue is a purpose or an outcome of the host product and its value
// in Salesforce.
type ActivityValue struct {
	Name  string `json:"name"`
	Event string `json:"event"`
	Task  string `json:"task"`
}

// DataType groups fields of one kind for the question who wins.
type DataType string

// The data types whose source of truth an admin decides before fields travel
// both ways (DEM-17).
const (
	DataOwnership DataType = "ownership"
	DataAmounts   DataType = "amounts"
	DataStages    DataType = "stages"
	DataOutcomes  DataType = "outcomes"
	DataPeople    DataType = "people"
	DataOther     DataType = "other"
)

// DataTypes lists them in the order of the questions.
var DataTypes = [...]DataType{DataOwnership, DataAmounts, DataStages, DataOutcomes, DataPeople, DataOther}

// DefaultSettings returns what a new workspace begins with.
func DefaultSettings() Settings {
	return Settings{
		Notes: NotesSettings{
			AutoEvents:   true,
			MeetingNotes: []string{"event"},
			CallNotes:    []string{"task"},
			Pilot:        PilotSettings{Members: []string{}},
		},
		Objects: ObjectsSettings{
			Writeback:     map[string]bool{"Contact": true, "Lead": true, "Opportunity": true},
			CreateMissing: map[string]bool{"Contact": true, "Lead": true},
			UpdateFields:  map[string]bool{"Account": true, "Contact": true, "Lead": true, "Opportunity": true},
			Filters:       []Filter{},
			Added:         []string{},
		},
		Contacts: ContactsSettings{
			Teams:                []string{"Sales", "Customer Success"},
			ExcludePublicDomains: true,
			AllowDomains:         []string{},
			OwnDomains:           []string{},
			LeadsFirst:           true,
			CapMeeting:           20,
			CapHour:              200,
			Chain:                []MatchStep{{By: "email"}, {By: "phone"}, {By: "domain"}},
			AccountMatchField:    "Website",
		},
		Forecast: ForecastSettings{
			Period: "monthly", Amount: "total", CountBy: "category",
			Categories: []string{"Pipeline", "BestCase", "Forecast", "Closed"}, Stages: []string{},
			Teams: []string{}, Roles: []string{},
		},
		Advanced: AdvancedSettings{
			CurrencyLabel: "$", AmountField: "Amount", CloseDateField: "CloseDate", OpportunityRule: OpportunityClosing, OwnSight: true,
			Purposes: named("Sales", "CSM", "Partner", "SA"), Outcomes: named("Next meeting agreed", "Decision made", "No show"),
			Conflicts: map[DataType]Winner{},
		},
	}
}

func named(names ...string) []ActivityValue {
	out := make([]ActivityValue, 0, len(names))
	for _, name := range names {
		out = append(out, ActivityValue{Name: name})
	}
	return out
}

// OrgScope is the scope of the organization's settings; a member's own are
// kept under "member:" and his id.
const OrgScope = "org"

// MemberScope returns the scope of a member's own settings.
func MemberScope(memberID string) string { return "member:" + memberID }

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
	Object   string
	Field    string
	Editable bool   // a rep may change it here (STA-09)
	Topic    string // mapped topic slug, "" when none
	// Source is the product property that fills the field, such as
	// "meeting.summary", "" when none. Either it or Topic is set, never both.
	Source string
	// DisplayName is what the field is called here; "" = Salesforce's label.
	DisplayName string
	// Default stands in where the source says nothing (AIM-10).
	Default   string
	Direction string // chosen "inbound", "outbound", "bidirectional"; "" = by the rules
	WriteMode string // "overwrite", "fill", "append", "never"; "" = overwrite
	Winner    Winner
	Imported  bool
	By        string // who imported it, display name
	At        time.Time
	ChangedBy string // who last changed how it travels, "" while nobody did
	ChangedAt time.Time
	Revision  int64
	// FieldType is the field's type while it travels; "" = not known yet.
	FieldType FieldType
	Suspended Suspension
}

// Suspension says why a mapping stands still. The zero value means that it
// travels.
type Suspension struct {
	Cause string // see rules/mapping
	Why   string // what happened and what to do, in plain words
	At    time.Time
}
