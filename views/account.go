package views

// KeysPage lists API keys and makes new ones.
type KeysPage struct {
	List ListPage
	// NewKey is shown once, right after it was made.
	NewKey string
	// Create posts Name and Role; nil where this person may not create keys.
	Create *SmallForm
}

// MembersPage lists the members of the workspace and adds one.
type MembersPage struct {
	List   ListPage
	Create *SmallForm
}

// YouPage is the page of one person: his own, or a member as an admin sees
// him.
type YouPage struct {
	Shell Shell
	Head  Head
	// About heads the card of Facts, "About you" when empty.
	About string
	Facts []Fact
	// Forms are drawn as one card each.
	Forms []SmallForm
}

// SmallForm is one card with a few controls and one button.
type SmallForm struct {
	Title, Text string
	Form        Form
	Fields      []Field
	Selects     []Select
	Switches    []Switch
	Button      string
}
