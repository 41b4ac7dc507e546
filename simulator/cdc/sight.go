package cdc

import (
	"encoding/json"
	"fmt"
	"slices"

	"tidegate/simulator/bus"
	"tidegate/simulator/org"
)

// See returns the event as a user may get it now: without the fields that are
// hidden from him; false when he gets nothing of the object. Sharing is not
// asked: change events ignore it.
func See(o *org.Org, user string, e *bus.Event) (*bus.Event, bool) {
	return SeeWith(o.EyesOf(user), e)
}

// SeeWith is See with the rights of an earlier moment.
func SeeWith(eyes org.Eyes, e *bus.Event) (*bus.Event, bool) {
	sight := eyes.Sight(e.Object)
	if !sight.Limited {
		return e, true
	}
	if bus.IsPlatformEvent(e.Object) {
		return e, sight.Object // all of it or nothing
	}
	if !sight.Object || !sight.All {
		return nil, false
	}
	if len(sight.Hidden) == 0 {
		return e, true
	}
	data, err := strip(e.Data, sight.Hidden)
	if err != nil {
		return nil, false // nothing rather than too much
	}
	seen := *e
	seen.Data = data
	return &seen, true
}

type object = map[string]json.RawMessage

// strip takes the hidden fields out of an event: their values, and their names
// in changedFields.
func strip(data []byte, hidden map[string]bool) ([]byte, error) {
	var whole, payload, header object
	for _, part := range []struct {
		to   *object
		from func() []byte
	}{
		{&whole, func() []byte { return data }},
		{&payload, func() []byte { return whole["payload"] }},
		{&header, func() []byte { return payload["ChangeEventHeader"] }},
	} {
		if err := json.Unmarshal(part.from(), part.to); err != nil {
			return nil, fmt.Errorf("reading an event: %w", err)
		}
	}
	var changed []string
	if err := json.Unmarshal(header["changedFields"], &changed); err != nil {
		return nil, fmt.Errorf("reading changedFields: %w", err)
	}
	changed = slices.DeleteFunc(changed, func(name string) bool { return hidden[name] })
	if err := stripBody(payload, hidden); err != nil {
		return nil, err
	}
	var err error
	if header["changedFields"], err = json.Marshal(changed); err != nil {
		return nil, err
	}
	if payload["ChangeEventHeader"], err = json.Marshal(header); err != nil {
		return nil, err
	}
	if whole["payload"], err = json.Marshal(payload); err != nil {
		return nil, err
	}
	return json.Marshal(whole)
}

// stripBody takes hidden fields and hidden parts of compounds out; a compound
// of which nothing is left goes too.
func stripBody(payload object, hidden map[string]bool) error {
	for name, value := range payload {
		if hidden[name] {
			delete(payload, name)
			continue
		}
		if name == "ChangeEventHeader" || value[0] != '{' {
			continue
		}
		var parts object
		if err := json.Unmarshal(value, &parts); err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
		for part := range parts {
			if hidden[name+"."+part] {
				delete(parts, part)
			}
		}
		if len(parts) == 0 {
			delete(payload, name)
			continue
		}
		fresh, err := json.Marshal(parts)
		if err != nil {
			return err
		}
		payload[name] = fresh
	}
	return nil
}
