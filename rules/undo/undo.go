// Package undo plans how writes of ours are taken back, so that Salesforce
// looks as it would without them, and tells where a value came from.
package undo

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"tidegate/gateway"
)

// Write is one write of ours that reached Salesforce, as the sync log keeps
// it. Before are the values that it replaced.
type Write struct {
	ID     int64 // of the line, which grows with time
	Key    gateway.RecordKey
	Fields gateway.Fields
	Before gateway.Fields
	Cause  gateway.Cause
	// Created is set where the write made the record.
	Created bool
	// Removed is set where it took away a record that only related two others;
	// Before is all that it held.
	Removed bool
}

// Input is everything that Make looks at.
type Input struct {
	// Writes are all writes to the records concerned, in any order: whether a
	// later one stands decides as much as what is taken back.
	Writes []Write
	// Chosen are the lines that are to be taken back; Field limits that to one
	// field, "" = all.
	Chosen map[int64]bool
	Field  string
	// Only are the fields of chosen lines of which not all is taken back, by line;
	// a line that is not in it is chosen whole. See OfRule.
	Only    map[int64]map[string]bool
	Records map[gateway.RecordKey]gateway.Record
	// Pending is what waits to be written, by record.
	Pending map[gateway.RecordKey]gateway.Change
	// Back are removals that were taken back already, by line.
	Back map[int64]bool
	// Unseen says of records that only the org knows why it did not tell how
	// they are.
	Unseen map[gateway.RecordKey]string
	// Unread says of records of which no copy is kept that what a write replaced is
	// only what an earlier one of ours wrote; nil = none are. See Replaced.
	Unread func(key gateway.RecordKey) bool
	// Anchor is the record that one which only relates two others hangs on, and
	// goes with; nil = there are none.
	Anchor func(Write) gateway.RecordKey
	// Writable is the truth table, nil = all.
	Writable func(key gateway.RecordKey, field string) (bool, string)
}

// Restore is one value that would be written.
type Restore struct {
	Key      gateway.RecordKey
	Field    string
	From, To gateway.Value // From is what the mirror has now
	Lines    []int64       // what is taken back by it, newest first
}

// Left is one value that stays, and why.
type Left struct {
	Key    gateway.RecordKey
	Field  string
	Reason string
	Line   int64 // of the newest chosen write to it
}

// Plan is a dry run: nothing of it is done.
type Plan struct {
	Restores []Restore
	Left     []Left
	// Remakes are records that chosen writes took away, to be made again.
	Remakes []Write
	// Made are records that chosen writes created and that are as we wrote them:
	// they can be taken back only whole, by deleting them.
	Made []gateway.RecordKey
}

// The reasons why a value stays.
const (
	changedSince = "Somebody changed it in Salesforce since; that stands."
	laterWrite   = "A later write of ours stands."
	alreadyBack  = "It was taken back already."
	goes         = "The record's deletion is on its way."
	cannotWrite  = "It cannot be written now: "
	goesWith     = "It goes with the record that it hangs on."
	staysWith    = "It stays with the record that it hangs on."
	nowWaiting   = "Another edit of it is on its way."
	madeIt       = "The record was created with it; taking that back is deleting it, which is offered above."
	partOfIt     = "The record was created with it, and there was no earlier value."
	gone         = "The record was deleted in Salesforce."
	notHere      = "The record is not in the mirror any more."
	sameAgain    = "Salesforce has the earlier value already."
	notKept      = "What was there before is not known here any more."
)

type place struct {
	key   gateway.RecordKey
	field string
}

