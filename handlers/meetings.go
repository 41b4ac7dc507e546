package handlers

import (
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/match"
	"tidegate/rules/note"
	"tidegate/rules/outbound"
	"tidegate/rules/settings"
	"tidegate/views"
)

// The addresses of what was said.
const (
	meetingsBase      = "/meetings"
	conversationsBase = "/conversations"
	callsBase         = "/calls"
	emailsBase        = "/emails"
)

var saidPages = []route{
	{"GET", meetingsBase, signedIn, saidListPage(meetingsBase)},
	{"GET", meetingsBase + "/:id", signedIn, meetingPage},
	{"GET", conversationsBase, signedIn, saidListPage(conversationsBase)},
	{"GET", conversationsBase + "/:id", signedIn, conversationPage},
	{"GET", callsBase, signedIn, saidListPage(callsBase)},
	{"GET", callsBase + "/:id", signedIn, callPage},
	{"GET", emailsBase, signedIn, saidListPage(emailsBase)},
	{"GET", emailsBase + "/:id", signedIn, emailPage},
	{"GET", filedBase + "/:id", signedIn, filedEmailPage},
	{"GET", customBase, signedIn, customListPage},
	{"GET", customBase + "/:kind/:id", signedIn, customPage},
}

var meetingStates = []saidState{
	{string(gateway.MeetingScheduled), views.Chip{Tone: views.UnderWay, Icon: views.IconClock, Text: "Planned"}},
	{string(gateway.MeetingCompleted), views.Chip{Tone: views.Good, Icon: views.IconOK, Text: "Held"}},
	{string(gateway.MeetingCancelled), views.Chip{Tone: views.Idle, Icon: views.IconCross, Text: "Cancelled"}},
}

func meetingChip(status gateway.MeetingStatus) views.Chip {
	for _, s := range meetingStates {
		if s.status == string(status) {
			return s.chip
		}
	}
	return views.Chip{}
}

func meetingURL(id string) string { return saidURL(meetingsBase, id) }

// saidID reads the id of the address.
func saidID(v *visit) (string, error) {
	id, err := url.PathUnescape(v.Params("id"))
	if err != nil || checkExternalID(id) != nil {
		return "", fiber.ErrNotFound
	}
	return id, nil
}

// meetingPage shows one meeting: what we wrote, why each thing did or did not
// go out, and what was said.
func meetingPage(v *visit) error {
	id, err := saidID(v)
	if err != nil {
		return err
	}
	m, err := v.ws.Meeting(v.UserContext(), id)
	if err != nil {
		return err
	}
	clk := v.clock()
	p := views.SaidPage{
		Shell: v.s.shell(v, m.Title, views.NavMeetings),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Meetings", URL: meetingsBase}}, Title: m.Title, Kind: views.KindEvent, Chip: meetingChip(m.Status),
			Lead: clk.full(m.StartsAt).Text + " to " + m.EndsAt.In(clk.zone).Format("15:04") + ".",
		},
		TextTitle: "What was said", TextEmpty: "No notes, summary or topics have come yet.", Text: blocks(outbound.MeetingText(m)),
		Facts: meetingFacts(m),
	}
	if err := v.whoTookPart(&p, m.Participants); err != nil {
		return err
	}
	writes, err := v.said(&p, gateway.KindMeeting, id)
	if err != nil {
		return err
	}
	if err := v.notesChecks(&p, m, writes); err != nil {
		return err
	}
	return answer(v.Ctx, views.Said(p))
}

func meetingFacts(m gateway.Meeting) []views.Fact {
	out := []views.Fact{{Label: "Organizer", Value: m.Organizer}, {Label: "Source", Value: map[string]string{gateway.FromCalendar: "Calendar", gateway.Impromptu: "Impromptu"}[m.Source]}}
	for i, p := range m.Participants {
		label := ""
		if i == 0 {
			label = "Participants"
		}
		out = append(out, views.Fact{Label: label, Value: p.Words()})
	}
	out = append(out, views.Fact{Label: "Purpose", Value: m.Purpose}, views.Fact{Label: "Outcome", Value: m.Outcome})
	if m.RecordingURL != "" {
		out = append(out, views.Fact{Label: "Recording", Link: views.Link{Text: "Open the recording", URL: m.RecordingURL, External: true}})
	}
	return slices.DeleteFunc(out, func(f views.Fact) bool { return f.Value == "" && f.Link.URL == "" })
}

