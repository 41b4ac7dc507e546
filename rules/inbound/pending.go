package inbound

import (
	"slices"

	"tidegate/gateway"
	"tidegate/rules/conflict"
)

// CodeConflict marks an entry that is parked because a person must choose
// between two values.
const CodeConflict = conflict.Code

// mergePending meets our waiting change with what Salesforce now holds in
// fields. An entry that is being sent is left alone but for its base: what
// becomes of it is settled by the answer to the write.
func (in Input) mergePending(d *Decision, fields gateway.Fields) {
	if in.Pending == nil {
		return
	}
	m := merge{in: in, d: d, entry: copyChange(*in.Pending)}
	switch {
	case in.Pending.Op == gateway.OpDelete:
		m.meetDelete(fields)
	case in.Pending.Op == gateway.OpUpdate && d.Record.Deleted:
		m.meetTombstone()
	case in.Pending.Op == gateway.OpUpdate:
		m.meetUpdate(fields)
	}
	m.finish()
}

type merge struct {
	in    Input
	d     *Decision
	entry gateway.Change
	moved bool
	drop  bool
	lost  bool // at least one of our values gave way
	asked []string
	// overtaken are fields that are on their way while another value arrived
	// that wins.
	overtaken []string
}

func (m *merge) sending() bool { return m.in.Pending.State == gateway.StateSending }

// meetUpdate meets an edit with the values of the same fields.
func (m *merge) meetUpdate(fields gateway.Fields) {
	for _, name := range fields.Names() {
		ours, ok := m.entry.Fields[name]
		if !ok {
			continue
		}
		theirs := fields[name]
		verdict := conflict.Decide(conflict.Input{
			Base: m.entry.Base[name], Theirs: theirs, Ours: ours,
			TheirsAt: m.in.Event.Version, OursAt: m.entry.EnqueuedAt, Ahead: m.in.Ahead,
			Winner: m.winner(name),
		})
		if theirs != ours && !theirs.Empty() && slices.Contains(m.entry.Fills, name) {
			// No rule of the field makes us overwrite what we only fill (F-65).
			verdict = conflict.Decision{Side: conflict.Theirs, Reason: "It is only filled while empty, and Salesforce has a value.", Conflict: true}
		}
		if verdict.Conflict {
			m.record(name, theirs, ours, verdict)
		}
		m.settle(name, theirs, verdict)
	}
	m.drop = len(m.entry.Fields) == 0 && !m.sending()
	if m.sending() {
		m.foretell(fields)
		return
	}
	m.wakeOrAsk()
}

func (m *merge) settle(name string, theirs gateway.Value, verdict conflict.Decision) {
	leaves := verdict.Side == conflict.Agreed || verdict.Side == conflict.Theirs
	switch {
	case leaves && !m.sending():
		delete(m.entry.Fields, name)
		delete(m.entry.Base, name)
		m.moved = true
		m.lost = m.lost || verdict.Side == conflict.Theirs
	case m.entry.Base[name] != theirs:
		m.entry.Base[name] = theirs
		m.moved = true
	}
	switch {
	case verdict.Side == conflict.Ask:
		m.asked = append(m.asked, name)
	case verdict.Side == conflict.Theirs && m.sending():
		m.overtaken = append(m.overtaken, name)
	}
}

// foretell leaves at an entry on its way what is to become of it if Salesforce
// does not take it: else the next attempt would overwrite a value that was not
// there when the first was made.
func (m *merge) foretell(fields gateway.Fields) {
	was := m.in.Pending.Problem
	for _, name := range was.Fields { // an earlier one of this attempt still holds
		_, owed := m.entry.Fields[name]
		if _, again := fields[name]; again || !owed || was.Said != "" {
			continue
		}
		switch was.Code {
		case CodeConflict:
			m.asked = append(m.asked, name)
		case conflict.CodeOvertaken:
			m.overtaken = append(m.overtaken, name)
		}
	}
	switch {
	case len(m.asked) > 0:
		slices.Sort(m.asked)
		m.entry.Problem, m.moved = conflict.Question(m.asked), true
	case len(m.overtaken) > 0:
		slices.Sort(m.overtaken)
		m.entry.Problem, m.moved = gateway.Problem{Code: conflict.CodeOvertaken, Fields: m.overtaken}, true
	case was.Code == CodeConflict || was.Code == conflict.CodeOvertaken:
		m.entry.Problem, m.moved = gateway.Problem{}, true
	}
}

