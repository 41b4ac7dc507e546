package views

// SaidPage is a meeting or a conversation: what was said, what of it is in
// Salesforce, and why the rest is not.
type SaidPage struct {
	Shell Shell
	Head  Head
	Live  Live
	// Writes are the records it has become, or has not, each with the reason.
	Writes      []Row
	WritesLead  string
	WritesEmpty Empty
	// WritesLinks lead to their lines in the log, and to taking them back.
	WritesLinks []Link
	// Checks answer "why aren't my notes syncing?"; none for a conversation.
	Checks     []Check
	ChecksLead string
	// Text is what was said, in blocks.
	Text      []TextBlock
	TextTitle string
	TextEmpty string
	Facts     []Fact
}

// TextBlock is a paragraph of a text. Kind is "heading", "item" or "" for a
// paragraph; Strong stands before it.
type TextBlock struct {
	Kind   string
	Strong string
	Text   string
}

// PartSaid is the part of the page that follows what is written meanwhile.
const PartSaid = "said"

// writesColumns are the columns of what was written.
var writesColumns = []Column{{Text: "Part"}, {Text: "State"}, {Text: "Record"}, {Text: "Why", Sentence: true}}
