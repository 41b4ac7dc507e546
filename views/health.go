package views

// Piece is a run of text in a sentence; with a URL it is a link.
type Piece struct {
	Text string
	URL  string
}

// HealthPage answers: can I go home?
type HealthPage struct {
	Shell Shell
	Live  Live
	// State colors the round icon before the sentence.
	State    Chip
	Sentence []Piece
	Detail   string
	Actions  []Action

	// Loads are the objects that are being loaded.
	Loads []Load
	// Jobs are what is being planned anew.
	Jobs []Load

	Objects     []HealthObject
	ObjectsLead string
	ObjectsLink Link
	// ObjectsEmpty is shown while there is nothing to list.
	ObjectsEmpty Empty

	// Flow and Budget are drawn only when given.
	Flow   *Flow
	Budget *Budget

	Holes      []Hole
	HolesEmpty Empty
	HolesLink  Link
}

// HealthObject is one line of the objects table.
type HealthObject struct {
	Kind, Name string
	State      Chip
	// Transport is "Stream" or "Poll, 60 s"; Polled picks its icon.
	Transport string
	Polled    bool
	// Why is one sentence on an object that is asked for, not streamed.
	Why       string
	LastEvent Time
	Lag       string
	RowsHere  string
	// RowsThere is "same in Salesforce" or "31,915 in Salesforce".
	RowsThere string
	// Unequal tints RowsThere and the proof.
	Unequal     bool
	Proof       string
	ProofDetail string
	// ProofLink leads to what the proof repaired.
	ProofLink Link
	Pending   string
	Parked    Piece
	Action    Action
	// Pause leads to pausing or resuming the object.
	Pause Action
}

// Flow is the histogram of rows in (up) and out (down).
type Flow struct {
	Ranges Segments
	Bars   []FlowBar
	// InWord, OutWord and FailedWord are the legend: "In, 18,204 rows (up)".
	InWord, OutWord, FailedWord string
	// Summary describes the picture in one sentence.
	Summary string
}

// FlowBar is one step of time. Numbers are rows; Label is the time as "14:30".
type FlowBar struct {
	Label           string
	In, Out, Failed int
}

// Budget is today's use of the org's API calls.
type Budget struct {
	// Percent is the big number, "14 %"; Used "14,021 of 100,000 calls".
	Percent, Used string
	// UsedShare, ForecastShare and OurShare are 0 to 1000 (per mille) of the
	// limit, for the bar only. ForecastShare counts from zero, like UsedShare.
	UsedShare, ForecastShare, OurShare int
	// ShareWord stands under the mark, "our share 60 %"; Limit at the end.
	ShareWord, Limit string
	// Slowed says what waits for calls, "" while nothing does; Lanes are all kinds
	// of calls then, with what waits and why.
	Slowed string
	Lanes  []Fact
	Facts  []Fact
	Footer string
	// More leads to what costs how much.
	More Link
	// Share changes our share; nil for who may not.
	Share *SmallForm
}

// Hole is a time during which the gateway could not listen.
type Hole struct {
	When, Span, Cause, Checked, Repaired string
	Outcome                              Chip
	Link                                 Link
}

// Fact is a label with its value; a URL makes the value a link.
type Fact struct {
	Label, Value, URL string
	// Big is the 18 px value of a highlights panel's first facts.
	Big bool
	// Mono shows the value in monospace.
	Mono bool
	// Second is a quiet second line.
	Second string
	Link   Link
	// Record leads to Salesforce, where the value names a record of it.
	Record Link
	Chip   Chip
}
