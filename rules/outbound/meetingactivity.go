package outbound

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/note"
)

// The lengths that Salesforce gives to fields of activities and notes, where
// describe has not said so yet.
const (
	subjectLength     = 255
	descriptionLength = 32000
)

// longestEvent is what Salesforce takes.
const longestEvent = 14 * 24 * time.Hour

// event plans the Event that the meeting is in Salesforce: one and the same
// for its whole life (AVM-10 to AVM-12, DEM-09).
func (p *planning) event(m gateway.Meeting) {
	if why := p.noEvent(m); why != "" {
		p.omit(PartEvent, "Event", why)
		return
	}
	why := "A meeting of the calendar becomes an Event."
	if m.Source == gateway.Impromptu {
		why = "An impromptu meeting with somebody from outside becomes an Event."
	}
	subject := m.Title
	if p.cancelled {
		subject, why = "Canceled: "+subject, "The meeting was cancelled; its Event says so."
	}
	key := p.local("Event", PartEvent)
	fields := p.activity("Event", subject)
	fields["StartDateTime"], fields["EndDateTime"] = gateway.Instant(m.StartsAt), gateway.Instant(m.EndsAt)
	fields["Description"] = p.description("Event", key.ID, p.chosen("event"))
	p.owe(PartEvent, key, fields, why)
	p.attendees()
}

func (p *planning) noEvent(m gateway.Meeting) string {
	switch {
	case p.Gone[PartEvent]:
		return "Its Event was deleted in Salesforce, and is not created a second time."
	case m.EndsAt.Sub(m.StartsAt) > longestEvent:
		return "It lasts longer than 14 days, which Salesforce refuses of an Event."
	case p.wrote(PartEvent):
		return "" // it follows its meeting, whatever is set by now
	case p.cancelled:
		return "The meeting was cancelled before it had an Event."
	case !p.Settings.Notes.AutoEvents:
		return "“Create Salesforce Events for meetings” is off on the Notes tab."
	case m.Source == gateway.Impromptu && !p.external:
		return "Nobody from outside took part in this impromptu meeting, so it makes no Event."
	}
	return ""
}

func (p *planning) chosen(destination string) bool {
	return slices.Contains(p.places, destination)
}

// activity returns what its Events and Tasks have in common.
func (p *planning) activity(object, subject string) gateway.Fields {
	cut, _ := note.Cut(subject, subjectLength, "")
	fields := gateway.Fields{"Subject": gateway.Text(cut)}
	if p.who.ID != "" {
		fields["WhoId"] = gateway.Text(p.who.ID)
	}
	if p.what.ID != "" {
		fields["WhatId"] = gateway.Text(p.what.ID)
	}
	if id := p.Users[p.owner]; id != "" {
		fields["OwnerId"] = gateway.Text(id)
	}
	a := p.Settings.Advanced
	p.listed(fields, object, a.PurposeField, a.Purposes, p.purpose)
	p.listed(fields, object, a.OutcomeField, a.Outcomes, p.outcome)
	for name, v := range p.topicFields(object, gateway.Record{}) {
		fields[name] = v
	}
	return fields
}

// listed writes a purpose or an outcome to the field that the Advanced tab
// names for the object (AVM-42, AVM-43).
func (p *planning) listed(fields gateway.Fields, object string, field gateway.ActivityPair, values []gateway.ActivityValue, name string) {
	target := field.Event
	if object == "Task" {
		target = field.Task
	}
	if target == "" || name == "" {
		return
	}
	value := name
	for _, v := range values {
		if strings.EqualFold(v.Name, name) {
			value = cmp.Or(map[string]string{"Event": v.Event, "Task": v.Task}[object], v.Name)
		}
	}
	fields[target] = gateway.Text(value)
}

// MeetingText is the text of a meeting: what its notes become wherever they go.
func MeetingText(m gateway.Meeting) note.Doc {
	d := note.Section("Summary", note.Read(m.Summary))
	if len(d) > 0 {
		d = append(d, note.Section("Notes", note.Read(m.Notes))...)
	} else {
		d = note.Read(m.Notes)
	}
	var actions, moments []string
	for _, a := range m.ActionItems {
		text := a.Text
		if a.DueOn != "" {
			text += " (due " + a.DueOn + ")"
		}
		actions = append(actions, text)
	}
	for _, k := range m.KeyMoments {
		moments = append(moments, clockWords(k.At)+" "+k.Text)
	}
	d = append(d, note.Section("Action Items", note.List(actions))...)
	d = append(d, note.Section("Key moments", note.List(moments))...)
	return append(d, topicSections(m.Topics)...)
}