// Make plans the taking back of the chosen writes, field by field: where the
// newest write of ours is chosen and its value still stands, the value goes
// back to what was there before the run of chosen writes that ends with it.
// What anybody else wrote in between is never touched.
func Make(in Input) Plan {
	var plan Plan
	writes := map[place][]Write{}
	for _, w := range slices.SortedFunc(slices.Values(in.Writes), func(a, b Write) int { return cmp.Compare(b.ID, a.ID) }) {
		for name := range w.Fields {
			writes[place{w.Key, name}] = append(writes[place{w.Key, name}], w)
		}
	}
	for at, newestFirst := range writes {
		if in.Field != "" && in.Field != at.field {
			continue
		}
		chosen := slices.IndexFunc(newestFirst, func(w Write) bool { return in.chosen(w, at.field) })
		if chosen < 0 {
			continue
		}
		r, reason := Restore{}, in.stays(at, newestFirst)
		if reason == "" {
			r, reason = in.restore(at, in.standing(at.field, newestFirst))
		}
		if reason != "" {
			plan.Left = append(plan.Left, Left{at.key, at.field, reason, newestFirst[chosen].ID})
			continue
		}
		plan.Restores = append(plan.Restores, r)
	}
	for _, w := range in.Writes {
		switch {
		case !w.Removed || !in.whole(w) || in.Field != "":
		case in.Back[w.ID]:
			plan.Left = append(plan.Left, Left{Key: w.Key, Reason: alreadyBack, Line: w.ID})
		default:
			plan.Remakes = append(plan.Remakes, w)
		}
	}
	slices.SortFunc(plan.Remakes, func(a, b Write) int { return cmp.Compare(a.ID, b.ID) })
	plan.Made = in.hanging(in.made(plan), plan.Left)
	slices.SortFunc(plan.Restores, func(a, b Restore) int { return byPlace(a.Key, b.Key, a.Field, b.Field) })
	slices.SortFunc(plan.Left, func(a, b Left) int { return byPlace(a.Key, b.Key, a.Field, b.Field) })
	return plan
}

// chosen reports whether one field of a write is to be taken back.
func (in Input) chosen(w Write, field string) bool {
	only, part := in.Only[w.ID]
	return in.Chosen[w.ID] && (!part || only[field])
}

// whole reports whether all of a write is to be taken back.
func (in Input) whole(w Write) bool {
	_, part := in.Only[w.ID]
	return in.Chosen[w.ID] && !part
}

// made are the records of Plan.Made.
func (in Input) made(plan Plan) []gateway.RecordKey {
	if in.Field != "" {
		return nil
	}
	whole := map[gateway.RecordKey]bool{}
	for _, w := range in.Writes {
		record, here := in.Records[w.Key]
		if w.Created && in.whole(w) && here && !record.Deleted {
			whole[w.Key] = true
		}
	}
	for _, l := range plan.Left {
		if l.Reason != madeIt && l.Reason != sameAgain && l.Reason != alreadyBack && !strings.HasPrefix(l.Reason, cannotWrite) {
			delete(whole, l.Key)
		}
	}
	for _, w := range in.Writes {
		if !in.whole(w) && w.Cause.Kind != gateway.KindUndo {
			delete(whole, w.Key) // another write of ours stands on it
		}
	}
	return slices.SortedFunc(maps.Keys(whole), func(a, b gateway.RecordKey) int { return byPlace(a, b, "", "") })
}

// hanging leaves out of the records that can be deleted those that hang on
// another one which chosen writes created: they go with it, or stay with it. What
// is left of them is told so.
func (in Input) hanging(made []gateway.RecordKey, left []Left) []gateway.RecordKey {
	if in.Anchor == nil {
		return made
	}
	created, why := map[gateway.RecordKey]bool{}, map[gateway.RecordKey]string{}
	for _, w := range in.Writes {
		if w.Created && in.whole(w) {
			created[w.Key] = true
		}
	}
	for _, w := range in.Writes {
		if on := in.Anchor(w); w.Created && created[on] {
			why[w.Key] = staysWith
			if slices.Contains(made, on) {
				why[w.Key] = goesWith
			}
		}
	}
	for i, l := range left {
		if l.Reason == madeIt && why[l.Key] != "" {
			left[i].Reason = why[l.Key]
		}
	}
	return slices.DeleteFunc(made, func(key gateway.RecordKey) bool { return why[key] != "" })
}

func byPlace(a, b gateway.RecordKey, fieldA, fieldB string) int {
	return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.ID, b.ID), cmp.Compare(fieldA, fieldB))
}

