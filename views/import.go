package views

// ImportPage is the list of fields that are not imported yet.
type ImportPage struct {
	Shell  Shell
	Head   Head
	Errors []FieldError
	// URL takes the ticked fields; with GET it finds, and keeps them ticked.
	URL string
	// Found is how many fields there are, Hint what is missing among them.
	Found, Hint string
	Search      Field
	Type        Select
	Fields      []ImportLine
	Empty       Empty
	// Cost says what importing costs.
	Cost      string
	CancelURL string
}

// ImportLine is one field that can be imported.
type ImportLine struct {
	Label, APIName, Type string
	CanEdit              bool
	Access               string
	Checked              bool
	Examples             []string
}
