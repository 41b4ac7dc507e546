package gateway

import "time"

// Op is what a change does to its record.
type Op string

// The operations of the outbox.
const (
	OpCreate Op = "create"
	OpUpdate Op = "update"
	OpDelete Op = "delete"
)

// ChangeState is where an outbox entry stands.
type ChangeState string

// The states of an outbox entry. A finished entry is no row of the outbox any
// more: its line in the sync log says how it ended.
const (
	StateWaiting ChangeState = "waiting" // due at Change.DueAt
	StateSending ChangeState = "sending" // claimed under a lease
	StateParked  ChangeState = "parked"  // visible, fixable, waiting for a person
)

// Cause says why a change is owed to Salesforce; it travels with the entry
// into the log.
type Cause struct {
	Kind string // "edit", "person", "conflict", KindMeeting …
	Ref  string // id of the thing that caused it, "" for an edit on a page
	Rule string // plain words, e.g. "Edit on the contact page"
	By   string // user id here, "" when no person did it
	Name string // display name of By at that time
	// Revision is that of the setting or mapping on which Rule rests, 0 = none was
	// ever saved.
	Revision int64 `json:",omitempty"`
	// Of are fields with a cause of their own; nil = this is that of all.
	Of map[string]Origin `json:",omitempty"`
}

// Origin is why one field is written.
type Origin struct {
	Kind     string `json:",omitempty"` // these are as in Cause; "" = as there
	Ref      string `json:",omitempty"`
	Rule     string `json:",omitempty"`
	By       string `json:",omitempty"`
	Name     string `json:",omitempty"`
	Revision int64  `json:",omitempty"`
	Said     string `json:",omitempty"` // the words from which the value was made, cut
}

// Origin returns why one field is written.
func (c Cause) Origin(field string) Origin {
	o := c.Of[field]
	if o.Kind == "" {
		o.Kind, o.Ref, o.By, o.Name = c.Kind, c.Ref, c.By, c.Name
	}
	if o.Rule == "" {
		o.Rule = c.Rule
		if o.Revision == 0 {
			o.Revision = c.Revision
		}
	}
	return o
}

// Then returns the cause of a change into which another one, of some fields,
// folds: c of what is edited now, the earlier cause of what waits still.
func (c Cause) Then(earlier Cause, waiting, edited Fields) Cause {
	of := map[string]Origin{}
	for name := range waiting {
		if _, now := edited[name]; now {
			if o, own := c.Of[name]; own {
				of[name] = o
			}
			continue
		}
		of[name] = earlier.Origin(name)
	}
	if c.Of = of; len(of) == 0 {
		c.Of = nil
	}
	return c
}

// Change is one entry of the outbox: what Salesforce is owed for one record.
// There is at most one per record; a later edit folds into it.
type Change struct {
	Workspace WorkspaceID
	// Key names the record. For a create Key.ID is our own id of the thing
	// ("local:…"), which is also the value of the upsert key.
	Key     RecordKey
	Op      Op
	Fields  Fields  // what we want the fields to be
	Base    Fields  // the mirror's values of the same fields when first edited
	BaseAt  Version // the mirror's version then
	Edit    int64   // counts the edits folded in; settling compares it
	State   ChangeState
	Attempt int // attempts made so far
	DueAt   time.Time
	Lane    int // 0 a person's edit, 1 meetings and calls, 2 backfill
	Cause   Cause
	LogID   int64 // the sync-log line that follows this entry
	// Fills are those of Fields that are written only while Salesforce has
	// nothing in them; nil = none. Names that are no longer in Fields count for
	// nothing.
	Fills []string
	// Unmodified is the record's LastModifiedDate on which what is sent of Fills
	// rests: Salesforce takes the write only while the record has no later one. It is
	// set when an entry is sent and is not stored; zero = not known here.
	Unmodified time.Time
	// FirstSentAt is when the entry was first handed to the network, zero if
	// never. From then on the outcome of an attempt can be unknown, and a
	// create without upsert key must ask the org before it is sent again.
	FirstSentAt time.Time
	EnqueuedAt  time.Time
	Lease       string  // token of the claimer, "" when not claimed
	Holder      string  // who claims it; given when claiming, not read back
	Problem     Problem // why the last attempt did not succeed
	// Awaits is the local id of a record that is to be written first, because a
	// field names it; "" = none. The entry is due when that has its id, and at
	// DueAt in any case.
	Awaits string
}

