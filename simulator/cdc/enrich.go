package cdc

import (
	"encoding/json"

	"tidegate/simulator/bus"
	"tidegate/simulator/org"
)

// Enrich adds fields to an update or a deletion, with the values that the
// record has now. An event of several records becomes one of each, all with the
// replay id that the one had. Empty values are left out.
func Enrich(o *org.Org, e *bus.Event, fields []string) []*bus.Event {
	var whole struct {
		Schema  json.RawMessage `json:"schema"`
		Payload object          `json:"payload"`
		Event   json.RawMessage `json:"event"`
	}
	var header struct {
		ChangeType string   `json:"changeType"`
		RecordIDs  []string `json:"recordIds"`
	}
	if json.Unmarshal(e.Data, &whole) != nil || json.Unmarshal(whole.Payload["ChangeEventHeader"], &header) != nil {
		return []*bus.Event{e} // as it is: what is in the log was written by this package
	}
	if header.ChangeType != string(org.Update) && header.ChangeType != string(org.Delete) {
		return []*bus.Event{e}
	}
	out := make([]*bus.Event, 0, len(header.RecordIDs))
	for _, id := range header.RecordIDs {
		split := *e
		payload := enriched(o, e.Object, id, whole.Payload, fields)
		data, err := json.Marshal(map[string]any{"schema": whole.Schema, "payload": payload, "event": whole.Event})
		if err != nil {
			return []*bus.Event{e}
		}
		split.Data = data
		out = append(out, &split)
	}
	return out
}

// enriched is the payload of one record.
func enriched(o *org.Org, name, id string, payload object, fields []string) object {
	fresh := make(object, len(payload)+len(fields))
	for key, value := range payload {
		fresh[key] = value
	}
	fresh["ChangeEventHeader"] = about(payload["ChangeEventHeader"], id)
	o.Read(func(v org.View) {
		r, ok := v.Get(name, id)
		if !ok {
			return
		}
		for _, field := range fields {
			enrichField(fresh, r, field)
		}
	})
	return fresh
}

// enrichField adds a field, or every part of a compound one; formulas are none to
// be had.
func enrichField(payload object, r org.Record, name string) {
	f := r.Object().FieldFold(name)
	if f == nil || f.Calculated {
		return
	}
	whole := !f.Switchable || r.Value("IsPersonAccount") == true
	compound := false
	for _, part := range r.Object().Fields {
		if part.Compound == f.Name && whole {
			compound = true
			enrichPart(payload, r, part)
		}
	}
	if compound || f.Compound != "" {
		enrichPart(payload, r, f)
		return
	}
	if _, given := payload[f.Name]; !given && r.Value(f.Name) != nil {
		payload[f.Name] = appendValue(nil, r.Value(f.Name))
	}
}

// enrichPart adds a part inside its compound, where it stands in every event.
func enrichPart(payload object, r org.Record, f *org.Field) {
	if f.Compound == "" || r.Value(f.Name) == nil {
		return
	}
	parts := object{}
	if given, ok := payload[f.Compound]; ok && json.Unmarshal(given, &parts) != nil {
		return // a text where the compound would stand
	}
	if _, given := parts[f.Part]; given {
		return
	}
	parts[f.Part] = appendValue(nil, r.Value(f.Name))
	if text, err := json.Marshal(parts); err == nil {
		payload[f.Compound] = text
	}
}

// about is the header with one record alone.
func about(header json.RawMessage, id string) json.RawMessage {
	var h object
	if json.Unmarshal(header, &h) != nil {
		return header
	}
	h["recordIds"] = org.AppendString([]byte{'['}, id)
	h["recordIds"] = append(h["recordIds"], ']')
	text, err := json.Marshal(h)
	if err != nil {
		return header
	}
	return text
}
