package outbound

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/note"
	"tidegate/rules/summary"
)

// Attendee is a participant with what is known of him in Salesforce.
type Attendee struct {
	gateway.Participant
	// Matches are the contacts or leads that he may be, all of one object; more
	// than one means that nobody knows which.
	Matches []gateway.Record
	// Who names him in links; Was is where his own link leads, zero without one.
	Who gateway.Who
	Was gateway.RecordKey
	// Rule and Reason are the evidence of Matches: "matched by email
	// ann@example.com".
	Rule, Reason string
	// Create is set when somebody decided that he is none of those who are there.
	Create  bool
	Account *gateway.Record // of his domain, or of the contact he is
	// Person is what the product told of him, its zero value when it did not.
	Person gateway.Person
	// Also are the contacts that he may be beside the lead that he is; looked
	// for where an agent writes both.
	Also []gateway.Record
	// Held says why nothing is written of him, because a person decided so;
	// Unsure why none of several accounts is his; Unread why nobody can call him
	// new to Salesforce yet.
	Held, Unsure, Unread string
	// Broken is set where he is held because the chosen record is gone.
	Broken bool
}

// Surroundings are what every plan of something said looks at beside the thing
// itself. They need no store, so that a dry run and a backtest can ask the same
// with other settings.
type Surroundings struct {
	Workspace gateway.WorkspaceID
	// Settings are those in force for whoever of us it belongs to; Member is he,
	// its zero value when he is no member here.
	Settings  gateway.Settings
	Member    gateway.Member
	Attendees []Attendee
	// Opportunities are the open ones that a matched contact has a role in, and a
	// closed one on which a part that was written stands.
	Opportunities []gateway.Record
	// Users are Salesforce's user ids by e-mail. One who is inactive is among them
	// where no other has the address: what is his goes to the owner chosen for that,
	// or waits for a person (F-62), and not silently to the connected user.
	Users      map[string]string
	OwnDomains []string                  // of the members, beside those of the settings
	Schemas    map[string]gateway.Schema // what was not read is not checked
	NotesOff   bool                      // the org has no enhanced notes
	Mappings   []gateway.Mapping
	Archived   map[string]bool // topics, by slug
	// Summarized are the topics whose notes of several conversations become one
	// summary of the deal, by slug; Notes what was noted under them about each
	// opportunity, by its id, this thing's own notes included.
	Summarized map[string]bool
	Notes      map[string][]summary.Note
	// Written are the parts of earlier plans; Gone those whose record was
	// deleted in Salesforce since.
	Written map[string]gateway.Writing
	Gone    map[string]bool
	// Unsaid are the parts that a backtest thinks away, nil else: a field that is
	// only filled while empty counts as empty where one of them filled it.
	Unsaid map[string]gateway.Writing
	// ContactsInHour is how many contacts meetings have created within the hour.
	ContactsInHour int
	// PublicDomain tells free e-mail providers from companies, nil = none is.
	PublicDomain func(domain string) bool
	URL          string // of its page here
	// Agent is the agent of the product that recorded it; ID "" = none did.
	Agent gateway.Agent
	// Revision is that of the organization's Notes settings, by which its own
	// records are written.
	Revision int64
}

// MeetingInput is everything that PlanMeeting looks at.
type MeetingInput struct {
	Surroundings
	Meeting gateway.Meeting
}

// SaidPlan is what something said here owes Salesforce, in the order of
// writing, and what it does not.
type SaidPlan struct {
	Owed    []Owed
	Omitted []Omission
	// Related are the records that it belongs to.
	Related []gateway.RecordKey
	// Met are those from outside who take part.
	Met []gateway.Met
	// Waits says for which reading some of it waits, "" for none.
	Waits string
}

// The parts of what was said, see gateway.Writing. Others begin with one of the
// prefixes.
const (
	PartAll       = "all" // what concerns every part
	PartEvent     = "event"
	PartTask      = "task"
	PartNote      = "note"
	PartPeople    = "people"
	contactPrefix = "contact:"
	accountPrefix = "account:"
	linkPrefix    = "note-link:"
	actionPrefix  = "action:"
	topicsPrefix  = "topics:"
)

// planning is a plan being made.
type planning struct {
	Surroundings
	kind, id  string
	noun      string // what its note calls it: "Meeting notes"
	title     string
	at        time.Time
	owner     string // e-mail of who of us it belongs to
	places    []string
	cancelled bool
	held      bool
	topicsOf  map[string][]gateway.TopicNote
	values    map[string]string // product properties by their keys, see mapping.Sources
	text      note.Doc          // what was said
	facts     string            // who, when, how long
	purpose   string
	outcome   string
	answers   gateway.Fields // what an agent asked for
	channel   string

	plan     SaidPlan
	external bool // somebody from outside takes part
	people   []person
	who      gateway.RecordKey // WhoId, zero when nobody was recognized
	what     gateway.RecordKey // WhatId
	accounts []gateway.RecordKey
}

