package soql

import (
	"strings"
	"time"

	"tidegate/simulator/org"
)

// dateFunctions take a part of a date or of a moment, in UTC, as the type that
// comparisons see.
var dateFunctions = map[string]struct {
	result org.FieldType
	part   func(time.Time) any
}{
	"DAY_ONLY":         {org.TypeDate, func(t time.Time) any { return t.Format(time.DateOnly) }},
	"CALENDAR_YEAR":    {org.TypeInt, func(t time.Time) any { return int64(t.Year()) }},
	"CALENDAR_QUARTER": {org.TypeInt, func(t time.Time) any { return int64(t.Month()+2) / 3 }},
	"CALENDAR_MONTH":   {org.TypeInt, func(t time.Time) any { return int64(t.Month()) }},
	"DAY_IN_MONTH":     {org.TypeInt, func(t time.Time) any { return int64(t.Day()) }},
	"HOUR_IN_DAY":      {org.TypeInt, func(t time.Time) any { return int64(t.Hour()) }},
}

// ofDate splits "DAY_ONLY(CreatedDate)" into its two words.
func ofDate(path string) (fn, inner string, ok bool) {
	fn, inner, ok = strings.Cut(path, "(")
	return fn, strings.TrimSuffix(inner, ")"), ok
}

// ofDate makes the path of a part of the date that p leads to.
func (p path) ofDate(fn string) (path, error) {
	f := dateFunctions[fn]
	isMoment := p.field != nil && p.field.Type == org.TypeDateTime
	isDay := p.field != nil && p.field.Type == org.TypeDate && fn != "DAY_ONLY" && fn != "HOUR_IN_DAY"
	if f.part == nil || p.part != nil || !isMoment && !isDay {
		return path{}, malformed("function " + fn + " does not take " + p.name)
	}
	p.part = f.part
	p.field = &org.Field{Name: p.name, Type: f.result}
	p.name = fn + "(" + p.name + ")"
	return p, nil
}

func partOf(value any, part func(time.Time) any) any {
	switch x := value.(type) {
	case org.DateTime:
		return part(x.Time())
	case string:
		if day, err := time.Parse(time.DateOnly, x); err == nil {
			return part(day)
		}
	}
	return nil
}
