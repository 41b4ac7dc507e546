package views

// ExplainPage says why something synced or did not.
type ExplainPage struct {
	Shell Shell
	Head  Head
	Tabs  []Tab
	// Filter asks for a record; Fields for other things.
	Filter Filter
	Fields []Field
	// About is empty until something is asked for.
	About, Answer string
	Checks        []Check
	Lines         []LogRow
}
