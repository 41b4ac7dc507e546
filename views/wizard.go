package views

// WizardPage is one step of a few, each a plain form; the last says in a
// sentence what was answered.
type WizardPage struct {
	Shell Shell
	Head  Head
	Step  string // "Step 2 of 6"
	// Group is what this step asks, nil at the end; Sentence what was answered,
	// "" before.
	Group    *ChoiceGroup
	Sentence string
	Form     Form
	Post     bool // the form changes something; else it leads to the next step
	Hidden   []Hidden
	Next     Action
	Back     Link
	Cancel   Link
}

func (p WizardPage) method() string {
	if p.Post {
		return "post"
	}
	return "get"
}
