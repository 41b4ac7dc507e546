package views

// PastPage is a record as of an earlier moment, to read only.
type PastPage struct {
	Shell            Shell
	Crumb            []Link
	Kind, Type, Name string
	// Banner says the moment, that it is read-only, and whether the record was
	// deleted, not there yet, or not known.
	Banner Notice
	// Choose is the control for another moment.
	Choose Filter
	// Previous and Next lead to the changes around it; Now back to the record.
	Previous, Next, Now Link
	// Made tells of the change that made the record so.
	Made    string
	MadeURL string

	Fields []PastField
	// Lead counts what differs.
	Lead string
	// Empty is shown instead of fields that nobody knows.
	Empty Empty
}

// PastField is one field then and now.
type PastField struct {
	Label, Then, Now string
	Changed          bool
}
