package outbound

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
)

// Attendee is a participant with what is known of him in Salesforce.
type Attendee struct {
	gateway.Participant
	// Matches are the contacts or leads that he may be, all of one object; more
	// than one means that nobody knows which.
	Matches  []gateway.Record
	Evidence string          // "by e-mail ann@example.com", "" without a match
	Account  *gateway.Record // of his domain, or of the contact he is
}

// MeetingInput is everything that PlanMeeting looks at. It needs no store, so
// that a dry run and a backtest can ask the same with other settings.
type MeetingInput struct {
	Workspace gateway.WorkspaceID
	Meeting   gateway.Meeting
	// Settings are those in force for the organizer; Member is the organizer,
	// its zero value when he is no member here.
	Settings  gateway.Settings
	Member    gateway.Member
	Attendees []Attendee
	// Opportunities are the open ones that a matched contact has a role in.
	Opportunities []gateway.Record
	// Users are Salesforce's user ids by e-mail, of those that are active.
	Users      map[string]string
	OwnDomains []string // of the members, beside those of the settings
	Schemas    map[string]gateway.Schema
	Mappings   []gateway.Mapping
	// Written are the parts of earlier plans; Gone those whose record was
	// deleted in Salesforce since.
	Written map[string]gateway.Writing
	Gone    map[string]bool
	// ContactsInHour is how many contacts meetings have created within the hour.
	ContactsInHour int
	// PublicDomain tells free e-mail providers from companies, nil = none is.
	PublicDomain func(domain string) bool
	URL          string // of the meeting's page
}

// MeetingPlan is what a meeting owes Salesforce, in the order of writing, and
// what it does not.
type MeetingPlan struct {
	Owed    []Owed
	Omitted []Omission
	// Related are the records that the meeting belongs to.
	Related []gateway.RecordKey
}

// The parts of a meeting, see gateway.Writing. Others begin with one of the
// prefixes.
const (
	PartAll       = "meeting" // the whole of it, for what concerns every part
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
	MeetingInput
	plan     MeetingPlan
	external bool // somebody from outside takes part
	people   []person
	who      gateway.RecordKey // WhoId, zero when nobody was recognized
	what     gateway.RecordKey // WhatId
	accounts []gateway.RecordKey
}

// person is an attendee from outside with the record that he is.
type person struct {
	Attendee
	key gateway.RecordKey // local while it is to be created
}

// PlanMeeting decides what becomes of a meeting in Salesforce. Everything that
// is left out is told with its reason.
func PlanMeeting(in MeetingInput) MeetingPlan {
	p := &planning{MeetingInput: in}
	if why := p.outside(); why != "" {
		p.omit(PartAll, "", why)
		return p.plan
	}
	p.recognize()
	p.relate()
	p.event()
	p.notes()
	p.actions()
	p.topics()
	return p.plan
}

func (p *planning) owe(part, object string, fields gateway.Fields, why string) gateway.RecordKey {
	key := gateway.RecordKey{Object: object, ID: gateway.LocalID(p.Workspace, gateway.KindMeeting, p.Meeting.ExternalID, part)}
	p.plan.Owed = append(p.plan.Owed, Owed{Part: part, Key: key, Fields: fields, Why: why})
	return key
}

func (p *planning) omit(part, object, why string) {
	p.plan.Omitted = append(p.plan.Omitted, Omission{part, object, why})
}

// wrote reports whether a part has a record, or is about to get one.
func (p *planning) wrote(part string) bool {
	return p.Written[part].Key.ID != ""
}

// outside says why nothing of the meeting is written, "" when it may be.
func (p *planning) outside() string {
	pilot := p.Settings.Notes.Pilot
	switch {
	case pilot.On && p.Member.ID == "":
		return "Only a pilot group is synced, and the organizer is no member here. An admin ends the pilot on the Notes tab."
	case pilot.On && !slices.Contains(pilot.Members, p.Member.ID):
		return "Only a pilot group is synced, and " + p.Member.Name + " is not in it. An admin adds people to it on the Notes tab."
	}
	for _, f := range p.Settings.Objects.Filters {
		if f.Object != "" && f.Object != "Event" {
			continue
		}
		value, known := p.source(f.Source)
		if known && !Passes(f, value) {
			return fmt.Sprintf("A filter of the Objects tab keeps it here: %s %s %s.", f.Source, f.Op, f.Value)
		}
	}
	return ""
}

// source returns a value that a filter names, false when it names none of a
// meeting.
func (p *planning) source(name string) (string, bool) {
	m := p.Meeting
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

// held reports whether the meeting took place.
func (p *planning) held() bool { return p.Meeting.Status == gateway.MeetingCompleted }

func (p *planning) cancelled() bool { return p.Meeting.Status == gateway.MeetingCancelled }
