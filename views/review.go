package views

import "slices"

// ReviewPage shows what a change of settings would do before it takes effect.
type ReviewPage struct {
	Shell Shell
	Head  Head
	// Effects are up to three numbers: "412 contacts would change".
	Effects []Effect
	// Overlap is the line about other people's saves since.
	Overlap string
	Changes []ReviewChange
	// Risk is the loudest thing that can go wrong; drawn only when given.
	Risk Notice
	// Sample of records that would change, old and new.
	SampleLead string
	Sample     []SampleRow
	// Export is the button that posts the values as step "export", for the
	// whole list as a file; none is drawn without words.
	Export string
	// Backtest is the button that posts the values as step "backtest".
	Backtest string
	// Also is what else happens, and what does not.
	Also []Fact
	Form Form
	// Fields carry the unsaved values through to the save.
	Fields []Hidden
	// Choices are made here, together with the save.
	Choices []ChoiceGroup
	Confirm string
	// Password asks for it again, where the change can do harm.
	Password *Field
	Note     string
	// Back posts the values to the tab's form again, as step "edit".
	Back string
}

// Effect is one number with what it means.
type Effect struct {
	Kind, Number, Text string
}

// ReviewChange is one setting, before and after.
type ReviewChange struct {
	Where, Setting, Before, After, Reason string
}

// SampleRow is one record that would change.
type SampleRow struct {
	Kind, Record, Second, Field, Old, New, Edited string
}

// reasons reports whether any change says why it is as it is.
func (p ReviewPage) reasons() bool {
	return slices.ContainsFunc(p.Changes, func(c ReviewChange) bool { return c.Reason != "" })
}
