package views

// APIPage describes the product API, for who builds against it.
type APIPage struct {
	Shell Shell
	Head  Head
	// Setup is what a shell needs before the examples can be pasted.
	Setup string
	Notes []string // sentences that hold for every call
	Calls []APICall
}

// APICall is one call: where it goes, what it takes, and an example to paste.
type APICall struct {
	ID           string // of the card
	Title, Text  string
	Method, Path string
	Scope        string // "Read" or "Write": what a key must be allowed to do
	Fields       []APIField
	Example      string
	// Answer is the name of the answer's schema in the description.
	Answer string
}

// APIField is one thing that a call takes.
type APIField struct {
	Name     string
	Kind     string // "Address", "Query" or "Body", and its type
	Text     string
	Required bool
}

var apiColumns = []Column{{Text: "Name"}, {Text: "Where and what"}, {Text: "Needed"}, {Text: "Meaning"}}

func apiRows(fields []APIField) []Row {
	var rows []Row
	for _, f := range fields {
		needed := "no"
		if f.Required {
			needed = "yes"
		}
		rows = append(rows, Row{Cells: []Cell{{Text: f.Name, Mono: true}, {Text: f.Kind}, {Text: needed}, {Text: f.Text}}})
	}
	return rows
}
