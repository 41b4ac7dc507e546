package views

// LogPage is the sync log: causes before rows, at most one row opened.
type LogPage struct {
	Shell  Shell
	Head   Head
	Tabs   []Tab
	Live   Live
	Causes *Causes
	Filter Filter
	Rows   []LogRow
	// Groups are shown instead of the rows: the lines by their cause.
	Groups *Causes
	Pager  Pager
	Empty  Empty
}

// Causes groups what needs a person.
type Causes struct {
	Title string
	Views Segments
	Rows  []Cause
}

// Cause is one reason with how often it happened.
type Cause struct {
	Title, Detail, Who string
	// Retries says that nobody has to act: it is tried again by itself.
	Retries bool
	Action  Action
	Also    Action
}

// LogRow is one write or one observed change.
type LogRow struct {
	ID   string
	When Time
	// Inbound draws "from Salesforce", else "to Salesforce"; Internal is a line
	// about Tidegate itself, which went nowhere.
	Inbound, Internal bool
	// What is the verb and object, By the second line.
	What, By string
	// Record is where it went; Salesforce the record there.
	Kind, Record, RecordURL, RecordType, Salesforce string
	Rule                                            string
	State                                           Chip
	// Tries is the attempt count, Next "next 14:33:10" or "no retry".
	Tries, Next string
	// OpenURL opens or, when Open is set, closes the row.
	OpenURL string
	Open    *LogDetail
}

// LogRowPage is the page of one row.
type LogRowPage struct {
	Shell  Shell
	Head   Head
	Live   Live
	Row    LogRow
	Detail LogDetail
	// Back leads to the list that the row was opened from.
	Back Link
}

// LogDetail answers what happened, who must act, what Salesforce said.
type LogDetail struct {
	// Error is nil for rows that went well.
	Error *LogError
	Facts []Fact
	Diff  *Diff
	Steps []LogStep
	// Actions stand right, Retry left with the reason it is closed.
	Retry   Action
	Actions []Action
}

// LogError is an error told three ways.
type LogError struct {
	Happened string
	// Who acts first (bold), then how; Link leads there, After says what we do.
	Who, How string
	Link     Link
	After    string
	// Said is Salesforce's own code and text, unchanged.
	Said string
}

// Diff is old and new in named columns.
type Diff struct {
	Title   string
	Columns []string
	Rows    []DiffRow
}

// DiffRow is one field; Values stand under Diff.Columns after the first, and
// the one at New (0-based) is marked as what we write or wrote.
type DiffRow struct {
	Field  string
	Values []string
	New    int
}

// LogStep is one entry of the row's own timeline.
type LogStep struct {
	Icon string
	Tone Tone
	Text string
	When Time
}
