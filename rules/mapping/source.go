package mapping

import (
	"fmt"
	"slices"
	"strings"

	"tidegate/gateway"
)

// Kind is what a product property holds, for the question which Salesforce
// fields can take it.
type Kind string

// The kinds of product properties.
const (
	KindText   Kind = "text" // one line
	KindLong   Kind = "long" // several lines, of any length
	KindNumber Kind = "number"
	KindMoment Kind = "moment" // date and time
	KindSwitch Kind = "switch"
	KindEmail  Kind = "email"
	KindPhone  Kind = "phone"
	KindURL    Kind = "url"
	// The records that a custom record refers to.
	KindToPerson  Kind = "to person"
	KindToMeeting Kind = "to meeting"
	KindToDeal    Kind = "to deal"
)

// TopicPrefix begins the name of a topic where it is one choice among product
// properties.
const TopicPrefix = "topic:"

// Source is a product property that a Salesforce field can be filled from.
type Source struct {
	Key   string // "meeting.title"; of a topic TopicPrefix and its slug
	Label string
	Group string // heading in lists
	Kind  Kind
}

// sources are the product's own properties (DEM-12). People are those of Leads
// and Contacts; a meeting, with what was said in it, can be about anything.
var sources = []Source{
	{"meeting.title", "Title", "Meeting", KindText},
	{"meeting.starts_at", "Start", "Meeting", KindMoment},
	{"meeting.duration", "Duration in minutes", "Meeting", KindNumber},
	{"meeting.attendees", "Attendees", "Meeting", KindLong},
	{"meeting.summary", "Summary", "Meeting", KindLong},
	{"meeting.action_items", "Action Items", "Meeting", KindLong},
	{"meeting.recording_url", "Recording URL", "Meeting", KindURL},
	{"meeting.purpose", "Purpose", "Meeting", KindText},
	{"meeting.outcome", "Outcome", "Meeting", KindText},
	{"person.first_name", "First name", "Person", KindText},
	{"person.last_name", "Last name", "Person", KindText},
	{"person.email", "E-mail", "Person", KindEmail},
	{"person.phone", "Phone", "Person", KindPhone},
	{"person.mobile_phone", "Mobile phone", "Person", KindPhone},
	{"person.title", "Job title", "Person", KindText},
	{"person.company", "Company", "Person", KindText},
	{"person.rating", "Rating", "Person", KindText},
	{"person.owner_email", "Owner’s e-mail", "Person", KindEmail},
}

// Sources lists what fields of an object can be filled from: topics that are
// not archived, then the product's own properties.
//
// The usual objects are written by what was said; fields of another object by
// edits, and by records of the product's own kinds, whose properties are custom.
func Sources(object string, topics []gateway.Topic, custom ...gateway.CustomKind) []Source {
	if !slices.Contains(gateway.ConfigurableObjects[:], object) {
		return customSources(custom)
	}
	var out []Source
	for _, t := range topics {
		if !t.Archived {
			out = append(out, Source{TopicPrefix + t.Slug, t.Name, "Smart Topics", KindLong})
		}
	}
	for _, s := range sources {
		if s.Group != "Person" || object == "Lead" || object == "Contact" {
			out = append(out, s)
		}
	}
	return out
}

// SourceLabel is what a property is called on the pages; one of the product's own
// kinds has its key.
func SourceLabel(key string) string {
	for _, s := range sources {
		if s.Key == key {
			return s.Label
		}
	}
	return key
}

// FromMeetings reports whether a field is filled from a property of meetings.
func FromMeetings(mappings []gateway.Mapping) bool {
	return slices.ContainsFunc(mappings, func(m gateway.Mapping) bool { return strings.HasPrefix(m.Source, "meeting.") })
}

// takers are the describe types that can take each kind (UX 23). Any text can
// hold anything that can be read.
var takers = map[Kind][]gateway.FieldType{
	KindText:   {gateway.TypePicklist, typeMultipicklist, "combobox"},
	KindLong:   {gateway.TypePicklist, typeMultipicklist, "combobox"},
	KindNumber: {gateway.TypeInt, gateway.TypeDouble, gateway.TypeCurrency, gateway.TypePercent},
	KindMoment: {gateway.TypeDate, gateway.TypeDatetime},
	KindSwitch: {gateway.TypeBoolean},
	KindEmail:  {gateway.TypeEmail},
	KindPhone:  {gateway.TypePhone},
	KindURL:    {"url"},
}

// refers are the objects of which a reference must take one for each kind.
var refers = map[Kind][]string{
	KindToPerson: {"Contact", "Lead"}, KindToMeeting: {"Event"}, KindToDeal: {"Opportunity"},
}