// whoTookPart says under each participant which record he is and why, with the
// way to choose another (UX 42).
func (v *visit) whoTookPart(p *views.SaidPage, participants []gateway.Participant) error {
	for _, one := range participants {
		who := match.Participant(one.Email, one.Phone, "")
		i := slices.IndexFunc(p.Facts, func(f views.Fact) bool { return f.Value == one.Words() })
		if i < 0 {
			continue
		}
		fact, err := v.identified(p.Facts[i], who)
		if err == nil && fact.Second == "" {
			var u gateway.Undecided
			u, err = v.ws.UndecidedOf(v.UserContext(), who)
			fact.Second = sentence(u.Reason)
		}
		if gateway.CodeOf(err) == gateway.CodeNotFound {
			continue // one of us, or nothing is known to tell him by
		}
		if err != nil {
			return err
		}
		p.Facts[i] = fact
		p.Facts[i].Link = views.Link{Text: "Choose the record", URL: whoURL(who)}
	}
	return nil
}

// notesChecks answers "why aren't my notes syncing?" with the settings that
// hold now (AVM-54).
func (v *visit) notesChecks(p *views.SaidPage, m gateway.Meeting, w writes) error {
	members, err := v.ws.Members(v.UserContext())
	if err != nil {
		return err
	}
	who, own := "everybody without settings of their own", settings.Rows(nil)
	for _, member := range members {
		if m.Organizer == "" || !strings.EqualFold(member.Email, m.Organizer) {
			continue
		}
		who = member.Name
		if own, err = v.ws.Settings(v.UserContext(), memberScope(member.ID)); err != nil {
			return err
		}
	}
	org, err := v.ws.Settings(v.UserContext(), gateway.OrgScope)
	if err != nil {
		return err
	}
	inForce, err := settings.Effective(org, own)
	if err != nil {
		return err
	}
	schema, err := v.ws.Schema(v.UserContext(), "ContentNote")
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return err
	}
	in := outbound.NotesInput{Settings: inForce, Who: who, NotesOn: schema.Createable, Asked: schema.Object != "" || w.refused("ContentNote"), Related: w.related()}
	for _, t := range outbound.CheckNotes(in) {
		p.Checks = append(p.Checks, views.Check{Title: t.Title, Text: t.Text, Pass: t.Pass, Warn: t.Warn})
	}
	p.ChecksLead = "The four things that decide it, with the settings as they are now."
	return nil
}

// conversationPage shows one conversation.
func conversationPage(v *visit) error {
	id, err := saidID(v)
	if err != nil {
		return err
	}
	c, err := v.ws.Conversation(v.UserContext(), id)
	if err != nil {
		return err
	}
	messages, err := v.ws.Messages(v.UserContext(), id)
	if err != nil {
		return err
	}
	with := ""
	if person, err := v.ws.Person(v.UserContext(), c.Person); err == nil {
		with = strings.TrimSpace(person.FirstName + " " + person.LastName)
	}
	title := conversationTitle(c, with)
	clk := v.clock()
	p := views.SaidPage{
		Shell: v.s.shell(v, title, views.NavMeetings), TextTitle: "What was said", TextEmpty: "No message has come yet.",
		Head: views.Head{Crumb: []views.Link{{Text: "Conversations", URL: conversationsBase}}, Title: title, Kind: views.KindChat, Lead: "Began " + clk.full(c.StartedAt).Text + ", " + count(len(messages), "message", "messages") + "."},
	}
	for _, m := range messages {
		author := m.Author
		if author == "" {
			author = map[string]string{"inbound": "Visitor", "outbound": "We"}[m.Direction]
		}
		p.Text = append(p.Text, views.TextBlock{Strong: m.At.In(clk.zone).Format("15:04") + " " + author + ":", Text: m.Text})
	}
	if p.Facts, err = v.personFact(c.Person); err != nil {
		return err
	}
	if c.Agent != "" {
		p.Facts = append(p.Facts, views.Fact{Label: "Agent", Value: c.Agent})
	}
	for _, name := range c.Answers.Names() {
		p.Facts = append(p.Facts, views.Fact{Label: name, Value: c.Answers[name].String()})
	}
	if _, err := v.said(&p, gateway.KindConversation, id); err != nil {
		return err
	}
	return answer(v.Ctx, views.Said(p))
}

// blocks are the words of a document.
func blocks(d note.Doc) []views.TextBlock {
	kinds := map[note.Kind]string{note.Heading: "heading", note.Item: "item", note.Numbered: "item"}
	out := make([]views.TextBlock, 0, len(d))
	for _, b := range d {
		out = append(out, views.TextBlock{Kind: kinds[b.Kind], Text: b.Text()})
	}
	return out
}
