// Package inbound decides what one observed change does to the mirror and to
// a change of ours that is still waiting for the same record. Every source
// (stream, poll, backfill, refetch) passes through Decide, in whatever order
// it saw things: the result is the same as if all had come in Salesforce's
// own order.
package inbound

import (
	"strings"
	"time"

	"tidegate/gateway"
)

// Input is everything a decision depends on.
type Input struct {
	Current  *gateway.Record // nil: the mirror has no such record
	Event    gateway.ChangeEvent
	RecordID string // the one of Event.RecordIDs this decision is about
	// Newer are the history entries of the record at or after the event's
	// version; needed only where NeedsHistory says so.
	Newer   []gateway.HistoryEntry
	Pending *gateway.Change // our waiting change of the record, nil when none
	// Winner gives the conflict rule of a field; nil means none chosen.
	Winner func(field string) gateway.Winner
	// Carried reports whether change events carry the field, so that its
	// absence from a whole event means that it is empty; nil means all are.
	// Formula fields and derived ones (LastActivityDate) are never carried.
	Carried func(field string) bool
	// Known reports whether a reading asks for the field, so that its absence
	// means that it is empty; nil means all are. A field that Salesforce hid
	// from us keeps its last value.
	Known func(field string) bool
	// Owned says that nobody else holds Current's fields: the decided record may
	// take them over and change them, instead of a copy. A copy of a whole record
	// took a third of the time of a decision.
	Owned     bool
	OwnClient string        // our client id in changeOrigin, e.g. "tidegate"
	Ahead     time.Duration // Salesforce's clock minus ours, as measured
	Now       time.Time
}

// Decision is what is to be saved. Entry is filled always, so that its
// outcome can be counted; it is a row only when Append is set.
type Decision struct {
	Record gateway.Record
	Save   bool
	// Laid are the fields that were laid over those of the current record, which
	// differs in no other; nil where it may. To be read only.
	Laid   gateway.Fields
	Entry  gateway.HistoryEntry
	Append bool
	// Refetch says why the record must be read whole, "" when it need not.
	Refetch string
	// RefetchObject says why all records of the object must be read again.
	RefetchObject string
	// ReadWhole is set when a reading settled the record: an earlier wish to
	// refetch it is fulfilled.
	ReadWhole bool
	Conflicts []gateway.Conflict
	// Pending is our change as it is to be kept (PendingChanged), or as it was
	// when it goes (DropPending) because Salesforce has all of it, or because
	// Salesforce's values won.
	Pending        *gateway.Change
	PendingChanged bool
	DropPending    bool
	Confirmed      bool // DropPending because Salesforce has all of it
}

// NeedsHistory reports whether Decide must be given the record's newer
// history for this event: only for one that is not surely the newest.
func NeedsHistory(current *gateway.Record, e gateway.ChangeEvent) bool {
	return current != nil && !isReading(e) && e.Version.Compare(current.Version) <= 0
}

// Decide returns what the event does to the record.
func Decide(in Input) Decision {
	switch {
	case wholeObject(in):
		d := in.decision(gateway.OutcomeRefetch, "Salesforce changed more than it lists; the object is read again.")
		d.RefetchObject = "Salesforce sent " + string(in.Event.Type) + " for the whole object."
		return d
	case isReading(in.Event):
		return in.reading()
	case in.seen():
		return in.decision(gateway.OutcomeDuplicate, "The very same change was applied before.")
	case in.containedInReading():
		return in.row(gateway.OutcomeStale, "The record was read after this change, which is contained in what was read.")
	case in.Event.Type.IsGap():
		return in.gap()
	case in.Current != nil && in.Event.Version.Before(in.Current.Version):
		return in.late()
	default:
		return in.fresh()
	}
}

// wholeObject tells the events that name no single record: overflow, whose id
// is a dummy, and wildcard ids such as "001*".
func wholeObject(in Input) bool {
	return in.Event.Type == gateway.GapOverflow || in.RecordID == "" ||
		strings.HasSuffix(in.RecordID, "*") || strings.HasPrefix(in.RecordID, "000000000000000")
}

// isReading tells what was read by query from what was streamed. A reading
// that found the record gone is a Delete without commit number.
func isReading(e gateway.ChangeEvent) bool {
	return e.Type == gateway.Snapshot || (e.Type == gateway.Delete && e.Version.CommitNumber == 0)
}

// seen recognizes a repeated delivery. The replay id is no help: it is reused
// after an org migration (F-10).
func (in Input) seen() bool {
	e := in.Event
	known := false
	for _, h := range in.Newer {
		if h.Version != e.Version {
			continue
		}
		if h.TransactionKey == e.TransactionKey && h.Type == e.Type {
			return true
		}
		known = true
	}
	return !known && in.Current != nil && e.Version.CommitNumber != 0 && in.Current.Version == e.Version
}

func (in Input) containedInReading() bool {
	return in.Current != nil && in.Event.Version.CommitAt < in.Current.ReadAt
}

// current returns the record as it stands, an empty one when unknown.
func (in Input) current() gateway.Record {
	if in.Current != nil {
		return *in.Current
	}
	return gateway.Record{Key: in.key(), Partial: true}
}

func (in Input) key() gateway.RecordKey {
	return gateway.RecordKey{Object: in.Event.Object, ID: in.RecordID}
}

// decision returns a decision that saves nothing.
func (in Input) decision(outcome gateway.Outcome, reason string) Decision {
	e := in.Event
	return Decision{Record: in.current(), Entry: gateway.HistoryEntry{
		Key: in.key(), Version: e.Version, Type: e.Type, Outcome: outcome, Reason: reason,
		Fields: e.Fields, TransactionKey: e.TransactionKey, User: e.User, Origin: e.Origin, At: in.Now,
		Label: in.current().Label(),
	}}
}

// row returns a decision that changes nothing but is seen in the log.
func (in Input) row(outcome gateway.Outcome, reason string) Decision {
	d := in.decision(outcome, reason)
	d.Append = true
	d.Entry.Before = in.before(in.Event.Fields)
	return d
}

// before returns what the mirror holds of the given fields.
func (in Input) before(fields gateway.Fields) gateway.Fields {
	if in.Current == nil {
		return nil
	}
	known := make(gateway.Fields, len(fields))
	for name := range fields {
		if v := in.Current.Fields[name]; v.Known() {
			known[name] = v
		}
	}
	return known
}

// own reports whether the change was made through our own API client. Side
// effects of triggers share the origin, so it is never a reason to drop.
func (in Input) own() bool {
	if in.OwnClient == "" {
		return false
	}
	_, client, ok := strings.Cut(in.Event.Origin, ";client=")
	return ok && client == in.OwnClient
}

// audit fields move with every change and say nothing about its content.
func audit(field string) bool {
	return field == "LastModifiedDate" || field == "LastModifiedById" || field == "SystemModstamp"
}