// Takes answers whether a field can take a kind of property at all, and what
// it would not take of it, "" when it takes everything.
func Takes(f gateway.Field, kind Kind) (ok bool, warning string) {
	if readOnly(f) != "" {
		return false, ""
	}
	if objects, refers := refers[kind]; refers {
		return f.Type == gateway.TypeReference && slices.ContainsFunc(objects, func(o string) bool { return slices.Contains(f.ReferenceTo, o) }), ""
	}
	if f.Type != "string" && f.Type != gateway.TypeTextarea && !slices.Contains(takers[kind], f.Type) {
		return false, ""
	}
	switch {
	case f.Restricted && len(f.Picklist) > 0:
		return true, fmt.Sprintf("It takes only its %d listed values: %s. Anything else is not written.", len(f.Picklist), listed(f.Picklist))
	case f.Length > 0 && (kind == KindLong || kind == KindText && f.Length < 255 || kind == KindURL && f.Length < 255):
		return true, fmt.Sprintf("It keeps %d characters. What is longer is not written.", f.Length)
	}
	return true, ""
}

// listed names the first few of many.
func listed(values []string) string {
	const few = 4
	if len(values) > few {
		return strings.Join(values[:few], ", ") + " …"
	}
	return strings.Join(values, ", ")
}

// Offered returns those of the sources that a field can take.
func Offered(f gateway.Field, all []Source) []Source {
	var out []Source
	for _, s := range all {
		if ok, _ := Takes(f, s.Kind); ok {
			out = append(out, s)
		}
	}
	return out
}

// SourceOf is the key of what fills a field, "" when nothing does.
func SourceOf(m gateway.Mapping) string {
	if m.Topic != "" {
		return TopicPrefix + m.Topic
	}
	return m.Source
}

// WithSource returns m filled from the source of that key; "" takes it away.
func WithSource(m gateway.Mapping, key string) gateway.Mapping {
	m.Topic, m.Source = "", key
	if slug, ok := strings.CutPrefix(key, TopicPrefix); ok {
		m.Topic, m.Source = slug, ""
	}
	return m
}

// Check says why a mapping cannot be saved: a source that the field cannot
// take or that is not there, a default that Salesforce would refuse, an unknown
// choice. had is the mapping as it stands: what it already has stays allowed,
// so that an archived topic does not hinder other changes. The error is
// CodeInvalid with the field's name.
func Check(f gateway.Field, m, had gateway.Mapping, all []Source) error {
	key := SourceOf(m)
	if key != "" && key != SourceOf(had) {
		i := slices.IndexFunc(all, func(s Source) bool { return s.Key == key })
		if i < 0 {
			return gateway.InvalidField(f.Name, "%s: this Product Property is not offered any more. Choose another.", label(f))
		}
		if ok, _ := Takes(f, all[i].Kind); !ok {
			return gateway.InvalidField(f.Name, "%s cannot take %s: its type is %s. Choose a property of that type.", label(f), all[i].Label, f.Type)
		}
	}
	if m.Default != "" && m.Default != had.Default {
		if readOnly(f) != "" {
			return gateway.InvalidField(f.Name, "%s cannot have a default: Salesforce does not take changes of it.", label(f))
		}
		if v, err := ParseInput(f, m.Default); err != nil {
			return gateway.InvalidField(f.Name, "The default of %s cannot be written: %s %s", label(f), label(f), complaint(f, v))
		}
	}
	switch {
	case !slices.Contains([]string{"", Inbound, Outbound, Bidirectional}, m.Direction),
		!slices.Contains([]string{"", Overwrite, Fill, Append, Never}, m.WriteMode),
		!slices.Contains([]gateway.Winner{"", gateway.WinnerSalesforce, gateway.WinnerProduct, gateway.WinnerRecent, gateway.WinnerAsk}, m.Winner):
		return gateway.InvalidField(f.Name, "%s: direction, write mode and conflict winner are chosen from their lists.", label(f))
	}
	return nil
}

// SourceWritten answers whether a product property is written to the field
// that it is mapped to: the three conditions of an edit hold, and the direction
// leads out.
func SourceWritten(objectSwitch bool, m gateway.Mapping, f gateway.Field) (ok bool, reason string) {
	if ok, _, why := Writable(objectSwitch, m, f); !ok {
		return false, why
	}
	direction, why := Direction(f, m)
	if direction != Outbound {
		return false, fmt.Sprintf("Its direction is %s. %s", direction, why)
	}
	return true, "All conditions hold."
}
