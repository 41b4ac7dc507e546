package inbound

import (
	"time"

	"tidegate/gateway"
)

// reading weighs a row read by query against the record. It knows only its
// SystemModstamp, in whole seconds, and when the reading began.
func (in Input) reading() Decision {
	was := in.current()
	e := in.Event
	order := e.Version.Compare(was.Version)
	switch {
	case in.Current == nil:
		return in.firstReading()
	case in.unmoved() || order > 0:
		return in.whole(was)
	case was.Partial && !thin(e):
		return in.fill(was)
	case order == 0 && in.differs(was):
		d := in.decision(gateway.OutcomeStale, "The record changed in the second in which it was read; it is read again.")
		d.Refetch = "The record changed while it was read."
		return d
	default:
		return in.decision(gateway.OutcomeStale, "The mirror is newer than what was read.")
	}
}

// unmoved: nothing was applied to the record since the reading began, so the
// reading is the newer of the two even where its timestamp says otherwise.
func (in Input) unmoved() bool {
	seen := in.Event.SeenVersion
	return seen != gateway.Version{} && seen == in.Current.Version
}

// First is the record that a reading makes of one of which nothing was here,
// but for its fields, which are those that were read.
func First(e gateway.ChangeEvent, id string, now time.Time) gateway.Record {
	r := gateway.Record{
		Key: gateway.RecordKey{Object: e.Object, ID: id}, Version: e.Version, ObservedAt: now, Deleted: e.Type == gateway.Delete,
	}
	if e.Type == gateway.Snapshot {
		r.ReadAt = e.Version.CommitAt
	}
	return r
}

// firstReading keeps a record that was not here. It is no observed change, so
// the history of the record begins later, with the first change seen; but what
// was read because somebody told of it was changed just now.
func (in Input) firstReading() Decision {
	d := in.decision(gateway.OutcomeApplied, "Read from Salesforce.")
	d.Record = First(in.Event, in.RecordID, in.Now)
	d.Record.Fields = in.Event.Fields.Clone()
	d.Record.Partial = thin(in.Event)
	d.Save, d.ReadWhole = true, true
	d.Append = in.Event.Origin != ""
	d.Entry.Label = d.Record.Label()
	in.mergePending(&d, in.Event.Fields)
	return d
}

// whole makes the record what was read. Equal values bump no version (F-75).
func (in Input) whole(was gateway.Record) Decision {
	next := was
	next.Deleted = in.Event.Type == gateway.Delete
	fields := in.stated(was)
	if next.Deleted != was.Deleted || len(changedFields(was, fields)) > 0 {
		if was.Version.Before(in.Event.Version) {
			next.Version = in.Event.Version
		}
		changed := onlyChanged(was, fields)
		d := in.apply(was, next, changed)
		d.Entry.Fields = changed
		in.explain(&d, was, changed)
		in.readAt(&d)
		return d
	}
	d := in.decision(gateway.OutcomeUnchanged, "Read from Salesforce; nothing differs.")
	d.Record.Fields = was.Fields.Overlay(fields)
	in.readAt(&d)
	d.Save = d.Record.ReadAt != was.ReadAt || d.Record.Partial != was.Partial
	in.mergePending(&d, fields)
	return d
}

// explain says of values that differ although Salesforce has no newer change
// how that can be.
func (in Input) explain(d *Decision, was gateway.Record, changed gateway.Fields) {
	if d.Entry.Outcome != gateway.OutcomeApplied || was.Partial || max(was.Version.CommitAt, was.ReadAt)/1000 < in.Event.Version.CommitAt/1000 {
		return
	}
	for name := range changed {
		if in.Carried == nil || in.Carried(name) {
			d.Entry.Reason = "The mirror differed from Salesforce and was set right."
			return
		}
	}
	d.Entry.Reason = "Salesforce calculated it anew, without an event." // F-44
}

// fill completes a record of which only some fields are known. What is known
// came by newer events and stays.
func (in Input) fill(was gateway.Record) Decision {
	d := in.decision(gateway.OutcomeApplied, "Read from Salesforce; what was known already is newer and stays.")
	d.Record.Fields = in.Event.Fields.Overlay(was.Fields)
	d.Record.ObservedAt = in.Now
	d.Save = true
	d.Entry.Label = d.Record.Label()
	in.readAt(&d)
	// The refetch that was asked for stays due: it may have been asked for
	// because of a change that this reading does not contain.
	d.ReadWhole = false
	return d
}

// readAt notes a whole reading on the record.
func (in Input) readAt(d *Decision) {
	d.ReadWhole = true
	d.Refetch = ""
	if !thin(in.Event) {
		d.Record.Partial = false
	}
	if in.Event.Type == gateway.Snapshot {
		d.Record.ReadAt = max(d.Record.ReadAt, in.Event.Version.CommitAt)
	}
}

// thin tells a reading that found the record deleted and knows no more of it
// than what it was merged into.
func thin(e gateway.ChangeEvent) bool {
	if e.Type != gateway.Delete {
		return false
	}
	_, master := e.Fields["MasterRecordId"]
	return len(e.Fields) == 0 || master && len(e.Fields) == 1
}

func (in Input) differs(was gateway.Record) bool {
	deleted := in.Event.Type == gateway.Delete
	return deleted != was.Deleted || (!deleted && len(changedFields(was, in.stated(was))) > 0)
}

func onlyChanged(was gateway.Record, fields gateway.Fields) gateway.Fields {
	changed := make(gateway.Fields)
	for name, v := range fields {
		if differ(was, name, v) {
			changed[name] = v
		}
	}
	return changed
}
