package outbound

import (
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
)

// RedirectInput is everything that Redirect looks at.
type RedirectInput struct {
	Change gateway.Change // owed to a record that Salesforce made another of
	To     gateway.RecordKey
	Act    gateway.LinkAct // LinkConverted or LinkMerged
	// Standing is what the new record is owed already, nil when nothing.
	Standing *gateway.Change
	// Writable says whether a field of the new record may be written.
	Writable func(field string) (bool, string)
	Now      time.Time
}

// Redirected is what becomes of a change whose record is another one now.
type Redirected struct {
	// Change is what the new record is owed, Standing with the rest laid over
	// it; nil when nothing of the change goes there.
	Change *gateway.Change
	// Left stays with the old record, parked for a person; nil when nothing does.
	Left *gateway.Change
	// Why is the sentence for the log.
	Why string
}

// leadFields are the fields that a conversion fills under another name. All
// others are looked for under their own.
var leadFields = map[string]string{
	"Street": "MailingStreet", "City": "MailingCity", "State": "MailingState", "StateCode": "MailingStateCode",
	"PostalCode": "MailingPostalCode", "Country": "MailingCountry", "CountryCode": "MailingCountryCode",
}

// Redirect moves what a converted lead or a merged record was owed to the
// record that it became, field by field: what the new record has no writable
// field for is parked where it was, with advice. Nothing is ever left to be
// sent to the old record. A delete is not redirected: nobody asked for the new
// record to go.
func Redirect(in RedirectInput) Redirected {
	why := becameWords(in)
	if in.Change.Op != gateway.OpUpdate {
		left := park(in.Change, nil, in)
		return Redirected{Left: &left, Why: why}
	}
	moved, refused := in.split()
	out := Redirected{Why: why}
	if len(refused) > 0 {
		left := park(in.Change, refused, in)
		out.Left = &left
	}
	if len(moved.Fields) > 0 {
		change := in.merge(moved)
		out.Change = &change
	}
	return out
}

func becameWords(in RedirectInput) string {
	if in.Act == gateway.LinkConverted {
		return "Moved from the lead, which Salesforce converted to this record"
	}
	return "Moved from a record that Salesforce merged into this one"
}

// split returns the part of the change that goes to the new record, under its
// field names, and the fields that do not, with the reason.
func (in RedirectInput) split() (gateway.Change, []Skipped) {
	moved := in.Change
	moved.Key, moved.Fields, moved.Base, moved.Fills = in.To, gateway.Fields{}, gateway.Fields{}, nil
	var refused []Skipped
	for _, name := range in.Change.Fields.Names() {
		to := name
		if alias, ok := leadFields[name]; ok && in.Act == gateway.LinkConverted && in.To.Object == "Contact" {
			to = alias
		}
		if ok, why := in.Writable(to); !ok {
			refused = append(refused, Skipped{name, why})
			continue
		}
		moved.Fields[to], moved.Base[to] = in.Change.Fields[name], in.Change.Base[name]
		if slices.Contains(in.Change.Fills, name) {
			moved.Fills = append(moved.Fills, to)
		}
	}
	return moved, refused
}

// merge lays the moved part over what the new record is owed already. Where
// both have a field the later edit counts.
func (in RedirectInput) merge(moved gateway.Change) gateway.Change {
	moved.Cause.Rule = strings.TrimPrefix(moved.Cause.Rule+". "+becameWords(in), ". ")
	if in.Standing == nil {
		moved.State, moved.Attempt, moved.DueAt, moved.Problem = gateway.StateWaiting, 0, in.Now, gateway.Problem{}
		moved.Lease, moved.Holder, moved.FirstSentAt, moved.LogID = "", "", time.Time{}, 0
		return moved
	}
	c := *in.Standing
	c.Fields, c.Base = c.Fields.Clone(), c.Base.Clone()
	for name, v := range moved.Fields {
		_, both := c.Fields[name]
		if both && !moved.EnqueuedAt.After(c.EnqueuedAt) {
			continue
		}
		if !both {
			c.Base[name] = moved.Base[name]
		}
		guard(&c, name, slices.Contains(moved.Fills, name), both)
		c.Fields[name] = v
	}
	c.Edit++
	if c.State == gateway.StateParked && c.Problem.Code != string(gateway.CodeConflict) {
		c.State, c.Problem, c.DueAt = gateway.StateWaiting, gateway.Problem{}, in.Now // as a later edit wakes it
	}
	return c
}

// park keeps the part of a change that has no place on the new record. Nil
// refused keeps all of it.
func park(c gateway.Change, refused []Skipped, in RedirectInput) gateway.Change {
	names := make([]string, 0, len(refused))
	for _, r := range refused {
		names = append(names, r.Field)
	}
	if refused != nil {
		fields, base := gateway.Fields{}, gateway.Fields{}
		for _, name := range names {
			fields[name], base[name] = c.Fields[name], c.Base[name]
		}
		c.Fields, c.Base = fields, base
	}
	c.State, c.Problem = gateway.StateParked, leftBehind(in, refused, names)
	return c
}

func leftBehind(in RedirectInput, refused []Skipped, names []string) gateway.Problem {
	p := gateway.Problem{
		Code: string(gateway.CodeSFGone), What: "The record was merged into another one while our change was waiting.",
		Who: "Make the change on " + in.To.Object + " " + in.To.ID + ", which it became, then ignore this one.", Fields: names,
	}
	if in.Act == gateway.LinkConverted {
		p.Code, p.What = string(gateway.CodeSFConverted), "The lead was converted while our change was waiting, and takes no changes any more."
	}
	if refused != nil {
		p.What += " What it became does not take " + Omissions(refused, nil)[len(". Not written: "):] + "."
	}
	return p
}

// Barred returns why nothing may be sent to a record, nil when it may be: a
// converted lead refuses every change, and there is no need to ask it.
func Barred(r gateway.Record) *gateway.Error {
	if r.Key.Object != "Lead" || r.Fields["IsConverted"] != gateway.Bool(true) {
		return nil
	}
	return gateway.Errorf(gateway.CodeSFConverted, "The lead was converted, and Salesforce no longer allows changes to it. Make the change on the contact that it became.")
}
