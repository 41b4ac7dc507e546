package store

import (
	"time"

	"tidegate/gateway"
)

// MigrationStatus is one schema migration; AppliedAt is zero while it waits.
type MigrationStatus struct {
	Version   int64
	Name      string
	AppliedAt time.Time
}

// WorkspaceInfo is one tenant.
type WorkspaceInfo struct {
	ID   gateway.WorkspaceID
	Name string
}

// ClaimRequest asks for outbox entries to send.
type ClaimRequest struct {
	Holder    string              // who asks, for people reading the table
	Lease     string              // token that fences the settling; unique per claim
	For       time.Duration       // after that long the entries are due again
	Limit     int                 // at most this many, 200 when 0
	Workspace gateway.WorkspaceID // "" = any
	Lanes     Lanes
	Object    string   // "" = any
	Except    []string // objects that are passed over
}

// Lanes are some of the lanes of changes, see gateway.Change.
type Lanes int

// A person's edits have a lane of their own; meetings and backfills are behind.
const (
	AllLanes Lanes = iota
	PeopleLane
	LanesBehind
	SaidLane // of those behind only what the product tells, nothing that is planned anew
)

func (l Lanes) bounds() (from, to int) {
	switch l {
	case PeopleLane:
		return 0, 0
	case LanesBehind:
		return 1, 99
	case SaidLane:
		return 1, 1
	}
	return 0, 99
}

// RecordQuery selects records of one object in the order of their labels.
type RecordQuery struct {
	Object string
	// Search is part of a label, e-mail address or phone number, any case.
	Search string
	// After and Before are tokens of an earlier page: RecordPage.Next goes to
	// After, RecordPage.Prev to Before. At most one of them is set.
	After, Before  string
	Limit          int       // 50 when 0
	UpdatedAfter   time.Time // by Record.ObservedAt
	IncludeDeleted bool
	Where          map[string]string // lookup field → id, e.g. AccountId
}

// RecordPage is one page of records.
type RecordPage struct {
	Records    []gateway.Record
	Next, Prev string // "" = there is no such page
	Total      int    // over all pages
}

// PendingCounts says how much of one object Salesforce is still owed.
type PendingCounts struct {
	Waiting int // waiting or being sent
	Parked  int
}

// LogQuery selects lines of the sync log, newest first. Zero fields do not
// filter.
type LogQuery struct {
	Direction string // "out", "in", "system"
	Object    string
	RecordID  string
	State     string // a gateway.LogState
	Search    string // part of label, text or reason, any case
	User      string // part of the name of who did it, here or in Salesforce, any case
	// Code is the class of a line's problem, What its exact sentence: together
	// one cause.
	Code, What string
	// Kind and Ref name the thing that caused a write, such as a meeting.
	Kind, Ref    string
	Rule         string // the exact rule of a write, or of one of its fields
	Since, Until time.Time
	// After asks for the lines after (older than) that id, Before for those
	// before (newer than) it: LogPage.Next and LogPage.Prev.
	After, Before int64
	Limit         int // 50 when 0
	// Within bounds how many lines of each table are looked at for a page, where
	// no index finds what is looked for; 0 = all. See LogPage.Searched.
	Within int
}

// LogPage is one page of the sync log.
type LogPage struct {
	Entries    []LogLine
	Next, Prev int64 // 0 = there is no such page
	Total      int   // lines that the query selects, over all pages
	// Counts has the lines by state that the query would select without its
	// State. Without State they add up to Total.
	Counts map[gateway.LogState]int
	// More says that only the newest were counted, so that Total and Counts are
	// the least that there are; what needs somebody is counted whole.
	More bool
	// Searched is set when a search ended at its bound: nothing older was looked
	// at. Next goes on there, also where nothing was found.
	Searched time.Time
}

// LogLine is one line of the sync log. Inbound is set for a line that is an
// observed change; then Entry holds its summary in the words of the log.
type LogLine struct {
	Entry   gateway.LogEntry
	Inbound *gateway.HistoryEntry
}

// Position is where one channel stands.
type Position struct {
	Lease       gateway.Lease
	UpdatedAt   time.Time
	LastEventAt time.Time
	Lag         time.Duration
	Events      int64 // applied since the first
}

// AdvanceStats is what a batch adds to the position row.
type AdvanceStats struct {
	Events      int
	LastEventAt time.Time
	Lag         time.Duration
}

// ObjectTouch is the newest event of one object in a batch.
type ObjectTouch struct {
	LastEvent time.Time
	Lag       time.Duration
}

// SettleResult says what became of the row of a settled change.
type SettleResult struct {
	// Gone is true when the row had been deleted meanwhile, Fenced when it is in
	// other hands: then nothing was written.
	Gone, Fenced bool
	// Moved is true when the entry was edited during the attempt. Left then
	// holds what is still owed, unless nothing was left.
	Moved bool
	// State is the state of the row afterwards, "" when it was deleted.
	State gateway.ChangeState
	Left  gateway.Change
	// Met is the problem that the row had during the attempt: what the stream
	// brought in the meantime leaves word there.
	Met gateway.Problem
}
