package views

// Shell is what surrounds every page of a signed-in person.
type Shell struct {
	// Title stands in the browser tab before the product's name.
	Title string
	// Current is the Key of the entry to mark in Nav, one of the Nav… keys.
	Current string
	Nav     []NavItem
	// Environment of the connection; its zero value draws no badge.
	Environment Environment
	// Search is where the search form sends ?q=; nothing is drawn without URL.
	Search SearchBox
	User   User
	// Notices stand above the page's head: flash messages, Salesforce away.
	Notices []Notice
	// StreamURL opens the page's event stream; empty means a page without one.
	StreamURL string
	// Since is given to the stream, so that it tells what happened between the
	// drawing of the page and its opening.
	Since string
	// ReloadURL, with MadeAt, is the way to fresh numbers without a script.
	ReloadURL string
	MadeAt    Time
}

// Keys of the nine entries of the navigation.
const (
	NavHealth   = "health"
	NavContacts = "contacts"
	NavLeads    = "leads"
	NavAccounts = "accounts"
	NavDeals    = "deals"
	NavMeetings = "meetings"
	NavForecast = "forecast"
	NavSyncLog  = "log"
	NavSettings = "settings"
)

// NavItem is one entry; words, icon and place follow from Key. Entries that are
// not listed are not drawn, their order does not matter.
type NavItem struct {
	Key string
	URL string
	// Count of things that a person must do, for the sync log only; "" for none.
	Count string
	// CountMeans says it to a screen reader: "3 writes need you".
	CountMeans string
}

// Environment is the org that the workspace is connected to.
type Environment struct {
	// Kind is "production" or "sandbox"; empty draws no badge.
	Kind string
	// Org is the org's name, "Lindenmoor" or "Lindenmoor · uat".
	Org string
}

// Sandbox reports whether the amber badge and the hatched strip are drawn.
func (e Environment) Sandbox() bool { return e.Kind == "sandbox" }

// Word is the badge's word, "" when there is no badge.
func (e Environment) Word() string {
	switch e.Kind {
	case "production":
		return "Production"
	case "sandbox":
		return "Sandbox"
	}
	return ""
}

// SearchBox is the search form of the header.
type SearchBox struct {
	URL   string
	Text  string
	Label string
}

// User is the signed-in person and the menu under the name.
type User struct {
	Name     string
	Initials string
	// Menu holds the permitted entries: You, Members, Keys …
	Menu []Link
	// SignOutURL receives a POST.
	SignOutURL string
}

// Head is a page's crumb, title, sentence and buttons.
type Head struct {
	Crumb []Link
	Title string
	// Mono is a name in monospace after the title, such as an API name.
	Mono string
	// Kind draws a record square before the title.
	Kind string
	Lead string
	// Aside is a quiet line before the buttons ("Permissions read 14:30").
	Aside   string
	Chip    Chip
	Link    Link
	Actions []Action
}

// Tab is one entry of a row of tabs; a link with an address.
type Tab struct {
	Text    string
	URL     string
	Current bool
}

// Segment is one choice of a segmented control made of links.
type Segment struct {
	Text    string
	URL     string
	Icon    string
	Current bool
}

// Segments is a segmented control; Label names the group for screen readers.
type Segments struct {
	Label string
	Items []Segment
}

// Navigation groups, in the order of the design.
var navGroups = [][]navEntry{
	{{NavHealth, "Health", IconHealth}},
	{
		{NavContacts, "Contacts", IconContact},
		{NavLeads, "Leads", IconLead},
		{NavAccounts, "Accounts", IconAccount},
		{NavDeals, "Deals", IconDeal},
		{NavMeetings, "Meetings", IconEvent},
		{NavForecast, "Forecast", IconForecast},
	},
	{{NavSyncLog, "Sync log", IconSyncLog}, {NavSettings, "Settings", IconSettings}},
}

type navEntry struct {
	key, text, icon string
}

// navLink is an entry that is drawn: the words of its key with the address
// that the handler gave.
type navLink struct {
	navEntry
	item    NavItem
	current bool
}

// navigation returns the groups that have at least one entry.
func (s Shell) navigation() [][]navLink {
	byKey := map[string]NavItem{}
	for _, item := range s.Nav {
		byKey[item.Key] = item
	}
	var groups [][]navLink
	for _, entries := range navGroups {
		var group []navLink
		for _, e := range entries {
			if item, ok := byKey[e.key]; ok && item.URL != "" {
				group = append(group, navLink{e, item, s.Current == e.key})
			}
		}
		if len(group) > 0 {
			groups = append(groups, group)
		}
	}
	return groups
}

// documentTitle puts the environment of a sandbox first, so that browser tabs
// of two orgs can be told apart.
func (s Shell) documentTitle() string {
	title := s.Title + " · Tidegate"
	if s.Environment.Sandbox() {
		return "[Sandbox] " + title
	}
	return title
}
