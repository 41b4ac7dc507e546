package gateway

import "time"

// BackfillState is how far the reading of one object is.
type BackfillState = string

// The states of a backfill. Its rows are read from the first to the last
// (running), then what changed since it began, deleted rows too (repairing),
// then it is done. A hole in the stream is repaired by the second half alone.
// Canceled is one that a person gave up before the object was read whole once.
const (
	BackfillRunning   BackfillState = "running"
	BackfillRepairing BackfillState = "repairing"
	BackfillDone      BackfillState = "done"
	BackfillCanceled  BackfillState = "canceled"
)

// The ways in which rows are read: pages of a query, 2,000 rows a call, or a
// job of Bulk API 2.0.
const (
	WayREST = "rest"
	WayBulk = "bulk"
)

// Backfill is the progress of reading one object whole. Anchor is the stream
// position taken before the first page; LastID is the keyset position.
type Backfill struct {
	Object string
	State  BackfillState
	Anchor ReplayID
	// LastID is the id up to which all rows are in the mirror. A bulk job gives
	// rows in an order of its own: as soon as that is not the order of ids it
	// stays "".
	LastID string
	Rows   int
	Total  int // -1 when not known
	// StartedAt is since when what changed is read at the end.
	StartedAt time.Time
	UpdatedAt time.Time
	Note      string

	// Run is the number of the reading. It counts up when one is begun anew or
	// canceled, so that a page asked for before moves nothing.
	Run      int64
	Way      string // WayREST or WayBulk, "" until it is chosen
	Job      string // id of the bulk job under way
	Locator  string // of the result page under way, "" = the first
	PageRows int    // rows of that page that are in the mirror
	Paused   bool   // by a person; only while running
	Complete bool   // the object was read whole once
	BeganAt  time.Time
	Spent    time.Duration // of reading; pauses do not count
	Calls    int           // to Salesforce
	By       string        // who asked for it, "" = Tidegate itself
}

// Open reports whether rows are still to be read from the first to the last.
func (b Backfill) Open() bool { return b.State == BackfillRunning }
