package conflict

import (
	"slices"
	"strings"

	"tidegate/gateway"
)

// Code marks an entry that is parked because a person must choose between two
// values; Problem.Fields names the fields.
const Code = string(gateway.CodeConflict)

// CodeOvertaken marks an entry that is being sent while values arrived that win
// over those of Problem.Fields. It decides what becomes of them if Salesforce
// does not take the entry.
const CodeOvertaken = "overtaken"

// Question is the problem of an entry of which a person must choose the values
// of these fields.
func Question(fields []string) gateway.Problem {
	return gateway.Problem{
		Code: Code, Fields: fields,
		What: "Salesforce changed " + strings.Join(fields, ", ") + " while our change was waiting.",
		Who:  "Choose which value stays; both are kept on the conflict.",
	}
}

// Asks returns the fields of an entry that wait for a person's choice, nil when
// none does.
func Asks(c gateway.Change) []string {
	if c.State != gateway.StateParked || c.Problem.Code != Code || c.Problem.Said != "" {
		return nil
	}
	var asked []string
	for _, name := range c.Problem.Fields {
		if _, owed := c.Fields[name]; owed {
			asked = append(asked, name)
		}
	}
	return asked
}

// Answer is a person's choice for one field, with the values between which it
// was made.
type Answer struct {
	Field  string
	Choice gateway.Choice
	Other  gateway.Value // for ChoiceOther

	SawTheirs, SawOurs gateway.Value
}

// Settled is what becomes of the entry.
type Settled struct {
	Change gateway.Change
	Owed   bool          // false: nothing of the entry is left to write
	Value  gateway.Value // the value that the field will have
	Asks   []string      // what still waits for a choice
}

// Resolve applies an answer to the entry that waits for it. record is the
// mirror's. The error is CodeConflict where the question is another one by now:
// answered already, asked about other values, or the record is gone. Nothing is
// to be saved then.
func Resolve(entry *gateway.Change, record gateway.Record, a Answer) (Settled, error) {
	switch {
	case record.Deleted:
		return Settled{}, gateway.Errorf(gateway.CodeConflict,
			"The record was deleted in Salesforce meanwhile. Restore it there and choose again, or give our change up in the sync log.")
	case entry == nil || !slices.Contains(Asks(*entry), a.Field):
		return Settled{}, gateway.Errorf(gateway.CodeConflict,
			"This conflict is decided already, or our change was edited since. Nothing was changed now.")
	case known(record.Fields[a.Field]) != known(a.SawTheirs):
		return Settled{}, gateway.Errorf(gateway.CodeConflict,
			"Salesforce changed the value again while you were choosing. Look at the new one and choose again.")
	case known(entry.Fields[a.Field]) != known(a.SawOurs):
		return Settled{}, gateway.Errorf(gateway.CodeConflict,
			"Our value changed while you were choosing. Look at the new one and choose again.")
	}
	return settle(*entry, record, a)
}

func settle(c gateway.Change, record gateway.Record, a Answer) (Settled, error) {
	c.Fields, c.Base = c.Fields.Clone(), c.Base.Clone()
	theirs := known(record.Fields[a.Field])
	value := theirs
	switch a.Choice {
	case gateway.ChoiceTheirs:
	case gateway.ChoiceOurs:
		value = known(c.Fields[a.Field])
	case gateway.ChoiceOther:
		value = known(a.Other)
	default:
		return Settled{}, gateway.InvalidField("choice", "Choose one of the values.")
	}
	if value == theirs {
		delete(c.Fields, a.Field)
		delete(c.Base, a.Field)
	} else {
		// What is written now replaces the value that the person has seen.
		c.Fields[a.Field], c.Base[a.Field] = value, theirs
	}
	c.Edit++
	left := slices.DeleteFunc(Asks(c), func(name string) bool { return name == a.Field })
	c.Problem.Fields = left
	if len(left) == 0 {
		c.State, c.Problem, c.Attempt = gateway.StateWaiting, gateway.Problem{}, 0
	}
	return Settled{Change: c, Owed: len(c.Fields) > 0, Value: value, Asks: left}, nil
}

// known makes a field never heard of and an empty one the same: a person sees
// no difference.
func known(v gateway.Value) gateway.Value {
	if v.Empty() {
		return gateway.Null
	}
	return v
}

// Rule is the winner under which a rule would have decided as the person did.
func Rule(c gateway.Choice) gateway.Winner {
	if c == gateway.ChoiceTheirs {
		return gateway.WinnerSalesforce
	}
	return gateway.WinnerProduct
}
