package outbound

import (
	"maps"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
)

// bonds are the parts that only relate something of ours to a record: a further
// person of an Event or a Task, a link of a note. They may be taken away when
// what they say holds no more; what they hang on stays.
var bonds = [...]struct{ prefix, anchor string }{
	{attendeePrefix, PartEvent}, {taskAttendeePrefix, PartTask}, {linkPrefix, PartNote},
}

// bondEnds is the field of a bond that names whom it is with.
var bondEnds = map[string]string{"EventRelation": "RelationId", "TaskRelation": "RelationId", "ContentDocumentLink": "LinkedEntityId"}

// BondEnd is the field of a bond that names what it reaches to, "" for an object
// that is none.
func BondEnd(object string) string { return bondEnds[object] }

// Bond reports whether an object only relates two others, so that a record of it
// can be taken away and made again without anything being lost.
func Bond(object string) bool { return bondEnds[object] != "" }

// Withdrawn reports whether a part was taken away again after it was written.
func Withdrawn(w gateway.Writing) bool { return w.Key.ID != "" && len(w.Wanted) == 0 }

// bond is the key of a part that relates two records. One that was taken away
// and is wanted once more is a record of its own.
func (p *planning) bond(object, part string) gateway.RecordKey {
	was := p.Written[part]
	switch {
	case was.Key.ID == "":
		return p.local(object, part)
	case Withdrawn(was):
		return p.local(object, part+"#"+was.Key.ID)
	}
	return was.Key
}

// leave plans that bonds go which an earlier plan made and this one would not:
// somebody takes part no more or is another record, another deal was chosen. It
// goes by what is known: while it is not, who somebody is, everything stays. The
// note, the Event and the Task stay in any case, and a note keeps one link.
func (p *planning) leave() {
	if p.cancelled {
		return
	}
	owed, anchors := map[string]bool{}, map[string]bool{}
	for _, o := range p.plan.Owed {
		owed[o.Part] = true
		if !strings.HasPrefix(o.Part, linkPrefix) {
			anchors[o.Part] = true
		}
	}
	for _, o := range p.plan.Omitted {
		owed[o.Part] = true // it was said already why it is not written
	}
	for _, part := range slices.Sorted(maps.Keys(p.Written)) {
		was := p.Written[part]
		i := slices.IndexFunc(bonds[:], func(b struct{ prefix, anchor string }) bool { return strings.HasPrefix(part, b.prefix) })
		if i < 0 || was.Key.ID == "" || Withdrawn(was) || owed[part] || p.Gone[part] || !anchors[bonds[i].anchor] {
			continue
		}
		end := was.Wanted[bondEnds[was.Key.Object]].String()
		if end == "" || p.with(end) {
			continue
		}
		why := p.leaves(strings.TrimPrefix(part, bonds[i].prefix))
		if why == "" {
			continue
		}
		s := p.Schemas[was.Key.Object]
		if s.Object == "" {
			continue
		}
		if !s.Deletable {
			p.omit(part, was.Key.Object, why+" It stays, because Salesforce does not let the connected user delete records of "+was.Key.Object+".")
			continue
		}
		p.plan.Owed = append(p.plan.Owed, Owed{Part: part, Key: was.Key, Why: why, Away: true})
	}
}

// with reports whether a record is one that the thing belongs to now, or whom
// its activities name.
func (p *planning) with(id string) bool {
	return id == p.who.ID || id == p.what.ID ||
		slices.ContainsFunc(p.plan.Related, func(k gateway.RecordKey) bool { return k.ID == id }) ||
		slices.ContainsFunc(p.people, func(someone person) bool { return someone.key.ID == id })
}

// leaves says why a bond holds no more, "" while nobody knows that.
func (p *planning) leaves(rest string) string {
	address, personal := strings.CutPrefix(rest, "person:")
	place, _, _ := strings.Cut(rest, ":")
	if !personal && (place == "account" || place == "opportunity") || strings.Contains(place, "__") {
		if slices.ContainsFunc(p.Attendees, Attendee.unsure) {
			return ""
		}
		object := strings.ToUpper(place[:1]) + place[1:]
		if place == "opportunity" && p.what.Object == "Opportunity" {
			return "The " + p.kind + " belongs to another opportunity now."
		}
		return "The " + p.kind + " does not belong to this " + object + " any more."
	}
	for _, a := range p.Attendees {
		mine := strings.ToLower(a.address())
		if address != mine && !strings.HasPrefix(address, mine+":") {
			continue
		}
		switch {
		case a.unsure():
			return ""
		case a.Held != "":
			return "Somebody unlinked " + a.Words() + " from it."
		}
		return a.Words() + " is another record in Salesforce now."
	}
	address, _, _ = strings.Cut(address, ":")
	return address + " does not take part any more."
}

// unsure reports whether nobody knows just now which record somebody is.
func (a Attendee) unsure() bool {
	return a.Unread != "" || a.Broken || a.Held == "" && len(a.Matches) > 1
}

// PlanAway plans that the record of a part goes. later is set where it cannot be
// said yet, because the record is just being created.
func PlanAway(in OwedInput) (plan Plan, later bool) {
	key, c := in.Record.Key, in.Pending
	switch {
	case c != nil && c.Op == gateway.OpDelete || in.Record.Deleted || key.Local() && c == nil:
		return Plan{}, false
	case c != nil && key.Local() && (c.State == gateway.StateSending || c.State == gateway.StateWaiting && !c.FirstSentAt.IsZero()):
		return Plan{}, true
	case c != nil && key.Local():
		return dropped(*c, in), false
	}
	in.Record.Fields = gateway.Fields{}
	wrote := gateway.Fields{}
	if in.Written != nil {
		wrote = in.Written.Wanted
	}
	removal, err := PlanRemove(RemoveInput{
		Record: in.Record, Pending: c, Ours: true, On: true, Deletable: true, Wrote: wrote, Cause: in.Cause, Now: in.Now,
	})
	if err != nil {
		return Plan{}, false
	}
	out := removal.Change
	out.Lane = in.Lane
	return Plan{Change: &out, Log: lineOf(out)}, false
}

func lineOf(c gateway.Change) *gateway.LogEntry {
	line := Line(c, gateway.Record{}, nil)
	return &line
}

// dropped takes a creation back that was never carried out.
func dropped(c gateway.Change, in OwedInput) Plan {
	c.Edit++
	line := Line(c, gateway.Record{}, in.Label)
	line.What, line.Rule, line.Cause = "Not created any more", in.Cause.Rule, in.Cause
	line.State, line.NextTry, line.DoneAt, line.Problem = gateway.LogSkipped, time.Time{}, in.Now, gateway.Problem{}
	return Plan{Change: &c, Drop: true, Log: &line}
}

// Related reports whether an earlier plan related further people to an activity.
func Related(written map[string]gateway.Writing) bool {
	for part, w := range written {
		if w.Key.ID != "" && (strings.HasPrefix(part, attendeePrefix) || strings.HasPrefix(part, taskAttendeePrefix)) {
			return true
		}
	}
	return false
}

// Remake plans that a bond is made again of what it held.
func Remake(key gateway.RecordKey, held gateway.Fields, cause gateway.Cause, now time.Time) Plan {
	c := gateway.Change{
		Key: key, Op: gateway.OpCreate, Fields: held.Clone(), Base: gateway.Fields{}, Edit: 1,
		State: gateway.StateWaiting, DueAt: now, EnqueuedAt: now, Cause: cause,
	}
	return Plan{Change: &c, Log: lineOf(c)}
}
