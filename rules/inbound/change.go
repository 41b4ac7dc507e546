package inbound

import (
	"strings"

	"tidegate/gateway"
)

// fresh applies a change that is newer than everything known of the record,
// or of the same second as a reading of it: what the reading had more, later
// events bring again.
func (in Input) fresh() Decision {
	was := in.current()
	next := was
	next.Version = in.Event.Version
	next.Deleted = in.Event.Type == gateway.Delete || in.staysGone(was)
	return in.apply(was, next, in.stated(was))
}

// late applies a change that is older than the record's newest, field by
// field: only what no newer change stated. Whether the record is deleted is
// settled by the newest change, so an older one never moves it.
func (in Input) late() Decision {
	was := in.current()
	fields := in.stated(was).Clone()
	if _, said := in.Event.Fields[master]; was.Deleted && !said {
		// It was read from the recycle bin and is in no history: an older event
		// that does not name it takes nothing away from it. All other fields that
		// a whole event leaves out are empty, on a tombstone too.
		delete(fields, master)
	}
	for _, h := range in.Newer {
		if !in.Event.Version.Before(h.Version) {
			continue
		}
		if h.Type.Whole() {
			clear(fields)
		}
		for name := range h.Fields {
			delete(fields, name)
		}
	}
	completes := in.Event.Type.Whole() && was.Partial
	if len(fields) == 0 && !completes {
		return in.row(gateway.OutcomeStale, "A newer change of the same fields is already here.")
	}
	d := in.apply(was, was, fields)
	if d.Entry.Outcome == gateway.OutcomeApplied {
		d.Entry.Reason = "Older than what is here; " + list(fields) + " still counted."
	}
	return d
}

// master names the record into which a deleted one was merged.
const master = "MasterRecordId"

// stated returns the fields that the event says something about, to be read
// only. In a whole event the carried fields that are absent are empty.
func (in Input) stated(was gateway.Record) gateway.Fields {
	if !in.Event.Type.Whole() {
		return in.Event.Fields
	}
	fields := in.Event.Fields.Clone()
	for name := range was.Fields {
		if _, ok := fields[name]; !ok && in.carried(name) {
			fields[name] = gateway.Null
		}
	}
	return fields
}

func (in Input) carried(field string) bool {
	if in.Event.Type == gateway.Snapshot {
		return in.Known == nil || in.Known(field)
	}
	return in.Carried == nil || in.Carried(field)
}

// apply lays fields over the record and says what that was. next carries the
// version and the tombstone mark that the caller decided on.
func (in Input) apply(was, next gateway.Record, fields gateway.Fields) Decision {
	next.ObservedAt = in.Now
	if in.Event.Type.Whole() {
		next.Partial = false
	}
	outcome, reason := in.outcome(was, next, fields)
	d := in.decision(outcome, reason)
	d.Append = true
	d.Entry.Before = in.before(fields)
	next.Fields, d.Laid = in.overlay(was.Fields, fields), fields // after the last look at what was
	if goneHere(was) && !in.staysGone(was) {
		next.Fields, d.Laid = next.Fields.Clone(), nil
		delete(next.Fields, ownMark)
	}
	d.Record, d.Save = next, true
	d.Entry.Label = next.Label()
	d.Refetch = in.refetch(was, next)
	in.mergePending(&d, fields)
	return d
}

// overlay lays fields over those of the record: over a copy, unless nobody needs
// to see them as they were.
func (in Input) overlay(was, fields gateway.Fields) gateway.Fields {
	if !in.Owned || was == nil || in.Pending != nil {
		return was.Overlay(fields)
	}
	for name, v := range fields {
		was[name] = v
	}
	return was
}

func (in Input) outcome(was, next gateway.Record, fields gateway.Fields) (gateway.Outcome, string) {
	changed := changedFields(was, fields)
	switch {
	case next.Deleted && !was.Deleted:
		return gateway.OutcomeDeleted, "The record was deleted in Salesforce."
	case was.Deleted && !next.Deleted:
		return gateway.OutcomeRestored, "The record is back in Salesforce."
	case in.own() && in.Current != nil && in.confirms(changed):
		return gateway.OutcomeConfirmed, "Our own change came back with the same values."
	case len(changed) == 0 && in.Current != nil:
		return gateway.OutcomeUnchanged, "The mirror had these values already."
	case in.Current == nil && in.Event.Type == gateway.Update:
		return gateway.OutcomeApplied, "First change seen of this record; the rest of it is read next."
	default:
		return gateway.OutcomeApplied, "Changed in Salesforce."
	}
}

// confirms reports whether every changed field is one that we asked for: the
// echo may come before the write is settled here.
func (in Input) confirms(changed []string) bool {
	for _, name := range changed {
		if in.Pending == nil || in.Pending.Fields[name] != in.Event.Fields[name] {
			return false
		}
	}
	return true
}

func (in Input) refetch(was, next gateway.Record) string {
	switch {
	case in.Event.Refetch != "":
		return in.Event.Refetch
	case in.staysGone(was):
		return "A record that was deleted from here changed: before that, or its return was missed."
	case next.Deleted:
		return ""
	case was.Deleted && in.Event.Type == gateway.Update:
		return "A deleted record changed, so its return was missed."
	case next.Partial:
		return "The record was never read whole."
	default:
		return ""
	}
}

// gap takes note that something unknown changed. The version moves on, so that
// an older reading is not taken for the answer.
func (in Input) gap() Decision {
	was := in.current()
	d := in.row(gateway.OutcomeRefetch, "Salesforce says that the record changed, but not how; it is read next.")
	d.Refetch = "Salesforce sent " + string(in.Event.Type) + "."
	if in.Current != nil && !was.Version.Before(in.Event.Version) {
		return d
	}
	d.Record.Version = in.Event.Version
	d.Record.ObservedAt = in.Now
	if in.Current == nil {
		// Kept as a tombstone already, so that a page read before the delete
		// makes no ghost of it.
		d.Record.Deleted = in.Event.Type == gateway.GapDelete
	}
	d.Save = true
	return d
}

// changedFields returns the fields, audit fields aside, whose value differs.
func changedFields(was gateway.Record, fields gateway.Fields) []string {
	var changed []string
	for name, v := range fields {
		if !audit(name) && differ(was, name, v) {
			changed = append(changed, name)
		}
	}
	return changed
}

// differ compares one field. A create says nothing of empty fields, so a field
// that is missing from a wholly known record is an empty one.
func differ(was gateway.Record, name string, v gateway.Value) bool {
	old := was.Fields[name]
	if v == gateway.Null && !was.Partial {
		return !old.Empty()
	}
	return old != v
}

func list(fields gateway.Fields) string { return strings.Join(fields.Names(), ", ") }
