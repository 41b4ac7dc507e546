// Package past tells how a record was at an earlier moment. It begins with the
// mirror as it is and takes back what was observed since, because the first
// reading of a record is no observed change: what no change since then states
// has been as it is now.
package past

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/inbound"
)

// Input is everything that the answer depends on.
type Input struct {
	Now     gateway.Record         // the record as the mirror holds it
	Entries []gateway.HistoryEntry // all of its observed changes, in any order
	// Silent reports whether a field changes without events; nil = none does.
	Silent func(field string) bool
	// Named: the record's Name is composed of the parts of a person's name.
	Named bool
	// Replaced is what the first write of ours replaced, by field; it is looked at
	// where Echoes says so.
	Replaced gateway.Fields
}

// Echoes reports whether a change brought a value that the mirror had already.
// The mirror shows our own write at once, so that when its echo comes the value
// before is known from the write alone.
func Echoes(entries []gateway.HistoryEntry) bool {
	return slices.ContainsFunc(entries, func(e gateway.HistoryEntry) bool {
		for name := range e.Fields {
			if name != "LastModifiedDate" && echoes(e, name) {
				return true
			}
		}
		return false
	})
}

func echoes(e gateway.HistoryEntry, field string) bool {
	if e.Outcome == gateway.OutcomeConfirmed {
		return true // of several writes that followed each other it may be the first
	}
	v, ok := e.Before[field]
	return ok && e.Outcome == gateway.OutcomeApplied && e.Type == gateway.Update && same(v, e.Fields[field])
}

// State says how much is known of a moment.
type State int

// The states of a moment.
const (
	Known  State = iota
	Before       // it was there, but nobody had seen it
	Unborn       // it was not created yet
)

// Reading is a record at one moment.
type Reading struct {
	Record gateway.Record // without fields unless Known
	State  State
	Since  time.Time // from when on the record is Known
	// Last is the change that made it so, Previous the one before that, to
	// which a reader may step back, Next the first one afterwards; nil = none.
	Last, Previous, Next *gateway.HistoryEntry
}

// step is an entry with its place in Salesforce's order.
type step struct {
	entry gateway.HistoryEntry
	place gateway.Version
}

// At returns the record as Salesforce had it at a moment, as far as it was
// observed.
func At(in Input, at time.Time) Reading {
	steps := order(in.Entries)
	moment := at.UnixMilli()
	n, _ := slices.BinarySearchFunc(steps, moment+1, func(s step, ms int64) int { return cmp.Compare(s.place.CommitAt, ms) })
	r := Reading{Record: in.Now, Since: in.since(steps)}
	r.Last, r.Previous, r.Next = around(steps, n)
	if state := in.state(steps, at, r.Since); state != Known {
		r.State, r.Record.Fields, r.Record.Deleted = state, gateway.Fields{}, false
		return r
	}
	r.Record.Fields = in.fields(steps, n)
	r.Record.Deleted = in.deleted(steps, n)
	if n < len(steps) {
		r.Record.Version = gateway.Version{CommitAt: r.Since.UnixMilli()}
		if n > 0 {
			r.Record.Version = steps[n-1].place
		}
	}
	return r
}

// order sorts entries as Salesforce made them. What was read by query carries
// only the time of the last change, and it was applied because it was newer
// than everything before it: so it follows that.
func order(entries []gateway.HistoryEntry) []step {
	byArrival := slices.Clone(entries)
	slices.SortFunc(byArrival, func(a, b gateway.HistoryEntry) int { return cmp.Compare(a.ID, b.ID) })
	steps := make([]step, 0, len(entries))
	var top gateway.Version
	for i, e := range byArrival {
		s := step{e, e.Version}
		switch {
		case !isReading(e):
		case e.Type == gateway.Delete && (len(e.Fields) == 0 || compare(s.place, top) <= 0):
			s.place = missed(e, top, byArrival[i+1:])
		case compare(s.place, top) > 0:
		default:
			s.place = top
		}
		if compare(top, s.place) < 0 {
			top = s.place
		}
		steps = append(steps, s)
	}
	slices.SortStableFunc(steps, func(a, b step) int { return compare(a.place, b.place) })
	return steps
}

