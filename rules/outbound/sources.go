package outbound

import (
	"strconv"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/rules/note"
)

// personValues are the properties of a person that fields can be filled from,
// by the keys of mapping.Sources.
func personValues(p gateway.Person) map[string]string {
	return map[string]string{
		"person.first_name": p.FirstName, "person.last_name": p.LastName, "person.email": p.Email, "person.phone": p.Phone,
		"person.mobile_phone": p.MobilePhone, "person.title": p.Title, "person.company": p.Company, "person.rating": p.Rating,
		"person.owner_email": p.OwnerEmail,
	}
}

// meetingValues are the properties of a meeting that fields can be filled
// from (DEM-12). The duration is in whole minutes.
func meetingValues(m gateway.Meeting) map[string]string {
	var people, actions []string
	for _, someone := range m.Participants {
		people = append(people, someone.Words())
	}
	for _, item := range m.ActionItems {
		actions = append(actions, strings.TrimSpace(item.Text))
	}
	out := map[string]string{
		"meeting.title": m.Title, "meeting.summary": note.Read(m.Summary).Plain(), "meeting.recording_url": m.RecordingURL,
		"meeting.purpose": m.Purpose, "meeting.outcome": m.Outcome,
		"meeting.attendees": strings.Join(people, "\n"), "meeting.action_items": strings.Join(actions, "\n"),
	}
	if !m.StartsAt.IsZero() {
		out["meeting.starts_at"] = m.StartsAt.UTC().Format(time.RFC3339)
	}
	if d := m.EndsAt.Sub(m.StartsAt); d > 0 {
		out["meeting.duration"] = strconv.Itoa(int(d.Minutes()))
	}
	return out
}

// withSources adds to what is known of a person the fields of his object that
// an admin fills from his properties, and, where creating, the defaults of
// fields that nobody filled (AIM-10). had are the fields that Salesforce has.
func withSources(fields gateway.Fields, p gateway.Person, s gateway.Schema, mapped func(field string) gateway.Mapping, had gateway.Fields) gateway.Fields {
	if mapped == nil {
		return fields
	}
	values := personValues(p)
	for _, f := range s.Fields {
		m := mapped(f.Name)
		text := strings.TrimSpace(values[m.Source])
		if text == "" && fields[f.Name].Empty() && (had == nil || m.Source != "" && had[f.Name].Known() && had[f.Name].Empty()) {
			text = m.Default
		}
		if text == "" {
			continue
		}
		v, _ := mapping.ParseInput(f, text) // one that cannot be is refused with its reason when it is checked
		fields[f.Name] = v
	}
	return fields
}

// sourceValue is what a field gets of the thing that is planned, "" where
// nothing is mapped to it or the property is empty and has no default.
func (p *planning) sourceValue(m gateway.Mapping, f gateway.Field) gateway.Value {
	text, known := p.values[m.Source]
	if !known {
		return ""
	}
	if text = strings.TrimSpace(text); text == "" {
		text = m.Default
	}
	if text == "" {
		return ""
	}
	if f.Length > 0 {
		text, _ = note.Cut(text, f.Length, "")
	}
	if f.Type == gateway.TypeDate && len(text) >= len(time.DateOnly) {
		text = text[:len(time.DateOnly)]
	}
	v, _ := mapping.ParseInput(f, text) // checked with its reason before it is written
	return v
}
