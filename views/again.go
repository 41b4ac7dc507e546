package views

// AgainPage is where an admin chooses what is synced again, sees before what
// that would do, and follows it.
type AgainPage struct {
	Shell Shell
	Head  Head
	Tabs  []Tab
	Live  Live
	// Jobs are what is under way and what came of the last ones.
	Jobs []Load
	// Choose is the form of what to sync again.
	Choose AgainForm
	// Check is what the choice would do; nil before somebody asked.
	Check *AgainCheck
}

// AgainForm chooses things, by a GET, so that the choice has an address.
type AgainForm struct {
	URL     string
	Hidden  []Hidden
	Selects []Select
	Fields  []Field
	// Lines tells of the lines of the log that are chosen instead.
	Lines  []Fact
	Leave  Link
	Button string
	Errors []FieldError
}

// AgainCheck is what syncing a choice again would do.
type AgainCheck struct {
	Effects    []Effect
	Notice     Notice
	Also       []Fact
	SampleLead string
	Sample     []SampleRow
	// URL receives a POST with Hidden; Closed says why there is nothing to press.
	URL    string
	Hidden []Hidden
	Button string
	Closed string
}

// PartAgain is the part of the page that tells how far it is.
const PartAgain = "again"
