package outbound

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
)

// Skipped is a field that was not written, and why.
type Skipped struct {
	Field  string
	Reason string
}

const alreadyThere = "Salesforce already has this value."

// Input is everything that PlanEdit looks at.
type Input struct {
	Record  gateway.Record  // as the mirror has it; Fields nil for a create that waits
	Pending *gateway.Change // what the outbox already holds for the record
	Fields  gateway.Fields  // the edit
	Fills   []string        // those of Fields that are written only while Salesforce has nothing there
	Cause   gateway.Cause
	Lane    int
	// Writable is the truth table of the object, with its reason.
	Writable func(field string) (bool, string)
	// Label gives the words for a field in the log; nil = its API name.
	Label func(field string) string
	Now   time.Time
	// NotBefore paces edits of one record that follow each other quickly.
	NotBefore time.Time
}

// Plan is what an edit leads to.
type Plan struct {
	// Change is the entry to save, nil when nothing is owed.
	Change *gateway.Change
	// Drop is true when the edit takes back all that was waiting: the entry
	// goes.
	Drop bool
	// Log is the line to save with it: a new one when ID is 0, nil when the
	// edit changes nothing.
	Log *gateway.LogEntry
	// Skipped fields need no writing.
	Skipped []Skipped
	// Refused fields may not be written. Then nothing of the edit is planned.
	Refused []Skipped
}

// PlanEdit folds an edit into what the record is owed. A field that may not be
// written refuses the whole edit; a field that already has the value is
// skipped. The error is CodeNotFound for a deleted record, CodeSFConverted for a
// converted lead and CodeConflict where the record is about to be deleted.
func PlanEdit(in Input) (Plan, error) {
	if in.Record.Deleted {
		return Plan{}, gateway.Errorf(gateway.CodeNotFound, "This record was deleted in Salesforce.")
	}
	if err := Barred(in.Record); err != nil {
		return Plan{}, err
	}
	if in.Pending != nil && in.Pending.Op == gateway.OpDelete {
		return Plan{}, gateway.Errorf(gateway.CodeConflict, "This record is about to be deleted, so it takes no edits.")
	}
	if refused := refuse(in); len(refused) > 0 {
		return Plan{Refused: refused}, nil
	}
	c := begin(in)
	skipped, touched := fold(&c, in.Record, in.Fields, in.Fills)
	plan := Plan{Skipped: skipped}
	if !touched {
		return plan, nil
	}
	wake(&c, in)
	if len(c.Fields) == 0 && c.Op == gateway.OpUpdate {
		plan.Drop = true
	}
	plan.Change = &c
	plan.Log = editLine(c, in, plan.Drop)
	return plan, nil
}

func refuse(in Input) []Skipped {
	var refused []Skipped
	for _, name := range in.Fields.Names() {
		if ok, why := in.Writable(name); !ok {
			refused = append(refused, Skipped{name, why})
		}
	}
	return refused
}

// begin returns a copy of the waiting entry, or a new one.
func begin(in Input) gateway.Change {
	if in.Pending != nil {
		c := *in.Pending
		c.Fields, c.Base = c.Fields.Clone(), c.Base.Clone()
		return c
	}
	return gateway.Change{
		Key: in.Record.Key, Op: gateway.OpUpdate,
		Fields: gateway.Fields{}, Base: gateway.Fields{}, BaseAt: in.Record.Version,
		EnqueuedAt: in.Now, Lane: in.Lane, Cause: in.Cause, State: gateway.StateWaiting,
	}
}

// fold lays the fields of an edit over c and reports what needed no writing
// and whether anything changed.
func fold(c *gateway.Change, r gateway.Record, edit gateway.Fields, fills []string) (skipped []Skipped, touched bool) {
	// Once an entry has been handed to the network the mirror may lag behind
	// the org, so only a fresh entry may lose a field by being edited back.
	fresh := c.FirstSentAt.IsZero() && c.State != gateway.StateSending
	for _, name := range edit.Names() {
		want := edit[name]
		if want == "" {
			want = gateway.Null
		}
		waiting, owed := c.Fields[name]
		current, known := r.Fields[name]
		touched = guard(c, name, slices.Contains(fills, name), owed) || touched
		switch {
		case owed && waiting == want:
			// A parked entry is woken by any edit, also by the same one again.
			touched = touched || c.State == gateway.StateParked
			skipped = append(skipped, Skipped{name, "The same value is already waiting to be written."})
		case owed && known && current == want && fresh && c.Op == gateway.OpUpdate:
			delete(c.Fields, name)
			delete(c.Base, name)
			guard(c, name, false, true)
			touched = true
		case !owed && known && current == want:
			skipped = append(skipped, Skipped{name, alreadyThere})
		default:
			if !owed {
				c.Base[name] = current
			}
			c.Fields[name] = want
			touched = true
		}
	}
	return skipped, touched
}

