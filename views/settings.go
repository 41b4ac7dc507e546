package views

import "slices"

// Settings is what the five tabs share. The tabs' titles and order are fixed.
type Settings struct {
	Shell Shell
	// Title is that of the page, "" = "Salesforce settings".
	Title, Lead string
	// State and ConnectURL stand right of the title.
	State      Chip
	ConnectURL string
	// Base is the address under which the tabs live, "/settings/salesforce"; ""
	// for who sees none of them.
	Base string
	Form Form
	// Whole is what can be done to all settings of the tab at once.
	Whole []Action
	// NoConnection explains what a tab cannot do before the first connect.
	NoConnection Notice
}

// Keys of the five tabs; each is also the last part of its address.
const (
	TabNotes    = "notes"
	TabObjects  = "objects"
	TabContacts = "contacts"
	TabForecast = "forecast"
	TabAdvanced = "advanced"
)

var settingsTabs = []struct{ key, text string }{
	{TabNotes, "Notes"},
	{TabObjects, "Objects"},
	{TabContacts, "Contacts"},
	{TabForecast, "Forecast"},
	{TabAdvanced, "Advanced Settings"},
}

// SettingsTabs returns the five tabs with one marked; "" marks none. Without a
// base there are none.
func SettingsTabs(base, current string) []Tab {
	if base == "" {
		return nil
	}
	tabs := make([]Tab, len(settingsTabs))
	for i, t := range settingsTabs {
		tabs[i] = Tab{Text: t.text, URL: base + "/" + t.key, Current: t.key == current}
	}
	return tabs
}

func (s Settings) head() Head {
	h := Head{
		Crumb: []Link{{Text: "Settings"}, {Text: "CRM"}, {Text: "Salesforce"}},
		Title: firstOf(s.Title, "Salesforce settings"),
		Lead:  s.Lead,
		Chip:  s.State,
	}
	if s.ConnectURL != "" {
		h.Link = Link{Text: "Connection and readiness", URL: s.ConnectURL}
	}
	return h
}

// NotesPage is the Notes tab.
type NotesPage struct {
	Settings
	// Level chooses Organization, You or Members; LevelText says for whom.
	Level     Segments
	LevelText string
	// Lock is nil on levels that have none.
	Lock         *Switch
	AutoEvent    Switch
	MeetingNotes ChoiceGroup
	CallNotes    ChoiceGroup
	// Preview is what a rep sees in Salesforce; nil without a real meeting.
	Preview *NotePreview
	// Why are the tests of "Why aren't my notes syncing?".
	Why      []Check
	WhyLinks []Link
	// Members is the list on the level Members.
	Members []Row
	// SeenAs is how a member sees a locked setting.
	SeenAs *Choice
	// Pilot is nil on levels that have none.
	Pilot *Pilot
}

// Pilot limits syncing to a few members.
type Pilot struct {
	// Ring says in one sentence for whom syncing runs; Open unfolds the rest.
	Ring    string
	Open    bool
	Switch  Switch
	Members ChoiceGroup
	// Search is a GET form beside the settings that finds further members.
	SearchURL string
	Search    Field
	Text      string
}

// NotePreview is what a rep sees in Salesforce of a meeting and of a call.
type NotePreview struct {
	Meeting, Call SaidPreview
	// UpdateURL takes the form as it is and shows the tab with it, unsaved; ""
	// where nothing can be typed.
	UpdateURL string
}

// SaidPreview is a meeting or a call as its record in Salesforce would show it.
type SaidPreview struct {
	Lead                   string
	Kind, Record           string
	EventTitle, EventText  string
	EventWhen              Time
	NotesTitle, NotesText  string
	TaskTitle, TaskComment string
	// Omitted are parts that would not be written, each with its reason.
	Omitted []string
}

// ObjectsPage is the Objects tab.
type ObjectsPage struct {
	Settings
	Broken  Notice
	Objects []ObjectLine
	// Actions stand at the head of the list.
	Actions []Action
	Empty   Empty
	// Cards are advice below the list.
	Cards []TextCard
}

