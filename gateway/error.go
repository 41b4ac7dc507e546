package gateway

import (
	"errors"
	"fmt"
	"time"
)

// Code classifies an error. Three tables hang on it: Salesforce's answer →
// code (salesforce), code → what the outbox does (rules/outbound), code →
// HTTP status (handlers).
type Code string

// The codes.
const (
	CodeInternal     Code = "internal"     // ours; the cause is in the log
	CodeInvalid      Code = "invalid"      // the input is wrong; Fields name where
	CodeNotFound     Code = "not_found"    // no such thing, or hidden from this person
	CodeForbidden    Code = "forbidden"    // known person, not allowed
	CodeTooMany      Code = "too_many"     // more than a person asks for; wait
	CodeUnauthorized Code = "unauthorized" // not signed in, or the key is not known
	CodeConflict     Code = "conflict"     // somebody else changed it meanwhile
	CodeFenced       Code = "fenced"       // we are no longer the lease holder
	CodeUnavailable  Code = "unavailable"  // our database is away
	CodeReference    Code = "reference"    // what it refers to has no Salesforce id yet

	CodeKeyReused  Code = "idempotency_key_reused"  // an Idempotency-Key came with another request before
	CodeKeyRunning Code = "idempotency_key_running" // the call with this Idempotency-Key has not ended yet

	CodeSFDown        Code = "salesforce_down"         // 5xx, HTML, network: try again
	CodeSFBusy        Code = "salesforce_busy"         // concurrent limit, row lock: try again soon
	CodeSFLimit       Code = "salesforce_limit"        // daily limit used up: pause
	CodeSFAuth        Code = "salesforce_auth"         // the grant is dead: reconnect
	CodeSFPolicy      Code = "salesforce_policy"       // refused by the org's policy; refreshing does not help
	CodeSFValidation  Code = "salesforce_validation"   // a rule of the org refuses the values
	CodeSFField       Code = "salesforce_field"        // field unknown or not writable: read describe again
	CodeSFPermission  Code = "salesforce_permission"   // no access to the record
	CodeSFGone        Code = "salesforce_gone"         // the record is deleted
	CodeSFDuplicate   Code = "salesforce_duplicate"    // a duplicate rule or unique field says that it exists
	CodeSFConverted   Code = "salesforce_converted"    // the lead is converted
	CodeSFOwner       Code = "salesforce_owner"        // owner inactive
	CodeSFUnavailable Code = "salesforce_feature"      // object or feature is off in this org
	CodeSFOther       Code = "salesforce_other"        // a code we do not know; shown verbatim
	CodeSFRequest     Code = "salesforce_request"      // our request was malformed: our fault
	CodeSFStale       Code = "salesforce_precondition" // If-Unmodified-Since did not hold
	CodeSFReplay      Code = "salesforce_replay"       // the stored position is no longer valid
)

// Error is the one error type. Message is for the person and says what to do
// next; Cause is for the log and never reaches a page.
type Error struct {
	Code       Code
	Message    string
	Fields     []string      // form or Salesforce field names concerned
	Sentences  []string      // of Message, one a field, where each has its own; else nil
	RetryAfter time.Duration // as asked by the other side, 0 when not
	Said       string        // Salesforce's own code and text, verbatim
	Status     int           // HTTP status of Salesforce's answer, 0 when none came
	RecordID   string        // the record named by the error (duplicates)
	Cause      error
}

// Error returns the message and the cause, for the log.
func (e *Error) Error() string {
	text := e.Message
	if e.Said != "" {
		text += " (" + e.Said + ")"
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Errorf returns an Error with a message for the person.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// CodeOf returns the code of err, CodeInternal when it has none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

// InvalidField returns a CodeInvalid error about one form field.
func InvalidField(field, format string, args ...any) *Error {
	e := Errorf(CodeInvalid, format, args...)
	e.Fields = []string{field}
	return e
}
