// Package views turns words into HTML.
//
// Nothing here knows a record, a clock or a database: a page is a struct of
// ready strings, booleans and slices, built by handlers and written by templ.
// A control whose address is empty is not drawn, so that a page never offers
// what the program cannot do yet.
package views

// Link is an address with the words that stand for it.
type Link struct {
	Text string
	URL  string
	// External opens outside the product (Salesforce) and gets the arrow icon.
	External bool
}

// Time is an instant as a person reads it. Text is short ("2 s ago", "18 Nov");
// ISO is RFC 3339 for <time datetime> and for the title, empty when unknown.
type Time struct {
	Text string
	ISO  string
}

// Tone is the meaning of a color; never the only carrier of that meaning.
type Tone string

// The six tones of the design. Idle is also the zero value's look.
const (
	Good      Tone = "good"
	Attention Tone = "attention"
	Bad       Tone = "bad"
	UnderWay  Tone = "underway"
	Idle      Tone = "idle"
)

// Chip is a state: icon, word and tint together.
type Chip struct {
	Tone Tone
	Icon string
	Text string
}

// Empty reports whether there is nothing to draw.
func (c Chip) Empty() bool { return c.Text == "" }

// State keys of [StateChip]: seven of a connection or object, the others of
// writes and of the connection itself.
const (
	StateOK             = "ok"
	StateCatchingUp     = "catching_up"
	StatePaused         = "paused"
	StateNeedsReconnect = "needs_reconnect"
	StateLimited        = "limited"
	StateRepairing      = "repairing"
	StatePolling        = "polling"
	StateWaiting        = "waiting"
	StateWritten        = "written"
	StateDone           = "done"
	StateNeedsYou       = "needs_you"
	StateIgnored        = "ignored"
	StateConflict       = "conflict"
	StateConnected      = "connected"
	StateNotConnected   = "not_connected"
)

var stateChips = map[string]Chip{
	StateOK:             {Good, IconOK, "OK"},
	StateCatchingUp:     {UnderWay, IconClock, "Catching up"},
	StatePaused:         {Idle, IconPause, "Paused"},
	StateNeedsReconnect: {Bad, IconPlug, "Needs reconnect"},
	StateLimited:        {Attention, IconGauge, "Limited by Salesforce"},
	StateRepairing:      {UnderWay, IconWrench, "Repairing a gap"},
	StatePolling:        {Attention, IconAgain, "Degraded to polling"},
	StateWaiting:        {UnderWay, IconClock, "Waiting"},
	StateWritten:        {Good, IconOK, "Written"},
	StateDone:           {Good, IconOK, "Done"},
	StateNeedsYou:       {Bad, IconPause, "Needs you"},
	StateIgnored:        {Idle, IconPause, "Ignored, with a reason"},
	StateConflict:       {Attention, IconWarning, "Conflict"},
	StateConnected:      {Good, IconOK, "Connected"},
	StateNotConnected:   {Idle, IconPlug, "Not connected"},
}

// StateChip returns the chip of a named state; an unknown key shows itself in
// the idle tone, so that a new state is visible instead of lost.
func StateChip(key string) Chip {
	if c, ok := stateChips[key]; ok {
		return c
	}
	return Chip{Tone: Idle, Icon: IconInfo, Text: key}
}

// Kinds of record squares. Any other kind gets the gray square of custom objects.
const (
	KindAccount = "account"
	KindContact = "contact"
	KindLead    = "lead"
	KindDeal    = "deal"
	KindEvent   = "event"
	KindTask    = "task"
	KindNote    = "note"
	KindEmail   = "email"
	KindCall    = "call"
	KindChat    = "chat"
	KindCustom  = "custom"
)

// Hidden is one hidden field of a form.
type Hidden struct {
	Name  string
	Value string
}

// Styles of an [Action].
const (
	Neutral     = ""
	Primary     = "brand"
	Destructive = "destructive"
	Quiet       = "quiet" // as a link; what acts beside words of its own
)

// Action is a button. With Post it is a form of its own that posts Fields to
// URL, without it a link. Text begins with a verb and says what happens.
type Action struct {
	Text   string
	URL    string
	Icon   string
	Style  string
	Post   bool
	Fields []Hidden
	// Small is the 28 px height used inside tables.
	Small bool
	// About completes the accessible name where several buttons of a page share
	// their text: "Pause" about "Account". It must read well after Text.
	About string
	// Dialog opens the page behind URL as a dialog where a script runs; that page
	// is one of Confirm's kind.
	Dialog bool
	// Closed draws the button disabled and says why beside it.
	Closed string
}

// Notice is a tinted line with an icon and at most one link.
type Notice struct {
	Tone   Tone
	Icon   string
	Strong string
	Text   string
	Link   Link
}

// Empty is what stands where a list or card has nothing: what will appear, when,
// and the next step. Also used for "nothing found", "error" and "no permission".
type Empty struct {
	Icon    string
	Title   string
	Text    string
	Actions []Action
	// Filters are the active filters, shown as tags above the sentence.
	Filters []string
}

// Live makes a part of a page look again by itself: on the named event of the
// page's stream the part is fetched from URL and morphed in place. URL may
// answer with the whole page or with the fragment alone. A zero Live is static.
type Live struct {
	URL string
	// Event defaults to [EventChanged]. Letters, digits, "-" and "_" only.
	Event string
}

// EventChanged is the name of the server-sent event that says "look again".
const EventChanged = "changed"

// Ids of the parts that can be fetched alone. Each is the element's id and the
// name of its templ fragment: templ.RenderFragments(ctx, w, page, id).
const (
	PartHealth   = "health"
	PartList     = "list"
	PartRecord   = "record"
	PartDetails  = "details"
	PartObjects  = "crm-objects"
	PartTimeline = "timeline"
	PartLog      = "log"
	PartLogRow   = "log-row"
	// PartConflicts is the inbox's list.
	PartConflicts = "open-conflicts"
	PartCheck     = "readiness"
)
