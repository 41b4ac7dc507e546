// Package effect adds up what a change of settings would do, from the plans
// that the very same rules make as when it happens. It decides nothing itself.
package effect

import (
	"slices"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

// perCall is how many records of one object and operation go in one call.
const perCall = 200

// Days is the span from which calls a day are estimated.
const Days = 7

// Waiting is the kind of a thing that is an entry of the outbox itself.
const Waiting = "edit"

// Planned is what planning one thing led to, for one record.
type Planned struct {
	Kind, ID string
	Record   gateway.Record  // as the mirror has it; only a key for one that is not there
	Was      *gateway.Change // what the record is owed already
	Plan     outbound.Plan
	// Held says why nothing of the thing is planned before a person decides.
	Held string
}

// Writes reports whether the plan leads to a write that was not waiting before.
func (p Planned) Writes() bool {
	c := p.Plan.Change
	return c != nil && !p.Plan.Drop && c.State != gateway.StateParked
}

// Line is one field of one record, as it is in Salesforce and as it would be.
type Line struct {
	Key    gateway.RecordKey
	Label  string
	Op     gateway.Op
	Field  string
	Old    gateway.Value // "" where nobody knows it
	New    gateway.Value
	Edited time.Time // when Salesforce last changed the record; zero for a new one
	Cause  gateway.Cause
}

// Effect is what a change of settings would do.
type Effect struct {
	Looked int  // things looked at
	Beside int  // of them, those that nobody asked about
	Total  int  // things there are
	Late   bool // the time ran out before all were looked at

	Created map[string]int // records, by object
	Updated map[string]int
	Removed map[string]int // that only related others, and hold no more
	Left    int            // things of which nothing would be written
	Held    int            // of them, those that wait for a person's decision
	Parked  int            // waiting edits that would no longer go out
	Freed   int            // parked edits that would go out

	Lines []Line // in the order in which records were planned, by field

	// Gained and Lost are the things, told of by the product within the last
	// Days, that would be written only then or no more.
	Gained, Lost int
	// Written is how many writes succeeded within the last Days.
	Written int

	Deals     Deals
	Conflicts Conflicts
	records   map[gateway.RecordKey]*writing
	order     []gateway.RecordKey
}

// writing is what one record comes to be owed. Several things may write to
// it, and what one asks for the next may take back, so it is looked at when all
// are planned.
type writing struct {
	record gateway.Record
	was    *gateway.Change // before anything was planned
	then   *gateway.Change // nil: nothing any more
}

// New returns an empty effect over so many things.
func New(total int) *Effect {
	return &Effect{Total: total, Created: map[string]int{}, Updated: map[string]int{}, Removed: map[string]int{}, records: map[gateway.RecordKey]*writing{}}
}

// Whole reports whether everything was looked at.
func (e *Effect) Whole() bool { return e.Looked >= e.Total && !e.Late }

// Add counts one thing: what it would lead to, and whether it leads to a write
// as settings are now. recent says that the product told of it within Days.
func (e *Effect) Add(then []Planned, writesNow, recent bool) {
	e.Looked++
	writes, held := false, false
	for _, p := range then {
		held = held || p.Held != ""
		writes = writes || p.Writes()
		if p.Plan.Change != nil {
			e.note(p)
		}
	}
	if !writes {
		e.Left++
	}
	if held {
		e.Held++
	}
	if recent && writes != writesNow {
		if writes {
			e.Gained++
		} else {
			e.Lost++
		}
	}
}

// Skip counts a thing that nobody asked about.
func (e *Effect) Skip() { e.Looked++; e.Beside++ }

// Owed returns what a record is owed by what was planned before, nil for
// nothing any more; known is false for one that nothing was planned for.
func (e *Effect) Owed(key gateway.RecordKey) (c *gateway.Change, known bool) {
	w, known := e.records[key]
	if !known {
		return nil, false
	}
	return w.then, true
}

func (e *Effect) note(p Planned) {
	key := p.Plan.Change.Key
	w, known := e.records[key]
	if !known {
		w = &writing{record: p.Record, was: p.Was}
		e.records[key] = w
		e.order = append(e.order, key)
	}
	w.then = p.Plan.Change
	if p.Plan.Drop {
		w.then = nil
	}
}

// Sum adds up what was planned; call it once, after the last Add.
func (e *Effect) Sum() {
	for _, key := range e.order {
		w := e.records[key]
		waited, waits := w.was != nil && w.was.State != gateway.StateParked, w.then != nil && w.then.State != gateway.StateParked
		if waited && w.then != nil && !waits {
			e.Parked++
		}
		if w.was != nil && !waited && waits {
			e.Freed++
		}
		lines := w.lines()
		e.Lines = append(e.Lines, lines...)
		switch {
		case len(lines) == 0:
		case w.then.Op == gateway.OpDelete:
			e.Removed[key.Object]++
		case w.then.Op == gateway.OpCreate && !waited: // one that waits is created anyway
			e.Created[key.Object]++
		default:
			e.Updated[key.Object]++
		}
	}
}

// lines are the fields that go out by what was planned, and did not before.
func (w *writing) lines() []Line {
	c := w.then
	if c == nil || c.State == gateway.StateParked {
		return nil
	}
	label := w.record.Label()
	if w.record.Fields == nil {
		label = gateway.Record{Key: c.Key, Fields: c.Fields}.Label()
	}
	var edited time.Time
	if w.record.Version.CommitAt > 0 {
		edited = w.record.Version.Time()
	}
	var out []Line
	if c.Op == gateway.OpDelete { // one line: the record goes
		if w.was != nil && w.was.Op == gateway.OpDelete {
			return nil
		}
		return []Line{{Key: c.Key, Label: label, Op: c.Op, Edited: edited, Cause: c.Cause}}
	}
	for _, name := range c.Fields.Names() {
		if w.was != nil && w.was.State != gateway.StateParked && w.was.Fields[name] == c.Fields[name] {
			continue
		}
		out = append(out, Line{Key: c.Key, Label: label, Op: c.Op, Field: name, Old: w.record.Fields[name], New: c.Fields[name], Edited: edited, Cause: c.Cause})
	}
	return out
}

// Records is how many records would be written.
func (e *Effect) Records() int {
	n := 0
	for _, object := range e.Objects() {
		n += e.Created[object] + e.Updated[object] + e.Removed[object]
	}
	return n
}

// Calls is how many API calls writing them takes: up to 200 records of one
// object and operation go in one.
func (e *Effect) Calls() int {
	calls := 0
	for _, counts := range []map[string]int{e.Created, e.Updated, e.Removed, e.Removed} { // what goes is looked at before
		for _, n := range counts {
			calls += (n + perCall - 1) / perCall
		}
	}
	return calls
}

// PerDay estimates the API calls that writing takes a day, now and then. A
// write that somebody waits for is a call of its own, which is what is
// counted; so it is rather less than more.
func (e *Effect) PerDay() (now, then int) {
	return (e.Written + Days - 1) / Days, max(0, (e.Written+e.Gained-e.Lost+Days-1)/Days)
}

// Objects are the objects of which records would be written, by name.
func (e *Effect) Objects() []string {
	var out []string
	for object := range e.Created {
		out = append(out, object)
	}
	for _, more := range []map[string]int{e.Updated, e.Removed} {
		for object := range more {
			out = append(out, object)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
