package org

import (
	"fmt"
	"net/http"
	"strings"
)

// Error is a refusal as the REST API words it.
type Error struct {
	Code    string   // errorCode, e.g. "REQUIRED_FIELD_MISSING"
	Message string   // text for people
	Fields  []string // API names concerned, may be empty
	Status  int      // HTTP status of a single call
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

func refuse(code, message string, fields ...string) *Error {
	return &Error{Code: code, Message: message, Fields: fields, Status: http.StatusBadRequest}
}

// NotFound is the answer for paths, objects and records that are not there.
func NotFound(message string) *Error {
	return &Error{Code: "NOT_FOUND", Message: message, Status: http.StatusNotFound}
}

// Refuse makes an Error with HTTP status 400 unless another is set afterwards.
func Refuse(code, message string, fields ...string) *Error {
	return refuse(code, message, fields...)
}

const resourceMissing = "The requested resource does not exist"

func errDeleted() *Error {
	e := refuse("ENTITY_IS_DELETED", "entity is deleted")
	e.Status = http.StatusNotFound
	return e
}

func errNoAccess() *Error {
	e := refuse("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
	e.Status = http.StatusForbidden
	return e
}

func errNoColumn(o *Object, name string) *Error {
	return refuse("INVALID_FIELD", fmt.Sprintf("No such column '%s' on sobject of type %s", name, o.Name))
}

func errReadOnly(names []string) *Error {
	return refuse("INVALID_FIELD_FOR_INSERT_UPDATE", fmt.Sprintf(
		"Unable to create/update fields: %s. Please check the security settings of this field and verify that it is read/write for your profile or permission set.",
		strings.Join(names, ", ")), names...)
}

func errMissing(names []string) *Error {
	return refuse("REQUIRED_FIELD_MISSING", fmt.Sprintf("Required fields are missing: [%s]", strings.Join(names, ", ")), names...)
}

func errMalformedID(label, id string, fields ...string) *Error {
	return refuse("MALFORMED_ID", fmt.Sprintf("%s: id value of incorrect type: %s", label, id), fields...)
}
