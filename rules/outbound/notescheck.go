package outbound

import (
	"strings"

	"tidegate/gateway"
	"tidegate/rules/settings"
)

// NotesInput is everything that CheckNotes looks at.
type NotesInput struct {
	Settings settings.InForce // for whom the meeting belongs to
	Who      string           // he, in words
	// NotesOn says whether the org has enhanced notes; Asked is false while
	// nobody has asked it.
	NotesOn, Asked bool
	Related        bool // a record in Salesforce belongs to the meeting
	// NoMeeting is set where there is none to judge; Meeting is the title of the
	// one that was picked, "" where it is the only one on the page.
	NoMeeting bool
	Meeting   string
}

// NotesTest is one of the four tests with its answer.
type NotesTest struct {
	Title string
	Text  string
	Pass  bool
	Warn  bool // it does not stop the notes, but says why they go elsewhere
}

// CheckNotes answers "why aren't my notes syncing?" by four tests (AVM-54):
// enhanced notes, the organization's lock, a destination, a record to attach to.
func CheckNotes(in NotesInput) [4]NotesTest {
	places := in.Settings.Notes.MeetingNotes
	return [4]NotesTest{notesOn(in, places), lockTest(in), destinationTest(places), relatedTest(in)}
}

func notesOn(in NotesInput, places []string) NotesTest {
	t := NotesTest{Title: "Enhanced Notes are on in Salesforce", Pass: in.NotesOn}
	wanted := strings.Contains(strings.Join(places, " "), "note")
	switch {
	case in.NotesOn:
		t.Text = "Notes can be written and attached to several records."
	case !in.Asked && !wanted:
		t.Warn, t.Text = true, "The org has not been asked, because no notes go to a Note."
	case !in.Asked:
		t.Warn, t.Text = true, "The org has not answered yet."
	default:
		t.Warn, t.Text = !wanted, "They are off, so nothing can go to a Note. Events and Tasks work. A Salesforce admin switches them on in Setup, Notes Settings."
	}
	return t
}

func lockTest(in NotesInput) NotesTest {
	t := NotesTest{Title: "No lock or own choice stands in the way", Pass: true}
	origin := in.Settings.Origins[gateway.TabNotes]
	switch {
	case origin.Locked:
		t.Pass, t.Warn, t.Text = false, true, "The organization has locked the Notes settings: they hold for everybody, and what members chose for themselves is set aside."
	case origin.Scope != gateway.OrgScope && origin.Scope != "":
		t.Text = in.Who + " has settings of their own, and they are in force."
	default:
		t.Text = "The organization's settings are in force for " + in.Who + "."
	}
	return t
}

func destinationTest(places []string) NotesTest {
	words := map[string]string{"note": "Note", "event": "Event", "task": "Task"}
	var names []string
	for _, place := range places {
		names = append(names, words[place])
	}
	if len(names) == 0 {
		return NotesTest{Title: "At least one destination is chosen", Text: "Meeting notes go nowhere. Choose Note, Event or Task on the Notes tab."}
	}
	return NotesTest{Title: "At least one destination is chosen", Text: "Meeting notes go to " + strings.Join(names, ", ") + ".", Pass: true}
}

func relatedTest(in NotesInput) NotesTest {
	t := NotesTest{Title: "The meeting belongs to a record in Salesforce", Pass: in.Related, Text: "A Contact, Lead, Account or Opportunity was recognized by its participants."}
	if in.NoMeeting {
		t.Warn, t.Text = true, "No meeting has been told of yet. The first one with notes is judged here."
		return t
	}
	if !in.Related {
		t.Text = "None of its participants from outside was recognized, so there is nothing to attach a note to. Add the address to a Contact or Lead, then send the meeting again."
	}
	if in.Meeting != "" {
		t.Text = "Of “" + in.Meeting + "”, the newest with notes: " + strings.ToLower(t.Text[:1]) + t.Text[1:]
	}
	return t
}