func topicSections(topics map[string][]gateway.TopicNote) (d note.Doc) {
	for _, slug := range slices.Sorted(maps.Keys(topics)) {
		d = append(d, note.Section(topicTitle(slug), note.List(topicTexts(topics[slug])))...)
	}
	return d
}

// topicNames are the names of the topics that the product brings, by slug.
var topicNames = func() map[string]string {
	names := map[string]string{}
	for _, t := range gateway.DefaultTopics() {
		names[t.Slug] = t.Name
	}
	return names
}()

// topicTitle is what a topic is called: those that the product brings by their
// names, others by the words of their slugs, "road-map" → "Road map".
func topicTitle(slug string) string {
	if name := topicNames[slug]; name != "" {
		return name
	}
	words := strings.TrimSpace(strings.NewReplacer("-", " ", "_", " ").Replace(slug))
	if words == "" {
		return slug
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

func topicTexts(notes []gateway.TopicNote) []string {
	out := make([]string, 0, len(notes))
	for _, n := range notes {
		out = append(out, n.Text)
	}
	return out
}

// clockWords returns a place in a recording: 83 → "1:23".
func clockWords(seconds float64) string {
	s := int(max(seconds, 0))
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// meetingFacts are what belongs to the meeting beside its text: who, how long, how it
// ended, where its recording is (DEM-09, DEM-11).
func meetingFacts(m gateway.Meeting) string {
	var lines []string
	add := func(label, value string) {
		if value != "" {
			lines = append(lines, label+": "+value)
		}
	}
	var who []string
	for _, a := range m.Participants {
		who = append(who, a.Words())
	}
	add("Attendees", strings.Join(who, ", "))
	if m.Status == gateway.MeetingCompleted {
		add("Duration", strconv.Itoa(int(m.EndsAt.Sub(m.StartsAt).Minutes()))+" minutes")
	}
	add("Purpose", m.Purpose)
	add("Outcome", m.Outcome)
	add("Recording", m.RecordingURL)
	return strings.Join(lines, "\n")
}

// description is the text of an activity. What is too long is cut where
// everybody sees it; the whole is in the note or on our page (F-58).
func (p *planning) description(object, localID string, whole bool) gateway.Value {
	limit := descriptionLength
	if f, ok := p.Schemas[object].Field("Description"); ok && f.Length > 0 {
		limit = f.Length
	}
	tail := strings.TrimSpace(p.facts + "\n" + "From Tidegate: " + strings.TrimSpace(p.URL+" "+gateway.Marker(localID)))
	tail, _ = note.Cut(tail, limit, "")
	if !whole {
		return gateway.Text(tail)
	}
	body := p.text.Plain()
	if body == "" {
		return gateway.Text(tail)
	}
	end := "[Cut here; the whole text is at " + cmp.Or(p.URL, "the product that recorded it") + ".]"
	if p.chosen("note") {
		end = "[Cut here; the whole text is in the note “" + p.noteTitle("") + "”.]"
	}
	body, _ = note.Cut(body, limit-len([]rune(tail))-2, end)
	return gateway.Text(body + "\n\n" + tail)
}

// notes plans where the text of the meeting goes: an enhanced note, a Task, or
// the Event, which was planned before (AVM-13 to AVM-16).
func (p *planning) notes() {
	text := p.text
	if len(text) > 0 && len(p.Settings.Notes.MeetingNotes) == 0 {
		p.omit(PartNote, "", "No destination is chosen for meeting notes on the Notes tab, so they stay here.")
	}
	if len(text) > 0 && p.chosen("event") && !p.hasEvent() {
		p.omit(PartNote+":event", "Event", "Meeting notes go to the Event, and this meeting has none.")
	}
	if len(text) > 0 && p.chosen("task") || p.held && !p.hasEvent() {
		p.task()
	}
	if len(text) > 0 && p.chosen("note") {
		p.note(text)
	}
}

func (p *planning) hasEvent() bool {
	return slices.ContainsFunc(p.plan.Owed, func(o Owed) bool { return o.Part == PartEvent })
}

// task plans the completed Task that holds the notes as its comments, or that
// logs a meeting which has no Event.
func (p *planning) task() {
	why := "Meeting notes go to a Task."
	if !p.chosen("task") {
		why = "The meeting was held and has no Event, so it is logged as a completed Task."
		if p.Gone[PartEvent] && !p.wrote(PartTask) {
			p.omit(PartTask, "Task", "Its Event was deleted in Salesforce, and no Task takes its place.")
			return
		}
		if !p.external {
			p.omit(PartTask, "Task", "Nobody from outside took part, so the meeting is not logged.")
			return
		}
	}
	switch {
	case p.Gone[PartTask]:
		p.omit(PartTask, "Task", "Its Task was deleted in Salesforce, and is not created a second time.")
		return
	case p.cancelled && !p.wrote(PartTask):
		p.omit(PartTask, "Task", "The meeting was cancelled before it had a Task.")
		return
	}
	key := p.local("Task", PartTask)
	fields := p.activity("Task", "Meeting: "+p.title)
	fields["Status"] = gateway.Text("Completed")
	fields["ActivityDate"] = gateway.Text(p.at.In(p.zone()).Format(time.DateOnly))
	fields["Description"] = p.description("Task", key.ID, p.chosen("task"))
	p.owe(PartTask, key, fields, why)
	p.taskPeople()
}

func (p *planning) noteTitle(marker string) string {
	title := p.noun + ": " + p.title + ", " + p.at.In(p.zone()).Format("2 Jan 2006")
	if marker != "" {
		marker = " [" + marker + "]"
	}
	title, _ = note.Cut(title, subjectLength-len("[tg-0123456789] "), "")
	return title + marker
}

// note plans the enhanced note and its links to every record that the meeting
// belongs to (AVM-14).
func (p *planning) note(text note.Doc) {
	switch {
	case p.NotesOff:
		p.omit(PartNote, "ContentNote", "Enhanced Notes are off in this org, or the connected user may not create them. A Salesforce admin switches them on in Setup, Notes Settings.")
		return
	case p.Gone[PartNote]:
		p.omit(PartNote, "ContentNote", "Its note was deleted in Salesforce, and is not created a second time.")
		return
	case len(p.plan.Related) == 0:
		p.omit(PartNote, "ContentNote", "No Lead, Contact, Account or Opportunity in Salesforce belongs to this "+p.kind+", so there is nothing to attach a note to.")
		return
	case p.cancelled && !p.wrote(PartNote):
		p.omit(PartNote, "ContentNote", "It was cancelled before it had a note.")
		return
	}
	key := p.local("ContentNote", PartNote)
	body := text.HTML() + note.Text(p.facts+"\nFrom Tidegate: "+p.URL).HTML()
	p.owe(PartNote, key, gateway.Fields{
		"Title":   gateway.Text(p.noteTitle(gateway.Marker(key.ID))),
		"Content": gateway.Text(base64.StdEncoding.EncodeToString([]byte(body))),
	}, noteReasons[p.kind])
	for _, to := range p.plan.Related {
		part := linkPrefix + p.linkName(to)
		p.owe(part, p.bond("ContentDocumentLink", part), gateway.Fields{
			"ContentDocumentId": gateway.Text(key.ID), "LinkedEntityId": gateway.Text(to.ID), "ShareType": gateway.Text("V"),
		}, "The "+p.kind+" belongs to this "+to.Object+".")
	}
}

// noteReasons say why something becomes a note.
var noteReasons = map[string]string{
	gateway.KindMeeting: "Meeting notes go to a Note.", gateway.KindCall: "Call notes go to a Note.",
	gateway.KindConversation: "A chat becomes one note, which grows with it.",
}

// linkName names a link of the note by what does not change while a record is
// being created: the participant's address, or the record.
func (p *planning) linkName(to gateway.RecordKey) string {
	for _, someone := range p.people {
		if someone.key == to && someone.beside {
			return "person:" + strings.ToLower(someone.address()+":"+to.Object)
		}
		if someone.key == to {
			name := "person:" + strings.ToLower(someone.address())
			return strings.TrimPrefix(p.chosenPart(linkPrefix+name, "LinkedEntityId", someone), linkPrefix)
		}
	}
	for part := range p.Written {
		if o := p.Written[part]; o.Key == to && strings.HasPrefix(part, accountPrefix) {
			return part
		}
	}
	for _, o := range p.plan.Owed {
		if o.Key == to && strings.HasPrefix(o.Part, accountPrefix) && p.Agent.ID != "" {
			return o.Part
		}
	}
	if to.Local() {
		return "account"
	}
	return strings.ToLower(to.Object) + ":" + to.ID
}
