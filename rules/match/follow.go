// Package match decides which Salesforce record a person, account or deal is,
// and on what evidence; and which record that decision leads to after Salesforce
// has converted, merged, deleted or restored what was chosen.
package match

import (
	"time"

	"tidegate/gateway"
)

// Step is one record becoming another.
type Step struct {
	From, To gateway.RecordKey
	Act      gateway.LinkAct // LinkConverted or LinkMerged
}

// Trail is where a chosen record has led to.
type Trail struct {
	End   gateway.RecordKey
	Steps []Step
	// Broken says why the record at the end cannot be used, "" when it can.
	Broken string
	// Unknown is set when the mirror does not hold the end yet: it is taken to
	// be there, and is to be read.
	Unknown bool
	// Circle is set when the mirror's rows lead back: an undelete was missed,
	// and the records are to be read.
	Circle bool
	// Beside are the account and the opportunity that a conversion made or joined.
	Beside map[gateway.LinkRole]gateway.RecordKey
}

// longest bounds a trail. Salesforce allows any number of merges in a row, but
// nobody has that many duplicates of one person.
const longest = 64

// Follow walks from a chosen record to what it is now. record gives the
// mirror's row, false where there is none. The result depends on the rows
// alone, so the order in which changes came makes no difference.
func Follow(chosen gateway.RecordKey, record func(gateway.RecordKey) (gateway.Record, bool)) Trail {
	t := Trail{End: chosen}
	seen := map[gateway.RecordKey]bool{chosen: true}
	for {
		r, here := record(t.End)
		if !here {
			t.Unknown = true
			return t
		}
		next, act := successor(r)
		if next.ID == "" {
			t.Broken = unusable(r)
			return t
		}
		t.noteBeside(r)
		if seen[next] || len(t.Steps) == longest {
			t.Broken, t.Circle = "Salesforce's records lead in a circle; they are read again.", true
			return t
		}
		seen[next] = true
		t.Steps = append(t.Steps, Step{From: t.End, To: next, Act: act})
		t.End = next
	}
}

// successor returns what Salesforce made of a record, a zero key when it is
// still itself. A merge is undone by an undelete, so only a deleted record has
// a master; a conversion is for good.
func successor(r gateway.Record) (gateway.RecordKey, gateway.LinkAct) {
	if Converted(r) {
		for _, to := range [...]struct{ object, field string }{
			{"Contact", "ConvertedContactId"}, {"Account", "ConvertedAccountId"}, // a person account may have no contact to show
		} {
			if id, ok := gateway.NormalizeID(r.Fields[to.field].String()); ok {
				return gateway.RecordKey{Object: to.object, ID: id}, gateway.LinkConverted
			}
		}
		return gateway.RecordKey{}, ""
	}
	if id, ok := gateway.NormalizeID(r.Fields["MasterRecordId"].String()); ok && r.Deleted {
		return gateway.RecordKey{Object: r.Key.Object, ID: id}, gateway.LinkMerged
	}
	return gateway.RecordKey{}, ""
}

// Converted reports whether a record is a lead that Salesforce has converted,
// which takes no changes any more.
func Converted(r gateway.Record) bool {
	return r.Key.Object == "Lead" && r.Fields["IsConverted"] == gateway.Bool(true)
}

// Mergeable reports whether records of an object can be merged, so that a
// deleted one may have a master.
func Mergeable(s gateway.Schema) bool {
	_, ok := s.Field("MasterRecordId")
	return ok
}

func unusable(r gateway.Record) string {
	switch {
	case Converted(r):
		return "The lead was converted, but the connected Salesforce user may not see to what. Give the user access to the lead's converted fields."
	case r.Deleted:
		return "The record was deleted in Salesforce. The link holds again when it is restored there."
	default:
		return ""
	}
}

