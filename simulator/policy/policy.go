// Package policy is what the administrators of the simulated org have set up
// that reacts to a record being saved: duplicate rules and assignment rules.
// Both are off until they are armed like a fault.
package policy

import (
	"strings"

	"tidegate/simulator/fault"
	"tidegate/simulator/org"
)

// Duplicate is a record that a duplicate rule takes for one that exists.
type Duplicate struct {
	Rule     string
	Object   string
	Message  string
	Allow    bool   // an alert that the caller may pass, not a block
	Spelling string // of the key in the answer: duplicateResult or duplicateResut
	Matches  []org.Record
}

// The spellings of the key, both seen in answers of real orgs.
const (
	Misspelled = "duplicateResut"
	Spelled    = "duplicateResult"
)

// Error is the refusal without its details, as collections and the bulk API
// give it.
func (d *Duplicate) Error() *org.Error { return org.Refuse("DUPLICATES_DETECTED", d.Message) }

// FindDuplicate asks the armed duplicate rule about a record just written; nil
// when it is alone or when the caller passes an alert by allowSave.
func FindDuplicate(tx *org.Tx, object, id string, allowSave bool) *Duplicate {
	rule, armed := tx.Org().Faults().Active(fault.DuplicateRule, fault.Subject{Object: object})
	saved, found := tx.Get(object, id)
	if !armed || !found {
		return nil
	}
	name := rule.Field
	if name == "" {
		name = "Email"
	}
	d := &Duplicate{
		Rule: "Standard_" + object + "_Duplicate_Rule", Object: object, Message: rule.Message,
		Allow: rule.Mode != "block", Spelling: rule.Spelling,
	}
	if d.Message == "" {
		d.Message = "Use one of these records?"
	}
	if d.Spelling == "" {
		d.Spelling = Misspelled
	}
	value, _ := saved.Value(name).(string)
	if value == "" || d.Allow && allowSave {
		return nil
	}
	tx.Scan(object, func(r org.Record) bool {
		other, _ := r.Value(name).(string)
		if r.ID() != id && r.Value("IsDeleted") != true && strings.EqualFold(other, value) {
			d.Matches = append(d.Matches, r)
		}
		return true
	})
	if len(d.Matches) == 0 {
		return nil
	}
	return d
}

// Assign gives a record just written to the owner that the armed assignment
// rule names: the first of the sales team.
func Assign(tx *org.Tx, object, id string) *org.Error {
	rule, armed := tx.Org().Faults().Active(fault.AssignmentRule, fault.Subject{Object: object})
	if !armed || rule.Object == "" && object != "Lead" || tx.Len("User") < 2 {
		return nil
	}
	owner := tx.Nth("User", 1).ID()
	saved, _ := tx.Get(object, id)
	if saved.Value("OwnerId") == owner {
		return nil
	}
	return tx.Update(object, id, map[string]any{"OwnerId": owner})
}
