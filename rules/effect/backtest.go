package effect

import (
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

// Outcome tells what settings would have made of a part of something that was
// said, beside what became of it.
type Outcome string

// The outcomes.
const (
	AsItWas    Outcome = "same"      // the same record with the same values
	Otherwise  Outcome = "values"    // the same record with other values
	Elsewhere  Outcome = "elsewhere" // another record, or the same about others
	WouldWrite Outcome = "more"      // only then something is written
	WouldNot   Outcome = "less"      // then nothing is written any more
	Left       Outcome = "left"      // nothing either way
)

// Past is one thing that was said, planned once more as if nothing had been
// written of it. References are those that hold now.
type Past struct {
	Kind, ID, Title string
	At              time.Time
	Owed            []outbound.Owed
	Omitted         []outbound.Omission
	// Really is what became of it, by part.
	Really []gateway.Writing
	// Creates reports whether these settings create contacts: whom they created
	// then is recognized by now, and is not created once more.
	Creates bool
}

// Row is one part of one thing.
type Row struct {
	Kind, ID, Title string
	At              time.Time
	Part            string
	Outcome         Outcome
	Then            gateway.RecordKey // zero ID where nothing is written
	ThenWhy         string
	Really          gateway.RecordKey
	ReallyWhy       string
	Fields          []string // that differ
	// Would are the values that it writes then, Was those that were written.
	// References to records of the same thing name their local ids.
	Would, Was gateway.Fields
	Person     string // whom it creates: his name or address
}

// Backtest adds up what settings would have made of what was said.
type Backtest struct {
	Looked, Total int  // things; less than Total are a sample over the whole time
	Late          bool // the time ran out
	Counts        map[Outcome]int
	Things        int // that would have come out otherwise
	Created       []Row
	Calls         int // that writing it as it was told takes
	Rows          []Row
	More          int // rows that are not kept
}

// mostRows bounds what is kept of a backtest.
const mostRows = 5000

// NewBacktest returns an empty backtest over so many things.
func NewBacktest(total int) *Backtest {
	return &Backtest{Total: total, Counts: map[Outcome]int{}}
}

// Sampled reports whether some things were not looked at.
func (b *Backtest) Sampled() bool { return b.Looked < b.Total }

// NewestFirst puts the rows into the order in which they are shown.
func (b *Backtest) NewestFirst() {
	newer := func(x, y Row) int { return y.At.Compare(x.At) }
	slices.SortStableFunc(b.Rows, newer)
	slices.SortStableFunc(b.Created, newer)
}

// Add compares one thing.
func (b *Backtest) Add(p Past) {
	b.Looked++
	object, differs := "", false
	for _, o := range p.Owed {
		if o.Key.Object != object {
			object = o.Key.Object
			b.Calls++ // records of one object that follow each other go in one
		}
	}
	for _, row := range compare(p) {
		b.Counts[row.Outcome]++
		differs = differs || row.Outcome != AsItWas && row.Outcome != Left
		if row.Outcome == WouldWrite && row.Then.Local() && row.Then.Object == "Contact" {
			b.Created = append(b.Created, row)
		}
		if len(b.Rows) == mostRows {
			b.More++
			continue
		}
		b.Rows = append(b.Rows, row)
	}
	if differs {
		b.Things++
	}
}

// compare sets each part beside what it became.
func compare(p Past) []Row {
	really := map[string]gateway.Writing{}
	for _, w := range p.Really {
		really[w.Part] = w
	}
	var out []Row
	seen := map[string]bool{}
	base := Row{Kind: p.Kind, ID: p.ID, Title: p.Title, At: p.At}
	for _, o := range p.Owed {
		seen[o.Part] = true
		out = append(out, base.owed(o, really[o.Part]))
	}
	for _, o := range p.Omitted {
		if seen[o.Part] {
			continue
		}
		seen[o.Part] = true
		row, was := base, really[o.Part]
		row.Part, row.ThenWhy, row.Really, row.ReallyWhy, row.Was = o.Part, o.Why, was.Key, why(was), was.Wanted
		row.Outcome = WouldNot
		if was.Key.ID == "" || was.Omitted != "" {
			row.Outcome = Left
		}
		out = append(out, row)
	}
	for _, was := range p.Really {
		if seen[was.Part] || was.Key.ID == "" || was.Omitted != "" {
			continue
		}
		row := base
		row.Part, row.Really, row.ReallyWhy, row.Outcome, row.Was = was.Part, was.Key, why(was), WouldNot, was.Wanted
		if row.ThenWhy = "These settings make nothing of this part."; p.Creates && outbound.MakesContact(was.Part) {
			row.Then, row.Outcome, row.ThenWhy, row.Would = was.Key, AsItWas, "Recognized by the record that was created then.", was.Wanted
		}
		out = append(out, row)
	}
	return out
}

func why(w gateway.Writing) string {
	if w.Omitted != "" {
		return w.Omitted
	}
	return w.Reason
}

// about are the fields that say to whom a record belongs.
var about = []string{"WhoId", "WhatId", "AccountId", "LinkedEntityId"}

func (r Row) owed(o outbound.Owed, was gateway.Writing) Row {
	r.Part, r.Then, r.ThenWhy, r.Really, r.ReallyWhy = o.Part, o.Key, o.Why, was.Key, why(was)
	r.Would, r.Was = o.Fields, was.Wanted
	switch {
	case was.Key.ID == "" || was.Omitted != "":
		r.Outcome, r.Really.ID, r.Was = WouldWrite, "", nil
		if r.Person = strings.TrimSpace(o.Fields["FirstName"].String() + " " + o.Fields["LastName"].String()); r.Person == "" {
			r.Person = o.Fields["Email"].String()
		}
		return r
	case was.Key != o.Key:
		r.Outcome = Elsewhere
		return r
	}
	r.Outcome = AsItWas
	for _, name := range names(o.Fields, was.Wanted) {
		if o.Fields[name] == was.Wanted[name] {
			continue
		}
		r.Fields = append(r.Fields, name)
		if r.Outcome != Elsewhere {
			r.Outcome = Otherwise
		}
		if slices.Contains(about, name) {
			r.Outcome = Elsewhere
		}
	}
	return r
}

func names(a, b gateway.Fields) []string {
	out := slices.Concat(a.Names(), b.Names())
	slices.Sort(out)
	return slices.Compact(out)
}

// PartWords says what a part of something said is.
func PartWords(part string) string {
	words := map[string]string{
		outbound.PartAll: "All of it", outbound.PartEvent: "Event", outbound.PartTask: "Task", outbound.PartNote: "Note", outbound.PartPeople: "People",
		"contact": "New contact", "account": "New account", "note-link": "Link of the note", "action": "Task of an action item", "topics": "Fields of",
		"attendee": "Participant", "task-attendee": "Participant", "message": "Text",
	}
	prefix, rest, cut := strings.Cut(part, ":")
	switch {
	case !cut && words[part] != "":
		return words[part]
	case prefix == "topics", words[prefix] == "Participant":
		return words[prefix] + " " + rest
	case prefix == "record":
		return rest
	case prefix == "agent" && rest != "": // "contact", or "lead.Phone" of one field
		object, field, _ := strings.Cut(rest, ".")
		return strings.TrimSpace(strings.ToUpper(object[:1]) + object[1:] + " of the agent " + field)
	case words[prefix] != "":
		return words[prefix]
	}
	return part
}
