package views

// ConnectPage is /settings/salesforce: connect, readiness, disconnect.
type ConnectPage struct {
	Shell Shell
	Head  Head
	Tabs  []Tab
	Live  Live
	// Org is nil before the first connect.
	Org *Org
	// Connect holds the two buttons, with the words above them.
	Connect ConnectCard
	// Readiness is nil before the first connect.
	Readiness *Readiness
	// Advice is the recommendation of a dedicated integration user.
	Advice Notice
	// Help links to a diagnostic bundle and the like.
	Help []Fact
}

// ConnectCard offers one clear button per environment.
type ConnectCard struct {
	Title, Text         string
	Production, Sandbox Action
}

// Org is the card of the connected organization.
type Org struct {
	Facts []Fact
	// Reconnect keeps settings, mappings and position.
	Reconnect     Action
	ReconnectText string
}

// Readiness is the list of checks: failures first, then what works with a limit.
type Readiness struct {
	// Lead is "Tested Thu 19 Nov, 14:30:12; took 1.8 s. What needs you comes first."
	Lead string
	// Failed, Limited and Passed count the checks: "2 failed", "" for none.
	Failed, Limited, Passed string
	Checks                  []Check
	Empty                   Empty
}

// Check is one line; a failing one says what to click.
type Check struct {
	Title, Text string
	Pass        bool
	// Warn marks what works with a limit.
	Warn bool
	// Setup are the clicks, joined by arrows, for what needs them; SetupLink opens that page.
	Setup     []string
	SetupLink Link
}

// LeavePage is shown before the browser goes to Salesforce.
type LeavePage struct {
	Shell Shell
	Head  Head
	// Reads, Writes and Personal are bullet sentences.
	Reads, Writes, Personal []string
	Scopes                  []Fact
	// User says with which Salesforce user to sign in and why.
	User     Notice
	Continue Action
	Cancel   Link
	// FormURL receives the POST with Fields (sign-in host, consumer key and
	// secret); Errors stand above them as a summary.
	FormURL string
	Fields  []Field
	Errors  []FieldError
	// Text stands in the bar: where the button goes.
	Text string
}

// ConfirmPage asks with numbers before something that cannot be undone.
type ConfirmPage struct {
	Shell Shell
	Head  Head
	// Effects are whole sentences with numbers; Kept what stays.
	Effects, Kept []string
	// Confirm is the checkbox sentence; Password asks for it again.
	Form Form
	// Hidden travels with the confirmation.
	Hidden  []Hidden
	Confirm string
	// Reason is a field for words about it.
	Reason   *Field
	Password *Field
	Action   Action
	Cancel   Link
}
