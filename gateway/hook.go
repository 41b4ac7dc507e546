package gateway

import "time"

// HookKind is what a hook takes, and how its sender proves himself.
type HookKind string

// The kinds of hooks. Both only hint which records changed: the records are
// read from Salesforce then.
const (
	// HookOutbound takes workflow outbound messages: SOAP, with the secret in
	// the address, because Salesforce does not sign them.
	HookOutbound HookKind = "outbound-messages"
	// HookEvents takes JSON of Apex and Flow, signed as Standard Webhooks 1.0
	// prescribes.
	HookEvents HookKind = "events"
)

// OriginHook is the origin, in the history of a record, of what was read
// because a hook told of the record.
const OriginHook = "webhook"

// Hook is an address of ours at which a Salesforce org tells of changes.
type Hook struct {
	ID        string // unguessable, the last part of the address
	Workspace WorkspaceID
	Kind      HookKind
	Name      string
	Sealed    []byte // the secret, sealed by the vault
	// OldSealed is the secret before the last rotation, accepted until
	// OldUntil; empty when there is none.
	OldSealed []byte
	OldUntil  time.Time
	Disabled  bool
	CreatedAt time.Time
	CreatedBy string
	RotatedAt time.Time // zero = never
}

// SealedAs names the row that the hook's secrets are bound to when they are
// sealed.
func (h Hook) SealedAs() string { return "hook/" + h.ID }

// HookOutcome says what became of one request at a hook.
type HookOutcome string

// The outcomes of a delivery.
const (
	HookTaken    HookOutcome = "taken"    // its records are marked to be read
	HookRepeated HookOutcome = "repeated" // everything in it had its effect before
	HookIgnored  HookOutcome = "ignored"  // nothing in it is mirrored here
	HookRefused  HookOutcome = "refused"  // not ours, not proven or not understood
)

// HookMessage is one thing told: a notification of an outbound message, or a
// whole signed request.
type HookMessage struct {
	ID   string // the sender's, the same when it is sent again
	Keys []RecordKey
}

// HookDelivery is one request at a hook, without what it said.
type HookDelivery struct {
	ID        int64 // time-ordered; 0 = let the store draw it
	HookID    string
	At        time.Time
	Outcome   HookOutcome
	Reason    string      // one plain sentence, "" where the outcome says it all
	Messages  int         // how many it carried
	Records   []RecordKey // those that are read because of it
	Times     int         // how often the same refusal came, 1 at least
	OldSecret bool        // proven by the secret before the last rotation
	Waiting   int         // of Records, those not read yet; filled by the store
}