// ObjectLine is one object of the list.
type ObjectLine struct {
	Kind, Label, APIName, URL string
	Transport                 string
	Polled                    bool
	// Mapped is "11 of 64", MappedDetail "3 topics".
	Mapped, MappedDetail string
	In, Out              string
	State                Chip
	ChangedBy, ChangedAt string
	// Sync is the switch "Sync to Salesforce" of the object.
	Sync Switch
}

// TextCard is a title, a paragraph and a link.
type TextCard struct {
	Title, Text string
	Link        Link
}

// ContactsTab is the Contacts tab of the settings.
type ContactsTab struct {
	Settings
	Switches []Switch
	Teams    *ChoiceGroup
	// TryOut answers for one address with the rule that decided.
	TryOut *TryOut
	// Past is whom these values would have created lately; PastText says of what.
	Past     *ListPage
	PastText string
	Selects  []Select
	// Unfit stands below Selects.
	Unfit *Unfit
	// Chain is the order in which a person is recognized; AddStep and AddField
	// append to it.
	Chain    []ChainRow
	AddStep  []Select
	AddField []Field
	Caps     []Field
}

// Unfit tells which choices are missing from a list, and why.
type Unfit struct {
	Summary string
	Text    string
	Objects []Fact
	Again   Link
}

// TryOut is a GET form beside the rules.
type TryOut struct {
	URL    string
	Email  Field
	Checks []Check
	// Answer is bold first, then the rest.
	Strong, Answer string
	Link           Link
}

// ChainRow is one step of recognizing a person.
type ChainRow struct {
	Order, LooksFor, In, Found string
	// Actions are buttons of the form, each with one field that it posts.
	Actions []Action
	// Fields carry the step through the form.
	Fields []Hidden
	Text   string
}

// chainCounts reports whether it is known how often a step found somebody.
func chainCounts(rows []ChainRow) bool {
	return slices.ContainsFunc(rows, func(r ChainRow) bool { return r.Found != "" })
}

// ForecastTab is the Forecast tab of the settings.
type ForecastTab struct {
	Settings
	Selects []Select
	Amounts ChoiceGroup
	// CountBy chooses between the groups of Counting, which say which deals
	// count.
	CountBy  ChoiceGroup
	Counting []ChoiceGroup
	// Fields says which fields and which currency label amounts go by.
	Fields     TextCard
	Visibility []Field
	Preview    *ForecastPreview
}

// ForecastPreview shows what the unsaved values would add up to.
type ForecastPreview struct {
	Lead, Amount, Text string
	Chart              *ForecastChart
	Difference         Notice
	// UpdateURL takes the form as it is and shows the tab with it, unsaved; ""
	// where nothing can be typed.
	UpdateURL string
}

// AdvancedTab is the Advanced Settings tab.
type AdvancedTab struct {
	Settings
	// Activities are purposes and outcomes.
	Activities []ActivityCard
	Emails     []Switch
	// Conflicts ask who wins, per kind of data; ConflictText says it in a sentence.
	Conflicts    []Select
	ConflictText string
	ConflictLink Link
	Deals        []Select
	Switches     []Switch
	Currency     Select
	// Sample shows an amount with the chosen label.
	Sample string
	// Rehearsal leads to the page of rehearsals; nobody's without an address.
	Rehearsal Link
}

// ActivityCard says what a purpose or an outcome becomes on Event and Task.
type ActivityCard struct {
	ID, Title, Text string
	// Fields choose the field of the Event and that of the Task.
	Fields []Select
	Rows   []ActivityRow
}

// ActivityRow is one purpose or outcome.
type ActivityRow struct {
	Name        string
	Event, Task ActivityControl
}

// ActivityControl is a list, an input, or words where nothing can be chosen.
type ActivityControl struct {
	Select *Select
	Field  *Field
	Text   string
}
