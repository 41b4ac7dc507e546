package outbound

import (
	"strings"

	"tidegate/gateway"
)

// RetryInput is everything that MayRetry looks at.
type RetryInput struct {
	Problem gateway.Problem
	Fields  gateway.Fields // what the entry would write
	Record  gateway.Record // the mirror's, its zero value where there is none
	// Writable is the truth table, nil = all.
	Writable func(field string) (bool, string)
}

// MayRetry reports whether trying again can succeed by what is known here, and
// if not, what must change first. Where the change is one in Salesforce that
// cannot be seen from here, the person knows better and may try.
func MayRetry(in RetryInput) (ok bool, first string) {
	switch gateway.Code(in.Problem.Code) {
	case gateway.CodeConflict:
		if in.Problem.Said == "" && len(in.Problem.Fields) > 0 {
			return false, "Choose under Conflicts which value stays; it goes on by itself then."
		}
	case gateway.CodeSFConverted:
		return false, "A converted lead takes no changes. Make the change on the contact that it became, then ignore this one."
	case gateway.CodeSFDuplicate:
		return false, "Salesforce has such a record already. Link that one instead; this write ends with it."
	case gateway.CodeInvalid:
		return false, "Correct the value on the record's page; the new edit is tried at once."
	case gateway.CodeSFRequest:
		return false, "The same request would be refused again. Report it with this line."
	case gateway.CodeSFGone:
		if in.Record.Deleted {
			return false, "Restore the record from Salesforce's recycle bin; it goes on by itself then."
		}
	}
	if Barred(in.Record) != nil {
		return false, "The lead was converted meanwhile. Make the change on the contact that it became, then ignore this one."
	}
	if in.Writable == nil {
		return true, ""
	}
	for _, name := range in.Fields.Names() {
		if ok, why := in.Writable(name); !ok {
			return false, name + " cannot be written now: " + strings.TrimSpace(why)
		}
	}
	return true, ""
}
