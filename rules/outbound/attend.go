package outbound

import (
	"cmp"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/note"
)

// The prefixes of parts that say who took part.
const (
	attendeePrefix     = "attendee:"
	taskAttendeePrefix = "task-attendee:"
	recipientPrefix    = "recipient:"
)

// mostPeople is how many contacts Salesforce lets a Task be with, the one whom
// it names itself included.
const mostPeople = 50

// PartEmail is the e-mail itself, where it becomes no Task.
const PartEmail = "email"

// attendees relates an Event to each person beside the one that it is with: an
// Event names one by itself. An org that has no such relations goes without;
// the description names everybody.
func (p *planning) attendees() {
	if !p.Schemas["EventRelation"].Createable || p.cancelled {
		return
	}
	for _, someone := range p.people {
		if someone.key != p.who {
			p.relateTo(someone, relation{"EventRelation", "EventId", "Event", p.local("Event", PartEvent), attendeePrefix})
		}
	}
}

// taskPeople relates a Task to everybody beside the one whom it names by
// itself, where the org shares activities. Such a Task is with one lead or with
// several contacts, 50 at most; who has no place there stands in its text.
func (p *planning) taskPeople() {
	if !p.Schemas["TaskRelation"].Createable || p.cancelled || p.who.ID == "" {
		return
	}
	of := relation{"TaskRelation", "TaskId", "Task", p.local("Task", PartTask), taskAttendeePrefix}
	n := 1
	for _, someone := range p.people {
		switch {
		case someone.key == p.who || someone.beside:
			continue
		case p.who.Object != "Contact" || someone.key.Object != "Contact":
			p.omit(of.part(someone), of.object, someone.Words()+" only stands in the Task’s text: Salesforce lets a Task be with one lead or with several contacts, not with both.")
			continue
		case n == mostPeople:
			p.omit(of.part(someone), of.object, someone.Words()+" only stands in the Task’s text: Salesforce lets a Task be with 50 contacts at most.")
			continue
		}
		n++
		p.relateTo(someone, of)
	}
}

// relation is how an activity is related to people beside the one whom it names.
type relation struct {
	object, field string // the relation, and its field that names the activity
	noun          string
	activity      gateway.RecordKey
	prefix        string // of its parts
}

func (r relation) part(someone person) string {
	return r.prefix + strings.ToLower(someone.address())
}

func (p *planning) relateTo(someone person, of relation) {
	part := p.chosenPart(of.part(someone), "RelationId", someone)
	if p.Gone[part] {
		p.omit(part, of.object, someone.Words()+" was taken off the "+of.noun+" in Salesforce, and is not added again.")
		return
	}
	key := p.bond(of.object, part)
	if p.movedOff(of, part, someone) {
		key = p.local(of.object, part+"#"+key.ID)
	}
	p.owe(part, key, gateway.Fields{
		of.field: gateway.Text(of.activity.ID), "RelationId": gateway.Text(someone.key.ID),
	}, someone.Words()+" took part too, and "+map[string]string{"Event": "an Event", "Task": "a Task"}[of.noun]+" names one person by itself.")
}

// movedOff reports whether the Task named somebody by itself until now, and had a
// relation to him from before that: Salesforce takes it away with the name. To an
// Event he is invited, which stays.
func (p *planning) movedOff(of relation, part string, someone person) bool {
	if of.noun != "Task" || !p.wrote(part) || Withdrawn(p.Written[part]) {
		return false
	}
	named := p.Written[PartTask].Wanted["WhoId"].String()
	made := p.Written[contactPrefix+strings.ToLower(someone.address())].Key
	return named == someone.key.ID || (gateway.RecordKey{ID: named}).Local() && made.ID != "" && made == someone.key
}

// chosenPart is the part that relates something to somebody: another one than
// before where a person chose another record for him since, because Salesforce
// lets nobody turn such a relation to another record.
func (p *planning) chosenPart(part, field string, someone person) string {
	if own := part + ":" + someone.key.ID; p.wrote(own) && !Withdrawn(p.Written[own]) {
		return own
	}
	was := p.Written[part]
	before := was.Wanted[field].String()
	if someone.Rule != gateway.LinkByPerson || was.Key.ID == "" || before == "" || before == someone.key.ID {
		return part
	}
	if (gateway.RecordKey{ID: before}).Local() { // the contact that was made of him, or another
		made := p.Written[contactPrefix+strings.ToLower(someone.address())]
		if made.Key.ID == "" || made.Key == someone.key {
			return part
		}
	}
	return part + ":" + someone.key.ID
}