// Local reports whether the change creates a record that has no Salesforce id
// yet.
func (c Change) Local() bool { return c.Op == OpCreate }

// Guarded reports whether the record must be as it was when the change is
// written, because it may only fill what is empty.
func (c Change) Guarded() bool {
	for _, name := range c.Fills {
		if _, owed := c.Fields[name]; owed && c.Op == OpUpdate {
			return true
		}
	}
	return false
}

// Problem is the three-part error of the sync log: what happened in plain
// words, who must act and how, and what Salesforce said verbatim.
type Problem struct {
	Code    string // our class, see Error
	What    string
	Who     string
	Said    string   // "400 FIELD_CUSTOM_VALIDATION_EXCEPTION: text", "" when Salesforce said nothing
	Fields  []string // the fields concerned
	Retries bool     // true when we try again by ourselves
	// Record is the id of the record that Salesforce says there is already, "" when
	// it named none.
	Record string `json:",omitempty"`
}

// Delivery is the outcome of one attempt to deliver a change.
type Delivery struct {
	Done bool
	// RecordID is the record's 18-character id, also for a create.
	RecordID string
	Created  bool
	// Err is nil when Done. Its code decides what happens next.
	Err *Error
	// Unknown is true when the change may have been committed although no
	// answer arrived.
	Unknown bool
}

// Settlement is what becomes of an entry after an attempt.
type Settlement struct {
	State   ChangeState // "" = done, the entry goes
	DueAt   time.Time   // for StateWaiting
	Problem Problem
	// Unsent is true when nothing was handed to the network: the attempt does
	// not count, and nothing has to be looked for before the next.
	Unsent bool
}

// LogEntry is one line of the sync log about something we did or could not
// do: the outbound half, and what concerns neither direction.
type LogEntry struct {
	ID        int64 // time-ordered, unique in the workspace
	At        time.Time
	Direction string // "out", "in" or "system"
	Key       RecordKey
	Label     string
	What      string // plain words: "Update Title, Mobile"
	Rule      string
	State     LogState
	Attempt   int
	NextTry   time.Time
	By        string // display name
	Problem   Problem
	Cause     Cause  // of what we did; its zero value for lines about Tidegate itself
	Fields    Fields // ours
	Before    Fields // base
	Took      time.Duration
	// DoneAt is when the entry reached its final state, zero before.
	DoneAt time.Time
}

// LogState is the state shown in the sync log.
type LogState string

// The states of a sync-log line.
const (
	LogWaiting  LogState = "waiting"
	LogDone     LogState = "done"
	LogNeedsYou LogState = "needs_you"
	LogSkipped  LogState = "skipped" // by a rule, with the reason
	LogIgnored  LogState = "ignored" // a person decided so, with the reason
)

// Conflict is two writers of one field. Both values are kept whatever wins.
type Conflict struct {
	ID       int64
	At       time.Time
	Key      RecordKey
	Field    string
	Base     Value
	Theirs   Value // Salesforce
	Ours     Value
	TheirsAt Version
	TheirsBy string // Salesforce user id
	OursAt   time.Time
	OursBy   string
	Winner   Winner
	Reason   string
	// Kept is who kept the field when the two met: "theirs", "ours" or "ask".
	Kept string
	// End is a person's decision, its zero value where none was made.
	End ConflictEnd
}

// Winner says which side a conflict rule prefers.
type Winner string

// The conflict rules. WinnerNone means that nobody has chosen yet, and works
// as WinnerRecent.
const (
	WinnerNone       Winner = ""
	WinnerSalesforce Winner = "salesforce"
	WinnerProduct    Winner = "product"
	WinnerRecent     Winner = "recent"
	WinnerAsk        Winner = "ask"
)
