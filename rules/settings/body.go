package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"

	"tidegate/gateway"
)

// Decode reads a saved body of one tab into s. What the body does not state
// keeps the value that s had, so a caller begins with the defaults or with the
// organization's; what it states is whole: a saved list of objects is the
// list, and an object that it leaves out is off. Unknown fields are refused:
// they are a setting that somebody believes to be in force. Errors are
// CodeInvalid.
func Decode(s *gateway.Settings, tab gateway.Tab, body []byte) error {
	var err error
	switch tab {
	case gateway.TabNotes:
		err = overlay(&s.Notes, body)
	case gateway.TabObjects:
		err = overlay(&s.Objects, body)
	case gateway.TabContacts:
		err = overlay(&s.Contacts, body)
	case gateway.TabForecast:
		err = overlay(&s.Forecast, body)
	case gateway.TabAdvanced:
		err = overlay(&s.Advanced, body)
	default:
		return noTab(tab)
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
	parts := map[gateway.Tab]any{
		gateway.TabNotes: s.Notes, gateway.TabObjects: s.Objects, gateway.TabContacts: s.Contacts,
		gateway.TabForecast: s.Forecast, gateway.TabAdvanced: s.Advanced,
	}
	part, ok := parts[tab]
	if !ok {
		return nil, noTab(tab)
	}
	body, err := json.Marshal(part)
	if err != nil {
		return nil, fmt.Errorf("writing %s settings: %w", tab, err)
	}
	return body, nil
}

func noTab(tab gateway.Tab) error {
	return gateway.Errorf(gateway.CodeInvalid, "There is no settings tab %q.", tab)
}

// overlay lays the settings that body names over those of into. It decodes
// into a fresh value, because the decoder would merge maps and reuse the
// elements of lists.
func overlay[T any](into *T, body []byte) error {
	standing, err := json.Marshal(*into)
	if err != nil {
		return fmt.Errorf("writing settings: %w", err)
	}
	var base, saved map[string]json.RawMessage
	if err := decodeOne(standing, &base); err != nil {
		return err
	}
	if err := decodeOne(body, &saved); err != nil {
		return err
	}
	if saved == nil {
		return errors.New("decoding settings: not an object")
	}
	maps.Copy(base, saved)
	merged, err := json.Marshal(base)
	if err != nil {
		return fmt.Errorf("writing settings: %w", err)
	}
	var fresh T
	if err := decodeOne(merged, &fresh); err != nil {
		return err
	}
	*into = fresh
	return nil
}

// decodeOne reads one JSON value and nothing after it.
func decodeOne(body []byte, target any) error {
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