// guard notes whether a field may only be filled while it is empty, and reports
// whether a waiting field lost that: somebody means it now. One that a person
// edited is not held back by a rule that comes later.
func guard(c *gateway.Change, name string, fill, owed bool) (lifted bool) {
	at := slices.Index(c.Fills, name)
	switch {
	case fill && at < 0 && !owed:
		c.Fills = append(slices.Clone(c.Fills), name)
	case !fill && at >= 0:
		c.Fills = slices.Delete(slices.Clone(c.Fills), at, at+1)
		return true
	}
	return false
}

// wake makes c due: a person's new edit is a new attempt, also of a parked
// entry. An entry that is being sent keeps its state; settling sees that its
// edit count moved.
func wake(c *gateway.Change, in Input) {
	c.Edit++
	c.Lane = min(c.Lane, in.Lane)
	c.Cause = in.Cause.Then(c.Cause, c.Fields, in.Fields)
	if c.State == gateway.StateSending {
		return
	}
	c.State = gateway.StateWaiting
	c.Problem = gateway.Problem{}
	// The count starts again, but never at "not yet sent": a create that may
	// have been committed must be looked for first.
	c.Attempt = min(c.Attempt, 1)
	c.DueAt = in.Now
	if in.NotBefore.After(in.Now) {
		c.DueAt = in.NotBefore
	}
}

func editLine(c gateway.Change, in Input, dropped bool) *gateway.LogEntry {
	line := Line(c, in.Record, in.Label)
	if dropped {
		line.What = "Edited back before it was written"
		line.State, line.NextTry, line.DoneAt = gateway.LogSkipped, time.Time{}, in.Now
		line.Fields, line.Before = in.Pending.Fields, in.Pending.Base
	}
	return &line
}

// Line returns the line of the sync log that follows an entry, as the entry
// stands now. r is the mirror's record, its zero value where there is none.
func Line(c gateway.Change, r gateway.Record, label func(field string) string) gateway.LogEntry {
	if r.Fields == nil {
		r = gateway.Record{Key: c.Key, Fields: c.Fields}
	}
	line := gateway.LogEntry{
		ID: c.LogID, At: c.EnqueuedAt, Direction: "out", Key: c.Key, Label: r.Label(),
		What: Words(c, label), Rule: c.Cause.Rule, By: c.Cause.Name, State: gateway.LogWaiting,
		Attempt: c.Attempt, NextTry: c.DueAt, Problem: c.Problem, Cause: c.Cause, Fields: c.Fields, Before: c.Base,
	}
	if c.State == gateway.StateParked {
		line.State, line.NextTry = gateway.LogNeedsYou, time.Time{}
	}
	return line
}

// plainNames are what people call objects whose names only Salesforce uses.
var plainNames = map[string]string{
	"ContentNote": "note", "EmailMessage": "e-mail", "OpportunityContactRole": "contact role", "ContentDocumentLink": "note link", "EventRelation": "participant", "TaskRelation": "participant",
}

// Plainly is what people call the records of an object.
func Plainly(object string) string { return cmp.Or(plainNames[object], object) }

// Words returns what a change does in the words of the sync log, such as
// "Update Title, Mobile".
func Words(c gateway.Change, label func(field string) string) string {
	verb := map[gateway.Op]string{gateway.OpCreate: "Create", gateway.OpUpdate: "Update", gateway.OpDelete: "Delete"}[c.Op]
	if c.Op != gateway.OpUpdate {
		return verb + " " + Plainly(c.Key.Object)
	}
	if c.Key.Object == "ContentNote" {
		return noteWords(c)
	}
	names := c.Fields.Names()
	if label != nil {
		for i, name := range names {
			names[i] = label(name)
		}
		slices.Sort(names)
	}
	return verb + " " + strings.Join(names, ", ")
}

// noteWords say what is written of a note, whose fields nobody sees by their names.
func noteWords(c gateway.Change) string {
	_, title := c.Fields["Title"]
	_, text := c.Fields["Content"]
	switch {
	case title && text:
		return "Update title and text of the note"
	case title:
		return "Update title of the note"
	}
	return "Update text of the note"
}

// Removed reports whether a line tells of a bond that was taken away, which can
// be made again of what it held.
func Removed(line gateway.LogEntry) bool {
	return Bond(line.Key.Object) && strings.HasPrefix(line.What, "Delete ") && len(line.Before) > 0
}

// Created reports whether a line tells of a record that was made.
func Created(line gateway.LogEntry) bool { return strings.HasPrefix(line.What, "Create ") }
