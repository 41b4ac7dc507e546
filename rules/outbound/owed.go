package outbound

import (
	"time"

	"tidegate/gateway"
	"tidegate/rules/mapping"
)

// Owed is one record that something said here is to become in Salesforce, or
// fields of a record that is there.
type Owed struct {
	Part string // which part of the thing it is, see gateway.Writing
	// Key is the record. One that is to be created has its local id, whether it
	// has been created meanwhile or not.
	Key    gateway.RecordKey
	Fields gateway.Fields // references may name local ids
	Fills  []string       // of a record that is there: fields that are only filled while empty
	// StandIns are values that count as none: what a required field gets while
	// nobody gave it.
	StandIns gateway.Fields
	// Link says which thing here the record is from then on, nil for none. Its
	// Key is filled in.
	Link *gateway.Link
	Why  string // one plain sentence
	// Of says of fields by which mapping and from which words they come.
	Of map[string]gateway.Origin
	// Away asks for the record to go: an earlier plan made it, and it holds no
	// more. Fields are nil.
	Away bool
}

// Omission is a part that does not become anything, and why.
type Omission struct {
	Part   string
	Object string // what it would have become
	Why    string // one plain sentence, with what to do where somebody can
}

// OwedInput is everything that PlanOwed looks at.
type OwedInput struct {
	Owed Owed
	// Record is the mirror's, under the id that holds now; only its key where
	// the mirror has none.
	Record  gateway.Record
	Pending *gateway.Change
	// Written is what the part was before, nil the first time.
	Written *gateway.Writing
	Schema  gateway.Schema // Object "" = not read yet, then nothing is checked
	Cause   gateway.Cause
	Label   func(field string) string
	Now     time.Time
	Lane    int // see gateway.Change
	// NotBefore paces edits of one record that follow each other quickly.
	NotBefore time.Time
}

// PlanOwed returns the entry for one part. What was written before is written
// again only where the wish itself changed, so that what people correct in
// Salesforce stays. omitted is the reason when nothing can be written any more.
func PlanOwed(in OwedInput) (plan Plan, omitted string) {
	if in.Owed.Away {
		plan, _ = PlanAway(in)
		return plan, ""
	}
	key := in.Record.Key
	known := in.Written != nil && in.Written.Key.ID != ""
	switch {
	case key.Local() && in.Pending == nil && known:
		return Plan{}, "Somebody gave up creating it, so it is not created again."
	case key.Local() && in.Pending == nil:
		return planNew(in), ""
	case in.Record.Deleted:
		return Plan{}, "It was deleted in Salesforce, and is not created a second time."
	}
	fields := in.Owed.Fields
	if known {
		fields = changed(fields, in.Written.Wanted)
	}
	fields, skipped := possible(fields, in.Schema, in.Pending != nil && in.Pending.Op == gateway.OpCreate)
	fields, fills, filled := fillable(fields, in)
	skipped = append(skipped, filled...)
	in.Cause.Rule += Omissions(skipped, in.Label)
	plan, err := PlanEdit(Input{
		Record: in.Record, Pending: in.Pending, Fields: fields, Fills: fills, Cause: in.Cause, Lane: in.Lane, Label: in.Label, Now: in.Now,
		Writable:  func(string) (bool, string) { return true, "" }, // who planned the part has asked
		NotBefore: in.NotBefore,
	})
	if err != nil {
		return Plan{}, err.Error()
	}
	plan.Skipped = append(plan.Skipped, skipped...)
	if plan.Change != nil && !plan.Drop {
		pair(plan.Change.Fields, in.Owed.Fields)
	}
	return plan, ""
}

// fillable leaves out the fields that are only filled and have a value, in
// Salesforce or on its way there. fills are those that must still be empty
// when they arrive; what only stands in is replaced.
func fillable(fields gateway.Fields, in OwedInput) (kept gateway.Fields, fills []string, skipped []Skipped) {
	kept = fields.Clone()
	for _, name := range in.Owed.Fills {
		has, want := in.Record.Fields[name], fields[name]
		if !want.Known() {
			continue
		}
		if why := in.filled(name, has, want); why != "" {
			delete(kept, name)
			skipped = append(skipped, Skipped{name, why})
		} else if !in.standsIn(name, has) {
			fills = append(fills, name)
		}
	}
	return kept, fills, skipped
}

