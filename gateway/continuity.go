package gateway

import "time"

// Hole is a time during which the stream did not tell everything of some
// objects, with what was done about it: the continuity record. It is written
// together with each step of the repair, so a repair that is broken off goes
// on in the same record.
type Hole struct {
	ID         int64 // time-ordered, unique in the workspace
	Connection string
	OrgID      string
	Cause      HoleCause
	// Said is what was observed: Salesforce's own words, or ours.
	Said string
	// From and To bound the hole by Salesforce's clock: what was committed
	// outside of them was told by the stream. To is zero while the hole grows.
	From, To time.Time
	Bound    string // how From and To were found, in plain sentences
	State    HoleState
	// StartedAt is when the hole was found, EndedAt when all of it was
	// repaired, by our clock; EndedAt is zero before.
	StartedAt, EndedAt time.Time
	Objects            []HolePart
	Certificate        Certificate // empty until closed
}

// HolePart is the repair of one object of a hole.
type HolePart struct {
	Object   string
	Means    HoleMeans
	State    HoleState
	Expected int // rows to be read, estimated when the repair began; -1 = not known
	HoleCount
	Problem string // why the repair stands still and what to do, "" while it does not
}

// HoleCount is what a repair did. Rows that were read twice count twice.
type HoleCount struct {
	Read     int // rows that Salesforce returned
	Changed  int // records here that were made equal
	Deleted  int // records that became tombstones
	Restored int // tombstones that became records again
	Calls    int // API calls whose outcome is stored; one broken off by a crash is not
}

// Add adds what another step did.
func (c *HoleCount) Add(d HoleCount) {
	c.Read += d.Read
	c.Changed += d.Changed
	c.Deleted += d.Deleted
	c.Restored += d.Restored
	c.Calls += d.Calls
}

// Total is what the repair did in all objects.
func (h Hole) Total() (sum HoleCount) {
	for _, p := range h.Objects {
		sum.Add(p.HoleCount)
	}
	return sum
}

// HoleCause says why the stream did not tell everything.
type HoleCause string

// The causes.
const (
	HoleExpired    HoleCause = "expired"    // our place is older than what Salesforce keeps
	HoleUnknown    HoleCause = "unknown"    // Salesforce does not know our place: corrupted, or of another org
	HoleMoved      HoleCause = "moved"      // our place is that of another transport
	HoleNoPlace    HoleCause = "no_place"   // no event had come yet that gave us a place
	HoleGap        HoleCause = "gap"        // gap events: changed records without their values
	HoleOverflow   HoleCause = "overflow"   // one event stands for more changes than are told
	HoleWildcard   HoleCause = "wildcard"   // one event stands for all records of an object
	HoleUnreadable HoleCause = "unreadable" // events that cannot be read, nor whose they are
	HoleUnstreamed HoleCause = "unstreamed" // Change Data Capture was switched off for the object
	HoleRefused    HoleCause = "refused"    // no stream at all: allocation used up, edition, permission
	HoleBroken     HoleCause = "broken"     // the stream could not be reached
	HolePaused     HoleCause = "paused"     // a person paused the object
	HoleSignedOut  HoleCause = "signed_out" // Salesforce did not accept our sign-in
)

// HoleMeans says how a part is repaired.
type HoleMeans string

// The means.
const (
	// MeansChanges reads what changed since From, deleted rows too, and
	// compares the ids of all records.
	MeansChanges HoleMeans = "changes"
	MeansWhole   HoleMeans = "whole"   // reads every record
	MeansRecords HoleMeans = "records" // reads the records that were named
)

// HoleState is how far a hole, or a part of it, is.
type HoleState string

// The states of a hole.
const (
	// HoleOpen: the stream is still silent; what changes is asked for meanwhile.
	HoleOpen      HoleState = "open"
	HoleRepairing HoleState = "repairing"
	HoleClosed    HoleState = "closed" // repaired whole
	HoleFailed    HoleState = "failed" // stands still; Problem says what to do
)

// Certificate is a continuity record signed by the installation that made it,
// so that it can be checked apart from the database.
type Certificate struct {
	Statement []byte // JSON, see rules/continuity
	Signature []byte // Ed25519 over Statement
	Key       []byte // the public key
}
