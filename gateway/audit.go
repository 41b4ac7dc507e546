package gateway

import "time"

// AuditEntry is one act of a person or a refusal.
type AuditEntry struct {
	ID     int64
	At     time.Time
	By     string
	What   string
	Target string
	Before string // JSON or text
	After  string
	IP     string
}

// AuditCheck is what comparing the audit log with its chain found (S-56).
// Each act carries a code over itself and the code of the act before, made
// with a key that is not in the database.
type AuditCheck struct {
	Acts  int64 // in the chain
	Older int64 // from before there was a chain; covered as a whole
	// End names the last act and its code, as "812:3f9a…". Whoever noted an
	// earlier end elsewhere can tell that the acts up to it are still there.
	End    string
	Broken []AuditBreak // the first of them, "" = the log is as it was written
	// More is how many breaks there are beside those of Broken.
	More int
}

// Holds reports whether the log is as it was written.
func (c AuditCheck) Holds() bool { return len(c.Broken) == 0 }

// AuditBreak is one place where the audit log is not as it was written.
type AuditBreak struct {
	Kind AuditBreakKind
	N    int64     // place in the chain, 0 = of none
	At   time.Time // of the act as it reads now; zero where it is missing
}

// AuditBreakKind says what is wrong at a place of the audit log.
type AuditBreakKind string

// The kinds of breaks.
const (
	AuditChanged AuditBreakKind = "changed" // the act, or its code
	AuditMissing AuditBreakKind = "missing" // acts from this place on are gone
	AuditAdded   AuditBreakKind = "added"   // an act that the chain does not have
	AuditOlder   AuditBreakKind = "older"   // one of those from before the chain
	AuditKey     AuditBreakKind = "key"     // the chain's own row was exchanged
	AuditEnd     AuditBreakKind = "end"     // an end that somebody noted is not there
)
