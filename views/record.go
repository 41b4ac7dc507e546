package views

// RecordPage is the page of one record: contact, lead, account or deal.
type RecordPage struct {
	Shell Shell
	Live  Live

	Kind, Type, Name string
	Actions          []Action
	// Facts are the highlights; they wrap instead of truncating.
	Facts []Fact
	// Path is the row of stages of a deal; nil for other objects.
	Path *Path
	// AsOf is the line under the highlights: how old this is and what is hidden.
	AsOf string

	Objects      []CRMObject
	ObjectsEmpty Empty

	// EditURL receives the POST of a detail's form; see Detail.
	Errors  []FieldError
	Details []Detail
	// DetailsFoot asks "Something looks wrong?" with a link.
	DetailsFoot string
	DetailsLink Link
	// Delete leads to deleting the record, or to why it is not deleted here;
	// empty where it is deleted.
	Delete Link
	// DetailsAsOf leads to the record as of earlier moments.
	DetailsAsOf Link

	// Topics are those of a deal, nil where nothing was noted.
	Topics *DealTopics

	// Evidence has one entry for each thing here that this record is.
	Evidence []Evidence

	Timeline      []Activity
	TimelineParts Segments
	TimelineEmpty Empty
	TimelineOlder Link
}

// CRMObject is a Salesforce record that belongs to this one.
type CRMObject struct {
	Kind, Name, Type string
	// URL is our page of it, Salesforce the record there.
	URL, Salesforce string
	Key             string
	// Why says why it is linked, "" when it is only related.
	Why  string
	AsOf Time
}

// Detail is one field of the record.
type Detail struct {
	ID, Label, Value string
	// URL makes the value a link (mailto:, tel:, our page).
	URL string
	// EditURL opens this field's form; empty with a Reason when it may not be
	// edited ("Read-only"), with WhyURL leading to the cause.
	EditURL string
	Reason  string
	WhyURL  string
	// Note says of a value that changes without an event how old it may be.
	Note string
	// Written says where the value came from, where it came from here.
	Written *Written
	// Form is present while the field is open for editing.
	Form *DetailForm
	// Progress is shown after an edit until it is old news.
	Progress *Progress
}

// DetailForm posts the control's name, "revision" and "field" to URL.
type DetailForm struct {
	URL       string
	Revision  string
	CancelURL string
	Field     Field
	// Select replaces Field for picklists and checkboxes.
	Select *Select
	// Effect says what saving does: "Written to Salesforce at once."
	Effect string
}

// Progress is the way of an edit: saved here, waiting, written.
type Progress struct {
	// Step is 1 saved here, 2 waiting, 3 written.
	Step    int
	SavedAt Time
	// WrittenAt is set at step 3.
	WrittenAt Time
	// NeedsYou replaces the steps: a whole sentence, with what to do.
	NeedsYou string
	Link     Link
	// RefreshURL is the link for pages without a script, shown at step 2.
	RefreshURL string
}

// Evidence says why the record is linked.
type Evidence struct {
	// Strong is "Matched by e-mail", Text the rest of the sentence.
	Strong, Text string
	More         string
	Link         Link
	Actions      []Action
	// Moves is how the link came here, oldest first.
	Moves []EvidenceMove
}

// EvidenceMove is one step of a link; From or To may be empty.
type EvidenceMove struct {
	Text     string
	From, To Link
	When     Time
}

// Activity is one entry of the timeline, newest first.
type Activity struct {
	Kind, Title, URL, Text string
	When                   Time
	// Where is the tag: "Here", "Salesforce" or "Both".
	Where string
	State Chip
	// Link leads to the record as it was then.
	Link Link
}

// Path is the row of stages.
type Path struct {
	Label  string
	Stages []Stage
	Text   string
	Next   Action
}

// Stage is one step of a path. State is "done", "current" or "".
type Stage struct {
	Text, State string
}
