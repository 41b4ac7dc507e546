package views

// ListPage is any list of records: contacts, leads, accounts, deals, meetings,
// members, keys. Columns and cells carry everything that differs.
type ListPage struct {
	Shell   Shell
	Head    Head
	Tabs    []Tab
	Live    Live
	Caption string
	Filter  Filter
	Columns []Column
	Rows    []Row
	Pager   Pager
	// Empty is drawn instead of the table when Rows is empty.
	Empty Empty
}

// Column is one header. Hidden headers are read by screen readers only.
type Column struct {
	Text   string
	Number bool
	Hidden bool
	// Wide keeps the column out of the block that a row becomes on a phone.
	Wide bool
	// Sentence gives it all of the block's width there, as what is long needs.
	Sentence bool
	// Sort is the address that sorts by it; Sorted is "ascending",
	// "descending" or "".
	Sort   string
	Sorted string
}

// Row is one record. The first cell is the row's header.
type Row struct {
	ID    string
	Cells []Cell
}

// Cell holds one value: text with a second line, a time, a chip or an action.
type Cell struct {
	Text   string
	Second string
	URL    string
	// Kind draws a record square before the text.
	Kind string
	// Tone colors the text, which says the same without it: "▲ € 14,000".
	Tone   Tone
	Time   Time
	Chip   Chip
	Action Action
	Mono   bool
	Link   Link
}

// Filter is the GET form above a table.
type Filter struct {
	URL     string
	Search  Field
	Fields  []Field
	Selects []Select
	// Keep are query values that the form must carry along.
	Keep []Hidden
	// Active are the filters in force, each with the address that drops it.
	Active []Link
	Clear  Link
	Button string
}

// Pager is keyset paging: what part of how many, and two links.
type Pager struct {
	Text      string
	NewerURL  string
	OlderURL  string
	NewerText string
	OlderText string
}
