package outbound

import (
	"fmt"
	"time"

	"tidegate/gateway"
)

// Reconsider says what becomes of a waiting entry when settings have changed.
// One that the settings no longer allow is parked, with the reason: nothing is
// written that no setting stands behind, and nothing is lost. One that was
// parked for that alone goes out again. changed is false where the entry stays
// as it is; also one that is just being sent, which settles first.
//
// writable is the truth table of the entry's object; refuseCreate says why
// nothing is created there, "" when it is; label gives the words for a field, nil =
// its API name. Entries of other causes than edits
// and persons have settings of their own.
func Reconsider(c gateway.Change, writable func(field string) (bool, string), refuseCreate string, label func(field string) string, now time.Time) (next gateway.Change, changed bool) {
	if c.State == gateway.StateSending || c.Cause.Kind != "edit" && c.Cause.Kind != "person" {
		return c, false
	}
	why, fields := refusal(c, writable, refuseCreate, label)
	held := c.State == gateway.StateParked && c.Problem.Code == string(gateway.CodeForbidden) && c.Problem.Said == ""
	switch {
	case why != "" && c.State == gateway.StateWaiting:
		c.State = gateway.StateParked
		c.Problem = gateway.Problem{
			Code: string(gateway.CodeForbidden), What: why, Fields: fields,
			Who: "An admin allows it in the settings, and it goes out by itself; or ignore this change.",
		}
	case why == "" && held:
		c.State, c.DueAt, c.Problem = gateway.StateWaiting, now, gateway.Problem{}
		c.Attempt = min(c.Attempt, 1)
	default:
		return c, false
	}
	return c, true
}

// Hold parks what an edit leads to where the settings do not allow all of it:
// the entry into which it folds may hold fields that are no longer written, and
// an edit of others must not carry them out.
func Hold(p Plan, writable func(field string) (bool, string), refuseCreate string, label func(field string) string) Plan {
	if p.Change == nil || p.Drop {
		return p
	}
	next, changed := Reconsider(*p.Change, writable, refuseCreate, label, p.Change.DueAt)
	if !changed || next.State != gateway.StateParked {
		return p
	}
	p.Change = &next
	if p.Log != nil {
		p.Log.State, p.Log.NextTry, p.Log.Problem = gateway.LogNeedsYou, time.Time{}, next.Problem
	}
	return p
}

// refusal says why an entry may not be written, and for which fields.
func refusal(c gateway.Change, writable func(field string) (bool, string), refuseCreate string, label func(field string) string) (why string, fields []string) {
	switch c.Op {
	case gateway.OpCreate:
		return refuseCreate, nil
	case gateway.OpUpdate:
		for _, name := range c.Fields.Names() {
			if ok, reason := writable(name); !ok {
				if why == "" {
					words := name
					if label != nil {
						words = label(name)
					}
					why = fmt.Sprintf("%s is no longer written to Salesforce: %s", words, reason)
				}
				fields = append(fields, name)
			}
		}
	}
	return why, fields
}
