// Package proof decides whether the mirror and the org hold the same: totals
// of spans of days first, then pairs of id and timestamp, then fields.
package proof

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"tidegate/gateway"
)

// Span is a range of creation times, From included and To excluded. A zero
// time is an open end.
type Span struct{ From, To time.Time }

// Holds reports whether a day, as Day returns it, lies in the span. An unknown
// day lies in the first one, so that every record lies in exactly one.
func (s Span) Holds(day time.Time) bool {
	if day.IsZero() {
		return s.From.IsZero()
	}
	return !day.Before(s.From) && (s.To.IsZero() || day.Before(s.To))
}

// Total is what both sides can tell of many records in one answer.
type Total struct {
	Rows   int
	Newest int64              // largest SystemModstamp, ms since 1970; 0 = no rows
	Sums   map[string]float64 // of number fields; empty values add nothing
}

// Add counts one record and the given fields of it.
func (t *Total) Add(r gateway.Record, numbers []string) {
	t.Rows++
	t.Newest = max(t.Newest, Stamp(r))
	for _, name := range numbers {
		if n, err := strconv.ParseFloat(r.Fields[name].String(), 64); err == nil {
			t.sum(name, n)
		}
	}
}

// merge adds the records of another total.
func (t *Total) merge(o Total) {
	t.Rows += o.Rows
	t.Newest = max(t.Newest, o.Newest)
	for name, n := range o.Sums {
		t.sum(name, n)
	}
}

func (t *Total) sum(name string, n float64) {
	if t.Sums == nil {
		t.Sums = map[string]float64{}
	}
	t.Sums[name] += n
}

// Equal compares two totals. Timestamps are compared by the second, which is
// all that queries have, and sums up to what adding in another order costs: a
// small difference in a very large sum is left to the comparison of fields.
func (t Total) Equal(o Total) bool {
	if t.Rows != o.Rows || t.Newest/1000 != o.Newest/1000 {
		return false
	}
	for _, sums := range [...]map[string]float64{t.Sums, o.Sums} {
		for name := range sums {
			a, b := t.Sums[name], o.Sums[name]
			if math.Abs(a-b) > 1e-9*max(math.Abs(a), math.Abs(b), 1) {
				return false
			}
		}
	}
	return true
}

// Stamp returns the SystemModstamp that the mirror knows of a record, in ms:
// the newest change, or the newest reading where that saw only a new time.
func Stamp(r gateway.Record) int64 { return max(r.Version.CommitAt, r.ReadAt) }

// Day returns the day on which a record was created, UTC; zero when unknown.
func Day(r gateway.Record) time.Time {
	at, ok := r.Fields["CreatedDate"].Time()
	if !ok {
		return time.Time{}
	}
	return at.Truncate(24 * time.Hour)
}

// Bucket is a span of whole days and what the mirror holds of it.
type Bucket struct {
	Span
	Here Total
}

// Buckets joins days to spans of at least atLeast rows where there are as
// many, because each span costs a call. The first and the last are open, so
// that nothing lies outside of all. Without days there is one for everything.
func Buckets(days map[time.Time]Total, atLeast int) []Bucket {
	buckets := []Bucket{{}}
	for _, day := range slices.SortedFunc(maps.Keys(days), time.Time.Compare) {
		last := &buckets[len(buckets)-1]
		if last.Here.Rows >= atLeast && !day.IsZero() {
			last.To = day
			buckets = append(buckets, Bucket{Span: Span{From: day}})
			last = &buckets[len(buckets)-1]
		}
		last.Here.merge(days[day])
	}
	return buckets
}

// Suspects returns the ids that only one side has, or that were changed at
// another second, in order. The maps give timestamps in ms by id.
func Suspects(here, there map[string]int64) []string {
	var ids []string
	for id, at := range here {
		if other, ok := there[id]; !ok || other/1000 != at/1000 {
			ids = append(ids, id)
		}
	}
	for id := range there {
		if _, ok := here[id]; !ok {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// Difference names the fields of one record that differ.
type Difference struct {
	Told   []string // change events carry them: a change was lost, or the mirror was damaged
	Silent []string // change without an event: formulas and derived fields
	Audit  []string // who changed the record last, and when
}

// Any reports whether anything differs.
func (d Difference) Any() bool { return len(d.Told)+len(d.Silent)+len(d.Audit) > 0 }

// Compare compares the given fields of one record. Unknown and empty are the
// same. silent reports whether a field changes without events.
func Compare(names []string, here, there gateway.Fields, silent func(name string) bool) Difference {
	var d Difference
	for _, name := range names {
		a, b := here[name], there[name]
		switch {
		case a == b || a.Empty() && b.Empty():
		case name == "LastModifiedDate" || name == "LastModifiedById":
			d.Audit = append(d.Audit, name)
		case silent(name):
			d.Silent = append(d.Silent, name)
		default:
			d.Told = append(d.Told, name)
		}
	}
	return d
}

// Numbers returns the fields whose sums are compared: mirrored numbers that
// are stored, at most limit, because one statement may not grow without bound.
func Numbers(s gateway.Schema, limit int) []string {
	var names []string
	for _, f := range s.Fields {
		switch f.Type {
		case gateway.TypeInt, gateway.TypeDouble, gateway.TypeCurrency, gateway.TypePercent:
			// Parts of a place on earth are numbers that add up to nothing.
			if f.CompoundName == "" && !f.Calculated && len(names) < limit {
				names = append(names, f.Name)
			}
		}
	}
	return names
}
