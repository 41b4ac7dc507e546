package outbound

import (
	"math"
	"time"

	"tidegate/gateway"
)

// answer is one row of the table code → what the outbox does. A zero base
// parks at once; tries bounds the attempts, 0 = no bound.
type answer struct {
	base, limit time.Duration
	tries       int
	what, who   string
}

// Nobody has to act while we try again.
const nobody = "Nobody has to act: it is tried again."

var answers = map[gateway.Code]answer{
	gateway.CodeSFDown:        {time.Second, 5 * time.Minute, 0, "Salesforce did not answer.", nobody},
	gateway.CodeSFBusy:        {500 * time.Millisecond, time.Minute, 0, "Salesforce was busy with this record.", nobody},
	gateway.CodeSFLimit:       {time.Minute, 15 * time.Minute, 0, "The org has used up its API calls for now.", "It goes on by itself when calls are free again. An admin can raise the limit."},
	gateway.CodeSFAuth:        {30 * time.Second, 5 * time.Minute, 0, "Salesforce no longer accepts the connection.", "An admin reconnects Salesforce."},
	gateway.CodeSFPolicy:      {time.Minute, 15 * time.Minute, 0, "A policy of the org refuses the connection.", "A Salesforce admin allows the connected app."},
	gateway.CodeSFStale:       {time.Second, time.Minute, 0, "The record changed in Salesforce at the same moment.", "Nobody has to act: it is read again and compared."},
	gateway.CodeInternal:      {time.Second, 5 * time.Minute, 6, "Something went wrong here.", "Look at the program's log, then retry."},
	gateway.CodeUnavailable:   {time.Second, time.Minute, 0, "Our database was away.", nobody},
	gateway.CodeReference:     {500 * time.Millisecond, 500 * time.Millisecond, 0, "It waits for a record that it names.", nobody},
	gateway.CodeSFValidation:  {what: "A rule of the org refuses these values.", who: "Change the value as the rule asks, or an admin changes the rule."},
	gateway.CodeSFField:       {what: "Salesforce does not take this field from us.", who: "An admin gives the connected user access to the field, or sets its direction to Inbound."},
	gateway.CodeSFPermission:  {what: "The connected user may not change this record.", who: "A Salesforce admin gives the connected user access to it."},
	gateway.CodeSFGone:        {what: "The record was deleted in Salesforce.", who: "Restore it in Salesforce and retry, or ignore this change."},
	gateway.CodeSFDuplicate:   {what: "Salesforce already has a record like this.", who: "Link the existing record instead of creating another."},
	gateway.CodeSFConverted:   {what: "The lead was converted and takes no changes.", who: "Edit the contact that it became."},
	gateway.CodeSFOwner:       {what: "The owner of the record is inactive.", who: "A Salesforce admin gives the record another owner, then retry."},
	gateway.CodeSFUnavailable: {what: "This object or feature is switched off in the org.", who: "A Salesforce admin switches it on, then retry."},
	gateway.CodeSFOther:       {what: "Salesforce refused the change.", who: "Read what Salesforce said, correct it, then retry."},
	gateway.CodeSFRequest:     {what: "Salesforce could not read our request.", who: "This is our fault. Report it with this line."},
	gateway.CodeInvalid:       {what: "The values are not possible.", who: "Correct the values."},
	gateway.CodeForbidden:     {what: "This write is not allowed.", who: "An admin allows it in the settings, then retry."},
	gateway.CodeNotFound:      {what: "The record was not found in Salesforce.", who: "Look for the record in Salesforce, then retry or ignore this change."},
	gateway.CodeConflict:      {what: "The record changed meanwhile.", who: "Look at the record and edit it again."},
}

// Settle decides what becomes of a change after an attempt: done, again at a
// time, or parked for a person. c.Attempt counts the attempts made, this one
// included; jitter is in [0, 1). An unknown outcome is always tried again:
// updates carry the same values, creates are looked for first.
func Settle(c gateway.Change, d gateway.Delivery, now time.Time, jitter float64) gateway.Settlement {
	if d.Done {
		return gateway.Settlement{}
	}
	err := d.Err
	if err == nil {
		err = gateway.Errorf(gateway.CodeSFDown, "%s", answers[gateway.CodeSFDown].what)
	}
	if c.Op == gateway.OpDelete && (err.Code == gateway.CodeSFGone || err.Code == gateway.CodeNotFound) {
		return gateway.Settlement{} // what was asked for holds
	}
	a, known := answers[err.Code]
	if !known {
		a = answers[gateway.CodeSFOther]
	}
	if d.Unknown && a.base == 0 {
		a = answers[gateway.CodeSFDown]
	}
	again := a.base > 0 && (a.tries == 0 || c.Attempt < a.tries)
	s := gateway.Settlement{State: gateway.StateParked, Problem: problem(err, a, again)}
	if again {
		s.State, s.Unsent = gateway.StateWaiting, err.Code == gateway.CodeReference
		s.DueAt = now.Add(max(Backoff(a.base, a.limit, c.Attempt, jitter), err.RetryAfter))
	}
	return s
}

func problem(err *gateway.Error, a answer, again bool) gateway.Problem {
	p := gateway.Problem{Code: string(err.Code), What: err.Message, Who: a.who, Said: err.Said, Fields: err.Fields, Retries: again}
	if p.What == "" {
		p.What = a.what
	}
	if err.Code == gateway.CodeSFDuplicate && err.RecordID != "" {
		p.Who = "Link the existing record " + err.RecordID + " instead of creating another."
		p.Record = err.RecordID
	}
	return p
}

// Backoff returns how long to wait after the given attempt (1 = the first):
// base doubled each time up to limit, of which the jitter in [0, 1) takes away
// up to half, so that many records do not return at once.
func Backoff(base, limit time.Duration, attempt int, jitter float64) time.Duration {
	exponent := float64(max(attempt, 1) - 1)
	full := math.Min(float64(base)*math.Pow(2, exponent), float64(limit))
	return time.Duration(full * (1 - jitter/2))
}

// Holds reports whether an error concerns the whole connection, so that no
// other change need be tried before it passes.
func Holds(code gateway.Code) bool {
	switch code {
	case gateway.CodeSFDown, gateway.CodeSFLimit, gateway.CodeSFAuth, gateway.CodeSFPolicy:
		return true
	}
	return false
}

// DropRefused returns the change without the fields that Salesforce does not
// take from us, and their names. ok is false where that leaves nothing to
// write, or where the answer named no field of the change (F-57).
func DropRefused(c gateway.Change, err *gateway.Error) (kept gateway.Change, dropped []string, ok bool) {
	if err == nil || err.Code != gateway.CodeSFField {
		return c, nil, false
	}
	kept = c
	kept.Fields, kept.Base = c.Fields.Clone(), c.Base.Clone()
	for _, name := range err.Fields {
		if _, owed := kept.Fields[name]; owed {
			delete(kept.Fields, name)
			delete(kept.Base, name)
			dropped = append(dropped, name)
		}
	}
	if len(dropped) == 0 || len(kept.Fields) == 0 {
		return c, dropped, false
	}
	return kept, dropped, true
}