// filled says why a field that is only filled is left as it is, "" when it is
// not.
func (in OwedInput) filled(name string, has, want gateway.Value) string {
	waits := gateway.Value("")
	if in.Pending != nil {
		waits = in.Pending.Fields[name]
	}
	switch {
	case has == want || waits == want:
		return ""
	case !waits.Empty():
		if !in.standsIn(name, waits) {
			return "Another value is already on its way to it."
		}
	case !has.Empty() && !in.standsIn(name, has):
		return Filled
	case in.Record.Partial && !has.Known() && !ownCreation(in.Record) && !in.Record.Key.Local():
		return "Salesforce's value is not known here yet, and it is only filled while empty."
	}
	return ""
}

// standsIn reports whether a value is only what Salesforce required and nobody
// had given, so that a true one takes its place (AIM-11).
func (in OwedInput) standsIn(name string, v gateway.Value) bool {
	return v == gateway.Text(notProvided) || v.Known() && in.Owed.StandIns[name] == v
}

func planNew(in OwedInput) Plan {
	fields, skipped := possible(in.Owed.Fields, in.Schema, true)
	for name, v := range fields {
		if v.Empty() {
			delete(fields, name)
		}
	}
	in.Cause.Rule += Omissions(skipped, in.Label)
	c := gateway.Change{
		Key: in.Record.Key, Op: gateway.OpCreate, Fields: fields, Base: gateway.Fields{}, Edit: 1,
		State: gateway.StateWaiting, DueAt: in.Now, EnqueuedAt: in.Now, Lane: in.Lane, Cause: in.Cause,
	}
	return Plan{Change: &c, Skipped: skipped, Log: editLine(c, Input{Cause: in.Cause, Now: in.Now}, false)}
}

// together are fields of which Salesforce works one out from the other where
// only one is given.
var together = [...][2]string{{"StartDateTime", "EndDateTime"}}

// pair adds to fields what must go together with one of them.
func pair(fields, want gateway.Fields) {
	for _, names := range together {
		for i, name := range names {
			if other := names[1-i]; fields[name] != "" && want[other] != "" {
				fields[other] = want[other]
			}
		}
	}
}

// changed returns the fields whose wish is another one than before.
func changed(want, before gateway.Fields) gateway.Fields {
	out := gateway.Fields{}
	for name, v := range want {
		if was, known := before[name]; !known || was != v {
			out[name] = v
		}
	}
	for name, was := range before {
		if _, still := want[name]; !still && !was.Empty() {
			out[name] = gateway.Null
		}
	}
	return out
}

// Sendable are the fields of a wish that Salesforce takes, which creates a record
// or changes one; all where its object was not read yet.
func Sendable(fields gateway.Fields, s gateway.Schema, creating bool) gateway.Fields {
	kept, _ := possible(fields, s, creating)
	return kept
}

// possible leaves out what Salesforce does not take, with the reason. Values
// are checked only where no local id stands in for one.
func possible(fields gateway.Fields, s gateway.Schema, creating bool) (gateway.Fields, []Skipped) {
	kept := gateway.Fields{}
	var skipped []Skipped
	for _, name := range fields.Names() {
		f, known := s.Field(name)
		v := fields[name]
		refused := ""
		switch {
		case s.Object == "":
		case !known:
			refused = "Salesforce does not show this field to the connected user."
		case creating && !f.Createable || !creating && !f.Updateable:
			refused = "The connected user may not set it."
		case !(gateway.RecordKey{ID: v.String()}).Local() && !v.Empty():
			if err := mapping.CheckValue(f, v); err != nil {
				refused = err.Error()
			}
		}
		if refused != "" {
			if !v.Empty() {
				skipped = append(skipped, Skipped{name, refused})
			}
			continue
		}
		kept[name] = v
	}
	return kept, skipped
}
