package gateway

import "time"

// Version is the place of a change in Salesforce's own order: the commit time
// (ms since 1970, second granularity in practice), the commit number that
// tells commits of one second apart, and the change's place in its
// transaction. A row read by query has only the commit time (its
// SystemModstamp).
type Version struct {
	CommitAt     int64 // ms since 1970 UTC
	CommitNumber int64 // 0 when read by query; exceeds 2^53
	Sequence     int32 // 0 when read by query
}

// Compare orders two versions: -1, 0 or +1. Where one of them has no commit
// number only the commit times can be compared, and equal seconds compare
// equal.
func (v Version) Compare(w Version) int {
	if c := compareInt(v.CommitAt, w.CommitAt); c != 0 {
		return c
	}
	if v.CommitNumber == 0 || w.CommitNumber == 0 {
		return 0
	}
	if c := compareInt(v.CommitNumber, w.CommitNumber); c != 0 {
		return c
	}
	return compareInt(int64(v.Sequence), int64(w.Sequence))
}

// Before reports whether v is surely older than w.
func (v Version) Before(w Version) bool { return v.Compare(w) < 0 }

// Time returns the commit time.
func (v Version) Time() time.Time { return time.UnixMilli(v.CommitAt).UTC() }

func compareInt(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// Record is our copy of one Salesforce record: a row of the mirror.
type Record struct {
	Key     RecordKey
	Fields  Fields
	Version Version // newest change applied
	// ReadAt is the SystemModstamp (ms) of the newest whole reading of the
	// record; changes committed before it are contained in Fields. 0 = the
	// record has never been read whole.
	ReadAt  int64
	Deleted bool // tombstone: Fields are the last known ones
	// Partial is true while only some fields are known, because an UPDATE
	// came for a record that we had never read. A refetch is due.
	Partial bool
	// ObservedAt is when we last saved the record, our clock.
	ObservedAt time.Time
}

// Label returns what a person would call the record: Name, else first and
// last name, Subject or Title, else its id.
func (r Record) Label() string {
	for _, field := range [...]string{"Name", "Subject", "Title"} {
		if s := r.Fields[field].String(); s != "" && (field != "Title" || r.Fields["LastName"] == "") {
			return s
		}
	}
	first, last := r.Fields["FirstName"].String(), r.Fields["LastName"].String()
	switch {
	case first != "" && last != "":
		return first + " " + last
	case last != "":
		return last
	default:
		return r.Key.ID
	}
}

// Outcome says what became of one observed change.
type Outcome string

// The outcomes of inbound.Decide. Each is a row of the sync log.
const (
	OutcomeApplied   Outcome = "applied"   // the mirror changed
	OutcomeConfirmed Outcome = "confirmed" // our own write came back with the same values
	OutcomeUnchanged Outcome = "unchanged" // nothing new in it
	OutcomeDuplicate Outcome = "duplicate" // the very same change was seen before
	OutcomeStale     Outcome = "stale"     // a newer change of the same fields is already here
	OutcomeDeleted   Outcome = "deleted"   // the record became a tombstone
	OutcomeRestored  Outcome = "restored"  // a tombstone became a record again
	OutcomeRefetch   Outcome = "refetch"   // the record must be read from Salesforce
)

// HistoryEntry is one observed change of one record, kept for ever: the
// inbound half of the sync log and the base of "as of" reading.
type HistoryEntry struct {
	ID             int64 // time-ordered, unique in the workspace; 0 = let the store draw it
	Key            RecordKey
	Version        Version
	Type           ChangeType
	Outcome        Outcome
	Reason         string // one plain sentence
	Fields         Fields // what the change said
	Before         Fields // the mirror's values of the same fields before it
	TransactionKey string
	User           string // Salesforce user id
	Origin         string // changeOrigin verbatim
	At             time.Time
	Label          string // the record's label at that time
}
