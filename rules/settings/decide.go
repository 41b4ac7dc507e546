package settings

import (
	"strings"

	"tidegate/gateway"
	"tidegate/rules/mapping"
)

// ToDecide is a kind of data for which somebody must decide who wins before a
// change may be saved, with the fields that would travel both ways by it.
type ToDecide struct {
	Type   gateway.DataType
	Fields []string // "Contact.Phone"
}

// MustDecide lists what a change lets travel both ways while nobody has chosen
// who wins, neither for the field nor for its kind of data (DEM-17): such a
// change is refused. What was undecided before stays as it is, so that no other
// change is hindered by it. before and after are all mappings; field gives a
// field's describe, ok false where the object was never described.
func MustDecide(from, to gateway.Settings, before, after []gateway.Mapping, field func(object, name string) (f gateway.Field, ok bool)) []ToDecide {
	was := undecided(from, before, field)
	is := undecided(to, after, field)
	var out []ToDecide
	for _, t := range gateway.DataTypes {
		one := ToDecide{Type: t}
		for _, m := range after {
			key := m.Object + "." + m.Field
			if of, open := is[key]; open && of == t && was[key] == "" {
				one.Fields = append(one.Fields, key)
			}
		}
		if one.Fields != nil {
			out = append(out, one)
		}
	}
	return out
}

// undecided are the fields that travel both ways without a winner, with their
// kinds of data.
func undecided(s gateway.Settings, mappings []gateway.Mapping, field func(object, name string) (gateway.Field, bool)) map[string]gateway.DataType {
	out := map[string]gateway.DataType{}
	for _, m := range mappings {
		f, described := field(m.Object, m.Field)
		if !described { // it may be that Salesforce lets us write it
			f = gateway.Field{Name: m.Field, Updateable: true}
		}
		direction, _ := mapping.Direction(f, m)
		winner, _ := mapping.Winner(f, m, s.Advanced.Conflicts)
		if s.Objects.Writeback[m.Object] && m.Editable && m.WriteMode != mapping.Never && direction == mapping.Bidirectional && winner == gateway.WinnerNone {
			out[m.Object+"."+m.Field] = mapping.DataType(f, m)
		}
	}
	return out
}

// fieldsNamed bounds how many fields a sentence names.
const fieldsNamed = 5

// Words say what would travel both ways undecided: "names, addresses and
// numbers (Contact.Phone, Lead.Phone)".
func (d ToDecide) Words() string {
	words := DataTypeWords[d.Type]
	fields := strings.Join(d.Fields[:min(len(d.Fields), fieldsNamed)], ", ")
	if len(d.Fields) > fieldsNamed {
		fields += " and more"
	}
	return strings.ToLower(words[:1]) + words[1:] + " (" + fields + ")"
}

// RefuseUndecided is what is said of a change that nobody may save before it is
// decided who wins; nil when open is empty.
func RefuseUndecided(open []ToDecide) error {
	if len(open) == 0 {
		return nil
	}
	var of []string
	for _, d := range open {
		of = append(of, d.Words())
	}
	return gateway.Errorf(gateway.CodeInvalid, "Nothing was saved: fields would travel both ways, and nobody has decided who wins when both sides changed, for %s. "+
		"An admin decides it, once per kind of data. Without a decision the later change would replace the earlier one, and nobody would see it.", strings.Join(of, "; "))
}