// stays says why the value at a place is not taken back, "" when it may be.
func (in Input) stays(at place, newestFirst []Write) string {
	record, here := in.Records[at.key]
	_, waits := in.Pending[at.key].Fields[at.field]
	left := in.standing(at.field, newestFirst)
	chosen := slices.IndexFunc(left, func(w Write) bool { return in.chosen(w, at.field) })
	switch {
	case in.Unseen[at.key] != "":
		return in.Unseen[at.key]
	case !here:
		return notHere
	case record.Deleted:
		return gone
	case in.Pending[at.key].Op == gateway.OpDelete:
		return goes
	case waits:
		return nowWaiting
	case chosen > 0:
		return laterWrite
	case empty(record.Fields[at.field]) != empty(newestFirst[0].Fields[at.field]):
		return changedSince
	case chosen < 0:
		return alreadyBack
	case empty(record.Fields[at.field]) != empty(left[0].Fields[at.field]):
		return changedSince // before the write that was taken back
	case left[0].Created && !in.whole(left[0]):
		return partOfIt
	case left[0].Created:
		return madeIt
	}
	if in.Writable != nil {
		if ok, why := in.Writable(at.key, at.field); !ok {
			return cannotWrite + why
		}
	}
	return ""
}

// restore walks back over chosen writes that follow each other directly.
func (in Input) restore(at place, newestFirst []Write) (Restore, string) {
	r := Restore{Key: at.key, Field: at.field, From: in.Records[at.key].Fields[at.field]}
	for i, w := range newestFirst {
		if !in.chosen(w, at.field) || w.Created || i > 0 && empty(w.Fields[at.field]) != r.To {
			break // it stands, it made the record, or Salesforce wrote in between
		}
		if in.Unread != nil && in.Unread(at.key) && !w.Before[at.field].Known() {
			return r, notKept
		}
		r.To = empty(w.Before[at.field])
		r.Lines = append(r.Lines, w.ID)
	}
	if r.To == empty(r.From) {
		return r, sameAgain
	}
	return r, ""
}

// empty makes a field never heard of and an empty one the same.
func empty(v gateway.Value) gateway.Value {
	if v.Empty() {
		return gateway.Null
	}
	return v
}

// Edits gathers the plan by record: what is to be written, and what must still
// be there for it; with created set, but for the records that are deleted whole.
func (p Plan) Edits(created bool) []Edit {
	var out []Edit
	for _, r := range p.Restores {
		if created && slices.Contains(p.Made, r.Key) {
			continue
		}
		if len(out) == 0 || out[len(out)-1].Key != r.Key {
			out = append(out, Edit{Key: r.Key, Fields: gateway.Fields{}, Expect: gateway.Fields{}})
		}
		e := &out[len(out)-1]
		e.Fields[r.Field], e.Expect[r.Field] = r.To, r.From
	}
	return out
}

// Remade are the records that are made again; with created set, but for those
// that hang on a record which is deleted whole.
func (p Plan) Remade(created bool) []Write {
	goes := func(v gateway.Value) bool {
		return slices.ContainsFunc(p.Made, func(k gateway.RecordKey) bool { return k.ID == v.String() })
	}
	var out []Write
	for _, w := range p.Remakes {
		if !created || !slices.ContainsFunc(slices.Collect(maps.Values(w.Before)), goes) {
			out = append(out, w)
		}
	}
	return out
}

// Edit is what the plan writes to one record.
type Edit struct {
	Key            gateway.RecordKey
	Fields, Expect gateway.Fields
}

// Origins tells for each field of a record which write of ours its value came
// from; fields whose value is not ours are not in it.
func Origins(record gateway.Record, writes []Write) map[string]Write {
	out := map[string]Write{}
	seen := map[string]bool{}
	for _, w := range slices.SortedFunc(slices.Values(writes), func(a, b Write) int { return cmp.Compare(b.ID, a.ID) }) {
		for name, v := range w.Fields {
			if !seen[name] && w.Key == record.Key && empty(v) == empty(record.Fields[name]) {
				out[name] = w
			}
			seen[name] = true
		}
	}
	return out
}
