package handlers

import (
	"tidegate/gateway"
	"tidegate/views"
)

// refuseTab shows the tab again with what was typed and why it was not taken.
func (v *visit) refuseTab(state tabState, err error) error {
	if !state.blame(err) {
		return err
	}
	v.Status(statusOf[gateway.CodeOf(err)])
	return v.showTab(state)
}

// blame writes what is wrong to the fields that it is about, and reports false
// for an error that says nothing of the form.
func (t *tabState) blame(err error) bool {
	e, ok := gatewayError(err)
	if !ok {
		return false
	}
	fields := e.Fields
	if len(fields) == 0 {
		fields = []string{"revision"}
	}
	for i, field := range fields {
		text := e.Message
		if i < len(e.Sentences) {
			text = e.Sentences[i]
		}
		t.errors[field] = joinSentences(t.errors[field], text)
		t.common.Form.Errors = append(t.common.Form.Errors, views.FieldError{FieldID: field, Text: text})
	}
	return true
}