// asMessage reports whether an e-mail becomes an EmailMessage: the settings
// say that the org logs e-mails so, and it lets us.
func (p *planning) asMessage() bool {
	return p.Settings.Advanced.EmailsFromMessages && p.Schemas["EmailMessage"].Createable && !p.wrote(PartTask)
}

// message plans an e-mail as Salesforce keeps e-mails. One that is there under
// its Message-ID, whoever logged it, is not logged a second time.
func (p *planning) message(in EmailInput) {
	e := in.Email
	switch {
	case in.Logged != (gateway.RecordKey{}) && !p.wrote(PartEmail):
		p.omit(PartEmail, "EmailMessage", "Salesforce has this e-mail already, by its Message-ID: EmailMessage "+in.Logged.ID+".")
		return
	case p.Gone[PartEmail]:
		p.omit(PartEmail, "EmailMessage", "Its EmailMessage was deleted in Salesforce, and is not created a second time.")
		return
	}
	key := p.local("EmailMessage", PartEmail)
	subject, _ := note.Cut(e.Subject, 3000, "")
	end := "[Cut here; the whole text is in the product.]"
	length := descriptionLength
	if f, ok := p.Schemas["EmailMessage"].Field("TextBody"); ok && f.Length > 0 {
		length = f.Length
	}
	text, _ := note.Cut(e.Text, length, end)
	fields := gateway.Fields{
		"Subject": gateway.Text(subject), "FromAddress": gateway.Text(e.From), "ToAddress": gateway.Text(strings.Join(e.To, "; ")),
		"TextBody": gateway.Text(text), "MessageDate": gateway.Instant(e.SentAt), "Status": gateway.Text("3"), "Incoming": gateway.Bool(!p.internal(e.From)),
	}
	if e.MessageID != "" {
		fields["MessageIdentifier"] = gateway.Text(e.MessageID)
	}
	if p.what.ID != "" {
		fields["RelatedToId"] = gateway.Text(p.what.ID)
	}
	if was, written := p.Written[PartEmail]; written && was.Key.ID != "" && !was.Key.Local() {
		p.corrected(was, fields)
		fields = was.Wanted // Salesforce lets nobody change an e-mail that was sent
	}
	p.owe(PartEmail, key, fields, "The settings say that e-mails are EmailMessages.")
	p.recipients(e, key)
}

// corrections are the fields of an EmailMessage in words, in the order in which
// a correction is told.
var corrections = [...][2]string{
	{"Subject", "the subject"},
	{"TextBody", "the text"},
	{"FromAddress", "the sender"},
	{"ToAddress", "the recipients"},
	{"MessageDate", "the date"},
	{"MessageIdentifier", "the Message-ID"},
	{"RelatedToId", "the record that it is about"},
}

// corrected tells of a correction of an e-mail that is in Salesforce: it stays as
// it was sent there, and somebody may want to do something about it.
func (p *planning) corrected(was gateway.Writing, now gateway.Fields) {
	var what []string
	for _, c := range corrections {
		if was.Wanted[c[0]].String() != now[c[0]].String() {
			what = append(what, c[1])
		}
	}
	if len(what) == 0 {
		return
	}
	p.omit(PartEmail+":correction", "EmailMessage", "The product corrected "+strings.Join(what, ", ")+
		". Salesforce lets nobody change an e-mail that was sent, so EmailMessage "+was.Key.ID+
		" stays as it is. If the correction matters there, note it on the record, or delete the EmailMessage and send the e-mail under another external id.")
}

// recipients relates the e-mail to everybody from outside who is known.
func (p *planning) recipients(e gateway.Email, email gateway.RecordKey) {
	if !p.Schemas["EmailMessageRelation"].Createable {
		return
	}
	for _, someone := range p.people {
		kind := "ToAddress"
		if strings.EqualFold(someone.Email, e.From) {
			kind = "FromAddress"
		}
		part := recipientPrefix + strings.ToLower(someone.address())
		if p.Gone[part] {
			continue
		}
		p.owe(part, p.local("EmailMessageRelation", part), gateway.Fields{
			"EmailMessageId": gateway.Text(email.ID), "RelationId": gateway.Text(someone.key.ID),
			"RelationType": gateway.Text(kind), "RelationAddress": gateway.Text(cmp.Or(someone.Email, someone.address())),
		}, "The e-mail was exchanged with this "+someone.key.Object+".")
	}
}
