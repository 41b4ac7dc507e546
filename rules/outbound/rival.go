package outbound

import (
	"cmp"
	"reflect"
	"strings"
	"time"

	"tidegate/gateway"
)

// Newer reports whether a was told of later than b. Of two told of in the same
// moment the one with the smaller id counts, so that everybody decides alike.
func Newer(a, b gateway.Person) bool {
	return cmp.Or(a.UpdatedAt.Compare(b.UpdatedAt), strings.Compare(b.ExternalID, a.ExternalID)) > 0
}

// Told returns a person with the time at which the product told something new
// of him: hearing the same again is no news, else two people who are one record
// would take its fields from each other at every repetition. was is what was
// known of him, its zero value for nothing.
func Told(p, was gateway.Person, now time.Time) gateway.Person {
	p.UpdatedAt = was.UpdatedAt
	if was.ExternalID == "" || !reflect.DeepEqual(p, was) {
		p.UpdatedAt = now
	}
	return p
}

// Contest takes out of an edit what another person, who is the same record, was
// told of later: of two values for one field that of the latest news counts.
// rivals are the others; wishes gives what each of them has for the record's
// fields.
func Contest(edit gateway.Fields, p gateway.Person, rivals []gateway.Person, wishes func(gateway.Person) gateway.Fields) (kept gateway.Fields, lost []Skipped) {
	kept = edit.Clone()
	for _, other := range rivals {
		if other.ExternalID == p.ExternalID || !Newer(other, p) {
			continue
		}
		theirs := wishes(other)
		for _, name := range edit.Names() {
			if v := theirs[name]; !kept[name].Empty() && !v.Empty() && v != edit[name] {
				delete(kept, name)
				lost = append(lost, Skipped{name, "“" + other.ExternalID + "” here is the same record and was told of later; that value counts."})
			}
		}
	}
	return kept, lost
}

// Wishes are what is known of a person as fields of a record.
func Wishes(p gateway.Person, r gateway.Record, s gateway.Schema, mapped func(field string) gateway.Mapping) gateway.Fields {
	return withSources(PersonFields(p, r.Key.Object), p, s, mapped, r.Fields)
}
