package gateway

import (
	"strings"
	"time"
)

// FiledEmail is an e-mail that Salesforce holds: a Task that logs one, or an
// EmailMessage. It is shown here, and never written (AVM-48, AVM-49).
type FiledEmail struct {
	Key        RecordKey
	MessageKey string // see MessageKey; "" where Salesforce has none
	Task       string // id of the Task that logs an EmailMessage too, "" for none
	Subject    string
	From       string // "" for a Task, which does not tell
	To, Cc     string
	Text       string // plain, or HTML where there is nothing else
	At         time.Time
}

// The objects in which Salesforce holds e-mails, and the one that says who took
// part in an EmailMessage.
const (
	objectTask          = "Task"
	objectEmailMessage  = "EmailMessage"
	objectEmailRelation = "EmailMessageRelation"
)

// emailDraft is the status of an EmailMessage that nobody has sent.
const emailDraft = "5"

// Filed returns the e-mail that a record is, false when it is none: another
// Task, a draft, or deleted. A Task is one by its subtype, or by its type where
// the org has that field.
func Filed(r Record) (FiledEmail, bool) {
	if r.Deleted || r.Key.Local() {
		return FiledEmail{}, false
	}
	text := func(field string) string { return r.Fields[field].String() }
	e := FiledEmail{Key: r.Key, Subject: text("Subject")}
	switch r.Key.Object {
	case objectTask:
		if s := text("TaskSubtype"); s != "Email" && s != "ListEmail" && text("Type") != "Email" {
			return FiledEmail{}, false
		}
		e.Text, e.At = text("Description"), loggedAt(r)
		return e, true
	case objectEmailMessage:
		e.MessageKey, e.Task = MessageKey(text("MessageIdentifier")), text("ActivityId")
		e.From, e.To, e.Cc = text("FromAddress"), text("ToAddress"), text("CcAddress")
		if name := text("FromName"); name != "" && e.From != "" {
			e.From = name + " <" + e.From + ">"
		}
		if e.Text = text("TextBody"); e.Text == "" {
			e.Text = text("HtmlBody")
		}
		e.At = r.Version.Time()
		if sent, ok := r.Fields["MessageDate"].Time(); ok {
			e.At = sent
		}
		return e, text("Status") != emailDraft
	}
	return FiledEmail{}, false
}

// loggedAt is when the e-mail of a Task was sent: a Task knows the day, and the
// hour only of its own making.
func loggedAt(r Record) time.Time {
	at := r.Version.Time()
	if made, ok := r.Fields["CreatedDate"].Time(); ok {
		at = made
	}
	day, err := time.Parse(time.DateOnly, r.Fields["ActivityDate"].String())
	if err == nil && at.Format(time.DateOnly) != day.Format(time.DateOnly) {
		at = day
	}
	return at
}

// MessageKey is the form in which Message-IDs are compared: without the angle
// brackets that some programs leave out, in lower case.
func MessageKey(messageID string) string {
	return strings.ToLower(strings.Trim(messageID, "<> \t\r\n"))
}

// EmailsRead says which of the e-mails that Salesforce holds are read here.
type EmailsRead struct {
	Tasks    bool // AVM-48
	Messages bool // AVM-49
}

// EmailsRead returns what the two switches say.
func (a AdvancedSettings) EmailsRead() EmailsRead {
	return EmailsRead{Tasks: a.EmailsFromTasks, Messages: a.EmailsFromMessages}
}

// Objects names the objects that hold the e-mails that are read.
func (e EmailsRead) Objects() []string {
	out := []string{}
	if e.Tasks {
		out = append(out, objectTask)
	}
	if e.Messages {
		out = append(out, objectEmailMessage)
	}
	return out
}

// Mirrored names the objects that are mirrored for the e-mails alone; Tasks are
// anyway.
func (e EmailsRead) Mirrored() []string {
	if !e.Messages {
		return nil
	}
	return EmailObjects[:]
}

// EmailObjects are mirrored only while e-mails are read from EmailMessages.
var EmailObjects = [...]string{objectEmailMessage, objectEmailRelation}