// missed places a record that was not found: it went at some moment between
// the change before and when we looked, and was back before a later change.
func missed(e gateway.HistoryEntry, top gateway.Version, later []gateway.HistoryEntry) gateway.Version {
	if compare(top, e.Version) < 0 {
		top = e.Version // of the record when we looked
	}
	at := e.At.UnixMilli()
	for _, l := range later {
		if l.Type != gateway.Delete && !l.Type.IsGap() && compare(l.Version, top) > 0 {
			at = min(at, l.Version.CommitAt)
		}
	}
	if at <= top.CommitAt {
		return top
	}
	return gateway.Version{CommitAt: at}
}

// compare is a total order, unlike Version.Compare: a reading, which has no
// commit number, comes before the changes of its millisecond.
func compare(a, b gateway.Version) int {
	return cmp.Or(cmp.Compare(a.CommitAt, b.CommitAt), cmp.Compare(a.CommitNumber, b.CommitNumber), cmp.Compare(a.Sequence, b.Sequence))
}

func isReading(e gateway.HistoryEntry) bool {
	return e.Type == gateway.Snapshot || e.Type == gateway.Delete && e.Version.CommitNumber == 0
}

// around finds the changes that a reader may step to: those of other moments.
func around(steps []step, n int) (last, previous, next *gateway.HistoryEntry) {
	for _, s := range slices.Backward(steps[:n]) {
		switch {
		case !s.tells():
		case last == nil:
			last = s.placed()
		case s.place.CommitAt < last.Version.CommitAt:
			return last, s.placed(), following(steps[n:])
		}
	}
	return last, nil, following(steps[n:])
}

func following(steps []step) *gateway.HistoryEntry {
	for _, s := range steps {
		if s.tells() {
			return s.placed()
		}
	}
	return nil
}

// tells reports whether a reader would see anything else after the step.
func (s step) tells() bool {
	return !s.entry.Type.IsGap() && s.entry.Outcome != gateway.OutcomeUnchanged
}

// placed is the entry with its place as its version.
func (s step) placed() *gateway.HistoryEntry {
	s.entry.Version = s.place
	return &s.entry
}

// says returns what an entry made of a field. A created or undeleted record
// is told whole: what its event leaves out is empty.
func (in Input) says(e gateway.HistoryEntry, field string) (gateway.Value, bool) {
	v, ok := e.Fields[field]
	if !ok && (e.Type == gateway.Create || e.Type == gateway.Undelete) && !in.silent(field) {
		return gateway.Null, true
	}
	return v, ok
}

// fields takes back what the steps from n on changed.
func (in Input) fields(steps []step, n int) gateway.Fields {
	out := in.Now.Fields.Clone()
	for name := range in.names(steps[n:]) {
		if !slices.ContainsFunc(steps[n:], func(s step) bool { _, said := in.says(s.entry, name); return said }) {
			continue
		}
		if v, ok := in.value(steps[:n], steps, name); ok {
			out[name] = v
		} else {
			delete(out, name)
		}
	}
	if in.Named {
		in.rename(out)
	}
	return out
}

// names are the fields that the record has or had.
func (in Input) names(steps []step) map[string]bool {
	names := make(map[string]bool, len(in.Now.Fields))
	for name := range in.Now.Fields {
		names[name] = true
	}
	for _, s := range steps {
		for name := range s.entry.Fields {
			names[name] = true
		}
	}
	return names
}

// value is what the newest of the steps until then said of a field, or what
// it was before any.
func (in Input) value(until, all []step, field string) (gateway.Value, bool) {
	for _, s := range slices.Backward(until) {
		if v, ok := in.says(s.entry, field); ok {
			return v, true
		}
	}
	return in.base(all, field)
}

