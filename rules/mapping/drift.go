package mapping

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
)

// The causes for which a mapping is suspended.
const (
	CauseGone    = "gone"    // describe does not show the field: deleted, renamed, or hidden from the connected user
	CauseRetyped = "retyped" // the field has another type than when it was imported
)

// Review is what a describe means to one mapping.
type Review struct {
	Mapping gateway.Mapping
	// Changed is set when the mapping is to be saved.
	Changed bool
	// Suspended and Resumed are set when it just stopped or went on.
	Suspended, Resumed bool
}

// Reviewed weighs one mapping against the describe that was and the one that
// is. Only the mapping concerned stands still, and it goes on by itself once its
// field is back with the type that it had. was is the zero Schema where nothing
// was described before.
func Reviewed(m gateway.Mapping, was, is gateway.Schema, now time.Time) Review {
	r := Review{Mapping: m}
	if m.Field == "" {
		return r // a value that stays here
	}
	if m.FieldType == "" {
		old, _ := was.Field(m.Field)
		r.Mapping.FieldType = old.Type
	}
	f, shown := is.Field(m.Field)
	if r.Mapping.FieldType == "" && shown {
		r.Mapping.FieldType = f.Type
	}
	var next gateway.Suspension
	switch {
	case !shown:
		next = gateway.Suspension{Cause: CauseGone, Why: goneWords(m.Field, r.Mapping.FieldType, was, is)}
	case f.Type != r.Mapping.FieldType:
		next = gateway.Suspension{Cause: CauseRetyped, Why: fmt.Sprintf(
			"In Salesforce %s changed its type from %s to %s. Change it back, or import the field again to take the new type.",
			label(f), r.Mapping.FieldType, f.Type)}
	}
	if next.Cause != m.Suspended.Cause {
		next.At = now
		if next.Cause == "" {
			next.At = time.Time{}
		}
		r.Mapping.Suspended = next
		r.Suspended, r.Resumed = next.Cause != "", next.Cause == ""
	}
	r.Changed = r.Mapping != m
	return r
}

// goneWords says what may have happened. Describe does not tell a deleted field
// from a renamed or hidden one, but a field that came in the same moment with
// the same label or type may be the same under a new name.
func goneWords(field string, typ gateway.FieldType, was, is gateway.Schema) string {
	text := "Salesforce no longer shows " + field + " to the connected user: it was deleted, renamed or hidden. " +
		"Restore it or give the user access, and it goes on by itself."
	if heir := heirOf(field, typ, was, is); heir != "" {
		text += " If it was renamed to " + heir + ", import that field instead."
	}
	return text
}

func heirOf(field string, typ gateway.FieldType, was, is gateway.Schema) string {
	old, known := was.Field(field)
	if !known {
		return ""
	}
	var sameType []string
	for _, name := range Appeared(was, is) {
		f, _ := is.Field(name)
		switch {
		case f.Label == old.Label:
			return name
		case f.Type == typ && f.Custom:
			sameType = append(sameType, name)
		}
	}
	return strings.Join(sameType, " or ")
}

// Appeared returns the fields that a describe shows and the one before did
// not, none where nothing was described before.
func Appeared(was, is gateway.Schema) []string {
	if was.Object == "" {
		return nil
	}
	var names []string
	for _, f := range is.Fields {
		if _, known := was.Field(f.Name); !known {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Retyped returns the fields whose type differs between two describes.
func Retyped(was, is gateway.Schema) []string {
	var names []string
	for _, f := range is.Fields {
		if old, known := was.Field(f.Name); known && old.Type != f.Type {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Reimport takes a mapping's field as describe shows it now: its type, and so
// its permissions and direction (AVM-57). A field that is not shown stays
// suspended.
func Reimport(m gateway.Mapping, is gateway.Schema, by string, now time.Time) gateway.Mapping {
	if f, shown := is.Field(m.Field); shown {
		m.FieldType, m.Suspended = f.Type, gateway.Suspension{}
		m.By, m.At, m.Imported = by, now, true
	}
	return m
}

// Without returns a describe that does not show a field: a query that named it
// was refused although describe did.
func Without(s gateway.Schema, field string) gateway.Schema {
	s.Fields = slices.DeleteFunc(slices.Clone(s.Fields), func(f gateway.Field) bool { return f.Name == field })
	return s
}
