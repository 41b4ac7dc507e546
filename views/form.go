package views

// FieldError is one line of the summary above a form that was not accepted.
type FieldError struct {
	// FieldID is the id of the control, see the ID of each control.
	FieldID string
	Text    string
}

// Meta says where a setting's value comes from.
type Meta struct {
	// Default is the default in words: "off", "Website".
	Default string
	// Changed is who and when: "Changed by Mara Quill, 3 Nov 2026." It may hold
	// a recommendation as a second sentence.
	Changed string
}

// line joins the two, "Default: off. Changed by Mara Quill, 3 Nov 2026."
func (m Meta) line() string {
	switch {
	case m.Default == "":
		return m.Changed
	case m.Changed == "":
		return "Default: " + m.Default + "."
	}
	return "Default: " + m.Default + ". " + m.Changed
}

// Field is a text input with its label.
type Field struct {
	ID, Name, Label, Value string
	// Type is the input type, "text" when empty.
	Type         string
	Hint         string
	Error        string
	Placeholder  string
	Autocomplete string
	Required     bool
	MaxLength    string
	// Lines above 1 make a textarea of that height.
	Lines int
	Meta  Meta
	// Locked shows the value as text with this reason instead of a control.
	Locked string
	// Small is the 28 px height used in tables, where Label is read, not seen.
	Small bool
	// List is the id of a list of values to choose from; others can be typed.
	List string
}

// id falls back to the name, which is unique on every page that has one form.
func (f Field) id() string { return firstOf(f.ID, f.Name) }

// Option is one entry of a select.
type Option struct {
	Value, Text string
	Selected    bool
	// Group puts neighboring options of the same name under one heading.
	Group string
}

// Select is a native drop-down with its label.
type Select struct {
	ID, Name, Label string
	Options         []Option
	Hint            string
	Error           string
	Meta            Meta
	Locked          string
	// Small is the 28 px height used in tables, where Label is read, not seen.
	Small bool
}

func (s Select) id() string { return firstOf(s.ID, s.Name) }

// chosen is the text of the selected option, for locked controls.
func (s Select) chosen() string {
	for _, o := range s.Options {
		if o.Selected {
			return o.Text
		}
	}
	return "—"
}

// Switch is a checkbox that reads as on or off. It posts "on" under Name when
// on and nothing when off; a hidden "present" holds the name of every switch
// and choice group that the form has, so that "off" and "not shown" differ.
type Switch struct {
	ID, Name, Label string
	// Effect is the one-line consequence in plain words.
	Effect string
	Link   Link
	On     bool
	Meta   Meta
	// Locked shows the state as text with this reason instead of a control.
	Locked string
	Error  string
	// Fields are further controls that belong to the switch.
	Fields []Field
}

func (s Switch) id() string { return firstOf(s.ID, s.Name) }

// Choice is one card of a group of checkboxes or radio buttons.
type Choice struct {
	Value, Label, Effect string
	Checked              bool
	// Warning says that the choice cannot work now, with what to do.
	Warning     string
	WarningLink Link
	// Closed says why it cannot be chosen; the control is then text.
	Closed string
}

// ChoiceGroup is a card's worth of choices under one legend.
type ChoiceGroup struct {
	ID, Name, Legend, Hint string
	// Many makes checkboxes, else radio buttons.
	Many    bool
	Choices []Choice
	Meta    Meta
	// Locked closes all choices and shows this tag: "locked for everyone".
	Locked string
	Error  string
	// Columns lays the cards side by side on a wide screen.
	Columns bool
}

func (g ChoiceGroup) id() string { return firstOf(g.ID, g.Name) }

// SaveBar is the sticky bar below a settings form. Without a script it is
// always there; with one it appears when something is unsaved and counts it.
type SaveBar struct {
	// Save is the button's full text.
	Save string
	// Hint stands where the script puts the names of the changed settings.
	Hint       string
	DiscardURL string
}

// Form is the target and the guard of a settings form.
type Form struct {
	URL string
	// Revision is the revision that the page was made from, posted as "revision".
	Revision string
	Errors   []FieldError
	// Unsaved says that the controls do not show what is saved.
	Unsaved bool
	// ReadOnly hides the save bar: this person sees the values only.
	ReadOnly bool
	Bar      SaveBar
}

// typed reports whether the controls hold what somebody typed and nobody saved.
func (f Form) typed() bool { return f.Unsaved || len(f.Errors) > 0 }

// Merge shows both values where two people saved the same settings.
type Merge struct {
	Form   Form
	Who    string
	When   string
	Rows   []MergeRow
	KeepTo Link
	// Fields carry what else was typed.
	Fields []Hidden
}

// MergeRow is one setting that both changed. Name is the radio group; the
// values are what each side would save.
type MergeRow struct {
	Setting              string
	Name                 string
	TheirText, TheirWord string
	YourText, YourWord   string
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