// wakeOrAsk parks an entry that waits for a person's choice, and wakes one
// whose question has answered itself or whose record is back.
func (m *merge) wakeOrAsk() {
	if m.drop {
		return
	}
	if m.restored() {
		// What was asked before the record was deleted is asked again.
		for _, name := range m.entry.Problem.Fields {
			if _, ok := m.entry.Fields[name]; ok && !slices.Contains(m.asked, name) {
				m.asked = append(m.asked, name)
			}
		}
	}
	if len(m.asked) > 0 {
		m.keepAsking()
		m.entry.State = gateway.StateParked
		m.entry.Problem = conflict.Question(m.asked)
		m.moved = true
		return
	}
	if m.entry.State == gateway.StateParked && (m.answered() || m.restored()) {
		m.entry.State, m.entry.DueAt, m.entry.Problem = gateway.StateWaiting, m.in.Now, gateway.Problem{}
		m.moved = true
	}
}

// keepAsking adds the fields that waited for a choice before this change came
// and still do.
func (m *merge) keepAsking() {
	for _, name := range conflict.Asks(*m.in.Pending) {
		if _, ok := m.entry.Fields[name]; ok && !slices.Contains(m.asked, name) {
			m.asked = append(m.asked, name)
		}
	}
	slices.Sort(m.asked)
}

// answered reports whether the question that parked the entry is no more.
func (m *merge) answered() bool {
	return m.entry.Problem.Code == CodeConflict && !m.anyLeft(m.entry.Problem.Fields)
}

// restored reports whether the record that was deleted is back (F-39).
func (m *merge) restored() bool {
	return m.entry.Problem.Code == string(gateway.CodeSFGone) && m.in.Current != nil && m.in.Current.Deleted
}

func (m *merge) anyLeft(fields []string) bool {
	for _, name := range fields {
		if _, ok := m.entry.Fields[name]; ok {
			return true
		}
	}
	return false
}

// meetTombstone parks an edit of a record that was deleted: sending it can
// only fail.
func (m *merge) meetTombstone() {
	if m.sending() || m.entry.Problem.Code == string(gateway.CodeSFGone) {
		return
	}
	asked := conflict.Asks(m.entry)
	m.entry.State = gateway.StateParked
	m.entry.Problem = gateway.Problem{
		Code: string(gateway.CodeSFGone), Fields: asked,
		What: "The record was deleted in Salesforce while our change was waiting.",
		Who:  "Restore it from Salesforce's recycle bin, or ignore this change.",
	}
	m.moved = true
}

// meetDelete meets our delete with a change of the record (F-47). The delete
// stands; that somebody changed what we delete is written down.
func (m *merge) meetDelete(fields gateway.Fields) {
	if m.d.Record.Deleted {
		m.drop = !m.sending()
		return
	}
	before := gateway.Record{Partial: true}
	if m.in.Current != nil {
		before = *m.in.Current
	}
	if changed := changedFields(before, fields); len(changed) > 0 {
		m.record("IsDeleted", gateway.Bool(false), gateway.Bool(true), conflict.Decision{
			Side: conflict.Ours, Reason: "Deleted here while Salesforce changed the record; the delete stands.",
		})
	}
}

// record keeps both values of a conflict.
func (m *merge) record(field string, theirs, ours gateway.Value, verdict conflict.Decision) {
	reason := verdict.Reason
	if m.sending() {
		reason = "Our value was on its way when the other one arrived. " + reason
	}
	m.d.Conflicts = append(m.d.Conflicts, gateway.Conflict{
		At: m.in.Now, Key: m.in.key(), Field: field,
		Base: m.entry.Base[field], Theirs: theirs, Ours: ours,
		TheirsAt: m.in.Event.Version, TheirsBy: m.in.Event.User,
		OursAt: m.entry.EnqueuedAt, OursBy: m.entry.Cause.By,
		Winner: m.winner(field), Reason: reason, Kept: string(verdict.Side),
	})
}

func (m *merge) winner(field string) gateway.Winner {
	if m.in.Winner == nil {
		return gateway.WinnerNone
	}
	return m.in.Winner(field)
}

func (m *merge) finish() {
	if !m.moved && !m.drop {
		return
	}
	m.d.Pending = &m.entry
	m.d.PendingChanged = m.moved && !m.drop
	m.d.DropPending = m.drop
	m.d.Confirmed = m.drop && !m.lost
}

func copyChange(c gateway.Change) gateway.Change {
	c.Fields, c.Base = c.Fields.Clone(), c.Base.Clone()
	return c
}