func (t *Trail) noteBeside(r gateway.Record) {
	if !Converted(r) {
		return
	}
	for _, to := range [...]struct {
		role          gateway.LinkRole
		object, field string
	}{
		{gateway.RoleAccount, "Account", "ConvertedAccountId"},
		{gateway.RoleOpportunity, "Opportunity", "ConvertedOpportunityId"},
	} {
		id, ok := gateway.NormalizeID(r.Fields[to.field].String())
		if !ok {
			continue
		}
		if t.Beside == nil {
			t.Beside = map[gateway.LinkRole]gateway.RecordKey{}
		}
		t.Beside[to.role] = gateway.RecordKey{Object: to.object, ID: id}
	}
}

// Change is what a trail makes of a link.
type Change struct {
	Link  gateway.Link
	Moves []gateway.LinkMove // nothing is to be saved when empty
	// Attach are links that the thing gets unless it has one in that role.
	Attach []gateway.Link
}

// Update brings a link to the end of its trail. A pinned link follows like any
// other: the person chose the record, and Salesforce says what became of it.
// One that was cut stays cut.
func Update(l gateway.Link, t Trail, now time.Time) Change {
	c := Change{Link: l}
	if l.State() == gateway.LinkUnlinked {
		return c
	}
	c.Link.Key, c.Link.Broken = t.End, t.Broken
	switch {
	case t.End == l.Chosen:
		c.Link.Moved, c.Link.MovedAt = "", time.Time{}
	case t.End != l.Key || l.Moved == "":
		c.Link.Moved, c.Link.MovedAt = words[t.Steps[len(t.Steps)-1].Act], now
	}
	c.Moves = moves(l, c.Link, t, now)
	if l.Role == gateway.RoleSelf {
		c.Attach = attach(l, t, now)
	}
	return c
}

// words are the sentence of each act, about the record that the link now leads
// to.
var words = map[gateway.LinkAct]string{
	gateway.LinkConverted: "Salesforce converted the lead to this record.",
	gateway.LinkMerged:    "Salesforce merged the record into this one.",
	gateway.LinkRestored:  "The record is back in Salesforce.",
}

// moves tells the way from where the link led to where it leads.
func moves(was, is gateway.Link, t Trail, now time.Time) []gateway.LinkMove {
	var out []gateway.LinkMove
	add := func(act gateway.LinkAct, from, to gateway.RecordKey, reason string) {
		out = append(out, gateway.LinkMove{
			Kind: was.Kind, ExternalID: was.ExternalID, Role: was.Role, Act: act, From: from, To: to, Reason: reason, At: now,
		})
	}
	if was.Key != is.Key {
		rest := after(t.Steps, was.Key)
		if rest == nil { // the old place is no longer on the trail: something on it was restored
			add(gateway.LinkRestored, was.Key, is.Key, words[gateway.LinkRestored])
		}
		for _, s := range rest {
			add(s.Act, s.From, s.To, words[s.Act])
		}
	}
	switch {
	case is.Broken != "" && (was.Broken == "" || was.Key != is.Key):
		add(gateway.LinkBroke, is.Key, is.Key, is.Broken)
	case is.Broken == "" && was.Broken != "" && was.Key == is.Key:
		add(gateway.LinkRestored, is.Key, is.Key, words[gateway.LinkRestored])
	}
	return out
}

// after returns the steps from a record on, nil when none begins there.
func after(steps []Step, from gateway.RecordKey) []Step {
	for i, s := range steps {
		if s.From == from {
			return steps[i:]
		}
	}
	return nil
}

func attach(l gateway.Link, t Trail, now time.Time) []gateway.Link {
	var out []gateway.Link
	for _, role := range [...]gateway.LinkRole{gateway.RoleAccount, gateway.RoleOpportunity} {
		key, ok := t.Beside[role]
		if !ok || key == t.End {
			continue
		}
		out = append(out, gateway.Link{
			Kind: l.Kind, ExternalID: l.ExternalID, Role: role, Key: key, Chosen: key, Rule: gateway.LinkByConversion,
			Reason: "the " + string(role) + " of the converted lead", At: now,
		})
	}
	return out
}
