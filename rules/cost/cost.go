// Package cost reckons what objects, fields and rules cost in API calls and
// events, and which mapped fields nothing uses (M8).
package cost

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
)

// UnusedAfter is how long nothing must have used a mapped field before it is
// pointed out.
const UnusedAfter = 30

// Input is what a reckoning rests on.
type Input struct {
	Spent    []gateway.Spent // of the last UnusedAfter days, today included
	Mappings []gateway.Mapping
	Schemas  map[string]gateway.Schema
	Needed   map[string]string // why a rule of ours reads "Object.Field", as the end of a sentence
	Now      time.Time
}

// Object is what one object costs.
type Object struct {
	Name    string // "" = the org as such
	Calls   map[gateway.CallPurpose]int
	Today   int // calls of all purposes
	Events  int // today
	Changes int // that were sent today
	Carried int // different fields that they wrote
	Fields  []Field
	Rules   []Rule
}

// Field is what one mapped field costs a day, on the average of the days that
// were counted.
type Field struct {
	Name    string
	Writes  int     // changes of today that carried it
	Brought int     // events of today that carried it
	Calls   float64 // a day: Written and Read together
	Written float64 // its part of the calls that write
	Read    float64 // its part of the calls that read
	Events  float64 // a day that carried it
	Last    time.Time
	By      string // who saw it then, "" = it was written
	Needed  string // why a rule reads it, "" = none does
	Unused  bool   // nothing used it in UnusedAfter days
}

// Rule is what one rule led to today.
type Rule struct {
	Name    string
	Changes int
	Calls   float64 // its part of the calls that write
}

// Reckoning is the whole.
type Reckoning struct {
	Objects []Object // those that cost most today first, the org as such last
	Days    int      // that were counted, at most UnusedAfter
	Unused  int      // mapped fields that nothing used
}

// counts are the sums of one object.
type counts struct {
	today, ever map[gateway.SpentKind]map[string]int
	last        map[string]gateway.Spent // the latest use of a field
}

func (c *counts) add(s gateway.Spent, today bool) {
	c.sum(c.ever, s)
	if today {
		c.sum(c.today, s)
	}
	used := s.Kind == gateway.SpentWritten || s.Kind == gateway.SpentShown
	if was := c.last[s.Name]; used && s.At.After(was.At) {
		c.last[s.Name] = s
	}
}

func (c *counts) sum(into map[gateway.SpentKind]map[string]int, s gateway.Spent) {
	if into[s.Kind] == nil {
		into[s.Kind] = map[string]int{}
	}
	into[s.Kind][s.Name] += s.N
}

// Reckon adds everything up. A call that writes carries several changes, and
// each of them several fields: a field's part, and a rule's, is that of its own
// among all that were carried. A call that reads gives all fields of the object
// alike: a field's part is one of so many.
func Reckon(in Input) Reckoning {
	today := gateway.SpentDay(in.Now)
	first, all := today, map[string]*counts{}
	of := func(object string) *counts {
		if all[object] == nil {
			all[object] = &counts{map[gateway.SpentKind]map[string]int{}, map[gateway.SpentKind]map[string]int{}, map[string]gateway.Spent{}}
		}
		return all[object]
	}
	for _, s := range in.Spent {
		if s.Day.Before(today.AddDate(0, 0, 1-UnusedAfter)) {
			continue
		}
		if s.Day.Before(first) {
			first = s.Day
		}
		of(s.Object).add(s, s.Day.Equal(today))
	}
	for _, m := range in.Mappings {
		of(m.Object)
	}
	r := Reckoning{Days: int(today.Sub(first)/(24*time.Hour)) + 1}
	for name, c := range all {
		o := Object{Name: name, Calls: map[gateway.CallPurpose]int{}, Events: c.today[gateway.SpentEvent][""], Changes: c.today[gateway.SpentChange][""]}
		for purpose, n := range c.today[gateway.SpentCall] {
			o.Calls[gateway.CallPurpose(purpose)] = n
			o.Today += n
		}
		o.Carried = len(c.today[gateway.SpentWritten])
		o.Rules = c.rules()
		for _, m := range in.Mappings {
			if m.Object == name && m.Suspended.Cause == "" {
				f := c.field(in, m, r.Days)
				o.Fields = append(o.Fields, f)
				if f.Unused {
					r.Unused++
				}
			}
		}
		slices.SortFunc(o.Fields, func(a, b Field) int {
			return cmp.Or(before(a.Unused, b.Unused), cmp.Compare(b.Calls, a.Calls), strings.Compare(a.Name, b.Name))
		})
		r.Objects = append(r.Objects, o)
	}
	slices.SortFunc(r.Objects, func(a, b Object) int {
		return cmp.Or(before(a.Name != "", b.Name != ""), cmp.Compare(b.Today, a.Today), cmp.Compare(b.Events, a.Events), strings.Compare(a.Name, b.Name))
	})
	return r
}

// before puts what is true first.
func before(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func (c *counts) field(in Input, m gateway.Mapping, days int) Field {
	f := Field{
		Name: m.Field, Writes: c.today[gateway.SpentWritten][m.Field], Brought: c.today[gateway.SpentChanged][m.Field],
		Needed: in.Needed[m.Object+"."+m.Field],
	}
	daily := 1 / float64(days)
	f.Events = float64(c.ever[gateway.SpentChanged][m.Field]) * daily
	calls := c.ever[gateway.SpentCall]
	f.Written = daily * part(calls[string(gateway.CallWrite)], c.ever[gateway.SpentWritten], m.Field)
	if n := len(in.Schemas[m.Object].Fields); n > 0 {
		reads := calls[string(gateway.CallLoad)] + calls[string(gateway.CallFollow)] + calls[string(gateway.CallProve)]
		f.Read = daily * float64(reads) / float64(n)
	}
	f.Calls = f.Written + f.Read
	f.Last, f.By = c.last[m.Field].At, c.last[m.Field].By
	// Neither what was counted for less than that, nor what was mapped later, was
	// unused for so long.
	long := days >= UnusedAfter && !m.At.After(in.Now.AddDate(0, 0, -UnusedAfter))
	f.Unused = long && f.Last.IsZero() && f.Needed == ""
	return f
}

// part is what of so many calls is one's own, by what was carried.
func part(calls int, carried map[string]int, own string) float64 {
	all := 0
	for _, n := range carried {
		all += n
	}
	if all == 0 {
		return 0
	}
	return float64(calls) * float64(carried[own]) / float64(all)
}

func (c *counts) rules() []Rule {
	led := c.today[gateway.SpentRule]
	out := make([]Rule, 0, len(led))
	for name, n := range led {
		out = append(out, Rule{name, n, part(c.today[gateway.SpentCall][string(gateway.CallWrite)], led, name)})
	}
	slices.SortFunc(out, func(a, b Rule) int { return cmp.Or(cmp.Compare(b.Changes, a.Changes), strings.Compare(a.Name, b.Name)) })
	return out
}