// base is a field's value before the first observed change of it: what the
// mirror held when that change came in. One that set the mirror right without
// any change to explain it tells what Salesforce had all along.
func (in Input) base(all []step, field string) (gateway.Value, bool) {
	var first *gateway.HistoryEntry
	explained := false // by a change that arrived later than its correction
	for i := range all {
		e := &all[i].entry
		if _, ok := in.says(*e, field); ok && (first == nil || e.ID < first.ID) {
			explained = first != nil
			first = e
		}
	}
	if first == nil {
		v, ok := in.Now.Fields[field]
		return v, ok
	}
	v, ok := first.Before[field]
	if was, wrote := in.Replaced[field]; wrote && echoes(*first, field) {
		return was, true
	}
	if ok && corrects(*first) && !explained && !in.silent(field) {
		return in.says(*first, field)
	}
	return v, ok
}

// corrects tells a reading that found no newer change in Salesforce, but other
// values.
func corrects(e gateway.HistoryEntry) bool {
	_, dated := e.Fields["LastModifiedDate"]
	return e.Type == gateway.Snapshot && !dated && e.Outcome == gateway.OutcomeApplied
}

func (in Input) silent(field string) bool { return in.Silent != nil && in.Silent(field) }

// rename composes the name of a person anew where its parts were others.
func (in Input) rename(fields gateway.Fields) {
	for _, part := range [...]string{"FirstName", "MiddleName", "LastName", "Suffix"} {
		if a, b := fields[part], in.Now.Fields[part]; !same(a, b) {
			if name := inbound.PersonName(gateway.Record{Fields: fields}); name.Known() {
				fields["Name"] = name
			}
			return
		}
	}
}

// deleted is what the newest step until n said of it.
func (in Input) deleted(steps []step, n int) bool {
	if n == len(steps) {
		return in.Now.Deleted
	}
	for _, s := range slices.Backward(steps[:n]) {
		if !s.entry.Type.IsGap() {
			return s.entry.Type == gateway.Delete
		}
	}
	first := slices.MinFunc(steps, func(a, b step) int { return cmp.Compare(a.entry.ID, b.entry.ID) })
	return first.entry.Outcome == gateway.OutcomeRestored
}

// since is from when on the record is known: its creation if that was seen,
// else the last change before the first reading of it, else the first change
// that was seen. Late changes from before that reading do not make it earlier:
// there may be others that nobody saw.
func (in Input) since(steps []step) time.Time {
	if at, ok := created(steps); ok {
		return at
	}
	if v, ok := in.base(steps, "LastModifiedDate"); ok {
		if at, ok := v.Time(); ok {
			return at
		}
	}
	if len(steps) > 0 {
		return time.UnixMilli(steps[0].place.CommitAt).UTC()
	}
	return in.Now.Version.Time()
}

func created(steps []step) (time.Time, bool) {
	for _, s := range steps {
		if s.entry.Type == gateway.Create {
			return s.place.Time(), true
		}
	}
	return time.Time{}, false
}

func (in Input) state(steps []step, at, since time.Time) State {
	// Moments have milliseconds; CreatedDate has whole seconds.
	if !at.Before(since.Truncate(time.Millisecond)) {
		return Known
	}
	if _, seen := created(steps); seen {
		return Unborn
	}
	if born, ok := in.Now.Fields["CreatedDate"].Time(); ok && at.Before(born) {
		return Unborn
	}
	return Before
}

// Changed returns the fields, in order, whose value at that moment differs
// from now, bookkeeping aside.
func (r Reading) Changed(now gateway.Record) []string {
	var names []string
	for name, v := range now.Fields {
		if w := r.Record.Fields[name]; !same(v, w) {
			names = append(names, name)
		}
	}
	for name, v := range r.Record.Fields {
		if _, ok := now.Fields[name]; !ok && !v.Empty() {
			names = append(names, name)
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		return strings.HasPrefix(name, "LastModified") || name == "SystemModstamp"
	})
	slices.Sort(names)
	return names
}

// same compares two values; unknown and empty are the same.
func same(a, b gateway.Value) bool { return a == b || a.Empty() && b.Empty() }
