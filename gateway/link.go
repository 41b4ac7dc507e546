package gateway

import "time"

// LinkRole says what a record is to the thing here that is linked to it. A
// thing has at most one record in each role.
type LinkRole string

// The roles. RoleSelf is the record that the thing itself is; the others are
// what it belongs to.
const (
	RoleSelf        LinkRole = ""
	RoleAccount     LinkRole = "account"
	RoleOpportunity LinkRole = "opportunity"
)

// The rules by which a record can be chosen, beside those of rules/match.
const (
	LinkByPerson     = "chosen"     // a person chose it, so the link is pinned
	LinkByConversion = "conversion" // Salesforce made it of the lead that was linked
)

// Link is the stored decision that a thing here is a record there. The
// decision is Chosen with its Reason; Key is what Salesforce has since made of
// that record by conversion and merge, and is worked out anew from Chosen, so
// that an undelete takes it back.
type Link struct {
	Kind       string // "person", "meeting" …
	ExternalID string
	Role       LinkRole
	Key        RecordKey // ID "local:…" until Salesforce gave one; zero when a person unlinked it
	Chosen     RecordKey // the record that Reason is about; saved as Key when zero
	Rule       string    // which rule chose it: "email", "phone", LinkByPerson …
	Reason     string    // the evidence: "matched by email ann@example.com"
	Moved      string    // why Key is no longer Chosen, "" while it is
	MovedAt    time.Time
	Pinned     bool   // a person decided: no rule decides otherwise
	By         string // who, "" for a rule
	Broken     string // why the record cannot be used, "" when it holds
	At         time.Time
}

// LinkState is how a link stands.
type LinkState string

// The states of a link.
const (
	LinkActive   LinkState = "active"   // leads to the chosen record
	LinkMoved    LinkState = "moved"    // leads to what Salesforce made of it
	LinkBroken   LinkState = "broken"   // the record is gone; it heals when it comes back
	LinkUnlinked LinkState = "unlinked" // a person decided that there is no record
)

// State returns how the link stands.
func (l Link) State() LinkState {
	switch {
	case l.Key == RecordKey{}:
		return LinkUnlinked
	case l.Broken != "":
		return LinkBroken
	case l.Moved != "":
		return LinkMoved
	default:
		return LinkActive
	}
}

// Holds reports whether the link leads to a record that can be used.
func (l Link) Holds() bool { return l.State() == LinkActive || l.State() == LinkMoved }

// LinkAct is what happened to a link.
type LinkAct string

// The acts of a link's history.
const (
	LinkMade      LinkAct = "linked"
	LinkConverted LinkAct = "converted"
	LinkMerged    LinkAct = "merged"
	LinkRestored  LinkAct = "restored"
	LinkBroke     LinkAct = "broke"
	LinkChosen    LinkAct = "chosen"
	LinkCut       LinkAct = "unlinked"
)

// LinkMove is one step of a link's history.
type LinkMove struct {
	ID         int64 // time-ordered; 0 = let the store draw it
	Kind       string
	ExternalID string
	Role       LinkRole
	Act        LinkAct
	From, To   RecordKey // From is zero for the first, To when it was unlinked
	Reason     string    // one plain sentence
	By         string    // who, "" for a rule
	At         time.Time
}
