package views

// ConflictsPage is the inbox of conflicts: left what waits, right the one that
// is looked at; or the list of those that were settled.
type ConflictsPage struct {
	Shell  Shell
	Head   Head
	Tabs   []Tab
	Live   Live
	Notice Notice
	Open   []ConflictLine
	// Settled leads to those that are decided: "61 settled by rules".
	Settled Link
	// Chosen is the one that is looked at, nil when nothing waits.
	Chosen *ConflictView
	Empty  Empty
	// List is shown instead of the inbox, where Caption is set.
	List ListPage
}

// ConflictLine is one entry of the inbox.
type ConflictLine struct {
	Kind, Record, Field, URL string
	When                     Time
	Current                  bool
}

// ConflictView is one conflict with its three values and the form that decides.
type ConflictView struct {
	Title, Record, RecordURL string
	Chip                     Chip
	Base, Theirs, Ours       ConflictValue
	// Reason says why a person is asked.
	Reason string
	Log    Link
	Form   Form
	Fields []Hidden
	// Field or Select takes another value; OtherButton is drawn with it.
	Field       Field
	Select      *Select
	OtherButton string
	// Rule is "from now on", without choices where the reader may not set it.
	Rule ChoiceGroup
	Why  Field
}

// ConflictValue is one of the values. Button names what choosing it does, empty
// where it cannot be chosen; Closed says why.
type ConflictValue struct {
	Label, Value, Text string
	Choice             string
	Button, Effect     string
	Closed             string
}