// person is an attendee from outside with the record that he is.
type person struct {
	Attendee
	key    gateway.RecordKey // local while it is to be created
	beside bool              // another record is who he is
}

// PlanMeeting decides what becomes of a meeting in Salesforce. Everything that
// is left out is told with its reason.
func PlanMeeting(in MeetingInput) SaidPlan {
	m := in.Meeting
	p := &planning{
		Surroundings: in.Surroundings, kind: gateway.KindMeeting, id: m.ExternalID, noun: "Meeting notes", title: m.Title, at: m.StartsAt,
		owner: m.Organizer, places: in.Settings.Notes.MeetingNotes, topicsOf: m.Topics, values: meetingValues(m), text: MeetingText(m), facts: meetingFacts(m),
		cancelled: m.Status == gateway.MeetingCancelled, held: m.Status == gateway.MeetingCompleted, purpose: m.Purpose, outcome: m.Outcome,
		answers: m.Properties, channel: gateway.KindMeeting,
	}
	why := p.outside(func(name string) (string, bool) { return meetingSource(m, name) })
	if why == "" {
		why = p.agentRefuses()
	}
	if why != "" {
		p.omit(PartAll, "", why)
		return p.plan
	}
	p.recognize()
	p.relate()
	p.event(m)
	p.notes()
	p.actions(m)
	p.topics()
	p.leave()
	return p.plan
}

// local returns the id of a part before Salesforce numbers it.
func (p *planning) local(object, part string) gateway.RecordKey {
	return gateway.RecordKey{Object: object, ID: gateway.LocalID(p.Workspace, p.kind, p.id, part)}
}

func (p *planning) owe(part string, key gateway.RecordKey, fields gateway.Fields, why string) {
	p.plan.Owed = append(p.plan.Owed, Owed{Part: part, Key: key, Fields: fields, Why: why})
}

func (p *planning) omit(part, object, why string) {
	p.plan.Omitted = append(p.plan.Omitted, Omission{part, object, why})
}

// wrote reports whether a part has a record, or is about to get one.
func (p *planning) wrote(part string) bool {
	return p.Written[part].Key.ID != ""
}

// outside says why nothing of it is written, "" when it may be. source gives
// the values that filters name, false for those of other things.
func (p *planning) outside(source func(name string) (string, bool)) string {
	pilot := p.Settings.Notes.Pilot
	switch {
	case pilot.On && p.Member.ID == "":
		return "Only a pilot group is synced, and who it belongs to is no member here. An admin ends the pilot on the Notes tab."
	case pilot.On && !slices.Contains(pilot.Members, p.Member.ID):
		return "Only a pilot group is synced, and " + p.Member.Name + " is not in it. An admin adds people to it on the Notes tab."
	}
	for _, f := range p.Settings.Objects.Filters {
		if f.Object != "" && f.Object != "Event" {
			continue
		}
		value, known := source(f.Source)
		if !known && strings.HasPrefix(f.Source, "person.") && len(p.Attendees) == 1 && p.Attendees[0].Person.ExternalID != "" {
			value, known = p.agentValue(p.Attendees[0].Person, f.Source), true
		}
		if known && !Passes(f, value) {
			return fmt.Sprintf("A filter of the Objects tab keeps it here: %s %s %s.", f.Source, f.Op, f.Value)
		}
	}
	return ""
}

// meetingSource returns a value that a filter names, false when it names none of a
// meeting.
func meetingSource(m gateway.Meeting, name string) (string, bool) {
	name, mine := strings.CutPrefix(name, "meeting.")
	if !mine {
		return "", false
	}
	switch name {
	case "title":
		return m.Title, true
	case "source":
		return m.Source, true
	case "status":
		return string(m.Status), true
	case "purpose":
		return m.Purpose, true
	case "outcome":
		return m.Outcome, true
	case "organizer":
		return m.Organizer, true
	}
	return m.Properties[name].String(), true
}

// Passes reports whether a value passes a filter (AIM-23); case does not count.
func Passes(f gateway.Filter, value string) bool {
	value, want := strings.ToLower(strings.TrimSpace(value)), strings.ToLower(strings.TrimSpace(f.Value))
	switch f.Op {
	case "equals":
		return value == want
	case "differs":
		return value != want
	case "contains":
		return strings.Contains(value, want)
	case "set":
		return value != ""
	case "empty":
		return value == ""
	}
	return true
}

// zone is the organizer's, for days in texts.
func (p *planning) zone() *time.Location {
	if zone, err := time.LoadLocation(p.Member.Zone); err == nil {
		return zone
	}
	return time.UTC
}
