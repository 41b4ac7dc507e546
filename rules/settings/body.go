package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"tidegate/gateway"
)

// Decode reads a saved body of one tab into s. What the body does not state
// keeps the value that s had, so a caller begins with the defaults or with the
// organization's. Unknown fields are refused: they are a setting that somebody
// believes to be in force. Errors are CodeInvalid.
func Decode(s *gateway.Settings, tab gateway.Tab, body []byte) error {
	target, ok := part(s, tab)
	if !ok {
		return gateway.Errorf(gateway.CodeInvalid, "There is no settings tab %q.", tab)
	}
	// A map is merged by the decoder, but a saved list of objects is the whole
	// list: an object that it leaves out is off.
	writeback := s.Objects.Writeback
	if tab == gateway.TabObjects {
		s.Objects.Writeback = nil
	}
	err := decodeStrict(body, target)
	if s.Objects.Writeback == nil {
		s.Objects.Writeback = writeback
	}
	if err != nil {
		bad := gateway.Errorf(gateway.CodeInvalid, "The saved %s settings cannot be read.", tab.Title())
		bad.Cause = err
		return bad
	}
	return nil
}

// Encode returns the body to save for one tab of s.
func Encode(s gateway.Settings, tab gateway.Tab) ([]byte, error) {
	source, ok := part(&s, tab)
	if !ok {
		return nil, gateway.Errorf(gateway.CodeInvalid, "There is no settings tab %q.", tab)
	}
	body, err := json.Marshal(source)
	if err != nil {
		return nil, fmt.Errorf("writing %s settings: %w", tab, err)
	}
	return body, nil
}

func part(s *gateway.Settings, tab gateway.Tab) (any, bool) {
	switch tab {
	case gateway.TabNotes:
		return &s.Notes, true
	case gateway.TabObjects:
		return &s.Objects, true
	case gateway.TabContacts:
		return &s.Contacts, true
	case gateway.TabForecast:
		return &s.Forecast, true
	case gateway.TabAdvanced:
		return &s.Advanced, true
	}
	return nil, false
}

func decodeStrict(body []byte, target any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(target); err != nil {
		return fmt.Errorf("decoding settings: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("decoding settings: text after the end")
	}
	return nil
}
